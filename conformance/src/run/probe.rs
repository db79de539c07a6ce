//! The probe before a run: four requests that cost nothing, by which an API of the vendor that takes the key is found.

use serde_json::Value;

use crate::exit::SuiteError;
use crate::outcome::Evidence;
use crate::profile::{Ask, Credential};
use crate::report::escape;
use crate::session::wording::describe;
use crate::session::{CaseError, Session};
use mockreel_evidence::exchange::{Answer, Body, PROBE};

/// A path that no vendor has.
const NOWHERE: &str = "/mockreel-looks-for-a-path-that-does-not-exist";

/// Statuses by which a server says that it has read a request to submit: a page of a web site says none of them.
const READ: [u16; 8] = [400, 401, 402, 409, 415, 422, 428, 429];

/// The most characters of an answer in a message.
const SAID_CHARS: usize = 200;

/// Asks whether the target is there, is an API, has the vendor's paths, and takes the key.
pub(super) fn probe_target(session: &mut Session<'_>) -> Result<(), SuiteError> {
    session.begin(PROBE, "");
    let looked = ask_target(session);
    session.end();
    looked.map_err(|error| error.edit_line(|line| session.redact(line)))
}

/// A request of the probe and its answer.
struct Probed {
    method: String,
    path: String,
    request: String,
    answer: Answer,
}

impl Probed {
    fn of(session: &mut Session<'_>, ask: &Ask) -> Result<Self, SuiteError> {
        let answer = session.send_once(ask).map_err(explain_loss)?;
        let request = format!("{} {}", ask.method, session.target.url(&ask.path));
        Ok(Self { method: ask.method.clone(), path: ask.path.clone(), request, answer })
    }

    fn is_page(&self) -> bool {
        let html = self.answer.header("content-type").is_some_and(|kind| kind.contains("text/html"));
        html || self.answer.text().trim_start().starts_with('<')
    }

    /// Whether another request got the very same answer.
    fn is_said_by(&self, other: &Self) -> bool {
        self.answer.status == other.answer.status && self.answer.body == other.answer.body
    }

    /// Whether another request was answered by the same status, a body of the same form, and the same words.
    fn is_like(&self, other: &Self) -> bool {
        self.answer.status == other.answer.status
            && form_of(&self.answer) == form_of(&other.answer)
            && self.words(other) == other.words(self)
    }

    /// The words of a JSON answer, without those that name one of two requests: servers repeat methods, paths, times
    /// and ids.
    fn words(&self, other: &Self) -> Vec<String> {
        fn collect(value: &Value, words: &mut Vec<String>) {
            match value {
                Value::Object(members) => members.values().for_each(|member| collect(member, words)),
                Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
                Value::String(text) => words.extend(text.split_whitespace().map(str::to_owned)),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        let mut words = Vec::new();
        collect(&self.answer.json().unwrap_or_default(), &mut words);
        let names_request = |word: &String| {
            let bare = word.trim_matches(|each: char| !each.is_alphanumeric());
            let names = |probed: &Self| bare == probed.method || probed.path.contains(bare);
            word.contains('/')
                || word.chars().any(|each| each.is_ascii_digit())
                || names(self)
                || names(other)
        };
        words.retain(|word| !names_request(word));
        words
    }
}

fn ask_target(session: &mut Session<'_>) -> Result<(), SuiteError> {
    reset_accounts(session)?;
    ask_vendor(session)?;
    if session.target.control.is_some() {
        // Recordings from before this was asked have no answer to it.
        let is_recorded = session.target.evidence == Evidence::Cassette;
        session
            .look_at_settings()
            .or_else(|stop| if is_recorded { Ok(()) } else { Err(explain_loss(stop)) })?;
    }
    Ok(())
}

fn ask_vendor(session: &mut Session<'_>) -> Result<(), SuiteError> {
    let id = session.strange_id("probe");
    let poll = session.profile.poll(&id);
    let keyless = Probed::of(session, &poll.clone().from(Credential::Nobody))?;
    if (300..400).contains(&keyless.answer.status) {
        let to = session.redact(keyless.answer.header("location").unwrap_or("nowhere"));
        return Err(SuiteError::Unreachable(format!(
            "{} is answered {} and redirects to {}; give the address of the API itself",
            keyless.request,
            keyless.answer.status,
            escape::one_line(&to, SAID_CHARS)
        )));
    }
    let keyed = Probed::of(session, &poll)?;
    if keyed.answer.status == 401 || (keyed.answer.status == 403 && keyed.is_said_by(&keyless)) {
        let said = escape::one_line(&session.redact(&describe(&keyed.answer)), SAID_CHARS);
        return Err(SuiteError::Unreachable(format!(
            "the key is refused: {} is answered {said}; check the variable that --key-env names",
            keyed.request
        )));
    }
    let Some(model) = session.profile.model() else { return Ok(()) };
    // Without a key nobody's account can be charged.
    let submit = Ask::get(&session.profile.submit_path(model)).by("POST").with(Body::None);
    let submit = Probed::of(session, &submit.from(Credential::Nobody));
    let nowhere = Probed::of(session, &Ask::get(NOWHERE));
    let (submit, nowhere) = match (submit, nowhere) {
        (Ok(submit), Ok(nowhere)) => (submit, nowhere),
        // Recordings from before these two were asked have no answer to them.
        _ if session.target.evidence == Evidence::Cassette => return Ok(()),
        (Err(why), _) | (_, Err(why)) => return Err(why),
    };
    if keyless.is_page() && keyed.is_page() && submit.is_page() && !READ.contains(&submit.answer.status) {
        return Err(SuiteError::Unreachable(format!(
            "{} is answered {} with a web page instead of JSON; give the address of the API itself",
            keyed.request, keyed.answer.status
        )));
    }
    // Where jobs are submitted an API says of a request without a key that it lacks one, never that there is nothing.
    let is_nothing = [&keyed, &submit, &nowhere].iter().all(|probed| probed.answer.status == 404);
    if is_nothing || (keyed.is_like(&nowhere) && submit.is_like(&nowhere)) {
        let vendor = &session.profile.contract().id;
        let said = escape::one_line(&session.redact(&describe(&nowhere.answer)), SAID_CHARS);
        return Err(SuiteError::Unreachable(format!(
            "no path of {vendor} answers here: {}, {} and a path that does not exist get the same answer ({said}); \
             check the address and its path, such as http://127.0.0.1:4747/{vendor}",
            keyed.request, submit.request
        )));
    }
    Ok(())
}

/// A stand-in that takes orders begins anew for both accounts.
fn reset_accounts(session: &mut Session<'_>) -> Result<(), SuiteError> {
    if session.target.control.is_none() {
        return Ok(());
    }
    for account in [Credential::Key, Credential::SecondKey] {
        if account == Credential::SecondKey && session.target.second_key.is_none() {
            continue;
        }
        let reset = session.order_as(account, "POST", "/__admin/reset", &serde_json::json!({}));
        let answer = reset.map_err(explain_loss)?;
        if answer.status >= 300 {
            let line =
                format!("the stand-in's control API refused to reset the account: {}", describe(&answer));
            return Err(SuiteError::Unreachable(line));
        }
    }
    Ok(())
}

fn explain_loss(stop: CaseError) -> SuiteError {
    match stop {
        CaseError::Internal(why) => SuiteError::Internal(why),
        other => SuiteError::Unreachable(other.to_string()),
    }
}

/// What kind of body an answer has: servers repeat paths, times and ids, so that texts do not compare.
fn form_of(answer: &Answer) -> Value {
    fn form(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                members.iter().map(|(name, member)| (name.clone(), form(member))).collect()
            }
            Value::Array(items) => items.first().map(form).into_iter().collect(),
            Value::String(_) => Value::from("text"),
            Value::Number(_) => Value::from("number"),
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }
    answer.json().map_or(Value::Null, |body| form(&body))
}
