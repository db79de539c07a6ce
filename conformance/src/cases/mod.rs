//! The cases of the catalogue, an area to a file.

mod auth;
mod camera;
mod drift;
mod failure;
mod images;
mod limits;
mod net;
mod poll;
mod record;
mod refusal;
mod requests;
mod result;
mod robust;
mod submit;
mod upload;

pub(crate) use self::requests::{Noticed, expect_notice};
use crate::case::Case;
pub use crate::known::{KnownCases, WITHOUT_PROFILE};

/// Every case, in the order of the report.
pub fn catalogue() -> Vec<&'static Case> {
    [
        net::CASES,
        auth::CASES,
        submit::CASES,
        refusal::CASES,
        images::CASES,
        poll::CASES,
        record::CASES,
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
