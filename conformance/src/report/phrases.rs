//! Turns of phrase that several formats share. Plain text: each format escapes it in its own way.

use serde_json::Value;

use mockreel_evidence::issue::IssueLevel;
pub(crate) use mockreel_evidence::issue::{MESSAGE_CHARS, NAME_CHARS, plural};

use super::escape;
use crate::clause::{ClauseSource, Level};
use crate::outcome::{CaseResult, Difference, Outcome, Report};

/// The most characters of a clause's quote.
pub(super) const QUOTE_CHARS: usize = 300;
/// The most characters of a value in a note or a difference.
pub(super) const VALUE_CHARS: usize = 120;

/// The vendor with its edition, `ID@EDITION`, and the model if the run was of one alone.
pub(super) fn vendor(report: &Report) -> String {
    let model = report.model.as_ref().map(|model| format!(" {model}")).unwrap_or_default();
    escape::one_line(&format!("{}@{}{model}", report.vendor, report.edition), NAME_CHARS)
}

/// The area of a case: what stands before the number in its id.
pub(super) fn area(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(area, _)| area)
}

/// What an exit code of `check` means.
pub(super) fn exit_meaning(code: u8) -> &'static str {
    match code {
        0 => "fine",
        1 => "not conformant",
        2 => "usage, configuration or unknown price",
        3 => "target unreachable or key refused",
        4 => "budget exhausted",
        5 => "drift found",
        6 => "the suite itself broke",
        _ => "unknown",
    }
}

/// How many results have each outcome that occurs, in the order of reports.
pub(super) fn counts(report: &Report) -> Vec<(Outcome, usize)> {
    let count = |outcome| (outcome, report.with(outcome).count());
    Outcome::ALL.into_iter().map(count).filter(|(_, count)| *count > 0).collect()
}

/// The counts in words, what is bad first: `1 fail, 2 expected-fail, 40 pass`.
pub(super) fn count_outcomes(report: &Report) -> String {
    let mut counts = counts(report);
    counts.sort_by_key(|(outcome, _)| gravity(*outcome));
    if counts.is_empty() {
        return "no case".to_owned();
    }
    let words = counts.iter().map(|(outcome, count)| format!("{count} {}", outcome.word()));
    words.collect::<Vec<_>>().join(", ")
}

/// How early an outcome is to be read; 0 is the first.
pub(super) fn gravity(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::EngineError => 0,
        Outcome::Unreachable => 1,
        Outcome::Fail => 2,
        Outcome::Flaky => 3,
        Outcome::UnexpectedPass => 4,
        Outcome::NotRunBudget => 5,
        Outcome::Inconclusive => 6,
        Outcome::Blocked => 7,
        Outcome::ExpectedFail => 8,
        Outcome::Pass => 9,
        Outcome::NotApplicable => 10,
    }
}

/// Whether a result stands in the report for somebody to read and act on.
pub(super) fn is_worth_reading(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Pass | Outcome::NotApplicable => false,
        Outcome::Fail
        | Outcome::Flaky
        | Outcome::UnexpectedPass
        | Outcome::ExpectedFail
        | Outcome::NotRunBudget
        | Outcome::Blocked
        | Outcome::Inconclusive
        | Outcome::Unreachable
        | Outcome::EngineError => true,
    }
}

/// Whether the clause of a result is to be shown with it: its claim did not hold, or not always.
pub(super) fn did_not_hold(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Fail | Outcome::Flaky => true,
        Outcome::Pass
        | Outcome::UnexpectedPass
        | Outcome::ExpectedFail
        | Outcome::NotApplicable
        | Outcome::NotRunBudget
        | Outcome::Blocked
        | Outcome::Inconclusive
        | Outcome::Unreachable
        | Outcome::EngineError => false,
    }
}

/// The message of a result, with what the baseline has to do with it. Not escaped.
pub(super) fn message(result: &CaseResult) -> String {
    let mut text = result.message.clone();
    let reason = result.expected.as_deref();
    let more = match (result.outcome, reason) {
        (Outcome::UnexpectedPass, Some(reason)) => {
            format!("the baseline expects a fail ({reason}); take its entry out")
        }
        (Outcome::UnexpectedPass, None) => "the baseline expects a fail; take its entry out".to_owned(),
        (Outcome::ExpectedFail, Some(reason)) => format!("expected: {reason}"),
        _ => String::new(),
    };
    if !more.is_empty() {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&more);
    }
    text
}

/// The title of a source, its date and its grade, on one line.
pub(super) fn source(source: &ClauseSource) -> String {
    escape::one_line(&format!("{} ({}, {})", source.title, source.date, source.grade), NAME_CHARS * 2)
}

/// What was spent, in the vendor's unit.
pub(super) fn spend(report: &Report) -> String {
    let spend = &report.spend;
    let Some(cap) = spend.cap else {
        return "nothing costs here".to_owned();
    };
    let unit = escape::one_line(&spend.unit, 40);
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    let mut text = format!("{} of at most {cap}{unit} spent", spend.settled);
    if spend.reserved != spend.settled {
        text.push_str(&format!(" ({} put aside before sending)", spend.reserved));
    }
    text
}

/// A place in which an answer differs, on one line.
pub(super) fn difference(difference: &Difference) -> String {
    let pointer = pointer(&difference.pointer);
    match (&difference.reference, &difference.found) {
        (Some(reference), Some(found)) => {
            format!("{pointer}: {} in the reference, {} found", value(reference), value(found))
        }
        (Some(reference), None) => format!("{pointer}: {} in the reference, nothing found", value(reference)),
        (None, Some(found)) => format!("{pointer}: not in the reference, {} found", value(found)),
        (None, None) => format!("{pointer}: differs"),
    }
}

/// A pointer on one line; the whole answer has a name of its own.
pub(super) fn pointer(pointer: &str) -> String {
    if pointer.is_empty() { "the answer".to_owned() } else { escape::one_line(pointer, NAME_CHARS) }
}

/// A value as JSON on one line.
pub(crate) fn value(value: &Value) -> String {
    escape::one_line(&value.to_string(), VALUE_CHARS)
}

/// How much a fail at that level weighs, in the words of CI systems.
pub(super) fn level_of(level: Level) -> IssueLevel {
    match level {
        Level::Must => IssueLevel::Error,
        Level::Should | Level::May => IssueLevel::Warning,
        Level::Info => IssueLevel::Note,
    }
}
