//! The catalogue of cases, as the comparison of answers sees it.

use mockreel_drift::observed::CaseKnowledge;
use mockreel_evidence::exchange::Intent;

use crate::cases::case;
use crate::clause::{Cost, Stage};
use crate::profile::Profile;

/// The cases of the suite, and the profile by which they know what is documented, if there is one.
#[derive(Clone, Copy, Debug)]
pub struct KnownCases<'a> {
    /// By which a case finds its clause.
    pub profile: Option<&'a Profile>,
}

/// The cases without a profile: nothing is known to be documented.
pub const WITHOUT_PROFILE: &KnownCases<'static> = &KnownCases { profile: None };

impl CaseKnowledge for KnownCases<'_> {
    fn expects_refusal(&self, id: &str) -> bool {
        case(id).is_some_and(|case| case.cost == Cost::Rejectable || case.stage == Stage::Refused)
    }

    fn reaches_vendors(&self, id: &str) -> bool {
        case(id).is_some_and(|case| case.cost != Cost::Emulator)
    }

    fn documents_refusal(&self, id: &str) -> bool {
        let wrong = Intent::of_case(id).may_be_wrong() || self.expects_refusal(id);
        let clause = case(id).zip(self.profile).and_then(|(case, profile)| (case.clause)(profile));
        let sources = clause.map(|clause| clause.sources).unwrap_or_default();
        wrong && sources.iter().any(|source| source.grade.is_documentation())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_that_submit_and_poll_expect_no_refusal_and_those_without_a_key_do() {
        assert!(WITHOUT_PROFILE.expects_refusal("VAL-04") && WITHOUT_PROFILE.expects_refusal("VAL-05"));
        assert!(!WITHOUT_PROFILE.expects_refusal("SUB-01") && !WITHOUT_PROFILE.expects_refusal("POLL-06"));
        assert!(WITHOUT_PROFILE.reaches_vendors("SUB-01") && !WITHOUT_PROFILE.reaches_vendors("NO-SUCH"));
    }
}
