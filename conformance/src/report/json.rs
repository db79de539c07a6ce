//! The report as JSON: all of it, for machines.

use mockreel_evidence::issue::json::pretty;

use crate::outcome::Report;

/// The JSON Schema (2020-12) of a report.
pub const SCHEMA: &str = include_str!("../../../docs/report.schema.json");

/// The report as JSON, indented, with a line feed at the end. It satisfies [`SCHEMA`].
///
/// Characters that cannot be seen are written as JSON escapes, so that the file may be printed on a terminal.
pub fn json(report: &Report) -> String {
    pretty(report)
}

/// Several reports as a JSON array; each element satisfies [`SCHEMA`].
pub fn json_of_all(reports: &[Report]) -> String {
    pretty(&reports)
}
