//! The clocks: of the machine, which only this module reads, and of accounts.
//!
//! Unit: whole milliseconds since the Unix epoch. All other code is handed a time.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use mockreel_contracts::UnixMillis;

/// A source of time.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The current time. Never goes backwards, never fails.
    fn now(&self) -> UnixMillis;
}

/// The machine's clock. If it is set back, time stands still until it has caught up.
#[derive(Debug, Default)]
pub struct SystemClock {
    latest: AtomicU64,
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn now(&self) -> UnixMillis {
        let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        UnixMillis(self.latest.fetch_max(millis, Ordering::Relaxed).max(millis))
    }
}

/// Measures how long something takes on the machine, whatever an account's clock says meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// One that runs from now on.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has run, in microseconds.
    pub fn micros(self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// The clock of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountClock {
    /// The machine's.
    System,
    /// Its own, which stands still until it is told to move.
    Manual(UnixMillis),
}

impl AccountClock {
    /// The account's time when the machine says `system`.
    pub fn now(self, system: UnixMillis) -> UnixMillis {
        match self {
            Self::System => system,
            Self::Manual(moment) => moment,
        }
    }

    /// The word in the control API.
    pub fn mode(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Manual(_) => "manual",
        }
    }
}

/// Where a manual clock starts: 2026-01-01T00:00:00Z.
pub const MANUAL_START: UnixMillis = UnixMillis(1_767_225_600_000);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_start_is_new_year_2026() {
        assert_eq!(MANUAL_START.rfc3339(), "2026-01-01T00:00:00.000Z");
    }

    #[test]
    fn the_system_clock_stands_still_rather_than_go_back() {
        let clock = SystemClock { latest: AtomicU64::new(u64::MAX - 1) };
        assert_eq!(clock.now(), UnixMillis(u64::MAX - 1));
        assert_eq!(clock.now(), UnixMillis(u64::MAX - 1));
    }
}
