//! Events for reporters: the interface between the runner of cases and progress lines.

use crate::outcome::CaseResult;
use mockreel_contracts::Amount;

/// Something that happened in a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// The run begins: so many cases are to run.
    Started {
        /// How many.
        cases: usize,
    },
    /// A case begins.
    CaseStarted {
        /// Its id.
        id: &'a str,
        /// What it claims.
        title: &'a str,
    },
    /// A request is sent, and its answer waited for.
    Asked {
        /// The case on whose behalf.
        id: &'a str,
        /// Method and path.
        request: &'a str,
    },
    /// The answer came, or none will.
    Answered,
    /// A job was polled.
    Polled {
        /// The case on whose behalf.
        id: &'a str,
        /// Our word for its phase, or the vendor's if it is unknown. Text from the wire.
        phase: &'a str,
        /// Whether the vendor has that word.
        is_known: bool,
        /// Seconds since it was first polled.
        elapsed_s: u64,
        /// Spent so far, worst case; `None` where nothing costs.
        spent: Option<Amount>,
        /// The vendor's unit.
        unit: &'a str,
    },
    /// A case has ended.
    Finished(&'a CaseResult),
}

/// Receives the events of a run.
pub trait Reporter {
    /// Called for each event, in order.
    fn on_event(&mut self, event: &Event<'_>);
}

/// Discards every event.
#[derive(Debug)]
pub struct NullReporter;

impl Reporter for NullReporter {
    fn on_event(&mut self, _event: &Event<'_>) {}
}
