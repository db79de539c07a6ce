//! Breaking one rule in one place of a good body.

use serde_json::Value;

use super::combined::is_combined;
use super::values::{Member, fitted, is_url, number_value};
use super::{Draw, Manner, below, is_required};
use crate::contract::check::normalise::normalised;
use crate::contract::check::rules::Checker;
use crate::contract::check::schema::unescape;
use crate::contract::model::Model;

/// A body that breaks just one rule.
#[derive(Clone, Debug, PartialEq)]
pub struct JustBad {
    /// The body.
    pub body: Value,
    /// JSON Pointer to the place.
    pub pointer: String,
    /// The rule's name, as [`crate::contract::check::rules::Rule::name`] has it.
    pub rule: &'static str,
}

/// What is done to a good body.
enum Change {
    Remove,
    Put(Value),
}

/// The places and changes found so far.
struct Breaks<'a> {
    found: Vec<(String, Change, &'static str)>,
    images: &'a [&'a str],
}

/// Every way to break one rule of a good body in one place, by as little as possible.
///
/// A required member goes; a value becomes one of the nearest wrong type, `null`, a neighbour of the
/// listed values, one step beyond a bound, one character or item too many or too few, or no URL. In
/// arrays the first and the last item are broken. Members that are not in `body` cannot be. What a
/// form says as text stays wrong when [`crate::contract::check::normalise::normalised`] has read it.
pub fn breaks(model: &Model, body: &Value, images: &[&str]) -> Vec<JustBad> {
    let mut breaks = Breaks { found: Vec::new(), images };
    breaks.inside(&model.request, body, "");
    let bodies = breaks.found.into_iter().filter_map(|(pointer, change, rule)| {
        let body = changed(body, &pointer, change)?;
        Some(JustBad { body, pointer, rule })
    });
    if !is_combined(&model.request) {
        return bodies.collect();
    }
    // Where schemas are put together, a change may break more than the rule it aims at.
    let Ok(checker) = Checker::new(model.request.clone()) else { return Vec::new() };
    bodies
        .filter(|bad| {
            let violations = checker.violations(&normalised(&model.request, bad.body.clone()));
            matches!(violations.as_slice(), [only] if only.pointer == bad.pointer && only.rule.name() == bad.rule)
        })
        .collect()
}

fn changed(body: &Value, pointer: &str, change: Change) -> Option<Value> {
    let mut body = body.clone();
    match change {
        Change::Put(value) => *body.pointer_mut(pointer)? = value,
        Change::Remove => {
            let (outer, token) = pointer.rsplit_once('/')?;
            let name = unescape(token);
            body.pointer_mut(outer)?.as_object_mut()?.shift_remove(&name)?;
        }
    }
    Some(body)
}

impl Breaks<'_> {
    fn put(&mut self, pointer: &str, value: impl Into<Value>, rule: &'static str) {
        self.found.push((pointer.to_owned(), Change::Put(value.into()), rule));
    }

    /// Breaks what is inside a value: members of an object, items of an array.
    fn inside(&mut self, schema: &Value, value: &Value, pointer: &str) {
        if let (Some(declared), Some(held)) =
            (schema.get("properties").and_then(Value::as_object), value.as_object())
        {
            for (name, property) in declared {
                let Some(member) = held.get(name) else { continue };
                let place = below(pointer, name);
                let required = is_required(schema, name);
                if required {
                    self.found.push((place.clone(), Change::Remove, "required"));
                }
                self.value(&Member::new(property, name), property, member, &place, required);
            }
        }
        if let (Some(items), Some(held)) = (schema.get("items"), value.as_array()) {
            let last = held.len().saturating_sub(1);
            for (index, item) in held.iter().enumerate().filter(|(index, _)| *index == 0 || *index == last) {
                let place = below(pointer, &index.to_string());
                self.value(&Member::new(items, ""), items, item, &place, false);
            }
        }
    }

    fn value(&mut self, member: &Member<'_>, schema: &Value, value: &Value, pointer: &str, required: bool) {
        self.kind(member, value, pointer);
        if let Some(listed) = member.listed() {
            self.list(member, &listed, pointer);
            return;
        }
        if member.has("anyOf") || member.has("oneOf") {
            for other in [Value::from(7), Value::from("text"), Value::Null, Value::Array(Vec::new())] {
                self.put(pointer, other, "form");
            }
        }
        match value {
            Value::Number(_) => self.number(member, pointer),
            Value::String(text) => self.text(member, text, pointer, required),
            Value::Array(items) => self.items(member, schema, items, pointer),
            Value::Null | Value::Bool(_) | Value::Object(_) => {}
        }
        self.inside(schema, value, pointer);
    }

    /// Values of the nearest types that the member may not have.
    fn kind(&mut self, member: &Member<'_>, value: &Value, pointer: &str) {
        let kinds = member.kinds();
        if kinds.is_empty() {
            return;
        }
        let text = match value {
            // A text that can be read as what it stands for would be read, and not be wrong.
            _ if member.has("x-text") => "much".to_owned(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => "text".to_owned(),
        };
        let nearest = [Value::from(text), Value::from(7), Value::from(true), Value::Array(Vec::new())];
        if let Some(wrong) = nearest.into_iter().find(|wrong| !admits(&kinds, wrong)) {
            self.put(pointer, wrong, "type");
        }
        if kinds.contains(&"integer") && !kinds.contains(&"number") {
            let whole = value.as_f64().map_or(0.0, f64::floor);
            self.put(pointer, whole + 0.5, "type");
        }
        if !kinds.contains(&"null") && !member.has("x-null") {
            self.put(pointer, Value::Null, "type");
        }
    }

    /// Neighbours of the listed values, one of each type.
    fn list(&mut self, member: &Member<'_>, listed: &[Value], pointer: &str) {
        let kinds = member.kinds();
        let beside = |near: &Value| !listed.iter().any(|held| same(held, near));
        let mut near: Vec<Value> = Vec::new();
        let number = listed.iter().find_map(Value::as_i64);
        near.extend(number.and_then(|start| (start + 1..).map(Value::from).find(&beside)));
        if let Some(text) = listed.iter().find_map(Value::as_str) {
            let next = text.parse::<i64>().ok();
            let numbered =
                next.and_then(|start| (start + 1..).map(|n| Value::from(n.to_string())).find(&beside));
            near.extend(
                numbered
                    .or_else(|| (1..).map(|n| Value::from(text.to_owned() + &"x".repeat(n))).find(&beside)),
            );
        }
        if kinds.is_empty() {
            near.push(Value::Array(Vec::new()));
            if !member.has("x-null") {
                near.push(Value::Null);
            }
        }
        for value in near {
            if beside(&value) && (kinds.is_empty() || admits(&kinds, &value)) {
                self.put(pointer, value, "enum");
            }
        }
    }

    fn number(&mut self, member: &Member<'_>, pointer: &str) {
        let kinds = member.kinds();
        let kind =
            if kinds.contains(&"integer") && !kinds.contains(&"number") { "integer" } else { "number" };
        let (least, most) = member.bounds(kind);
        let step = member.step(kind);
        if let Some(least) = least {
            self.put(pointer, number_value(least - step, kind), "minimum");
        }
        if let Some(most) = most {
            self.put(pointer, number_value(most + step, kind), "maximum");
        }
    }

    fn text(&mut self, member: &Member<'_>, text: &str, pointer: &str, required: bool) {
        if member.has("x-url") {
            let bare = text.split_once("://").map_or("not a url", |(_, rest)| rest);
            let bare = if is_url(bare) { "not a url" } else { bare };
            let least = member.size("minLength").unwrap_or(0);
            let most = member.size("maxLength").unwrap_or(usize::MAX);
            self.put(pointer, fitted(bare, least, most), "url");
        }
        if member.has("pattern") {
            self.put(pointer, "?", "form");
        }
        if let Some(most) = member.size("maxLength") {
            self.put(pointer, fitted(text, most + 1, most + 1), "max_length");
        }
        // A URL that is too short would hardly be a URL.
        let least = member.size("minLength").filter(|least| *least > 0 && !member.has("x-url"));
        if let Some(least) = least {
            let short = fitted(text, 0, least - 1);
            if !(short.is_empty() && member.has("x-empty")) {
                self.put(pointer, short, "min_length");
            }
        }
        if required && member.word("x-empty") == "absent" {
            self.put(pointer, "", "required");
        }
    }

    fn items(&mut self, member: &Member<'_>, schema: &Value, items: &[Value], pointer: &str) {
        if let Some(least) = member.size("minItems").filter(|least| (1..=items.len()).contains(least)) {
            self.put(pointer, items[..least - 1].to_vec(), "min_items");
        }
        if let Some(most) = member.size("maxItems") {
            let any = Value::Bool(true);
            let mut draw =
                Draw { manner: Manner::Complete, images: self.images, numbers: 0, promised: false };
            let mut many = items.to_vec();
            while many.len() <= most {
                many.push(draw.value(schema.get("items").unwrap_or(&any), ""));
            }
            self.put(pointer, many, "max_items");
        }
    }
}

/// Whether a value is of one of JSON Schema's types.
fn admits(kinds: &[&str], value: &Value) -> bool {
    kinds.iter().any(|kind| match *kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    })
}

/// Whether two values are the same to JSON Schema, where 5 is 5.0.
fn same(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}
