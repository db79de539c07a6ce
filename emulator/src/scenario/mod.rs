//! Scenarios: effects on the requests that match.
//!
//! A scenario is a value: a matcher for requests, and the effects on them. It is read from a file, from the control API
//! or from a header, always in the same form; [`resolve_effects`] is the pure function that says which effects a request has.

mod doubts;
mod effects;
pub mod examples;
mod glob;
mod list;
mod matcher;
mod near;
mod pattern;
mod read;
mod resolve;
mod sense;
pub mod sets;

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use self::effects::LONGEST_SECONDS;
pub use self::effects::{
    DownloadFault, DownloadFaultKind, End, Holding, JobEffect, ProblemName, ResponseEffect, ResponseForm,
    Span, TransportFault, TransportFaultKind, WebhookEffect,
};
pub use self::glob::Glob;
pub use self::list::{with_added, with_dropped};
pub use self::matcher::{AccountName, Calls, Matcher, RequestKind};
pub(crate) use self::near::suggest_name;
pub use self::read::{ReadError, ScenarioEntry, parse_posted, schema};
pub use self::resolve::{
    Channel, Counter, CounterKey, Counters, DownloadOrder, Effects, RequestFacts, resolve_effects,
};
pub(crate) use self::sense::Point;

/// How much of a prompt scenarios and directives look at, in characters. What stands behind is not read.
pub const PROMPT_CHARACTERS: usize = 10_000;

/// The part of a prompt that is looked at, and the rest.
pub(crate) fn split_prompt(prompt: &str) -> (&str, &str) {
    let end = prompt.char_indices().nth(PROMPT_CHARACTERS).map_or(prompt.len(), |(end, _)| end);
    prompt.split_at(end)
}

/// What happens to which requests.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is called in the journal, in headers and in prompts; without a name it gets a number.
    #[serde(default)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// One line for people.
    #[serde(default)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Whom it meets; everybody, if nothing is said.
    #[serde(default, rename = "match", skip_serializing_if = "Matcher::matches_everything")]
    pub matcher: Matcher,
    /// What happens; of a list one entry is drawn from the seed.
    #[serde(deserialize_with = "deserialize_then", serialize_with = "serialize_then")]
    #[schemars(schema_with = "then_schema")]
    pub then: Vec<Then>,
    /// How it is shown, where that is not as it is: without the key of whoever posted it.
    #[serde(skip)]
    #[schemars(skip)]
    pub(crate) shown: Option<Arc<serde_json::Value>>,
    /// How many bytes it has as JSON, if it was posted.
    #[serde(skip)]
    #[schemars(skip)]
    pub(crate) posted_bytes: u64,
}

impl Scenario {
    /// Whether it has this name, or is one of the set of this name.
    pub fn is_called(&self, name: &str) -> bool {
        let rest = self.name.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
    }
}

/// What happens, point by point.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Then {
    /// What becomes of the job that a submit makes.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "deserialize_sound")]
    pub job: Option<JobEffect>,
    /// What is answered.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "deserialize_sound")]
    pub answer: Option<ResponseEffect>,
    /// What happens on the wire.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "deserialize_sound")]
    pub wire: Option<TransportFault>,
    /// What happens to downloads of the result.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "deserialize_sound")]
    pub result: Option<DownloadFault>,
    /// What happens to callbacks about the job.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "deserialize_sound")]
    pub callback: Option<WebhookEffect>,
}

/// Scenarios in the order in which they are tried.
pub type Scenarios = Arc<[Arc<Scenario>]>;

fn deserialize_then<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Then>, D::Error> {
    struct OneOrSeveral;

    impl<'de> Visitor<'de> for OneOrSeveral {
        type Value = Vec<Then>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("what happens, or a list of which one is drawn")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            Then::deserialize(de::value::MapAccessDeserializer::new(map)).map(|one| vec![one])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut several = Vec::new();
            while let Some(one) = list.next_element()? {
                several.push(one);
            }
            if several.is_empty() { Err(de::Error::invalid_length(0, &self)) } else { Ok(several) }
        }
    }

    deserializer.deserialize_any(OneOrSeveral)
}

fn serialize_then<S: Serializer>(then: &[Then], serializer: S) -> Result<S::Ok, S::Error> {
    match then {
        [only] => only.serialize(serializer),
        several => several.serialize(serializer),
    }
}

/// Reads a part and refuses what does not go together in it, so that the mistake is told where it stands.
fn deserialize_sound<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de> + Sound,
    D: Deserializer<'de>,
{
    let read = T::deserialize(deserializer)?;
    match read.contradiction() {
        None => Ok(Some(read)),
        Some(contradiction) => Err(de::Error::custom(contradiction)),
    }
}

/// What may be well-formed and yet make no sense.
trait Sound {
    /// What does not go together.
    fn contradiction(&self) -> Option<&'static str>;
}

fn then_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let one = generator.subschema_for::<Then>();
    schemars::json_schema!({"oneOf": [one, {"type": "array", "items": one, "minItems": 1}]})
}
