//! Steps of descriptions as strangers publish them.

use serde_json::{Value, json};

use super::super::compare;
use super::told;
use crate::Report;
use crate::read::openapi;

/// A description of one POST to a path, with these members and answers.
#[expect(clippy::needless_pass_by_value, reason = "the calls read better")]
fn generated(path: &str, members: Value, required: &[&str], replies: Value) -> Value {
    let schema = json!({"type": "object", "properties": members, "required": required});
    json!({"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": {path: {"post": {
        "requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": replies}}}})
}

fn between(old: &Value, new: &Value) -> Report {
    let read = |root: &Value| openapi("a.json", root.to_string().as_bytes()).unwrap();
    compare(&read(old), &read(new))
}

fn ok() -> Value {
    json!({"200": {"description": "ok"}})
}

#[test]
fn a_file_whose_one_model_is_renamed_is_compared_all_the_same() {
    let old =
        generated("/v/gen", json!({"model": {"enum": ["a-1"]}, "n": {"type": "number"}}), &["model"], ok());
    let members = json!({"model": {"enum": ["a-2"]}, "n": {"type": "integer"}, "must": {"type": "string"}});
    let new = generated("/v/gen", members, &["model", "must"], json!({"201": {"description": "ok"}}));
    let report = between(&old, &new);
    assert_eq!(
        told(&report),
        [
            "breaking enum-changed submit.request/model",
            "breaking member-added submit.request/must",
            "breaking type-changed submit.request/n",
            "breaking status-changed submit.status",
        ]
    );
    assert_eq!(report.findings[0].message, "the model `a-1` is likely `a-2` now");
    let pointer = report.findings[0].to_pointer.as_deref().unwrap();
    assert!(pointer.ends_with("/properties/model"), "{pointer}");
    assert_eq!(report.compared, Some(1));
}

#[test]
fn of_several_models_those_of_like_names_are_compared() {
    let listed = |models: &[&str], limit: u32| {
        let members = json!({"model": {"enum": models}, "prompt": {"type": "string", "maxLength": limit}});
        generated("/v/gen", members, &["model"], ok())
    };
    let report = between(&listed(&["pro/v1", "mini/v1"], 2500), &listed(&["pro/v2", "mini/v2"], 500));
    assert_eq!(
        told(&report),
        ["breaking enum-changed submit.request/model", "breaking limit-changed submit.request/prompt"]
    );
    assert_eq!(report.findings[1].models, ["mini/v2", "pro/v2"]);
}

#[test]
fn a_model_that_moves_to_another_path_is_compared_there() {
    let at = |path: &str, members: Value, required: &[&str]| generated(path, members, required, ok());
    let old = at(
        "/v2/generate/video/alibaba/generation",
        json!({"model": {"enum": ["wan"]}, "prompt": {"type": "string"}}),
        &[],
    );
    let new = at(
        "/v2/video/generations",
        json!({"model": {"enum": ["wan"]}, "video_url": {"type": "string"}}),
        &["video_url"],
    );
    let found = told(&between(&old, &new));
    assert!(found.contains(&"breaking path-moved submit.path".to_owned()), "{found:?}");
    assert!(found.contains(&"breaking member-added submit.request/video_url".to_owned()), "{found:?}");
}

#[test]
fn an_answer_under_another_content_type_is_told_as_that() {
    let answered = |media: &str, schema: Option<Value>| {
        let body = schema.map_or(json!({}), |schema| json!({"schema": schema}));
        generated("/v/gen", json!({}), &[], json!({"200": {"description": "ok", "content": {media: body}}}))
    };
    let object = json!({"type": "object", "properties": {"id": {"type": "string"}}});
    let old = answered("application/json", Some(object));
    let expected = ["breaking media-type-changed submit.reply/200"];
    assert_eq!(told(&between(&old, &answered("audio/mpeg", None))), expected);
    assert_eq!(
        told(&between(&old, &answered("audio/mpeg", Some(json!({"type": "string", "format": "binary"}))))),
        expected
    );
}

#[test]
fn the_same_values_in_other_words_are_silent() {
    let with = |duration: Value| generated("/v/gen", json!({"duration": duration}), &[], ok());
    let forms = [
        json!({"type": "number", "enum": [5, 10]}),
        json!({"type": "integer", "enum": [10, 5.0]}),
        json!({"enum": [5, 10]}),
        json!({"anyOf": [{"type": "number", "enum": [5]}, {"type": "number", "enum": [10]}]}),
        json!({"oneOf": [{"const": 5}, {"const": 10}]}),
        json!({"type": "integer", "enum": [5, 10, 20], "maximum": 10}),
        json!({"allOf": [{"type": "integer"}, {"enum": [5, 10, "x"]}]}),
        json!({"type": "number", "enum": [5, 10], "multipleOf": 5}),
    ];
    for one in &forms {
        for other in &forms {
            assert_eq!(
                told(&between(&with(one.clone()), &with(other.clone()))),
                Vec::<String>::new(),
                "{one} {other}"
            );
        }
    }
}

#[test]
fn a_version_in_the_address_is_one_change() {
    let at = |version: &str| {
        let ok = json!({"responses": {"200": {"description": "ok"}}});
        json!({"openapi": "3.0.0", "info": {"title": "t", "version": "1"},
            "servers": [{"url": format!("https://pay.example/{version}")}],
            "paths": {"/payments": {"post": ok}, "/methods/{id}": {"delete": ok, "get": ok}, "/sessions": {"get": ok}}})
    };
    assert_eq!(told(&between(&at("v70"), &at("v71"))), ["breaking server-changed servers"]);
}

#[test]
fn a_default_that_is_stated_for_the_first_time_breaks_nobody() {
    let with = |scale: Value| generated("/v/gen", json!({"scale": scale}), &[], ok());
    let (silent, one, two) = (
        json!({"type": "number"}),
        json!({"type": "number", "default": 1}),
        json!({"type": "number", "default": 2}),
    );
    assert_eq!(
        told(&between(&with(silent.clone()), &with(one.clone()))),
        ["compatible default-changed submit.request/scale"]
    );
    assert_eq!(
        told(&between(&with(one.clone()), &with(two))),
        ["risky default-changed submit.request/scale"]
    );
    assert_eq!(told(&between(&with(one), &with(silent))), ["risky default-changed submit.request/scale"]);
}

#[test]
fn a_limit_within_one_of_several_forms_is_never_silent() {
    let with = |limit: u32, shape: &dyn Fn(Value) -> Value| {
        let limited = json!({"type": "string", "maxLength": limit});
        generated("/v/gen", json!({"a": shape(limited)}), &[], ok())
    };
    let uri = json!({"type": "string", "format": "uri"});
    let shapes: [&dyn Fn(Value) -> Value; 12] = [
        &|limited| json!({"anyOf": [limited, uri]}),
        &|limited| json!({"oneOf": [uri, limited]}),
        &|limited| json!({"anyOf": [{"type": "array", "items": limited}, {"type": "array", "items": uri}]}),
        &|limited| json!({"anyOf": [{"type": "object", "properties": {"t": {"const": "a"}, "x": limited}}, {"type": "object", "properties": {"t": {"const": "b"}, "x": uri}}]}),
        &|limited| json!({"allOf": [{"anyOf": [limited, uri]}, {"type": "string"}]}),
        &|limited| json!({"not": limited}),
        &|limited| json!({"if": {"type": "string"}, "then": limited}),
        &|limited| json!({"type": "array", "prefixItems": [limited]}),
        &|limited| json!({"type": "array", "contains": limited}),
        &|limited| json!({"type": "object", "patternProperties": {"^x": limited}}),
        &|limited| json!({"type": "object", "propertyNames": limited}),
        &|limited| json!({"type": "object", "additionalProperties": limited}),
    ];
    for (index, shape) in shapes.iter().enumerate() {
        let report = between(&with(2500, shape), &with(500, shape));
        let found: Vec<&str> = report.findings.iter().map(|held| held.kind.name()).collect();
        assert_eq!(found, ["limit-changed"], "shape {index}: {:?}", told(&report));
        assert_eq!(report.findings[0].severity.name(), "breaking", "shape {index}");
        assert_eq!(
            told(&between(&with(500, shape), &with(500, shape))),
            Vec::<String>::new(),
            "shape {index}"
        );
    }
}
