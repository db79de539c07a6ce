//! Schemas that many places share, and that lead back to themselves.

use serde_json::{Map, Value, json};

use super::super::{compare, compare_counted};
use super::told;
use crate::Surface;
use crate::read::openapi;

fn read(root: &Value) -> Surface {
    openapi("a.json", root.to_string().as_bytes()).unwrap()
}

/// A description whose schemas each refer to the next ones, round and round, as those of large vendors do.
fn linked(count: usize, operations: usize, limit: u32) -> Value {
    let reference = |index: usize| json!({"$ref": format!("#/components/schemas/s{}", index % count)});
    let mut schemas = Map::new();
    for index in 0..count {
        let mut members = Map::new();
        for step in 1..=8 {
            let expandable =
                json!({"anyOf": [{"type": "string", "maxLength": 5000}, reference(index * 7 + step)]});
            members.insert(format!("m{step}"), expandable);
        }
        members.insert("list".to_owned(), json!({"type": "array", "items": reference(index + 3)}));
        members.insert("both".to_owned(), json!({"allOf": [reference(index + 5), {"type": "object", "properties": {"more": {"type": "string"}}}]}));
        let bound = if index == 1 { limit } else { 5000 };
        members.insert("name".to_owned(), json!({"type": "string", "maxLength": bound}));
        schemas.insert(
            format!("s{index}"),
            json!({"type": "object", "required": ["name"], "properties": members}),
        );
    }
    let operation = |index: usize| {
        let content = json!({"application/json": {"schema": reference(index)}});
        json!({"get": {"responses": {"200": {"description": "ok", "content": content}}}})
    };
    let paths: Map<String, Value> =
        (0..operations).map(|index| (format!("/things{index}"), operation(index))).collect();
    json!({"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": paths, "components": {"schemas": schemas}})
}

#[test]
fn schemas_that_are_shared_are_compared_once() {
    let (schemas, operations) = (300, 200);
    let (old, new) = (read(&linked(schemas, operations, 5000)), read(&linked(schemas, operations, 500)));
    let (report, pairs) = compare_counted(&old, &new);
    // Twelve members and what is in them, for each schema; and one level for each body.
    assert!(pairs < schemas * 60 + operations * 40, "{pairs} pairs were looked at");
    assert!(report.findings.iter().all(|held| held.kind.name() == "limit-changed"), "{:?}", told(&report));
    assert!(
        report
            .findings
            .iter()
            .any(|held| held.pointer.as_deref() == Some("/components/schemas/s1/properties/name"))
    );
    assert!(report.unused.is_empty(), "{:?}", report.unused);
}

#[test]
fn equal_bytes_are_not_looked_at() {
    let bytes = linked(50, 20, 500).to_string();
    let side = || openapi("a.json", bytes.as_bytes()).unwrap();
    let (report, pairs) = compare_counted(&side(), &side());
    assert_eq!((told(&report), pairs, report.compared), (Vec::new(), 0, Some(20)));
}

#[test]
fn a_change_within_a_form_that_leads_back_to_itself_is_told() {
    let tree = |limit: u32, order: bool| {
        let tree = json!({"type": "object", "properties": {
            "name": {"type": "string", "maxLength": limit},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
            "owner": {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Owner"}]}}});
        let owner = json!({"type": "object", "properties": {"trees": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}, "age": {"type": "integer", "maximum": limit}}});
        let body = |name: &str| json!({"get": {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}}}}}});
        let mut paths = Map::new();
        let names = if order { ["Tree", "Owner"] } else { ["Owner", "Tree"] };
        for name in names {
            paths.insert(format!("/{name}"), body(name));
        }
        json!({"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": paths, "components": {"schemas": {"Tree": tree, "Owner": owner}}})
    };
    // Which of them is met first does not matter.
    assert_eq!(told(&compare(&read(&tree(5, true)), &read(&tree(5, false)))), Vec::<String>::new());
    let found = told(&compare(&read(&tree(5, true)), &read(&tree(9, false))));
    assert!(found.contains(&"risky limit-changed GET /Tree.reply/200/name".to_owned()), "{found:?}");
    assert!(found.contains(&"risky limit-changed GET /Owner.reply/200/age".to_owned()), "{found:?}");
    assert!(found.iter().all(|line| line.starts_with("risky limit-changed")), "{found:?}");
}

#[test]
fn a_chain_of_a_hundred_references_is_followed_to_its_end() {
    let chain = |limit: u32| {
        let mut schemas: Map<String, Value> = (0..100)
            .map(|index| {
                let next = json!({"$ref": format!("#/components/schemas/s{}", index + 1)});
                (format!("s{index}"), json!({"type": "object", "properties": {"next": next}}))
            })
            .collect();
        schemas.insert("s100".to_owned(), json!({"type": "string", "maxLength": limit}));
        let content = json!({"application/json": {"schema": {"$ref": "#/components/schemas/s0"}}});
        json!({"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "components": {"schemas": schemas},
            "paths": {"/a": {"post": {"requestBody": {"content": content}, "responses": {"200": {"description": "ok"}}}}}})
    };
    let report = compare(&read(&chain(2500)), &read(&chain(500)));
    assert_eq!(report.findings.len(), 1, "{:?}", told(&report));
    assert!(report.findings[0].place.ends_with("/next/next"), "{:?}", told(&report));
}

#[test]
fn a_change_that_countless_pairs_lead_to_is_told_at_forty_places_again_and_no_more() {
    // Sixty schemas, each with a list of every other, and the changed one in all of them.
    let linked = |limit: u32| {
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let mut schemas: Map<String, Value> = (0..60)
            .map(|index| {
                let links = (0..60).map(|other| {
                    (format!("to{other}"), json!({"type": "array", "items": reference(&format!("s{other}"))}))
                });
                let mut members: Map<String, Value> = links.collect();
                members.insert("leaf".to_owned(), reference("leaf"));
                (format!("s{index}"), json!({"type": "object", "properties": members}))
            })
            .collect();
        let leaf = json!({"type": "object", "properties": {"text": {"type": "string", "maxLength": limit}}});
        schemas.insert("leaf".to_owned(), leaf);
        let body = json!({"content": {"application/json": {"schema": reference("s0")}}});
        json!({"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "components": {"schemas": schemas},
            "paths": {"/a": {"post": {"requestBody": body, "responses": {"200": {"description": "ok"}}}}}})
    };
    let report = compare(&read(&linked(2500)), &read(&linked(500)));
    let told: usize = report.findings.iter().map(|finding| finding.parts.len().max(1)).sum();
    assert!((2..=41).contains(&told), "{told}");
}
