//! The report as JSON: all of it, for machines.

use std::fmt::Write as _;

use serde::Serialize;

use super::escape;
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

/// Indented JSON without unseen characters; the same document to every parser.
pub(crate) fn pretty<T: Serialize>(document: &T) -> String {
    let text = serde_json::to_string_pretty(document).expect("keys are text and no number is infinite");
    let mut out = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        // Outside of strings the only such character is the line feed.
        if character != '\n' && escape::is_unseen(character) {
            let mut units = [0_u16; 2];
            for unit in character.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").expect("a string takes all that is written to it");
            }
        } else {
            out.push(character);
        }
    }
    out.push('\n');
    out
}
