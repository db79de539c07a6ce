//! The limits of an account with a vendor: unfinished jobs at once, and submits in a window of time.

use std::collections::BTreeMap;

use mockreel_contracts::contract::model::money::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Milliseconds in the windows that a limit may have.
const MINUTE: u64 = 60_000;
const HOUR: u64 = 3_600_000;

/// The largest number of a limit; it bounds what is written down for it.
pub(crate) const MAX_LIMIT: u32 = 10_000;

/// What an account may do with a vendor; what is not said is not limited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AccountLimits {
    /// Unfinished jobs at once.
    #[schemars(range(min = 1, max = 10_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrent: Option<u32>,
    /// Submits in any sixty seconds; where the vendor counts models apart, of each model.
    #[schemars(range(min = 1, max = 10_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// Submits in any hour; where the vendor counts models apart, of each model.
    #[schemars(range(min = 1, max = 10_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_hour: Option<u32>,
    /// What holds for single models beside that, by the vendor's id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, ModelLimits>,
}

/// What an account may do with one model; what is not said is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModelLimits {
    /// Unfinished jobs at once.
    #[schemars(range(min = 1, max = 10_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrent: Option<u32>,
    /// Submits in any sixty seconds.
    #[schemars(range(min = 1, max = 10_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// Submits in any hour.
    #[schemars(range(min = 1, max = 10_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_hour: Option<u32>,
}

impl AccountLimits {
    /// Refuses numbers that limit nothing or everything.
    ///
    /// # Errors
    ///
    /// Names the first limit that is not from 1 to `MAX_LIMIT`.
    pub fn check(&self) -> Result<(), String> {
        let of_models = self.models.iter().flat_map(|(id, limits)| {
            limits.named().into_iter().map(move |(name, number)| (format!("models.{id}.{name}"), number))
        });
        let own =
            ModelLimits { concurrent: self.concurrent, per_minute: self.per_minute, per_hour: self.per_hour };
        let own = own.named().into_iter().map(|(name, number)| (name.to_owned(), number));
        for (name, number) in own.chain(of_models) {
            if let Some(wrong) = number.filter(|number| !(1..=MAX_LIMIT).contains(number)) {
                return Err(format!(
                    "`limits.{name}` is {wrong}: expected a whole number from 1 to {MAX_LIMIT}"
                ));
            }
        }
        Ok(())
    }

    /// Every window in which a submit to a model counts.
    pub(crate) fn windows(&self, model: &str, scope: Scope) -> Vec<RateWindow> {
        let shared = |allowed: Option<u32>, millis| {
            Some(RateWindow { allowed: allowed?, millis, one_model: scope == Scope::Model })
        };
        let own =
            |allowed: Option<u32>, millis| Some(RateWindow { allowed: allowed?, millis, one_model: true });
        let of_model = self.models.get(model).copied().unwrap_or_default();
        let all = [
            shared(self.per_minute, MINUTE),
            shared(self.per_hour, HOUR),
            own(of_model.per_minute, MINUTE),
            own(of_model.per_hour, HOUR),
        ];
        all.into_iter().flatten().collect()
    }

    /// Whether anything is said of jobs at once.
    pub(crate) fn counts_jobs(&self) -> bool {
        self.concurrent.is_some() || self.models.values().any(|limits| limits.concurrent.is_some())
    }
}

impl ModelLimits {
    fn named(&self) -> [(&'static str, Option<u32>); 3] {
        [("concurrent", self.concurrent), ("per_minute", self.per_minute), ("per_hour", self.per_hour)]
    }
}

/// So many submits in so much time.
pub(crate) struct RateWindow {
    /// How many.
    pub(crate) allowed: u32,
    /// The length of the time.
    pub(crate) millis: u64,
    /// Whether only submits to the same model count.
    pub(crate) one_model: bool,
}
