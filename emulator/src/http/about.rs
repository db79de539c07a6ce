//! What was answered, and what the request turned out to be about.

use std::sync::Arc;

use mockreel_contracts::{Contract, Operation, Problem, Reply};

use crate::journal::Part;
use crate::scenario::WireOrder;

/// An answer, and what is to be told about it.
pub(super) struct Answered {
    /// The answer.
    pub(super) reply: Reply,
    /// A literal text that takes the place of the reply's body.
    pub(super) literal: Option<String>,
    /// What happens to it on the wire.
    pub(super) wire: Option<WireOrder>,
    /// What it was about.
    pub(super) about: About,
}

/// What a request was about.
pub(super) struct About {
    /// Who asked, as a digest.
    pub(super) account: Arc<str>,
    /// The operation; nothing, if no path of the vendor's was asked.
    pub(super) operation: Option<Operation>,
    /// The model, as far as it is known.
    pub(super) model: Option<String>,
    /// The job.
    pub(super) job: Option<Arc<str>>,
    /// The scenarios that touched it.
    pub(super) scenarios: Vec<Arc<str>>,
    /// What a developer should know.
    pub(super) notes: Vec<String>,
    /// Why it was refused.
    pub(super) problem: Option<Problem>,
    /// Whether that was ordered.
    pub(super) ordered: bool,
    /// The contract that it was answered by.
    pub(super) contract: Arc<Contract>,
    /// What stood in the form that came.
    pub(super) parts: Vec<Part>,
}
