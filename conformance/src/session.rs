//! What a case can do while it runs.

use crate::profile::Profile;

/// How a case ends.
pub type Verdict = Result<(), Stop>;

/// Why a case ended before it passed.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// The claim does not hold; what was expected and what was found.
    Failed(String),
}

/// What a case can do while it runs.
#[derive(Debug)]
pub struct Session<'a> {
    /// What the vendor offers.
    pub profile: &'a Profile,
}
