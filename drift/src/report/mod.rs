//! Reports of a comparison for people and machines: pure functions from a report to text.
//!
//! Everything in a finding but its kind, severity and fingerprint may be text from a document or from the wire.
//! Each format escapes it in its own way. No format holds a time of its own, so two runs write the same bytes.

use crate::finding::{BaselineState, Finding, Report};
use crate::{Kind, Severity, line_of, page};

use mockreel_evidence::issue::{IssueLevel, escape, format::Format};

pub mod github;
mod history;
pub mod json;
mod junit;
mod markdown;
mod sarif;
mod terminal;
#[cfg(test)]
mod tests;
mod words;

pub use self::history::{between, timeline};
pub use self::terminal::summary;

/// A file that was compared: where findings are shown in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// As findings name it; empty if it is the only one of its side.
    pub name: String,
    /// Its path, as it was given.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The files of both sides, as far as they are files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    /// The older side.
    pub old: Vec<Document>,
    /// The newer side.
    pub new: Vec<Document>,
}

impl Documents {
    /// The path and the line, from 1, at which a finding is to be looked at; nothing if neither side is a file.
    fn place(&self, finding: &Finding) -> Option<(&str, usize)> {
        let newer = finding.to_pointer.is_some() || finding.pointer.is_none();
        let pointer = finding.to_pointer.as_ref().or(finding.pointer.as_ref());
        let sides = if newer { [&self.new, &self.old] } else { [&self.old, &self.new] };
        let of = |side: &'_ [Document]| -> Option<usize> {
            let named = side.iter().position(|held| finding.files.contains(&held.name));
            named.or(if side.is_empty() { None } else { Some(0) })
        };
        let (side, at) = sides.into_iter().find_map(|side| Some((side, of(side)?)))?;
        let document = side.get(at)?;
        let line = pointer.and_then(|pointer| line_of(&document.text, pointer));
        Some((&document.path, line.unwrap_or(1)))
    }
}

/// The formats in which a comparison can be written.
pub const FORMATS: [Format; 4] = [Format::Json, Format::Markdown, Format::Sarif, Format::Junit];

/// The report in one format; `None` of a format that a comparison does not have.
pub fn render(format: Format, report: &Report, documents: &Documents) -> Option<String> {
    match format {
        Format::Json => Some(json::json(report)),
        Format::Markdown => Some(markdown::write_markdown(report)),
        Format::Sarif => Some(sarif::write_sarif(report, documents)),
        Format::Junit => Some(junit::write_junit(report)),
        Format::Html => None,
    }
}

/// Whether a finding is told in full: one that shows on the wire, or a defect, that is not gone.
fn is_in_full(finding: &Finding) -> bool {
    !is_folded(finding) && finding.baseline != Some(BaselineState::Absent)
}

/// Whether a finding is only counted: words, what nothing uses, and defects that stood before.
fn is_folded(finding: &Finding) -> bool {
    let words = finding.severity == Severity::Cosmetic || finding.kind == Kind::UnreachableChanged;
    let stood = finding.severity == Severity::Defect && finding.baseline == Some(BaselineState::Unchanged);
    words || stood
}

/// Whether a finding is news: it shows on the wire, and the history does not have it.
pub fn is_news(finding: &Finding) -> bool {
    finding.is_wire_relevant() && matches!(finding.baseline, None | Some(BaselineState::New))
}

/// How much a finding weighs, in the words of code scanning.
fn level(finding: &Finding) -> IssueLevel {
    match finding.baseline {
        Some(BaselineState::Absent) => IssueLevel::Note,
        Some(BaselineState::New | BaselineState::Unchanged) | None => page::level(finding.severity),
    }
}

/// A name on one line.
fn name(text: &str) -> String {
    escape::one_line(text, mockreel_evidence::issue::NAME_CHARS)
}
