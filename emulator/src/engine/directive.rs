//! Orders that a test writes into a prompt: `[sd:fail=moderation]`, `[sd:stuck]`, `[sd:slow=30]`.

use stuntdouble_contracts::FailureReason;

/// Where a job that never ends is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// In the queue.
    Queued,
    /// At work.
    Running,
}

/// What a prompt orders.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Directives {
    /// Fail for this reason.
    pub fail: Option<FailureReason>,
    /// Never end.
    pub stuck: Option<Holding>,
    /// Run so many seconds longer, of the account's time.
    pub slow_seconds: f64,
    /// Directives that nobody knows, as warnings.
    pub warnings: Vec<String>,
}

/// How many warnings are kept of one prompt. Jobs hold them, and a prompt may have megabytes.
const WARNINGS: usize = 10;

impl Directives {
    /// Reads every directive in a prompt. Later ones win over earlier ones of the same kind.
    pub fn read(prompt: &str) -> Self {
        let mut read = Self::default();
        let mut unsaid = 0_u64;
        for tail in prompt.split("[sd:").skip(1) {
            let Err(warning) = read.follow(tail) else { continue };
            if read.warnings.len() < WARNINGS {
                read.warnings.push(warning);
            } else {
                unsaid += 1;
            }
        }
        if unsaid > 0 {
            read.warnings.push(format!("and {unsaid} more directives that nobody knows"));
        }
        read
    }

    /// Follows one directive: what stands behind its opening bracket, to the end of the text.
    fn follow(&mut self, tail: &str) -> Result<(), String> {
        let unclosed = || format!("directive `[sd:{}` has no closing bracket", shortened(tail));
        let (order, _) = tail.split_once(']').ok_or_else(unclosed)?;
        let (name, value) = order.split_once('=').unwrap_or((order, ""));
        self.apply(name.trim(), value.trim())
            .map_err(|warning| format!("directive `[sd:{}]`: {warning}", shortened(order)))
    }

    fn apply(&mut self, name: &str, value: &str) -> Result<(), String> {
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
            _ => return Err("no such directive; there are fail=REASON, stuck and slow=SECONDS".to_owned()),
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
        let read = Directives::read("a cat [sd:slow=2.5] runs [sd:fail=moderation][sd:stuck=running]");
        assert_eq!(read.fail, Some(FailureReason::Moderation));
        assert_eq!(read.stuck, Some(Holding::Running));
        assert!((read.slow_seconds - 2.5).abs() < f64::EPSILON);
        assert!(read.warnings.is_empty());
    }

    #[test]
    fn what_nobody_knows_is_a_warning_and_changes_nothing() {
        let read = Directives::read("[sd:explode] [sd:fail=bad-luck] [sd:slow=soon] [sd:stuck");
        assert_eq!(read.warnings.len(), 4, "{:?}", read.warnings);
        assert_eq!((read.fail, read.stuck), (None, None));
    }
}
