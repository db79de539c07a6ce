//! The limits of a whole run: the time after which nothing more is sent, and a person who stops it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{CaseEnd, CaseError, Session};

/// The longest wait that nobody can end, in milliseconds.
const LONGEST_NAP_MS: u64 = 200;

/// Whether somebody wants a run to stop. Copies of it agree.
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Stops the run after the answer that it waits for.
    pub fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether the run is to stop.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// When a run ends, whatever is left of it.
#[derive(Clone, Debug, Default)]
pub struct RunLimits {
    /// Milliseconds from the start of the run after which nothing more is sent; `None` is no limit.
    pub until_ms: Option<u64>,
    /// Whether somebody wants it to stop.
    pub stop: StopFlag,
}

impl Session<'_> {
    /// Whether somebody has stopped the run.
    pub(crate) fn is_stopped(&self) -> bool {
        self.limits.stop.is_raised()
    }

    /// Whether something may still be sent.
    ///
    /// # Errors
    ///
    /// [`CaseError::OverBudget`] if the time of the run is over, or somebody has stopped it.
    pub(crate) fn require_time_left(&self) -> CaseEnd {
        if self.is_stopped() {
            return Err(CaseError::OverBudget("not run: the run was stopped".to_owned()));
        }
        match self.limits.until_ms {
            Some(until_ms) if self.wire.now_ms() >= until_ms => Err(CaseError::OverBudget(format!(
                "not run: the {} s of the run are over; --max-time DURATION allows more",
                until_ms.div_ceil(1000)
            ))),
            Some(_) | None => Ok(()),
        }
    }

    /// Waits by the machine's clock, no longer than the run may go on.
    ///
    /// # Errors
    ///
    /// If the run has to end meanwhile.
    pub(super) fn rest_ms(&mut self, millis: u64) -> CaseEnd {
        let mut left = millis;
        while left > 0 {
            self.require_time_left()?;
            let nap = left.min(LONGEST_NAP_MS);
            self.wire.wait_ms(nap);
            left -= nap;
        }
        Ok(())
    }
}
