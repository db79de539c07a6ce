//! Keywords of one schema that need no other: types, values, bounds, encodings.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::surface::{Discriminator, LIMITS, Node, Type, sort_values};

/// Keywords that are read, or that only people and tools for documents read.
pub(super) const KNOWN: [&str; 60] = [
    "$ref",
    "$defs",
    "definitions",
    "$schema",
    "$comment",
    "$anchor",
    "$dynamicAnchor",
    "type",
    "nullable",
    "enum",
    "const",
    "required",
    "properties",
    "additionalProperties",
    "items",
    "allOf",
    "anyOf",
    "oneOf",
    "format",
    "default",
    "readOnly",
    "writeOnly",
    "deprecated",
    "title",
    "description",
    "example",
    "examples",
    "externalDocs",
    "discriminator",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "minContains",
    "maxContains",
    "dependentRequired",
    "dependencies",
    "contentMediaType",
    "contentEncoding",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "additionalItems",
    "contentSchema",
    "prefixItems",
    "patternProperties",
];

/// The types that `type` names, and whether null is one of them.
pub(super) fn types_of(words: &Value) -> (BTreeSet<Type>, bool) {
    let listed = match words {
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect::<Vec<&str>>(),
    };
    let types: BTreeSet<Type> = listed.iter().filter_map(|word| Type::parse(word)).collect();
    (types, listed.contains(&"null"))
}

/// `enum` and `const`; null among the values means that it may be null, and the values tell the type.
pub(super) fn read_values(schema: &Value, node: &mut Node) {
    let single = schema.get("const").map(|value| vec![value.clone()]);
    let listed = schema.get("enum").and_then(Value::as_array).cloned();
    let nullable = node.nullable || schema.get("type").is_none();
    let Some(mut values) = single.or(listed) else { return };
    values.iter_mut().for_each(|value| *value = whole(value));
    let before = values.len();
    values.retain(|value| !value.is_null());
    // `null` must be of the type, and among the values: in 3.0 `nullable` beside a list without it lets no null pass,
    // which no vendor means.
    node.nullable |= nullable && values.len() < before;
    sort_values(&mut values);
    if node.types.is_empty() {
        node.types = values.iter().filter_map(Type::of).collect();
    }
    node.values = Some(values);
}

/// The bounds; the truth value of 3.0 beside a bound becomes the bound of 3.1.
pub(super) fn limits_of(schema: &Value) -> std::collections::BTreeMap<String, Value> {
    let mut limits = std::collections::BTreeMap::new();
    for (keyword, _) in LIMITS {
        match schema.get(keyword) {
            None | Some(Value::Bool(_) | Value::Null) => {}
            Some(limit) => {
                limits.insert(keyword.to_owned(), whole(limit));
            }
        }
    }
    for (exclusive, inclusive) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if schema.get(exclusive) == Some(&Value::Bool(true))
            && let Some(limit) = limits.remove(inclusive)
        {
            limits.insert(exclusive.to_owned(), limit);
        }
    }
    for keyword in ["minContains", "maxContains", "dependentRequired", "dependencies"] {
        if let Some(limit) = schema.get(keyword) {
            limits.insert(keyword.to_owned(), whole(limit));
        }
    }
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        limits.insert("uniqueItems".to_owned(), Value::Bool(true));
    }
    // Every text fits these.
    if limits.get("pattern").and_then(Value::as_str).is_some_and(|text| ["", ".*", "^.*$"].contains(&text)) {
        limits.remove("pattern");
    }
    if limits.get("minContains") == Some(&Value::from(1)) {
        limits.remove("minContains");
    }
    // Nothing is shorter than nothing.
    limits.retain(|keyword, limit| {
        !(keyword.starts_with("min")
            && !["minimum", "minContains"].contains(&keyword.as_str())
            && limit == &Value::from(0))
    });
    limits
}

/// How bytes travel in a text: 3.1 has keywords for what 3.0 calls a format.
pub(super) fn read_encoding(schema: &Value, node: &mut Node) {
    let word = |keyword: &str| schema.get(keyword).and_then(Value::as_str).map(str::to_ascii_lowercase);
    let (media, encoding) = (word("contentMediaType"), word("contentEncoding"));
    let format = match (&media, encoding.as_deref()) {
        (_, Some("base64")) => "byte",
        (Some(media), None) if !media.contains("json") => "binary",
        (_, Some(other)) => {
            node.limits.insert("contentEncoding".to_owned(), Value::from(other));
            return;
        }
        _ => return,
    };
    node.format.get_or_insert_with(|| format.to_owned());
    let plain = media.filter(|media| media != "application/octet-stream");
    if let Some(media) = plain {
        node.limits.insert("contentMediaType".to_owned(), Value::from(media));
    }
}

/// What tells alternatives apart. A form that no word is given to answers to its own name.
pub(super) fn read_discriminator(schema: &Value) -> Option<Discriminator> {
    let told = schema.get("discriminator")?;
    let property = told.get("propertyName")?.as_str()?.to_owned();
    let last = |text: &str| text.rsplit(['/', '#']).next().unwrap_or_default().to_owned();
    let mapping = told.get("mapping").and_then(Value::as_object);
    let mut words: BTreeMap<String, String> = mapping
        .into_iter()
        .flatten()
        .filter_map(|(word, form)| Some((word.clone(), last(form.as_str()?))))
        .collect();
    for part in ["oneOf", "anyOf"].into_iter().filter_map(|key| schema.get(key)?.as_array()).flatten() {
        let Some(name) = part.get("$ref").and_then(Value::as_str).map(last) else { continue };
        if !words.values().any(|held| *held == name) {
            words.insert(name.clone(), name);
        }
    }
    Some(Discriminator { property, words })
}

/// `1.0` and `1` are one number.
pub(super) fn whole(limit: &Value) -> Value {
    match limit.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "the number is whole and small enough")]
        Some(number) if limit.is_f64() && number.fract() == 0.0 && number.abs() < 1e15 => {
            Value::from(number as i64)
        }
        _ => limit.clone(),
    }
}
