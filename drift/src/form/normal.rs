//! The one spelling of a form: two forms of the same values come to the same here, as far as one level goes.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::compare::severity::EDGES;
use crate::surface::{LIMITS, Node, Type};

/// A form in its one spelling. Answers that were seen are left as they are.
pub(crate) fn normal(node: &Arc<Node>) -> Arc<Node> {
    if node.seen.is_some() || node.unknown {
        return Arc::clone(node);
    }
    let mut told = Node::clone(node);
    if told.parts.get("not").is_some_and(|part| part.is_silent()) {
        told.never = true;
    }
    if told.never {
        return Arc::new(Node {
            pointer: told.pointer,
            text: told.text,
            deprecated: told.deprecated,
            read_only: told.read_only,
            write_only: told.write_only,
            never: true,
            ..Node::default()
        });
    }
    edges(&mut told);
    numbers(&mut told);
    values(&mut told);
    if !told.types.is_empty() {
        let speaks = |types: &[Type]| types.iter().any(|held| told.types.contains(held));
        let mut kept = std::mem::take(&mut told.limits);
        kept.retain(|keyword, _| {
            LIMITS.iter().find(|(held, _)| held == keyword).is_none_or(|(_, types)| speaks(types))
        });
        told.limits = kept;
    }
    lists(&mut told);
    objects(&mut told);
    if let [only] = told.alternatives.as_slice() {
        let only = Arc::clone(only);
        return normal(&only);
    }
    Arc::new(told)
}

/// Of the two keywords for one end of a range the tighter stays.
fn edges(node: &mut Node) {
    for (inclusive, exclusive) in EDGES {
        let bound = |keyword: &str| node.limits.get(keyword).and_then(Value::as_f64);
        let (Some(closed), Some(open)) = (bound(inclusive), bound(exclusive)) else { continue };
        let open_is_tighter = if inclusive == "maximum" { open <= closed } else { open >= closed };
        node.limits.remove(if open_is_tighter { inclusive } else { exclusive });
    }
}

/// A number that is a multiple of a whole number is whole, and a whole number is a multiple of 1.
fn numbers(node: &mut Node) {
    let step = node.limits.get("multipleOf").and_then(Value::as_f64);
    if step.is_some_and(|step| step.fract() == 0.0 && step >= 1.0) && node.types.remove(&Type::Number) {
        node.types.insert(Type::Integer);
    }
    if node.types.contains(&Type::Number) {
        node.types.remove(&Type::Integer);
    }
    if !node.types.contains(&Type::Integer) {
        return;
    }
    // Every whole number is a multiple of 1, of 0.5, of 0.1.
    if step.is_some_and(|step| step > 0.0 && (1.0 / step).fract().abs() < 1e-9) {
        node.limits.remove("multipleOf");
    }
    for (exclusive, plain, up) in
        [("exclusiveMinimum", "minimum", true), ("exclusiveMaximum", "maximum", false)]
    {
        let bound = |keyword: &str| node.limits.get(keyword).and_then(Value::as_f64);
        let whole = match (bound(exclusive), bound(plain)) {
            (Some(open), _) if up => open.floor() + 1.0,
            (Some(open), _) => open.ceil() - 1.0,
            (None, Some(closed)) if up => closed.ceil(),
            (None, Some(closed)) => closed.floor(),
            (None, None) => continue,
        };
        if whole.abs() < 1e15 {
            node.limits.remove(exclusive);
            #[expect(clippy::cast_possible_truncation, reason = "the number is whole and small enough")]
            node.limits.insert(plain.to_owned(), Value::from(whole as i64));
        }
    }
}

/// Where values are listed, the list is what counts: it says the types, and the bounds only shorten it.
fn values(node: &mut Node) {
    let types = node.types.clone();
    let of_type = |value: &Value| {
        Type::of(value).is_some_and(|held| {
            types.is_empty()
                || types.contains(&held)
                || (held == Type::Integer && types.contains(&Type::Number))
        })
    };
    if let Some(values) = &mut node.values {
        let limits = &node.limits;
        values.retain(|value| {
            of_type(value) && limits.iter().all(|(keyword, bound)| keeps(value, keyword, bound))
        });
        let listed: BTreeSet<Type> = values.iter().filter_map(Type::of).collect();
        node.types = listed;
        if node.types.contains(&Type::Number) {
            node.types.remove(&Type::Integer);
        }
        node.limits.retain(|keyword, _| keyword == "pattern");
        if !node.types.contains(&Type::String) {
            node.limits.clear();
        }
        let booleans = values.len() == 2 && values.iter().all(Value::is_boolean);
        if values.is_empty() && !node.nullable {
            node.never = true;
        }
        if booleans {
            node.values = None;
        }
        // Formats of numbers say how they are stored; a list says which they are.
        if !node.types.contains(&Type::String) {
            node.format = None;
        }
    }
}

/// Whether a value keeps a bound; where that cannot be told, it does.
fn keeps(value: &Value, keyword: &str, bound: &Value) -> bool {
    let Some(limit) = bound.as_f64() else { return true };
    #[expect(clippy::cast_precision_loss, reason = "lengths of listed texts are small")]
    let length = value.as_str().map(|text| text.chars().count() as f64);
    match (keyword, value.as_f64(), length) {
        ("minimum", Some(number), _) => number >= limit,
        ("maximum", Some(number), _) => number <= limit,
        ("exclusiveMinimum", Some(number), _) => number > limit,
        ("exclusiveMaximum", Some(number), _) => number < limit,
        ("multipleOf", Some(number), _) if limit > 0.0 => {
            ((number / limit) - (number / limit).round()).abs() < 1e-9
        }
        ("minLength", _, Some(length)) => length >= limit,
        ("maxLength", _, Some(length)) => length <= limit,
        _ => true,
    }
}

fn lists(node: &mut Node) {
    let is_array = node.types.is_empty() || node.types.contains(&Type::Array);
    if !is_array {
        node.items = None;
        node.parts.retain(|keyword, _| !keyword.starts_with("prefixItems") && keyword != "contains");
        return;
    }
    if node.items.as_ref().is_some_and(|items| normal(items).never)
        && !node.parts.contains_key("prefixItems/0")
    {
        node.limits.insert("maxItems".to_owned(), Value::from(0));
    }
    if node.limits.get("maxItems") == Some(&Value::from(0)) {
        node.items = None;
    }
    if node
        .items
        .as_ref()
        .is_some_and(|items| items.is_silent() && !items.deprecated && items.default.is_none())
    {
        node.items = None;
    }
}

fn objects(node: &mut Node) {
    let is_object = node.types.is_empty() || node.types.contains(&Type::Object);
    if !is_object {
        node.members.clear();
        node.closed = false;
        return;
    }
    // As many members as must be there are there.
    let demanded = node.members.values().filter(|member| member.required).count();
    let least = node.limits.get("minProperties").and_then(Value::as_u64);
    if least.is_some_and(|least| least <= demanded as u64) {
        node.limits.remove("minProperties");
    }
    let any = node.members.get("*").map(|member| (normal(&member.node).never, member.node.is_silent()));
    if let Some((never, silent)) = any
        && (never || silent)
    {
        node.members.shift_remove("*");
        node.closed |= never;
    }
}
