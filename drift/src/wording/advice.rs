//! What whoever uses the vendor does about a finding: nothing of it is a guess about their code.

use serde_json::{Map, Value};

use super::{Way, call_member, facts::say_value, member_of, way_of};
use crate::finding::Finding;
use crate::kind::{Kind, Severity};

/// What to do about a finding, as an order; `None` where a client need not care.
pub(crate) fn advise_client(finding: &Finding) -> Option<String> {
    match finding.severity {
        Severity::Breaking | Severity::Risky => {}
        Severity::Compatible | Severity::Defect | Severity::Cosmetic => return None,
    }
    let name = call_member(finding);
    let way = way_of(finding);
    match finding.kind {
        Kind::PathMoved => Some(format!("call {}", say_fact(&finding.to)?)),
        Kind::PathRemoved => Some(format!("stop calling {}", say_fact(&finding.from)?)),
        Kind::StatusChanged => match (&finding.from, &finding.to) {
            (Some(was), Some(is)) => Some(format!("take {} where {} came", say_value(is), say_value(was))),
            (None, Some(is)) => Some(format!("be ready for the status {}", say_value(is))),
            _ => None,
        },
        Kind::MediaTypeChanged if way == Way::Request => Some(format!("send {}", say_fact(&finding.to)?)),
        Kind::MediaTypeChanged => Some(format!("be ready for {}", say_fact(&finding.to)?)),
        Kind::SecurityChanged => Some(format!("send this credential: {}", say_fact(&finding.to)?)),
        Kind::MemberRenamed | Kind::MemberMoved => {
            let place = finding.to_place.as_deref()?;
            let now = if finding.kind == Kind::MemberRenamed { member_of(place) } else { place.to_owned() };
            let verb = if way == Way::Request { "send" } else { "read" };
            Some(format!("{verb} `{now}` instead of {name}"))
        }
        Kind::MemberAdded if way == Way::Request => Some(format!("send {name}")),
        Kind::MemberRemoved if way == Way::Request => Some(format!("stop sending {name}")),
        Kind::MemberRemoved if way == Way::Reply => Some(format!("do without {name} in the answer")),
        Kind::RequiredChanged if way == Way::Request => Some(format!("always send {name}")),
        Kind::RequiredChanged if way == Way::Reply => Some(format!("be ready for answers without {name}")),
        Kind::NullableChanged if way == Way::Request => Some(format!("do not send null for {name}")),
        Kind::NullableChanged if way == Way::Reply => Some(format!("be ready for null in {name}")),
        Kind::DefaultChanged if way == Way::Request => Some(match &finding.from {
            Some(was) => format!("send {name} yourself if you mean {was}"),
            None => format!("send {name} yourself if you do not mean its default"),
        }),
        Kind::EnumChanged => advise_values(finding, &name, way),
        Kind::LimitChanged if way == Way::Request => advise_bounds(finding, &name),
        Kind::TypeChanged if way == Way::Request => Some(format!("send {name} in its new form")),
        Kind::TypeChanged if way == Way::Reply => Some(format!("read {name} in its new form")),
        _ => None,
    }
}

fn say_fact(fact: &Option<Value>) -> Option<String> {
    fact.as_ref().map(say_value)
}

fn advise_values(finding: &Finding, name: &str, way: Way) -> Option<String> {
    let list = |fact: &Option<Value>| fact.as_ref().and_then(Value::as_array).cloned();
    let (was, is) = (list(&finding.from), list(&finding.to));
    match (way, was, is) {
        (Way::Request, Some(was), Some(is)) => {
            let gone: Vec<Value> = was.into_iter().filter(|value| !is.contains(value)).collect();
            (!gone.is_empty()).then(|| format!("stop sending {} as {name}", say_value(&Value::from(gone))))
        }
        // Models that are no longer listed, where others are not named.
        (Way::Request, Some(was), None) => {
            Some(format!("stop sending {} as {name}", say_value(&Value::from(was))))
        }
        (Way::Request, None, Some(is)) => {
            Some(format!("send as {name} only {}", say_value(&Value::from(is))))
        }
        (Way::Reply, Some(_), _) => Some(format!("be ready for other words in {name}")),
        _ => None,
    }
}

/// The bounds that came or moved, which a request must keep.
fn advise_bounds(finding: &Finding, name: &str) -> Option<String> {
    let empty = Map::new();
    let was = finding.from.as_ref().and_then(Value::as_object).unwrap_or(&empty);
    let is = finding.to.as_ref().and_then(Value::as_object)?;
    let moved = is.iter().filter(|(keyword, value)| was.get(*keyword) != Some(value));
    let (closed, moved): (Vec<_>, Vec<_>) =
        moved.partition(|(keyword, _)| *keyword == "additionalProperties");
    let moved: Vec<String> =
        moved.into_iter().map(|(keyword, value)| format!("{keyword} {}", say_value(value))).collect();
    match (moved.is_empty(), closed.is_empty()) {
        (true, true) => None,
        (true, false) => Some("send only members that are described".to_owned()),
        _ => Some(format!("keep {name} within {}", moved.join(", "))),
    }
}
