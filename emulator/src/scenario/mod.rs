//! Scenarios: what happens to which requests.
//!
//! A scenario is a value: whom it meets, and what happens to them. It is read from a file, from the
//! control API or from a header, always in the same form; [`consult`] is the pure function that
//! says what befalls a request.

pub mod catalogue;
mod consult;
mod list;
mod matching;
mod orders;
mod problem_name;
mod read;
pub mod shipped;
mod span;

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::consult::{Counter, CounterKey, Counters, Decree, Request, consult};
pub use self::list::{with_added, with_dropped};
pub use self::matching::{AccountName, Calls, Glob, Match, RequestKind};
pub use self::orders::{
    AnswerFault, AnswerOrder, CallbackOrder, End, JobOrder, ResultFault, ResultOrder, WireFault, WireOrder,
};
pub use self::problem_name::ProblemName;
pub use self::read::{Entry, ReadError, posted, schema};
pub use self::span::Span;

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
    #[serde(default, rename = "match", skip_serializing_if = "Match::is_everybody")]
    pub meets: Match,
    /// What happens; of a list one entry is drawn from the seed.
    #[serde(deserialize_with = "one_or_several", serialize_with = "one_or_list")]
    #[schemars(schema_with = "one_or_several_schema")]
    pub then: Vec<Then>,
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
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "sound")]
    pub job: Option<JobOrder>,
    /// What is answered.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "sound")]
    pub answer: Option<AnswerOrder>,
    /// What happens on the wire.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "sound")]
    pub wire: Option<WireOrder>,
    /// What happens to downloads of the result.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "sound")]
    pub result: Option<ResultOrder>,
    /// What happens to callbacks about the job.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "sound")]
    pub callback: Option<CallbackOrder>,
}

/// Scenarios in the order in which they are tried.
pub type Scenarios = Arc<[Arc<Scenario>]>;

fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Then>, D::Error> {
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

fn one_or_list<S: Serializer>(then: &[Then], serializer: S) -> Result<S::Ok, S::Error> {
    match then {
        [only] => only.serialize(serializer),
        several => several.serialize(serializer),
    }
}

/// Reads a part and refuses what does not go together in it, so that the mistake is told where it stands.
fn sound<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de> + Sound,
    D: Deserializer<'de>,
{
    let read = T::deserialize(deserializer)?;
    match read.contradiction() {
        None => Ok(Some(read)),
        Some(told) => Err(de::Error::custom(told)),
    }
}

/// What may be well-formed and yet make no sense.
trait Sound {
    /// What does not go together.
    fn contradiction(&self) -> Option<&'static str>;
}

fn one_or_several_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let one = generator.subschema_for::<Then>();
    schemars::json_schema!({"oneOf": [one, {"type": "array", "items": one, "minItems": 1}]})
}
