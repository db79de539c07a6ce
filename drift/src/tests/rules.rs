//! Each rule of severity by its example.

use serde_json::{Value, json};

use super::mutations::wire;
use crate::read::openapi;
use crate::rules::RULES;
use crate::{Severity, compare};

#[test]
fn each_rule_of_severity_holds_for_its_example_in_both_ways() {
    let document = |schema: &str, is_request: bool| {
        let schema: Value = serde_json::from_str(schema).unwrap();
        let holder = json!({"type": "object", "required": ["held"], "properties": {"held": schema}});
        let content = json!({"application/json": {"schema": holder}});
        let mut post = json!({"responses": {"200": {"description": "ok"}}});
        if is_request {
            post["requestBody"] = json!({"content": content});
        } else {
            post["responses"]["200"]["content"] = content;
        }
        let root = json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/jobs": {"post": post}}});
        openapi("a.json", root.to_string().as_bytes()).unwrap()
    };
    for rule in RULES {
        for (is_request, expected) in [(true, rule.request), (false, rule.answer)] {
            let report = compare(&document(rule.old, is_request), &document(rule.new, is_request));
            let found: Vec<Severity> = wire(&report).iter().map(|held| held.severity).collect();
            let told: Vec<Severity> = expected.into_iter().collect();
            assert_eq!(found, told, "{}, in a request: {is_request}: {:#?}", rule.change, report.findings);
        }
    }
}
