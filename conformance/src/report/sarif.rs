//! SARIF 2.1.0, for code scanning: a run for each report, a rule for each case.
//!
//! Results are fails, flaky cases, unexpected passes and differences to the reference. What kept the suite from
//! looking (no answer, no budget, a breakdown) is a notification of the run and no result.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use mockreel_evidence::issue::sarif::message;

use super::{escape, phrases};
use crate::outcome::{CaseResult, Outcome, Report};

/// Where the cases are described; the place of all results.
const CATALOGUE: &str = "docs/catalogue.md";
/// The name of our fingerprint; its number changes when what it is made of does.
const FINGERPRINT: &str = "mockreel/v1";
/// The most differences of one case that become results.
const DIFFERENCES: usize = 50;

/// The reports as one SARIF log, indented.
pub fn sarif(reports: &[Report]) -> String {
    let runs: Vec<Value> = reports.iter().map(run).collect();
    mockreel_evidence::issue::json::pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": runs,
    }))
}

fn run(report: &Report) -> Value {
    let rules = rules(report);
    let index = |id: &str| rules.iter().position(|rule| rule["id"] == id);
    let mut results: Vec<Value> = Vec::new();
    for result in &report.results {
        let id = rule_id(result);
        results.extend(finding(report, result, index(&id)));
        results.extend(differences(report, result, index(&id)));
    }
    let vendor = phrases::vendor(report);
    let target = escape::one_line(&report.target, phrases::NAME_CHARS);
    json!({
        "tool": {"driver": {
            "name": "Mockreel",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules,
        }},
        "automationDetails": {
            "id": format!("mockreel/{vendor}/{target}/"),
            "description": message(&format!("{vendor} on {target}")),
        },
        "invocations": [invocation(report)],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "vendor": report.vendor,
            "edition": report.edition,
            "target": report.target,
            "seed": report.seed,
            "spend": phrases::spend(report),
        },
        "results": results,
    })
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
                "defaultConfiguration": {"level": phrases::severity(result.level)},
                "properties": {
                    "level": result.level.word(),
                    "tags": [escape::one_line(phrases::area(&result.id), phrases::NAME_CHARS)],
                },
            })
        })
        .collect()
}

fn finding(report: &Report, result: &CaseResult, rule: Option<usize>) -> Option<Value> {
    let level = match result.outcome {
        Outcome::Fail | Outcome::Flaky => phrases::severity(result.level),
        Outcome::UnexpectedPass => "note",
        Outcome::Pass
        | Outcome::ExpectedFail
        | Outcome::NotApplicable
        | Outcome::NotRunBudget
        | Outcome::Unreachable
        | Outcome::EngineError => return None,
    };
    let text = format!("{}: {}: {}", result.outcome.word(), result.title, phrases::message(result));
    let fingerprint = fingerprint(&[&report.subject(), &result.id]);
    Some(entry(report, result, rule, level, &text, &fingerprint))
}

fn differences(report: &Report, result: &CaseResult, rule: Option<usize>) -> Vec<Value> {
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
            entry(report, result, rule, "note", &text, &fingerprint)
        })
        .collect()
}

fn entry(
    report: &Report,
    result: &CaseResult,
    rule: Option<usize>,
    level: &str,
    text: &str,
    fingerprint: &str,
) -> Value {
    let mut location = json!({"physicalLocation": {
        "artifactLocation": {"uri": CATALOGUE, "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1},
    }});
    if let Some(clause) = &result.clause {
        let place = escape::one_line(&clause.place, phrases::NAME_CHARS);
        location["logicalLocations"] = json!([{"fullyQualifiedName": place, "kind": "member"}]);
    }
    let mut entry = json!({
        "ruleId": rule_id(result),
        "level": level,
        "message": message(text),
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: fingerprint},
        "properties": {
            "outcome": result.outcome.word(),
            "vendor": report.vendor,
            "edition": result.edition,
        },
    });
    if let Some(rule) = rule {
        entry["ruleIndex"] = json!(rule);
    }
    entry
}

fn invocation(report: &Report) -> Value {
    let notifications: Vec<Value> = report
        .results
        .iter()
        .filter_map(|result| {
            let level = match result.outcome {
                Outcome::Unreachable | Outcome::EngineError => "error",
                Outcome::NotRunBudget => "warning",
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
