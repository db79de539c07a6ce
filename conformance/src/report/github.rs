//! Annotations for GitHub's workflows: one command a line on standard output.

use mockreel_evidence::issue::github::{command_of, write_annotations};
use mockreel_evidence::issue::{Issue, IssueLevel};

use super::{escape, phrases};
use crate::outcome::{CaseResult, Outcome, Report};

/// The report as workflow commands: `::error`, `::warning` and `::notice`, at most ten of each.
///
/// Errors are fails of what is documented, targets that could not be reached and breakdowns of the suite;
/// warnings are other fails, unexpected passes and cases without budget; notices are expected fails and differences.
/// If some were left out, the last line is a notice that says how many; it counts among the notices.
pub fn annotations(report: &Report) -> String {
    let mut issues: Vec<Issue> = Vec::new();
    for result in &report.results {
        issues.extend(of_outcome(report, result));
        issues.extend(of_differences(report, result));
    }
    write_annotations(&issues, |left_out| {
        let counts = left_out.iter().map(|(level, count)| {
            let word = command_of(*level);
            phrases::plural(*count, word, &format!("{word}s"))
        });
        let counts: Vec<String> = counts.collect();
        (phrases::vendor(report), format!("{} left out; the summary has all", counts.join(" and ")))
    })
}

fn of_outcome(report: &Report, result: &CaseResult) -> Option<Issue> {
    let level = match result.outcome {
        Outcome::Pass | Outcome::NotApplicable => return None,
        Outcome::Fail | Outcome::Flaky => phrases::level_of(result.level),
        Outcome::Unreachable | Outcome::EngineError => IssueLevel::Error,
        Outcome::UnexpectedPass | Outcome::NotRunBudget => IssueLevel::Warning,
        Outcome::ExpectedFail | Outcome::Blocked | Outcome::Inconclusive => IssueLevel::Note,
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
    Some(issue_of(report, result, level, text))
}

fn of_differences(report: &Report, result: &CaseResult) -> Option<Issue> {
    let first = result.differences.first()?;
    let places = phrases::plural(result.differences.len(), "place", "places");
    let text = format!("not as the reference in {places}; the first: {}", phrases::difference(first));
    Some(issue_of(report, result, IssueLevel::Note, text))
}

fn issue_of(report: &Report, result: &CaseResult, level: IssueLevel, text: String) -> Issue {
    Issue {
        rule: result.id.clone(),
        level,
        title: format!("{}@{} {} {}", result.id, report.subject(), result.level.word(), result.title),
        text,
        place: None,
        fingerprint: String::new(),
    }
}
