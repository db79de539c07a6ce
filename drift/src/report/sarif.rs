//! SARIF 2.1.0, for code scanning: a rule for each kind that occurs, a result for each finding.

use crate::Kind;
use crate::finding::{Finding, Report};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Documents, level, name, words};
use mockreel_evidence::issue::Issue;
use mockreel_evidence::issue::sarif::{Run, message, write_log, write_result};

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
pub(super) fn write_sarif(report: &Report, documents: &Documents) -> String {
    let kinds = Kind::ALL.iter().filter(|kind| report.findings.iter().any(|finding| finding.kind == **kind));
    let rules: Vec<Value> = kinds.map(|kind| rule_of(*kind)).collect();
    let blind = report.unreachable.iter().map(words::describe_unreachable);
    let lines = std::iter::once(report.headline.clone())
        .filter(|line| !line.is_empty())
        .chain(blind.map(|line| format!("unreachable: {line}")))
        .chain(words::list_gaps(report).into_iter().map(|line| format!("not compared: {line}")));
    let notes: Vec<Value> = lines.map(|line| json!({"level": "note", "message": message(&line)})).collect();
    write_log([Run {
        id: "mockreel/drift/".to_owned(),
        description: format!("{} -> {}", report.old, report.new),
        results: report.findings.iter().map(|finding| result_of(finding, &rules, documents)).collect(),
        rules,
        invocation: json!({"executionSuccessful": true, "toolExecutionNotifications": notes}),
        properties: None,
    }])
}

fn rule_of(kind: Kind) -> Value {
    let tag = if kind.is_defect() { "defect" } else { "change" };
    json!({
        "id": kind.name(),
        "shortDescription": message(kind.summary()),
        "fullDescription": message(kind.summary()),
        "help": message(&format!("For example: {}.", kind.example())),
        "properties": {"tags": [tag]},
    })
}

fn result_of(finding: &Finding, rules: &[Value], documents: &Documents) -> Value {
    let mut location = json!({
        "logicalLocations": [{"fullyQualifiedName": name(&finding.place), "kind": "member"}],
    });
    if let Some((path, line)) = documents.place(finding) {
        location["physicalLocation"] = locate_line(&path, line);
    }
    // The older file, where the finding is shown in the newer one.
    let shown = location["physicalLocation"].clone();
    let other = [&finding.line, &finding.to_line].into_iter().flatten();
    let other = other.map(|line| locate_line(&line.file, line.line)).find(|place| *place != shown);
    let text = [
        Some(format!("{}: {}", finding.severity.name(), words::place_of(finding))),
        Some(finding.message.clone()).filter(|message| !message.is_empty()),
        finding.advice.as_ref().map(|advice| format!("do: {advice}")),
        words::change_of(finding),
        words::other_places(finding).map(|places| format!("also {places}")),
        words::origin_of(finding),
        words::list_names(&finding.files).map(|files| format!("in {files}")),
        words::verdict_of(finding),
        words::evidence_of(finding),
    ];
    let text: Vec<String> = text.into_iter().flatten().collect();
    let issue = Issue {
        rule: finding.kind.name().to_owned(),
        level: level(finding),
        title: String::new(),
        text: text.join("; "),
        place: None,
        fingerprint: name(&finding.fingerprint),
    };
    let mut properties = json!({"severity": finding.severity.name()});
    if let Some(verdict) = finding.verdict {
        properties["verdict"] = json!(crate::verdict::name(verdict));
    }
    let state = words::baseline_of(finding).map(|word| ("baselineState".to_owned(), json!(word)));
    let other = other.map(|place| {
        let related = json!([{"id": 1, "message": message("in the other file"), "physicalLocation": place}]);
        ("relatedLocations".to_owned(), related)
    });
    write_result(&issue, rules, &location, &properties, state.into_iter().chain(other).collect())
}

/// A line of a file, as SARIF has it.
fn locate_line(path: &str, line: usize) -> Value {
    let uri = utf8_percent_encode(&path.replace('\\', "/"), PATH).to_string();
    let artifact = if path.starts_with('/') {
        json!({"uri": format!("file://{uri}")})
    } else {
        json!({"uri": write_relative(uri.trim_start_matches("./")), "uriBaseId": "%SRCROOT%"})
    };
    json!({"artifactLocation": artifact, "region": {"startLine": line}})
}

/// A relative reference: a colon in its first segment would make a scheme of what stands before it (RFC 3986, 4.2).
fn write_relative(uri: &str) -> String {
    let first = uri.split('/').next().unwrap_or_default();
    if first.contains(':') { format!("./{uri}") } else { uri.to_owned() }
}
