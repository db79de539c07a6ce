//! The records of jobs in answers, written straight from the job: a caller's payload can be long.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

use crate::dialect::JobView;

/// A job in the answer to a submit.
#[derive(serde::Serialize)]
pub(super) struct AcceptedBody<'a> {
    pub(super) request_id: &'a str,
    pub(super) model: &'a str,
    pub(super) status: Cow<'a, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payload: Option<Sorted<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<Value>,
    #[serde(flatten)]
    pub(super) times: RecordTimes,
}

/// A job in every other answer.
#[derive(serde::Serialize)]
pub(super) struct RecordBody<'a> {
    pub(super) request_id: &'a str,
    pub(super) org_id: Cow<'a, str>,
    pub(super) user_id: String,
    pub(super) model: &'a str,
    pub(super) status: Cow<'a, Value>,
    pub(super) is_public: bool,
    pub(super) payload: Sorted<'a>,
    pub(super) outcome: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    #[serde(flatten)]
    pub(super) times: RecordTimes,
}

/// When something happened to a job, in Unix seconds.
#[derive(serde::Serialize)]
pub(super) struct RecordTimes {
    created_at: u64,
    updated_at: u64,
    queued_at: u64,
}

impl RecordTimes {
    /// Those of a job.
    pub(super) fn of(job: &JobView<'_>) -> Self {
        let accepted = job.submitted_at.seconds();
        Self { created_at: accepted, updated_at: job.updated_at().seconds(), queued_at: accepted }
    }
}

/// The answer to a list.
#[derive(serde::Serialize)]
pub(super) struct RecordsBody<'a> {
    pub(super) requests: Vec<RecordBody<'a>>,
    pub(super) total: usize,
}

/// A value with the members of every object in alphabetical order, as a Go map is written.
pub(super) struct Sorted<'a>(pub(super) &'a Value);

impl Sorted<'_> {
    /// An object without members.
    pub(super) fn empty() -> Self {
        static EMPTY: std::sync::LazyLock<Value> =
            std::sync::LazyLock::new(|| Value::Object(Default::default()));
        Self(&EMPTY)
    }
}

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => {
                let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
                sorted.sort_unstable_by_key(|(name, _)| *name);
                let mut map = serializer.serialize_map(Some(sorted.len()))?;
                for (name, value) in sorted {
                    map.serialize_entry(name, &Sorted(value))?;
                }
                map.end()
            }
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Sorted(item))?;
                }
                list.end()
            }
            plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                plain.serialize(serializer)
            }
        }
    }
}
