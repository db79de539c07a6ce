//! Watches of sources: what changed since the last look at a file, a folder or a git repository on this machine.
//!
//! A watch compares each source with its last good look and keeps that in a [`state`] file. A source that is missing,
//! empty or a web page is *unreachable*: nothing is concluded from it, and what was there at the last look still counts.

mod document;
mod git;
mod look;
mod source;
pub mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

pub use self::document::judge_document;
pub use self::git::{GitHistory, is_repository};
pub use self::look::{Looked, look_at, walk_history};
pub use self::source::WatchedSource;

/// Why a watch cannot go on. Each message is one line.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// Another run has the state file.
    #[error("the state {} is in use by another run; wait until that has ended", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The system refused something.
    #[error("cannot {doing} {}: {why}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The file is something else, or damaged.
    #[error("{}: expected a state that `drift watch` wrote, found {why}; restore it, or name another file with --state: it is not overwritten", path.display())]
    NotAState {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// A later version wrote it.
    #[error("{}: expected schema_version {} or older, found {found}; use the version that wrote it", path.display(), state::SCHEMA_VERSION)]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// A look lies before the last one.
    #[error(
        "the last look at {name} was on {last}, expected a day not before it, found {found}; check --date"
    )]
    Before {
        /// The source.
        name: String,
        /// The day of its last look.
        last: String,
        /// The day that was given.
        found: String,
    },
    /// There is no git.
    #[error("cannot run git: {why}; install git so that `git --version` works, or name the files themselves")]
    NoGit {
        /// What the system said.
        why: io::Error,
    },
}
