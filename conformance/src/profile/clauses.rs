//! The facts that cases rest on, and how binding each is by its sources.

use mockreel_contracts::contract::check::schema::unescape;
use mockreel_contracts::contract::model::source::{Cited, Grade};
use mockreel_contracts::{Model, Operation};
use serde_json::Value;

use super::{Profile, RequestMember};
use crate::clause::{Clause, ClauseSource};

impl Profile {
    /// A clause on a fact with its sources; `None` if none of them is in the contract's table.
    pub fn clause(&self, place: &str, quote: &str, names: &[&str]) -> Option<Clause> {
        let mut found: Vec<_> = names.iter().filter_map(|name| self.contract().sources.get(*name)).collect();
        found.sort_by_key(|source| (binding_rank(source.grade), source.title.clone()));
        found.dedup();
        let sources: Vec<ClauseSource> = found
            .into_iter()
            .map(|source| ClauseSource {
                title: source.title.clone(),
                date: source.date.clone(),
                grade: source.grade,
            })
            .collect();
        (!sources.is_empty()).then(|| Clause::new(place, quote, sources))
    }

    /// A clause on a fact that cites.
    pub fn cited(&self, place: &str, quote: &str, cited: &Cited) -> Option<Clause> {
        self.clause(place, quote, &cited.names())
    }

    /// How callers identify themselves.
    pub fn auth_clause(&self) -> Option<Clause> {
        let auth = &self.contract().auth;
        self.cited("auth", &auth.scheme.shown(), &auth.source)
    }

    /// How a refusal is answered.
    pub fn problem_clause(&self, name: &str) -> Option<Clause> {
        let fact = self.contract().problems.get(name)?;
        let text = fact.text.replace('\n', " ");
        self.cited(&format!("problems.{name}"), &format!("{}: {text}", fact.status), &fact.source)
    }

    /// The form that refusals have.
    pub fn refusal_form_clause(&self) -> Option<Clause> {
        let schema = &self.contract().problem_schema;
        let required = schema.get("required").map(value_text).unwrap_or_default();
        self.clause("problem_schema", &format!("required: {required}"), &sources_at(schema, ""))
    }

    /// That an operation exists.
    pub fn operation_clause(&self, operation: Operation) -> Option<Clause> {
        let known = self.operation(operation)?;
        let path = self.routes(known).next().map_or("", |route| route.path.as_str());
        self.cited(operation.as_str(), &format!("{} {path}", known.method), &known.source)
    }

    /// The form of an operation's good answer.
    pub fn reply_clause(&self, operation: Operation) -> Option<Clause> {
        let known = self.operation(operation)?;
        let names = sources_at(&known.reply, "");
        let required = known.reply.get("required").map(value_text).unwrap_or_default();
        let place = format!("{operation}.reply/{}", known.status.enforced);
        self.clause(&place, &format!("required: {required}"), &names)
    }

    /// A place in an operation's good answer.
    pub fn reply_member_clause(&self, operation: Operation, pointer: &str) -> Option<Clause> {
        let known = self.operation(operation)?;
        let schema = mockreel_contracts::contract::check::schema::at(&known.reply, pointer)?;
        let kind = schema.get("type").map(value_text).unwrap_or_default();
        let place = format!("{operation}.reply/{}{pointer}", known.status.enforced);
        self.clause(&place, &format!("type: {kind}"), &sources_at(&known.reply, pointer))
    }

    /// The vendor's words for phases.
    pub fn phases_clause(&self) -> Option<Clause> {
        let phases = &self.contract().phases;
        let mut words: Vec<String> = Vec::new();
        for held in phases.values() {
            let word = held.words.iter().map(value_text).collect::<Vec<_>>().join(" or ");
            // Some vendors have one word for two phases.
            if !words.contains(&word) {
                words.push(word);
            }
        }
        let names: Vec<&str> = phases.values().flat_map(|held| held.source.names()).collect();
        self.clause("phases", &words.join(", "), &names)
    }

    /// A keyword of the schema of a member (`required` looks at the object around it).
    ///
    /// Where the documentation is known not to state the keyword, its sources do not count.
    pub fn member_clause(&self, model: &Model, member: &RequestMember<'_>, keyword: &str) -> Option<Clause> {
        let place = format!("submit.request{}", member.pointer);
        let all =
            sources_of(member.schema, keyword).unwrap_or_else(|| sources_at(&model.request, &member.pointer));
        if keyword == "required" {
            let outer = member.pointer.rsplit_once('/').map_or("", |(outer, _)| outer);
            let names = sources_at(&model.request, outer);
            return self
                .is_required(model, &member.pointer)
                .then(|| self.clause(&place, "required", &names))
                .flatten();
        }
        let stated = member.schema.get("x-documented").and_then(|view| view.get(keyword));
        let silent = stated.is_some_and(|value| value == "absent" || value.is_null());
        let value = stated.filter(|_| !silent).or_else(|| member.schema.get(keyword))?;
        let undocumented = |name: &&str| {
            self.contract().sources.get(*name).is_some_and(|source| !source.grade.is_documentation())
        };
        let names: Vec<&str> = if silent { all.into_iter().filter(undocumented).collect() } else { all };
        self.clause(&place, &format!("{keyword}: {}", value_text(value)), &names)
    }
}

/// The sources of one keyword of a schema, or of one rule for its images, where they are not those of the whole.
pub(crate) fn sources_of<'a>(schema: &'a Value, keyword: &str) -> Option<Vec<&'a str>> {
    let named = schema.get("x-source-of").and_then(|sources| sources.get(keyword))?;
    Some(names_in(named))
}

/// The sources of the schema at a pointer: its own, or those of the nearest around it.
fn sources_at<'a>(schema: &'a Value, pointer: &str) -> Vec<&'a str> {
    let mut names = list(schema);
    let mut inner = schema;
    for token in pointer.split('/').skip(1) {
        let name = unescape(token);
        let member = inner.get("properties").and_then(|members| members.get(&name));
        let Some(next) = member.or_else(|| inner.get("items")) else { break };
        inner = next;
        let own = list(inner);
        if !own.is_empty() {
            names = own;
        }
    }
    names
}

fn list(schema: &Value) -> Vec<&str> {
    schema.get("x-source").map(names_in).unwrap_or_default()
}

fn names_in(sources: &Value) -> Vec<&str> {
    match sources {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

/// A value as it is quoted: texts bare, lists with commas. In a list that has numbers as well, texts stand in
/// quotation marks.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let is_mixed = items.iter().any(Value::is_string) && items.iter().any(Value::is_number);
            let quote = |item: &Value| if is_mixed { item.to_string() } else { value_text(item) };
            items.iter().map(quote).collect::<Vec<_>>().join(", ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// Orders sources by how far they bind: documentation first, then what was seen, then what is inferred.
/// As evidence of what a vendor does, an observation is the best: see the order of [`Grade`].
fn binding_rank(grade: Grade) -> u8 {
    match grade {
        Grade::Seed => 0,
        Grade::Spec => 1,
        Grade::Doc => 2,
        Grade::Obs => 3,
        Grade::Client => 4,
        Grade::Guess => 5,
    }
}
