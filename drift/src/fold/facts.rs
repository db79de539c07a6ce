//! The facts of one member as one finding: what it was, and what it is.

use serde_json::{Map, Value};

use super::{group_by, parts_of};
use crate::finding::Finding;
use crate::kind::Kind;
use crate::wording::{is_derived, sentence};

/// Makes one finding of the type, the values, the bounds, the format and the default of a member.
pub(super) fn unite_facts(findings: Vec<Finding>) -> Vec<Finding> {
    let groups = group_by(findings, |finding| {
        (keyword_of(finding.kind).is_some() && is_derived(finding)).then(|| {
            let place = (finding.operation.clone(), finding.place.clone(), finding.to_place.clone());
            let subject = (finding.models.clone(), finding.files.clone());
            (place, subject, format!("{:?} {:?}", finding.baseline, finding.confidence))
        })
    });
    groups.into_iter().flat_map(unite_member).collect()
}

/// The keyword under which a kind's facts stand in the facts of a form; empty where they have keywords of their own.
fn keyword_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::TypeChanged => Some("type"),
        Kind::EnumChanged => Some("enum"),
        Kind::LimitChanged => Some(""),
        Kind::DefaultChanged => Some("default"),
        Kind::FormatChanged => Some("format"),
        _ => None,
    }
}

fn unite_member(mut group: Vec<Finding>) -> Vec<Finding> {
    group.sort_by_key(|finding| finding.kind);
    let retyped = group.iter().any(|finding| finding.kind == Kind::TypeChanged);
    // A default of its own is a change of its own; one of another type went with the type.
    let (mut facts, rest): (Vec<Finding>, Vec<Finding>) =
        group.into_iter().partition(|finding| retyped || finding.kind != Kind::DefaultChanged);
    if facts.len() < 2 {
        facts.extend(rest);
        return facts;
    }
    let parts = parts_of(&facts);
    let (from, to) =
        (collect_form(&facts, |finding| &finding.from), collect_form(&facts, |finding| &finding.to));
    let last_look = facts.iter().any(|finding| finding.last_look.is_some());
    let last_look = last_look.then(|| collect_form(&facts, |finding| &finding.last_look));
    let severity = facts.iter().map(|finding| finding.severity).min();
    let mut all = facts.into_iter();
    let Some(mut whole) = all.next() else { return rest };
    whole.severity = severity.unwrap_or(whole.severity);
    (whole.from, whole.to) = (Some(from), Some(to));
    whole.parts = parts;
    whole.last_look = last_look;
    whole.message = sentence(&whole);
    std::iter::once(whole).chain(rest).collect()
}

/// The facts of one side as one form.
fn collect_form(findings: &[Finding], side: impl Fn(&Finding) -> &Option<Value>) -> Value {
    let mut facts = Map::new();
    for finding in findings {
        let (Some(fact), Some(keyword)) = (side(finding), keyword_of(finding.kind)) else { continue };
        match fact {
            // Bounds have their own keywords, and so has a type whose members came with it.
            Value::Object(members) if finding.kind != Kind::DefaultChanged => {
                facts.extend(members.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            other => {
                facts.insert(keyword.to_owned(), other.clone());
            }
        }
    }
    Value::Object(facts)
}
