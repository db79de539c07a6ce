//! The clocks: of the machine, which only this module reads, and of accounts.
//!
//! Unit: whole milliseconds since the Unix epoch. All other code is handed a time.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use mockreel_contracts::UnixMillis;

/// A source of time.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The current time. Never goes backwards, never fails.
    fn now(&self) -> UnixMillis;
}

/// The machine's clock. It follows the system's time forwards; if that is set back, time goes on from where it was, at the
/// pace of the machine's monotonic clock.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    /// The system's time when the clock was made, in microseconds, or later by as much as it was set forward since.
    origin: AtomicU64,
}

impl Default for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn default() -> Self {
        Self { started: Instant::now(), origin: AtomicU64::new(0) }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn now(&self) -> UnixMillis {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.carry_on(wall, self.started.elapsed())
    }
}

impl SystemClock {
    /// The time when the system says `wall`, so long after the clock was made.
    fn carry_on(&self, wall: Duration, elapsed: Duration) -> UnixMillis {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let (wall, elapsed) = (micros(wall), micros(elapsed));
        let origin = wall.saturating_sub(elapsed);
        // The origin only grows, and so does what has elapsed: their sum never goes back.
        let origin = self.origin.fetch_max(origin, Ordering::Relaxed).max(origin);
        UnixMillis(origin.saturating_add(elapsed) / 1000)
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
    fn a_system_clock_that_is_set_back_goes_on_from_where_it_was() {
        const YEAR: u64 = 31_536_000;
        let clock = SystemClock::default();
        let at = |wall: u64, elapsed: u64| {
            clock.carry_on(Duration::from_secs(wall), Duration::from_secs(elapsed)).seconds()
        };
        let start = 50 * YEAR;
        assert_eq!(at(start, 0), start);
        assert_eq!(at(start + 5, 5), start + 5);
        assert_eq!(at(start + 6 - YEAR, 6), start + 6, "set back by a year, a second passed");
        assert_eq!(at(start + 60 - YEAR, 60), start + 60, "and it goes on");
        assert_eq!(at(start + 61 + YEAR, 61), start + 61 + YEAR, "set forward, it follows");
        assert_eq!(at(start + 62, 62), start + 62 + YEAR, "and stays there when that is taken back");
        assert_eq!(at(0, 63), start + 63 + YEAR, "whatever the system says");
        assert_eq!(at(start + 65 + YEAR, 64), start + 65 + YEAR, "as after a sleep of the machine");
    }

    #[test]
    fn the_system_clock_is_the_systems_time_and_never_goes_back() {
        let clock = SystemClock::default();
        let seen: Vec<UnixMillis> = (0..1_000).map(|_| clock.now()).collect();
        assert!(seen.is_sorted() && seen[0] > MANUAL_START, "{:?}", seen[0]);
    }
}
