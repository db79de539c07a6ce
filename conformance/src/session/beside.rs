//! What a run is held beside, apart from the contract: earlier answers, and the vendor's files.

use std::sync::Arc;

use mockreel_drift::Report;

use super::Session;
use mockreel_drift::observed::Observed;

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
}
