//! Directives, the effects that a test writes into a prompt: `[mock:fail=moderation]`, `[mock:stuck]`, `[mock:slow=30]`,
//! `[mock:problem=rate_limited]`, `[mock:scenario=NAME]`.

use mockreel_contracts::FailureReason;

use crate::scenario::{
    Holding, JobEffect, PROMPT_CHARACTERS, ProblemName, ResponseEffect, Span, Then, split_prompt,
    suggest_name,
};

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
    /// Apply the scenarios of these names, each once.
    pub scenarios: Vec<String>,
    /// What cannot be followed, as warnings, each once.
    pub warnings: Vec<String>,
}

/// The start of a directive.
const START: &str = "[mock:";

/// How many directives of one prompt are followed: a prompt may have megabytes of them.
const MAX_DIRECTIVES: usize = 100;

/// The names of directives.
const NAMES: [&str; 5] = ["fail", "stuck", "slow", "problem", "scenario"];

impl Directives {
    /// Whether there is a directive anywhere in a prompt.
    pub(crate) fn are_in(prompt: &str) -> bool {
        prompt.contains(START)
    }

    /// Reads the directives in the first [`PROMPT_CHARACTERS`] of a prompt. Later ones win over earlier ones of the same kind.
    ///
    /// `quote` makes a text of the caller's fit to be repeated in a warning.
    pub(crate) fn read(prompt: &str, quote: &dyn Fn(&str) -> String) -> Self {
        let mut read = Self::default();
        let (start, rest) = split_prompt(prompt);
        let mut number = 0;
        for tail in start.split(START).skip(1) {
            number += 1;
            if number <= MAX_DIRECTIVES
                && let Err(warning) = read.follow_one(tail, quote)
                && !read.warnings.contains(&warning)
            {
                read.warnings.push(warning);
            }
        }
        if number > MAX_DIRECTIVES {
            let more = number - MAX_DIRECTIVES;
            read.warnings.push(format!(
                "{more} more directives are not followed: expected at most {MAX_DIRECTIVES} in a prompt"
            ));
        }
        // One that begins before the end and is cut off by it counts as behind it.
        let seam = prompt.floor_char_boundary(prompt.len() - rest.len()).saturating_sub(START.len() - 1);
        if !rest.is_empty() && Self::are_in(&prompt[prompt.floor_char_boundary(seam)..]) {
            read.warnings.push(format!(
                "directives behind the first {PROMPT_CHARACTERS} characters of a prompt are not followed"
            ));
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
    fn follow_one(&mut self, tail: &str, quote: &dyn Fn(&str) -> String) -> Result<(), String> {
        let unclosed = || format!("directive `{START}{}` has no closing bracket", quote(tail));
        let (order, _) = tail.split_once(']').ok_or_else(unclosed)?;
        let (name, value) = order.split_once('=').unwrap_or((order, ""));
        self.apply_named(name.trim(), value.trim())
            .map_err(|warning| format!("directive `{START}{}]`: {warning}", quote(order)))
    }

    fn apply_named(&mut self, name: &str, value: &str) -> Result<(), String> {
        match (name, value) {
            ("fail", reason) => {
                let known = || FailureReason::ALL.map(FailureReason::name).join(", ");
                let near = || suggest_name(reason, FailureReason::ALL.map(FailureReason::name));
                let reason = FailureReason::named(reason)
                    .ok_or_else(|| format!("no such reason{}; there are {}", near(), known()))?;
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
            ("scenario", name) => {
                if !self.scenarios.iter().any(|known| known == name) {
                    self.scenarios.push(name.to_owned());
                }
            }
            (name, _) => {
                return Err(format!(
                    "no such directive{}; there are fail=REASON, stuck, slow=SECONDS, problem=NAME and scenario=NAME",
                    suggest_name(name, NAMES)
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(prompt: &str) -> Directives {
        Directives::read(prompt, &str::to_owned)
    }

    #[test]
    fn a_hundred_directives_of_a_prompt_are_followed_and_each_scenario_is_named_once() {
        let many = read(&"[mock:scenario=zz]".repeat(100_000));
        assert_eq!(many.scenarios, ["zz"]);
        assert_eq!(
            many.warnings,
            [
                "456 more directives are not followed: expected at most 100 in a prompt",
                "directives behind the first 10000 characters of a prompt are not followed"
            ]
        );
        let late = format!("{}[mock:stuck]", "é".repeat(PROMPT_CHARACTERS));
        assert_eq!((read(&late).stuck, read(&late).warnings.len()), (None, 1));
        assert_eq!(read(&late[2..]).warnings.len(), 1, "it is cut off");
    }

    #[test]
    fn directives_are_read_wherever_they_stand() {
        let read = read("a cat [mock:slow=2.5] runs [mock:fail=moderation][mock:stuck=running]");
        assert_eq!(read.fail, Some(FailureReason::Moderation));
        assert_eq!(read.stuck, Some(Holding::Running));
        assert!((read.slow_seconds - 2.5).abs() < f64::EPSILON);
        assert!(read.warnings.is_empty());
    }

    #[test]
    fn what_nobody_knows_is_a_warning_and_changes_nothing() {
        let read = read("[mock:explode] [mock:fail=bad-luck] [mock:slow=soon] [mock:stuck");
        assert_eq!(read.warnings.len(), 4, "{:?}", read.warnings);
        assert_eq!((read.fail, read.stuck), (None, None));
    }
}
