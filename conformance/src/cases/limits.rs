//! Limits, listings and models.

use mockreel_contracts::{Operation, Phase, Role};
use serde_json::json;

use super::requests::{no_operation, plain, require_ask, require_operation, submit_of};
use crate::case::Case;
use crate::clause::{Cost, Level, Stage};
use crate::profile::Credential;
use crate::session::wording::describe;
use crate::session::{CaseEnd, CaseError, Session, require_followed};
use crate::shape;

/// A key of an account without means, by agreement with the stand-in.
const BROKE_KEY: &str = "mock-broke-suite";

/// Looks of a burst.
const BURST: u32 = 20;

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    Case::new(
        "LIM-01",
        "what becomes of twenty polls at once",
        Level::Info,
        Cost::Shared,
        Stage::Accepted,
        poll_in_burst,
    )
    .after(&["SUB-01"]),
    Case::new(
        "LIM-02",
        "an account without means is refused as the vendor refuses it",
        Level::Should,
        Cost::Emulator,
        Stage::Own,
        check_broke_account,
    )
    .on(|profile| profile.problem_clause("insufficient_credits")),
    Case::new(
        "LST-01",
        "the listing has the job with its status",
        Level::Must,
        Cost::Shared,
        Stage::Accepted,
        check_listing,
    )
    .on(|profile| profile.operation_clause(Operation::List))
    .unless(|profile| no_operation(profile, Operation::List))
    .after(&["SUB-01"]),
    Case::new(
        "LST-02",
        "a model's own page names it and its parameters",
        Level::Must,
        Cost::Free,
        Stage::Free,
        check_model_page,
    )
    .on(|profile| profile.operation_clause(Operation::Model))
    .unless(|profile| no_operation(profile, Operation::Model)),
    Case::new(
        "LST-03",
        "a cancelled job stays cancelled",
        Level::Should,
        Cost::Emulator,
        Stage::Own,
        check_cancelled_job,
    )
    .on(|profile| {
        let words = profile.contract().phases.get("cancelled")?;
        let quote = words.words.iter().map(crate::profile::value_text).collect::<Vec<_>>().join(" or ");
        profile.cited("phases.cancelled", &quote, &words.source)
    }),
    Case::new(
        "LST-04",
        "the list of models names those on offer",
        Level::Must,
        Cost::Free,
        Stage::Free,
        check_model_list,
    )
    .on(|profile| profile.operation_clause(Operation::Models))
    .unless(|profile| no_operation(profile, Operation::Models)),
    Case::new(
        "LST-05",
        "the listing keeps its schema and can be narrowed to a model",
        Level::Should,
        Cost::Shared,
        Stage::Accepted,
        check_narrowed_listing,
    )
    .on(|profile| profile.reply_clause(Operation::List))
    .unless(|profile| no_operation(profile, Operation::List))
    .after(&["SUB-01"]),
    Case::new(
        "LST-06",
        "a model that does not exist has no page",
        Level::Should,
        Cost::Free,
        Stage::Free,
        no_model,
    )
    .on(|profile| profile.problem_clause("unknown_model"))
    .unless(|profile| no_operation(profile, Operation::Model))
    .by_refusal(),
    Case::new(
        "LST-07",
        "the balance is told to whoever has a key",
        Level::Must,
        Cost::Free,
        Stage::Free,
        check_balance,
    )
    .on(|profile| profile.operation_clause(Operation::Balance))
    .unless(|profile| no_operation(profile, Operation::Balance)),
];

fn poll_in_burst(session: &mut Session<'_>) -> CaseEnd {
    let id = session.submit_shared()?.id;
    let before = session.poll(&id)?.seen.phase;
    let mut refused = 0;
    for _ in 0..BURST {
        // These looks are not kept: one that was told to come later is no look at the job.
        let poll = session.poll_once(&id)?;
        match poll.answer.status {
            200 => {}
            429 => {
                refused += 1;
                let wait = poll.answer.header("retry-after").unwrap_or("none").to_owned();
                session.note("retry-after", wait);
            }
            _ => {
                return Err(CaseError::Failed(format!(
                    "expected 200 or 429; found {}",
                    describe(&poll.answer)
                )));
            }
        }
    }
    session.note("refused", refused);
    session.note("phase_before", before.map_or("unknown", Phase::name));
    Ok(())
}

fn check_broke_account(session: &mut Session<'_>) -> CaseEnd {
    session.require_control()?;
    let ask = submit_of(session)?.from(Credential::Header(session.auth_header(BROKE_KEY)));
    let answer = session.send(&ask)?;
    let expected =
        session.profile.contract().problems.get("insufficient_credits").map_or(403, |fact| fact.status);
    if answer.status != expected || session.profile.accepted(&answer).is_some() {
        return Err(CaseError::Failed(format!("expected {expected}; found {}", describe(&answer))));
    }
    let body = answer.json().unwrap_or_default();
    shape::keeps(&session.profile.contract().problem_schema, &body)
        .map_err(|why| CaseError::Failed(format!("the refusal breaks the form of refusals: {why}")))
}

fn check_listing(session: &mut Session<'_>) -> CaseEnd {
    let job = session.submit_shared()?;
    let ask = require_ask(session.profile, Operation::List, &[])?;
    let answer = session.send(&ask)?;
    let seen = session.profile.observe(Operation::List, &answer);
    let Some(found) = seen.jobs.iter().find(|held| held.id.as_deref() == Some(job.id.as_str())) else {
        return Err(CaseError::Failed(format!(
            "expected job {} in the listing; found {}",
            job.id,
            describe(&answer)
        )));
    };
    // A job may go on between the listing and the poll.
    let before = session.shared_polls()?.iter().rev().find_map(|poll| poll.seen.phase);
    let poll = session.poll_shared()?;
    if poll.seen.phase.is_none() && found.phase.is_some() {
        session.note("poll_tells_no_phase", true);
        return Ok(());
    }
    let goes_on = [Some(Phase::Queued), Some(Phase::Running)].contains(&before);
    let between = goes_on && (found.phase == before || found.phase == Some(Phase::Running));
    if found.phase != poll.seen.phase && !between {
        let name = |phase: Option<Phase>| phase.map_or("no known status", Phase::name);
        return Err(CaseError::Failed(format!(
            "expected the listing to say {}; found {}",
            name(poll.seen.phase),
            name(found.phase)
        )));
    }
    Ok(())
}

fn check_narrowed_listing(session: &mut Session<'_>) -> CaseEnd {
    let job = session.submit_shared()?;
    let profile = session.profile;
    let list = require_operation(profile, Operation::List)?;
    let plain_ask = require_ask(profile, Operation::List, &[])?;
    let by_model = list.query.as_ref().and_then(|query| {
        let found = mockreel_contracts::contract::check::schema::properties(query).into_iter();
        let mut found = found.filter(|(_, schema)| Role::of(schema) == Some(Role::Model));
        found.next().map(|(pointer, _)| pointer.trim_start_matches('/').to_owned())
    });
    let own = session.shared_job().map(|shared| shared.model.clone()).unwrap_or_default();
    let other = profile.models().map(|model| model.id.clone()).find(|id| *id != own);
    let mut asks = vec![(plain_ask.clone(), true)];
    if let Some(name) = by_model {
        for (model, expected) in [(Some(own), true), (other, false)] {
            let Some(model) = model else { continue };
            let mut ask = plain_ask.clone();
            ask.query.push((name.clone(), model));
            asks.push((ask, expected));
        }
    }
    for (ask, expected) in asks {
        let answer = session.send(&ask)?;
        let body = answer.json().unwrap_or_default();
        shape::keeps(&session.profile.reply_schema(Operation::List), &body)
            .map_err(|why| CaseError::Failed(format!("the listing breaks its schema: {why}")))?;
        let seen = profile.observe(Operation::List, &answer);
        let found = seen.jobs.iter().any(|held| held.id.as_deref() == Some(job.id.as_str()));
        if found != expected {
            let wanted = if expected { "in" } else { "left out of" };
            return Err(CaseError::Failed(format!(
                "expected job {} {wanted} {}; found otherwise",
                job.id,
                ask.target()
            )));
        }
    }
    Ok(())
}

fn check_model_page(session: &mut Session<'_>) -> CaseEnd {
    let (model, _) = plain(session)?;
    let profile = session.profile;
    let operation = require_operation(profile, Operation::Model)?;
    let ask = require_ask(profile, Operation::Model, &[&model.id])?;
    let answer = session.send(&ask)?;
    let body = answer.json().unwrap_or_default();
    if answer.status != operation.status.enforced {
        return Err(CaseError::Failed(format!(
            "expected {}; found {}",
            operation.status.enforced,
            describe(&answer)
        )));
    }
    shape::keeps(&operation.reply, &body)
        .map_err(|why| CaseError::Failed(format!("the model's page breaks its schema: {why}")))?;
    let text = answer.text();
    if !text.contains(&model.id) {
        return Err(CaseError::Failed(format!(
            "expected the page of {}; found {}",
            model.id,
            describe(&answer)
        )));
    }
    // Not every vendor's page has them.
    let has_parameters = operation.read.parameters.is_some();
    for role in [Role::Prompt, Role::Duration, Role::CfgScale] {
        let Some(member) = profile.member(model, role).filter(|_| has_parameters) else { continue };
        let name = member.pointer.rsplit('/').next().unwrap_or_default();
        if !text.contains(&format!("\"{name}\"")) {
            return Err(CaseError::Failed(format!(
                "expected the parameter {name}; found {}",
                describe(&answer)
            )));
        }
    }
    Ok(())
}

fn check_model_list(session: &mut Session<'_>) -> CaseEnd {
    let ask = require_ask(session.profile, Operation::Models, &[])?;
    let answer = session.send(&ask)?;
    let listed = session.profile.observe(Operation::Models, &answer).models;
    let body = answer.text();
    session.note("models", listed.len());
    let missing: Vec<&str> = session
        .profile
        .documented_models()
        .map(|model| model.id.as_str())
        .filter(|id| !listed.iter().any(|held| held == id) && !body.contains(&format!("\"{id}\"")))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(CaseError::Failed(format!(
        "expected {} among the models; found {} others",
        missing.join(", "),
        listed.len()
    )))
}

fn check_balance(session: &mut Session<'_>) -> CaseEnd {
    let operation = require_operation(session.profile, Operation::Balance)?;
    let ask = require_ask(session.profile, Operation::Balance, &[])?;
    let answer = session.send(&ask)?;
    let expected = operation.status.enforced;
    if answer.status != expected {
        return Err(CaseError::Failed(format!("expected {expected}; found {}", describe(&answer))));
    }
    shape::keeps(&operation.reply, &answer.json().unwrap_or_default())
        .map_err(|why| CaseError::Failed(format!("the balance breaks its schema: {why}")))
}

fn no_model(session: &mut Session<'_>) -> CaseEnd {
    let ask = require_ask(session.profile, Operation::Model, &["no-such-model"])?;
    let answer = session.send(&ask)?;
    session.note("status", answer.status);
    if !session.profile.refuses(&answer) {
        return Err(CaseError::Failed(format!("expected a 4xx; found {}", describe(&answer))));
    }
    Ok(())
}

/// The stand-in cancels a job that waits; a look then says so, for good.
fn check_cancelled_job(session: &mut Session<'_>) -> CaseEnd {
    session.require_control()?;
    let (model, body) = plain(session)?;
    let job = session.accept(model, &body)?;
    let answer = session.order_job(Credential::Key, &job.id, "cancel", &json!({}))?;
    require_followed(&answer, "to cancel the job")?;
    // Vendors without a word for it tell it as a failure.
    let expected = [Some(Phase::Cancelled), Some(Phase::Failed)];
    let word = session.profile.contract().word(Phase::Cancelled);
    for _ in 0..2 {
        let poll = session.poll(&job.id)?;
        if !expected.contains(&poll.seen.phase) || poll.seen.status.as_ref() != Some(&word) {
            return Err(CaseError::Failed(format!("expected {word}; found {}", describe(&poll.answer))));
        }
        session.wait_s(600)?;
    }
    Ok(())
}
