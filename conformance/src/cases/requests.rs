//! Requests that several areas make: the plainest body of a model, and that of a model that has something.

use mockreel_contracts::contract::check::image::{ImageRole, ImageRules};
use mockreel_contracts::contract::model::operation::OperationFacts;
use mockreel_contracts::{Amount, Model, Operation, Phase, Role};
use mockreel_evidence::exchange::Answer;
use serde_json::Value;

use crate::clause::Clause;
use crate::profile::{Ask, Profile, RequestMember};
use crate::session::{CaseEnd, CaseError, Session};

/// The plainest submit of the first model.
pub(super) fn submit_of(session: &Session<'_>) -> Result<Ask, CaseError> {
    let (model, body) = plain(session)?;
    Ok(session.profile.submit(model, &body, session.image()))
}

/// The first model and the plainest body for it.
pub(super) fn plain<'a>(session: &Session<'a>) -> Result<(&'a Model, Value), CaseError> {
    let profile = session.profile;
    let model = profile.model().ok_or_else(|| {
        CaseError::NotApplicable("the vendor no longer offers any of its models".to_owned())
    })?;
    Ok((model, profile.body(model, session.image())))
}

/// The first model that has something, and the plainest body for it.
pub(super) fn with<'a>(
    session: &Session<'a>,
    has: impl Fn(&Model) -> bool,
) -> Result<(&'a Model, Value), CaseError> {
    let profile = session.profile;
    let model = profile.model_with(has).ok_or_else(lack_of_all)?;
    Ok((model, profile.body(model, session.image())))
}

/// Why a case about a member does not apply, if no model has it.
pub(super) fn no_role(profile: &Profile, role: Role) -> Option<String> {
    let offered = profile.models().any(|model| profile.member(model, role).is_some());
    (!offered).then(|| format!("no request has a member for {role}"))
}

/// Finds the first model with a member that plays a role: the model, the plainest body for it, and the member.
pub(super) fn with_member<'a>(
    session: &Session<'a>,
    role: Role,
) -> Result<(&'a Model, Value, RequestMember<'a>), CaseError> {
    let profile = session.profile;
    let (model, body) = with(session, |model| profile.member(model, role).is_some())?;
    let member = profile.member(model, role).ok_or_else(lack_of_all)?;
    Ok((model, body, member))
}

/// Finds the first model whose first image keeps rules of a kind: the model, the plainest body for it, the
/// image's member and its rules.
pub(super) fn with_first_image<'a>(
    session: &Session<'a>,
    has: impl Fn(&ImageRules) -> bool,
) -> Result<(&'a Model, Value, RequestMember<'a>, ImageRules), CaseError> {
    let profile = session.profile;
    let has = |model: &Model| profile.image(model, ImageRole::First).is_some_and(|(_, rules)| has(&rules));
    let (model, body) = with(session, has)?;
    let (member, rules) = profile.image(model, ImageRole::First).ok_or_else(lack_of_all)?;
    Ok((model, body, member, rules))
}

/// The facts of an operation.
pub(super) fn require_operation(
    profile: &Profile,
    operation: Operation,
) -> Result<&OperationFacts, CaseError> {
    profile.operation(operation).ok_or_else(|| lack_of(operation))
}

/// The request of an operation by its first path, segments filled in.
pub(super) fn require_ask(
    profile: &Profile,
    operation: Operation,
    segments: &[&str],
) -> Result<Ask, CaseError> {
    profile.ask(operation, segments).ok_or_else(|| lack_of(operation))
}

/// Why a case about an operation does not apply, if the vendor lacks it.
pub(super) fn no_operation(profile: &Profile, operation: Operation) -> Option<String> {
    profile.operation(operation).is_none().then(|| lack_of(operation).to_string())
}

fn lack_of(operation: Operation) -> CaseError {
    CaseError::NotApplicable(format!("the vendor has no operation {operation}"))
}

fn lack_of_all() -> CaseError {
    CaseError::NotApplicable("no model that is offered has this".to_owned())
}

/// The clause of a keyword of the member that plays a role, by the first model that has it.
pub(super) fn role_clause(profile: &Profile, role: Role, keyword: &str) -> Option<Clause> {
    let model = profile.model_with(|model| profile.member(model, role).is_some())?;
    profile.member_clause(model, &profile.member(model, role)?, keyword)
}

/// Writes down the status of a refusal.
pub(super) fn note_refusal(session: &mut Session<'_>, answer: &Answer) {
    session.note("status", answer.status);
}

/// How a bad request was noticed.
pub(crate) enum Noticed {
    /// The submit was refused.
    AtSubmit(Answer),
    /// Its job failed, for this reason.
    ByJob(String),
}

/// Sends a request that ought to be refused, at once or by the failure of its job, and writes down which.
pub(super) fn refused_or_fails(session: &mut Session<'_>, ask: &Ask, worst: Option<Amount>) -> CaseEnd {
    match expect_notice(session, ask, worst)? {
        Noticed::AtSubmit(answer) => {
            session.note("noticed", "at submit");
            note_refusal(session, &answer);
        }
        Noticed::ByJob(reason) => {
            session.note("noticed", "by the job");
            session.note("failure", reason);
        }
    }
    Ok(())
}

/// The same without writing anything down.
pub(crate) fn expect_notice(
    session: &mut Session<'_>,
    ask: &Ask,
    worst: Option<Amount>,
) -> Result<Noticed, CaseError> {
    match session.refuse(ask, worst) {
        Ok(answer) => Ok(Noticed::AtSubmit(answer)),
        Err(CaseError::Failed(why)) => {
            let Some(id) = session.last_accepted() else { return Err(session.leave_open(why)) };
            let poll = session.end_of(&id)?;
            match poll.seen.phase {
                Some(Phase::Failed) => Ok(Noticed::ByJob(poll.seen.failure.unwrap_or_default())),
                _ => Err(CaseError::Failed(format!(
                    "{why}, and the job did not fail: it ended {}",
                    end_word(poll.seen.phase)
                ))),
            }
        }
        Err(other) => Err(other),
    }
}

fn end_word(phase: Option<Phase>) -> &'static str {
    phase.map_or("in no known phase", Phase::name)
}
