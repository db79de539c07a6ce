//! Jobs that fail, and servers that do.

use mockreel_contracts::contract::check::image::{ImageRole, Transport};
use mockreel_contracts::contract::check::read::observe;
use mockreel_contracts::{Operation, Phase};
use mockreel_evidence::exchange::Content;
use serde_json::json;

use super::drift::operation_of;
use super::requests::{plain, require_operation, with};
use crate::case::Case;
use crate::clause::{Cost, Level, Stage};
use crate::profile::{Credential, Profile, put};
use crate::session::wording::describe;
use crate::session::{CaseEnd, CaseError, Poll, Session, require_followed};

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    Case::new(
        "ERR-01",
        "a failed job says why, and is still found",
        Level::Must,
        Cost::Own,
        Stage::Own,
        check_failed_job,
    )
    .on(|profile| {
        let place = profile.operation(Operation::Poll)?.read.failure.first()?.clone();
        profile.reply_member_clause(Operation::Poll, &place).or_else(|| Profile::phases_clause(profile))
    }),
    Case::new("ERR-02", "whether a failed job costs", Level::Info, Cost::Own, Stage::Own, note_bill),
    Case::new(
        "ERR-03",
        "an error of the server has its form",
        Level::Should,
        Cost::Emulator,
        Stage::Own,
        server_error,
    )
    .on(|profile| profile.problem_clause("internal")),
    Case::new(
        "ERR-04",
        "what becomes of a picture that cannot be reached",
        Level::Info,
        Cost::Own,
        Stage::Own,
        note_unreachable_image,
    )
    .unless(|profile| {
        let by_address = profile.models().any(|model| takes_addresses(profile, model));
        (!by_address).then(|| "pictures are not taken by address".to_owned())
    }),
    Case::new(
        "ERR-05",
        "refusals have the vendor's form",
        Level::Must,
        Cost::Free,
        Stage::Last,
        super::drift::check_refusal_forms,
    )
    .on(Profile::refusal_form_clause),
];

fn takes_addresses(profile: &Profile, model: &mockreel_contracts::Model) -> bool {
    profile
        .image(model, ImageRole::First)
        .is_some_and(|(_, rules)| rules.transports.contains(&Transport::Url))
}

/// A job that has ended, and what was done to let it fail: a stand-in is told to, anybody else is given an
/// unreachable image.
fn make_job_fail(session: &mut Session<'_>) -> Result<(Poll, String), CaseError> {
    if session.target.control.is_some() {
        let (model, body) = plain(session)?;
        let job = session.accept(model, &body)?;
        let answer = session.order_job(Credential::Key, &job.id, "fail", &json!({"reason": "internal"}))?;
        require_followed(&answer, "to let the job fail")?;
        return Ok((session.poll(&job.id)?, "the stand-in was told to let the job fail".to_owned()));
    }
    match fail_by_unreachable(session) {
        // Another case's job may have failed, which serves as well.
        Err(CaseError::NotApplicable(why)) => poll_failed_job(session)?.ok_or(CaseError::NotApplicable(why)),
        other => other,
    }
}

/// The first job of the run that was seen to have failed, polled once more, and whose it was.
fn poll_failed_job(session: &mut Session<'_>) -> Result<Option<(Poll, String)>, CaseError> {
    let profile = session.profile;
    let Some(facts) = profile.operation(Operation::Poll) else { return Ok(None) };
    let failed = session.list_received().iter().find_map(|exchange| {
        let Content::Json(body) = &exchange.answer.as_ref()?.body else { return None };
        let polls = operation_of(profile, &session.target.base, exchange) == Some(Operation::Poll);
        let seen = observe(facts, profile.contract(), body);
        let failed = polls && seen.phase == Some(Phase::Failed);
        seen.id.filter(|_| failed).map(|id| (id, exchange.case.clone()))
    });
    let Some((id, case)) = failed else { return Ok(None) };
    Ok(Some((session.poll(&id)?, format!("the job is one of {case}, which failed"))))
}

/// A job whose picture cannot be reached, at its end.
fn fail_by_unreachable(session: &mut Session<'_>) -> Result<(Poll, String), CaseError> {
    let job = with_unreachable(session)?;
    let sent = format!("the job was given the picture {}", unreachable_address(session));
    let poll = session.end_of(&job)?;
    if poll.seen.phase != Some(Phase::Failed) {
        let phase = poll.seen.phase.map_or("in no known phase", Phase::name);
        return Err(CaseError::NotApplicable(format!(
            "needs a job that fails: {sent}, and it ended {phase}, which nothing forbids"
        )));
    }
    Ok((poll, sent))
}

/// An address at which there is nothing, for a target that would read it.
fn unreachable_address(session: &Session<'_>) -> &'static str {
    if session.target.loopback {
        "http://127.0.0.1:1/picture.jpg"
    } else {
        "https://unreachable.invalid/picture.jpg"
    }
}

/// A submit whose image's address leads nowhere; the job's id.
fn with_unreachable(session: &mut Session<'_>) -> Result<String, CaseError> {
    let profile = session.profile;
    let (model, mut body) = with(session, |model| takes_addresses(profile, model))?;
    let address = unreachable_address(session);
    if let Some((member, _)) = profile.image(model, ImageRole::First) {
        put(&mut body, &member.pointer, json!(address));
    }
    match session.accept(model, &body) {
        Ok(job) => Ok(job.id),
        Err(CaseError::Failed(why)) => Err(CaseError::NotApplicable(format!("refused at submit: {why}"))),
        Err(other) => Err(other),
    }
}

fn check_failed_job(session: &mut Session<'_>) -> CaseEnd {
    let (poll, sent) = make_job_fail(session)?;
    let failed = |line: String| Err(CaseError::Failed(format!("{line}; {sent}")));
    if poll.seen.phase != Some(Phase::Failed) {
        return failed(format!("expected a failed job; found {}", describe(&poll.answer)));
    }
    let expected = session.profile.operation(Operation::Poll).map_or(200, |poll| poll.status.enforced);
    if poll.answer.status != expected {
        return failed(format!("expected {expected}; found {}", describe(&poll.answer)));
    }
    if let Some(url) = poll.seen.video_url {
        return failed(format!("expected no video of a failed job; found {url}"));
    }
    match poll.seen.failure {
        Some(why) => {
            session.note("failure", why);
            Ok(())
        }
        None => failed(format!("expected a reason; found {}", describe(&poll.answer))),
    }
}

fn note_bill(session: &mut Session<'_>) -> CaseEnd {
    let (poll, sent) = make_job_fail(session)?;
    session.note("failed_because", sent);
    let body = poll.answer.json().unwrap_or_default();
    let facts = require_operation(session.profile, Operation::Poll)?;
    let usage = facts.read.usage.as_ref().and_then(|place| body.pointer(place));
    session.note("usage", usage.cloned().unwrap_or_default());
    session.note("status", poll.seen.status.unwrap_or_default());
    Ok(())
}

/// The stand-in is ordered to answer one look with an error of the server.
fn server_error(session: &mut Session<'_>) -> CaseEnd {
    session.require_control()?;
    let name = "suite-server-error";
    let scenario = json!({
        "name": name,
        "match": {"vendor": session.profile.contract().id, "operation": Operation::Poll, "calls": {"first": 1}},
        "then": {"answer": {"problem": "internal"}},
    });
    let told_so = session.order_answer("POST", "/__admin/scenarios", &scenario)?;
    if told_so.status == 404 {
        return Err(CaseError::NotApplicable("this stand-in takes no scenarios".to_owned()));
    }
    let poll = session.poll(&session.strange_id("any"))?;
    // Only this one: whoever runs the stand-in may have ordered others.
    session.order_answer("DELETE", &format!("/__admin/scenarios?name={name}"), &json!({}))?;
    let fact = session.profile.contract().problems.get("internal").map_or(500, |fact| fact.status);
    if poll.answer.status != fact {
        return Err(CaseError::Failed(format!("expected {fact}; found {}", describe(&poll.answer))));
    }
    let body = poll.answer.json().unwrap_or_default();
    crate::shape::keeps(&session.profile.contract().problem_schema, &body)
        .map_err(|why| CaseError::Failed(format!("the error breaks the form of refusals: {why}")))
}

fn note_unreachable_image(session: &mut Session<'_>) -> CaseEnd {
    session.may_have_own_job()?;
    match with_unreachable(session) {
        Ok(id) => {
            let poll = session.end_of(&id)?;
            session.note("ended", poll.seen.phase.map_or("unknown", Phase::name));
            session.note("failure", poll.seen.failure.unwrap_or_default());
            Ok(())
        }
        Err(CaseError::NotApplicable(why)) => {
            session.note("refused", why);
            Ok(())
        }
        Err(other) => Err(other),
    }
}
