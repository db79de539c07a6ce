//! The effect of a scenario on webhooks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::span::Span;
use crate::scenario::Sound;

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
        let shapes = self.delay.is_some()
            || self.copies.is_some()
            || self.reversed
            || self.retries.is_some()
            || self.backoff.is_some();
        if self.send == Some(false) && shapes {
            return Some("`send` is false, and nothing else about callbacks is met then");
        }
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
