//! Errors of the command line and their exit codes, which are part of the public interface.

use std::path::Path;

use mockreel_conformance::exit::SuiteError;
use thiserror::Error;

/// Why a command failed.
#[derive(Debug, Error)]
pub(crate) enum CliError {
    /// Usage or configuration: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// An error of the suite, with an exit code of its own.
    #[error("{0}")]
    Suite(#[from] SuiteError),
    /// An error of Mockreel itself: exit code 6.
    #[error("{0}")]
    Internal(String),
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands an error on by value")]
impl CliError {
    /// The exit code.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Suite(error) => error.exit_code(),
            Self::Internal(_) => 6,
        }
    }

    /// An error in what the user gave, as text.
    pub(crate) fn usage(why: impl ToString) -> Self {
        Self::Usage(why.to_string())
    }

    /// An error of Mockreel itself, as text.
    pub(crate) fn internal(why: impl ToString) -> Self {
        Self::Internal(why.to_string())
    }

    /// A file or folder that cannot be read.
    pub(crate) fn unreadable(path: &Path, why: impl ToString) -> Self {
        Self::Usage(format!("cannot read {}: {}", path.display(), why.to_string()))
    }
}
