//! Counts of what was not compared, and descriptions without common ground.

use serde_json::json;

use super::standard::{between, got, lines, plain, posted, with_schema};

#[test]
fn what_no_comparison_uses_is_counted_and_named() {
    let mut root = with_schema(
        json!({"type": "object", "properties": {"a": {"type": "string", "oddity": 1, "x-mine": 2}}}),
    );
    root["paths"]["/v2/videos"]["post"]["responses"]["200"]["links"] = json!({"next": {"operationId": "b"}});
    let report = between(&root, &posted(plain(), json!([]), "/v2/videos"));
    let unused: Vec<(String, u32)> =
        report.unused.iter().map(|part| (part.what.clone(), part.count)).collect();
    assert_eq!(unused, [("`oddity` of a schema".to_owned(), 1), ("link of an answer".to_owned(), 1)]);
    assert_eq!(
        report.unused[0].places,
        ["a.json /paths/~1v2~1videos/post/requestBody/content/application~1json/schema/properties/a/oddity"]
    );
    assert!(report.has_gaps());
}

#[test]
fn documents_that_have_nothing_in_common_say_so() {
    let empty = json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}});
    let report = between(&empty, &empty);
    assert!(report.shares_nothing() && report.findings.is_empty());
    assert!(between(&got(json!({})), &posted(plain(), json!([]), "/else")).shares_nothing());
    assert_eq!(between(&got(json!({})), &got(json!({"deprecated": true}))).compared, Some(1));
}

#[test]
fn scopes_of_a_credential_count() {
    let scoped = |scopes: &[&str]| {
        let mut root = got(json!({"security": [{"o": scopes}]}));
        root["components"] = json!({"securitySchemes": {"o": {"type": "oauth2", "flows": {}}}});
        root
    };
    assert_eq!(
        lines(&scoped(&["read"]), &scoped(&["read", "write"])),
        ["breaking security-changed GET /jobs.security"]
    );
    assert_eq!(
        lines(&scoped(&["read", "write"]), &scoped(&["read"])),
        ["compatible security-changed GET /jobs.security"]
    );
}
