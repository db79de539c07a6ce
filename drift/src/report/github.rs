//! Annotations for GitHub's workflows: one command a line on standard output.

use crate::finding::{Finding, Report};

use super::{Documents, is_in_full, is_known, level, words};
use mockreel_evidence::issue::github::write_annotations;
use mockreel_evidence::issue::{Issue, IssueLevel, MESSAGE_CHARS, escape, plural};

/// The report as workflow commands: an error for what is breaking, a warning for what is risky and for defects, a
/// notice for the rest; at most ten of each, as GitHub shows no more, the last notice saying what was left out.
pub fn annotations(report: &Report, documents: &Documents) -> String {
    let full = report.findings.iter().filter(|finding| is_in_full(finding) && !is_known(finding));
    let mut issues: Vec<Issue> = full.map(|finding| issue_of(finding, documents)).collect();
    let blind = report.unreachable.iter().map(|source| ("unreachable", words::describe_unreachable(source)));
    let gaps = words::list_gaps(report).into_iter().map(|line| ("not compared", line));
    issues.extend(blind.chain(gaps).map(|(title, line)| Issue {
        rule: title.to_owned(),
        level: if title == "unreachable" { IssueLevel::Warning } else { IssueLevel::Note },
        title: title.to_owned(),
        text: escape::one_line(&line, MESSAGE_CHARS),
        place: None,
        fingerprint: String::new(),
    }));
    write_annotations(&issues, |left_out| {
        let findings = plural(left_out.iter().map(|(_, count)| count).sum(), "finding", "findings");
        ("drift".to_owned(), format!("{findings} left out; the summary has all"))
    })
}

fn issue_of(finding: &Finding, documents: &Documents) -> Issue {
    let text = [
        Some(finding.message.clone()),
        finding.advice.as_ref().map(|advice| format!("do: {advice}")),
        words::change_of(finding).filter(|_| finding.parts.is_empty()),
        words::other_places(finding).map(|places| format!("also {places}")),
        words::origin_of(finding),
        words::evidence_of(finding),
    ];
    let text: Vec<String> = text.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    Issue {
        rule: finding.kind.name().to_owned(),
        level: level(finding),
        title: format!("{} {}", finding.kind.name(), words::place_of(finding)),
        text: escape::one_line(&text.join("; "), MESSAGE_CHARS),
        place: documents.place(finding),
        fingerprint: finding.fingerprint.clone(),
    }
}
