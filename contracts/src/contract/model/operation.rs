//! Facts about an operation: routes, checks in their order, schemas, and pointers into its answer.

use std::borrow::Cow;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use crate::contract::check::rules::{Checker, Violation, compiled};
use crate::contract::model::source::Cited;

/// A status code that may be documented one way and served another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusFact {
    /// What the documentation says, where it says anything.
    pub documented: Option<u16>,
    /// What is served.
    pub enforced: u16,
    /// What else a client has to expect, because the sources do not agree.
    #[serde(default)]
    pub also: Vec<u16>,
    /// Where both are from.
    pub source: Cited,
}

impl StatusFact {
    /// Every status that a good answer may have, the enforced one first.
    pub fn list_allowed(&self) -> Vec<u16> {
        let mut all = vec![self.enforced];
        for status in self.documented.iter().chain(&self.also) {
            if !all.contains(status) {
                all.push(*status);
            }
        }
        all
    }

    /// Whether a good answer may have a status.
    pub fn allows(&self, status: u16) -> bool {
        self.list_allowed().contains(&status)
    }

    /// The statuses as a message lists them: `200 or 201`.
    pub fn describe(&self) -> String {
        self.list_allowed().iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
    }
}

/// A check that a request passes on its way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Who is asking.
    Credential,
    /// Whether the body can be read.
    Body,
    /// Whether the vendor has the model.
    Model,
    /// Whether the members keep their rules.
    Members,
    /// Whether the images keep theirs, as far as the vendor looks at once.
    #[serde(rename = "pictures")]
    Images,
}

impl Check {
    /// The word in contracts and on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Body => "body",
            Self::Model => "model",
            Self::Members => "members",
            Self::Images => "pictures",
        }
    }
}

/// Where the id of a job is in a request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdPlace {
    /// A segment of the path, by its name in the route.
    Path(String),
    /// A parameter of the query.
    Query(String),
}

/// What a contract states about one operation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationFacts {
    /// One line for pages.
    pub summary: String,
    /// HTTP method, upper case.
    pub method: String,
    /// Its paths, the documented one first.
    pub routes: Vec<Route>,
    /// Status of the good answer.
    pub status: StatusFact,
    /// Content types of the body; empty if there is none.
    #[serde(default)]
    pub media_types: Vec<String>,
    /// The order in which a request is checked.
    pub checks: Vec<Check>,
    /// Where the order is from.
    pub checks_source: Cited,
    /// JSON Schema of the query, as an object of texts.
    pub query: Option<Value>,
    /// JSON Schema of the body, where it does not depend on a model.
    pub request: Option<Value>,
    /// Pointer to the model's id in the body, where the path does not fix it.
    pub model_at: Option<String>,
    /// An id in the style of the vendor's that no model has, for a request that ought to be refused.
    pub unknown_model: Option<String>,
    /// Pointer to the part of the body that the vendor echoes (empty: all of it); absent if nothing is echoed.
    pub echo: Option<String>,
    /// Where the job's id is.
    pub job_id: Option<IdPlace>,
    /// JSON Schema of the good answer.
    pub reply: Value,
    /// Whether names in its path are compared whatever their case.
    #[serde(default)]
    pub any_case: bool,
    /// How a good answer can be asked for again; absent if it always comes whole.
    pub revalidation: Option<Revalidation>,
    /// Where a client finds what it needs in the good answer.
    #[serde(default)]
    pub read: Read,
    /// Where the operation is from.
    pub source: Cited,
    /// The compiled schema of the query.
    #[serde(skip)]
    pub(crate) query_checker: OnceLock<Checker>,
    #[serde(skip)]
    pub(crate) plain_query: OnceLock<Option<Vec<PlainParameter>>>,
    /// The compiled schema of the body.
    #[serde(skip)]
    pub(crate) request_checker: OnceLock<Checker>,
}

/// How a good answer is kept by clients and asked for again: it has a weak `ETag`, and a request with
/// `If-None-Match` is answered with 304 and no body if nothing has changed (RFC 9110, 13.1.2).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revalidation {
    /// Pointer to the part of the answer on which the tag depends (empty: all of it).
    pub over: String,
    /// The header `Cache-Control`, where there is one.
    pub cache_control: Option<String>,
    /// Where it is from.
    pub source: Cited,
}

/// One path of an operation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The path; `{name}` stands for one segment.
    pub path: String,
    /// Whether the name at its end stands for all that follows, slashes too.
    #[serde(default)]
    pub rest: bool,
    /// The model that the path fixes.
    pub model: Option<String>,
    /// The option that must not be `off` for this path to exist.
    pub option: Option<String>,
    /// Where it is from.
    pub source: Cited,
}

/// JSON Pointers into a good answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Read {
    /// The job's id.
    pub id: Option<String>,
    /// The vendor's word for the phase.
    pub status: Option<String>,
    /// Further places that hold the same word.
    pub status_mirrors: Vec<String>,
    /// The video's address; several where clients read several.
    pub video_url: Vec<String>,
    /// The thumbnail's address.
    pub cover_url: Option<String>,
    /// Why the job failed.
    pub failure: Vec<String>,
    /// What the job cost.
    pub usage: Option<String>,
    /// Members of the cost of which an answer has only one.
    pub usage_one_of: Vec<String>,
    /// The jobs of a listing.
    pub jobs: Option<String>,
    /// The models of a listing.
    pub models: Option<String>,
    /// The members of a model, where its page lists them.
    pub parameters: Option<String>,
    /// Where a file may be put.
    pub upload_url: Option<String>,
    /// Where it can be read afterwards.
    pub public_url: Option<String>,
}

impl Read {
    /// Every place that holds the vendor's word for a phase; `*` stands for each item of a list.
    pub fn status_places(&self) -> Vec<String> {
        let places = self.status.iter().chain(&self.status_mirrors);
        match &self.jobs {
            Some(jobs) => places.map(|place| format!("{jobs}/*{place}")).collect(),
            None => places.cloned().collect(),
        }
    }
}

/// A parameter of a query about which nothing is said but how long it is at least.
#[derive(Clone, Debug)]
pub(crate) struct PlainParameter {
    name: String,
    is_required: bool,
    least_characters: usize,
}

/// The parameters of a query, if nothing more is said about any than that it is there and how long it is at least.
fn read_plain_query(schema: &Value) -> Option<Vec<PlainParameter>> {
    const PLAIN: [&str; 8] =
        ["type", "required", "properties", "minLength", "description", "default", "x-source", "x-documented"];
    let is_plain = |schema: &Value, kind: &str| {
        let keywords = schema.as_object();
        keywords.is_some_and(|keywords| keywords.keys().all(|name| PLAIN.contains(&name.as_str())))
            && schema.get("type").and_then(Value::as_str) == Some(kind)
    };
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties")?.as_object().filter(|_| is_plain(schema, "object"))?;
    if !required.iter().all(|name| properties.contains_key(*name)) {
        return None;
    }
    let read = |(name, schema): (&String, &Value)| {
        let least =
            schema.get("minLength").map_or(Some(0), Value::as_u64).filter(|_| is_plain(schema, "string"))?;
        Some(PlainParameter {
            name: name.clone(),
            is_required: required.contains(&name.as_str()),
            least_characters: usize::try_from(least).ok()?,
        })
    };
    properties.iter().map(read).collect()
}

impl OperationFacts {
    /// Whether a query, of which each parameter can be asked for, keeps every rule for certain. Where it does not,
    /// [`OperationFacts::query_violations`] says what is wrong, if anything is.
    pub fn accepts_query<'q>(&self, value: impl Fn(&str) -> Option<Cow<'q, str>>) -> bool {
        let Some(schema) = &self.query else { return true };
        let plain = self.plain_query.get_or_init(|| read_plain_query(schema));
        plain.as_ref().is_some_and(|parameters| {
            parameters.iter().all(|parameter| match value(&parameter.name) {
                Some(text) => text.chars().count() >= parameter.least_characters,
                None => !parameter.is_required,
            })
        })
    }

    /// What is wrong with a query, as an object of texts. Nothing, if the operation has no schema for it.
    pub fn query_violations(&self, query: &Value) -> Vec<Violation> {
        self.query
            .as_ref()
            .map_or_else(Vec::new, |schema| compiled(&self.query_checker, schema).violations(query))
    }

    /// What is wrong with a body that does not depend on a model. Nothing, if the operation has no schema for it.
    pub fn request_violations(&self, body: &Value) -> Vec<Violation> {
        self.request
            .as_ref()
            .map_or_else(Vec::new, |schema| compiled(&self.request_checker, schema).violations(body))
    }
}
