//! The effects of a scenario, by what they touch: the job, the response, the transport, the download, the webhook.

pub(super) mod problem_name;
pub(super) mod span;

use std::collections::BTreeMap;

use mockreel_contracts::FailureReason;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use self::problem_name::ProblemName;
use self::span::Span;
use super::Sound;
use super::matcher::Pointer;
use crate::state::progress::Progress;

/// The longest that the wire can be made to wait, in seconds of the machine's clock.
const LONGEST_DELAY: f64 = 600.0;

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

/// What is answered: a problem of the vendor's, something literal, or the vendor's own answer with changes.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename = "AnswerOrder")]
pub struct ResponseEffect {
    /// A refusal in the vendor's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemName>,
    /// With `upstream_error`: the status that the vendor behind is said to have answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_status: Option<u16>,
    /// With `rate_limited` and `concurrency_limited`: how many are let through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// With `rate_limited`: the length of the window, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_seconds: Option<u64>,
    /// With `rate_limited`: seconds until the next request would be let through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<f64>,
    /// The HTTP status: with `body` of a literal answer, else instead of the vendor's.
    #[schemars(range(min = 200, max = 599))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Headers that are added, or take the place of the vendor's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// A literal body: a text is sent as it is, anything else as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Answers only when the job has ended (a submit).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[serde(rename = "held")]
    pub until_done: bool,
    /// The vendor's options for this request, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Another word for the phase, wherever the answer has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<Value>,
    /// Members that are added to the answer, objects into objects.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub add: Map<String, Value>,
    /// Members that are left out of the answer, by JSON Pointer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<Pointer>,
}

/// Which of its forms an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseForm {
    /// A refusal in the vendor's words.
    Problem(ProblemName),
    /// Something literal.
    Literal,
    /// The vendor's own answer, changed.
    Changed,
}

impl ResponseEffect {
    /// A literal body: a text as it is, anything else as JSON.
    pub fn literal_text(&self) -> Option<String> {
        self.body.as_ref().map(|body| body.as_str().map_or_else(|| body.to_string(), str::to_owned))
    }

    /// Which of its forms it has.
    pub fn form(&self) -> ResponseForm {
        match (self.problem, &self.body) {
            (Some(problem), _) => ResponseForm::Problem(problem),
            (None, Some(_)) => ResponseForm::Literal,
            (None, None) => ResponseForm::Changed,
        }
    }
}

impl Sound for ResponseEffect {
    fn contradiction(&self) -> Option<&'static str> {
        if self.status.is_some_and(|status| !(200..=599).contains(&status)) {
            return Some("`status` is an HTTP status from 200 to 599");
        }
        if self.retry_after.is_some_and(|seconds| !(0.0..=31_536_000.0).contains(&seconds)) {
            return Some("`retry_after` is a number of seconds, at most those of a year");
        }
        let edits = self.until_done
            || !self.options.is_empty()
            || self.word.is_some()
            || !self.add.is_empty()
            || !self.remove.is_empty();
        let details = self.upstream_status.is_some()
            || self.limit.is_some()
            || self.window_seconds.is_some()
            || self.retry_after.is_some();
        match (self.problem.is_some(), self.body.is_some()) {
            (true, true) => Some("`problem` and `body` do not go together: a problem has the vendor's body"),
            (false, true) if edits => Some(
                "`body` does not go with changes to the vendor's own answer (held, options, word, add, remove)",
            ),
            (true, false) if self.until_done || self.word.is_some() => {
                Some("`problem` does not go with `held` or `word`: a refusal has no job")
            }
            (false, _) if details => {
                Some("`upstream_status`, `limit`, `window_seconds` and `retry_after` go with a `problem`")
            }
            _ => None,
        }
    }
}

/// What happens on the wire. It concerns the one connection and nobody else's.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "WireOrder")]
pub struct TransportFault {
    /// What goes wrong.
    pub fault: TransportFaultKind,
    /// With `reset`: after so many bytes of the answer, its head included; 0 (before the first) unless said otherwise.
    ///
    /// With `truncate`: so many bytes of the body are left, half of them unless said otherwise. With `wrong_length`: so
    /// many bytes of the body come, all of them unless said otherwise. More than there are means all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after_bytes: Option<u64>,
    /// The answer starts so many seconds late, with `slow_first_byte` 5 unless said otherwise; with `slow_body` the head
    /// comes at once and the body takes that long, 5 unless said otherwise.
    ///
    /// By the machine's clock, whatever the account's says, since a client's patience follows that.
    #[serde(default, deserialize_with = "delay")]
    #[schemars(range(min = 0.0, max = 600.0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<f64>,
    /// With `html`: the HTTP status, 502 unless said otherwise; one that goes with a body.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 200, max = 599))]
    pub status: Option<u16>,
}

/// What can go wrong on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", rename = "WireFault")]
pub enum TransportFaultKind {
    /// The connection is reset (TCP RST).
    Reset,
    /// The connection is closed in good order (TCP FIN) without a byte.
    Empty,
    /// The body stops half-way and the announced length fits: it is read well, but its JSON cannot be.
    Truncate,
    /// The body is malformed JSON, under the same status and content type.
    Garbage,
    /// A gateway's page comes instead of the answer.
    Html,
    /// The answer starts late.
    SlowFirstByte,
    /// The body comes in drops.
    SlowBody,
    /// The announced length is that of the whole body, but at least one byte more than comes; then the connection is closed.
    WrongLength,
    /// The content type is `text/plain`, whatever the body is.
    WrongType,
    /// The answer is whole, and the connection is closed after it without a word about it.
    Close,
}

impl Sound for TransportFault {
    fn contradiction(&self) -> Option<&'static str> {
        let cuts = match self.fault {
            TransportFaultKind::Reset | TransportFaultKind::Truncate | TransportFaultKind::WrongLength => {
                true
            }
            TransportFaultKind::Empty
            | TransportFaultKind::Garbage
            | TransportFaultKind::Html
            | TransportFaultKind::SlowFirstByte
            | TransportFaultKind::SlowBody
            | TransportFaultKind::WrongType
            | TransportFaultKind::Close => false,
        };
        if self.after_bytes.is_some() && !cuts {
            return Some("`after_bytes` goes with the wire faults `reset`, `truncate` and `wrong_length`");
        }
        match self.status {
            Some(_) if self.fault != TransportFaultKind::Html => {
                Some("`status` goes with the wire fault `html`")
            }
            Some(204 | 205 | 304) => Some("`status` is one that goes with a body: not 204, 205 or 304"),
            Some(status) if !(200..=599).contains(&status) => Some("`status` is a number from 200 to 599"),
            Some(_) | None => None,
        }
    }
}

/// What happens to downloads of a result, be it the video or its cover.
///
/// `missing`, `expired` and `html` answer every download, whatever range is asked for; a HEAD is answered with their
/// status and headers. `truncate` and `slow` count by what the one answer would bring: of a range, the part. So a
/// client that goes on where a download broke off gets on. To a HEAD they do nothing, since no byte of the file comes.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "ResultOrder")]
pub struct DownloadFault {
    /// What goes wrong.
    pub fault: DownloadFaultKind,
    /// With `slow`: so many seconds for each download, by the machine's clock; 5 unless said otherwise.
    #[serde(default, deserialize_with = "delay")]
    #[schemars(range(min = 0.0, max = 600.0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<f64>,
    /// With `truncate`: how many bytes come, at most one less than announced; half of them unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after_bytes: Option<u64>,
}

/// What can go wrong with a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", rename = "ResultFault")]
pub enum DownloadFaultKind {
    /// There is no such file: 404.
    Missing,
    /// The address has expired: the same answer as when it really has.
    Expired,
    /// A page comes instead of the file, with the status 200.
    Html,
    /// The length is announced in full, and the connection is closed before all of it has come.
    Truncate,
    /// The download takes long.
    Slow,
}

impl Sound for DownloadFault {
    fn contradiction(&self) -> Option<&'static str> {
        if self.after_bytes.is_some() && self.fault != DownloadFaultKind::Truncate {
            return Some("`after_bytes` goes with the result fault `truncate`");
        }
        (self.delay.is_some() && self.fault != DownloadFaultKind::Slow)
            .then_some("`delay` goes with the result fault `slow`")
    }
}

/// What happens to callbacks about a job. Seconds are the account's.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename = "CallbackOrder")]
pub struct WebhookEffect {
    /// Whether they are sent at all; without a word, as the vendor's option says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send: Option<bool>,
    /// How long after the change each is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Span>,
    /// How many times each is sent, 1 unless said otherwise.
    #[schemars(range(min = 1, max = 10))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<u32>,
    /// Whether they are sent in the opposite order, once the last is due.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reversed: bool,
    /// How many more times one that failed is tried.
    #[schemars(range(max = 10))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// Seconds before the first retry; each further one waits twice as long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<f64>,
}

impl Sound for WebhookEffect {
    fn contradiction(&self) -> Option<&'static str> {
        if self.copies.is_some_and(|copies| !(1..=10).contains(&copies)) {
            return Some("`copies` is a number from 1 to 10");
        }
        if self.retries.is_some_and(|retries| retries > 10) {
            return Some("`retries` is a number from 0 to 10");
        }
        self.backoff
            .is_some_and(|seconds| !(0.0..=86_400.0).contains(&seconds))
            .then_some("`backoff` is a number of seconds from 0 to 86400")
    }
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

fn delay<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    if (0.0..=LONGEST_DELAY).contains(&seconds) {
        Ok(Some(seconds))
    } else {
        let message =
            format!("{seconds} is no delay: expected a number of seconds from 0 to {LONGEST_DELAY}");
        Err(serde::de::Error::custom(message))
    }
}

#[cfg(test)]
mod tests;
