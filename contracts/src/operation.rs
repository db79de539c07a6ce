//! Operations of a vendor's API, under our names for them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One kind of call, as contracts, scenarios and the journal write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Operation {
    /// Orders a job.
    Submit,
    /// Reads one job.
    Poll,
    /// Reads the account's jobs.
    List,
    /// Takes a job back.
    Cancel,
    /// Reads the models on offer.
    Models,
    /// Reads one of them.
    Model,
    /// Asks for a place to put a file.
    Upload,
    /// Reads what the account has left.
    Balance,
    /// Reads which models are no longer offered, or soon will not be.
    Deprecations,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Submit,
        Self::Poll,
        Self::List,
        Self::Cancel,
        Self::Models,
        Self::Model,
        Self::Upload,
        Self::Balance,
        Self::Deprecations,
    ];

    /// Its name in contracts, scenarios and the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Poll => "poll",
            Self::List => "list",
            Self::Cancel => "cancel",
            Self::Models => "models",
            Self::Model => "model",
            Self::Upload => "upload",
            Self::Balance => "balance",
            Self::Deprecations => "deprecations",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Operation> for &'static str {
    fn from(operation: Operation) -> Self {
        operation.as_str()
    }
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|operation| operation.as_str() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            format!("operation {name}: there is no such operation; there are {known}")
        })
    }
}

impl TryFrom<String> for Operation {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}
