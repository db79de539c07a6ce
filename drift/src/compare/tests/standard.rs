//! Descriptions that are equal by the standard, and such that are not: servers, statuses, parameters, paths, notations.

use serde_json::{Value, json};

use super::super::compare;
use super::told;
use crate::read::{Beside, openapi, openapi_beside};
use crate::{Report, Surface};

fn read(root: &Value) -> Surface {
    openapi("a.json", root.to_string().as_bytes()).unwrap()
}

/// A description of one POST, by what differs from test to test.
#[expect(clippy::needless_pass_by_value, reason = "the calls read better")]
pub(super) fn posted(schema: Value, servers: Value, path: &str) -> Value {
    let content = json!({"application/json": {"schema": schema}});
    json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": servers, "paths": {path: {"post": {
        "requestBody": {"content": content}, "responses": {"200": {"description": "ok"}}}}}})
}

pub(super) fn plain() -> Value {
    json!({"type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"]})
}

/// A description of one GET with these parts.
#[expect(clippy::needless_pass_by_value, reason = "the calls read better")]
pub(super) fn got(parts: Value) -> Value {
    let mut get = json!({"responses": {"200": {"description": "ok"}}});
    for (key, part) in parts.as_object().unwrap() {
        get[key] = part.clone();
    }
    json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/jobs": {"get": get}}})
}

pub(super) fn between(old: &Value, new: &Value) -> Report {
    compare(&read(old), &read(new))
}

pub(super) fn lines(old: &Value, new: &Value) -> Vec<String> {
    told(&between(old, new))
}

pub(super) fn with_schema(schema: Value) -> Value {
    posted(schema, json!([]), "/v2/videos")
}

const NOTHING: [&str; 0] = [];

#[test]
fn one_more_server_moves_no_path() {
    let one = posted(plain(), json!([{"url": "https://api.example/v1"}]), "/jobs");
    let two = posted(
        plain(),
        json!([{"url": "https://api.example/v1"}, {"url": "http://localhost:8080"}]),
        "/jobs",
    );
    assert_eq!(lines(&one, &two), ["compatible server-changed servers"]);
    assert_eq!(lines(&two, &one), ["risky server-changed servers"]);
}

#[test]
fn variables_of_a_server_have_their_defaults() {
    let by = |url: &str, default: &str| {
        posted(plain(), json!([{"url": url, "variables": {"v": {"default": default}}}]), "/jobs")
    };
    let fixed = posted(plain(), json!([{"url": "https://api.example/v1"}]), "/jobs");
    assert_eq!(lines(&fixed, &by("https://api.example/{v}", "v1")), NOTHING);
    assert_eq!(
        lines(&by("https://api.example/{v}", "v1"), &by("https://api.example/{v}", "v2")),
        ["breaking server-changed servers"]
    );
    let regions = |words: &[&str]| {
        let variable = json!({"default": "eu", "enum": words});
        posted(plain(), json!([{"url": "https://{r}.example", "variables": {"r": variable}}]), "/jobs")
    };
    assert_eq!(lines(&regions(&["eu", "us"]), &regions(&["eu"])), ["risky server-changed servers"]);
}

#[test]
fn a_path_that_moves_between_the_server_and_the_paths_stays_where_it_is() {
    let outer = posted(plain(), json!([{"url": "https://api.example/v1"}]), "/jobs");
    let inner = posted(plain(), json!([{"url": "https://api.example"}]), "/v1/jobs");
    assert_eq!(lines(&outer, &inner), NOTHING);
}

#[test]
fn servers_of_single_paths_are_compared() {
    let near = |url: &str| {
        let mut root = posted(plain(), json!([{"url": "https://api.example"}]), "/jobs");
        root["paths"]["/jobs"]["servers"] = json!([{"url": url}]);
        root
    };
    assert_eq!(
        lines(&near("https://up.example"), &near("https://down.example")),
        ["risky server-changed submit.servers"]
    );
}

#[test]
fn a_slash_at_the_end_makes_another_path() {
    let at = |path: &str| posted(plain(), json!([]), path);
    assert_eq!(lines(&at("/v2/jobs"), &at("/v2/jobs/")), ["breaking path-moved submit.path"]);
}

#[test]
fn words_that_older_yaml_takes_for_truth_values_are_texts() {
    let yaml = |words: &str| {
        format!(
            "openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths:\n  /v2/videos:\n    post:\n      requestBody:\n        content:\n          application/json:\n            schema:\n              type: object\n              properties:\n                sound: {{type: string, enum: [{words}]}}\n      responses:\n        '200': {{description: ok}}\n"
        )
    };
    let quoted = openapi("a.yaml", yaml("\"on\", \"off\", \"y\", \"NO\"").as_bytes()).unwrap();
    let bare = openapi("a.yaml", yaml("on, off, y, NO").as_bytes()).unwrap();
    assert_eq!(told(&compare(&quoted, &bare)), NOTHING);
}

#[test]
fn files_beside_a_description_are_read_and_others_are_not() {
    let root = |reference: &str| {
        with_schema(json!({"type": "object", "properties": {"prompt": {"$ref": reference}}}))
    };
    let by = |reference: &str, limit: u32| {
        let beside = move |path: &str| match path {
            "common.yaml" => Ok(format!("Prompt: {{type: string, maxLength: {limit}}}").into_bytes()),
            "parts/deep.json" => Ok(br#"{"A": {"$ref": "../common.yaml#/Prompt"}}"#.to_vec()),
            other => Err(format!("no file {other}")),
        };
        let beside: &Beside<'_> = &beside;
        openapi_beside("a.json", root(reference).to_string().as_bytes(), beside).unwrap()
    };
    for reference in
        ["./common.yaml#/Prompt", "common.yaml#/Prompt", "parts/deep.json#/A", "parts/../common.yaml#/Prompt"]
    {
        let report = compare(&by(reference, 2500), &by(reference, 500));
        assert_eq!(told(&report), ["breaking limit-changed submit.request/prompt"], "{reference}");
        assert_eq!(report.findings[0].to_pointer.as_deref(), Some("common.yaml#/Prompt"));
        assert_eq!(told(&compare(&by(reference, 500), &by(reference, 500))), NOTHING);
    }
    for (reference, why) in [
        ("https://x.example/common.yaml#/Prompt", "none is fetched"),
        ("//x.example/common.yaml", "none is fetched"),
        ("file:///etc/passwd", "none is fetched"),
        ("../common.yaml#/Prompt", "leads out of the folder"),
        ("parts/../../common.yaml", "leads out of the folder"),
        ("/etc/passwd", "leads out of the folder"),
        ("%2e%2e/common.yaml", "leads out of the folder"),
        ("gone.yaml#/Prompt", "no file gone.yaml"),
        ("common.yaml#/Nothing", "leads nowhere"),
    ] {
        let report = compare(&by(reference, 2500), &by(reference, 500));
        let defect = report.findings.iter().find(|held| held.kind.name() == "defect-reference").unwrap();
        assert!(defect.message.contains(why), "{reference}: {}", defect.message);
        assert_eq!(
            report.unused.iter().map(|part| part.what.as_str()).collect::<Vec<_>>(),
            ["reference that cannot be followed"]
        );
    }
}

#[test]
fn words_of_a_discriminator_are_compared() {
    let kinds = |word: &str, property: &str| {
        let form = |member: &str| json!({"type": "object", "properties": {"kind": {"type": "string"}, member: {"type": "string"}}});
        let mut root = with_schema(json!({
            "oneOf": [{"$ref": "#/components/schemas/T"}, {"$ref": "#/components/schemas/I"}],
            "discriminator": {"propertyName": property, "mapping": {word: "#/components/schemas/T", "image": "#/components/schemas/I"}}}));
        root["components"] = json!({"schemas": {"T": form("prompt"), "I": form("image")}});
        root
    };
    let breaking = ["breaking discriminator-changed submit.request"];
    assert_eq!(lines(&kinds("text", "kind"), &kinds("txt2video", "kind")), breaking);
    assert_eq!(lines(&kinds("text", "kind"), &kinds("text", "mode")), breaking);
    assert_eq!(lines(&kinds("text", "kind"), &kinds("text", "kind")), NOTHING);
}

#[test]
fn a_schema_that_is_false_lets_nothing_pass() {
    let tags = |items: Value| {
        with_schema(json!({"type": "object", "properties": {"tags": {"type": "array", "items": items}}}))
    };
    let text = json!({"type": "string"});
    assert_eq!(
        lines(&tags(text.clone()), &tags(json!(false))),
        ["breaking limit-changed submit.request/tags"]
    );
    assert_eq!(
        lines(&tags(json!(true)), &tags(json!(false))),
        ["breaking limit-changed submit.request/tags"]
    );
    assert_eq!(lines(&tags(json!({"not": {}})), &tags(json!(false))), NOTHING);
    let member = |schema: Value| with_schema(json!({"type": "object", "properties": {"a": schema}}));
    assert_eq!(
        lines(&member(text.clone()), &member(json!(false))),
        ["breaking type-changed submit.request/a"]
    );
    assert_eq!(
        lines(&member(json!(true)), &member(json!(false))),
        ["breaking type-changed submit.request/a"]
    );
    assert_eq!(lines(&member(json!(false)), &member(text)), ["compatible type-changed submit.request/a"]);
}

#[test]
fn the_way_in_which_a_list_travels_is_compared() {
    let ids = |parameter: Value| {
        let mut whole = json!({"in": "query", "name": "ids"});
        for (key, part) in parameter.as_object().unwrap() {
            whole[key] = part.clone();
        }
        got(json!({"parameters": [whole]}))
    };
    let list = json!({"type": "array", "items": {"type": "string"}});
    let usual = ids(json!({"schema": list}));
    let named = ids(json!({"schema": list, "style": "form", "explode": true}));
    let joined = ids(json!({"schema": list, "explode": false}));
    let text = ids(json!({"schema": {"type": "string"}}));
    assert_eq!(lines(&usual, &named), NOTHING);
    assert_eq!(lines(&usual, &joined), ["breaking style-changed GET /jobs.query/ids"]);
    assert_eq!(lines(&text, &usual), ["compatible type-changed GET /jobs.query/ids"]);
    assert_eq!(lines(&usual, &text), ["breaking type-changed GET /jobs.query/ids"]);
    assert_eq!(lines(&text, &ids(json!({"schema": {"type": "string"}, "explode": false}))), NOTHING);
}

#[test]
fn files_and_base64_are_one_in_both_versions() {
    let form = |version: &str, file: Value| {
        let content =
            json!({"multipart/form-data": {"schema": {"type": "object", "properties": {"file": file}}}});
        let mut root = with_schema(plain());
        root["openapi"] = json!(version);
        root["paths"]["/v2/videos"]["post"]["requestBody"]["content"] = content;
        root
    };
    let old = form("3.0.3", json!({"type": "string", "format": "binary"}));
    assert_eq!(
        lines(
            &old,
            &form("3.1.0", json!({"type": "string", "contentMediaType": "application/octet-stream"}))
        ),
        NOTHING
    );
    let old = form("3.0.3", json!({"type": "string", "format": "byte"}));
    assert_eq!(lines(&old, &form("3.1.0", json!({"type": "string", "contentEncoding": "base64"}))), NOTHING);
    assert_eq!(
        lines(&old, &form("3.1.0", json!({"type": "string", "contentEncoding": "base32"}))),
        ["breaking limit-changed submit.request/file", "compatible format-changed submit.request/file"]
    );
}

#[test]
fn headers_of_answers_are_compared() {
    let limit = |header: Value| {
        let headers = json!({"X-Rate": header, "Content-Type": {"schema": {"type": "string"}}});
        got(json!({"responses": {"200": {"description": "ok", "headers": headers}}}))
    };
    let number = |required: bool| limit(json!({"required": required, "schema": {"type": "integer"}}));
    assert_eq!(
        lines(&number(true), &number(false)),
        ["breaking required-changed GET /jobs.reply-header/200/x-rate"]
    );
    assert_eq!(
        lines(&number(true), &limit(json!({"required": true, "schema": {"type": "string"}}))),
        ["breaking type-changed GET /jobs.reply-header/200/x-rate"]
    );
    let none = got(json!({"responses": {"200": {"description": "ok"}}}));
    assert_eq!(lines(&number(true), &none), ["breaking member-removed GET /jobs.reply-header/200/x-rate"]);
    assert_eq!(lines(&none, &number(true)), ["compatible member-added GET /jobs.reply-header/200/x-rate"]);
}

#[test]
fn webhooks_and_callbacks_are_compared_the_other_way_round() {
    let message = |member: &str, required: &[&str]| {
        json!({"requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": required,
            "properties": {member: {"type": "string"}}}}}}, "responses": {"200": {"description": "ok"}}})
    };
    let hooked = |member: &str, required: &[&str]| {
        let mut root = with_schema(plain());
        root["webhooks"] = json!({"done": {"post": message(member, required)}});
        root["paths"]["/v2/videos"]["post"]["callbacks"] =
            json!({"onDone": {"{$request.body#/url}": {"post": message(member, required)}}});
        root
    };
    let report = between(&hooked("id", &["id"]), &hooked("id", &[]));
    assert_eq!(
        told(&report),
        [
            "breaking required-changed callback onDone of POST /v2/videos.request/id",
            "breaking required-changed webhook done.request/id",
        ]
    );
    assert_eq!(report.compared, Some(3));
    let gone = lines(&hooked("id", &[]), &with_schema(plain()));
    assert_eq!(gone.len(), 2, "{gone:?}");
    assert!(gone.iter().all(|line| line.starts_with("breaking path-removed")), "{gone:?}");
}

#[test]
fn a_second_content_type_is_compared() {
    let both = |limit: u32, second: &str| {
        let form = |limit: u32| json!({"schema": {"type": "object", "properties": {"prompt": {"type": "string", "maxLength": limit}}}});
        let mut root = with_schema(plain());
        root["paths"]["/v2/videos"]["post"]["requestBody"]["content"] =
            json!({"application/json": form(500), second: form(limit)});
        root
    };
    let form = "multipart/form-data";
    assert_eq!(
        lines(&both(2500, form), &both(500, form)),
        ["breaking limit-changed submit.request (multipart/form-data)/prompt"]
    );
    assert_eq!(lines(&both(500, form), &both(500, form)), NOTHING);
    let answered = |types: &[&str]| {
        let content: serde_json::Map<String, Value> =
            types.iter().map(|media| ((*media).to_owned(), json!({"schema": {"type": "string"}}))).collect();
        got(json!({"responses": {"200": {"description": "ok", "content": content}}}))
    };
    let (one, two) = (answered(&["application/json"]), answered(&["application/json", "text/csv"]));
    assert_eq!(lines(&one, &two), ["compatible media-type-changed GET /jobs.reply/200"]);
    assert_eq!(lines(&two, &one), ["breaking media-type-changed GET /jobs.reply/200"]);
}

#[test]
fn ranges_of_statuses_are_compared_with_the_single_ones_that_they_cover() {
    let answers = |statuses: &[(&str, &str)]| {
        let mut replies = serde_json::Map::new();
        for (status, member) in statuses {
            let schema =
                json!({"type": "object", "required": [member], "properties": {*member: {"type": "string"}}});
            let content = json!({"application/json": {"schema": schema}});
            replies.insert((*status).to_owned(), json!({"description": "ok", "content": content}));
        }
        got(json!({"responses": replies}))
    };
    let old = answers(&[("200", "id"), ("4XX", "error")]);
    assert_eq!(lines(&old, &answers(&[("200", "id"), ("404", "error")])), NOTHING);
    assert_eq!(
        lines(&old, &answers(&[("200", "id"), ("404", "problem")])),
        [
            "breaking member-removed GET /jobs.reply/404/error",
            "compatible member-added GET /jobs.reply/404/problem"
        ]
    );
    // What stood for every answer is now the good one.
    let moved = lines(&answers(&[("default", "generation_id")]), &answers(&[("200", "id")]));
    assert_eq!(
        moved,
        [
            "breaking member-renamed GET /jobs.reply/200/generation_id",
            "compatible status-changed GET /jobs.status/200"
        ]
    );
    assert_eq!(
        lines(&answers(&[("200", "id")]), &answers(&[("200", "id"), ("429", "error")])),
        ["risky status-changed GET /jobs.status/429"]
    );
    assert_eq!(
        lines(&answers(&[("200", "id"), ("429", "error")]), &answers(&[("200", "id")])),
        ["compatible status-changed GET /jobs.status/429"]
    );
}

#[test]
fn members_without_a_description_that_are_refused_now_are_told_as_that() {
    let closed = |any: Value| {
        with_schema(
            json!({"type": "object", "properties": {"p": {"type": "string"}}, "additionalProperties": any}),
        )
    };
    let report = between(&closed(json!(true)), &closed(json!(false)));
    assert_eq!(told(&report), ["breaking limit-changed submit.request"]);
    assert_eq!(report.findings[0].message, "`submit.request` refuses members now that it does not describe");
    let back = between(&closed(json!(false)), &closed(json!(true)));
    assert_eq!(
        back.findings[0].message,
        "`submit.request` no longer refuses members that it does not describe"
    );
    let text = json!({"type": "string"});
    assert_eq!(lines(&closed(json!({})), &closed(text.clone())), ["breaking type-changed submit.request/*"]);
    assert_eq!(
        lines(&closed(text.clone()), &closed(json!(false))),
        ["breaking type-changed submit.request/*"]
    );
    assert_eq!(lines(&closed(json!(false)), &closed(text)), ["compatible type-changed submit.request/*"]);
}
