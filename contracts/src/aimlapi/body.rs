//! The bodies of answers about a job, each with only the members that apply.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

/// A job in the answer to a submit or a poll.
#[derive(Serialize)]
pub(super) struct JobBody<'a> {
    pub(super) id: &'a str,
    pub(super) status: Cow<'a, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) video: Option<VideoBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) meta: Option<MetaBody>,
}

#[derive(Serialize)]
pub(super) struct VideoBody<'a> {
    pub(super) url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_name: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct MetaBody {
    pub(super) usage: UsageBody,
}

#[derive(Serialize)]
pub(super) struct UsageBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) credits_used: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) usd_spent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tokens_used: Option<Value>,
}

/// An amount as JavaScript writes it: without a point if it is whole.
pub(super) fn whole(amount: f64) -> Value {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    let is_whole = amount.fract() == 0.0 && amount.is_sign_positive() && amount < LIMIT;
    if is_whole { Value::from(amount as u64) } else { json!(amount) }
}
