//! Facts of a form in words: lists as what came and what went, bounds one by one.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The most characters of one fact in a sentence.
const MOST_CHARS: usize = 160;

/// The most values of a list that are named.
const MOST_VALUES: usize = 8;

/// What came to a list and what went from it.
pub(super) fn list_change(of: &str, from: &Option<Value>, to: &Option<Value>) -> String {
    let list = |value: &Option<Value>| value.as_ref().map(as_list);
    match (list(from), list(to)) {
        (Some(was), Some(is)) => {
            let gone: Vec<&Value> = was.iter().filter(|value| !is.contains(value)).collect();
            let came: Vec<&Value> = is.iter().filter(|value| !was.contains(value)).collect();
            match (came.is_empty(), gone.is_empty()) {
                (false, true) => format!("{of} came: {}", name_some(&came)),
                (true, false) => format!("{of} went: {}", name_some(&gone)),
                (true, true) => format!("{of} differ in nothing but their order"),
                (false, false) => {
                    format!("{of} came: {}; went: {}", name_some(&came), name_some(&gone))
                }
            }
        }
        (None, Some(is)) => format!("{of} are listed now: {}", name_some(&is.iter().collect::<Vec<_>>())),
        (Some(was), None) => {
            format!("{of} are no longer listed; they were {}", name_some(&was.iter().collect::<Vec<_>>()))
        }
        (None, None) => format!("{of} differ"),
    }
}

fn as_list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

/// The first values of a list, and how many more there are.
fn name_some(values: &[&Value]) -> String {
    if values.is_empty() {
        return "nothing".to_owned();
    }
    let more = values.len().saturating_sub(MOST_VALUES);
    let named: Vec<String> = values.iter().take(MOST_VALUES).map(|value| say_item(value)).collect();
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{tail}", named.join(", "))
}

/// What became of each bound.
pub(super) fn say_bounds(name: &str, from: Option<&Value>, to: Option<&Value>) -> String {
    let empty = Map::new();
    let bounds = |value: Option<&'_ Value>| value.and_then(Value::as_object).cloned();
    let (was, is) =
        (bounds(from).unwrap_or_else(|| empty.clone()), bounds(to).unwrap_or_else(|| empty.clone()));
    let keywords: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let mut sentences: Vec<String> = Vec::new();
    let mut changes: Vec<String> = Vec::new();
    for keyword in keywords {
        match (was.get(keyword), is.get(keyword)) {
            (before, after) if before == after => {}
            (before, after) if keyword == "additionalProperties" => {
                sentences.push(say_unknown_members(name, before, after));
            }
            (Some(before), Some(after)) => {
                changes.push(format!("{keyword} was {} and is {}", say_value(before), say_value(after)));
            }
            (None, Some(after)) => changes.push(format!("{keyword} {} came", say_value(after))),
            (Some(before), None) => changes.push(format!("{keyword} {} went", say_value(before))),
            (None, None) => {}
        }
    }
    if !changes.is_empty() {
        sentences.insert(0, format!("the bounds of {name}: {}", changes.join("; ")));
    }
    if sentences.is_empty() { format!("the bounds of {name} differ") } else { sentences.join("; ") }
}

/// What happens to members that nothing describes.
fn say_unknown_members(name: &str, before: Option<&Value>, after: Option<&Value>) -> String {
    let refused = |value: Option<&Value>| value == Some(&Value::Bool(false));
    match (refused(before), refused(after)) {
        (false, true) => format!("{name} refuses members now that it does not describe"),
        (true, false) => format!("{name} no longer refuses members that it does not describe"),
        _ => format!("what {name} may hold beside what it describes differs"),
    }
}

/// What a form was and what it is, where several facts of it changed together.
pub(super) fn say_form(name: &str, from: Option<&Value>, to: Option<&Value>) -> String {
    let say = |value: Option<&Value>| match value.and_then(Value::as_object) {
        Some(facts) if !facts.is_empty() => describe_form(facts),
        _ => value.map_or_else(|| "anything".to_owned(), say_value),
    };
    format!("{name} was {} and is {}", say(from), say(to))
}

fn describe_form(facts: &Map<String, Value>) -> String {
    let mut words: Vec<String> = Vec::new();
    if let Some(kind) = facts.get("type") {
        words.push(say_value(kind));
    }
    if let Some(values) = facts.get("enum") {
        words.push(format!("one of {}", name_some(&as_list(values).iter().collect::<Vec<_>>())));
    }
    for (key, value) in facts.iter().filter(|(key, _)| !["type", "enum"].contains(&key.as_str())) {
        // A default is a value, so that `"5"` is not taken for 5.
        let said = if key == "default" { value.to_string() } else { say_value(value) };
        words.push(format!("{key} {said}"));
    }
    words.join(", ")
}

/// A fact in a few words.
pub(super) fn say_value(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "nothing".to_owned(),
        Value::Array(items) => items.iter().map(say_item).collect::<Vec<String>>().join(", "),
        Value::Object(members) if members.is_empty() => "nothing".to_owned(),
        Value::Object(members) => {
            let told = members.iter().filter(|(_, value)| **value != Value::Bool(false));
            told.map(|(key, value)| match value {
                Value::Bool(_) => key.clone(),
                Value::Object(_) => format!("{key} ({})", say_value(value)),
                other => format!("{key} {}", say_value(other)),
            })
            .collect::<Vec<String>>()
            .join(", ")
        }
        other => other.to_string(),
    };
    if text.chars().count() <= MOST_CHARS {
        text
    } else {
        text.chars().take(MOST_CHARS).chain("...".chars()).collect()
    }
}

/// A text that could be taken for a number stands in quotes: `"5"` and `5` are two values.
fn say_item(value: &Value) -> String {
    match value.as_str() {
        Some(text) if text.parse::<f64>().is_err() && !["true", "false", "null"].contains(&text) => {
            text.to_owned()
        }
        _ => value.to_string(),
    }
}
