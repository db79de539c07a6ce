//! Rewritings that keep what a schema lets pass: the report of each is empty.

use serde_json::{Map, Value, json};

use super::sites::sites;
use super::{SOURCES, read, value_of, wire};
use crate::compare;

/// A rewriting of one schema; `None` if it has no place for it.
type Rewriting = fn(&mut Value) -> Option<()>;

fn typed(schema: &Value, words: &[&str]) -> Option<()> {
    words.contains(&schema.get("type")?.as_str()?).then_some(())
}

/// A schema without what a reader of the member must see where it stands.
fn wrap(schema: &mut Value, by: impl Fn(Value) -> Value) -> Option<()> {
    schema.is_object().then_some(())?;
    *schema = by(schema.take());
    Some(())
}

const REWRITINGS: &[(&str, Rewriting)] = &[
    ("all of one", |schema| wrap(schema, |held| json!({"allOf": [held]}))),
    ("any of one", |schema| wrap(schema, |held| json!({"anyOf": [held]}))),
    ("one of one", |schema| wrap(schema, |held| json!({"oneOf": [held]}))),
    ("any of the same twice", |schema| wrap(schema, |held| json!({"anyOf": [held.clone(), held]}))),
    ("all of the same twice", |schema| wrap(schema, |held| json!({"allOf": [held.clone(), held]}))),
    ("all of this and anything", |schema| wrap(schema, |held| json!({"allOf": [held, {}]}))),
    ("any of this and nothing", |schema| wrap(schema, |held| json!({"anyOf": [held, {"not": {}}]}))),
    ("all of its keywords one by one", |schema| {
        let members = schema.as_object()?.clone();
        let apart = [
            "properties",
            "required",
            "additionalProperties",
            "type",
            "nullable",
            "exclusiveMinimum",
            "minimum",
            "discriminator",
        ];
        let (together, alone): (Map<_, _>, Map<_, _>) =
            members.into_iter().partition(|(key, _)| apart.contains(&key.as_str()));
        let mut parts = vec![Value::Object(together)];
        parts.extend(alone.into_iter().map(|(key, value)| json!({key: value})));
        *schema = json!({"allOf": parts});
        Some(())
    }),
    ("members in two parts", |schema| {
        schema.get("additionalProperties").is_none().then_some(())?;
        let members = schema.get("properties")?.as_object()?.clone();
        let (index, _) = (members.len() / 2, ());
        let first: Map<_, _> = members.clone().into_iter().take(index).collect();
        let rest: Map<_, _> = members.into_iter().skip(index).collect();
        schema["properties"] = Value::Object(first);
        schema["allOf"] = json!([{"properties": rest}]);
        Some(())
    }),
    ("values one by one", |schema| {
        let values = schema.get("enum")?.as_array()?.clone();
        let held = schema.as_object_mut()?;
        held.shift_remove("enum");
        let parts: Vec<Value> = values.into_iter().map(|value| json!({"const": value})).collect();
        schema["oneOf"] = Value::from(parts);
        Some(())
    }),
    ("values in another order, one twice", |schema| {
        let values = schema.get_mut("enum")?.as_array_mut()?;
        values.reverse();
        let first = values[0].clone();
        values.push(first);
        Some(())
    }),
    ("a constant as a list", |schema| {
        let value = schema.as_object_mut()?.shift_remove("const")?;
        schema["enum"] = json!([value]);
        Some(())
    }),
    ("a whole number as a number in steps of one", |schema| {
        typed(schema, &["integer"])?;
        schema.get("multipleOf").is_none().then_some(())?;
        schema["type"] = json!("number");
        schema["multipleOf"] = json!(1);
        Some(())
    }),
    ("a whole number in steps of one", |schema| {
        typed(schema, &["integer"])?;
        schema["multipleOf"] = json!(1.0);
        Some(())
    }),
    ("a bound without the number itself", |schema| {
        typed(schema, &["integer"])?;
        schema.get("exclusiveMinimum").is_none().then_some(())?;
        let least = schema.as_object_mut()?.shift_remove("minimum")?.as_i64()?;
        schema["exclusiveMinimum"] = json!(least - 1);
        Some(())
    }),
    ("a bound between whole numbers", |schema| {
        typed(schema, &["integer"])?;
        let most = schema.get("maximum")?.as_f64()?;
        schema["maximum"] = json!(most + 0.5);
        Some(())
    }),
    ("bounds that bound nothing", |schema| {
        typed(schema, &["string"])?;
        schema.get("minLength").is_none().then_some(())?;
        schema["minLength"] = json!(0);
        schema["maximum"] = json!(3);
        schema["minItems"] = json!(0);
        schema["uniqueItems"] = json!(false);
        Some(())
    }),
    ("a bound beside a tighter one", |schema| {
        let most = schema.get("maxLength")?.as_i64()?;
        schema["allOf"] = json!([{"maxLength": most + 5}]);
        Some(())
    }),
    ("numbers as decimals", |schema| {
        let most = schema.get("maximum")?.as_i64()?;
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let decimal = most as f64;
        schema["maximum"] = json!(decimal);
        Some(())
    }),
    ("anything besides, said aloud", |schema| {
        typed(schema, &["object"])?;
        schema.get("additionalProperties").is_none().then_some(())?;
        schema["additionalProperties"] = json!({});
        Some(())
    }),
    ("nothing besides, in other words", |schema| {
        (schema.get("additionalProperties")? == &json!(false)).then_some(())?;
        schema["additionalProperties"] = json!({"not": {}});
        Some(())
    }),
    ("a demand for as many members as there must be", |schema| {
        let count = schema.get("required")?.as_array()?.len();
        schema["minProperties"] = json!(count);
        Some(())
    }),
    ("demands in another order and part", |schema| {
        let mut required = schema.as_object_mut()?.shift_remove("required")?;
        required.as_array_mut()?.reverse();
        schema["allOf"] = json!([{"required": required}]);
        Some(())
    }),
    ("members in another order", |schema| {
        let members = schema.get("properties")?.as_object()?.clone();
        schema["properties"] = Value::Object(members.into_iter().rev().collect());
        Some(())
    }),
    ("a list of one type", |schema| {
        let word = schema.get("type")?.as_str()?.to_owned();
        schema["type"] = json!([word]);
        Some(())
    }),
    ("null as a form", |schema| {
        let words = schema.get("type")?.as_array()?.clone();
        words.iter().any(|word| word == "null").then_some(())?;
        schema["type"] = words[0].clone();
        wrap(schema, |held| json!({"anyOf": [held, {"type": "null"}]}))
    }),
    ("null as a type", |schema| {
        (schema.as_object_mut()?.shift_remove("nullable")? == json!(true)).then_some(())?;
        let word = schema.get("type")?.as_str()?.to_owned();
        schema["type"] = json!(["null", word]);
        Some(())
    }),
    ("forms in another order", |schema| {
        let key = if schema.get("anyOf").is_some() { "anyOf" } else { "oneOf" };
        schema.get_mut(key)?.as_array_mut()?.reverse();
        Some(())
    }),
    ("a form within a form", |schema| {
        let key = if schema.get("anyOf").is_some() { "anyOf" } else { "oneOf" };
        let parts = schema.as_object_mut()?.shift_remove(key)?;
        let parts = parts.as_array()?;
        let rest = parts.get(1..)?;
        schema["anyOf"] = json!([parts[0], {"anyOf": rest}]);
        Some(())
    }),
    ("a form that another one has in it", |schema| {
        let parts = schema.get_mut("anyOf")?.as_array_mut()?;
        let first = parts.iter().find(|part| part.get("type").is_some_and(|word| word == "string"))?.clone();
        parts.push(json!({"allOf": [first, {"minLength": 3}]}));
        Some(())
    }),
    ("words", |schema| {
        schema.is_object().then(|| {
            schema["description"] = json!("other words");
            schema["title"] = json!("Title");
            schema["x-mine"] = json!(1);
            schema["$comment"] = json!("why");
        })
    }),
];

#[test]
fn rewritings_that_keep_the_values_leave_the_report_empty() {
    let mut wrong = Vec::new();
    let mut total = 0;
    for (style, notation, source) in SOURCES {
        let root = value_of(source);
        let old = read(&root, notation);
        let all = sites(&root);
        for (name, rewriting) in REWRITINGS {
            let mut made = 0;
            for site in &all {
                let mut rewritten = root.clone();
                let schema = rewritten.pointer_mut(&site.pointer).unwrap();
                if made >= 24 || rewriting(schema).is_none() {
                    continue;
                }
                made += 1;
                total += 1;
                let new = read(&rewritten, notation);
                for report in [compare(&old, &new), compare(&new, &old)] {
                    if let Some(first) = wire(&report).first() {
                        wrong.push(format!("{style}: {name} at {}: {}", site.pointer, super::line(first)));
                    }
                }
            }
        }
    }
    assert!(total > 1_500, "{total} rewritings");
    assert!(wrong.is_empty(), "{} of {total}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_schema_that_is_referred_to_is_the_one_that_is_written_out() {
    for (style, notation, source) in SOURCES {
        let root = value_of(source);
        let old = read(&root, notation);
        for site in sites(&root).iter().filter(|site| !site.pointer.starts_with("/components/schemas/")) {
            let mut moved = root.clone();
            let held = moved.pointer_mut(&site.pointer).unwrap().take();
            moved["components"]["schemas"]["Moved_here"] = held;
            *moved.pointer_mut(&site.pointer).unwrap() = json!({"$ref": "#/components/schemas/Moved_here"});
            let report = compare(&old, &read(&moved, notation));
            let lines: Vec<String> = wire(&report).into_iter().map(super::line).collect();
            assert_eq!(lines, Vec::<String>::new(), "{style}: {}", site.pointer);
        }
    }
}
