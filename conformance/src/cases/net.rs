//! Transport and discovery: what can be learnt without a key and without a job.

use serde_json::{Value, json};

use super::requests::require_operation;
use crate::case::Case;
use crate::clause::{Cost, Level, Stage};
use crate::profile::{Ask, Credential, Profile};
use crate::session::wording::describe;
use crate::session::{CaseEnd, CaseError, Session};
use mockreel_contracts::Operation;
use mockreel_evidence::exchange::{Body, Content};

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    Case::new("NET-01", "answers are JSON over TLS", Level::Should, Cost::Free, Stage::Last, https_and_json)
        .on(|profile| {
            let answers = &profile.contract().answers;
            profile.cited("answers.content_type", &answers.content_type, &answers.source)
        }),
    Case::new("NET-02", "an unknown path is not found", Level::Info, Cost::Free, Stage::Free, unknown_path),
    Case::new("NET-03", "a wrong method is refused", Level::Info, Cost::Free, Stage::Free, wrong_method),
    Case::new(
        "NET-04",
        "which of the vendor's paths answer",
        Level::Info,
        Cost::Free,
        Stage::Free,
        note_paths,
    ),
    Case::new("NET-05", "which headers name the request", Level::Info, Cost::Free, Stage::Free, note_headers),
];

fn https_and_json(session: &mut Session<'_>) -> CaseEnd {
    let ask = session.profile.poll(&session.strange_id("id")).from(Credential::Nobody);
    let answer = session.send(&ask)?;
    if !session.target.loopback && !session.target.base.starts_with("https://") {
        return Err(CaseError::Failed(format!(
            "expected https beyond this machine; found {}",
            session.target.base
        )));
    }
    let said = answer.header("content-type").unwrap_or("none");
    let plain = said.split(';').next().unwrap_or_default().trim();
    session.note("content-type", said);
    if plain != "application/json" || answer.json().is_none() {
        return Err(CaseError::Failed(format!(
            "expected JSON as application/json; found {said}: {}",
            describe(&answer)
        )));
    }
    if let Some(mislabelled) = find_mislabelled(session) {
        return Err(CaseError::Failed(mislabelled));
    }
    if !session.target.base.starts_with("https://") {
        return Err(CaseError::NotApplicable(format!(
            "the answer is JSON; {} is plain http on this machine, where there is no TLS to look at",
            session.target.base
        )));
    }
    Ok(())
}

/// An answer of the run that is JSON and says that it is something else.
fn find_mislabelled(session: &Session<'_>) -> Option<String> {
    session.list_received().iter().find_map(|exchange| {
        let answer = exchange.answer.as_ref()?;
        let is_json = matches!(answer.body, Content::Json(_));
        if !is_json || !session.target.is_vendor_path(&exchange.request.url) {
            return None;
        }
        let kind = answer.headers.iter().find(|(name, _)| name == "content-type");
        let kind = kind.map_or("no content type", |(_, kind)| kind.as_str());
        let plain = kind.split(';').next().unwrap_or_default().trim();
        let is_named = plain == "application/json" || plain.ends_with("+json");
        let asked = format!("{} {}", exchange.request.method, exchange.request.url);
        (!is_named).then(|| format!("expected JSON as application/json; found {kind} for {asked}"))
    })
}

fn unknown_path(session: &mut Session<'_>) -> CaseEnd {
    let answer = session.send(&Ask::get("/v2/does-not-exist"))?;
    session.note("status", answer.status);
    if answer.status != 404 {
        return Err(CaseError::Failed(format!("expected 404; found {}", describe(&answer))));
    }
    Ok(())
}

fn wrong_method(session: &mut Session<'_>) -> CaseEnd {
    let Some(model) = session.profile.model() else {
        return Err(CaseError::NotApplicable("the vendor no longer offers any of its models".to_owned()));
    };
    // Without a key, so that a vendor that does not look at methods has nobody to charge.
    let ask = Ask::get(&session.profile.submit_path(model))
        .by("PUT")
        .with(Body::Json(json!({})))
        .from(Credential::Nobody);
    let answer = session.send(&ask)?;
    session.note("status", answer.status);
    if ![404, 405].contains(&answer.status) {
        return Err(CaseError::Failed(format!("expected 404 or 405; found {}", describe(&answer))));
    }
    Ok(())
}

/// Every path that is documented for a look at a job, asked for a job that does not exist.
fn note_paths(session: &mut Session<'_>) -> CaseEnd {
    let profile: &Profile = session.profile;
    let poll = require_operation(profile, Operation::Poll)?;
    let id = session.strange_id("id");
    let unknown = session.send(&Ask::get("/v2/does-not-exist"))?;
    for route in profile.routes(poll) {
        let answer = session.send(&profile.poll_at(&route.path, &id))?;
        let answers =
            answer.status != unknown.status || member_names(&answer.json()) != member_names(&unknown.json());
        session.note(&route.path, json!({"status": answer.status, "told_apart": answers}));
    }
    Ok(())
}

fn note_headers(session: &mut Session<'_>) -> CaseEnd {
    let ask = session.profile.poll(&session.strange_id("id"));
    let answer = session.send(&ask)?;
    let telling = ["id", "rate", "limit", "retry", "trace", "request", "correlation", "ray"];
    for (name, value) in &answer.headers {
        if telling.iter().any(|word| name.contains(word)) {
            session.note(name, value.as_str());
        }
    }
    Ok(())
}

/// The names of an object's members.
fn member_names(body: &Option<Value>) -> Vec<String> {
    body.as_ref()
        .and_then(Value::as_object)
        .map(|members| members.keys().cloned().collect())
        .unwrap_or_default()
}
