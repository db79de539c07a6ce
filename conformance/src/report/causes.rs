//! Results that share a cause: the first is told in full, the others by their ids.

use super::phrases;
use crate::outcome::{CaseResult, Outcome};

/// A result that is worth reading, and those that have the same cause.
pub(super) struct CauseGroup<'a> {
    /// The first of them.
    pub(super) first: &'a CaseResult,
    /// The others.
    pub(super) others: Vec<&'a CaseResult>,
}

impl CauseGroup<'_> {
    /// Whether there is no more to say than which cases these are: their reason stands with another case.
    pub(super) fn is_by_name(&self) -> bool {
        matches!(self.first.outcome, Outcome::Blocked | Outcome::Inconclusive)
    }

    /// The cases, the first one too if it is not told in full.
    pub(super) fn ids(&self) -> Vec<&str> {
        let first = self.is_by_name().then_some(self.first);
        first.into_iter().chain(self.others.iter().copied()).map(|result| result.id.as_str()).collect()
    }
}

/// The results that are worth reading, those with the same cause together.
pub(super) fn group(results: &[CaseResult]) -> Vec<CauseGroup<'_>> {
    let mut groups: Vec<CauseGroup<'_>> = Vec::new();
    for result in results.iter().filter(|result| phrases::is_worth_reading(result.outcome)) {
        let found = groups.iter_mut().find(|group| is_same(group.first, result));
        match found {
            Some(group) => group.others.push(result),
            None => groups.push(CauseGroup { first: result, others: Vec::new() }),
        }
    }
    groups
}

fn is_same(one: &CaseResult, other: &CaseResult) -> bool {
    if one.outcome != other.outcome || one.because_of != other.because_of {
        return false;
    }
    let by_name = matches!(one.outcome, Outcome::Blocked | Outcome::Inconclusive);
    by_name || (one.outcome == Outcome::Fail && !one.message.is_empty() && cause(one) == cause(other))
}

/// What a message says without the answer that was found, where it says what is wrong with that.
fn cause(result: &CaseResult) -> &str {
    let message = result.message.as_str();
    if message.contains(crate::session::ANSWER_TO_SUBMIT) {
        message.split("; found ").next().unwrap_or(message)
    } else {
        message
    }
}
