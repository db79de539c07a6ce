//! Facts of a form for a finding, and its sentence: never samples.

use serde_json::{Map, Value, json};

use crate::finding::{Confidence, Finding, SampleCount};
use crate::kind::Kind;
use crate::surface::{MemberForm, Node, Type};

/// Fewer answers than this are weak evidence.
pub(super) const FEW_SAMPLES: u32 = 5;

/// Says on how many answers a finding rests.
pub(super) fn add_evidence(finding: &mut Finding, old: &Node, new: &Node) {
    let Some(seen) = new.seen.as_ref().or(old.seen.as_ref()) else { return };
    finding.evidence = Some(SampleCount { samples: seen.samples, present: seen.present });
    if seen.samples < FEW_SAMPLES {
        finding.confidence = Confidence::Weak;
    }
    let time = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    (finding.first_seen, finding.last_seen) = (time(&seen.first), time(&seen.last));
}

/// What a form is, for a finding about a member that came or went.
pub(super) fn describe_member(member: &MemberForm) -> Value {
    of_node(&member.node, member.required)
}

/// A form in a few words: types, whether it may be null, values, members.
pub(super) fn of_node(node: &Node, required: bool) -> Value {
    let mut told = Map::new();
    if !node.types.is_empty() {
        told.insert("type".to_owned(), types(node));
    }
    if node.seen.is_none() {
        told.insert("required".to_owned(), json!(required));
    }
    if let Some(values) = &node.values {
        told.insert("enum".to_owned(), Value::from(values.clone()));
    }
    if let Some(format) = &node.format {
        told.insert("format".to_owned(), json!(format));
    }
    for (keyword, bound) in &node.limits {
        told.insert(keyword.clone(), bound.clone());
    }
    let mut names: Vec<&str> = node.members.keys().map(String::as_str).collect();
    names.sort_unstable();
    if !names.is_empty() {
        told.insert("members".to_owned(), json!(names));
    }
    if let Some(items) = &node.items {
        told.insert("items".to_owned(), of_node(items, false));
    }
    Value::Object(told)
}

/// A form that a keyword of its own gives, in a few words.
pub(super) fn of_part(keyword: &str, node: &Node) -> Value {
    let mut told = Map::new();
    told.insert(keyword.to_owned(), of_node(node, false));
    Value::Object(told)
}

/// The types as JSON Schema writes them.
pub(super) fn types(node: &Node) -> Value {
    if node.never {
        return json!("nothing");
    }
    let names: Vec<&str> = node.types.iter().map(|held: &Type| held.name()).collect();
    match names.as_slice() {
        [] => json!("any"),
        [only] => json!(only),
        several => json!(several),
    }
}

/// A finding in one sentence.
pub(crate) fn sentence(finding: &Finding) -> String {
    let place = &finding.place;
    let short = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), text);
    let (from, to) = (short(&finding.from), short(&finding.to));
    let now = finding.to_place.as_deref().unwrap_or_default();
    let models = models(finding);
    let told = match finding.kind {
        Kind::PathMoved => format!("{from} is now {to}"),
        Kind::PathAdded => format!("{to} is new"),
        Kind::PathRemoved => format!("{from} is gone"),
        Kind::ServerChanged => format!("the addresses were {from} and are {to}"),
        Kind::StatusChanged => match (&finding.from, &finding.to) {
            (Some(_), Some(_)) => format!("the status was {from} and is {to}"),
            (None, _) => format!("the status {to} is new"),
            (_, None) => format!("the status {from} is gone"),
        },
        Kind::MediaTypeChanged => format!("the content type was {from} and is {to}"),
        Kind::MemberAdded => format!("`{place}` is new: {to}"),
        Kind::MemberRemoved => format!("`{place}` is gone; it was {from}"),
        Kind::MemberRenamed | Kind::MemberMoved => format!("`{place}` is now `{now}`"),
        Kind::TypeChanged => format!("the type of `{place}` was {from} and is {to}"),
        Kind::EnumChanged => values_sentence(finding),
        Kind::LimitChanged => limits_sentence(finding),
        Kind::DefaultChanged => {
            let default =
                |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), Value::to_string);
            let (from, to) = (default(&finding.from), default(&finding.to));
            format!("the default of `{place}` was {from} and is {to}")
        }
        Kind::RequiredChanged if finding.to == Some(Value::Bool(true)) => {
            format!("`{place}` must be there now")
        }
        Kind::RequiredChanged => format!("`{place}` need not be there any longer"),
        Kind::NullableChanged if finding.to == Some(Value::Bool(true)) => {
            format!("`{place}` may be null now")
        }
        Kind::NullableChanged => format!("`{place}` may no longer be null"),
        Kind::FormatChanged => format!("the format of `{place}` was {from} and is {to}"),
        Kind::SecurityChanged => format!("the credential was {from} and is {to}"),
        Kind::AlternativeChanged => match (&finding.from, &finding.to) {
            (Some(_), Some(_)) => format!("a form of `{place}` was {from} and is {to}"),
            (None, _) => format!("`{place}` has another form besides: {to}"),
            (_, None) => format!("`{place}` no longer has the form {from}"),
        },
        Kind::DiscriminatorChanged => {
            format!("what tells the forms of `{place}` apart was {from} and is {to}")
        }
        Kind::StyleChanged => format!("`{place}` was written as {from} and is as {to}"),
        Kind::DeprecationChanged if finding.to == Some(Value::Bool(true)) => {
            format!("`{place}` is marked as deprecated")
        }
        Kind::DeprecationChanged => format!("`{place}` is no longer marked as deprecated"),
        other => other.summary().to_owned(),
    };
    format!("{told}{models}")
}

/// Values that came and went; all of them where there was no list, or is none any longer.
fn values_sentence(finding: &Finding) -> String {
    let place = &finding.place;
    let (Some(Value::Array(was)), Some(Value::Array(is))) = (&finding.from, &finding.to) else {
        return match (&finding.from, &finding.to) {
            (Some(was), None) => {
                format!("the values of `{place}` are no longer listed; they were {}", text(was))
            }
            (None, Some(is)) => format!("the values of `{place}` are listed now: {}", text(is)),
            _ => format!("the values of `{place}` differ"),
        };
    };
    let lacking = |one: &[Value], other: &[Value]| -> Option<String> {
        let lacking: Vec<Value> = one.iter().filter(|value| !other.contains(value)).cloned().collect();
        (!lacking.is_empty()).then(|| text(&Value::from(lacking)))
    };
    match (lacking(was, is), lacking(is, was)) {
        (Some(gone), Some(came)) => format!("values of `{place}` are gone: {gone}; came: {came}"),
        (Some(gone), None) => format!("values of `{place}` are gone: {gone}"),
        (None, Some(came)) => format!("values of `{place}` came: {came}"),
        (None, None) => format!("the values of `{place}` differ"),
    }
}

/// Bounds, and apart from them whether members without a description are refused.
fn limits_sentence(finding: &Finding) -> String {
    const CLOSED: &str = "additionalProperties";
    let place = &finding.place;
    let bounds = |value: &Option<Value>| -> Map<String, Value> {
        value.as_ref().and_then(Value::as_object).cloned().unwrap_or_default()
    };
    let (mut was, mut is) = (bounds(&finding.from), bounds(&finding.to));
    let (was_closed, is_closed) = (was.shift_remove(CLOSED).is_some(), is.shift_remove(CLOSED).is_some());
    let closed = match (was_closed, is_closed) {
        (false, true) => Some(format!("`{place}` refuses members now that it does not describe")),
        (true, false) => Some(format!("`{place}` no longer refuses members that it does not describe")),
        _ => None,
    };
    if was == is
        && let Some(closed) = closed
    {
        return closed;
    }
    let (from, to) = (text(&Value::Object(was)), text(&Value::Object(is)));
    let bounds = format!("the bounds of `{place}` were {from} and are {to}");
    closed.map_or(bounds.clone(), |closed| format!("{bounds}; {closed}"))
}

fn models(finding: &Finding) -> String {
    match finding.models.as_slice() {
        [] => String::new(),
        [only] => format!(" ({only})"),
        several => format!(" ({} models)", several.len()),
    }
}

fn text(value: &Value) -> String {
    const MOST: usize = 160;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text_of_item).collect::<Vec<String>>().join(", "),
        Value::Object(members) if members.is_empty() => "nothing".to_owned(),
        Value::Object(members) => {
            let told = members.iter().filter(|(_, value)| **value != Value::Bool(false));
            told.map(|(key, value)| match value {
                Value::Bool(_) => key.clone(),
                Value::Object(_) => format!("{key} ({})", text(value)),
                other => format!("{key} {}", text(other)),
            })
            .collect::<Vec<String>>()
            .join(", ")
        }
        other => other.to_string(),
    };
    if text.chars().count() <= MOST { text } else { text.chars().take(MOST).chain("...".chars()).collect() }
}

/// A text that could be taken for a number stands in quotes: `"5"` and `5` are two values.
fn text_of_item(value: &Value) -> String {
    match value.as_str() {
        Some(text) if text.parse::<f64>().is_err() => text.to_owned(),
        _ => value.to_string(),
    }
}
