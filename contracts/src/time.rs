//! Time as a value: nothing in this crate, and nothing in the engine, asks what time it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A moment, in whole milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub u64);

/// The reason why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// It is not written as one.
    #[error("expected a time such as 2026-01-01T00:00:00Z (RFC 3339)")]
    Form,
    /// It lies before 1970.
    #[error("expected a time from 1970-01-01T00:00:00Z on")]
    TooEarly,
    /// It lies beyond the calendar.
    #[error("expected a time up to {}, where the calendar ends", UnixMillis::LAST)]
    TooLate,
}

impl UnixMillis {
    /// The last moment that can be written as RFC 3339, whatever the offset: 9999-12-30T22:00:00.999Z.
    pub const LAST: Self = Self(253_402_207_200_999);

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

    /// Reads RFC 3339. `None` if the text is no such time, lies before 1970, or after [`UnixMillis::LAST`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text).ok()
    }

    /// Reads RFC 3339.
    ///
    /// # Errors
    ///
    /// If the text is no such time, lies before 1970, or after [`UnixMillis::LAST`].
    pub fn read(text: &str) -> Result<Self, TimeError> {
        let Ok(stamp) = text.parse::<jiff::Timestamp>() else {
            // What is well-formed and yet no time of the calendar lies in its last two days.
            let pieces = jiff::fmt::temporal::Pieces::parse(text);
            let beyond = pieces.is_ok_and(|pieces| pieces.offset().is_some() && pieces.date().year() == 9999);
            return Err(if beyond { TimeError::TooLate } else { TimeError::Form });
        };
        u64::try_from(stamp.as_millisecond()).map(Self).map_err(|_| TimeError::TooEarly)
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
        assert_eq!(UnixMillis::read("yesterday"), Err(TimeError::Form));
        assert_eq!(UnixMillis::read("2026-01-01T00:00:00"), Err(TimeError::Form));
        assert_eq!(UnixMillis::read("1969-12-31T23:59:59Z"), Err(TimeError::TooEarly));
    }

    #[test]
    fn the_calendar_has_an_end_and_says_where() {
        assert_eq!(UnixMillis::LAST.rfc3339(), "9999-12-30T22:00:00.999Z");
        assert_eq!(UnixMillis::read("9999-12-30T22:00:00.999Z"), Ok(UnixMillis::LAST));
        assert_eq!(UnixMillis::LAST.0, u64::try_from(jiff::Timestamp::MAX.as_millisecond()).unwrap());
        for late in ["9999-12-31T23:59:59Z", "9999-12-30T22:00:01Z", "9999-12-31T23:59:59-01:00"] {
            assert_eq!(UnixMillis::read(late), Err(TimeError::TooLate), "{late}");
        }
    }
}
