//! JSON Schema as values: references, documented views, and the order of declaration.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Replaces every `$ref` to `#/$defs/NAME` by what it names; members beside the `$ref` win.
///
/// # Errors
///
/// Names the reference that leads nowhere, elsewhere, or in a circle.
pub fn resolve(schema: &Value, defs: &Map<String, Value>) -> Result<Value, String> {
    resolve_below(schema, defs, &mut Vec::new())
}

fn resolve_below(
    schema: &Value,
    defs: &Map<String, Value>,
    within: &mut Vec<String>,
) -> Result<Value, String> {
    match schema {
        Value::Object(members) => {
            let mut resolved = Map::new();
            if let Some(reference) = members.get("$ref") {
                let name = reference.as_str().and_then(|text| text.strip_prefix("#/$defs/"));
                let name =
                    name.ok_or_else(|| format!("`$ref` {reference} is not of the form #/$defs/NAME"))?;
                if within.iter().any(|outer| outer == name) {
                    return Err(format!("`$ref` #/$defs/{name} leads in a circle"));
                }
                let target =
                    defs.get(name).ok_or_else(|| format!("there is no schema `{name}` in [schemas]"))?;
                within.push(name.to_owned());
                let target = resolve_below(target, defs, within)?;
                within.pop();
                if let Value::Object(target) = target {
                    resolved.extend(target);
                }
            }
            for (key, value) in members {
                if key != "$ref" {
                    overlay(&mut resolved, key, resolve_below(value, defs, within)?);
                }
            }
            Ok(Value::Object(resolved))
        }
        Value::Array(items) => items.iter().map(|item| resolve_below(item, defs, within)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(schema.clone()),
    }
}

/// Puts a member over what is there: objects merge, everything else replaces.
fn overlay(target: &mut Map<String, Value>, key: &str, value: Value) {
    match (target.get_mut(key), value) {
        (Some(Value::Object(held)), Value::Object(inner)) => {
            for (name, member) in inner {
                overlay(held, &name, member);
            }
        }
        (_, value) => {
            target.insert(key.to_owned(), value);
        }
    }
}

/// The schema that the documentation states: every `x-documented` replaces the keywords it names.
pub fn documented(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut view: Map<String, Value> = Map::new();
            for (key, value) in members {
                if key != "x-documented" {
                    view.insert(key.clone(), documented(value));
                }
            }
            if let Some(Value::Object(stated)) = members.get("x-documented") {
                for (key, value) in stated {
                    if value.is_null() || value == "absent" {
                        view.remove(key);
                    } else {
                        view.insert(key.clone(), value.clone());
                    }
                }
            }
            Value::Object(view)
        }
        Value::Array(items) => items.iter().map(documented).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

/// The schema of the value at a JSON Pointer of an instance, through `properties` and `items`.
pub fn at<'a>(schema: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(schema, |inner, token| {
        let name = unescape(token);
        inner.get("properties").and_then(|members| members.get(&name)).or_else(|| {
            token.parse::<usize>().ok()?;
            inner.get("items")
        })
    })
}

/// Every property of the schema with its pointer (`*` for the items of an array), in order of declaration.
pub fn properties(schema: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    collect(schema, "", &mut found);
    found
}

fn collect<'a>(schema: &'a Value, pointer: &str, found: &mut Vec<(String, &'a Value)>) {
    if let Some(Value::Object(members)) = schema.get("properties") {
        for (name, member) in members {
            let inner = format!("{pointer}/{}", escape(name));
            found.push((inner.clone(), member));
            collect(member, &inner, found);
        }
    }
    if let Some(items) = schema.get("items") {
        collect(items, &format!("{pointer}/*"), found);
    }
}

/// A member name as a token of a JSON Pointer (RFC 6901).
pub fn escape(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) {
        Cow::Owned(name.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(name)
    }
}

/// The value at a JSON Pointer, as [`Value::pointer`] finds it. Allocates nothing for an ordinary pointer.
pub fn look_up<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    if pointer.contains('~') || !(pointer.is_empty() || pointer.starts_with('/')) {
        return value.pointer(pointer);
    }
    pointer.split('/').skip(1).try_fold(value, |inner, token| match inner {
        Value::Object(members) => members.get(token),
        // How an index is written, the library decides.
        Value::Array(_) => inner.pointer(&format!("/{token}")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

/// The member name that a token of a JSON Pointer means (RFC 6901).
pub fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// The rank of an instance pointer in the schema's order of declaration; unknown places come last.
pub(crate) fn rank(schema: &Value, pointer: &str) -> Vec<usize> {
    let mut inner = Some(schema);
    pointer
        .split('/')
        .skip(1)
        .map(|token| {
            let members = inner.and_then(|held| held.get("properties")).and_then(Value::as_object);
            let name = unescape(token);
            if let Some(place) = members.and_then(|members| members.keys().position(|key| *key == name)) {
                inner = members.and_then(|members| members.get(&name));
                return place;
            }
            inner = inner.and_then(|held| held.get("items"));
            token.parse().unwrap_or(usize::MAX)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_is_replaced_and_its_neighbours_win() {
        let defs = json!({"text": {"type": "string", "maxLength": 5}});
        let schema = json!({"properties": {"prompt": {"$ref": "#/$defs/text", "maxLength": 9}}});
        let resolved = resolve(&schema, defs.as_object().unwrap()).unwrap();
        assert_eq!(resolved, json!({"properties": {"prompt": {"type": "string", "maxLength": 9}}}));
    }

    #[test]
    fn a_reference_in_a_circle_is_an_error() {
        let defs = json!({"a": {"items": {"$ref": "#/$defs/b"}}, "b": {"$ref": "#/$defs/a"}});
        let error = resolve(&json!({"$ref": "#/$defs/a"}), defs.as_object().unwrap()).unwrap_err();
        assert!(error.contains("circle"), "{error}");
    }

    #[test]
    fn the_documented_view_puts_the_documents_words_in_place() {
        let schema = json!({"properties": {"duration": {
            "enum": [5, "5"], "x-documented": {"type": "integer", "enum": [5]}}}});
        let view = documented(&schema);
        assert_eq!(view, json!({"properties": {"duration": {"enum": [5], "type": "integer"}}}));
    }

    #[test]
    fn ranks_follow_declaration_and_items_follow_their_index() {
        let schema = json!({"properties": {"b": {}, "a": {"items": {"properties": {"y": {}, "x": {}}}}}});
        let mut pointers = ["/zz", "/a/1/y", "/a/0/x", "/b", "/a/0/y"];
        pointers.sort_by_key(|pointer| rank(&schema, pointer));
        assert_eq!(pointers, ["/b", "/a/0/y", "/a/0/x", "/a/1/y", "/zz"]);
    }
}
