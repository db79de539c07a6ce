//! Schemas as forms: the spellings of OpenAPI 3.0 and JSON Schema 2020-12 are one here.

use std::collections::BTreeSet;

use serde_json::Value;

use super::merge::{both, either};
use super::reader::Reader;
use crate::kind::Kind;
use crate::surface::{LIMITS, MemberForm, Node, Type, sort_values};
use mockreel_contracts::contract::check::schema::escape;

/// The name under which members without a name of their own are kept (`additionalProperties` with a schema).
pub(super) const ANY_MEMBER: &str = "*";

impl<'a> Reader<'a> {
    /// The form that a schema describes. `place` is the canonical place, for what is found to be wrong.
    pub(super) fn node(&mut self, schema: &'a Value, pointer: &str, place: &str) -> Node {
        let node = self.node_within(schema, pointer, place, &mut Vec::new(), 0);
        self.check_below(&node, place);
        node
    }

    /// Checks a whole form, once everything that is said of its parts has come together.
    fn check_below(&mut self, node: &Node, place: &str) {
        self.check_node(node, place);
        for (name, member) in &node.members {
            self.check_below(&member.node, &format!("{place}/{}", escape(name)));
        }
        if let Some(items) = &node.items {
            self.check_below(items, &format!("{place}/*"));
        }
    }

    fn node_within(
        &mut self,
        schema: &'a Value,
        pointer: &str,
        place: &str,
        within: &mut Vec<String>,
        depth: usize,
    ) -> Node {
        if !self.may_grow(depth, place, pointer) {
            return Node { pointer: pointer.to_owned(), ..Node::default() };
        }
        let (target, at) = self.follow_reference(schema, pointer, place);
        if target.is_null() && schema.get("$ref").is_some() {
            return Node { pointer: at, unknown: true, ..Node::default() };
        }
        if at != pointer && within.contains(&at) {
            // A form that holds itself is follow_reference once; what it is, is known from above.
            let types = target.get("type").map(types_of).unwrap_or_default().0;
            return Node { pointer: at, types, ..Node::default() };
        }
        let entered = at != pointer;
        if entered {
            within.push(at.clone());
        }
        let mut node = self.own(target, &at, place, within, depth);
        if entered {
            within.pop();
            // What stands beside a reference is said in addition to what it leads to.
            if schema.as_object().is_some_and(|members| members.len() > 1) {
                let beside = self.own(schema, pointer, place, within, depth);
                let at = node.pointer.clone();
                node = both(beside, node);
                node.pointer = at;
            }
        }
        node
    }

    /// The form by the keywords of one schema, references within them follow_reference.
    fn own(
        &mut self,
        schema: &'a Value,
        pointer: &str,
        place: &str,
        within: &mut Vec<String>,
        depth: usize,
    ) -> Node {
        let mut node = Node { pointer: pointer.to_owned(), ..Node::default() };
        let Value::Object(keywords) = schema else {
            if !matches!(schema, Value::Bool(_) | Value::Null) {
                self.defect(
                    Kind::DefectDocument,
                    place,
                    pointer,
                    "a schema is neither an object nor true or false",
                );
            }
            return node;
        };
        if let Some(words) = keywords.get("type") {
            (node.types, node.nullable) = types_of(words);
            if node.types.is_empty() && !node.nullable {
                self.defect(Kind::DefectDocument, place, pointer, "`type` names no type of JSON Schema");
            }
        }
        for (keyword, is_sound) in [
            ("enum", Value::is_array as fn(&Value) -> bool),
            ("required", Value::is_array),
            ("items", |held: &Value| held.is_object() || held.is_boolean()),
        ] {
            if keywords.get(keyword).is_some_and(|held| !is_sound(held)) {
                let why = format!("`{keyword}` has another form than JSON Schema gives it");
                self.defect(Kind::DefectDocument, place, pointer, &why);
            }
        }
        node.nullable |= keywords.get("nullable") == Some(&Value::Bool(true));
        read_values(schema, &mut node);
        node.limits = limits_of(schema);
        if node.types.len() == 1 && node.types.contains(&Type::Integer) {
            inclusive(&mut node.limits);
        }
        node.format = keywords.get("format").and_then(Value::as_str).map(str::to_owned);
        // Our own documents set a default aside that breaks its schema; the vendor says it all the same.
        node.default = keywords.get("default").or_else(|| keywords.get("x-default")).map(whole);
        node.read_only = keywords.get("readOnly") == Some(&Value::Bool(true));
        node.write_only = keywords.get("writeOnly") == Some(&Value::Bool(true));
        node.deprecated = keywords.get("deprecated") == Some(&Value::Bool(true));
        node.closed = keywords.get("additionalProperties") == Some(&Value::Bool(false));
        let words = ["title", "description"].into_iter().filter_map(|key| keywords.get(key)?.as_str());
        node.text = words.collect::<Vec<&str>>().join("\n");
        self.read_members(schema, &mut node, place, within, depth);
        if let Some(items @ Value::Object(_)) = keywords.get("items") {
            let inner = self.node_within(
                items,
                &format!("{pointer}/items"),
                &format!("{place}/*"),
                within,
                depth + 1,
            );
            node.items = Some(Box::new(inner));
        }
        if node.types.is_empty() && node.values.is_none() {
            if !node.members.is_empty() {
                node.types.insert(Type::Object);
            } else if node.items.is_some() {
                node.types.insert(Type::Array);
            }
        }
        self.read_alternatives(schema, node, place, within, depth)
    }

    fn read_members(
        &mut self,
        schema: &'a Value,
        node: &mut Node,
        place: &str,
        within: &mut Vec<String>,
        depth: usize,
    ) {
        let pointer = node.pointer.clone();
        let required: BTreeSet<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if let Some(properties) = schema.get("properties") {
            if !properties.is_object() {
                self.defect(Kind::DefectDocument, place, &pointer, "`properties` is no object");
            }
            for (name, inner, at) in self.entries(properties, &format!("{pointer}/properties")) {
                let below = format!("{place}/{}", escape(name));
                let inner = self.node_within(inner, &at, &below, within, depth + 1);
                node.members.insert(
                    name.clone(),
                    MemberForm { required: required.contains(name.as_str()), node: inner },
                );
            }
        }
        if let Some(any @ Value::Object(keywords)) = schema.get("additionalProperties")
            && !keywords.is_empty()
        {
            let at = format!("{pointer}/additionalProperties");
            let inner = self.node_within(any, &at, &format!("{place}/{ANY_MEMBER}"), within, depth + 1);
            node.members.insert(ANY_MEMBER.to_owned(), MemberForm { required: false, node: inner });
        }
        // A list of demands without members belongs to a form that is described beside it.
        for name in required {
            if !node.members.contains_key(name) {
                let undescribed = Node { pointer: pointer.clone(), ..Node::default() };
                node.members.insert(name.to_owned(), MemberForm { required: true, node: undescribed });
            }
        }
    }

    fn read_alternatives(
        &mut self,
        schema: &'a Value,
        node: Node,
        place: &str,
        within: &mut Vec<String>,
        depth: usize,
    ) -> Node {
        let mut node = node;
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let Some(Value::Array(parts)) = schema.get(keyword) else { continue };
            let mut read = Vec::new();
            for (index, part) in parts.iter().enumerate() {
                let at = format!("{}/{keyword}/{index}", node.pointer);
                read.push(self.node_within(part, &at, place, within, depth + 1));
            }
            let pointer = node.pointer.clone();
            if keyword == "allOf" {
                node = read.into_iter().fold(node, both);
            } else if let Some(merged) = either(read) {
                node = both(node, merged);
            }
            node.pointer = pointer;
        }
        node
    }

    /// What a form contradicts in itself.
    fn check_node(&mut self, node: &Node, place: &str) {
        let pointer = node.pointer.clone();
        let undescribed =
            |member: &MemberForm| member.node.pointer == pointer && member.node.types.is_empty();
        // A form that describes none of its members may leave them to the reader.
        let describes = node.members.values().any(|member| !undescribed(member));
        for (name, member) in node.members.iter().filter(|_| describes) {
            if member.required && member.node.pointer == pointer && member.node.types.is_empty() {
                let place = format!("{place}/{}", escape(name));
                self.defect(
                    Kind::DefectRequired,
                    &place,
                    &pointer,
                    "it is demanded, and no schema describes it",
                );
            }
        }
        if let Some(default) = node.default.as_ref().filter(|value| !value.is_null()) {
            let of_type = |types: &BTreeSet<Type>| {
                Type::of(default).is_none_or(|held| {
                    types.is_empty()
                        || types.contains(&held)
                        || (held == Type::Integer && types.contains(&Type::Number))
                })
            };
            let listed = node.values.as_ref().is_none_or(|values| values.contains(default));
            if !of_type(&node.types) {
                self.defect(
                    Kind::DefectDefault,
                    place,
                    &pointer,
                    "the default is of another type than the value",
                );
            } else if !listed {
                self.defect(
                    Kind::DefectDefault,
                    place,
                    &pointer,
                    "the default is not among the values listed",
                );
            }
        }
        let number = |keyword: &str| node.limits.get(keyword).and_then(Value::as_f64);
        for (low, high) in [("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems")] {
            if let (Some(least), Some(most)) = (number(low), number(high))
                && least > most
            {
                let why = format!("`{low}` is greater than `{high}`: nothing can keep both");
                self.defect(Kind::DefectLimit, place, &pointer, &why);
            }
        }
        if !node.types.is_empty() {
            for (keyword, types) in LIMITS {
                if node.limits.contains_key(keyword) && !types.iter().any(|held| node.types.contains(held)) {
                    let why = format!("`{keyword}` bounds no value of this type");
                    self.defect(Kind::DefectLimit, place, &pointer, &why);
                }
            }
        }
    }
}

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
fn read_values(schema: &Value, node: &mut Node) {
    let single = schema.get("const").map(|value| vec![value.clone()]);
    let listed = schema.get("enum").and_then(Value::as_array).cloned();
    let Some(mut values) = single.or(listed) else { return };
    values.iter_mut().for_each(|value| *value = whole(value));
    let before = values.len();
    values.retain(|value| !value.is_null());
    node.nullable |= values.len() < before;
    sort_values(&mut values);
    if node.types.is_empty() {
        node.types = values.iter().filter_map(Type::of).collect();
    }
    node.values = Some(values);
}

/// The bounds; the truth value of 3.0 beside a bound becomes the bound of 3.1.
fn limits_of(schema: &Value) -> std::collections::BTreeMap<String, Value> {
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
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        limits.insert("uniqueItems".to_owned(), Value::Bool(true));
    }
    // Nothing is shorter than nothing.
    limits.retain(|keyword, limit| {
        !(keyword.starts_with("min") && keyword != "minimum" && limit == &Value::from(0))
    });
    limits
}

/// Of whole numbers, more than 0 is at least 1.
fn inclusive(limits: &mut std::collections::BTreeMap<String, Value>) {
    for (exclusive, plain, step) in [("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)]
    {
        let Some(bound) =
            limits.get(exclusive).and_then(Value::as_i64).and_then(|bound| bound.checked_add(step))
        else {
            continue;
        };
        let tighter = |held: i64| if step > 0 { held.max(bound) } else { held.min(bound) };
        let bound = limits.get(plain).and_then(Value::as_i64).map_or(bound, tighter);
        limits.remove(exclusive);
        limits.insert(plain.to_owned(), Value::from(bound));
    }
}

/// `1.0` and `1` are one number.
fn whole(limit: &Value) -> Value {
    match limit.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "the number is whole and small enough")]
        Some(number) if limit.is_f64() && number.fract() == 0.0 && number.abs() < 1e15 => {
            Value::from(number as i64)
        }
        _ => limit.clone(),
    }
}
