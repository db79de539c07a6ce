//! The vendor's callbacks: whom it tells when a job changes, and how often it tries.

use serde::Deserialize;
use serde_json::Value;

use crate::contract::Options;
use crate::contract::model::source::Cited;
use crate::phase::Phase;

/// Whom the vendor tells when a job changes, and how often it tries. What it sends is what a poll answers at that moment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callbacks {
    /// JSON Pointer to the receiver's address in the body of a submit.
    pub at: String,
    /// The phases whose beginning is announced.
    pub phases: Vec<Phase>,
    /// How many more times a call that failed is tried, at most 10.
    pub retries: u32,
    /// Seconds before the first retry; each further one waits twice as long.
    #[serde(default)]
    pub backoff_seconds: f64,
    /// How long the vendor waits for an answer, in seconds; absent if nobody knows.
    pub patience_seconds: Option<f64>,
    /// The option that must not be `off` for anything to be sent.
    pub option: Option<String>,
    /// Where that is from.
    pub source: Cited,
}

impl Callbacks {
    /// The receiver's address in the body of a submit; `None` if there is none, or an empty one.
    pub fn address<'a>(&self, body: &'a Value) -> Option<&'a str> {
        body.pointer(&self.at)?.as_str().filter(|text| !text.is_empty())
    }

    /// Whether anything is sent under these options.
    pub fn are_sent(&self, options: &Options) -> bool {
        self.option.as_ref().is_none_or(|name| !options.is(name, "off"))
    }
}
