//! The terminal: a line while it runs, and a summary at the end.

use std::io::IsTerminal;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::causes::{self, CauseGroup};
use super::curl::curl;
use super::waiting::Waiting;
use super::{escape, phrases};
use crate::clock::RunClock;
use crate::events::{Event, Reporter};
use crate::outcome::{CaseResult, Outcome, Report};

/// So many passes are named; more are only counted.
const FEW_PASSES: usize = 8;
/// The most pointers that are named for a case with differences.
const POINTERS: usize = 3;
/// The width of the longest outcome, so that ids stand in one column.
const OUTCOME_WIDTH: usize = 15;
/// Under the id.
const INDENT: &str = "                 ";

/// The end of a run in a few lines: what is worth reading, what was spent, and what the exit code means.
///
/// No control character leaves it but line feeds and, if `colour` is set, its own SGR sequences.
pub fn summary(report: &Report, colour: bool) -> String {
    let ink = Ink(colour);
    let target = escape::one_line(&report.target, phrases::NAME_CHARS);
    let mut out = format!("{} on {target}, seed {}\n", phrases::vendor(report), report.seed);
    for group in causes::group(&report.results) {
        push_group(&mut out, report, &group, ink);
    }
    for notice in &report.notices {
        out.push_str(&format!("note: {}\n", escape::one_line(notice, phrases::MESSAGE_CHARS)));
    }
    push_differences(&mut out, report, ink);
    push_passes(&mut out, report, ink);
    out.push_str(&format!("{}\n", phrases::spend(report)));
    let verdict = format!("exit code {}: {}", report.exit_code, phrases::exit_meaning(report.exit_code));
    let verdict = ink.paint(if report.exit_code == 0 { "32" } else { "1;31" }, &verdict);
    out.push_str(&format!("{}; {verdict}\n", phrases::count_outcomes(report)));
    out
}

/// Colours, where they are wanted.
#[derive(Clone, Copy)]
struct Ink(bool);

impl Ink {
    /// The text between an SGR sequence and a reset.
    fn paint(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn outcome(self, outcome: Outcome) -> String {
        let code = match outcome {
            Outcome::Pass => "32",
            Outcome::Fail | Outcome::EngineError | Outcome::Unreachable => "1;31",
            Outcome::Flaky | Outcome::UnexpectedPass => "35",
            Outcome::ExpectedFail | Outcome::NotRunBudget | Outcome::Inconclusive => "33",
            Outcome::NotApplicable | Outcome::Blocked => "2",
        };
        self.paint(code, &format!("{:OUTCOME_WIDTH$}", outcome.word()))
    }
}

/// A result in full, or only its name where the reason stands with another case, and those of the same cause.
fn push_group(out: &mut String, report: &Report, group: &CauseGroup<'_>, ink: Ink) {
    let ids: Vec<String> =
        group.ids().into_iter().map(|id| escape::one_line(id, phrases::NAME_CHARS)).collect();
    if group.is_by_name() {
        let outcome = ink.outcome(group.first.outcome);
        let by = escape::one_line(group.first.because_of.as_deref().unwrap_or_default(), phrases::NAME_CHARS);
        let cases = phrases::plural(ids.len(), "case", "cases");
        let message = escape::one_line(&group.first.message, phrases::MESSAGE_CHARS);
        out.push_str(&format!("{outcome}  {cases} because of {by}: {}\n", ids.join(", ")));
        out.push_str(&ink.paint("2", &format!("{INDENT}{message}")));
        out.push('\n');
        return;
    }
    push_result(out, report, group.first, ink);
    if !ids.is_empty() {
        let cases = phrases::plural(ids.len(), "case", "cases");
        out.push_str(&format!("{INDENT}the same in {cases} more: {}\n", ids.join(", ")));
    }
}

fn push_result(out: &mut String, report: &Report, result: &CaseResult, ink: Ink) {
    let id = escape::one_line(&result.id, phrases::NAME_CHARS);
    let title = escape::one_line(&result.title, phrases::NAME_CHARS);
    let level = result.level.word();
    out.push_str(&format!("{}  {} {level} {title}\n", ink.outcome(result.outcome), ink.paint("1", &id)));
    let message = escape::one_line(&phrases::message(result), phrases::MESSAGE_CHARS);
    if !message.is_empty() {
        out.push_str(&format!("{INDENT}{message}\n"));
    }
    if let Some(line) = curl(report, result).filter(|_| phrases::did_not_hold(result.outcome)) {
        out.push_str(&ink.paint("2", &format!("{INDENT}repeat: {line}")));
        out.push('\n');
    }
    let Some(clause) = result.clause.as_ref().filter(|_| phrases::did_not_hold(result.outcome)) else {
        return;
    };
    let place = escape::one_line(&clause.place, phrases::NAME_CHARS);
    let quote = escape::one_line(&clause.quote, phrases::QUOTE_CHARS);
    out.push_str(&ink.paint("2", &format!("{INDENT}clause {place}: {quote}")));
    out.push('\n');
    if let Some(best) = clause.sources.first() {
        out.push_str(&ink.paint("2", &format!("{INDENT}from {}", phrases::source(best))));
        out.push('\n');
    }
}

fn push_differences(out: &mut String, report: &Report, ink: Ink) {
    let differing: Vec<&CaseResult> =
        report.results.iter().filter(|result| !result.differences.is_empty()).collect();
    if differing.is_empty() {
        return;
    }
    let places: usize = differing.iter().map(|result| result.differences.len()).sum();
    out.push_str(&format!(
        "not as the reference: {} in {}\n",
        phrases::plural(places, "place", "places"),
        phrases::plural(differing.len(), "case", "cases")
    ));
    for result in differing {
        let id = ink.paint("1", &escape::one_line(&result.id, phrases::NAME_CHARS));
        let named = result.differences.iter().take(POINTERS);
        let mut pointers: Vec<String> =
            named.map(|difference| phrases::pointer(&difference.pointer)).collect();
        let left_out = result.differences.len().saturating_sub(POINTERS);
        if left_out > 0 {
            pointers.push(format!("and {left_out} more"));
        }
        out.push_str(&format!("  {id} {}\n", pointers.join(", ")));
    }
}

fn push_passes(out: &mut String, report: &Report, ink: Ink) {
    let passed: Vec<&CaseResult> = report.with(Outcome::Pass).collect();
    if passed.is_empty() || passed.len() > FEW_PASSES {
        return;
    }
    let ids: Vec<String> =
        passed.iter().map(|result| escape::one_line(&result.id, phrases::NAME_CHARS)).collect();
    out.push_str(&format!("{}  {}\n", ink.outcome(Outcome::Pass), ids.join(", ")));
}

/// One line on standard error that says what is going on: case, phase, seconds, spent.
///
/// It draws only if standard error is a terminal; else it writes nothing at all.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    waiting: Waiting,
}

impl Progress {
    /// A line on standard error, if that is a terminal.
    pub fn new() -> Self {
        if std::io::stderr().is_terminal() {
            Self::drawn_on(ProgressDrawTarget::stderr())
        } else {
            Self::drawn_on(ProgressDrawTarget::hidden())
        }
    }

    /// A line on that target.
    pub(super) fn drawn_on(target: ProgressDrawTarget) -> Self {
        let style =
            ProgressStyle::with_template("{pos}/{len} {wide_msg}").expect("the template is well-formed");
        let bar = ProgressBar::with_draw_target(Some(0), target);
        bar.set_style(style);
        let shown = bar.clone();
        let waiting = Waiting::start(RunClock::start(), move |text| shown.set_message(text.to_owned()));
        Self { bar, waiting }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Reporter for Progress {
    fn on_event(&mut self, event: &Event<'_>) {
        let line = |text: &str| escape::one_line(text, phrases::NAME_CHARS);
        match event {
            Event::Started { cases } => self.bar.set_length(u64::try_from(*cases).unwrap_or(u64::MAX)),
            Event::CaseStarted { id, title } => self.bar.set_message(format!("{} {}", line(id), line(title))),
            Event::Polled { id, phase, elapsed_s, spent, unit, .. } => {
                let money = spent.map_or_else(String::new, |spent| {
                    format!(", {spent} {} spent", line(unit)).replace("  ", " ")
                });
                self.bar.set_message(format!("{} {}, {elapsed_s} s{money}", line(id), line(phase)));
            }
            Event::Asked { id, request } => self.waiting.begin(&line(id), &line(request)),
            Event::Answered => self.waiting.end(),
            Event::Finished(_) => self.bar.inc(1),
        }
    }
}

/// Seconds between two lines where no terminal is.
const LINES_EVERY_MS: u64 = 3_000;

/// The same for a log: a line at most every few seconds, and at once where a job shows a word that nobody knows.
pub struct PlainProgress {
    clock: RunClock,
    write: Arc<dyn Fn(&str) + Send + Sync>,
    waiting: Waiting,
    written_ms: u64,
    cases: usize,
    done: usize,
    /// Words that nobody knows and that were said.
    unknown: Vec<String>,
}

impl PlainProgress {
    /// Lines are handed to `write`, without a line feed and without control characters.
    pub fn new(clock: RunClock, write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let written_ms = clock.now_ms();
        let write: Arc<dyn Fn(&str) + Send + Sync> = Arc::new(write);
        let late = Arc::clone(&write);
        let waiting = Waiting::start(clock, move |text| late(text));
        Self { clock, write, waiting, written_ms, cases: 0, done: 0, unknown: Vec::new() }
    }

    fn is_due(&self) -> bool {
        self.clock.now_ms().saturating_sub(self.written_ms) >= LINES_EVERY_MS
    }

    fn say(&mut self, text: &str) {
        let line = format!("{}/{} {text}", self.done, self.cases);
        (self.write)(&escape::one_line(&line, phrases::NAME_CHARS * 2));
        self.written_ms = self.clock.now_ms();
    }
}

impl Reporter for PlainProgress {
    fn on_event(&mut self, event: &Event<'_>) {
        match event {
            Event::Started { cases } => self.cases = *cases,
            Event::Polled { id, phase, is_known: false, .. }
                if !self.unknown.iter().any(|said| said == phase) =>
            {
                self.unknown.push((*phase).to_owned());
                self.say(&format!("{id}: the job's status is {phase}, which is none of the vendor's words"));
            }
            Event::CaseStarted { id, title } if self.is_due() => self.say(&format!("{id}: {title}")),
            Event::Polled { id, phase, elapsed_s, .. } if self.is_due() => {
                self.say(&format!("{id}: the job is {phase}, {elapsed_s} s waited"));
            }
            Event::Asked { id, request } => {
                let line = |text: &str| escape::one_line(text, phrases::NAME_CHARS);
                self.waiting.begin(&line(id), &line(request));
            }
            Event::Answered => self.waiting.end(),
            Event::CaseStarted { .. } | Event::Polled { .. } => {}
            Event::Finished(_) => self.done += 1,
        }
    }
}

impl std::fmt::Debug for PlainProgress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlainProgress").field("done", &self.done).finish_non_exhaustive()
    }
}
