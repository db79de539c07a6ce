//! Schemas put together from several (`allOf`, `anyOf`, `oneOf`): one of their readings as a plain schema.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// The keywords that put schemas together, and those whose effect cannot be foreseen from one member alone.
const COMBINING: [&str; 9] = [
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
    "pattern",
];

/// A schema with everything of `allOf` and one branch of `anyOf` and `oneOf` laid over it.
pub(super) fn flattened(schema: &Value, mut pick: impl FnMut(usize) -> usize) -> Cow<'_, Value> {
    let Value::Object(members) = schema else { return Cow::Borrowed(schema) };
    if !["allOf", "anyOf", "oneOf"].iter().any(|key| members.contains_key(*key)) {
        return Cow::Borrowed(schema);
    }
    let mut plain = members.clone();
    for part in list(plain.shift_remove("allOf")) {
        lay_over(&mut plain, part);
    }
    for key in ["anyOf", "oneOf"] {
        let mut branches = list(plain.shift_remove(key));
        if !branches.is_empty() {
            let chosen = pick(branches.len());
            lay_over(&mut plain, branches.swap_remove(chosen));
        }
    }
    Cow::Owned(flattened(&Value::Object(plain), pick).into_owned())
}

/// Whether anything in a schema makes the effect of a change on its neighbours hard to foresee.
pub(super) fn is_combined(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.iter().any(|(key, value)| {
            // A member of a body may be called like a keyword; then the property map is walked by name.
            if key == "properties" {
                return value.as_object().is_some_and(|properties| properties.values().any(is_combined));
            }
            // What is annotated is no schema of the body's.
            !key.starts_with("x-") && (COMBINING.contains(&key.as_str()) || is_combined(value))
        }),
        Value::Array(items) => items.iter().any(is_combined),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_))
        | None => Vec::new(),
    }
}

/// Lays a schema over another: lists of required members grow, objects merge, everything else replaces.
fn lay_over(target: &mut Map<String, Value>, part: Value) {
    let Value::Object(part) = part else { return };
    for (key, value) in part {
        match (target.get_mut(&key), value) {
            (Some(Value::Array(held)), Value::Array(more)) if key == "required" => held.extend(more),
            (Some(Value::Object(held)), value @ Value::Object(_)) => lay_over(held, value),
            (_, value) => {
                target.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_branch_and_all_parts_become_one_plain_schema() {
        let schema = json!({
            "type": "object", "required": ["a"],
            "allOf": [{"properties": {"a": {"type": "string"}}}],
            "anyOf": [{"required": ["b"]}, {"required": ["c"], "oneOf": [{"title": "inner"}]}],
        });
        let plain = flattened(&schema, |below| below - 1).into_owned();
        let wanted = json!({
            "type": "object", "required": ["a", "c"], "properties": {"a": {"type": "string"}}, "title": "inner"});
        assert_eq!(plain, wanted);
    }

    #[test]
    fn a_member_called_like_a_keyword_is_no_keyword() {
        assert!(!is_combined(&json!({"properties": {"pattern": {"type": "string"}}})));
        assert!(is_combined(&json!({"properties": {"size": {"pattern": "^[0-9]+$"}}})));
        assert!(is_combined(&json!({"items": {"oneOf": []}})));
    }
}
