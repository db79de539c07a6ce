//! The words of a finding: its sentence, what it is in short, and what to do about it.

mod advice;
mod facts;
#[cfg(test)]
mod tests;

use serde_json::Value;

use self::facts::{list_change, say_bounds, say_form, say_value};
use crate::finding::Finding;
use crate::kind::Kind;

pub(crate) use self::advice::advise_client;

/// The way in which a value travels, as far as a place says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A client sends it.
    Request,
    /// A client reads it.
    Reply,
    /// It is no value: a path, a status, a credential.
    Neither,
}

/// The way in which the value at a finding's place travels.
pub(crate) fn way_of(finding: &Finding) -> Way {
    let rest = finding.place.strip_prefix(&finding.operation).unwrap_or(&finding.place);
    let word = rest.trim_start_matches('.').split('/').next().unwrap_or_default();
    match word {
        "request" | "query" | "header" => Way::Request,
        "path" if rest.starts_with(".path/") && !finding.kind.is_about_paths() => Way::Request,
        "reply" => Way::Reply,
        _ => Way::Neither,
    }
}

/// The member that a place ends in, as it is called: `duration` of `submit.request/duration`.
pub(crate) fn member_of(place: &str) -> String {
    let last = place.rsplit('/').find(|part| *part != "*").unwrap_or(place);
    mockreel_contracts::contract::check::schema::unescape(last)
}

/// What a finding is about, as a sentence calls it: a member by its own name, a body as what it is.
pub(crate) fn call_member(finding: &Finding) -> String {
    let tail = finding.place.strip_prefix(&finding.operation).unwrap_or_default();
    let parts: Vec<&str> = tail.trim_start_matches('.').split('/').collect();
    match parts.as_slice() {
        ["request"] => "the request".to_owned(),
        ["query"] => "the query".to_owned(),
        ["reply", status] => format!("the answer {status}"),
        _ => format!("`{}`", member_of(&finding.place)),
    }
}

/// A finding in one sentence.
pub(crate) fn sentence(finding: &Finding) -> String {
    let told = describe_change(finding, &format!("`{}`", finding.place));
    let models = match finding.models.as_slice() {
        [] => String::new(),
        [only] => format!(" ({only})"),
        several => format!(" ({} models)", several.len()),
    };
    format!("{told}{models}")
}

/// A finding in as few words as fit a headline: members by their own name.
pub(crate) fn shorten_finding(finding: &Finding) -> String {
    if !is_derived(finding) {
        return finding.message.clone();
    }
    describe_change(finding, &call_member(finding))
}

/// Whether the message of a finding is made of its facts, so that another finding with these facts says the same.
pub(crate) fn is_derived(finding: &Finding) -> bool {
    finding.verdict.is_none() && finding.message == sentence(finding)
}

/// What changed, of something that is called so.
fn describe_change(finding: &Finding, name: &str) -> String {
    let short = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), say_value);
    let (from, to) = (short(&finding.from), short(&finding.to));
    let is_now = |answer: bool| finding.to == Some(Value::Bool(answer));
    match finding.kind {
        Kind::PathMoved => format!("{from} is now {to}"),
        Kind::PathAdded => format!("{to} is new"),
        Kind::PathRemoved => format!("{from} is gone"),
        Kind::ServerChanged => list_change("servers", &finding.from, &finding.to),
        Kind::StatusChanged => match (&finding.from, &finding.to) {
            (Some(_), Some(_)) => format!("the status was {from} and is {to}"),
            (None, _) => format!("the status {to} is new"),
            (_, None) => format!("the status {from} is gone"),
        },
        Kind::MediaTypeChanged => format!("the content type was {from} and is {to}"),
        Kind::MemberAdded => format!("{name} is new: {to}"),
        Kind::MemberRemoved => format!("{name} is gone; it was {from}"),
        Kind::MemberRenamed => {
            let place = finding.to_place.as_deref().unwrap_or_default();
            let is_short = *name != format!("`{}`", finding.place);
            let now = if is_short { member_of(place) } else { place.to_owned() };
            format!("{name} is `{now}` now")
        }
        Kind::MemberMoved => {
            format!("{name} is at `{}` now", finding.to_place.as_deref().unwrap_or_default())
        }
        Kind::TypeChanged | Kind::EnumChanged | Kind::LimitChanged | Kind::FormatChanged
            if finding.from.as_ref().or(finding.to.as_ref()).is_some_and(is_form) =>
        {
            say_form(name, finding.from.as_ref(), finding.to.as_ref())
        }
        Kind::TypeChanged => format!("the type of {name} was {from} and is {to}"),
        Kind::EnumChanged => list_change(&format!("values of {name}"), &finding.from, &finding.to),
        Kind::LimitChanged => say_bounds(name, finding.from.as_ref(), finding.to.as_ref()),
        Kind::DefaultChanged => {
            let json = |value: &Option<Value>| value.as_ref().map(Value::to_string);
            match (json(&finding.from), json(&finding.to)) {
                (Some(was), Some(is)) => format!("the default of {name} was {was} and is {is}"),
                (None, Some(is)) => format!("{name} has a default now: {is}"),
                (Some(was), None) => format!("{name} has no default any longer; it was {was}"),
                (None, None) => format!("the default of {name} differs"),
            }
        }
        Kind::RequiredChanged if is_now(true) => format!("{name} must be there now"),
        Kind::RequiredChanged => format!("{name} need not be there any longer"),
        Kind::NullableChanged if is_now(true) => format!("{name} may be null now"),
        Kind::NullableChanged => format!("{name} may no longer be null"),
        Kind::FormatChanged => match (&finding.from, &finding.to) {
            (None, Some(_)) => format!("{name} has a format now: {to}"),
            (Some(_), None) => format!("{name} has no format any longer; it was {from}"),
            _ => format!("the format of {name} was {from} and is {to}"),
        },
        Kind::SecurityChanged => format!("the credential was {from} and is {to}"),
        Kind::AlternativeChanged => match (&finding.from, &finding.to) {
            (Some(_), Some(_)) => format!("a form of {name} was {from} and is {to}"),
            (None, _) => format!("{name} has another form besides: {to}"),
            (_, None) => format!("{name} no longer has the form {from}"),
        },
        Kind::DiscriminatorChanged => format!("what tells the forms of {name} apart was {from} and is {to}"),
        Kind::StyleChanged => format!("{name} was written as {from} and is written as {to}"),
        Kind::DeprecationChanged if is_now(true) => format!("{name} is marked as deprecated"),
        Kind::DeprecationChanged => format!("{name} is no longer marked as deprecated"),
        other => other.summary().to_owned(),
    }
}

/// Whether a fact is several facts of one form, as where its type and its values changed together.
fn is_form(fact: &Value) -> bool {
    fact.as_object().is_some_and(|facts| facts.contains_key("type") || facts.contains_key("enum"))
}
