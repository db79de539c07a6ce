//! Annotations for GitHub's workflows: one command a line on standard output.

use mockreel_evidence::issue::github::{MOST_OF_A_KIND, data, property};

use super::{escape, phrases};
use crate::clause::Level;
use crate::outcome::{CaseResult, Outcome, Report};

/// The report as workflow commands: `::error`, `::warning` and `::notice`, at most [`MOST_OF_A_KIND`] of each.
///
/// Errors are fails of what is documented, targets that could not be reached and breakdowns of the suite;
/// warnings are other fails, unexpected passes and cases without budget; notices are expected fails and differences.
/// If some were left out, the last line is a notice that says how many; it counts among the notices.
pub fn annotations(report: &Report) -> String {
    let mut found: Vec<(AnnotationKind, String)> = Vec::new();
    for result in &report.results {
        found.extend(of_outcome(report, result));
        found.extend(of_differences(report, result));
    }
    let mut out = String::new();
    let mut left_out: Vec<String> = Vec::new();
    for kind in [AnnotationKind::Error, AnnotationKind::Warning, AnnotationKind::Notice] {
        let lines: Vec<&String> = found.iter().filter(|(of, _)| *of == kind).map(|(_, line)| line).collect();
        // One notice may be needed to say what was left out.
        let most = if kind == AnnotationKind::Notice { MOST_OF_A_KIND - 1 } else { MOST_OF_A_KIND };
        lines.iter().take(most).for_each(|line| out.push_str(line));
        if lines.len() > most {
            left_out.push(phrases::plural(lines.len() - most, kind.word(), &format!("{}s", kind.word())));
        }
    }
    if !left_out.is_empty() {
        let text = format!("{} left out; the summary has all", left_out.join(" and "));
        out.push_str(&command(AnnotationKind::Notice, &phrases::vendor(report), &text));
    }
    out
}

/// The kinds of annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AnnotationKind {
    Error,
    Warning,
    Notice,
}

impl AnnotationKind {
    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

fn of_outcome(report: &Report, result: &CaseResult) -> Option<(AnnotationKind, String)> {
    let kind = match result.outcome {
        Outcome::Pass | Outcome::NotApplicable => return None,
        Outcome::Fail | Outcome::Flaky => match result.level {
            Level::Must => AnnotationKind::Error,
            Level::Should | Level::May => AnnotationKind::Warning,
            Level::Info => AnnotationKind::Notice,
        },
        Outcome::Unreachable | Outcome::EngineError => AnnotationKind::Error,
        Outcome::UnexpectedPass | Outcome::NotRunBudget => AnnotationKind::Warning,
        Outcome::ExpectedFail => AnnotationKind::Notice,
    };
    let mut text = format!(
        "{}: {}",
        result.outcome.word(),
        escape::one_line(&phrases::message(result), phrases::MESSAGE_CHARS)
    );
    if let Some(clause) = result.clause.as_ref().filter(|_| phrases::did_not_hold(result.outcome)) {
        let place = escape::one_line(&clause.place, phrases::NAME_CHARS);
        let quote = escape::one_line(&clause.quote, phrases::QUOTE_CHARS);
        text.push_str(&format!(" (clause {place}: {quote})"));
    }
    Some((kind, command(kind, &title(report, result), &text)))
}

fn of_differences(report: &Report, result: &CaseResult) -> Option<(AnnotationKind, String)> {
    let first = result.differences.first()?;
    let places = phrases::plural(result.differences.len(), "place", "places");
    let text = format!("not as the reference in {places}; the first: {}", phrases::difference(first));
    Some((AnnotationKind::Notice, command(AnnotationKind::Notice, &title(report, result), &text)))
}

fn title(report: &Report, result: &CaseResult) -> String {
    format!("{}@{} {} {}", result.id, report.subject(), result.level.word(), result.title)
}

/// One command and its line feed.
fn command(kind: AnnotationKind, title: &str, text: &str) -> String {
    let title = property(&escape::one_line(title, phrases::NAME_CHARS));
    format!("::{} title={title}::{}\n", kind.word(), data(text))
}
