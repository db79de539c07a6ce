//! The documents as other programs take them: no mixed lists, arrays with items, credentials, and examples that
//! the emulator accepts.

use mockreel_contracts::contract::views::openapi::{View, export};
use mockreel_contracts::{Vendor, vendors};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value};

use crate::support::{Answer, Caller, KEY, quiet};

/// Every document with its name: all editions, both views, and that of the control API.
fn documents() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for vendor in vendors().unwrap() {
        for view in [View::Enforced, View::Documented] {
            let name = format!("{} {}", vendor.contract.full_id(), view.word());
            all.push((name, export(&vendor.contract, view)));
        }
    }
    let control = concat!(env!("CARGO_MANIFEST_DIR"), "/emulator/src/admin/openapi.json");
    let control = serde_json::from_str(&std::fs::read_to_string(control).unwrap()).unwrap();
    all.push(("control API".to_owned(), control));
    all
}

/// Calls `look` with every object in a document that is no annotation and no sample.
fn walk<'a>(value: &'a Value, key: &str, look: &mut impl FnMut(&'a Map<String, Value>)) {
    if key.starts_with("x-") || ["example", "examples", "default", "enum", "const"].contains(&key) {
        return;
    }
    match value {
        Value::Object(members) => {
            look(members);
            members.iter().for_each(|(key, inner)| walk(inner, key, look));
        }
        Value::Array(items) => items.iter().for_each(|inner| walk(inner, "", look)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn generators_find_nothing_in_a_document_that_they_would_leave_out() {
    for (name, document) in documents() {
        assert_eq!(document["info"]["license"]["identifier"], "MIT OR Apache-2.0", "{name}");
        let covered = document["security"].is_array();
        walk(&document, "", &mut |object| {
            if let Some(Value::Array(listed)) = object.get("enum") {
                let kind = |value: &Value| std::mem::discriminant(value);
                // A null beside one other type is what OpenAPI 3.1 writes for a value that may be absent.
                let mut kinds: Vec<_> = listed.iter().filter(|value| !value.is_null()).map(kind).collect();
                kinds.dedup();
                assert!(kinds.len() < 2, "{name}: {listed:?} has values of several types");
            }
            let kinds = match object.get("type") {
                Some(Value::Array(several)) => several.clone(),
                other => other.cloned().into_iter().collect(),
            };
            assert!(!kinds.contains(&"array".into()) || object.contains_key("items"), "{name}: {object:?}");
            let called =
                object.contains_key("responses") && object.get("responses").is_some_and(Value::is_object);
            let operation =
                called && (object.contains_key("operationId") || object.contains_key("requestBody"));
            assert!(!operation || covered || object.contains_key("security"), "{name}: {object:?}");
        });
    }
}

/// Sends an example as a generated client does: JSON, or a form whose parts have the first type that is declared.
async fn send(caller: &Caller, url: &str, media_type: &str, content: &Value, example: &Value) -> Answer {
    let request = caller.request(Method::POST, url);
    if media_type == "application/json" {
        return caller.send(request.json(example)).await;
    }
    assert_eq!(media_type, "multipart/form-data", "no other body is known");
    let mut form = Form::new();
    for (name, value) in example.as_object().unwrap() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let types = content["encoding"][name]["contentType"].as_str().unwrap_or("text/plain");
        let first = types.split(',').next().unwrap().trim();
        form = form.part(name.clone(), Part::text(text).mime_str(first).unwrap());
    }
    caller.send(request.multipart(form)).await
}

/// Sends every example of a vendor's documents to an emulator of it; how many there were.
async fn send_examples(vendor: &Vendor) -> usize {
    let emulator = quiet().vendor(vendor.clone()).start().await.unwrap();
    let base = emulator.url(vendor.id());
    let mut sent = 0;
    for view in [View::Enforced, View::Documented] {
        let document = export(&vendor.contract, view);
        for (path, item) in document["paths"].as_object().unwrap() {
            let post = &item["post"];
            let bodies = post["requestBody"]["content"].as_object();
            // What an option hides answers only where it is switched on.
            let hidden =
                post["x-option"].as_str().is_some_and(|name| vendor.contract.options[name].default == "off");
            for (media_type, content) in bodies.into_iter().flatten().filter(|_| !hidden) {
                for (name, example) in content["examples"].as_object().into_iter().flatten() {
                    let url = format!("{base}{path}");
                    let answer =
                        send(&Caller::with_key(KEY), &url, media_type, content, &example["value"]).await;
                    assert!(
                        (200..300).contains(&answer.status),
                        "{vendor:?} {} {path} {media_type} {name}: {} {}",
                        view.word(),
                        answer.status,
                        answer.text()
                    );
                    sent += 1;
                }
            }
        }
    }
    sent
}

#[tokio::test]
async fn every_example_of_every_document_is_accepted() {
    for vendor in vendors().unwrap() {
        assert!(send_examples(vendor).await > 1, "{vendor:?} has examples");
    }
}
