//! Directives, the effects that a test writes into a prompt: `[mock:fail=moderation]`, `[mock:stuck]`, `[mock:slow=30]`,
//! `[mock:problem=rate_limited]`, `[mock:scenario=NAME]`.

use mockreel_contracts::FailureReason;

use super::lookalike::{START, find_lookalikes};
use crate::scenario::{
    Holding, JobEffect, LONGEST_SECONDS, PROMPT_CHARACTERS, ProblemName, ResponseEffect, Span, Then,
    split_prompt, suggest_name,
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

/// How many directives of one prompt are followed: a prompt may have megabytes of them.
const MAX_DIRECTIVES: usize = 100;

/// How many other spellings of one prompt are warned about.
const MAX_LOOKALIKES: usize = 5;

/// The names of directives.
const NAMES: [&str; 5] = ["fail", "stuck", "slow", "problem", "scenario"];

impl Directives {
    /// Whether there is a directive anywhere in a prompt, or what looks like one.
    pub(crate) fn are_in(prompt: &str) -> bool {
        prompt.contains(START) || find_lookalikes(split_prompt(prompt).0, &NAMES, 1).next().is_some()
    }

    /// How many directives a text has.
    pub(crate) fn count_in(text: &str) -> usize {
        text.matches(START).count()
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
            let is_cut = is_cut_off(start, tail, rest);
            if number <= MAX_DIRECTIVES
                && let Err(warning) =
                    if is_cut { Err(describe_cut(tail, quote)) } else { read.follow_one(tail, quote) }
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
        for lookalike in find_lookalikes(start, &NAMES, MAX_LOOKALIKES) {
            read.warnings.push(format!(
                "`{}` is no directive: expected `{}`",
                quote(&lookalike.found),
                quote(&lookalike.expected)
            ));
        }
        read.settle_contradictions();
        // One that begins before the end and is cut off by it counts as behind it.
        let seam = prompt.floor_char_boundary(prompt.len() - rest.len()).saturating_sub(START.len() - 1);
        if !rest.is_empty() && prompt[prompt.floor_char_boundary(seam)..].contains(START) {
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

    /// Leaves out what another directive keeps from being met, and says so.
    fn settle_contradictions(&mut self) {
        let mut warn = |loser: &str, winner: &str, why: &str| {
            self.warnings.push(format!(
                "directives `{START}{loser}]` and `{START}{winner}]` contradict each other: {why}; only `{START}{winner}]` is followed"
            ));
        };
        if let Some(problem) = self.problem {
            let winner = format!("problem={}", problem.0);
            let losers = [
                (self.fail.is_some(), "fail"),
                (self.stuck.is_some(), "stuck"),
                (self.slow_seconds > 0.0, "slow"),
            ];
            for (_, loser) in losers.into_iter().filter(|(is_ordered, _)| *is_ordered) {
                warn(loser, &winner, "a submit that is refused makes no job");
            }
            (self.fail, self.stuck, self.slow_seconds) = (None, None, 0.0);
        } else if self.stuck.is_some() {
            let losers = [(self.fail.is_some(), "fail"), (self.slow_seconds > 0.0, "slow")];
            for (_, loser) in losers.into_iter().filter(|(is_ordered, _)| *is_ordered) {
                warn(loser, "stuck", "a job that is stuck never ends by itself");
            }
            (self.fail, self.slow_seconds) = (None, 0.0);
        }
    }

    fn apply_named(&mut self, name: &str, value: &str) -> Result<(), String> {
        match (name, value) {
            ("fail", reason) => {
                let known = || FailureReason::ALL.map(FailureReason::name).join(", ");
                let near = || suggest_name(reason, FailureReason::ALL.map(FailureReason::name));
                let reason = FailureReason::named(reason)
                    .ok_or_else(|| format!("no such reason{}; there are {}", near(), known()))?;
                let earlier = self.fail.replace(reason).filter(|earlier| *earlier != reason);
                return earlier.map_or(Ok(()), |earlier| Err(describe_earlier("fail", earlier.name())));
            }
            ("stuck", "" | "queued" | "running") => {
                let holding = if value == "running" { Holding::Running } else { Holding::Queued };
                let earlier = self.stuck.replace(holding).filter(|earlier| *earlier != holding);
                let name = |earlier| if earlier == Holding::Running { "running" } else { "queued" };
                return earlier.map_or(Ok(()), |earlier| Err(describe_earlier("stuck", name(earlier))));
            }
            ("stuck", _) => return Err("expected `stuck`, `stuck=queued` or `stuck=running`".to_owned()),
            ("slow", text) => {
                let seconds = text.parse::<f64>().ok();
                let seconds =
                    seconds.filter(|seconds| (0.0..=LONGEST_SECONDS).contains(seconds)).ok_or_else(|| {
                        format!("expected a number of seconds from 0 to {LONGEST_SECONDS}, as in `slow=30`")
                    })?;
                let earlier = std::mem::replace(&mut self.slow_seconds, seconds);
                if earlier > 0.0 && (earlier - seconds).abs() > 0.0 {
                    return Err(describe_earlier("slow", &earlier.to_string()));
                }
            }
            ("problem", name) => {
                let problem = ProblemName::named(name)?;
                let earlier = self.problem.replace(problem).filter(|earlier| *earlier != problem);
                return earlier.map_or(Ok(()), |earlier| Err(describe_earlier("problem", earlier.0)));
            }
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

/// Whether a directive of which this much stands in the first part of a prompt ends in the rest.
fn is_cut_off(start: &str, tail: &str, rest: &str) -> bool {
    let is_last = tail.len() == start.len() - start.rfind(START).map_or(0, |at| at + START.len());
    is_last && !tail.contains(']') && rest.contains(']')
}

/// Says that a directive is cut off.
fn describe_cut(tail: &str, quote: &dyn Fn(&str) -> String) -> String {
    format!(
        "directive `{START}{}` reaches beyond the first {PROMPT_CHARACTERS} characters of the prompt, where no more is read",
        quote(tail)
    )
}

/// Says that a directive contradicts an earlier one of its name.
fn describe_earlier(name: &str, earlier: &str) -> String {
    format!("contradicts the earlier `{START}{name}={earlier}]`; only the last is followed")
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
        let across = format!("{}[mock:stuck] a cat", "é".repeat(PROMPT_CHARACTERS - 8));
        let warnings = read(&across).warnings;
        assert!(
            warnings.len() == 1 && warnings[0].contains("beyond the first 10000 characters"),
            "{warnings:?}"
        );
        let unclosed = format!("[mock:stuck {}", "é".repeat(PROMPT_CHARACTERS));
        assert!(read(&unclosed).warnings[0].contains("has no closing bracket"));
    }

    #[test]
    fn directives_are_read_wherever_they_stand() {
        let ordered = read("a cat [mock:slow=2.5] runs [mock:fail=moderation][mock:fail=moderation]");
        assert_eq!(ordered.fail, Some(FailureReason::Moderation));
        assert!((ordered.slow_seconds - 2.5).abs() < f64::EPSILON);
        assert!(ordered.warnings.is_empty());
        assert_eq!(read("[mock:stuck=running]").stuck, Some(Holding::Running));
    }

    #[test]
    fn what_nobody_knows_is_a_warning_and_changes_nothing() {
        let read = read("[mock:explode] [mock:fail=bad-luck] [mock:slow=soon] [mock:stuck");
        assert_eq!(read.warnings.len(), 4, "{:?}", read.warnings);
        assert_eq!((read.fail, read.stuck), (None, None));
    }

    #[test]
    fn what_contradicts_another_is_a_warning_and_only_one_is_followed() {
        let both = read("[mock:fail=moderation][mock:fail=timeout]");
        assert_eq!((both.fail, both.warnings.len()), (Some(FailureReason::Timeout), 1), "{both:?}");
        let stuck = read("[mock:stuck][mock:fail=timeout][mock:slow=3]");
        assert_eq!((stuck.fail, stuck.stuck, stuck.warnings.len()), (None, Some(Holding::Queued), 2));
        assert!(
            stuck.warnings.iter().all(|text| text.ends_with("only `[mock:stuck]` is followed")),
            "{stuck:?}"
        );
        let refused = read("[mock:slow=3][mock:stuck][mock:problem=internal]");
        assert_eq!((refused.stuck, refused.warnings.len()), (None, 2), "{refused:?}");
        for prompt in [
            "[mock:stuck][mock:stuck=running]",
            "[mock:slow=3][mock:slow=4]",
            "[mock:problem=internal][mock:problem=timeout]",
        ] {
            let warnings = read(prompt).warnings;
            assert!(warnings.len() == 1 && warnings[0].contains("contradicts"), "{prompt}: {warnings:?}");
        }
    }

    #[test]
    fn a_number_beyond_its_bound_is_a_warning() {
        for number in ["99999999999", "-1", "1e300", "inf", "NaN"] {
            let read = read(&format!("[mock:slow={number}]"));
            assert!(read.warnings.len() == 1 && read.warnings[0].contains("from 0 to"), "{read:?}");
            assert!(read.then().job.is_none(), "{read:?}");
        }
    }
}
