//! The summary in a terminal.

use crate::Severity;
use crate::finding::{BaselineState, Finding, Report};

use super::{groups, is_news, name, words};
use mockreel_evidence::issue::MESSAGE_CHARS;
use mockreel_evidence::issue::escape;

/// The width of the longest severity and of most kinds, so that places stand in one column.
const WIDTHS: (usize, usize) = (10, 18);
/// Under the place.
const INDENT: &str = "                                ";

/// The verdict on the first line; then, by operation, a few lines for each finding, the worst first; what shows nowhere,
/// and what a watch knows already, is counted on one line each.
///
/// No control character leaves it but line feeds and, if `colour` is set, its own SGR sequences.
pub fn summary(report: &Report, colour: bool) -> String {
    let code = if report.findings.iter().any(is_news) { "1;31" } else { "32" };
    let headline = escape::one_line(&report.headline, MESSAGE_CHARS);
    let mut out = format!("{}\n", paint_text(colour, code, &headline));
    out.push_str(&format!("{} -> {}\n", name(&report.old), name(&report.new)));
    for source in &report.unreachable {
        let line = escape::one_line(&words::describe_unreachable(source), MESSAGE_CHARS);
        out.push_str(&format!("unreachable: {line}\n"));
    }
    for group in groups::by_operation(report) {
        out.push_str(&format!("\n{}\n", paint_text(colour, "1", &name(group.title()))));
        for finding in group.findings {
            push_finding(&mut out, finding, colour);
        }
    }
    if !report.findings.is_empty() {
        out.push('\n');
    }
    let gone: Vec<&Finding> =
        report.findings.iter().filter(|finding| finding.baseline == Some(BaselineState::Absent)).collect();
    for finding in gone {
        out.push_str(&format!("no longer   {} {}\n", finding.kind.name(), name(&words::place_of(finding))));
    }
    if let Some(known) = words::sum_up_known(report) {
        out.push_str(&format!("{known}\n"));
    }
    if let Some(folded) = words::sum_up_folded(report) {
        out.push_str(&format!("{folded}\n"));
    }
    for line in words::list_gaps(report) {
        out.push_str(&format!("not compared: {}\n", escape::one_line(&line, MESSAGE_CHARS)));
    }
    let code = if report.has_drift() { "1;31" } else { "32" };
    out.push_str(&format!("{}\n", paint_text(colour, code, &words::count_findings(report))));
    out
}

fn push_finding(out: &mut String, finding: &Finding, colour: bool) {
    let code = match finding.severity {
        Severity::Breaking => "1;31",
        Severity::Risky => "33",
        Severity::Defect => "35",
        Severity::Compatible => "32",
        Severity::Cosmetic => "2",
    };
    let (wide, wider) = WIDTHS;
    let severity = paint_text(colour, code, &format!("{:wide$}", finding.severity.name()));
    let kind = format!("{:wider$}  ", finding.kind.name());
    let mark = words::baseline_of(finding).map(|word| format!(" ({word})")).unwrap_or_default();
    out.push_str(&format!("{severity}  {kind}{}{mark}\n", name(&words::place_of(finding))));
    let lines = [
        Some(finding.message.clone()).filter(|message| !message.is_empty()),
        words::change_of(finding).filter(|_| finding.message.is_empty()),
        finding.advice.as_ref().map(|advice| format!("do: {advice}")),
        words::other_places(finding).map(|places| format!("also {places}")),
        finding.schema.as_ref().map(|schema| format!("shared schema {schema}")),
        words::origin_of(finding),
        words::lines_of(finding),
        words::list_names(&finding.files).map(|files| format!("in {files}")),
        words::list_names(&finding.models).map(|models| format!("of {models}")),
        words::evidence_of(finding),
        words::verdict_of(finding),
    ];
    for line in lines.into_iter().flatten() {
        out.push_str(&format!("{INDENT}{}\n", escape::one_line(&line, MESSAGE_CHARS)));
    }
}

/// The text between an SGR sequence and a reset.
fn paint_text(colour: bool, code: &str, text: &str) -> String {
    if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}
