//! Entries of a vendor's feed of models that go.

use serde::Deserialize;

use crate::contract::model::source::Cited;

/// An entry of a vendor's feed of models that go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deprecation {
    /// The model's id; it need not be one of the contract's.
    pub id: String,
    /// Its other ids.
    pub aliases: Vec<String>,
    /// The vendor's word for what has become of it.
    pub status: String,
    /// The day on which that was said, `YYYY-MM-DD`.
    pub deprecated_at: Option<String>,
    /// The day from which it is not served, `YYYY-MM-DD`.
    pub shutdown_at: Option<String>,
    /// The id of the model that takes its place.
    pub replaced_by: Option<String>,
    /// The vendor's word for why.
    pub reason: Option<String>,
    /// Where it is from.
    pub source: Cited,
}

impl Deprecation {
    /// Whether requests with its id are refused.
    pub fn is_withdrawn(&self) -> bool {
        self.status == "withdrawn"
    }
}
