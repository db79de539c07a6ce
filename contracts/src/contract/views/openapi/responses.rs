//! The answers of an operation, by status: the good one, and the refusals that can come.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::source_value;
use super::view::{View, ViewedContract};
use crate::contract::model::operation::{Check, IdPlace, OperationFacts, Revalidation};
use crate::contract::model::source::Cited;
use crate::contract::model::wording::ProblemFact;
use crate::operation::Operation;

/// One way in which a request is refused.
struct Refusal<'a> {
    problem: &'a str,
    variant: Option<&'a str>,
    status: u16,
    text: &'a str,
    members: Map<String, Value>,
    source: &'a Cited,
}

/// Every answer, by status in rising order. `reply` is the address of the good answer's schema.
pub(super) fn all(
    viewed: &ViewedContract<'_>,
    name: Operation,
    operation: &OperationFacts,
    reply: &str,
) -> Value {
    let mut refused: BTreeMap<u16, Vec<Refusal<'_>>> = BTreeMap::new();
    for refusal in refusals(viewed, name, operation) {
        refused.entry(refusal.status).or_default().push(refusal);
    }
    let good = match viewed.view {
        View::Documented => operation.status.documented.unwrap_or(operation.status.enforced),
        View::Enforced => operation.status.enforced,
    };
    refused.entry(good).or_default();
    let mut told = Map::new();
    for (status, refusals) in refused {
        let good_schema = (status == good).then_some(reply);
        told.insert(status.to_string(), response(viewed, operation, good_schema, &refusals));
    }
    if let Some(facts) = operation.revalidation.as_ref().filter(|facts| viewed.has(&facts.source)) {
        told[&good.to_string()]["headers"] = kept_headers(facts);
        let unchanged = json!({
            "description": "Nothing has changed since the tag in `If-None-Match`.",
            "headers": kept_headers(facts),
            "x-source": source_value(&facts.source),
        });
        told.insert("304".to_owned(), unchanged);
        told.sort_keys();
    }
    Value::Object(told)
}

/// The headers of an answer that can be asked for again.
fn kept_headers(facts: &Revalidation) -> Value {
    let mut headers = json!({"ETag": {
        "description": "A weak tag, for `If-None-Match`",
        "schema": {"type": "string", "pattern": "^W/\"[^\"]*\"$"},
    }});
    if let Some(control) = &facts.cache_control {
        headers["Cache-Control"] = json!({"schema": {"type": "string", "const": control}});
    }
    headers
}

fn response(
    viewed: &ViewedContract<'_>,
    operation: &OperationFacts,
    reply: Option<&str>,
    refusals: &[Refusal<'_>],
) -> Value {
    let problem = "#/components/schemas/problem";
    let schema = match reply {
        Some(reply) if refusals.is_empty() => json!({ "$ref": reply }),
        Some(reply) => json!({"anyOf": [{ "$ref": reply }, { "$ref": problem }]}),
        None => json!({ "$ref": problem }),
    };
    let mut lines: Vec<String> = reply.map(|_| operation.summary.clone()).into_iter().collect();
    lines.extend(refusals.iter().map(|refusal| format!("`{}`: {}", refusal.name(), refusal.text)));
    let mut told = json!({
        "description": lines.join("\n\n"),
        "content": { viewed.contract.answers.content_type.as_str(): { "schema": schema } },
    });
    if !refusals.is_empty() {
        told["x-problems"] = refusals.iter().map(Refusal::value).collect();
    }
    if reply.is_some() {
        told["x-source"] = source_value(&operation.status.source);
    }
    told
}

impl Refusal<'_> {
    fn name(&self) -> String {
        self.variant.map_or_else(|| self.problem.to_owned(), |variant| format!("{}.{variant}", self.problem))
    }

    fn value(&self) -> Value {
        let mut told = json!({"problem": self.problem});
        if let Some(variant) = self.variant {
            told["variant"] = variant.into();
        }
        told["text"] = self.text.into();
        if !self.members.is_empty() {
            told["members"] = self.members.clone().into();
        }
        told["x-source"] = source_value(self.source);
        told
    }
}

fn refusals<'a>(
    viewed: &ViewedContract<'a>,
    called: Operation,
    operation: &OperationFacts,
) -> Vec<Refusal<'a>> {
    let mut found = Vec::new();
    for (name, fact) in &viewed.contract.problems {
        if !can_meet(called, operation, name) {
            continue;
        }
        if viewed.has(&fact.source) && !only_as_variant(called, operation, name, fact) {
            found.push(Refusal {
                problem: name,
                variant: None,
                status: fact.status,
                text: &fact.text,
                members: fact.members.clone(),
                source: &fact.source,
            });
        }
        for (case, variant) in &fact.variants {
            if !viewed.has(&variant.source) || !can_meet_variant(called, operation, name, case) {
                continue;
            }
            let mut members = fact.members.clone();
            members.extend(variant.members.clone());
            found.push(Refusal {
                problem: name,
                variant: Some(case),
                status: variant.status.unwrap_or(fact.status),
                text: variant.text.as_deref().unwrap_or(&fact.text),
                members,
                source: &variant.source,
            });
        }
    }
    found
}

/// Whether a request to the operation can be refused for a reason.
fn can_meet(called: Operation, operation: &OperationFacts, problem: &str) -> bool {
    let checks = |check: Check| operation.checks.contains(&check);
    let submits = checks(Check::Model) || checks(Check::Images);
    match problem {
        "unauthorized" | "forbidden" => checks(Check::Credential),
        "malformed" | "too_large" => checks(Check::Body),
        "unknown_model" => submits || called == Operation::Model,
        "retired_model" | "not_entitled" => submits,
        "invalid" => checks(Check::Members) || checks(Check::Images) || operation.query.is_some(),
        "insufficient_credits" | "concurrency_limited" => submits,
        "unknown_job" => operation.job_id.is_some(),
        "unknown_route" => false,
        _ => true,
    }
}

/// Whether the plain form of a problem cannot come: a query alone is refused as a query, a path as a path.
fn only_as_variant(called: Operation, operation: &OperationFacts, problem: &str, fact: &ProblemFact) -> bool {
    let reads_body = [Check::Members, Check::Images].iter().any(|check| operation.checks.contains(check));
    let by_path =
        problem == "unknown_model" && called == Operation::Model && fact.variants.contains_key("path");
    by_path || problem == "invalid" && !reads_body
}

fn can_meet_variant(called: Operation, operation: &OperationFacts, problem: &str, variant: &str) -> bool {
    let asks_by_query = operation.query.is_some() || matches!(operation.job_id, Some(IdPlace::Query(_)));
    match (problem, variant) {
        ("invalid", "query") => asks_by_query,
        ("unknown_model", "path") => called == Operation::Model,
        ("invalid", image) if image.starts_with("picture_") => operation.checks.contains(&Check::Images),
        _ => true,
    }
}
