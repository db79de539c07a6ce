//! The unit in which the lengths of texts are counted.

use serde::Deserialize;

use crate::contract::model::source::Cited;

/// How the lengths of texts are counted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    /// What one of a length is.
    pub unit: LengthUnit,
    /// Where it is from.
    pub source: Cited,
}

/// What one of a text's length is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// A character, as JSON Schema counts.
    Character,
    /// A unit of UTF-16, as JavaScript's `length` counts: a character beyond the basic plane is two.
    Utf16,
}
