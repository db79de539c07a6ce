//! JUnit's XML: a suite for each report, a test case for each result.
//!
//! | outcome | in JUnit |
//! |---|---|
//! | pass | a passed test |
//! | fail, flaky, unexpected-pass | `failure`, its type the outcome |
//! | unreachable, engine-error | `error`, its type the outcome |
//! | not-applicable, expected-fail, not-run-budget, blocked, inconclusive | `skipped`, its type the outcome |

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{escape, phrases, wire};
use crate::outcome::{CaseResult, Outcome, Report};

/// The most characters of a body in the output of a test.
const BODY_CHARS: usize = 2_000;
/// The most exchanges in the output of a test.
const EXCHANGES: usize = 10;

/// The reports as one JUnit document.
pub fn junit(reports: &[Report]) -> String {
    let mut document = Document::new("mockreel check");
    for report in reports {
        document.add_test_suite(suite(report));
    }
    document.to_string().expect("it is written to memory, and every text in it is UTF-8")
}

fn suite(report: &Report) -> TestSuite {
    let name = |text: &str| escape::one_line(text, phrases::NAME_CHARS);
    let mut suite = TestSuite::new(format!("{} on {}", phrases::vendor(report), name(&report.target)));
    // A start that is no date is left out; nothing else in the file depends on it.
    suite.timestamp = report.started.parse().ok();
    suite.set_time(Duration::from_millis(
        report.results.iter().fold(0_u64, |sum, result| sum.saturating_add(result.took_ms)),
    ));
    if let Some(model) = &report.model {
        suite.add_property(Property::new("model", name(model)));
    }
    for (key, value) in [
        ("target", name(&report.target)),
        ("vendor", name(&report.vendor)),
        ("edition", name(&report.edition)),
        ("seed", report.seed.to_string()),
        ("exit_code", format!("{} ({})", report.exit_code, phrases::exit_meaning(report.exit_code))),
        ("spend", phrases::spend(report)),
    ] {
        suite.add_property(Property::new(key, value));
    }
    for result in &report.results {
        suite.add_test_case(test_case(report, result));
    }
    suite
}

fn test_case(report: &Report, result: &CaseResult) -> TestCase {
    let id = escape::one_line(&result.id, phrases::NAME_CHARS);
    let vendor = escape::one_line(&report.subject(), phrases::NAME_CHARS);
    let mut case = TestCase::new(format!("{id}@{vendor}"), status(result));
    case.set_classname(escape::one_line(phrases::area(&result.id), phrases::NAME_CHARS));
    case.set_time(Duration::from_millis(result.took_ms));
    for (key, value) in properties(report, result) {
        case.add_property(Property::new(key, value));
    }
    let output = output(report, result);
    if !output.is_empty() {
        case.set_system_out(output);
    }
    case
}

fn status(result: &CaseResult) -> TestCaseStatus {
    let mut status = match result.outcome {
        Outcome::Pass => return TestCaseStatus::success(),
        Outcome::Fail | Outcome::Flaky | Outcome::UnexpectedPass => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        Outcome::Unreachable | Outcome::EngineError => TestCaseStatus::non_success(NonSuccessKind::Error),
        Outcome::NotApplicable
        | Outcome::ExpectedFail
        | Outcome::NotRunBudget
        | Outcome::Blocked
        | Outcome::Inconclusive => TestCaseStatus::skipped(),
    };
    status.set_type(result.outcome.word());
    status.set_message(escape::one_line(&phrases::message(result), phrases::MESSAGE_CHARS));
    if phrases::did_not_hold(result.outcome) {
        status.set_description(description(result));
    }
    status
}

/// The claim, the clause and its sources, the differences: what one wants to read under a failure.
fn description(result: &CaseResult) -> String {
    let title = escape::one_line(&result.title, phrases::NAME_CHARS);
    let mut lines = vec![format!("{}: {title}", result.level.word())];
    if let Some(clause) = &result.clause {
        let place = escape::one_line(&clause.place, phrases::NAME_CHARS);
        lines.push(format!("clause {place}: {}", escape::one_line(&clause.quote, phrases::QUOTE_CHARS)));
        lines.extend(clause.sources.iter().map(|source| format!("source: {}", phrases::source(source))));
    }
    lines.extend(result.differences.iter().take(20).map(phrases::difference));
    lines.join("\n")
}

fn properties(report: &Report, result: &CaseResult) -> Vec<(&'static str, String)> {
    let line = |text: &str| escape::one_line(text, phrases::NAME_CHARS);
    let mut properties = vec![
        ("title", line(&result.title)),
        ("level", result.level.word().to_owned()),
        ("cost", result.cost.word().to_owned()),
        ("outcome", result.outcome.word().to_owned()),
    ];
    if let Some(clause) = &result.clause {
        properties.push(("clause", line(&clause.place)));
        properties.push(("clause_sha256", line(&clause.sha256)));
        properties.extend(clause.sources.first().map(|source| ("clause_source", phrases::source(source))));
    }
    let unit = escape::one_line(&report.spend.unit, 40);
    properties.push(("spend_reserved", format!("{} {unit}", result.spend.reserved).trim_end().to_owned()));
    properties.push(("spend_settled", format!("{} {unit}", result.spend.settled).trim_end().to_owned()));
    properties
}

/// The notes and the exchanges, shortened.
fn output(report: &Report, result: &CaseResult) -> String {
    let mut parts: Vec<String> = Vec::new();
    for note in &result.notes {
        let name = escape::one_line(&note.name, phrases::NAME_CHARS);
        parts.push(format!("note: {name} = {}\n", phrases::value(&note.value)));
    }
    let held = result.exchanges.iter().filter_map(|number| report.exchange(*number));
    parts.extend(held.take(EXCHANGES).map(|exchange| wire::text(exchange, BODY_CHARS)));
    let left_out = result.exchanges.len().saturating_sub(EXCHANGES);
    if left_out > 0 {
        parts.push(format!("… ({left_out} more exchanges; the JSON report has all)\n"));
    }
    parts.join("\n")
}
