//! Wording of refusals, broken rules and failed jobs.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::contract::check::rules::fill;
use crate::contract::model::source::Cited;
use crate::contract::model::{Contract, Ordered};
use crate::problem::{FailureReason, Problem};

/// How one problem is answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProblemFact {
    /// HTTP status.
    pub status: u16,
    /// The text, with the source's own blanks as `<name>`.
    pub text: String,
    /// Further members that the dialect places (codes, other languages).
    #[serde(default)]
    pub members: Map<String, Value>,
    /// Finer cases, each inheriting what it does not say.
    #[serde(default)]
    pub variants: Ordered<ProblemVariant>,
    /// Where it is from.
    pub source: Cited,
}

/// A finer case of a problem.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProblemVariant {
    /// HTTP status, if another.
    pub status: Option<u16>,
    /// The text, if another.
    pub text: Option<String>,
    /// Members, if others.
    #[serde(default)]
    pub members: Map<String, Value>,
    /// Where it is from.
    pub source: Cited,
}

/// A problem as it is to be worded now.
#[derive(Clone, Debug, PartialEq)]
pub struct WordedProblem {
    /// HTTP status.
    pub status: u16,
    /// The text.
    pub text: String,
    /// Further members.
    pub members: Map<String, Value>,
}

/// How a broken rule is worded.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// The text, with blanks as `<name>`.
    pub text: String,
    /// Where it is from.
    pub source: Cited,
}

/// How a failed job explains itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailureFact {
    /// The text.
    pub text: String,
    /// A name or code beside it, where the vendor has one.
    #[serde(default)]
    pub code: String,
    /// Where it is from.
    pub source: Cited,
}

impl Contract {
    /// How a problem is worded, its finer case taken into account and its blanks filled.
    ///
    /// `extra` are blanks that only the dialect can fill. A contract that does not know the problem
    /// answers with status 500 and our own name of it.
    pub fn worded(&self, problem: &Problem, extra: &[(&str, &str)]) -> WordedProblem {
        let Some(fact) = self.problems.get(problem.name()) else {
            return WordedProblem { status: 500, text: problem.name().to_owned(), members: Map::new() };
        };
        let variant = problem.variant().and_then(|name| fact.variants.get(name));
        let mut members = fact.members.clone();
        members.extend(variant.map(|case| case.members.clone()).unwrap_or_default());
        let text = variant.and_then(|case| case.text.as_deref()).unwrap_or(&fact.text);
        let own = problem.blanks();
        let blanks: Vec<(&str, &str)> =
            extra.iter().copied().chain(own.iter().map(|(name, value)| (*name, value.as_str()))).collect();
        WordedProblem {
            status: problem.own_status().or(variant.and_then(|case| case.status)).unwrap_or(fact.status),
            text: fill(text, &blanks),
            members,
        }
    }

    /// The text of a failure and the code beside it.
    pub fn failure(&self, reason: FailureReason) -> (&str, &str) {
        self.failures
            .get(reason.name())
            .map_or((reason.name(), ""), |fact| (fact.text.as_str(), fact.code.as_str()))
    }
}

/// That a bad value may pass the submit and fail its job instead.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LateRefusals {
    /// What is to be expected, in a sentence for the page.
    pub summary: String,
    /// Where that is from.
    pub source: Cited,
}
