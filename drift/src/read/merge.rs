//! Forms of which both hold, and forms of which either may.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::surface::{LIMITS, MemberForm, Node, Type, sort_values};

/// The form of a value that keeps both. What the first says of words and defaults counts before the second.
pub(super) fn both(first: Node, second: Node) -> Node {
    let mut merged = first;
    merged.types = match (merged.types.is_empty(), second.types.is_empty()) {
        (_, true) => merged.types,
        (true, false) => second.types,
        (false, false) => common(&merged.types, &second.types),
    };
    merged.nullable |= second.nullable;
    merged.values = match (merged.values, second.values) {
        (Some(held), Some(other)) => Some(held.into_iter().filter(|value| other.contains(value)).collect()),
        (held, other) => held.or(other),
    };
    for (keyword, limit) in second.limits {
        let held = merged.limits.remove(&keyword);
        let tightest = match held {
            Some(held) => merge_bound(&keyword, held, limit, true),
            None => limit,
        };
        merged.limits.insert(keyword, tightest);
    }
    merged.format = merged.format.or(second.format);
    merged.default = merged.default.or(second.default);
    merged.deprecated |= second.deprecated;
    merged.closed |= second.closed;
    merged.read_only |= second.read_only;
    merged.write_only |= second.write_only;
    merged.unknown |= second.unknown;
    if merged.text.is_empty() {
        merged.text = second.text;
    }
    for (name, member) in second.members {
        match merged.members.shift_remove(&name) {
            Some(held) => {
                let pointer = if held.node.types.is_empty() {
                    member.node.pointer.clone()
                } else {
                    held.node.pointer.clone()
                };
                let mut node = both(held.node, member.node);
                node.pointer = pointer;
                merged.members.insert(name, MemberForm { required: held.required || member.required, node });
            }
            None => {
                merged.members.insert(name, member);
            }
        }
    }
    merged.items = match (merged.items, second.items) {
        (Some(held), Some(other)) => Some(Box::new(both(*held, *other))),
        (held, other) => held.or(other),
    };
    merged
}

/// The form of a value that keeps one of these; `None` if there are none.
///
/// A keyword stays if every alternative that it can speak of has it.
pub(super) fn either(alternatives: Vec<Node>) -> Option<Node> {
    // `{"type": "null"}` among the alternatives only says that null is allowed.
    let only_null = |node: &Node| {
        !node.unknown
            && node.types.is_empty()
            && node.nullable
            && node.values.as_ref().is_none_or(Vec::is_empty)
            && node.members.is_empty()
    };
    let nullable = alternatives.iter().any(|node| node.nullable);
    let mut parts: Vec<Node> = alternatives.into_iter().filter(|node| !only_null(node)).collect();
    if parts.len() < 2 {
        let mut only = parts.pop()?;
        only.nullable |= nullable;
        return Some(only);
    }
    let speaks = |node: &Node, types: &[Type]| {
        node.types.is_empty() || types.iter().any(|held| node.types.contains(held))
    };
    let mut merged = Node { pointer: parts[0].pointer.clone(), nullable, ..Node::default() };
    if parts.iter().all(|node| !node.types.is_empty()) {
        merged.types = parts.iter().flat_map(|node| node.types.iter().copied()).collect();
        if merged.types.contains(&Type::Number) {
            merged.types.remove(&Type::Integer);
        }
    }
    if parts.iter().all(|node| node.values.is_some()) {
        let mut values: Vec<Value> =
            parts.iter().flat_map(|node| node.values.iter().flatten().cloned()).collect();
        sort_values(&mut values);
        merged.values = Some(values);
    }
    for (keyword, types) in LIMITS {
        let mut limits = parts.iter().filter(|node| speaks(node, types)).map(|node| node.limits.get(keyword));
        let Some(Some(first)) = limits.next() else { continue };
        let loosest = limits
            .try_fold(first.clone(), |held, limit| Some(merge_bound(keyword, held, limit?.clone(), false)));
        if let Some(loosest) = loosest {
            merged.limits.insert(keyword.to_owned(), loosest);
        }
    }
    let formats: BTreeSet<Option<&String>> =
        parts.iter().filter(|node| speaks(node, &[Type::String])).map(|node| node.format.as_ref()).collect();
    if formats.len() == 1 {
        merged.format = formats.into_iter().next().flatten().cloned();
    }
    merged.deprecated = parts.iter().all(|node| node.deprecated);
    merged.closed = parts.iter().all(|node| node.closed);
    merged.default = parts.iter().filter_map(|node| node.default.clone()).min_by_key(Value::to_string);
    merged.read_only = parts.iter().all(|node| node.read_only);
    merged.write_only = parts.iter().all(|node| node.write_only);
    merged.unknown = parts.iter().any(|node| node.unknown);
    merge_members(&mut merged, &mut parts);
    Some(merged)
}

fn merge_members(merged: &mut Node, parts: &mut [Node]) {
    let objects =
        parts.iter().filter(|node| node.types.is_empty() || node.types.contains(&Type::Object)).count();
    let mut names: Vec<String> = Vec::new();
    for name in parts.iter().flat_map(|node| node.members.keys()) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    for name in names {
        let held: Vec<MemberForm> =
            parts.iter_mut().filter_map(|node| node.members.shift_remove(&name)).collect();
        let required = held.len() == objects && held.iter().all(|member| member.required);
        if let Some(node) = either(held.into_iter().map(|member| member.node).collect()) {
            merged.members.insert(name, MemberForm { required, node });
        }
    }
    let items: Vec<Node> =
        parts.iter_mut().filter_map(|node| node.items.take()).map(|items| *items).collect();
    merged.items = either(items).map(Box::new);
}

/// The types in both; a whole number is a number.
fn common(one: &BTreeSet<Type>, other: &BTreeSet<Type>) -> BTreeSet<Type> {
    let has = |types: &BTreeSet<Type>, held: Type| {
        types.contains(&held) || (held == Type::Integer && types.contains(&Type::Number))
    };
    one.iter().chain(other).copied().filter(|held| has(one, *held) && has(other, *held)).collect()
}

/// The tighter or the looser of two bounds.
fn merge_bound(keyword: &str, one: Value, other: Value, tighter: bool) -> Value {
    let lower_is_tighter = keyword.to_ascii_lowercase().contains("max");
    match (one.as_f64(), other.as_f64()) {
        (Some(held), Some(limit)) if (held < limit) == (lower_is_tighter == tighter) => one,
        (Some(_), Some(_)) => other,
        // Of patterns nobody knows which is tighter; both are kept, in an order that does not depend on theirs.
        _ if one == other => one,
        _ => {
            let mut both =
                [one, other].map(|held| held.as_str().map_or_else(|| held.to_string(), str::to_owned));
            both.sort();
            Value::from(both.join(if tighter { " and " } else { " or " }))
        }
    }
}
