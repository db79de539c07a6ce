//! SARIF 2.1.0, for code scanning: a rule for each kind that occurs, a result for each finding.

use crate::Kind;
use crate::finding::{Finding, Report};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Documents, level, name, words};
use mockreel_evidence::issue::json::pretty;
use mockreel_evidence::issue::sarif::message;

/// The name of our fingerprint; its number changes when what it is made of does.
const FINGERPRINT: &str = "mockreel/v1";

/// What is written as a code in the path of a URI.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'#')
    .add(b'?')
    .add(b'{')
    .add(b'}')
    .add(b'%')
    .add(b'\\')
    .add(b'[')
    .add(b']')
    .add(b'^')
    .add(b'|');

/// The report as one SARIF log, indented.
pub(super) fn sarif(report: &Report, documents: &Documents) -> String {
    let kinds: Vec<Kind> = Kind::ALL
        .iter()
        .copied()
        .filter(|kind| report.findings.iter().any(|held| held.kind == *kind))
        .collect();
    let rules: Vec<Value> = kinds.iter().map(|kind| rule(*kind)).collect();
    let results: Vec<Value> =
        report.findings.iter().map(|finding| result(finding, &kinds, documents)).collect();
    let notes: Vec<Value> = report
        .not_compared
        .iter()
        .map(|line| json!({"level": "note", "message": message(&format!("not compared: {line}"))}))
        .collect();
    pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Mockreel",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "automationDetails": {
                "id": "mockreel/drift/",
                "description": message(&format!("{} -> {}", report.old, report.new)),
            },
            "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notes}],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn rule(kind: Kind) -> Value {
    let tag = if kind.is_defect() { "defect" } else { "change" };
    json!({
        "id": kind.name(),
        "shortDescription": message(kind.summary()),
        "fullDescription": message(kind.summary()),
        "help": message(&format!("For example: {}.", kind.example())),
        "properties": {"tags": [tag]},
    })
}

fn result(finding: &Finding, kinds: &[Kind], documents: &Documents) -> Value {
    let mut location = json!({
        "logicalLocations": [{"fullyQualifiedName": name(&finding.place), "kind": "member"}],
    });
    if let Some((path, line)) = documents.place(finding) {
        let uri = utf8_percent_encode(&path.replace('\\', "/"), PATH).to_string();
        let artifact = if path.starts_with('/') {
            json!({"uri": format!("file://{uri}")})
        } else {
            json!({"uri": uri.trim_start_matches("./"), "uriBaseId": "%SRCROOT%"})
        };
        location["physicalLocation"] = json!({"artifactLocation": artifact, "region": {"startLine": line}});
    }
    let text = [
        Some(format!("{}: {}", finding.severity.name(), words::place(finding))),
        Some(finding.message.clone()).filter(|message| !message.is_empty()),
        words::change(finding),
        words::listed(&finding.files).map(|files| format!("in {files}")),
        words::verdict_of(finding),
        words::evidence(finding),
    ];
    let text: Vec<String> = text.into_iter().flatten().collect();
    let mut entry = json!({
        "ruleId": finding.kind.name(),
        "level": level(finding),
        "message": message(&text.join("; ")),
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: name(&finding.fingerprint)},
        "properties": {"severity": finding.severity.name()},
    });
    if let Some(index) = kinds.iter().position(|kind| *kind == finding.kind) {
        entry["ruleIndex"] = json!(index);
    }
    if let Some(verdict) = finding.verdict {
        entry["properties"]["verdict"] = json!(crate::verdict::name(verdict));
    }
    if let Some(baseline) = words::baseline(finding) {
        entry["baselineState"] = json!(baseline);
    }
    entry
}
