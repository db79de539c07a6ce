//! Running cases: choosing them, asking whether the target is there, judging, and summing up.

mod choice;
mod probe;

use std::collections::BTreeMap;

use crate::case::Case;
use crate::clause::{Level, SHARED, Stage};
use crate::events::Event;
use crate::exit::{
    EXHAUSTED, FINE, INTERNAL, INTERRUPTED, NON_CONFORMANT, SuiteError, UNREACHABLE, USAGE, worst_exit,
};
use crate::outcome::{CaseResult, Outcome, Report, SCHEMA_VERSION, Spend};
use crate::plan::{Plan, Worst};
use crate::profile::Profile;
use crate::references::References;
use crate::session::{CaseError, Current, Session, SessionSetup};

pub use self::choice::Choice;
use self::probe::probe_target;

/// Cases in a row without an answer, after which the target is not asked any more.
const MAX_UNANSWERED: u32 = 3;

/// Runs cases against a target.
///
/// # Errors
///
/// If the run could not begin: the budget is too small for the first case that costs (nothing was sent
/// then), the target is not there, it is no API, or it refuses the key.
pub fn run(parts: SessionSetup<'_>, cases: &[&'static Case]) -> Result<Report, SuiteError> {
    let profile = parts.profile;
    let target = parts.target.clone();
    let (seed, started) = (parts.seed, parts.started.clone());
    check_budget(&parts, cases)?;
    let mut session = Session::new(parts);
    session.tell(&Event::Started { cases: cases.len() });
    let probed = probe_target(&mut session);
    if session.is_stopped() {
        return Err(SuiteError::Interrupted("stopped before the first case; nothing was judged".to_owned()));
    }
    probed?;
    let mut order: Vec<&'static Case> = cases.to_vec();
    order.sort_by_key(|case| case.turn());
    // The references are those of a run that looks at whatever the vendor offers.
    let references = References::embedded(profile.contract()).filter(|_| profile.only().is_none());
    let mut results: Vec<CaseResult> = Vec::new();
    let mut compared = false;
    let mut silent = 0;
    let mut interrupted = false;
    for case in order {
        if session.is_stopped() {
            interrupted = true;
            break;
        }
        if case.stage == Stage::Last && !compared {
            compare_with_references(&mut session, references.as_ref(), &mut results);
            compared = true;
        }
        let result = if silent >= MAX_UNANSWERED {
            skip_case(&mut session, case)
        } else {
            run_case(&mut session, case)
        };
        if session.is_stopped() {
            // What ended in the middle of a case is no verdict about it.
            interrupted = true;
            break;
        }
        silent = match result.outcome {
            // Whoever says that there is no room now has answered.
            Outcome::Unreachable if !session.is_answered() => silent + 1,
            Outcome::NotApplicable | Outcome::Blocked => silent,
            _ => 0,
        };
        session.tell(&Event::Finished(&result));
        results.push(result);
    }
    if !compared && !interrupted {
        compare_with_references(&mut session, references.as_ref(), &mut results);
    }
    excuse_dependents(&mut results);
    doubt_refusals(&session, cases, &mut results);
    let mut notices = session.notices();
    if interrupted {
        let judged = results.len();
        notices.push(format!("the run was stopped: {judged} of {} cases were judged", cases.len()));
    }
    let place = |result: &CaseResult| cases.iter().position(|case| case.id == result.id);
    results.sort_by_key(place);
    let (exchanges, budget) = session.finish().map_err(|stop| SuiteError::Internal(stop.to_string()))?;
    let spend = Spend {
        unit: profile.unit().to_owned(),
        cap: budget.cap(),
        reserved: budget.reserved(),
        settled: budget.settled(),
    };
    let mut report = Report {
        schema_version: SCHEMA_VERSION,
        target: target.name,
        recording: None,
        vendor: profile.contract().id.clone(),
        edition: profile.contract().edition.clone(),
        model: profile.only().map(str::to_owned),
        seed,
        started,
        exit_code: 0,
        interrupted,
        spend,
        summary: BTreeMap::new(),
        notices,
        results,
        exchanges,
    };
    recount(&mut report);
    Ok(report)
}

/// Counts outcomes anew and derives the exit code from them.
pub fn recount(report: &mut Report) {
    report.summary.clear();
    for result in &report.results {
        *report.summary.entry(result.outcome.word().to_owned()).or_default() += 1;
    }
    let any = |outcome: Outcome| report.results.iter().any(|result| result.outcome == outcome);
    let executed = report.results.iter().any(|result| result.outcome.was_executed());
    report.exit_code = if any(Outcome::EngineError) {
        INTERNAL
    } else if any(Outcome::Unreachable) {
        UNREACHABLE
    } else if !executed && !any(Outcome::NotRunBudget) {
        USAGE
    } else if any(Outcome::NotRunBudget) {
        EXHAUSTED
    } else if any(Outcome::Fail)
        || any(Outcome::Flaky)
        || report.results.iter().any(|one| is_left_open(report, one))
    {
        NON_CONFORMANT
    } else {
        FINE
    };
    if report.recording.as_ref().is_some_and(|recording| recording.gap.is_some()) {
        // Nobody knows what the rest would have shown.
        report.exit_code = worst_exit([report.exit_code, UNREACHABLE].into_iter());
    }
    if report.interrupted {
        report.exit_code = worst_exit([report.exit_code, INTERRUPTED].into_iter());
    }
}

/// Whether a case was left open by the end of another that nobody expects to fail.
fn is_left_open(report: &Report, result: &CaseResult) -> bool {
    let open = matches!(result.outcome, Outcome::Blocked | Outcome::Inconclusive);
    let is_expected = |id: &str| {
        report.results.iter().any(|other| other.id == id && other.outcome == Outcome::ExpectedFail)
    };
    open && !result.because_of.as_deref().is_some_and(is_expected)
}

/// What rests on a case that does not apply does not apply either.
fn excuse_dependents(results: &mut [CaseResult]) {
    let excused: Vec<String> = results
        .iter()
        .filter(|result| result.outcome == Outcome::NotApplicable)
        .map(|result| result.id.clone())
        .collect();
    let blocked = results.iter_mut().filter(|result| result.outcome == Outcome::Blocked);
    for result in blocked {
        if result.because_of.as_ref().is_some_and(|id| excused.contains(id)) {
            result.outcome = Outcome::NotApplicable;
            result.because_of = None;
        }
    }
}

/// A refusal proves nothing where the request that ought to be accepted was refused in the same way.
fn doubt_refusals(session: &Session<'_>, cases: &[&'static Case], results: &mut [CaseResult]) {
    let Some(status) = session.status_of_good_refusal() else { return };
    let exchanges = session.exchanges();
    for result in results.iter_mut().filter(|result| result.outcome == Outcome::Pass) {
        let by_refusal = cases.iter().any(|case| case.id == result.id && case.by_refusal);
        let mut own = exchanges.iter().filter(|exchange| result.exchanges.contains(&exchange.number));
        let alike = own.all(|exchange| exchange.answer.as_ref().is_none_or(|answer| answer.status == status));
        if !by_refusal || !alike {
            continue;
        }
        result.outcome = Outcome::Inconclusive;
        result.because_of = Some(SHARED.to_owned());
        result.message = format!(
            "refused with {status}, but so was the good request of {SHARED}: what this one is refused for is not known"
        );
    }
}

/// Whether the budget has enough for the first case that costs. Nothing has been sent yet.
fn check_budget(parts: &SessionSetup<'_>, cases: &[&'static Case]) -> Result<(), SuiteError> {
    // Pricing makes every image and every generated body, which is for nothing where all can be afforded.
    if parts.budget.is_free() {
        return Ok(());
    }
    let plan = Plan::of(parts, cases);
    for line in plan.lines.iter().filter(|line| line.skipped.is_none()) {
        let worst = match &line.worst {
            Worst::Nothing | Worst::Shared => continue,
            Worst::Known(amount) => Some(*amount),
            Worst::Unknown => None,
        };
        return parts.budget.can_afford(worst).map_err(|refusal| {
            let line = format!("{}: {refusal}; nothing was sent", line.id);
            if worst.is_some() { SuiteError::Exhausted(line) } else { SuiteError::Usage(line) }
        });
    }
    Ok(())
}

/// Runs one case and judges how it ended.
fn run_case(session: &mut Session<'_>, case: &'static Case) -> CaseResult {
    session.begin(case.id, case.class);
    session.tell(&Event::CaseStarted { id: case.id, title: case.title });
    let verdict = match (case.excluded)(session.profile) {
        Some(why) => Err(CaseError::NotApplicable(why)),
        None => session.require_time_left().and_then(|()| (case.run)(session)),
    };
    judge_case(session, case, verdict)
}

/// The result of a case that is not run because nobody answers any more.
fn skip_case(session: &mut Session<'_>, case: &'static Case) -> CaseResult {
    session.begin(case.id, case.class);
    let verdict = match (case.excluded)(session.profile) {
        Some(why) => CaseError::NotApplicable(why),
        None => CaseError::Unreachable(format!("not asked: {MAX_UNANSWERED} cases before it got no answer")),
    };
    judge_case(session, case, Err(verdict))
}

fn judge_case(session: &mut Session<'_>, case: &'static Case, verdict: Result<(), CaseError>) -> CaseResult {
    let profile: &Profile = session.profile;
    let level = case.level_for(profile);
    let because_of = match &verdict {
        Err(CaseError::Blocked { by, .. }) => Some((*by).to_owned()),
        _ => None,
    };
    let (outcome, message) = outcome_of(level, verdict);
    // What cases say and write down may repeat what a vendor repeated.
    let message = session.redact(&message);
    let (current, took_ms) = session.end();
    let Current { exchanges, mut notes, spend, .. } = current;
    for note in &mut notes {
        note.name = session.redact(&note.name);
        note.value = session.redact_value(&note.value);
    }
    CaseResult {
        id: case.id.to_owned(),
        title: case.title.to_owned(),
        level,
        cost: case.cost,
        target: session.target.name.clone(),
        edition: profile.contract().edition.clone(),
        outcome,
        expected: None,
        because_of,
        flaky_runs: 0,
        evidence: session.target.evidence,
        evidence_age_s: session.target.evidence_age_s,
        exchanges,
        spend,
        message,
        clause: (case.clause)(profile),
        notes,
        differences: Vec::new(),
        took_ms,
    }
}

/// What an end means. INFO never fails: what it found is its message.
fn outcome_of(level: Level, verdict: Result<(), CaseError>) -> (Outcome, String) {
    match verdict {
        Ok(()) => (Outcome::Pass, String::new()),
        Err(CaseError::Failed(why)) if level == Level::Info => (Outcome::Pass, why),
        Err(CaseError::Failed(why)) => (Outcome::Fail, why),
        Err(CaseError::NotApplicable(why)) => (Outcome::NotApplicable, why),
        Err(CaseError::OverBudget(why)) => (Outcome::NotRunBudget, why),
        Err(CaseError::Blocked { why, .. }) => (Outcome::Blocked, why),
        Err(CaseError::Unreachable(why)) => (Outcome::Unreachable, why),
        Err(CaseError::Internal(why)) => (Outcome::EngineError, why),
    }
}

/// Puts the differences to the suite's references beside the results.
fn compare_with_references(
    session: &mut Session<'_>,
    references: Option<&References>,
    results: &mut [CaseResult],
) {
    let Some(references) = references else { return };
    let mut counts = BTreeMap::new();
    let taken = References::taken(session.profile, &session.target.base, session.list_received());
    for result in results {
        result.differences = references.differences(&taken, &result.id);
        for difference in &mut result.differences {
            difference.pointer = session.redact(&difference.pointer);
            for value in [&mut difference.reference, &mut difference.found].into_iter().flatten() {
                *value = session.redact_value(value);
            }
        }
        if !result.differences.is_empty() {
            counts.insert(result.id.clone(), result.differences.len());
        }
    }
    session.set_compared(counts);
}
