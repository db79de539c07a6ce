//! The inputs that a run is compared with, apart from the contract: earlier answers, and the vendor's files.

use std::sync::Arc;

use mockreel_drift::Report;
use mockreel_drift::observed::Observed;

/// Earlier recordings and vendor files that a run is compared with.
#[derive(Clone, Debug, Default)]
pub struct ComparisonInputs {
    /// The answers of an earlier run.
    pub previous: Option<Arc<Observed>>,
    /// How a file of the vendor differs from the one before it.
    pub specs: Option<Arc<Report>>,
}
