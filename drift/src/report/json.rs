//! The report as JSON: all of it, for machines.

use crate::Report;

/// The JSON Schema (2020-12) of a report of `drift`.
pub const SCHEMA: &str = include_str!("../../../docs/drift.schema.json");

/// The report as JSON, indented, with a line feed at the end. It satisfies [`SCHEMA`].
pub fn json(report: &Report) -> String {
    mockreel_evidence::issue::json::pretty(report)
}
