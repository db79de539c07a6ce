//! The progress mode of a job: by time, at once, by polls, or by command.

use std::fmt;
use std::str::FromStr;

/// What moves a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The account's clock.
    Time,
    /// Nothing: it is finished when it is accepted.
    Immediate,
    /// Polls: so many see it queued, as many see it running, the next sees its end.
    Polls(u32),
    /// Commands of the control API only.
    Step,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time => f.write_str("time"),
            Self::Immediate => f.write_str("immediate"),
            Self::Polls(each) => write!(f, "polls={each}"),
            Self::Step => f.write_str("step"),
        }
    }
}

impl FromStr for Progress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("polls=")) {
            ("time", _) => Ok(Self::Time),
            ("immediate", _) => Ok(Self::Immediate),
            ("step", _) => Ok(Self::Step),
            (_, Some(count)) => count
                .parse()
                .map(Self::Polls)
                .map_err(|_| format!("`{count}` is no number of polls: expected polls=N, as in polls=2")),
            (_, None) => Err(format!("`{text}` is no progress: expected time, immediate, polls=N or step")),
        }
    }
}
