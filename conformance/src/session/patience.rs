//! The patience of a run: the longest wait for one job, and the time between two polls.

use std::time::Duration;

use mockreel_contracts::Contract;

use crate::target::Target;

/// Seconds between polls during the first minute, and after it: what vendors' samples do.
const VENDOR_INTERVALS_S: (u64, u64) = (10, 15);

/// Seconds after which a job is given up where waiting costs no time: the longest that vendors' samples wait.
pub const JOB_DEADLINE_S: u64 = 1000;

/// The same on this machine, where a stub answers at once.
const LOOPBACK_WAIT: Duration = Duration::from_secs(5);

/// Between polls on this machine.
const LOOPBACK_INTERVAL: Duration = Duration::from_millis(200);

/// The least that is waited for a job of a real vendor.
const LEAST_VENDOR_WAIT: Duration = Duration::from_secs(300);

/// How many times as long as observed a job of a real vendor may take.
const TIMES_OBSERVED: f64 = 3.0;

/// The part of the wait after which a word that nobody knows ends it on this machine.
const UNKNOWN_WORD_PART: u64 = 5;

/// How long a run waits for one job, and how often it polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The longest wait for one job, in milliseconds.
    pub wait_ms: u64,
    /// Milliseconds between two polls; `None` is the rhythm of vendors' samples.
    pub interval_ms: Option<u64>,
    /// Milliseconds for which a job may show a word that the vendor does not have.
    pub unknown_word_ms: u64,
    /// Whether a job that does not end keeps the cases after it from waiting for theirs.
    pub gives_up: bool,
}

impl Patience {
    /// What suits a target, unless the caller has said otherwise.
    ///
    /// A stand-in that takes orders has its clock moved, so that waiting takes no time. A stub on this machine is
    /// waited for shortly. A real vendor is waited for three times as long as its slowest model was seen to take.
    pub fn of(
        contract: &Contract,
        target: &Target,
        wait: Option<Duration>,
        interval: Option<Duration>,
    ) -> Self {
        let steered = target.control.is_some();
        let usual_wait = match (steered, target.loopback) {
            (true, _) => Duration::from_secs(JOB_DEADLINE_S),
            (false, true) => LOOPBACK_WAIT,
            (false, false) => wait_for_vendor(contract),
        };
        let usual_interval = (!steered && target.loopback).then_some(LOOPBACK_INTERVAL);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        // Where the clock is moved, patience costs nothing, and a short one would only end a job before its time.
        let least = if steered { usual_wait } else { Duration::ZERO };
        let wait_ms = millis(wait.unwrap_or(usual_wait).max(least));
        let interval_ms = interval.or(usual_interval).map(millis);
        Self::of_recording(target, wait_ms, interval_ms)
    }

    /// What a run had that was recorded.
    pub fn of_recording(target: &Target, wait_ms: u64, interval_ms: Option<u64>) -> Self {
        let steered = target.control.is_some();
        let hurries = !steered && target.loopback;
        Self {
            wait_ms,
            interval_ms,
            unknown_word_ms: if hurries { wait_ms / UNKNOWN_WORD_PART } else { wait_ms },
            gives_up: !steered,
        }
    }

    /// What runs had before the recordings said it.
    pub fn of_old_recording(target: &Target) -> Self {
        Self { gives_up: false, ..Self::of_recording(target, JOB_DEADLINE_S * 1000, None) }
    }

    /// Milliseconds until the next poll of a job that was first polled so long ago.
    pub fn until_next_ms(&self, elapsed_ms: u64) -> u64 {
        let (first, later) = VENDOR_INTERVALS_S;
        self.interval_ms.unwrap_or(if elapsed_ms < 60_000 { first * 1000 } else { later * 1000 })
    }
}

/// Three times as long as the slowest of the vendor's models was seen to wait and run.
fn wait_for_vendor(contract: &Contract) -> Duration {
    let slowest = contract.models.values().map(|model| model.observed.queued[1] + model.observed.running[1]);
    let seconds = slowest.fold(0.0, f64::max) * TIMES_OBSERVED;
    Duration::try_from_secs_f64(seconds.ceil()).unwrap_or_default().max(LEAST_VENDOR_WAIT)
}

/// Reads a length of time as people write it: `90s`, `5m`, `1m 30s`, `250ms`; a bare number counts seconds.
///
/// # Errors
///
/// If it is none, or not longer than nothing; says what was expected.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("expected a length of time such as 250ms, 30s or 5m, found `{text}`");
    let seconds = text.trim().parse::<u64>().ok().map(Duration::from_secs);
    let read = || text.trim().parse::<jiff::SignedDuration>().ok()?.try_into().ok();
    let time: Duration = seconds.or_else(read).ok_or_else(wrong)?;
    if time.as_millis() == 0 { Err(wrong()) } else { Ok(time) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, millis) in
            [("250ms", 250), ("30s", 30_000), ("5m", 300_000), ("1m 30s", 90_000), ("7", 7_000)]
        {
            assert_eq!(parse_duration(text).map(|time| time.as_millis()), Ok(millis), "{text}");
        }
        for text in ["", "soon", "-1s", "0", "0s", "1.5.2s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
