//! The clause of a rejected request: the rule that it broke, and the source of that.

use mockreel_contracts::contract::OperationFacts;
use mockreel_contracts::contract::check::image::{ImageRules, PART_SCHEME};
use mockreel_contracts::contract::check::media::MediaRule;
use mockreel_contracts::contract::check::rules::{ImageRule, Rule, Violation};
use mockreel_contracts::contract::check::schema::{at, unescape};
use mockreel_contracts::contract::model::source::Cited;
use mockreel_contracts::problem::{KeyFault, Malformation, Place};
use mockreel_contracts::{Contract, Operation, Problem};
use serde::Deserialize;
use serde_json::{Value, json};

use super::redact::EntryRedactor;
use crate::scenario::RequestKind;

/// The longest value that is told, in characters.
const RECEIVED_CHARACTERS: usize = 200;

/// A request that was refused, as far as it concerns why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused<'a> {
    pub(super) contract: &'a Contract,
    pub(super) operation: Option<RequestKind>,
    pub(super) model: Option<&'a str>,
    /// As an entry names it.
    pub(super) asked: &'a str,
    /// The key, as an entry names it.
    pub(super) key: &'a str,
    /// The body as it is shown.
    pub(super) body: &'a Value,
    pub(super) redactor: &'a EntryRedactor,
}

impl Refused<'_> {
    /// What a problem's request broke: the members, or the one thing that the problem is about.
    pub(super) fn violations(&self, problem: &Problem) -> Vec<Value> {
        match problem {
            Problem::Invalid { place, violations } => {
                violations.iter().map(|violation| self.member(*place, violation)).collect()
            }
            other => vec![self.whole(other)],
        }
    }

    /// How a member broke its rule.
    pub(super) fn member(&self, place: Place, violation: &Violation) -> Value {
        let operation = self.operation.unwrap_or(RequestKind::Operation(Operation::Submit));
        let (schema, part) = self.schema(place);
        let (canonical, mut names) = schema
            .map_or_else(|| (violation.pointer.clone(), Vec::new()), |held| look(held, &violation.pointer));
        if names.is_empty() {
            names = self.fallback(place);
        }
        if matches!(violation.rule, Rule::Upstream { .. }) {
            names.extend(self.contract.upstream.source.names().into_iter().map(str::to_owned));
        }
        json!({
            "pointer": self.redactor.text(&violation.pointer),
            "rule": violation.rule.name(),
            "expected": ways(schema, violation).unwrap_or_else(|| expected(&violation.rule)),
            "received": self.received(violation),
            "where": self.redactor.text(&format!("{operation}.{part}{canonical}")),
            "sources": self.sources(&names),
        })
    }

    fn facts(&self) -> Option<&OperationFacts> {
        match self.operation? {
            RequestKind::Operation(operation) => self.contract.operations.get(&operation),
            RequestKind::Download => None,
        }
    }

    /// The schema that was broken, and what that part of a request is called.
    fn schema(&self, place: Place) -> (Option<&Value>, &'static str) {
        let operation = self.facts();
        match place {
            Place::Query => (operation.and_then(|held| held.query.as_ref()), "query"),
            Place::Body => {
                let model = self.model.and_then(|id| self.contract.models.get(id));
                let own = operation.and_then(|held| held.request.as_ref());
                (model.map(|model| &model.request).or(own), "request")
            }
        }
    }

    /// Where a request's form is from as a whole.
    fn fallback(&self, place: Place) -> Vec<String> {
        let model = self.model.and_then(|id| self.contract.models.get(id)).filter(|_| place == Place::Body);
        let operation = self.facts();
        let cited = model.map(|model| &model.source).or(operation.map(|operation| &operation.source));
        cited.map(owned).unwrap_or_default()
    }

    /// What came, as the entry shows it.
    fn received(&self, violation: &Violation) -> Value {
        let Value::String(text) = &violation.received else { return violation.received.clone() };
        // What was cut for a message could end in half a key: it is cut again, from what is fit to be kept.
        let cut = text.ends_with("...") && text.chars().count() > RECEIVED_CHARACTERS;
        let whole = self.body.pointer(&violation.pointer).and_then(Value::as_str);
        match whole {
            // The handle of a file is a matter between the reader of forms and the checks.
            Some(whole) if cut || text.starts_with(PART_SCHEME) => shortened(whole).into(),
            None if text.starts_with(PART_SCHEME) => "<a file>".into(),
            None if cut => format!("<a text of more than {RECEIVED_CHARACTERS} characters>").into(),
            Some(_) | None => shortened(&self.redactor.text(text)).into(),
        }
    }

    fn whole(&self, problem: &Problem) -> Value {
        let fact = self.contract.problems.get(problem.name());
        let variant =
            problem.variant().filter(|name| fact.is_some_and(|held| held.variants.contains_key(*name)));
        let cited = fact.map(|held| {
            variant.and_then(|name| held.variants.get(name)).map_or(&held.source, |finer| &finer.source)
        });
        let place = match variant {
            Some(variant) => format!("problems.{}.{variant}", problem.name()),
            None => format!("problems.{}", problem.name()),
        };
        let about_a_model = matches!(
            problem,
            Problem::UnknownModel { .. } | Problem::RetiredModel { .. } | Problem::NotEntitled { .. }
        );
        let operation = self.facts();
        let pointer = operation.and_then(|held| held.model_at.clone()).filter(|_| about_a_model);
        let (expected, received) = self.told(problem);
        json!({
            "pointer": pointer,
            "rule": problem.name(),
            "expected": expected,
            "received": received.map(|text| shortened(&self.redactor.text(&text))),
            "where": place,
            "sources": self.sources(&cited.map(owned).unwrap_or_default()),
        })
    }

    /// What a problem's request should have been, and what it was.
    fn told(&self, problem: &Problem) -> (String, Option<String>) {
        match problem {
            Problem::Unauthorized(fault) => self.key(*fault),
            Problem::Forbidden => ("a key that may do this".to_owned(), Some(self.key.to_owned())),
            Problem::NotEntitled { model } => {
                ("an account with a right to the model".to_owned(), Some(model.clone()))
            }
            Problem::UnknownRoute { allowed } if allowed.is_empty() => {
                ("a path of the contract".to_owned(), Some(self.asked.to_owned()))
            }
            Problem::UnknownRoute { allowed } => (allowed.join(" or "), Some(self.asked.to_owned())),
            Problem::Malformed(malformation) => self.malformed(malformation),
            Problem::UnknownModel { received, .. } => {
                let known: Vec<&str> = self.contract.models.keys().map(String::as_str).collect();
                (format!("one of {}", known.join(", ")), Some(received.clone()))
            }
            Problem::RetiredModel { model } => {
                ("a model that is still offered".to_owned(), Some(model.clone()))
            }
            Problem::UnknownJob { id } => ("a job of this account".to_owned(), Some(id.clone())),
            Problem::InsufficientCredits => ("a balance that covers the price".to_owned(), None),
            Problem::RateLimited { limit, window_seconds, .. } => {
                (format!("at most {limit} requests in {window_seconds} seconds"), None)
            }
            Problem::ConcurrencyLimited { limit } => (format!("at most {limit} jobs at once"), None),
            Problem::UpstreamError { status } => {
                ("an answer from the vendor behind".to_owned(), Some(format!("status {status}")))
            }
            Problem::Overloaded => {
                ("room for one more job; without a scenario that orders this, the emulator itself has none: POST /__admin/reset makes some".to_owned(), None)
            }
            Problem::Timeout => ("an answer in time".to_owned(), None),
            Problem::Internal => ("a vendor that works".to_owned(), None),
            Problem::TooLarge { limit_bytes } => (format!("at most {limit_bytes} bytes"), None),
            Problem::Invalid { .. } => ("members that keep their rules".to_owned(), None),
        }
    }

    fn key(&self, fault: KeyFault) -> (String, Option<String>) {
        let form = format!("`{}`", self.contract.auth.scheme.shown());
        match fault {
            KeyFault::Missing => (form, None),
            KeyFault::WrongScheme => (form, Some("another scheme".to_owned())),
            KeyFault::Unknown => ("a key that the vendor knows".to_owned(), Some(self.key.to_owned())),
            KeyFault::Disabled => ("a key that is not switched off".to_owned(), Some(self.key.to_owned())),
        }
    }

    fn malformed(&self, malformation: &Malformation) -> (String, Option<String>) {
        let operation = self.facts();
        let taken = operation.map(|held| held.media_types.join(" or ")).unwrap_or_default();
        match malformation {
            Malformation::Empty => ("a body".to_owned(), Some("nothing".to_owned())),
            Malformation::MediaType(received) => (taken, Some(received.clone().unwrap_or_default())),
            Malformation::Json(detail) => ("JSON".to_owned(), Some(detail.clone())),
            Malformation::Multipart(detail) => ("multipart/form-data".to_owned(), Some(detail.clone())),
            Malformation::NotAnObject(kind) => {
                ("a JSON object".to_owned(), Some(format!("JSON of type {kind}")))
            }
            Malformation::NotUtf8 => ("UTF-8".to_owned(), Some("other bytes".to_owned())),
            Malformation::Encoding(encoding) => {
                ("a content encoding that the vendor takes".to_owned(), Some(encoding.clone()))
            }
            Malformation::Http { detail, .. } => ("a sound HTTP request".to_owned(), Some(detail.clone())),
        }
    }

    fn sources(&self, names: &[String]) -> Vec<Value> {
        let known = names.iter().filter_map(|name| Some((name, self.contract.sources.get(name)?)));
        known
            .map(|(name, source)| {
                json!({"name": name, "title": source.title, "date": source.date, "grade": source.grade.word()})
            })
            .collect()
    }
}

fn owned(cited: &Cited) -> Vec<String> {
    cited.names().into_iter().map(str::to_owned).collect()
}

/// A pointer with `*` for the items of a list, and the sources of the nearest schema around it that names some.
fn look(schema: &Value, pointer: &str) -> (String, Vec<String>) {
    let mut canonical = String::new();
    let mut names = cited(schema);
    let mut inner = Some(schema);
    for token in pointer.split('/').skip(1) {
        let name = unescape(token);
        let member = inner.and_then(|held| held.get("properties")).and_then(|members| members.get(&name));
        let items = inner.and_then(|held| held.get("items")).filter(|_| name.parse::<usize>().is_ok());
        canonical.push('/');
        canonical.push_str(if member.is_none() && items.is_some() { "*" } else { token });
        inner = member.or(items);
        let own = inner.map(cited).unwrap_or_default();
        if !own.is_empty() {
            names = own;
        }
    }
    (canonical, names)
}

fn cited(schema: &Value) -> Vec<String> {
    match schema.get("x-source") {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => Vec::new(),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(RECEIVED_CHARACTERS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The ways in which a member takes a picture, for one that came in another.
fn ways(schema: Option<&Value>, violation: &Violation) -> Option<String> {
    if violation.rule != Rule::Image(ImageRule::Transport) {
        return None;
    }
    let rules = ImageRules::deserialize(at(schema?, &violation.pointer)?.get("x-image")?).ok()?;
    let words: Vec<&str> = rules.transports.iter().map(|way| way.words()).collect();
    match words.as_slice() {
        [] => None,
        [only] => Some(format!("a picture as {only}")),
        [several @ .., last] => Some(format!("a picture as {} or {last}", several.join(", "))),
    }
}

/// What a rule asks for, in words.
fn expected(rule: &Rule) -> String {
    let listed = |options: &[Value]| {
        let told: Vec<String> = options.iter().map(Value::to_string).collect();
        format!("one of {}", told.join(", "))
    };
    match rule {
        Rule::Required { options } | Rule::Enum { options } if !options.is_empty() => listed(options),
        Rule::Required { .. } => "to be there".to_owned(),
        Rule::Enum { .. } => "one of a list".to_owned(),
        Rule::Type { expected, options } if options.is_empty() => expected.join(" or "),
        Rule::Type { expected, options } => format!("{}: {}", expected.join(" or "), listed(options)),
        Rule::Minimum { limit } => format!("at least {limit}"),
        Rule::Maximum { limit } => format!("at most {limit}"),
        Rule::MinLength { limit } => format!("at least {limit} characters"),
        Rule::MaxLength { limit } => format!("at most {limit} characters"),
        Rule::MinItems { limit } => format!("at least {limit} items"),
        Rule::MaxItems { limit } => format!("at most {limit} items"),
        Rule::Url => "a URL".to_owned(),
        Rule::Form { keyword } => format!("what the schema says with `{keyword}`"),
        Rule::Upstream { name, text } if text.is_empty() => name.clone(),
        Rule::Upstream { name, text } => format!("{name}: {text}"),
        Rule::Image(rule) => image(*rule),
        Rule::Media(rule) => describe_media(*rule),
    }
}

fn image(rule: ImageRule) -> String {
    match rule {
        ImageRule::Transport => "a picture in a way that the vendor takes".to_owned(),
        ImageRule::Encoding => "sound base64".to_owned(),
        ImageRule::Unreachable => "an address that leads to a picture".to_owned(),
        ImageRule::Unreadable => "a picture that can be decoded".to_owned(),
        ImageRule::Format => "a picture of a type that the vendor takes".to_owned(),
        ImageRule::Bytes { limit } => format!("at most {limit} bytes"),
        ImageRule::Side { limit } => format!("at least {limit} pixels on each side"),
        ImageRule::Aspect { limit: (long, short) } => format!("at most {long}:{short}"),
    }
}

fn describe_media(rule: MediaRule) -> String {
    match rule {
        MediaRule::Encoding => "a sound data URI".to_owned(),
        MediaRule::Unreachable => "an address that leads to a file".to_owned(),
        MediaRule::Unreadable => "a file that is whole".to_owned(),
        MediaRule::Kind => "a file of a kind that the vendor takes".to_owned(),
        MediaRule::Bytes { limit } => format!("at most {limit} bytes"),
        MediaRule::Shortest { limit } => format!("at least {limit} seconds"),
        MediaRule::Longest { limit } => format!("at most {limit} seconds"),
        MediaRule::Smallest { limit } => format!("at least {limit} pixels on each side"),
        MediaRule::Largest { limit } => format!("at most {limit} pixels on each side"),
    }
}
