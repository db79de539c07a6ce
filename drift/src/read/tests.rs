//! Documents as they come: both versions, both notations, broken and hostile ones.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::surface::{Security, Type};

#[expect(clippy::needless_pass_by_value, reason = "the calls read better")]
fn document(paths: Value, schemas: Value) -> Value {
    json!({"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": paths,
        "components": {"schemas": schemas}})
}

#[expect(clippy::needless_pass_by_value, reason = "the calls read better")]
fn submit(schema: Value) -> Value {
    let content = json!({"application/json": {"schema": schema}});
    json!({"/v1/videos": {"post": {"requestBody": {"content": content}, "responses": {"200": {"description": "ok"}}}}})
}

fn surface(root: &Value) -> Surface {
    openapi("a.json", root.to_string().as_bytes()).unwrap()
}

fn body(root: &Value) -> super::super::surface::Node {
    surface(root).endpoints[0].requests.values().next().unwrap().node.clone().unwrap()
}

fn kinds(surface: &Surface) -> BTreeSet<&'static str> {
    surface.defects.iter().map(|held| held.kind.name()).collect()
}

#[test]
fn both_versions_and_both_notations_give_one_form() {
    let old = json!({"type": "object", "required": ["a"], "properties": {
        "a": {"type": "string", "nullable": true}, "b": {"type": "number", "minimum": 0, "exclusiveMinimum": true},
        "c": {"enum": ["x"]}}});
    let new = json!({"properties": {"b": {"exclusiveMinimum": 0.0, "type": ["number"]}, "c": {"const": "x"},
        "a": {"type": ["string", "null"]}}, "required": ["a"]});
    let one = body(&document(submit(old), json!({})));
    let mut root = document(submit(new), json!({}));
    root["openapi"] = "3.1.0".into();
    assert_eq!(shape(&one), shape(&body(&root)));
    let yaml = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /v1/videos:\n    post:\n      requestBody:\n        content:\n          application/json:\n            schema:\n              required: [a]\n              properties:\n                a: {type: [string, 'null']}\n                b: {type: number, exclusiveMinimum: 0}\n                c: {const: x}\n      responses:\n        200: {description: ok}\n";
    let read = openapi("a.yaml", yaml.as_bytes()).unwrap();
    assert_eq!(shape(read.endpoints[0].requests[""].node.as_ref().unwrap()), shape(&one));
    assert_eq!(read.endpoints[0].replies.keys().collect::<Vec<_>>(), ["200"]);
}

#[test]
fn references_are_followed_and_pointers_lead_to_where_they_led() {
    let schemas = json!({"body": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/text"}}},
        "text": {"type": "string"}, "unused": {"type": "string"}});
    let root = document(submit(json!({"$ref": "#/components/schemas/body"})), schemas);
    let node = body(&root);
    let pointer = &node.members["a"].node.pointer;
    assert_eq!(pointer, "/components/schemas/text");
    assert_eq!(root.pointer(pointer).unwrap()["type"], "string");
    assert_eq!(surface(&root).unreachable.keys().collect::<Vec<_>>(), ["unused"]);
}

#[test]
fn alternatives_are_merged_and_models_are_told_apart() {
    let choice = json!({"anyOf": [
        {"type": "object", "required": ["model", "a"], "properties": {"model": {"enum": ["m1", "m2"]}, "a": {"type": "string"}}},
        {"type": "object", "required": ["model"], "properties": {"model": {"enum": ["m3"]}, "b": {
            "oneOf": [{"type": "string", "format": "uri"}, {"type": "array", "items": {"type": "string"}, "maxItems": 2}]}}},
    ]});
    let read = surface(&document(submit(choice), json!({})));
    let requests = &read.endpoints[0].requests;
    assert_eq!(requests.keys().collect::<Vec<_>>(), ["m1", "m2", "m3"]);
    let b = &requests["m3"].node.as_ref().unwrap().members["b"].node;
    assert_eq!(b.types, BTreeSet::from([Type::Array, Type::String]));
    assert_eq!((b.format.as_deref(), b.limits["maxItems"].clone()), (Some("uri"), json!(2)));
    assert!(!requests["m1"].node.as_ref().unwrap().members.contains_key("b"));
}

#[test]
fn a_document_that_contradicts_itself_is_read_and_its_defects_are_told() {
    let schema = json!({"type": "object", "required": ["gone"], "properties": {
        "duration": {"type": "integer", "enum": [5, 10], "default": "5"},
        "text": {"type": "string", "minLength": 9, "maxLength": 3, "maximum": 1},
        "lost": {"$ref": "#/components/schemas/nowhere"}, "away": {"$ref": "other.json#/x"},
        "model": {"enum": ["m"]}}});
    let mut root = document(submit(schema), json!({"round": {"$ref": "#/components/schemas/round"}}));
    root["servers"] = json!([{"url": "https://api.example"}]);
    root["components"]["securitySchemes"] = json!({"key": {"type": "http", "scheme": "bearer"}});
    let post = &mut root["paths"]["/v1/videos"]["post"];
    post["responses"] = json!({"200": {}});
    post["parameters"] = json!([{"in": "query", "name": "Dto", "schema": {"type": "object"}},
        {"in": "path", "name": "id", "required": true}, {"in": "query", "name": "r", "schema": {"$ref": "#/components/schemas/round"}}]);
    post["x-codeSamples"] = json!([
        {"source": "curl --url 'https://api.example/v2/old' --data '{\"model\": \"m\", \"u\": \"https://elsewhere.example/a\"}'"},
        {"source": "fetch('https://api.example/v1/videos', {\"model\": \"another\"})"}]);
    let read = surface(&root);
    let found: Vec<String> =
        read.defects.iter().map(|held| format!("{} {}", held.kind.name(), held.place)).collect();
    for wanted in [
        "defect-default submit.request/duration",
        "defect-limit submit.request/text",
        "defect-reference submit.request/lost",
        "defect-reference submit.request/away",
        "defect-reference submit.query/r",
        "defect-required submit.request/gone",
        "defect-response submit.reply/200",
        "defect-parameter submit.query/Dto",
        "defect-parameter submit.path/id",
        "defect-sample submit.sample/0",
        "defect-sample submit.sample/1",
        "defect-security security",
    ] {
        assert!(found.iter().any(|held| held == wanted), "{wanted} is not in {found:#?}");
    }
    assert!(matches!(read.endpoints[0].security, Security::Declared(_)));
}

#[test]
fn what_is_required_in_one_part_and_described_in_another_is_no_defect() {
    let schema = json!({"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "string"}}}],
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"b": {"type": "string"}}});
    let root = document(submit(schema), json!({}));
    assert_eq!(kinds(&surface(&root)), BTreeSet::new());
    assert!(body(&root).members["a"].required && !body(&root).members["b"].required);
}

#[test]
fn a_form_that_holds_itself_is_followed_once() {
    let schemas = json!({"tree": {"type": "object", "properties": {
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/tree"}}}}});
    let root = document(submit(json!({"$ref": "#/components/schemas/tree"})), schemas);
    assert_eq!(kinds(&surface(&root)), BTreeSet::new());
    assert!(shape(&body(&root)).contains("children"));
}

#[test]
fn references_that_multiply_are_read_once_each() {
    let mut schemas = serde_json::Map::new();
    for level in 0..40 {
        let next = json!({"$ref": format!("#/components/schemas/s{}", level + 1)});
        let members: serde_json::Map<String, Value> =
            (0..10).map(|n| (format!("m{n}"), next.clone())).collect();
        schemas.insert(format!("s{level}"), json!({"type": "object", "properties": members}));
    }
    schemas.insert("s40".to_owned(), json!({"type": "string"}));
    let root = document(submit(json!({"$ref": "#/components/schemas/s0"})), Value::Object(schemas));
    assert_eq!(kinds(&surface(&root)), BTreeSet::new());
}

#[test]
fn what_is_no_such_document_is_an_error_of_one_line() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let yaml_deep = format!("a: {}", "[".repeat(100_000));
    let bomb = {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let refs = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{refs}]\n"));
        }
        format!("{text}openapi: 3.0.0\n")
    };
    let truncated = &document(submit(json!({"type": "object"})), json!({})).to_string()[..120];
    let cases: [(&str, &[u8]); 11] = [
        ("empty", b""),
        ("blank", b" \n"),
        ("binary", b"\xff\xfe{}"),
        ("a list", b"[1, 2]"),
        ("prose", b"hello there"),
        ("swagger", b"{\"swagger\": \"2.0\", \"paths\": {}}"),
        ("another object", b"{\"a\": 1}"),
        ("truncated", truncated.as_bytes()),
        ("deep", deep.as_bytes()),
        ("deep yaml", yaml_deep.as_bytes()),
        ("bomb", bomb.as_bytes()),
    ];
    for (name, bytes) in cases {
        let error = openapi(name, bytes).map(|read| read.endpoints.len()).unwrap_err().to_string();
        assert!(
            error.starts_with(name) && error.contains("expected") && !error.contains('\n'),
            "{name}: {error}"
        );
    }
}

#[test]
fn a_member_that_is_there_twice_is_a_defect_and_the_last_one_counts() {
    let text = r#"{"openapi": "3.0.0", "info": {}, "paths": {}, "info": {"x-vendor": "v"}}"#;
    let read = openapi("a.json", text.as_bytes()).unwrap();
    assert_eq!(read.vendor, "v");
    assert!(
        read.defects.iter().any(|held| held.to_pointer.as_deref() == Some("/info")),
        "{:?}",
        read.defects
    );
}

#[test]
fn the_line_of_a_pointer_is_found_in_both_notations() {
    let json = "{\n \"a\": {\n  \"b\": [\n   {\"c\": 1},\n   {\"c\": \"}\\\"{\", \"d/e\": 2}\n  ]\n },\n \"b\": 1\n}";
    for (pointer, line) in
        [("", 1), ("/a", 2), ("/a/b", 3), ("/a/b/1/c", 5), ("/a/b/1/d~1e", 5), ("/b", 8), ("/a/b/9", 3)]
    {
        assert_eq!(line_of(json, pointer), Some(line), "{pointer}");
    }
    let yaml = "# words\na:\n  b:\n    - c: 1\n    - c: 2\n      d: 3\n  'e': 4\nb: 5\n";
    for (pointer, line) in
        [("/a", 2), ("/a/b", 3), ("/a/b/1", 5), ("/a/b/1/c", 5), ("/a/b/1/d", 6), ("/a/e", 7), ("/b", 8)]
    {
        assert_eq!(line_of(yaml, pointer), Some(line), "{pointer}");
    }
}

#[test]
fn two_files_that_give_one_model_different_bodies_contradict_each_other() {
    let model = |extra: &str| {
        document(
            submit(json!({"properties": {"model": {"enum": ["m"]}, extra: {"type": "string"}}})),
            json!({}),
        )
    };
    let files = |second: &str| {
        vec![
            ("b.json".to_owned(), model(second).to_string().into_bytes()),
            ("a.json".to_owned(), model("x").to_string().into_bytes()),
        ]
    };
    assert_eq!(kinds(&folder("f", &files("x")).unwrap()), BTreeSet::new());
    let read = folder("f", &files("y")).unwrap();
    let defect = read.defects.iter().find(|held| held.kind == Kind::DefectContradiction).unwrap();
    assert_eq!(
        (defect.files.join(" "), defect.models.join(" ")),
        ("a.json b.json".to_owned(), "m".to_owned())
    );
    assert!(read.endpoints[0].requests["m"].node.as_ref().unwrap().members.contains_key("x"));
    assert!(folder("f", &[]).unwrap_err().to_string().contains("found none"));
}

#[test]
fn a_folder_is_a_history_if_every_name_begins_with_a_day() {
    let file = |name: &str| name.to_owned();
    let dated = |files: &[String]| dated(files.to_vec(), Clone::clone);
    let history = [file("2025-02-01-b.json"), file("2025-01-28-a.json")];
    assert_eq!(dated(&history).unwrap()[0].1, "2025-01-28-a.json");
    assert!(dated(&[file("2025-02-01-b.json"), file("a.json")]).is_none() && dated(&[]).is_none());
    assert_eq!(
        (day_of("2025-02-01.yaml"), day_of("2025-2-1"), day_of("é025-02-01")),
        (Some("2025-02-01"), None, None)
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-20i64..20).prop_map(Value::from),
        prop::sample::select(vec![
            "object",
            "string",
            "null",
            "#/components/schemas/a",
            "#",
            "3.1.0",
            "m",
            "^("
        ])
        .prop_map(Value::from),
    ];
    let keys = prop::sample::select(vec![
        "openapi",
        "paths",
        "components",
        "schemas",
        "a",
        "/p/{id}",
        "get",
        "post",
        "requestBody",
        "content",
        "schema",
        "application/json",
        "responses",
        "200",
        "$ref",
        "type",
        "properties",
        "items",
        "allOf",
        "anyOf",
        "oneOf",
        "enum",
        "required",
        "default",
        "minimum",
        "maximum",
        "parameters",
        "in",
        "name",
        "model",
        "security",
        "servers",
        "url",
        "additionalProperties",
        "nullable",
        "const",
        "x-codeSamples",
        "source",
    ]);
    leaf.prop_recursive(8, 200, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keys.clone(), inner), 0..6).prop_map(|members| members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_in_a_document_reading_ends_and_it_does_not_differ_from_itself(root in any_json()) {
        let mut root = root;
        if !root.is_object() {
            root = json!({"paths": root});
        }
        root["openapi"] = "3.0.0".into();
        let read = surface(&root);
        let report = super::super::compare(&read, &read);
        prop_assert!(report.findings.iter().all(|held| held.kind.is_defect()), "{:?}", report.findings);
    }
}
