//! Time as a value: nothing in this crate, and nothing in the engine, asks what time it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A moment, in whole milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// The same moment in whole seconds, rounded down.
    pub fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// The moment `millis` milliseconds later, at most the end of time.
    #[must_use]
    pub fn after(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this moment, zero if it is not earlier.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-01-01T00:00:00.000Z`.
    ///
    /// A moment beyond the calendar (the year 9999) is shown as the last one in it.
    pub fn rfc3339(self) -> String {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        let stamp = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
        format!("{stamp:.3}")
    }

    /// Reads RFC 3339. `None` if the text is no such time, or lies before 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let stamp: jiff::Timestamp = text.parse().ok()?;
        u64::try_from(stamp.as_millisecond()).ok().map(Self)
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_with_milliseconds_and_read_back() {
        let moment = UnixMillis(1_767_225_600_005);
        assert_eq!(moment.rfc3339(), "2026-01-01T00:00:00.005Z");
        assert_eq!(UnixMillis::parse("2026-01-01T00:00:00.005Z"), Some(moment));
        assert_eq!(UnixMillis::parse("2026-01-01T01:00:00.005+01:00"), Some(moment));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        assert_eq!(UnixMillis::parse("yesterday"), None);
        assert_eq!(UnixMillis::parse("1969-12-31T23:59:59Z"), None);
    }
}
