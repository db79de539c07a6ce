//! One page that an engineer reads on a Monday morning: what changed, how bad it is, since when, on what evidence.
//!
//! Text from documents and from the wire stands in code spans, in which no markup, link or mention is made.

use crate::Severity;
use crate::finding::{BaselineState, Finding, Report};

use super::{groups, words};
use mockreel_evidence::issue::markdown::{MOST_BYTES, code, free};
use mockreel_evidence::issue::{MESSAGE_CHARS, NAME_CHARS, plural};

/// Bytes kept free for the lines after the findings.
const NOTE_BYTES: usize = 4_000;
/// The most places that are named of those that are gone, or were not compared.
const PLACES: usize = 40;

/// The report as Markdown, fit for an issue or a comment; what was left out is said.
pub(super) fn write_markdown(report: &Report) -> String {
    let sign = match report.findings.iter().any(super::is_news) {
        true => "❌",
        // What was not looked at is not fine.
        false if !report.unreachable.is_empty() => "⚠️",
        false => "✅",
    };
    let mut out = format!(
        "{sign} **Drift:** {}\n\n{}: {} → {}\n",
        free(&report.headline, MESSAGE_CHARS),
        capitalise(&words::count_findings(report)),
        code(&report.old, NAME_CHARS),
        code(&report.new, NAME_CHARS)
    );
    let blind: Vec<String> = report
        .unreachable
        .iter()
        .map(|source| code(&words::describe_unreachable(source), MESSAGE_CHARS))
        .collect();
    if !blind.is_empty() {
        out.push_str(&format!("\nUnreachable: {}.\n", some_of(&blind)));
    }
    let mut left_out = 0_usize;
    for group in groups::by_operation(report) {
        for severity in [Severity::Breaking, Severity::Risky, Severity::Compatible, Severity::Defect] {
            let of = group.findings.iter().filter(|finding| finding.severity == severity);
            let entries: Vec<String> = of.map(|finding| write_entry(finding)).collect();
            let head = format!("\n### {}: {}\n\n", heading_of(severity), code(group.title(), NAME_CHARS));
            let mut begun = false;
            for entry in entries {
                let head = if begun { "" } else { head.as_str() };
                if left_out > 0 || out.len() + head.len() + entry.len() > MOST_BYTES - NOTE_BYTES {
                    left_out += 1;
                    continue;
                }
                out.push_str(head);
                out.push_str(&entry);
                begun = true;
            }
        }
    }
    if left_out > 0 {
        let entries = plural(left_out, "finding was", "findings were");
        out.push_str(&format!("\n{entries} left out here; the JSON report has all.\n"));
    }
    out.push_str(&write_rest(report));
    out
}

fn heading_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Breaking => "Breaking",
        Severity::Risky => "Risky",
        Severity::Compatible => "Compatible",
        Severity::Defect => "Defects",
        Severity::Cosmetic => "Words",
    }
}

/// What is gone, what is folded, what was not compared.
fn write_rest(report: &Report) -> String {
    let mut out = String::new();
    let gone: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| finding.baseline == Some(BaselineState::Absent))
        .map(|finding| format!("{} {}", finding.kind.name(), code(&words::place_of(finding), NAME_CHARS)))
        .collect();
    if !gone.is_empty() {
        out.push_str(&format!("\nNo longer so: {}.\n", some_of(&gone)));
    }
    for line in [words::sum_up_known(report), words::sum_up_folded(report)].into_iter().flatten() {
        out.push_str(&format!("\n{}.\n", capitalise(&line)));
    }
    let missed: Vec<String> = words::list_gaps(report).iter().map(|line| code(line, MESSAGE_CHARS)).collect();
    if !missed.is_empty() {
        out.push_str(&format!("\nNot compared: {}.\n", some_of(&missed)));
    }
    out
}

fn some_of(list: &[String]) -> String {
    let more = list.len().saturating_sub(PLACES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named: Vec<&str> = list.iter().take(PLACES).map(String::as_str).collect();
    // A few long names could still be more than a comment takes.
    let text = named.join(", ");
    if text.len() > NOTE_BYTES / 4 { plural(list.len(), "place", "places") } else { format!("{text}{more}") }
}

fn capitalise(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn write_entry(finding: &Finding) -> String {
    let mark = words::baseline_of(finding).map(|word| format!(", {word}")).unwrap_or_default();
    let mut out =
        format!("- **{}** {}{mark}\n", finding.kind.name(), code(&words::place_of(finding), NAME_CHARS * 2));
    if !finding.message.is_empty() {
        out.push_str(&format!("  - {}\n", free(&finding.message, MESSAGE_CHARS)));
    }
    if let Some(change) = words::change_of(finding).filter(|_| finding.message.is_empty()) {
        out.push_str(&format!("  - {}\n", code(&change, MESSAGE_CHARS)));
    }
    if let Some(advice) = &finding.advice {
        out.push_str(&format!("  - do: {}\n", free(advice, MESSAGE_CHARS)));
    }
    if let Some(places) = words::other_places(finding) {
        out.push_str(&format!("  - also {}\n", code(&places, MESSAGE_CHARS)));
    }
    if let Some(schema) = &finding.schema {
        out.push_str(&format!("  - shared schema {}\n", code(schema, NAME_CHARS)));
    }
    for line in [words::origin_of(finding), words::lines_of(finding)].into_iter().flatten() {
        out.push_str(&format!("  - {}\n", code(&line, MESSAGE_CHARS)));
    }
    if let Some(verdict) = words::verdict_of(finding) {
        out.push_str(&format!("  - verdict {}\n", free(&verdict, MESSAGE_CHARS)));
    }
    for (word, list) in [("in", &finding.files), ("of", &finding.models)] {
        if let Some(list) = words::list_names(list) {
            out.push_str(&format!("  - {word} {}\n", code(&list, MESSAGE_CHARS)));
        }
    }
    if let Some(evidence) = words::evidence_of(finding) {
        out.push_str(&format!("  - {}\n", free(&evidence, MESSAGE_CHARS)));
    }
    out
}
