//! Headers for browsers of other origins (CORS).

use serde::Deserialize;

use crate::contract::model::source::Cited;

/// What the vendor says to browsers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// `access-control-allow-origin`.
    pub allow_origin: String,
    /// `access-control-allow-methods`.
    pub allow_methods: Vec<String>,
    /// `access-control-allow-headers`.
    pub allow_headers: Vec<String>,
    /// `access-control-expose-headers`.
    #[serde(default)]
    pub expose_headers: Vec<String>,
    /// Status of the answer to a preflight.
    pub preflight_status: u16,
    /// Where it is from.
    pub source: Cited,
}
