//! Failures that are expected for a while.
//!
//! A baseline is a TOML file. Each entry names a case of a vendor at a target, why it fails, until which day
//! that is accepted, and a text that the failure's message must contain, so that a new failure of the same
//! case is not taken for the old one:
//!
//! ```toml
//! [[expected]]
//! case = "VAL-11"
//! target = "live"
//! vendor = "acme"
//! edition = "2026-01-31"   # may be left out: then it speaks of every edition without an entry of its own
//! reason = "the vendor takes 1.01 since the new year; reported to them"
//! expires = "2026-06-30"   # the last day
//! message = "expected a refusal"
//! ```

mod stable;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::outcome::{CaseResult, Outcome, Report};
use stable::stable_part;

/// How a remark of the baseline begins within a result's message; it ends with a bracket.
const REMARK: &str = "[baseline: ";

/// What a rewritten file begins with.
const HEADER: &str = "# Failures that are expected for a while. `mockreel baseline update` rewrites this file and keeps no\n\
                      # comments: say in `reason` what is to be remembered.\n";

/// A baseline file is wrong; one line with file, line and column, what was expected and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {what}")]
pub struct BaselineError {
    file: String,
    /// From 1.
    line: usize,
    /// In characters, from 1.
    column: usize,
    what: String,
}

/// One expected failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// The case.
    pub case: String,
    /// The target's name, as in reports.
    pub target: String,
    /// The vendor's id.
    pub vendor: String,
    /// The edition; `None` speaks of all that have no entry of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// Why it fails.
    pub reason: String,
    /// The last day on which that is accepted, `YYYY-MM-DD`.
    pub expires: String,
    /// What the failure's message must contain. An empty one only fits a blank message, so that no entry
    /// accepts everything.
    pub message: String,
}

impl Expected {
    fn speaks_of(&self, case: &str, vendor: &str, edition: &str, target: &str) -> bool {
        self.case == case
            && self.vendor == vendor
            && self.target == target
            && self.edition.as_deref().is_none_or(|named| named == edition)
    }

    fn fits(&self, message: &str) -> bool {
        if self.message.is_empty() { message.trim().is_empty() } else { message.contains(&self.message) }
    }

    /// No two entries share it; files are sorted by it.
    fn key(&self) -> (&str, &str, &str, Option<&str>) {
        (&self.vendor, &self.target, &self.case, self.edition.as_deref())
    }
}

/// The file as it is read, with the places of what TOML cannot check.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBaseline {
    #[serde(default)]
    expected: Vec<WrittenExpected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExpected {
    case: Spanned<String>,
    target: String,
    vendor: String,
    edition: Option<String>,
    reason: Spanned<String>,
    expires: Spanned<String>,
    message: String,
}

#[derive(Serialize)]
struct ToWrite<'a> {
    expected: &'a [Expected],
}

/// The expected failures of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    expected: Vec<Expected>,
}

impl Baseline {
    /// Reads a file's text; the name is for messages.
    ///
    /// # Errors
    ///
    /// If it is not TOML, lacks a key or has one we do not know, if a day is none, if a reason is empty, or if
    /// two entries speak of the same.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, BaselineError> {
        let wrong = |start: usize, what: String| find_line(file_name, text, start, what);
        let written: WrittenBaseline = toml::from_str(text).map_err(|error| {
            wrong(error.span().map_or(0, |span| span.start), error.message().replace('\n', " "))
        })?;
        let mut expected: Vec<Expected> = Vec::new();
        for entry in written.expected {
            if !is_day(entry.expires.get_ref()) {
                let found = entry.expires.get_ref();
                let what = format!("expected a day such as \"2026-06-30\", found `{}`", found.escape_debug());
                return Err(wrong(entry.expires.span().start, what));
            }
            if entry.reason.get_ref().trim().is_empty() {
                let what = "expected a reason; write why the case fails and who knows of it".to_owned();
                return Err(wrong(entry.reason.span().start, what));
            }
            let start = entry.case.span().start;
            let entry = Expected {
                case: entry.case.into_inner(),
                target: entry.target,
                vendor: entry.vendor,
                edition: entry.edition,
                reason: entry.reason.into_inner(),
                expires: entry.expires.into_inner(),
                message: entry.message,
            };
            if expected.iter().any(|other| other.key() == entry.key()) {
                let case = entry.case.escape_debug();
                let what =
                    format!("`{case}` has an entry for that vendor, target and edition above; keep one");
                return Err(wrong(start, what));
            }
            expected.push(entry);
        }
        Ok(Self { expected })
    }

    /// The entries, in the order of the file.
    pub fn expected(&self) -> &[Expected] {
        &self.expected
    }

    /// Judges results by what was expected. A failure that fits its entry is an [`Outcome::ExpectedFail`] up to
    /// the entry's last day; a pass with an entry is an [`Outcome::UnexpectedPass`] also after it. Where a
    /// failure stays one, or a pass is unexpected, the message says why and what to do. `today` is
    /// `YYYY-MM-DD`. Doing it twice is the same as doing it once.
    pub fn apply(&self, results: &mut [CaseResult], vendor: &str, edition: &str, target: &str, today: &str) {
        for result in results {
            let Some(entry) = self.entry(&result.id, vendor, edition, target) else {
                continue;
            };
            result.expected = Some(entry.reason.clone());
            let own = without_remark(&result.message).to_owned();
            let remark = match result.outcome {
                Outcome::Pass => {
                    result.outcome = Outcome::UnexpectedPass;
                    "it was expected to fail; remove its entry".to_owned()
                }
                Outcome::Fail if today > entry.expires.as_str() => format!(
                    "this was accepted until {}; repair it, or give the entry a later day",
                    entry.expires
                ),
                Outcome::Fail if !entry.fits(&own) => format!(
                    "another failure was expected, with `{}` in its message; look what has changed before \
                     you rewrite the entry",
                    entry.message
                ),
                Outcome::Fail => {
                    result.outcome = Outcome::ExpectedFail;
                    continue;
                }
                Outcome::Flaky
                | Outcome::UnexpectedPass
                | Outcome::ExpectedFail
                | Outcome::NotApplicable
                | Outcome::NotRunBudget
                | Outcome::Blocked
                | Outcome::Inconclusive
                | Outcome::Unreachable
                | Outcome::EngineError => continue,
            };
            let gap = if own.is_empty() { "" } else { " " };
            result.message = format!("{own}{gap}{REMARK}{remark}]");
        }
    }

    /// Judges a report by what was expected, and names in its notices the entries that had no effect: of a day that is
    /// over, of cases without a verdict, of other targets. A replay is judged as the run that it plays back.
    pub fn judge(&self, report: &mut Report, today: &str) {
        let asked = report.target_of_answers().to_owned();
        let (vendor, edition, target) =
            (report.vendor.clone(), report.edition.clone(), report.target.clone());
        self.apply(&mut report.results, &vendor, &edition, &asked, today);
        // An entry may also be about replays alone.
        let mut others: Vec<&mut CaseResult> =
            report.results.iter_mut().filter(|result| result.expected.is_none()).collect();
        for result in &mut others {
            self.apply(std::slice::from_mut(*result), &vendor, &edition, &target, today);
        }
        let notices = self.idle(report, today);
        report.notices.extend(notices);
    }

    /// A line for each entry about the report's vendor that had no effect, and one for all that are about other targets.
    fn idle(&self, report: &Report, today: &str) -> Vec<String> {
        let targets = [report.target_of_answers(), report.target.as_str()];
        let of_edition = |entry: &&Expected| {
            entry.vendor == report.vendor
                && entry.edition.as_ref().is_none_or(|named| *named == report.edition)
        };
        let (mine, others): (Vec<&Expected>, Vec<&Expected>) = self
            .expected
            .iter()
            .filter(of_edition)
            .partition(|entry| targets.contains(&entry.target.as_str()));
        let mut lines = Vec::new();
        for entry in mine {
            let Some(result) = report.results.iter().find(|result| result.id == entry.case) else { continue };
            let (case, day) = (&entry.case, &entry.expires);
            let is_verdict =
                matches!(result.outcome, Outcome::Fail | Outcome::ExpectedFail | Outcome::UnexpectedPass);
            if today > day.as_str() {
                lines.push(format!("baseline: the entry of {case} has expired: its last day was {day}"));
            } else if !is_verdict {
                let word = result.outcome.word();
                lines.push(format!("baseline: the entry of {case} matched nothing: the case is {word}"));
            }
        }
        if !others.is_empty() {
            let mut named: Vec<&str> = others.iter().map(|entry| entry.target.as_str()).collect();
            named.sort_unstable();
            named.dedup();
            let (count, named) = (others.len(), named.join(", "));
            let entries = if count == 1 { "1 entry is" } else { &format!("{count} entries are") };
            lines.push(format!(
                "baseline: {entries} about another target ({named}); this run is about {}",
                report.target_of_answers()
            ));
        }
        lines
    }

    /// The cases of the entries that are not among the known ones, sorted, each once.
    pub fn unknown_cases(&self, known: &[&str]) -> Vec<String> {
        let cases = self.expected.iter().map(|entry| entry.case.as_str());
        let mut unknown: Vec<String> =
            cases.filter(|case| !known.contains(case)).map(str::to_owned).collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown
    }

    /// The file that expects what a report shows. Entries that fit a failure of the report are kept as they are,
    /// an expired one too: its day is for a person to move. Entries of cases that pass there are left out. Other
    /// failures get an entry for the report's edition with the given reason and last day, and a part of their
    /// message that should be the same next time. Whatever the report says nothing about stays.
    ///
    /// `reason` must not be blank and `expires` must be a day ([`is_day`]), or the file cannot be read again.
    pub fn rewritten(&self, report: &Report, reason: &str, expires: &str) -> String {
        let mut expected = self.expected.clone();
        let (vendor, edition) = (&report.vendor, &report.edition);
        let target = report.target_of_answers();
        for result in &report.results {
            match result.outcome {
                Outcome::Pass | Outcome::UnexpectedPass => {
                    expected.retain(|entry| !entry.speaks_of(&result.id, vendor, edition, target));
                }
                Outcome::Fail | Outcome::ExpectedFail => {
                    let message = without_remark(&result.message);
                    let held = self.entry(&result.id, vendor, edition, target);
                    if held.is_some_and(|entry| entry.fits(message)) {
                        continue;
                    }
                    let entry = Expected {
                        case: result.id.clone(),
                        target: target.to_owned(),
                        vendor: vendor.clone(),
                        edition: Some(edition.clone()),
                        reason: reason.to_owned(),
                        expires: expires.to_owned(),
                        message: stable_part(message).to_owned(),
                    };
                    expected.retain(|other| other.key() != entry.key());
                    expected.push(entry);
                }
                Outcome::Flaky
                | Outcome::NotApplicable
                | Outcome::NotRunBudget
                | Outcome::Blocked
                | Outcome::Inconclusive
                | Outcome::Unreachable
                | Outcome::EngineError => {}
            }
        }
        expected.sort_by(|one, other| one.key().cmp(&other.key()));
        let entries = toml::to_string(&ToWrite { expected: &expected }).expect("entries are tables of texts");
        format!("{HEADER}\n{entries}")
    }

    /// The entry that decides: that of the edition before that of all editions.
    fn entry(&self, case: &str, vendor: &str, edition: &str, target: &str) -> Option<&Expected> {
        self.expected
            .iter()
            .filter(|entry| entry.speaks_of(case, vendor, edition, target))
            .max_by_key(|entry| entry.edition.is_some())
    }
}

/// Whether a text is a day, `YYYY-MM-DD`.
pub fn is_day(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok_and(|day| day.to_string() == text)
}

fn find_line(file: &str, text: &str, start: usize, what: String) -> BaselineError {
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    BaselineError { file: file.to_owned(), line, column, what }
}

/// A result's own message, without what [`Baseline::apply`] has added.
fn without_remark(message: &str) -> &str {
    let remark = message.ends_with(']').then(|| message.rfind(REMARK)).flatten();
    remark.map_or(message, |start| message[..start].trim_end())
}
