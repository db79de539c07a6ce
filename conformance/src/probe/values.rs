//! Values to try: some that a form allows, and some that it should not.

use mockreel_drift::surface::{Node, Type};
use serde_json::{Map, Value, json};

/// An address that no edition lists.
pub(super) const ADDRESS: &str = "https://example.com/mockreel.jpg";

/// A value that keeps a form, with what it must hold, or with everything that it may.
pub(super) fn good(node: &Node, everything: bool) -> Value {
    if let Some(first) = node.values.as_ref().and_then(|values| values.first()) {
        return first.clone();
    }
    let has = |held: Type| node.types.contains(&held);
    if has(Type::String) || node.types.is_empty() {
        return Value::String(text(node));
    }
    if has(Type::Object) {
        let members = node.members.iter().filter(|(_, member)| everything || member.required);
        return members
            .map(|(name, member)| (name.clone(), good(&member.node, everything)))
            .collect::<Map<_, _>>()
            .into();
    }
    if has(Type::Array) {
        return items(node, bound(node, "minItems").map_or(1, |least| least.max(1)), everything);
    }
    if has(Type::Integer) || has(Type::Number) {
        return whole(node);
    }
    Value::Bool(true)
}

/// A list of so many items.
pub(super) fn items(node: &Node, count: u64, everything: bool) -> Value {
    let item = node.items.as_ref().map_or(json!(ADDRESS), |items| good(items, everything));
    (0..count).map(|_| item.clone()).collect()
}

/// A text of the form's kind and at least its length: an address, which is good for images and as words.
pub(super) fn text(node: &Node) -> String {
    let short = bound(node, "maxLength").is_some_and(|most| most < ADDRESS.len() as u64);
    let start = if short { "mr" } else { ADDRESS };
    long(start, bound(node, "minLength").unwrap_or(0).max(start.len() as u64), node)
}

/// A text of exactly so many characters, if it is not shorter by nature.
pub(super) fn long(start: &str, length: u64, node: &Node) -> String {
    let mut text = start.to_owned();
    if node.format.as_deref() != Some("uri") && length < text.len() as u64 {
        text.truncate(usize::try_from(length).unwrap_or(0));
    }
    while (text.len() as u64) < length {
        text.push('x');
    }
    text
}

/// A whole number within the bounds.
fn whole(node: &Node) -> Value {
    let least = node.limits.get("minimum").and_then(Value::as_f64).unwrap_or(0.0);
    #[expect(clippy::cast_possible_truncation, reason = "bounds of members are small")]
    let least = least.ceil() as i64;
    json!(least.max(0))
}

/// A bound that counts something.
pub(super) fn bound(node: &Node, keyword: &str) -> Option<u64> {
    node.limits.get(keyword).and_then(Value::as_u64)
}

/// Values of a type to try where forms with these lists and bounds are known.
pub(super) fn of_type(held: Type, variants: &[&Node]) -> Vec<Value> {
    let mut tried: Vec<Value> = Vec::new();
    for node in variants {
        tried.extend(node.values.iter().flatten().filter(|value| Type::of(value) == Some(held)).cloned());
        if node.types.contains(&held) {
            tried.extend(
                [good(node, false), good(node, true)]
                    .into_iter()
                    .filter(|value| Type::of(value) == Some(held)),
            );
        }
    }
    tried.extend(foreign(held));
    tried.extend(match held {
        Type::Object => vec![json!({})],
        Type::Array => vec![json!([])],
        _ => Vec::new(),
    });
    tried.dedup();
    tried
}

/// Values of a type that no list of an edition is likely to have, some within any bounds.
pub(super) fn foreign(held: Type) -> Vec<Value> {
    match held {
        Type::String => vec![json!("mockreel"), json!(ADDRESS)],
        Type::Integer => vec![json!(1), json!(0), json!(2), json!(77_777)],
        Type::Number => vec![json!(0.25), json!(1.25)],
        Type::Boolean => vec![json!(true), json!(false)],
        Type::Array => vec![json!(["mockreel"])],
        Type::Object => vec![json!({"mockreel": 1})],
    }
}
