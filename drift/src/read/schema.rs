//! Schemas as forms: the spellings of OpenAPI 3.0 and JSON Schema 2020-12 are one here.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::keywords::{KNOWN, limits_of, read_discriminator, read_encoding, read_values, types_of, whole};
use super::reader::Reader;
use crate::form::{MAX_ALTERNATIVES, both, either, open};
use crate::kind::Kind;
use crate::surface::{LIMITS, Link, MemberForm, Node, Type};
use mockreel_contracts::contract::check::schema::escape;

/// The name under which members without a name of their own are kept (`additionalProperties` with a schema).
pub(super) const ANY_MEMBER: &str = "*";

/// References are followed so deep at once; what is deeper is read after what is above it.
const MAX_NESTED_REFERENCES: usize = 24;

/// Keywords whose value is one schema, and that are compared under their own name.
const PARTS: [&str; 10] = [
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
];

impl<'a> Reader<'a> {
    /// The form that a schema describes, its first level open. `place` is the canonical place, for what is wrong.
    pub(super) fn node(&mut self, schema: &'a Value, pointer: &str, place: &str) -> Node {
        let node = self.node_within(schema, pointer, place, 0);
        self.check_below(&node, place, 0);
        while let Some((link, target, place)) = self.pending.pop() {
            let node = self.own(target, &link.pointer, &place, 0);
            link.set(&node);
            self.definitions.push(Arc::clone(&node));
            self.check_below(&node, &place, 0);
        }
        Node::clone(&open(&mut self.forms, &node))
    }

    /// Checks a whole form, once everything that is said of its parts has come together.
    fn check_below(&mut self, node: &Arc<Node>, place: &str, depth: usize) {
        if depth > 200 || !self.checked.insert(Arc::as_ptr(node) as usize) {
            return;
        }
        // The address must not be given to another form.
        self.definitions.push(Arc::clone(node));
        self.check_node(node, place);
        for (name, member) in &node.members {
            self.check_below(&member.node, &format!("{place}/{}", escape(name)), depth + 1);
        }
        if let Some(items) = &node.items {
            self.check_below(items, &format!("{place}/*"), depth + 1);
        }
    }

    fn node_within(&mut self, schema: &'a Value, pointer: &str, place: &str, depth: usize) -> Arc<Node> {
        if !self.may_grow(depth, place, pointer) {
            return Arc::new(Node { pointer: pointer.to_owned(), unknown: true, ..Node::default() });
        }
        let (target, at) = self.follow_reference(schema, pointer, place);
        if target.is_null() && schema.get("$ref").is_some() {
            return Arc::new(Node { pointer: at, unknown: true, ..Node::default() });
        }
        if at == pointer {
            return self.own(target, &at, place, depth);
        }
        let node = self.read_shared(target, &at, place, depth);
        // What stands beside a reference is said in addition to what it leads to.
        if schema.as_object().is_some_and(|members| members.len() > 1) {
            let beside = self.own(schema, pointer, place, depth);
            let joined = both(&mut self.forms, &beside, &node);
            return if joined.pointer == node.pointer {
                joined
            } else {
                Arc::new(Node { pointer: node.pointer.clone(), ..Node::clone(&joined) })
            };
        }
        node
    }

    /// The form that a reference leads to: read once, or a link if it leads back to itself.
    fn read_shared(&mut self, target: &'a Value, at: &str, place: &str, depth: usize) -> Arc<Node> {
        if let Some(known) = self.known.get(at) {
            return Arc::clone(known);
        }
        let node = if self.circles.contains(at) || depth > MAX_NESTED_REFERENCES {
            let link = Link::new(at);
            self.pending.push((link.clone(), target, place.to_owned()));
            Arc::new(Node { pointer: at.to_owned(), links: vec![link], ..Node::default() })
        } else {
            self.own(target, at, place, depth)
        };
        self.known.insert(at.to_owned(), Arc::clone(&node));
        node
    }

    /// The form by the keywords of one schema, references within them followed.
    fn own(&mut self, schema: &'a Value, pointer: &str, place: &str, depth: usize) -> Arc<Node> {
        let mut node = Node { pointer: pointer.to_owned(), ..Node::default() };
        let Value::Object(keywords) = schema else {
            node.never = schema == &Value::Bool(false);
            if !matches!(schema, Value::Bool(_) | Value::Null) {
                self.defect(
                    Kind::DefectDocument,
                    place,
                    pointer,
                    "a schema is neither an object nor true or false",
                );
            }
            return Arc::new(node);
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
            ("items", |held: &Value| held.is_object() || held.is_boolean() || held.is_array()),
        ] {
            if keywords.get(keyword).is_some_and(|held| !is_sound(held)) {
                let why = format!("`{keyword}` has another form than JSON Schema gives it");
                self.defect(Kind::DefectDocument, place, pointer, &why);
            }
        }
        for keyword in keywords.keys().filter(|keyword| !keyword.starts_with("x-")) {
            if !KNOWN.contains(&keyword.as_str()) {
                self.leave_out(
                    &format!("`{keyword}` of a schema"),
                    &format!("{pointer}/{}", escape(keyword)),
                );
            }
        }
        node.nullable |= keywords.get("nullable") == Some(&Value::Bool(true));
        read_values(schema, &mut node);
        node.limits = limits_of(schema);
        node.format = keywords.get("format").and_then(Value::as_str).map(str::to_owned);
        read_encoding(schema, &mut node);
        node.discriminator = read_discriminator(schema);
        // Our own documents set a default aside that breaks its schema; the vendor says it all the same.
        node.default = keywords.get("default").or_else(|| keywords.get("x-default")).map(whole);
        let is_true = |keyword: &str| keywords.get(keyword) == Some(&Value::Bool(true));
        node.read_only = is_true("readOnly");
        node.write_only = is_true("writeOnly");
        node.deprecated = is_true("deprecated");
        node.closed = keywords.get("additionalProperties") == Some(&Value::Bool(false));
        let words = ["title", "description"].into_iter().filter_map(|key| keywords.get(key)?.as_str());
        node.text = words.collect::<Vec<&str>>().join("\n");
        self.read_members(schema, &mut node, place, depth);
        self.read_parts(schema, &mut node, place, depth);
        if let Some(items @ (Value::Object(_) | Value::Bool(false))) = keywords.get("items") {
            let inner =
                self.node_within(items, &format!("{pointer}/items"), &format!("{place}/*"), depth + 1);
            node.items = Some(inner);
        }
        if node.types.is_empty() && node.values.is_none() {
            node.is_inferred = !node.nullable;
            if !node.members.is_empty() {
                node.types.insert(Type::Object);
            } else if node.items.is_some() {
                node.types.insert(Type::Array);
            }
        }
        self.read_alternatives(schema, node, place, depth)
    }

    /// Keywords that are compared under their own name.
    fn read_parts(&mut self, schema: &'a Value, node: &mut Node, place: &str, depth: usize) {
        let pointer = node.pointer.clone();
        let mut found: Vec<(String, &'a Value, String)> = Vec::new();
        for keyword in PARTS {
            if let Some(part) = schema.get(keyword) {
                found.push((keyword.to_owned(), part, format!("{pointer}/{keyword}")));
            }
        }
        // In drafts before 2020-12 a list of `items` is what `prefixItems` is now.
        for keyword in ["prefixItems", "items"] {
            for (index, part) in
                schema.get(keyword).and_then(Value::as_array).into_iter().flatten().enumerate()
            {
                found.push((format!("prefixItems/{index}"), part, format!("{pointer}/{keyword}/{index}")));
            }
        }
        for keyword in ["patternProperties", "dependentSchemas"] {
            let Some(parts) = schema.get(keyword) else { continue };
            for (name, part, at) in self.entries(parts, &format!("{pointer}/{keyword}")) {
                found.push((format!("{keyword}/{}", escape(name)), part, at));
            }
        }
        for (keyword, part, at) in found {
            let below = format!("{place}/({keyword})");
            let inner = self.node_within(part, &at, &below, depth + 1);
            if keyword == "not" && inner.is_silent() {
                node.never = true;
                continue;
            }
            // `if` alone, and what may be anything, bound nothing.
            if !inner.is_silent() || keyword == "not" || keyword.starts_with("if") {
                node.parts.insert(keyword, inner);
            }
        }
        if !node.parts.contains_key("then") && !node.parts.contains_key("else") {
            node.parts.remove("if");
        } else if !node.parts.contains_key("if") {
            node.parts.remove("then");
            node.parts.remove("else");
        }
        if !node.parts.contains_key("contains") {
            node.limits.remove("minContains");
            node.limits.remove("maxContains");
        }
    }

    fn read_members(&mut self, schema: &'a Value, node: &mut Node, place: &str, depth: usize) {
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
                let inner = self.node_within(inner, &at, &below, depth + 1);
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
            let inner = self.node_within(any, &at, &format!("{place}/{ANY_MEMBER}"), depth + 1);
            node.members.insert(ANY_MEMBER.to_owned(), MemberForm { required: false, node: inner });
        }
        // A list of demands without members belongs to a form that is described beside it.
        for name in required {
            if !node.members.contains_key(name) {
                let undescribed = Node { pointer: pointer.clone(), ..Node::default() };
                node.members
                    .insert(name.to_owned(), MemberForm { required: true, node: Arc::new(undescribed) });
            }
        }
    }

    fn read_alternatives(&mut self, schema: &'a Value, node: Node, place: &str, depth: usize) -> Arc<Node> {
        let mut node = Arc::new(node);
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let Some(Value::Array(parts)) = schema.get(keyword) else { continue };
            let mut read = Vec::new();
            for (index, part) in parts.iter().enumerate() {
                let at = format!("{}/{keyword}/{index}", node.pointer);
                read.push(self.node_within(part, &at, place, depth + 1));
            }
            let pointer = node.pointer.clone();
            let joined = if keyword == "allOf" {
                read.iter().fold(node, |node, part| both(&mut self.forms, &node, part))
            } else {
                if parts.len() > MAX_ALTERNATIVES {
                    self.leave_out("choice among too many forms", &format!("{pointer}/{keyword}"));
                }
                match either(&mut self.forms, read) {
                    Some(merged) => both(&mut self.forms, &node, &merged),
                    None => node,
                }
            };
            node = if joined.pointer == pointer {
                joined
            } else {
                Arc::new(Node { pointer, ..Node::clone(&joined) })
            };
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
