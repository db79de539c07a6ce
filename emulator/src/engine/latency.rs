//! The latency of jobs: the durations observed at vendors, scaled.

use std::str::FromStr;

use mockreel_contracts::Model;

use crate::random::Draw;

/// How much of the observed duration a job takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    factor: f64,
}

/// The default divides observed durations by sixty, so that a four-minute job takes four seconds.
const FAST: f64 = 1.0 / 60.0;

/// The largest factor that is read: with it the slowest job takes decades.
const MAX_FACTOR: f64 = 1_000_000.0;

/// The observed durations are those of a clip of so many seconds; longer clips take longer in proportion.
const OBSERVED_CLIP_SECONDS: f64 = 5.0;

impl Latency {
    /// As long as the vendor.
    pub const REAL: Self = Self { factor: 1.0 };
    /// A sixtieth of that.
    pub const FAST: Self = Self { factor: FAST };
    /// No time at all.
    pub const INSTANT: Self = Self { factor: 0.0 };

    /// Draws how long a job waits and then runs, in milliseconds.
    pub(super) fn draw(self, model: &Model, clip_seconds: u32, draw: &mut Draw) -> (u64, u64) {
        let [low, high] = model.observed.queued;
        let queued = draw.between(low, high);
        let [low, high] = model.observed.running;
        let running = draw.between(low, high) * f64::from(clip_seconds) / OBSERVED_CLIP_SECONDS;
        (self.scaled(queued), self.scaled(running))
    }

    fn scaled(self, seconds: f64) -> u64 {
        // A float cast saturates, so absurd factors end at the end of time rather than in a panic.
        (seconds * self.factor * 1000.0).round() as u64
    }
}

impl FromStr for Latency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "instant" => Ok(Self::INSTANT),
            "fast" => Ok(Self::FAST),
            "real" => Ok(Self::REAL),
            _ => match text.parse::<f64>() {
                Ok(factor) if (0.0..=MAX_FACTOR).contains(&factor) => Ok(Self { factor }),
                _ => Err(format!(
                    "`{text}` is no latency: expected instant, fast, real, or a factor from 0 to {MAX_FACTOR} such as 0.1"
                )),
            },
        }
    }
}
