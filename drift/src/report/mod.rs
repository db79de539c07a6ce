//! Reports of a comparison for people and machines: pure functions from a report to text.
//!
//! Everything in a finding but its kind, severity and fingerprint may be text from a document or from the wire.
//! Each format escapes it in its own way. No format holds a time of its own, so two runs write the same bytes.

use crate::finding::{BaselineState, Finding, Report, SourceLine};
use crate::{Kind, Severity, lines_of, page};

use mockreel_evidence::issue::{IssueLevel, escape, format::Format};

pub mod github;
mod groups;
mod headline;
mod history;
mod html;
pub mod json;
mod junit;
mod markdown;
mod sarif;
mod terminal;
#[cfg(test)]
mod tests;
mod words;

pub use self::headline::write_headline;
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
    /// Writes the lines of its files into a report: of each finding in both, as far as they are files.
    ///
    /// A document that lacks what came or went shows where it would be.
    pub fn locate(&self, report: &mut Report) {
        let lines = |side: &[Document], is_old: bool, findings: &[Finding]| -> Vec<Option<SourceLine>> {
            let mut found = vec![None; findings.len()];
            for (at, document) in side.iter().enumerate() {
                let wanted: Vec<(usize, &str)> = findings
                    .iter()
                    .enumerate()
                    .filter_map(|(index, finding)| {
                        let pointer = pointer_in(finding, is_old)?;
                        let is_here = document_of(side, finding, pointer) == Some(at);
                        is_here.then(|| (index, split_pointer(pointer).1))
                    })
                    .collect();
                let pointers: Vec<&str> = wanted.iter().map(|(_, pointer)| *pointer).collect();
                let lines = lines_of(&document.text, &pointers);
                for ((index, _), line) in wanted.iter().zip(lines) {
                    let file = document.path.clone();
                    found[*index] = line.map(|line| SourceLine { file, line });
                }
            }
            found
        };
        let old = lines(&self.old, true, &report.findings);
        let new = lines(&self.new, false, &report.findings);
        for (finding, (was, is)) in report.findings.iter_mut().zip(old.into_iter().zip(new)) {
            finding.line = was.or(finding.line.take());
            finding.to_line = is.or(finding.to_line.take());
        }
    }

    /// The path and the line, from 1, at which a finding is to be looked at; nothing if neither side is a file.
    fn place(&self, finding: &Finding) -> Option<(String, usize)> {
        let newer = finding.to_pointer.is_some() || finding.pointer.is_none();
        let (first, second) =
            if newer { (&finding.to_line, &finding.line) } else { (&finding.line, &finding.to_line) };
        if let Some(line) = first.as_ref().or(second.as_ref()) {
            return Some((line.file.clone(), line.line));
        }
        let sides = if newer { [&self.new, &self.old] } else { [&self.old, &self.new] };
        let document = sides.into_iter().find_map(|side| side.get(document_of(side, finding, "")?))?;
        Some((document.path.clone(), 1))
    }
}

/// The file beside a description that a pointer leads into, empty for the description itself, and the pointer there.
fn split_pointer(pointer: &str) -> (&str, &str) {
    if pointer.starts_with('/') { ("", pointer) } else { pointer.split_once('#').unwrap_or(("", pointer)) }
}

/// The document of a side that a finding is in: the one that it leads into or names, or else the first.
fn document_of(side: &[Document], finding: &Finding, pointer: &str) -> Option<usize> {
    let (file, _) = split_pointer(pointer);
    if !file.is_empty()
        && let Some(at) = side.iter().position(|document| document.name == file)
    {
        return Some(at);
    }
    let named = side.iter().position(|document| finding.files.contains(&document.name));
    named.or(if side.is_empty() { None } else { Some(0) })
}

/// The pointer of a finding into one side, or to what lacks it there; nothing if neither side has one.
fn pointer_in(finding: &Finding, is_old: bool) -> Option<&str> {
    let (mine, other) = if is_old {
        (&finding.pointer, &finding.to_pointer)
    } else {
        (&finding.to_pointer, &finding.pointer)
    };
    let beside = finding.beside.as_ref().filter(|_| other.is_some());
    // A defect is one of the newer document only.
    let nearest = other.as_ref().filter(|_| !finding.kind.is_defect());
    mine.as_ref().or(beside).or(nearest).map(String::as_str)
}

/// The formats in which a comparison can be written.
pub const FORMATS: [Format; 5] = [Format::Json, Format::Markdown, Format::Html, Format::Sarif, Format::Junit];

/// The report in one format.
pub fn render(format: Format, report: &Report, documents: &Documents) -> String {
    match format {
        Format::Json => json::json(report),
        Format::Markdown => markdown::write_markdown(report),
        Format::Sarif => sarif::write_sarif(report, documents),
        Format::Junit => junit::write_junit(report),
        Format::Html => html::write_html(report),
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

/// Whether a finding shows on the wire and the history had it the last time.
pub fn is_known(finding: &Finding) -> bool {
    finding.is_wire_relevant() && finding.baseline == Some(BaselineState::Unchanged)
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
