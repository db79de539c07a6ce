//! Errors that end a run before it has a report, and the exit codes of all runs.

/// Exit code: everything that was to hold did.
pub const FINE: u8 = 0;
/// Exit code: something does not hold.
pub const NON_CONFORMANT: u8 = 1;
/// Exit code: usage, configuration, or an unknown price.
pub const USAGE: u8 = 2;
/// Exit code: the target is not there, or refuses the key.
pub const UNREACHABLE: u8 = 3;
/// Exit code: the budget of money or of time is exhausted.
pub const EXHAUSTED: u8 = 4;
/// Exit code: somebody stopped the run, as shells have it; what was judged until then is in the reports.
pub const INTERRUPTED: u8 = 130;
/// Exit code: the suite itself broke.
pub const INTERNAL: u8 = 6;

/// Picks the exit code of several runs: the one that says most.
pub fn worst_exit(codes: impl Iterator<Item = u8>) -> u8 {
    let rank = |code: &u8| {
        [INTERNAL, INTERRUPTED, UNREACHABLE, USAGE, EXHAUSTED, NON_CONFORMANT]
            .iter()
            .position(|ranked| ranked == code)
    };
    codes.filter(|code| *code != FINE).min_by_key(|code| rank(code).unwrap_or(usize::MAX)).unwrap_or(FINE)
}

/// An error that ends a run before it has a report: one line on what was expected, what was found, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuiteError {
    /// Usage, configuration, or an unknown price.
    #[error("{0}")]
    Usage(String),
    /// The target is not there, or refuses the key.
    #[error("{0}")]
    Unreachable(String),
    /// The budget is exhausted.
    #[error("{0}")]
    Exhausted(String),
    /// Somebody stopped the run before it judged anything.
    #[error("{0}")]
    Interrupted(String),
    /// The suite itself broke.
    #[error("{0}")]
    Internal(String),
}

impl SuiteError {
    /// The exit code of the run.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Unreachable(_) => UNREACHABLE,
            Self::Exhausted(_) => EXHAUSTED,
            Self::Interrupted(_) => INTERRUPTED,
            Self::Internal(_) => INTERNAL,
        }
    }

    /// The same error with its line edited.
    #[must_use]
    pub fn edit_line(self, edit: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Usage(line) => Self::Usage(edit(&line)),
            Self::Unreachable(line) => Self::Unreachable(edit(&line)),
            Self::Exhausted(line) => Self::Exhausted(edit(&line)),
            Self::Interrupted(line) => Self::Interrupted(edit(&line)),
            Self::Internal(line) => Self::Internal(edit(&line)),
        }
    }
}
