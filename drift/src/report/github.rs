//! Annotations for GitHub's workflows: one command a line on standard output.

use crate::finding::{Finding, Report};

use super::{Documents, is_in_full, level, words};
use mockreel_evidence::issue::github::write_annotations;
use mockreel_evidence::issue::{Issue, MESSAGE_CHARS, escape, plural};

/// The report as workflow commands: an error for what is breaking, a warning for what is risky and for defects, a
/// notice for the rest; at most ten of each, as GitHub shows no more, the last notice saying what was left out.
pub fn annotations(report: &Report, documents: &Documents) -> String {
    let full = report.findings.iter().filter(|finding| is_in_full(finding));
    let issues: Vec<Issue> = full.map(|finding| issue_of(finding, documents)).collect();
    write_annotations(&issues, |left_out| {
        let findings = plural(left_out.iter().map(|(_, count)| count).sum(), "finding", "findings");
        ("drift".to_owned(), format!("{findings} left out; the summary has all"))
    })
}

fn issue_of(finding: &Finding, documents: &Documents) -> Issue {
    let text = [Some(finding.message.clone()), words::change_of(finding), words::evidence_of(finding)];
    let text: Vec<String> = text.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    Issue {
        rule: finding.kind.name().to_owned(),
        level: level(finding),
        title: format!("{} {}", finding.kind.name(), words::place_of(finding)),
        text: escape::one_line(&text.join("; "), MESSAGE_CHARS),
        place: documents.place(finding).map(|(path, line)| (path.to_owned(), line)),
        fingerprint: finding.fingerprint.clone(),
    }
}
