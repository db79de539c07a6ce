//! The effect of a scenario on the vendor's own response.

use mockreel_contracts::contract::check::schema::unescape;
use mockreel_contracts::contract::model::operation::OperationFacts;
use mockreel_contracts::{Reply, ReplyBody};
use serde_json::{Map, Value};

use crate::scenario::ResponseEffect;

/// Applies an effect to a reply.
pub(in crate::edge::call) fn apply_effect(
    mut reply: Reply,
    effect: &ResponseEffect,
    operation: &OperationFacts,
) -> Reply {
    reply.status = effect.status.unwrap_or(reply.status);
    for (name, value) in &effect.headers {
        reply.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        reply.headers.push((name.to_ascii_lowercase(), value.clone()));
    }
    if let ReplyBody::Json(body) = &mut reply.body {
        if let Some(word) = &effect.word {
            for place in operation.read.status_places() {
                set_values(body, &place, word);
            }
        }
        merge_members(body, &effect.add);
        for pointer in &effect.remove {
            remove_value(body, &pointer.0);
        }
    }
    reply
}

/// Sets every value at a pointer in which `*` stands for all items of a list; what is not there stays so.
fn set_values(body: &mut Value, pointer: &str, word: &Value) {
    match pointer.split_once("/*") {
        Some((before, after)) => {
            let items = body.pointer_mut(before).and_then(Value::as_array_mut);
            for item in items.into_iter().flatten() {
                set_values(item, after, word);
            }
        }
        None => {
            if let Some(value) = body.pointer_mut(pointer) {
                value.clone_from(word);
            }
        }
    }
}

/// Adds members, objects into objects.
fn merge_members(body: &mut Value, added: &Map<String, Value>) {
    let Value::Object(members) = body else { return };
    for (name, value) in added {
        match (members.get_mut(name), value) {
            (Some(inner @ Value::Object(_)), Value::Object(more)) => merge_members(inner, more),
            _ => {
                members.insert(name.clone(), value.clone());
            }
        }
    }
}

fn remove_value(body: &mut Value, pointer: &str) {
    let Some((parent, token)) = pointer.rsplit_once('/') else { return };
    let name = unescape(token);
    match body.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            // The others keep their order.
            members.shift_remove(&name);
        }
        Some(Value::Array(items)) => {
            if let Some(at) = name.parse::<usize>().ok().filter(|at| *at < items.len()) {
                items.remove(at);
            }
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_added_into_objects_and_removed_wherever_they_are() {
        let mut body = json!({"a": {"b": 1, "c": 2}, "list": [1, 2, 3], "z": 0});
        let Value::Object(added) = json!({"a": {"d": 4}, "list": "gone", "new": null}) else {
            unreachable!()
        };
        merge_members(&mut body, &added);
        assert_eq!(body, json!({"a": {"b": 1, "c": 2, "d": 4}, "list": "gone", "z": 0, "new": null}));
        for pointer in ["/a/b", "/z", "/nothing/here", "/list/0"] {
            remove_value(&mut body, pointer);
        }
        assert_eq!(body.to_string(), r#"{"a":{"c":2,"d":4},"list":"gone","new":null}"#);
        let mut list = json!({"list": [{"s": 1}, {"s": 2}]});
        set_values(&mut list, "/list/*/s", &json!("odd"));
        remove_value(&mut list, "/list/0");
        assert_eq!(list, json!({"list": [{"s": "odd"}]}));
    }
}
