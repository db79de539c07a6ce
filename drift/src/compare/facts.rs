//! Facts of a form for a finding: never samples.

use serde_json::{Map, Value, json};

use crate::finding::{Confidence, Finding, SampleCount};
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
