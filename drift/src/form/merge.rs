//! Forms of which both hold, and forms of which either may.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::exact;
use super::normal::normal;
use super::steps::merge_steps;
use super::within::is_within;
use crate::surface::{LIMITS, MemberForm, Node, Type, sort_values};

/// So many alternatives are kept apart; of more only what they have in common is known.
pub(crate) const MAX_ALTERNATIVES: usize = 128;

/// Two forms, kept so that their addresses stay their own, and the form that keeps both.
type MergedBoth = ([Arc<Node>; 2], Arc<Node>);

/// Alternatives, kept so that their addresses stay their own, and the form that they come to, if it is not any.
type MergedEither = (Vec<Arc<Node>>, Option<Arc<Node>>);

/// What was put together already, so that the same parts give the same form, however often they meet.
#[derive(Debug, Default)]
pub(crate) struct Forms {
    both: HashMap<(usize, usize), MergedBoth>,
    either: HashMap<Vec<usize>, MergedEither>,
}

/// The form of a value that keeps both. What the first says of words and defaults counts before the second.
pub(crate) fn both(forms: &mut Forms, first: &Arc<Node>, second: &Arc<Node>) -> Arc<Node> {
    let key = (Arc::as_ptr(first) as usize, Arc::as_ptr(second) as usize);
    if let Some((_, known)) = forms.both.get(&key) {
        return Arc::clone(known);
    }
    let joined = join(forms, first, second);
    forms.both.insert(key, ([Arc::clone(first), Arc::clone(second)], Arc::clone(&joined)));
    joined
}

fn join(forms: &mut Forms, first: &Arc<Node>, second: &Arc<Node>) -> Arc<Node> {
    if Arc::ptr_eq(first, second) || says_nothing(second) {
        return Arc::clone(first);
    }
    if first.never {
        return Arc::clone(first);
    }
    let mut merged = combine(forms, first, second);
    if !first.alternatives.is_empty() || !second.alternatives.is_empty() {
        let (ones, others) = (exact(first), exact(second));
        merged.alternatives = Vec::new();
        if ones.len() * others.len() <= MAX_ALTERNATIVES {
            let pairs = ones.iter().flat_map(|one| others.iter().map(move |other| (one, other)));
            let parts: Vec<Arc<Node>> = pairs
                .map(|(one, other)| both(forms, one, other))
                .filter(|part| !is_impossible(part))
                .collect();
            if parts.len() > 1 {
                merged.alternatives = parts;
            }
        }
    }
    Arc::new(merged)
}

/// Whether no value keeps a form: it is `false`, or something that must be there may have none of its values.
fn is_impossible(node: &Node) -> bool {
    let empty =
        |node: &Node| node.never || (!node.nullable && node.values.as_ref().is_some_and(Vec::is_empty));
    empty(node) || node.members.values().any(|member| member.required && empty(&member.node))
}

/// Whether a form says nothing at all, so that putting it beside another changes nothing.
fn says_nothing(node: &Node) -> bool {
    node.is_silent()
        && node.default.is_none()
        && node.format.is_none()
        && node.text.is_empty()
        && node.discriminator.is_none()
        && !(node.deprecated || node.read_only || node.write_only)
}

fn combine(forms: &mut Forms, first: &Node, second: &Node) -> Node {
    let mut merged = first.clone();
    let may_be_null = |node: &Node| node.takes_null() || node.is_inferred;
    let untyped = |node: &Node| node.types.is_empty() && node.values.is_none() && !node.never;
    let weak = |node: &Node| untyped(node) || node.is_inferred;
    merged.is_inferred = weak(first) && weak(second);
    // `nullable` without a type is how OpenAPI 3.0 lets a form that it refers to be null.
    let beside = |one: &Node, other: &Node| untyped(one) && one.nullable && !other.never;
    merged.nullable = (may_be_null(first) && may_be_null(second) && !(weak(first) && weak(second)))
        || (first.nullable && second.nullable)
        || beside(first, second)
        || beside(second, first);
    merged.types = match (first.types.is_empty(), second.types.is_empty()) {
        (_, true) => merged.types,
        (true, false) => second.types.clone(),
        (false, false) => common(&first.types, &second.types),
    };
    let at_odds = merged.types.is_empty() && !(first.types.is_empty() && second.types.is_empty());
    merged.never |= second.never || (at_odds && !merged.nullable);
    merged.values = match (merged.values.take(), &second.values) {
        (Some(held), Some(other)) => Some(held.into_iter().filter(|value| other.contains(value)).collect()),
        (held, other) => held.or_else(|| other.clone()),
    };
    for (keyword, limit) in &second.limits {
        let held = merged.limits.remove(keyword);
        let tightest = match held {
            Some(held) => merge_bound(keyword, held, limit.clone(), true),
            None => limit.clone(),
        };
        merged.limits.insert(keyword.clone(), tightest);
    }
    merged.format = merged.format.or_else(|| second.format.clone());
    merged.default = merged.default.or_else(|| second.default.clone());
    merged.discriminator = merged.discriminator.or_else(|| second.discriminator.clone());
    merged.deprecated |= second.deprecated;
    merged.closed |= second.closed;
    merged.read_only |= second.read_only;
    merged.write_only |= second.write_only;
    merged.unknown |= second.unknown;
    if merged.text.is_empty() {
        merged.text.clone_from(&second.text);
    }
    for link in &second.links {
        if !merged.links.iter().any(|held| held.pointer == link.pointer) {
            merged.links.push(link.clone());
        }
    }
    for (name, member) in &second.members {
        let joined = match merged.members.shift_remove(name) {
            Some(held) => MemberForm {
                required: held.required || member.required,
                node: join_member(forms, &held.node, &member.node),
            },
            None => member.clone(),
        };
        merged.members.insert(name.clone(), joined);
    }
    merged.items = match (merged.items.take(), &second.items) {
        (Some(held), Some(other)) => Some(both(forms, &held, other)),
        (held, other) => held.or_else(|| other.clone()),
    };
    for (keyword, part) in &second.parts {
        match merged.parts.get(keyword) {
            None => {
                merged.parts.insert(keyword.clone(), Arc::clone(part));
            }
            Some(held) if is_within(held, part) && is_within(part, held) => {}
            // What neither form may be is what the value may not be; of other keywords both hold.
            Some(held) => {
                let joined = if keyword == "not" {
                    either(forms, vec![Arc::clone(held), Arc::clone(part)])
                } else {
                    Some(both(forms, held, part))
                };
                if let Some(joined) = joined {
                    merged.parts.insert(keyword.clone(), joined);
                }
            }
        }
    }
    merged
}

/// A member that both forms describe; it stands where it is described by more than its name.
fn join_member(forms: &mut Forms, held: &Arc<Node>, other: &Arc<Node>) -> Arc<Node> {
    let joined = both(forms, held, other);
    let pointer = if held.types.is_empty() && held.links.is_empty() { &other.pointer } else { &held.pointer };
    if joined.pointer == *pointer {
        return joined;
    }
    Arc::new(Node { pointer: pointer.clone(), ..Node::clone(&joined) })
}

/// The form of a value that keeps one of these; `None` if there are none.
///
/// A keyword stays if every alternative that it can speak of has it. Where that says less than the alternatives
/// do, they are kept as well.
pub(crate) fn either(forms: &mut Forms, alternatives: Vec<Arc<Node>>) -> Option<Arc<Node>> {
    // The same form again is the same alternative, and one alternative is no choice.
    let mut distinct: Vec<Arc<Node>> = Vec::new();
    for node in alternatives {
        if !distinct.iter().any(|held| Arc::ptr_eq(held, &node)) {
            distinct.push(node);
        }
    }
    if distinct.len() < 2 {
        return distinct.pop();
    }
    let key: Vec<usize> = distinct.iter().map(|node| Arc::as_ptr(node) as usize).collect();
    if let Some((_, known)) = forms.either.get(&key) {
        return known.clone();
    }
    let chosen = choose(forms, distinct.clone());
    forms.either.insert(key, (distinct, chosen.clone()));
    chosen
}

fn choose(forms: &mut Forms, alternatives: Vec<Arc<Node>>) -> Option<Arc<Node>> {
    // `{"type": "null"}` among the alternatives only says that null is allowed.
    let only_null = |node: &Node| {
        let bare = Node { nullable: false, values: None, text: String::new(), ..node.clone() };
        node.nullable && node.values.as_ref().is_none_or(Vec::is_empty) && says_nothing(&bare)
    };
    let nullable = alternatives.iter().any(|node| node.nullable);
    let was_empty = alternatives.is_empty();
    let never = alternatives.iter().all(|node| node.never).then(|| alternatives.first().cloned()).flatten();
    let mut parts: Vec<Arc<Node>> = Vec::new();
    for node in alternatives.iter().filter(|node| !node.never && !only_null(node)).flat_map(exact) {
        // In their one spelling, so that what bounds nothing keeps no forms apart.
        let node = if node.seen.is_some() { node } else { normal(&node) };
        if !node.never {
            parts.push(node);
        }
    }
    if was_empty || never.is_some() {
        return never;
    }
    drop_covered(&mut parts);
    if parts.is_empty() {
        return alternatives.into_iter().find(|node| !node.never);
    }
    if parts.len() == 1 {
        let only = parts.pop()?;
        let lacks_null = nullable && !only.nullable;
        return Some(if lacks_null { Arc::new(Node { nullable: true, ..Node::clone(&only) }) } else { only });
    }
    let mut merged = common_form(forms, &parts);
    merged.nullable = nullable || parts.iter().any(|node| node.nullable);
    if !is_exact(&parts) && parts.len() <= MAX_ALTERNATIVES {
        if nullable {
            parts.iter_mut().filter(|part| !part.nullable).for_each(|part| {
                *part = Arc::new(Node { nullable: true, ..Node::clone(part) });
            });
        }
        merged.alternatives = parts;
    }
    Some(Arc::new(merged))
}

/// Leaves out what another alternative lets pass as well.
fn drop_covered(parts: &mut Vec<Arc<Node>>) {
    if parts.len() > MAX_ALTERNATIVES {
        return;
    }
    let mut index = 0;
    while index < parts.len() {
        let covered = parts.iter().enumerate().any(|(at, other)| {
            at != index
                && is_within(&parts[index], other)
                // Of two that are alike the first stays.
                && (at < index || !is_within(other, &parts[index]))
        });
        if covered {
            parts.remove(index);
        } else {
            index += 1;
        }
    }
}

/// Whether what alternatives have in common says all that they say.
fn is_exact(parts: &[Arc<Node>]) -> bool {
    let plain = |node: &Node| node.links.is_empty() && !node.unknown && node.parts.is_empty();
    let alike = |node: &Node| node.deprecated == parts[0].deprecated;
    if !parts.iter().all(|node| plain(node) && alike(node)) {
        return false;
    }
    // Lists of values and nothing else are one list.
    let lists = parts.iter().all(|node| {
        let bare = node.limits.is_empty() && node.members.is_empty() && node.items.is_none();
        node.values.is_some() && bare && node.format == parts[0].format
    });
    if lists {
        return true;
    }
    // Forms of different types do not get into each other's way.
    let mut seen: BTreeSet<Type> = BTreeSet::new();
    parts.iter().all(|node| {
        let text = node.types.contains(&Type::String);
        let apart = node.types.iter().all(|held| {
            let overlaps = match held {
                Type::Integer => seen.contains(&Type::Number),
                Type::Number => seen.contains(&Type::Integer),
                _ => false,
            };
            !overlaps && seen.insert(*held)
        });
        apart && !node.types.is_empty() && node.values.is_none() && (node.format.is_none() || text)
    })
}

fn common_form(forms: &mut Forms, parts: &[Arc<Node>]) -> Node {
    let speaks = |node: &Node, types: &[Type]| {
        node.types.is_empty() || types.iter().any(|held| node.types.contains(held))
    };
    let mut merged = Node { pointer: parts[0].pointer.clone(), ..Node::default() };
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
    let objects: Vec<&Arc<Node>> = parts.iter().filter(|node| speaks(node, &[Type::Object])).collect();
    merged.closed = !objects.is_empty() && objects.iter().all(|node| node.closed);
    merged.deprecated = parts.iter().all(|node| node.deprecated);
    merged.default = parts.iter().filter_map(|node| node.default.clone()).min_by_key(Value::to_string);
    merged.read_only = parts.iter().all(|node| node.read_only);
    merged.write_only = parts.iter().all(|node| node.write_only);
    merged.unknown = parts.iter().any(|node| node.unknown);
    common_members(forms, &mut merged, parts, objects.len());
    merged
}

fn common_members(forms: &mut Forms, merged: &mut Node, parts: &[Arc<Node>], objects: usize) {
    let mut named: indexmap::IndexMap<&String, Vec<&MemberForm>> = indexmap::IndexMap::new();
    for (name, member) in parts.iter().flat_map(|node| &node.members) {
        named.entry(name).or_default().push(member);
    }
    let mut members = Vec::new();
    for (name, held) in named {
        let required = held.len() == objects && held.iter().all(|member| member.required);
        if let Some(node) = either(forms, held.iter().map(|member| Arc::clone(&member.node)).collect()) {
            members.push((name.clone(), MemberForm { required, node }));
        }
    }
    merged.members.extend(members);
    merged.items = either(forms, parts.iter().filter_map(|node| node.items.clone()).collect());
    // A keyword of its own stays where only one alternative has it, or all that speak of its type.
    let mut keywords: BTreeMap<&String, Vec<&Arc<Node>>> = BTreeMap::new();
    for (keyword, part) in parts.iter().flat_map(|node| &node.parts) {
        keywords.entry(keyword).or_default().push(part);
    }
    for (keyword, held) in keywords {
        if held.len() == parts.len()
            && let Some(node) = either(forms, held.into_iter().cloned().collect())
        {
            merged.parts.insert(keyword.clone(), node);
        }
    }
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
        (Some(held), Some(limit)) if keyword == "multipleOf" && tighter => {
            merge_steps(held, limit).map_or_else(|| join_texts(&one, &other, true), Value::from)
        }
        (Some(held), Some(limit)) if (held < limit) == (lower_is_tighter == tighter) => one,
        (Some(_), Some(_)) => other,
        // Of patterns nobody knows which is tighter; both are kept, in an order that does not depend on theirs.
        _ if one == other => one,
        _ => join_texts(&one, &other, tighter),
    }
}

fn join_texts(one: &Value, other: &Value, tighter: bool) -> Value {
    let text = |held: &Value| held.as_str().map_or_else(|| held.to_string(), str::to_owned);
    let word = if tighter { " and " } else { " or " };
    let (one, other) = (text(one), text(other));
    let all: BTreeSet<&str> = one.split(word).chain(other.split(word)).collect();
    Value::from(all.into_iter().collect::<Vec<&str>>().join(word))
}
