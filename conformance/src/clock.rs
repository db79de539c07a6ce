//! The only place of the suite that knows what time it is, and the only one that waits.
//!
//! Everybody else is handed a time, or asks the wire for the milliseconds since the run started.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The clock of one run. Copies of it agree.
#[derive(Clone, Copy, Debug)]
pub struct RunClock {
    started: Instant,
    started_at: Timestamp,
}

impl RunClock {
    /// Starts the clock of a run.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub fn start() -> Self {
        Self { started: Instant::now(), started_at: Timestamp::now() }
    }

    /// When the run started: RFC 3339 in UTC, with milliseconds.
    pub fn started(&self) -> String {
        format!("{:.3}", self.started_at)
    }

    /// Milliseconds since the run started. Never goes back.
    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits so many milliseconds of real time.
    pub fn wait_ms(&self, millis: u64) {
        std::thread::sleep(Duration::from_millis(millis));
    }

    /// The system's time in milliseconds since 1970, for dates that outlive the run. It may go back if
    /// somebody sets the machine's clock back; 0 before 1970.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub fn unix_ms(&self) -> u64 {
        u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_a_time_that_can_be_read_back() {
        let clock = RunClock::start();
        let text = clock.started();
        let read: Timestamp = text.parse().unwrap();
        assert!(text.ends_with('Z') && text.len() == "2026-01-01T00:00:00.000Z".len(), "{text}");
        assert_eq!(read.as_millisecond(), clock.started_at.as_millisecond());
    }

    #[test]
    fn the_run_never_goes_back_and_copies_agree() {
        let clock = RunClock::start();
        let copy = clock;
        let readings: Vec<u64> = (0..100).flat_map(|_| [clock.now_ms(), copy.now_ms()]).collect();
        assert!(readings.is_sorted(), "{readings:?}");
    }

    #[test]
    fn the_systems_time_is_not_before_the_start() {
        let clock = RunClock::start();
        let started = u64::try_from(clock.started_at.as_millisecond()).unwrap();
        assert!(clock.unix_ms() >= started);
    }
}
