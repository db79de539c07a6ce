//! Authentication: who is let in, and what the others are told.

use serde_json::json;

use super::requests::{require_ask, submit_of};
use crate::case::Case;
use crate::clause::{Cost, Level, Stage};
use crate::profile::{Ask, Credential, Profile};
use crate::session::wording::describe;
use crate::session::{CaseEnd, CaseError, Session};
use mockreel_contracts::Operation;
use mockreel_contracts::contract::model::operation::Check;
use mockreel_contracts::problem::KeyFault;
use mockreel_evidence::exchange::{Answer, Body};

/// A key that nobody has. The stand-in refuses it by agreement.
const BAD_KEY: &str = "not-a-key";

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    Case::new(
        "AUTH-01",
        "a submit without a key is refused",
        Level::Must,
        Cost::Free,
        Stage::Free,
        |session| {
            let ask = submit_of(session)?.from(Credential::Nobody);
            expect_refusal(session, &ask)
        },
    )
    .on(Profile::auth_clause)
    .by_refusal(),
    Case::new(
        "AUTH-02",
        "a made-up key is refused and not repeated",
        Level::Must,
        Cost::Free,
        Stage::Free,
        bad_key,
    )
    .on(|profile| profile.problem_clause("unauthorized"))
    .by_refusal(),
    Case::new("AUTH-03", "another scheme is refused", Level::Should, Cost::Free, Stage::Free, |session| {
        let ask = submit_of(session)?;
        expect_refusal(session, &ask.clone().from(Credential::Header(format!("Basic {BAD_KEY}"))))?;
        expect_refusal(session, &ask.from(Credential::Header(BAD_KEY.to_owned())))?;
        // A made-up key is refused by its text as well. The true key goes where nothing can be charged.
        let poll = session.profile.poll(&session.strange_id("scheme"));
        expect_refusal(session, &poll.from(Credential::OtherScheme))
    })
    .on(Profile::auth_clause)
    .by_refusal(),
    Case::new(
        "AUTH-04",
        "a poll without a key is refused as such",
        Level::Must,
        Cost::Free,
        Stage::Free,
        |session| {
            let ask = session.profile.poll(&session.strange_id("id")).from(Credential::Nobody);
            expect_refusal(session, &ask)
        },
    )
    .on(Profile::auth_clause)
    .by_refusal(),
    Case::new(
        "AUTH-07",
        "a missing key is refused with the vendor's own status",
        Level::Should,
        Cost::Free,
        Stage::Free,
        check_status_without_key,
    )
    .on(|profile| profile.problem_clause("unauthorized"))
    .by_refusal(),
    Case::new(
        "AUTH-08",
        "every further operation wants a key",
        Level::Must,
        Cost::Free,
        Stage::Free,
        check_further_operations,
    )
    .on(Profile::auth_clause)
    .unless(|profile| list_further(profile).is_empty().then(|| "no other operation wants a key".to_owned()))
    .by_refusal(),
    Case::new(
        "AUTH-05",
        "which of two faults is named first",
        Level::Info,
        Cost::Free,
        Stage::Free,
        |session| {
            let ask = submit_of(session)?.from(bad_key_header(session)).with(Body::Json(json!({})));
            let answer = session.send(&ask)?;
            session.note("status", answer.status);
            Ok(())
        },
    ),
    Case::new(
        "AUTH-06",
        "another account cannot see the job",
        Level::Should,
        Cost::Shared,
        Stage::Accepted,
        check_foreign_key,
    )
    .on(|profile| profile.problem_clause("unknown_job"))
    .after(&["SUB-01"]),
];

/// Operations beside submit and poll that send nothing and change nothing, as far as the contract lets nobody have them
/// without a key.
fn list_further(profile: &Profile) -> Vec<Operation> {
    let further =
        [Operation::List, Operation::Models, Operation::Model, Operation::Upload, Operation::Balance];
    let wants_key = |operation: &Operation| {
        profile.operation(*operation).is_some_and(|facts| facts.checks.contains(&Check::Credential))
    };
    further.into_iter().filter(wants_key).collect()
}

fn check_further_operations(session: &mut Session<'_>) -> CaseEnd {
    for operation in list_further(session.profile) {
        let ask = match operation {
            Operation::Upload => super::upload::ask_for_place(session, "jpg")?,
            Operation::Model => {
                let (model, _) = super::requests::plain(session)?;
                require_ask(session.profile, operation, &[&model.id])?
            }
            _ => require_ask(session.profile, operation, &[])?,
        };
        for (credential, what) in [(Credential::Nobody, "no key"), (bad_key_header(session), "a made-up key")]
        {
            let answer = session.send(&ask.clone().from(credential))?;
            if ![401, 403].contains(&answer.status) {
                return Err(CaseError::Failed(format!(
                    "expected 401 or 403 for {} {} with {what}; found {}",
                    ask.method,
                    ask.path,
                    describe(&answer)
                )));
            }
        }
    }
    Ok(())
}

fn bad_key_header(session: &Session<'_>) -> Credential {
    Credential::Header(session.auth_header(BAD_KEY))
}

fn bad_key(session: &mut Session<'_>) -> CaseEnd {
    let ask = submit_of(session)?.from(bad_key_header(session));
    let answer = require_refusal(session, &ask)?;
    if answer.json().is_none() {
        return Err(CaseError::Failed(format!("expected the refusal as JSON; found {}", describe(&answer))));
    }
    if answer.text().contains(BAD_KEY) {
        return Err(CaseError::Failed(format!(
            "expected the key not to be repeated; found {}",
            describe(&answer)
        )));
    }
    Ok(())
}

fn expect_refusal(session: &mut Session<'_>, ask: &Ask) -> CaseEnd {
    require_refusal(session, ask).map(|_| ())
}

fn require_refusal(session: &mut Session<'_>, ask: &Ask) -> Result<Answer, CaseError> {
    let answer = session.send(ask)?;
    if ![401, 403].contains(&answer.status) {
        return Err(CaseError::Failed(format!("expected 401 or 403; found {}", describe(&answer))));
    }
    if let Some(id) = session.profile.observe(Operation::Submit, &answer).id {
        return Err(CaseError::Failed(format!("expected no job; found {}: id {id}", answer.status)));
    }
    Ok(answer)
}

/// A program tells a missing key from a lack of rights by the status.
fn check_status_without_key(session: &mut Session<'_>) -> CaseEnd {
    let ask = submit_of(session)?.from(Credential::Nobody);
    let answer = require_refusal(session, &ask)?;
    let Some(fact) = session.profile.contract().problems.get("unauthorized") else {
        return Err(CaseError::NotApplicable("no status is known for a missing key".to_owned()));
    };
    let missing = KeyFault::Missing.name();
    let status = fact.variants.get(missing).and_then(|variant| variant.status).unwrap_or(fact.status);
    if answer.status != status {
        return Err(CaseError::Failed(format!("expected {status}; found {}", describe(&answer))));
    }
    Ok(())
}

/// With a second key: the job is not found, or it is said to be somebody else's.
fn check_foreign_key(session: &mut Session<'_>) -> CaseEnd {
    if session.target.second_key.is_none() {
        return Err(CaseError::NotApplicable("needs a key of another account: --second-key-env".to_owned()));
    }
    let job = session.submit_shared()?;
    let answer = session.send(&session.profile.poll(&job.id).from(Credential::SecondKey))?;
    let seen = session.profile.observe(Operation::Poll, &answer);
    let found = (200..300).contains(&answer.status) && (seen.status.is_some() || seen.video_url.is_some());
    if found || !session.profile.refuses_look(&answer) {
        return Err(CaseError::Failed(format!("expected 403 or 404; found {}", describe(&answer))));
    }
    Ok(())
}
