//! Over every vendor, edition and model: good bodies pass, and each bad one breaks just its rule.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::*;
use crate::contract::check::normalise::normalised;
use crate::contract::check::rules::Checker;
use crate::vendors;

/// Texts that name images in each of the ways in which one can come.
const IMAGES: [&str; 3] = ["data:image/png;base64,iVBORw0KGgo=", "iVBORw0KGgo=", "cid:0"];

/// A source of choices that goes through a list again and again.
fn cycle(choices: Vec<usize>) -> impl FnMut(usize) -> usize {
    let mut next = 0;
    move |below| {
        next = (next + 1) % choices.len();
        choices[next] % below
    }
}

fn each_model(mut look: impl FnMut(&crate::Contract, &Model)) {
    for vendor in vendors().unwrap() {
        for model in vendor.contract.models.values() {
            look(&vendor.contract, model);
        }
    }
}

fn model(request: &Value) -> Model {
    serde_json::from_value(json!({
        "title": "test", "request": request, "source": "test",
        "output": {"pixels": [1, 1], "fps": 1, "seconds": 5, "extra_frames": 0, "source": "test"},
        "observed": {"queued": [1.0, 1.0], "running": [1.0, 1.0], "source": "test"},
    }))
    .unwrap()
}

/// Everything that a schema of ours may hold.
fn rich() -> Model {
    let image = json!({"role": "first", "formats": ["png"], "transports": ["part", "data_uri"]});
    let point = json!({"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}});
    model(&json!({
        "type": "object",
        "required": ["model", "image", "points", "kind"],
        "properties": {
            "model": {"type": "string", "const": "a"},
            "image": {"type": "string", "x-image": image, "x-empty": "absent"},
            "size": {"enum": [5, 10, "5", "10"]},
            "cfg": {"type": "number", "minimum": 0.0, "maximum": 1.0, "x-text": "number", "x-empty": "absent"},
            "loud": {"type": "boolean", "x-text": "boolean"},
            "hook": {"type": "string", "x-url": true, "minLength": 5, "maxLength": 60},
            "note": {"type": "string", "minLength": 2, "maxLength": 9},
            "code": {"type": "string", "minLength": 1, "x-empty": "absent"},
            "count": {"type": ["integer", "null"], "exclusiveMinimum": 0, "exclusiveMaximum": 4},
            "points": {"type": "array", "minItems": 2, "maxItems": 5, "items": point},
            "kind": {"type": "string", "enum": ["one", "onex"]},
        }
    }))
}

/// What a schema of alternatives may hold.
fn alternatives() -> Model {
    model(&json!({
        "type": "object",
        "required": ["model"],
        "anyOf": [{"required": ["prompt"]}, {"required": ["image"]}],
        "properties": {
            "model": {"type": "string", "const": "a"},
            "prompt": {"type": "string", "pattern": "^[0-9]+$"},
            "image": {"anyOf": [{"type": "string", "x-url": true}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]},
        }
    }))
}

/// The models of all editions, each schema once, and the two of these tests.
fn distinct() -> &'static [(String, Model)] {
    static LIST: OnceLock<Vec<(String, Model)>> = OnceLock::new();
    LIST.get_or_init(|| {
        let mut seen = BTreeSet::new();
        let mut list = vec![("test".to_owned(), rich()), ("test".to_owned(), alternatives())];
        each_model(|contract, held| {
            if seen.insert(held.request.to_string()) {
                list.push((format!("{} {}", contract.full_id(), held.id), model(&held.request)));
            }
        });
        list
    })
}

fn good_bodies_pass(of: &str, model: &Model, choices: &[usize]) {
    let body = good(model, &mut cycle(choices.to_vec()), &IMAGES);
    let violations = checker(model).violations(&body);
    assert!(violations.is_empty(), "{of}: {violations:?} in {body}");
}

fn each_bad_body_breaks_its_rule(of: &str, model: &Model, choices: &[usize]) {
    for bad in just_bad(model, &mut cycle(choices.to_vec()), &IMAGES) {
        // What a form carried was read once; what JSON carried may be, and is wrong either way.
        let violations = checker(model).violations(&normalised(&model.request, bad.body.clone()));
        let found: Vec<(&str, &str)> =
            violations.iter().map(|found| (found.pointer.as_str(), found.rule.name())).collect();
        assert_eq!(found, [(bad.pointer.as_str(), bad.rule)], "{of}: {}", bad.body);
    }
}

fn checker(model: &Model) -> &Checker {
    model.checker.get_or_init(|| Checker::new(model.request.clone()).unwrap())
}

#[test]
fn every_schema_of_every_edition_is_tried_with_a_few_ways_of_choosing() {
    let mixed: Vec<usize> = (0..97).map(|n| n * n % 31).collect();
    for (of, model) in distinct() {
        for choices in [&[0][..], &[1], &[2, 0], &mixed] {
            good_bodies_pass(of, model, choices);
            each_bad_body_breaks_its_rule(of, model, choices);
        }
    }
}

proptest! {
    #[test]
    fn a_good_body_keeps_every_rule(which: Index, choices in prop::collection::vec(0_usize..1000, 1..60)) {
        let (of, model) = which.get(distinct());
        good_bodies_pass(of, model, &choices);
    }

    #[test]
    fn a_just_bad_body_breaks_its_rule_in_its_place_and_no_other(
        which: Index, choices in prop::collection::vec(0_usize..1000, 1..60)
    ) {
        let (of, model) = which.get(distinct());
        each_bad_body_breaks_its_rule(of, model, &choices);
    }

    #[test]
    fn the_same_choices_make_the_same_bodies(choices in prop::collection::vec(0_usize..1000, 1..30)) {
        let model = rich();
        let once = just_bad(&model, &mut cycle(choices.clone()), &IMAGES);
        prop_assert_eq!(once, just_bad(&model, &mut cycle(choices), &IMAGES));
    }
}

/// The rules that a schema declares for the members of a body: `(pointer, name of the rule)`.
fn declared_rules(schema: &Value, pointer: &str, found: &mut BTreeSet<(String, &'static str)>) {
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let place = below(pointer, name);
        if is_required(schema, name) {
            found.insert((place.clone(), "required"));
        }
        rules_of(property, &place, found);
    }
    if let Some(items) = schema.get("items") {
        rules_of(items, &below(pointer, "0"), found);
    }
}

fn rules_of(schema: &Value, place: &str, found: &mut BTreeSet<(String, &'static str)>) {
    let named = [
        ("type", "type"),
        ("enum", "enum"),
        ("const", "enum"),
        ("minimum", "minimum"),
        ("maximum", "maximum"),
        ("maxLength", "max_length"),
        ("minItems", "min_items"),
        ("maxItems", "max_items"),
        ("x-url", "url"),
    ];
    let listed = schema.get("enum").is_some() || schema.get("const").is_some();
    for (keyword, rule) in named {
        if schema.get(keyword).is_some() && (!listed || ["type", "enum"].contains(&rule)) {
            found.insert((place.to_owned(), rule));
        }
    }
    declared_rules(schema, place, found);
}

#[test]
fn every_rule_that_a_schema_declares_is_broken_by_some_body() {
    let mut seen = 0;
    let mut look = |model: &Model, of: &str| {
        let mut declared = BTreeSet::new();
        declared_rules(&model.request, "", &mut declared);
        // What may be of several types is so only in some bodies.
        let several = |at: &[usize]| good(model, &mut cycle(at.to_vec()), &IMAGES);
        let others = (0..40_usize).map(|n| several(&[n % 7, n % 5, n % 3, n % 2, n / 3, n / 5, n / 7]));
        let broken: BTreeSet<(String, &str)> = std::iter::once(complete(model, &IMAGES))
            .chain(others)
            .flat_map(|body| breaks(model, &body, &IMAGES))
            .map(|bad| (bad.pointer, bad.rule))
            .collect();
        let missing: Vec<_> = declared.difference(&broken).collect();
        assert!(missing.is_empty(), "{of} {}: no body breaks {missing:?}", model.id);
        seen += declared.len();
    };
    look(&rich(), "test");
    each_model(|contract, model| {
        if !combined::is_combined(&model.request) {
            look(model, &contract.full_id());
        }
    });
    assert!(seen > 50, "only {seen} rules were looked at");
}

#[test]
fn canonical_bodies_keep_every_rule_and_the_minimal_one_has_nothing_to_spare() {
    each_model(|contract, model| {
        let checker = contract.request_checker(model);
        for body in [minimal(model, &IMAGES), full(model, &IMAGES), complete(model, &IMAGES)] {
            assert!(checker.accepts(&body), "{}: {body}", contract.full_id());
        }
        let body = full(model, &IMAGES);
        assert_eq!(upstream::judge(&MakerRule::ALL, model, &JobIntent::read(model, &body)), None, "{body}");
    });
    let body = minimal(&rich(), &IMAGES);
    let names: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["model", "image", "points", "kind"]);
    assert_eq!(body["points"], json!([{"x": 10}, {"x": 20}]));
    assert_eq!(body["image"], IMAGES[0], "an address is not how this picture may come");
}

#[test]
fn breaks_are_as_small_as_can_be() {
    let model = rich();
    let body = complete(&model, &IMAGES);
    let told: Vec<(String, &str, Value)> = breaks(&model, &body, &IMAGES)
        .into_iter()
        .map(|bad| {
            (bad.pointer.clone(), bad.rule, bad.body.pointer(&bad.pointer).cloned().unwrap_or_default())
        })
        .collect();
    let has = |pointer: &str, rule: &str, value: Value| {
        assert!(
            told.contains(&(pointer.to_owned(), rule_named(rule), value.clone())),
            "{pointer} {rule} {value}"
        );
    };
    has("/cfg", "maximum", json!(1.01));
    has("/cfg", "minimum", json!(-0.01));
    has("/cfg", "type", json!("much"));
    has("/count", "minimum", json!(0));
    has("/count", "maximum", json!(4));
    has("/size", "enum", json!(6));
    has("/size", "enum", json!("6"));
    has("/kind", "enum", json!("onexx"));
    has("/image", "required", json!(""));
    has("/points/0/x", "type", json!("30"));
    has("/points/0/x", "type", json!(30.5));
    has("/note", "min_length", json!("n"));
    has("/hook", "url", json!("files.example/file"));
    assert!(!told.iter().any(|(pointer, rule, _)| pointer == "/code" && *rule == "min_length"));
}

fn rule_named(name: &str) -> &'static str {
    ["required", "type", "enum", "minimum", "maximum", "min_length", "url"]
        .into_iter()
        .find(|known| *known == name)
        .unwrap()
}

#[test]
fn members_that_do_not_go_together_give_way_to_those_declared_first() {
    let mut model = rich();
    let image = |role: &str| json!({"type": "string", "x-image": {"role": role, "formats": [], "transports": ["url"]}});
    model.request = json!({"type": "object", "required": ["image"], "properties": {
        "image": image("first"), "tail": image("tail"), "mask": image("mask"),
        "duration": {"type": "integer", "enum": [10, 5], "x-role": "duration"}}});
    let rows = &upstream::capabilities().row;
    let row = rows.iter().find(|row| row.image && row.tail.contains(&10) && row.masks.is_empty()).unwrap();
    let maker = json!({"model": row.model, "mode": row.mode, "source": "test"});
    model.maker = serde_json::from_value(maker).unwrap();
    let names = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&complete(&model, &[])), ["image", "tail", "mask", "duration"]);
    assert_eq!(names(&full(&model, &[])), ["image", "tail", "duration"]);
    model.request["properties"].as_object_mut().unwrap().shift_remove("tail");
    model.request["properties"]["masks"] = json!({"type": "array", "items": image("mask")});
    assert_eq!(names(&full(&model, &[])), ["image", "duration"], "both masks have to go at once");
}
