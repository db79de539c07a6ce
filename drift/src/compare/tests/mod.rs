//! Each kind by an example, and what must hold for all documents.

mod counted;
mod examples;
mod shared;
mod standard;
mod strangers;

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use self::examples::EXAMPLES;
use super::*;
use crate::Extent;
use crate::finding::BaselineState;
use crate::read::{folder, openapi};

/// A document with one submit and one poll.
fn document(request: Value, reply: Value) -> Value {
    let body = |schema: Value| json!({"application/json": {"schema": schema}});
    json!({"openapi": "3.0.0", "info": {"title": "t", "version": "1", "x-vendor": "v"},
    "servers": [{"url": "https://api.example"}],
    "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}, "schemas": {"unused": {"type": "string"}}},
    "security": [{"key": []}],
    "paths": {
        "/v1/videos": {"post": {"requestBody": {"content": body(request)}, "responses": {"201": {"description": "ok", "content": body(reply.clone())}}}},
        "/v1/videos/{id}": {"get": {"parameters": [{"in": "path", "name": "id", "required": true, "schema": {"type": "string"}}],
            "responses": {"200": {"description": "ok", "content": body(reply)}}}},
    }})
}

fn plain() -> Value {
    document(
        json!({"type": "object", "required": ["model", "prompt"], "properties": {
            "model": {"type": "string", "enum": ["m1", "m2"]}, "prompt": {"type": "string", "maxLength": 500},
            "duration": {"type": "integer", "enum": [5, 10], "default": 5}, "image_url": {"type": "string"},
            "mask_url": {"type": "string"}}}),
        json!({"type": "object", "required": ["id", "status"], "properties": {
            "id": {"type": "string"}, "status": {"type": "string", "enum": ["queued", "done"]},
            "length": {"type": "number"}, "video": {"type": "object", "properties": {"url": {"type": "string"}}},
            "usage": {"type": "object", "required": ["tokens_used"], "properties": {"tokens_used": {"type": "number"}}}}}),
    )
}

fn surface(root: &Value) -> Surface {
    openapi("a.json", root.to_string().as_bytes()).unwrap()
}

fn changed(change: impl Fn(&mut Value)) -> Report {
    let (old, mut new) = (plain(), plain());
    change(&mut new);
    compare(&surface(&old), &surface(&new))
}

const REQUEST: &str = "/paths/~1v1~1videos/post/requestBody/content/application~1json/schema";
const REPLY: &str = "/paths/~1v1~1videos~1{id}/get/responses/200/content/application~1json/schema";

fn at<'a>(root: &'a mut Value, outer: &str, inner: &str) -> &'a mut Value {
    root.pointer_mut(&format!("{outer}{inner}")).unwrap()
}

fn take(root: &mut Value, outer: &str, name: &str) -> Value {
    root.pointer_mut(outer).unwrap().as_object_mut().unwrap().shift_remove(name).unwrap()
}

/// What is found, as `severity kind place`.
fn told(report: &Report) -> Vec<String> {
    let line = |held: &Finding| format!("{} {} {}", held.severity.name(), held.kind.name(), held.place);
    report.findings.iter().map(line).collect()
}

#[test]
fn each_change_is_told_as_what_it_is_and_nothing_besides() {
    for (change, wanted) in EXAMPLES {
        let report = changed(change);
        assert_eq!(told(&report), *wanted, "{:#?}", report.findings);
        assert_eq!(report.has_drift(), wanted.iter().any(|held| !held.starts_with("cosmetic")));
    }
}

#[test]
fn every_kind_of_difference_has_an_example() {
    let shown: BTreeSet<&str> =
        EXAMPLES.iter().flat_map(|(_, told)| told.iter().filter_map(|line| line.split(' ').nth(1))).collect();
    let missing: Vec<&str> = Kind::ALL
        .iter()
        .filter(|kind| !kind.is_defect())
        .map(|kind| kind.name())
        .filter(|name| !shown.contains(name))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn pointers_lead_into_both_documents() {
    let (old, mut new) = (plain(), plain());
    let member = take(&mut new, &format!("{REQUEST}/properties"), "mask_url");
    at(&mut new, REQUEST, "/properties")["mask"] = member;
    let report = compare(&surface(&old), &surface(&new));
    let finding = &report.findings[0];
    assert_eq!(finding.to_place.as_deref(), Some("submit.request/mask"));
    assert!(old.pointer(finding.pointer.as_ref().unwrap()).is_some());
    assert!(new.pointer(finding.to_pointer.as_ref().unwrap()).is_some());
}

#[test]
fn a_fingerprint_holds_neither_words_nor_values() {
    let by = |limit: u32| {
        let report = changed(|root| *at(root, REQUEST, "/properties/prompt/maxLength") = json!(limit));
        (report.findings[0].fingerprint.clone(), report.findings[0].to.clone())
    };
    assert_eq!(by(100).0, by(200).0);
    assert_ne!(by(100).1, by(200).1);
    let other = changed(|root| *at(root, REQUEST, "/properties/duration/default") = json!(10));
    assert_ne!(by(100).0, other.findings[0].fingerprint);
}

#[test]
fn the_same_finding_in_many_files_is_one_with_a_list() {
    let file = |model: &str, limit: u32| {
        let mut root = plain();
        *at(&mut root, REQUEST, "/properties/model/enum") = json!([model]);
        *at(&mut root, REQUEST, "/properties/prompt/maxLength") = json!(limit);
        (format!("{model}.json"), root.to_string().into_bytes())
    };
    let models = ["m1", "m2", "m3"];
    let old = folder("old", &models.map(|model| file(model, 500))).unwrap();
    let new = folder("new", &models.map(|model| file(model, if model == "m3" { 500 } else { 100 }))).unwrap();
    let report = compare(&old, &new);
    assert_eq!(told(&report), ["breaking limit-changed submit.request/prompt"]);
    assert_eq!(report.findings[0].models, ["m1", "m2"]);
    assert_eq!(report.findings[0].files, ["m1.json", "m2.json"]);
}

#[test]
fn a_file_that_is_split_or_joined_does_not_differ_by_that() {
    let all = vec![("all.json".to_owned(), plain().to_string().into_bytes())];
    let split = ["m1", "m2"].map(|model| {
        let mut root = plain();
        *at(&mut root, REQUEST, "/properties/model/enum") = json!([model]);
        (format!("{model}.json"), root.to_string().into_bytes())
    });
    let (one, two) = (folder("f", &all).unwrap(), folder("f", &split).unwrap());
    for report in [compare(&one, &two), compare(&two, &one)] {
        assert_eq!(
            told(&report).iter().filter(|line| !line.starts_with("cosmetic")).count(),
            0,
            "{report:#?}"
        );
    }
}

#[test]
fn a_part_beside_a_whole_is_blamed_for_nothing_that_it_does_not_mention() {
    let mut whole = surface(&plain());
    whole.extent = Extent::Vendor;
    let mut part = plain();
    take(&mut part, "/paths", "/v1/videos/{id}");
    *at(&mut part, REQUEST, "/properties/model/enum") = json!(["m1"]);
    let report = compare(&whole, &surface(&part));
    assert_eq!(told(&report), Vec::<String>::new());
    assert_eq!(report.not_compared.len(), 2, "{:?}", report.not_compared);
}

#[test]
fn a_defect_that_stood_before_is_no_news() {
    let broken = |root: &mut Value| *at(root, REQUEST, "/properties/duration/default") = json!("5");
    let report = changed(broken);
    assert_eq!(report.findings.last().unwrap().baseline, Some(BaselineState::New));
    let mut old = plain();
    broken(&mut old);
    let report = compare(&surface(&old), &surface(&old));
    assert_eq!(
        (told(&report), report.findings[0].baseline),
        (vec!["defect defect-default submit.request/duration".to_owned()], Some(BaselineState::Unchanged))
    );
    assert!(!report.has_drift());
}

/// Puts the members of all objects and the items of all lists without order the other way round.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .rev()
            .map(|(key, inner)| {
                let unordered = ["enum", "required"].contains(&key.as_str());
                let inner = match inner {
                    Value::Array(items) if unordered => items.iter().rev().cloned().collect(),
                    other => reversed(other),
                };
                (key.clone(), inner)
            })
            .collect(),
        Value::Array(items) => items.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

fn any_schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": "string", "enum": ["a", "b"]})),
        Just(json!({"type": "integer", "minimum": 1})),
        Just(json!({"type": "number", "nullable": true})),
        Just(json!({"type": "string", "format": "uri", "default": "x"})),
        Just(json!({"type": "boolean"})),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        let members =
            prop::collection::btree_map("[a-d]{1,2}(_[a-c])?", (inner.clone(), any::<bool>()), 0..4);
        prop_oneof![
            members.prop_map(|members| {
                let required: Vec<&String> =
                    members.iter().filter(|(_, (_, required))| *required).map(|(name, _)| name).collect();
                let properties: serde_json::Map<String, Value> =
                    members.iter().map(|(name, (schema, _))| (name.clone(), schema.clone())).collect();
                json!({"type": "object", "properties": properties, "required": required})
            }),
            inner.prop_map(|items| json!({"type": "array", "items": items})),
        ]
    })
}

proptest! {
    #[test]
    fn another_order_is_no_difference(request in any_schema(), reply in any_schema()) {
        let root = document(request, reply);
        let report = compare(&surface(&root), &surface(&reversed(&root)));
        prop_assert_eq!(told(&report), Vec::<String>::new());
    }

    #[test]
    fn two_documents_that_differ_are_told_apart_both_ways_and_always_alike(
        one in any_schema(), other in any_schema(), reply in any_schema(),
    ) {
        let (old, new) = (surface(&document(one, reply.clone())), surface(&document(other, reply)));
        let (there, back) = (compare(&old, &new), compare(&new, &old));
        prop_assert_eq!(there.findings.is_empty(), back.findings.is_empty());
        prop_assert_eq!(&compare(&old, &new), &there);
        let count = |report: &Report, kind: Kind| report.findings.iter().filter(|held| held.kind == kind).count();
        prop_assert_eq!(count(&there, Kind::MemberAdded), count(&back, Kind::MemberRemoved));
        prop_assert_eq!(count(&there, Kind::TypeChanged), count(&back, Kind::TypeChanged));
    }

    #[test]
    fn what_is_there_on_one_side_only_is_always_accounted_for(one in any_schema(), other in any_schema()) {
        let (old, new) = (surface(&document(one, json!({}))), surface(&document(other, json!({}))));
        let same = read_shape(&old) == read_shape(&new);
        let report = compare(&old, &new);
        prop_assert_eq!(same, !report.has_drift(), "{:?}", told(&report));
    }
}

fn read_shape(surface: &Surface) -> String {
    let body = surface.endpoints[0].requests.values().next().unwrap().node.as_ref().unwrap();
    format!("{} {:?}", crate::form::shape(body), defaults(body))
}

fn defaults(node: &crate::surface::Node) -> Vec<Value> {
    let below = node.members.values().map(|member| member.node.as_ref()).chain(node.items.as_deref());
    let mut found: Vec<Value> = node.default.clone().into_iter().collect();
    found.extend(below.flat_map(defaults));
    found
}
