//! Reports of a run for people and machines: pure functions from reports to text.
//!
//! Titles, messages, notes and exchanges may hold text from the wire. Each format escapes it in its own
//! way, and every one of them first makes visible what cannot be seen; see [`escape`].

use crate::outcome::Report;
pub use mockreel_evidence::issue::escape;
pub use mockreel_evidence::issue::format::{Format, parse_requests};

mod causes;
mod curl;
pub mod github;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod plan;
pub mod sarif;
pub mod terminal;
mod waiting;

pub(crate) mod phrases;
#[cfg(test)]
mod tests;
mod wire;

/// The reports in one format.
///
/// A single report is JSON as it is; several are an array of reports.
pub fn render(format: Format, reports: &[Report]) -> String {
    match format {
        Format::Junit => junit::junit(reports),
        Format::Json => match reports {
            [report] => json::json(report),
            reports => json::json_of_all(reports),
        },
        Format::Html => html::html(reports),
        Format::Sarif => sarif::sarif(reports),
        Format::Markdown => markdown::markdown(reports),
    }
}
