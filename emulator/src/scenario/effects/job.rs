//! The effect of a scenario on the job that a submit makes.

use mockreel_contracts::FailureReason;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::span::Span;
use crate::scenario::Sound;
use crate::state::progress::Progress;

/// What becomes of the job that a submit makes. Seconds are the account's and are not scaled by `--latency`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename = "JobOrder")]
pub struct JobEffect {
    /// How long it waits in the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued: Option<Span>,
    /// How long it is worked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<Span>,
    /// How much longer than otherwise it is worked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slower: Option<Span>,
    /// The phase in which it stays until it is told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Holding>,
    /// What moves it: `time`, `immediate`, `polls=N` or `step`.
    #[schemars(with = "Option<String>", regex(pattern = "^(time|immediate|step|polls=[0-9]+)$"))]
    #[serde(
        deserialize_with = "progress",
        serialize_with = "progress_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub progress: Option<Progress>,
    /// How it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// Why it fails; alone, it makes the job fail.
    #[schemars(schema_with = "reason_schema")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<FailureReason>,
    /// What the caller is told about the failure, instead of the contract's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Sound for JobEffect {
    fn contradiction(&self) -> Option<&'static str> {
        let is_timed = self.queued.is_some() || self.running.is_some() || self.slower.is_some();
        match self.hold {
            Some(_) if self.end.is_some() || self.reason.is_some() || self.detail.is_some() => {
                return Some(
                    "`hold` does not go with `end`, `reason` or `detail`: a job that is held never ends by itself",
                );
            }
            Some(_) if self.running.is_some() || self.slower.is_some() => {
                return Some(
                    "`hold` does not go with `running` or `slower`: a job that is held never ends by itself",
                );
            }
            Some(Holding::Queued) if self.queued.is_some() => {
                return Some(
                    "`hold` queued does not go with `queued`: the job never leaves the queue by itself",
                );
            }
            Some(_) | None => {}
        }
        match self.progress {
            Some(Progress::Immediate | Progress::Polls(_) | Progress::Step) if is_timed => {
                return Some(
                    "`queued`, `running` and `slower` go with the `progress` time: nothing else heeds them",
                );
            }
            Some(_) | None => {}
        }
        let fails = matches!(self.end, None | Some(End::Failed));
        match (self.reason.is_some(), self.detail.is_some()) {
            (true, _) if !fails => Some("`reason` goes with `end` failed, or with no `end`"),
            (false, true) if self.end != Some(End::Failed) => {
                Some("`detail` goes with a failure: say `end` failed or a `reason`")
            }
            _ => None,
        }
    }
}

/// Where a job that never ends is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Holding {
    /// In the queue.
    Queued,
    /// At work.
    Running,
}

/// How a job ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// With a video.
    Succeeded,
    /// Without one.
    Failed,
    /// By somebody's command.
    Cancelled,
}

fn reason_schema(_: &mut SchemaGenerator) -> Schema {
    let mut names: Vec<Value> = FailureReason::ALL.map(|reason| reason.name().into()).into();
    names.push(Value::Null);
    json_schema!({"description": "Why it fails; alone, it makes the job fail", "enum": names})
}

fn progress<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Progress>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

fn progress_text<S: serde::Serializer>(
    progress: &Option<Progress>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match progress {
        Some(progress) => serializer.collect_str(progress),
        None => serializer.serialize_none(),
    }
}
