//! Requests that several areas make: the plainest body of a model, and that of a model that has something.

use mockreel_contracts::{Model, Role};
use serde_json::Value;

use crate::profile::{Ask, Profile};
use crate::session::{Session, Stop};

/// The plainest submit of the first model.
pub(super) fn submit_of(session: &Session<'_>) -> Result<Ask, Stop> {
    let (model, body) = plain(session)?;
    Ok(session.profile.submit(model, &body, session.image()))
}

/// The first model and the plainest body for it.
pub(super) fn plain<'a>(session: &Session<'a>) -> Result<(&'a Model, Value), Stop> {
    let profile = session.profile;
    let model = profile
        .model()
        .ok_or_else(|| Stop::NotApplicable("the vendor no longer offers any of its models".to_owned()))?;
    Ok((model, profile.body(model, session.image())))
}

/// The first model that has something, and the plainest body for it.
pub(super) fn with<'a>(
    session: &Session<'a>,
    has: impl Fn(&Model) -> bool,
) -> Result<(&'a Model, Value), Stop> {
    let profile = session.profile;
    let model = profile
        .model_with(has)
        .ok_or_else(|| Stop::NotApplicable("no model that is offered has this".to_owned()))?;
    Ok((model, profile.body(model, session.image())))
}

/// Why a case about a member does not apply, if no model has it.
pub(super) fn no_role(profile: &Profile, role: Role) -> Option<String> {
    let offered = profile.models().any(|model| profile.member(model, role).is_some());
    (!offered).then(|| format!("no request has a member for {role}"))
}
