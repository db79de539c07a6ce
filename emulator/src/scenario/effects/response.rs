//! The effect of a scenario on a response: a problem, a literal text, or changes.

use std::collections::BTreeMap;
use std::fmt;

use axum::http::header::{CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use schemars::JsonSchema;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::problem_name::ProblemName;
use crate::scenario::Sound;
use crate::scenario::matcher::Pointer;

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
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "deserialize_headers")]
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

/// Reads headers, and refuses one that could not be sent.
fn deserialize_headers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    struct HeadersVisitor;

    impl<'de> Visitor<'de> for HeadersVisitor {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("headers: an object of texts")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut headers = BTreeMap::new();
            // One at a time, so that the mistake is told where it stands.
            while let Some(SoundName(name)) = map.next_key()? {
                let SoundValue(value) = map.next_value()?;
                headers.insert(name, value);
            }
            Ok(headers)
        }
    }

    deserializer.deserialize_map(HeadersVisitor)
}

/// The name of a header as it can be sent.
struct SoundName(String);

impl<'de> Deserialize<'de> for SoundName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let shown = name.escape_debug();
        let Ok(known) = HeaderName::from_bytes(name.as_bytes()) else {
            return Err(D::Error::custom(format!(
                "`{shown}` is no name of a header: expected letters, digits and hyphens, without blanks and line breaks"
            )));
        };
        if known == CONTENT_LENGTH || known == TRANSFER_ENCODING {
            return Err(D::Error::custom(format!(
                "`{shown}` follows from the body; for one that is wrong use the wire faults `wrong_length` and `truncate`"
            )));
        }
        Ok(Self(name))
    }
}

/// The value of a header as it can be sent.
struct SoundValue(String);

impl<'de> Deserialize<'de> for SoundValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = String::deserialize(deserializer)?;
        if HeaderValue::from_str(&value).is_err() {
            return Err(D::Error::custom(format!(
                "`{}` is no value of a header: expected one line without control characters",
                value.escape_debug()
            )));
        }
        Ok(Self(value))
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
        if self.upstream_status.is_some_and(|status| !(100..=599).contains(&status)) {
            return Some("`upstream_status` is an HTTP status from 100 to 599");
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
            _ => self.problem.and_then(|problem| self.unheeded_detail(problem)),
        }
    }
}

impl ResponseEffect {
    /// The detail that a problem does not have.
    fn unheeded_detail(&self, problem: ProblemName) -> Option<&'static str> {
        let rate = problem.0 == "rate_limited";
        if self.upstream_status.is_some() && problem.0 != "upstream_error" {
            return Some("`upstream_status` goes with the problem `upstream_error`");
        }
        if self.limit.is_some() && !rate && problem.0 != "concurrency_limited" {
            return Some("`limit` goes with the problems `rate_limited` and `concurrency_limited`");
        }
        (!rate && (self.window_seconds.is_some() || self.retry_after.is_some()))
            .then_some("`window_seconds` and `retry_after` go with the problem `rate_limited`")
    }
}
