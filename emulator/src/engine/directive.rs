//! Directives, the effects that a test writes into a prompt: `[mock:fail=moderation]`, `[mock:stuck]`, `[mock:slow=30]`,
//! `[mock:problem=rate_limited]`, `[mock:scenario=NAME]`.

use mockreel_contracts::FailureReason;

use crate::scenario::{Holding, JobEffect, ProblemName, ResponseEffect, Span, Then};

/// The directives of a prompt.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Directives {
    /// Fail for this reason.
    pub fail: Option<FailureReason>,
    /// Never end.
    pub stuck: Option<Holding>,
    /// Run so many seconds longer, of the account's time.
    pub slow_seconds: f64,
    /// Answer with this problem.
    pub problem: Option<ProblemName>,
    /// Apply the scenarios of these names.
    pub scenarios: Vec<String>,
    /// Unknown directives, as warnings.
    pub warnings: Vec<String>,
}

/// How many warnings are kept of one prompt. Jobs keep them, and a prompt may have megabytes.
const MAX_WARNINGS: usize = 10;

impl Directives {
    /// Reads every directive in a prompt. Later ones win over earlier ones of the same kind.
    pub(crate) fn read(prompt: &str) -> Self {
        let mut read = Self::default();
        let mut dropped = 0_u64;
        for tail in prompt.split("[mock:").skip(1) {
            let Err(warning) = read.follow_one(tail) else { continue };
            if read.warnings.len() < MAX_WARNINGS {
                read.warnings.push(warning);
            } else {
                dropped += 1;
            }
        }
        if dropped > 0 {
            read.warnings.push(format!("and {dropped} more directives that nobody knows"));
        }
        read
    }

    /// Writes what it says in the form of scenarios.
    pub(crate) fn then(&self) -> Then {
        let job = JobEffect {
            reason: self.fail,
            hold: self.stuck,
            slower: (self.slow_seconds > 0.0).then_some(Span::Fixed(self.slow_seconds)),
            ..JobEffect::default()
        };
        let said = job.reason.is_some() || job.hold.is_some() || job.slower.is_some();
        let answer = self
            .problem
            .map(|problem| ResponseEffect { problem: Some(problem), ..ResponseEffect::default() });
        Then { job: said.then_some(job), answer, ..Then::default() }
    }

    /// Follows one directive: what stands behind its opening bracket, to the end of the text.
    fn follow_one(&mut self, tail: &str) -> Result<(), String> {
        let unclosed = || format!("directive `[mock:{}` has no closing bracket", shortened(tail));
        let (order, _) = tail.split_once(']').ok_or_else(unclosed)?;
        let (name, value) = order.split_once('=').unwrap_or((order, ""));
        self.apply_named(name.trim(), value.trim())
            .map_err(|warning| format!("directive `[mock:{}]`: {warning}", shortened(order)))
    }

    fn apply_named(&mut self, name: &str, value: &str) -> Result<(), String> {
        match (name, value) {
            ("fail", reason) => {
                let known = || FailureReason::ALL.map(FailureReason::name).join(", ");
                let reason = FailureReason::named(reason)
                    .ok_or_else(|| format!("no such reason; there are {}", known()))?;
                self.fail = Some(reason);
            }
            ("stuck", "" | "queued") => self.stuck = Some(Holding::Queued),
            ("stuck", "running") => self.stuck = Some(Holding::Running),
            ("stuck", _) => return Err("expected `stuck`, `stuck=queued` or `stuck=running`".to_owned()),
            ("slow", seconds) => {
                let seconds =
                    seconds.parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
                self.slow_seconds = seconds.ok_or("expected a number of seconds, as in `slow=30`")?;
            }
            ("problem", name) => self.problem = Some(ProblemName::named(name)?),
            ("scenario", "") => return Err("expected a name, as in `scenario=rehearsal`".to_owned()),
            ("scenario", name) => self.scenarios.push(name.to_owned()),
            _ => {
                return Err("no such directive; there are fail=REASON, stuck, slow=SECONDS, problem=NAME \
                    and scenario=NAME"
                    .to_owned());
            }
        }
        Ok(())
    }
}

/// A text of the caller's, short enough for a message.
fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read_wherever_they_stand() {
        let read = Directives::read("a cat [mock:slow=2.5] runs [mock:fail=moderation][mock:stuck=running]");
        assert_eq!(read.fail, Some(FailureReason::Moderation));
        assert_eq!(read.stuck, Some(Holding::Running));
        assert!((read.slow_seconds - 2.5).abs() < f64::EPSILON);
        assert!(read.warnings.is_empty());
    }

    #[test]
    fn what_nobody_knows_is_a_warning_and_changes_nothing() {
        let read = Directives::read("[mock:explode] [mock:fail=bad-luck] [mock:slow=soon] [mock:stuck");
        assert_eq!(read.warnings.len(), 4, "{:?}", read.warnings);
        assert_eq!((read.fail, read.stuck), (None, None));
    }
}
