//! SARIF 2.1.0, for code scanning: a log of runs, each with its rules and a result for each issue.

use serde_json::{Map, Value, json};

use super::json::pretty;
use super::{Issue, MESSAGE_CHARS, escape};

/// The name of our fingerprint; its number changes when what it is made of does.
const FINGERPRINT: &str = "mockreel/v1";

/// A run: the object of SARIF without what is the same in every one of ours.
#[derive(Clone, Debug)]
pub struct Run {
    /// What tells it from other runs.
    pub id: String,
    /// One line about it.
    pub description: String,
    /// Its rules, each a `reportingDescriptor`.
    pub rules: Vec<Value>,
    /// Its `invocation`.
    pub invocation: Value,
    /// Its `properties`, if it has some.
    pub properties: Option<Value>,
    /// Its results.
    pub results: Vec<Value>,
}

/// Writes a log of runs, indented.
pub fn write_log(runs: impl IntoIterator<Item = Run>) -> String {
    let runs: Vec<Value> = runs.into_iter().map(write_run).collect();
    pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": runs,
    }))
}

fn write_run(run: Run) -> Value {
    let mut object = json!({
        "tool": {"driver": {
            "name": "Mockreel",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": run.rules,
        }},
        "automationDetails": {"id": run.id, "description": message(&run.description)},
        "invocations": [run.invocation],
        "columnKind": "unicodeCodePoints",
    });
    if let Some(properties) = run.properties {
        object["properties"] = properties;
    }
    object["results"] = run.results.into();
    object
}

/// Writes the result of one issue, with a `location` of SARIF; `more` is what else the result has.
pub fn write_result(
    issue: &Issue,
    rules: &[Value],
    location: &Value,
    properties: &Value,
    more: Map<String, Value>,
) -> Value {
    let mut result = json!({
        "ruleId": issue.rule,
        "level": issue.level.as_str(),
        "message": message(&issue.text),
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: issue.fingerprint},
        "properties": properties,
    });
    if let Some(index) = rules.iter().position(|rule| rule["id"] == issue.rule.as_str()) {
        result["ruleIndex"] = json!(index);
    }
    if let Value::Object(members) = &mut result {
        members.extend(more);
    }
    result
}

/// A message's text: on one line, and escaped so that it forms neither a link nor a placeholder
/// (SARIF 2.1.0, sections 3.11.5 and 3.11.6).
pub fn message(text: &str) -> Value {
    let line = escape::one_line(text, MESSAGE_CHARS * 2);
    let mut escaped = String::with_capacity(line.len());
    for character in line.chars() {
        match character {
            '\\' | '[' | ']' => escaped.extend(['\\', character]),
            '{' | '}' => escaped.extend([character, character]),
            other => escaped.push(other),
        }
    }
    json!({"text": escaped})
}
