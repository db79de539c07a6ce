//! What a run is held beside, apart from the contract: earlier answers, and the vendor's files.

use std::sync::Arc;

use mockreel_drift::Report;

use super::Session;
use mockreel_drift::observed::{Observed, Tape};

/// What a run is held beside.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// What was answered in an earlier run.
    pub previous: Option<Arc<Observed>>,
    /// How a file of the vendor differs from the one before it.
    pub specs: Option<Arc<Report>>,
}

impl Session<'_> {
    /// What the run is held beside.
    pub(crate) fn beside(&self) -> Beside {
        self.beside.clone()
    }

    /// What was answered so far, as shapes.
    pub(crate) fn observed(&self) -> Observed {
        Observed::of(&[Tape {
            contract: self.profile.contract(),
            base: &self.target.base,
            recorded: &self.started,
            stand_in: self.target.control.is_some(),
            exchanges: &self.exchanges,
            cases: crate::cases::WITHOUT_PROFILE,
        }])
    }
}
