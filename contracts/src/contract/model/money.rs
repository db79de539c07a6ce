//! Billing of jobs, and rate limits of accounts.
//!
//! Prices are facts of the models; here is when they are charged and which endings cost nothing. No
//! vendor publishes numbers for its limits, so a contract says only how they count.

use serde::Deserialize;

use crate::contract::model::source::Cited;

/// When a job is charged, and which endings cost nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Billing {
    /// When the price is charged.
    pub charged: Charged,
    /// Where that is from.
    pub source: Cited,
    /// Whether a job that fails costs its price in the end.
    pub failed: Billed,
    /// Whether a job that is cancelled costs its price in the end.
    pub cancelled: Billed,
    /// What an account without a limit is said to have, where the vendor tells a balance.
    pub unlimited: Option<Unlimited>,
    /// What the unit of the prices is worth, where it is no currency and somebody says it.
    pub worth: Option<UnitWorth>,
}

/// When the price of a job is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charged {
    /// As it is accepted; an ending that costs nothing gives the price back.
    Submit,
    /// As it ends; until then the price is put aside, and an ending that costs nothing releases it.
    Completion,
}

impl Charged {
    /// The word in contracts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Completion => "completion",
        }
    }
}

/// Whether one way to end costs the price.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Billed {
    /// Whether it does.
    pub billed: bool,
    /// Where that is from.
    pub source: Cited,
}

/// What an account without a limit is said to have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unlimited {
    /// In the unit of the models' prices.
    pub amount: f64,
    /// Where that is from.
    pub source: Cited,
}

/// What the unit of a vendor's prices is worth.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitWorth {
    /// How many units one US dollar is.
    pub per_usd: f64,
    /// Where that is from.
    pub source: Cited,
}

/// How a vendor counts what an account does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimits {
    /// What shares one count.
    pub scope: ScopeFact,
    /// How a limit of so many requests in so much time counts.
    pub window: WindowFact,
}

/// What shares one count of requests, and where that is from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeFact {
    /// What shares one count.
    pub of: Scope,
    /// Where that is from.
    pub source: Cited,
}

/// What shares one count of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The requests for one model: each model is counted apart.
    Model,
    /// All requests of an account.
    Account,
}

/// How a window of time counts, and where that is from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowFact {
    /// How it counts.
    pub form: Window,
    /// Where that is from.
    pub source: Cited,
}

/// How a window of time counts. Another form gets its arm once somebody has observed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Each accepted request counts from its moment until the length of the window has passed.
    Sliding,
}
