//! The documents are sound OpenAPI, and each side holds what it should.

use std::collections::BTreeSet;

use super::*;
use crate::contract::check::rules::Checker;
use crate::contract::model::edition::{Edition, load};
use crate::operation::Operation;
use crate::vendors;

/// A vendor that does not exist.
pub(crate) fn sample() -> Contract {
    let edition = Edition { file: "sample.toml", text: include_str!("sample.toml") };
    load(edition, &[]).unwrap().pop().unwrap()
}

fn each_document(mut look: impl FnMut(&str, &Value)) {
    let sample = sample();
    let real = vendors().unwrap().iter().map(|vendor| &**vendor.contract);
    for contract in real.chain([&sample]) {
        for side in [View::Documented, View::Enforced] {
            look(&format!("{} {}", contract.full_id(), side.word()), &export(contract, side));
        }
    }
}

/// Calls `look` with every value in a document and the key it is under.
fn walk<'a>(value: &'a Value, key: &str, look: &mut impl FnMut(&str, &'a Value)) {
    look(key, value);
    match value {
        Value::Object(members) => members.iter().for_each(|(key, inner)| walk(inner, key, look)),
        Value::Array(items) => items.iter().for_each(|inner| walk(inner, "", look)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Every operation of a document with its path.
fn operations(document: &Value) -> Vec<(&str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().values().map(move |op| (path.as_str(), op)))
        .collect()
}

#[test]
fn every_reference_leads_somewhere() {
    each_document(|of, document| {
        walk(document, "", &mut |key, value| {
            if key == "$ref" || value.as_str().is_some_and(|text| text.starts_with("#/components/")) {
                let pointer = value.as_str().unwrap().strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{of}: {pointer} leads nowhere");
            }
        });
    });
}

#[test]
fn operations_have_unique_ids_responses_with_descriptions_and_all_their_path_parameters() {
    each_document(|of, document| {
        let mut ids = BTreeSet::new();
        for (path, operation) in operations(document) {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{of}: {operation}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(!responses.is_empty());
            for (status, response) in responses {
                assert!((200..600).contains(&status.parse::<u16>().unwrap()), "{of}: {status}");
                assert!(!response["description"].as_str().unwrap().is_empty(), "{of}: {path} {status}");
            }
            let declared: Vec<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            let named: Vec<&str> =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            assert_eq!(declared, named, "{of}: {path}");
        }
        assert!(!ids.is_empty() || of.ends_with("documented"), "{of}: no operations");
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert_eq!(*name, key(name), "{of}");
        }
    });
}

#[test]
fn every_schema_compiles_and_every_example_and_default_keeps_its_schema() {
    each_document(|of, document| {
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            let checker = Checker::new(schema.clone()).unwrap_or_else(|error| panic!("{of} {name}: {error}"));
            for member in crate::contract::check::schema::properties(checker.schema()) {
                if let Some(default) = member.1.get("default") {
                    assert!(
                        Checker::new(member.1.clone()).unwrap().accepts(default),
                        "{of} {name} {}",
                        member.0
                    );
                }
            }
        }
    });
    for vendor in vendors().unwrap() {
        let view = ViewedContract { contract: &vendor.contract, view: View::Enforced };
        for model in &Components::new(&view).models {
            assert!(!model.examples.is_empty(), "{vendor:?}: {} has no example", model.id);
        }
    }
}

/// Every schema of a document: whatever lies under a keyword or place that has schemas in it.
fn each_schema<'a>(value: &'a Value, key: &str, look: &mut impl FnMut(&'a Map<String, Value>)) {
    // Annotations and samples are no schemas, whatever their members are called.
    if key.starts_with("x-") || ["example", "examples", "default", "enum", "const"].contains(&key) {
        return;
    }
    match value {
        Value::Object(members) => {
            look(members);
            members.iter().for_each(|(key, inner)| each_schema(inner, key, look));
        }
        Value::Array(items) => items.iter().for_each(|inner| each_schema(inner, "", look)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn no_list_of_values_mixes_types_and_every_array_says_what_its_items_are() {
    each_document(|of, document| {
        each_schema(document, "", &mut |schema| {
            if let Some(Value::Array(listed)) = schema.get("enum") {
                let kinds: BTreeSet<&str> =
                    listed.iter().map(crate::contract::check::rules::kind_of).collect();
                assert!(kinds.len() < 2, "{of}: generators cannot make one enum of {listed:?}");
            }
            let kinds = match schema.get("type") {
                Some(Value::Array(several)) => several.clone(),
                Some(only) => vec![only.clone()],
                None => Vec::new(),
            };
            assert!(!kinds.contains(&json!("array")) || schema.contains_key("items"), "{of}: {schema:?}");
        });
    });
}

#[test]
fn every_operation_and_every_callback_says_what_credential_it_wants() {
    each_document(|of, document| {
        assert_eq!(document["info"]["license"]["identifier"], "MIT OR Apache-2.0");
        walk(document, "", &mut |_, value| {
            if value.get("responses").is_some_and(Value::is_object)
                && value.get("operationId").or(value.get("requestBody")).is_some()
            {
                assert!(value["security"].is_array(), "{of}: {value:#}");
            }
        });
    });
}

#[test]
fn listed_values_of_several_types_are_split_and_admit_what_they_admitted() {
    let schema = json!({"enum": ["5", "10", 5, 10, null], "default": "5", "description": "Seconds"});
    let split = super::view::published(&schema);
    let branches = json!([
        {"type": "string", "enum": ["5", "10"]},
        {"type": "integer", "enum": [5, 10]},
        {"type": "null", "enum": [null]},
    ]);
    assert_eq!(split, json!({"default": "5", "description": "Seconds", "anyOf": branches}));
    let both = [schema, split].map(|schema| Checker::new(schema).unwrap());
    for value in [json!("5"), json!(5), json!(10.0), json!(null), json!("7"), json!(7), json!(true)] {
        let [before, after] = both.each_ref().map(|checker| checker.accepts(&value));
        assert_eq!(before, after, "{value}");
    }
}

#[test]
fn a_required_text_that_counts_as_absent_when_empty_must_not_be_empty() {
    let schema = json!({"type": "object", "required": ["a", "b"], "properties": {
        "a": {"type": "string", "x-empty": "absent"}, "b": {"type": "string"}, "c": {"type": "string", "x-empty": "absent"},
    }});
    let shown = super::view::published(&schema);
    let least = |name: &str| shown["properties"][name].get("minLength").cloned();
    assert_eq!((least("a"), least("b"), least("c")), (Some(json!(1)), None, None));
}

#[test]
fn the_documented_side_holds_only_what_rests_on_documentation() {
    let document = export(&sample(), View::Documented);
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/make/short", "/make/long", "/jobs/{id}/fetch"]);
    let short = &document["components"]["schemas"]["submit.a-short"];
    let members: Vec<&String> = short["properties"].as_object().unwrap().keys().collect();
    assert_eq!(members, ["picture", "size", "force"]);
    assert_eq!(short["properties"]["size"]["enum"], json!([5, 10]));
    assert_eq!(
        short["properties"]["size"]["x-default"],
        json!("5"),
        "a default that is no integer is set aside"
    );
    let reply = &document["components"]["schemas"]["submit.reply"];
    assert_eq!((&reply["required"], reply["properties"].get("state")), (&json!(["id"]), None));
    assert_eq!(document["components"]["schemas"]["poll.reply"], json!({}));
    let submit = &document["paths"]["/make/short"]["post"];
    let statuses: Vec<&String> = submit["responses"].as_object().unwrap().keys().collect();
    assert_eq!(statuses, ["201", "401"]);
    walk(&document, "", &mut |key, _| assert_ne!(key, "x-documented"));
}

#[test]
fn the_enforced_side_holds_what_is_served() {
    let document = export(&sample(), View::Enforced);
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/make/short", "/make/long", "/jobs/{id}/fetch", "/jobs"], "an option hides a path");
    let submit = &document["paths"]["/make/short"]["post"];
    let statuses: Vec<&String> = submit["responses"].as_object().unwrap().keys().collect();
    assert_eq!(statuses, ["200", "400", "401", "415", "500"]);
    let form = &submit["requestBody"]["content"]["multipart/form-data"];
    assert_eq!(form["schema"], json!({"$ref": "#/components/schemas/submit.a-short.form"}));
    let own = &document["components"]["schemas"]["submit.a-short.form"];
    assert_eq!(own["title"], "Short, as a form");
    assert_eq!(own["properties"]["picture"]["anyOf"][0]["format"], "binary");
    assert_eq!(form["encoding"]["picture"]["contentType"], "text/plain, image/jpeg, image/png");
    let example = &form["examples"]["a-short.minimal"]["value"];
    assert_eq!(*example, json!({"picture": "https://pictures.example/first.jpeg", "size": "5"}));
    let schema = &document["components"]["schemas"]["submit.a-short"]["properties"];
    assert_eq!((&schema["hook"]["format"], &schema["secret"]["x-source"]), (&json!("uri"), &json!("idea")));
    assert_eq!(document["components"]["schemas"]["submit.a-long"]["deprecated"], true);
}

#[test]
fn a_submit_says_what_is_sent_to_the_address_in_its_body() {
    let document = export(&sample(), View::Enforced);
    let callbacks = &document["paths"]["/make/short"]["post"]["callbacks"];
    let sent = &callbacks["jobChanged"]["{$request.body#/hook}"]["post"];
    let schema = &sent["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(*schema, json!({"$ref": "#/components/schemas/poll.reply"}));
    assert_eq!(
        (&sent["x-phases"], &sent["x-option"]),
        (&json!(["running", "succeeded", "failed"]), &json!("calls"))
    );
    assert_eq!(document["paths"]["/jobs/{id}/fetch"]["get"].get("callbacks"), None);
    let documented = export(&sample(), View::Documented);
    assert_eq!(documented["paths"]["/make/short"]["post"].get("callbacks"), None, "it was only seen");
}

#[test]
fn a_refusal_with_a_good_status_stands_beside_the_good_answer() {
    let document = export(&sample(), View::Enforced);
    let found = &document["paths"]["/jobs/{id}/fetch"]["get"]["responses"]["200"];
    assert_eq!(found["content"]["application/json"]["schema"]["anyOf"].as_array().map(Vec::len), Some(2));
    assert_eq!(found["x-problems"][0]["text"], "No such | job");
    let listed = &document["paths"]["/jobs"]["get"]["responses"]["400"];
    assert_eq!(listed["description"], "`invalid.query`: Wrong query");
}

#[test]
fn several_models_on_one_path_are_told_apart_by_the_member_that_names_them() {
    let mut contract = sample();
    let submit = contract.operations.get_mut(&Operation::Submit).unwrap();
    submit.model_at = Some("/model".to_owned());
    submit.routes.truncate(1);
    submit.routes[0].model = None;
    let document = export(&contract, View::Enforced);
    let schema =
        &document["paths"]["/make/short"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let wanted = json!([{"$ref": "#/components/schemas/submit.a-short"}, {"$ref": "#/components/schemas/submit.a-long"}]);
    assert_eq!(schema["oneOf"], wanted);
    assert_eq!(schema["discriminator"]["propertyName"], "model");
    assert_eq!(schema["discriminator"]["mapping"]["a/long"], "#/components/schemas/submit.a-long");
}

#[test]
fn the_same_contract_makes_the_same_document() {
    each_document(|_, _| {});
    for vendor in vendors().unwrap() {
        let options = vendor.contract.default_options();
        let again = vendor.contract.with_options(&options).unwrap();
        let [once, twice] =
            [&**vendor.contract, &again].map(|contract| export(contract, View::Enforced).to_string());
        assert_eq!(once, twice);
    }
}
