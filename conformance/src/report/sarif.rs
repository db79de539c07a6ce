//! SARIF 2.1.0, for code scanning: a run for each report, a rule for each case.
//!
//! Results are fails, flaky cases, unexpected passes and differences to the reference. What kept the suite from
//! looking (no answer, no budget, a breakdown) is a notification of the run and no result.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use mockreel_evidence::issue::sarif::{Run, message, write_log, write_result};
use mockreel_evidence::issue::{Issue, IssueLevel};

use super::{escape, phrases};
use crate::outcome::{CaseResult, Outcome, Report};

/// Where the cases are described; the place of all results.
const CATALOGUE: &str = "docs/catalogue.md";
/// The most differences of one case that become results.
const DIFFERENCES: usize = 50;

/// The reports as one SARIF log, indented.
pub fn sarif(reports: &[Report]) -> String {
    write_log(reports.iter().map(run))
}

fn run(report: &Report) -> Run {
    let rules = rules(report);
    let mut results: Vec<Value> = Vec::new();
    for result in &report.results {
        results.extend(finding(report, result, &rules));
        results.extend(differences(report, result, &rules));
    }
    let vendor = phrases::vendor(report);
    let target = escape::one_line(&report.target, phrases::NAME_CHARS);
    Run {
        id: format!("mockreel/{vendor}/{target}/"),
        description: format!("{vendor} on {target}"),
        rules,
        invocation: invocation(report),
        properties: Some(json!({
            "vendor": report.vendor,
            "edition": report.edition,
            "target": report.target,
            "seed": report.seed,
            "spend": phrases::spend(report),
        })),
        results,
    }
}

fn rule_id(result: &CaseResult) -> String {
    escape::one_line(&result.id, phrases::NAME_CHARS)
}

/// A rule for each case, in the order of the report.
fn rules(report: &Report) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let of_its_own = report.results.iter().filter(|result| seen.insert(rule_id(result)));
    of_its_own
        .map(|result| {
            let title = message(&result.title);
            let help = match &result.clause {
                Some(clause) => message(&format!("clause {}: {}", clause.place, clause.quote)),
                None => message("this case rests on no clause and cannot fail a run"),
            };
            json!({
                "id": rule_id(result),
                "shortDescription": title,
                "fullDescription": title,
                "help": help,
                "defaultConfiguration": {"level": phrases::level_of(result.level).as_str()},
                "properties": {
                    "level": result.level.word(),
                    "tags": [escape::one_line(phrases::area(&result.id), phrases::NAME_CHARS)],
                },
            })
        })
        .collect()
}

fn finding(report: &Report, result: &CaseResult, rules: &[Value]) -> Option<Value> {
    let level = match result.outcome {
        Outcome::Fail | Outcome::Flaky => phrases::level_of(result.level),
        Outcome::UnexpectedPass => IssueLevel::Note,
        Outcome::Pass
        | Outcome::ExpectedFail
        | Outcome::NotApplicable
        | Outcome::NotRunBudget
        | Outcome::Blocked
        | Outcome::Inconclusive
        | Outcome::Unreachable
        | Outcome::EngineError => return None,
    };
    let text = format!("{}: {}: {}", result.outcome.word(), result.title, phrases::message(result));
    let fingerprint = fingerprint(&[&report.subject(), &result.id]);
    Some(entry(report, result, rules, level, text, fingerprint))
}

fn differences(report: &Report, result: &CaseResult, rules: &[Value]) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let of_their_own =
        result.differences.iter().filter(|difference| seen.insert((difference.answer, &difference.pointer)));
    of_their_own
        .take(DIFFERENCES)
        .map(|difference| {
            let text = format!("not as the reference: {}", phrases::difference(difference));
            let answer = difference.answer.to_string();
            let fingerprint =
                fingerprint(&[&report.subject(), &result.id, "difference", &answer, &difference.pointer]);
            entry(report, result, rules, IssueLevel::Note, text, fingerprint)
        })
        .collect()
}

fn entry(
    report: &Report,
    result: &CaseResult,
    rules: &[Value],
    level: IssueLevel,
    text: String,
    fingerprint: String,
) -> Value {
    let mut location = json!({"physicalLocation": {
        "artifactLocation": {"uri": CATALOGUE, "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1},
    }});
    if let Some(clause) = &result.clause {
        let place = escape::one_line(&clause.place, phrases::NAME_CHARS);
        location["logicalLocations"] = json!([{"fullyQualifiedName": place, "kind": "member"}]);
    }
    let issue = Issue { rule: rule_id(result), level, title: String::new(), text, place: None, fingerprint };
    let properties = json!({
        "outcome": result.outcome.word(),
        "vendor": report.vendor,
        "edition": result.edition,
    });
    write_result(&issue, rules, &location, &properties, Map::new())
}

fn invocation(report: &Report) -> Value {
    let notifications: Vec<Value> = report
        .results
        .iter()
        .filter_map(|result| {
            let level = match result.outcome {
                Outcome::Unreachable | Outcome::EngineError => "error",
                Outcome::NotRunBudget | Outcome::Blocked | Outcome::Inconclusive => "warning",
                Outcome::Pass
                | Outcome::Fail
                | Outcome::Flaky
                | Outcome::UnexpectedPass
                | Outcome::ExpectedFail
                | Outcome::NotApplicable => return None,
            };
            let text = format!("{}: {}", result.outcome.word(), phrases::message(result));
            let rule = json!({"id": rule_id(result)});
            Some(json!({"level": level, "message": message(&text), "associatedRule": rule}))
        })
        .collect();
    let notices = report.notices.iter().map(|text| json!({"level": "note", "message": message(text)}));
    let notifications: Vec<Value> = notifications.into_iter().chain(notices).collect();
    let mut invocation = json!({
        "executionSuccessful": !matches!(report.exit_code, 2 | 3 | 6),
        "exitCode": report.exit_code,
        "exitCodeDescription": phrases::exit_meaning(report.exit_code),
        "toolExecutionNotifications": notifications,
    });
    if let Ok(started) = report.started.parse::<jiff::Timestamp>() {
        invocation["startTimeUtc"] = json!(started.to_string());
    }
    invocation
}

/// The same as long as vendor and case (and the place of a difference) are the same, however things are worded.
fn fingerprint(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
