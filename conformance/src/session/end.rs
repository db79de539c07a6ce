//! The end of a case, and why it ended before it passed.

/// How a case ends.
pub type CaseEnd = Result<(), CaseError>;

/// Why a case ended before it passed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CaseError {
    /// The claim does not hold; says what was expected and what was found.
    #[error("{0}")]
    Failed(String),
    /// It has no meaning here; says why.
    #[error("{0}")]
    NotApplicable(String),
    /// The budget did not allow it.
    #[error("{0}")]
    OverBudget(String),
    /// The end of another case leaves nothing to find out.
    #[error("{why}")]
    Blocked {
        /// That case.
        by: &'static str,
        /// Why, in one line.
        why: String,
    },
    /// No answer came.
    #[error("{0}")]
    Unreachable(String),
    /// The suite itself broke.
    #[error("{0}")]
    Internal(String),
}
