//! The cases of the catalogue, an area to a file.

mod auth;
mod camera;
mod drift;
mod failure;
mod images;
mod known;
mod limits;
mod net;
mod poll;
mod refusal;
mod result;
mod robust;
mod submit;
mod upload;

pub use self::known::{KnownCases, WITHOUT_PROFILE};
use mockreel_contracts::Model;
use serde_json::Value;

use crate::case::Case;
use crate::profile::Ask;
use crate::session::{Session, Stop};

/// Every case, in the order of the report.
pub fn catalogue() -> Vec<&'static Case> {
    [
        net::CASES,
        auth::CASES,
        submit::CASES,
        refusal::CASES,
        images::CASES,
        poll::CASES,
        result::CASES,
        failure::CASES,
        limits::CASES,
        upload::CASES,
        robust::CASES,
        crate::generated::CASES,
        drift::CASES,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A case by its id.
pub fn case(id: &str) -> Option<&'static Case> {
    catalogue().into_iter().find(|case| case.id == id)
}

/// The plainest submit of the first model.
fn submit_of(session: &Session<'_>) -> Result<Ask, Stop> {
    let (model, body) = plain(session)?;
    Ok(session.profile.submit(model, &body, session.image()))
}

/// The first model and the plainest body for it.
fn plain<'a>(session: &Session<'a>) -> Result<(&'a Model, Value), Stop> {
    let profile = session.profile;
    let model = profile
        .model()
        .ok_or_else(|| Stop::NotApplicable("the vendor no longer offers any of its models".to_owned()))?;
    Ok((model, profile.body(model, session.image())))
}

/// The first model that has something, and the plainest body for it.
fn with<'a>(session: &Session<'a>, has: impl Fn(&Model) -> bool) -> Result<(&'a Model, Value), Stop> {
    let profile = session.profile;
    let model = profile
        .model_with(has)
        .ok_or_else(|| Stop::NotApplicable("no model that is offered has this".to_owned()))?;
    Ok((model, profile.body(model, session.image())))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_needs_lead_to_cases() {
        let all = catalogue();
        let ids: BTreeSet<&str> = all.iter().map(|case| case.id).collect();
        assert_eq!(ids.len(), all.len());
        for case in &all {
            assert!(case.needs.iter().all(|need| ids.contains(need)), "{}", case.id);
            assert!(!case.title.ends_with('.'), "{}", case.id);
        }
    }
}
