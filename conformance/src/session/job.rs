//! Jobs as a session knows them: accepted, polled, and shared by the cases that only read.

use mockreel_contracts::contract::check::read::Observation;
use mockreel_evidence::exchange::Answer;
use serde_json::Value;

use super::end::CaseError;

/// A job that the vendor has accepted.
#[derive(Clone)]
pub struct Accepted {
    /// Its id.
    pub id: String,
    /// The answer to the submit.
    pub answer: Answer,
    /// When the answer came, on the session's clock.
    pub at_ms: u64,
    /// The number of the exchange.
    pub number: u32,
}

/// One look at a job.
#[derive(Clone)]
pub struct Poll {
    /// The number of the exchange.
    pub number: u32,
    /// When the answer came, on the session's clock.
    pub at_ms: u64,
    /// The answer.
    pub answer: Answer,
    /// What it says.
    pub seen: Observation,
}

/// The job that all cases share which only read.
#[derive(Clone)]
pub struct SharedJob {
    /// The job, or why there is none.
    pub job: Result<Accepted, CaseError>,
    /// The body that was submitted.
    pub body: Value,
    /// The model's id.
    pub model: String,
    /// Every look at it so far, by any case.
    pub polls: Vec<Poll>,
}
