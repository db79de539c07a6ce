//! Running cases: choosing them, asking whether the target is there, judging, and summing up.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::cases::catalogue;
use crate::clause::{Level, Stage};
use crate::events::Event;
use crate::exit::{EXHAUSTED, FINE, INTERNAL, NON_CONFORMANT, SuiteError, UNREACHABLE, USAGE};
use crate::outcome::{CaseResult, Outcome, Report, SCHEMA_VERSION, Spend};
use crate::plan::{Plan, Worst};
use crate::profile::{Credential, Profile};
use crate::references::References;
use crate::session::wording::describe;
use crate::session::{CaseError, Current, Session, SessionSetup};

/// Cases in a row without an answer, after which the target is not asked any more.
const MAX_UNANSWERED: u32 = 3;

/// Which cases are wanted: ids (`VAL-09`) or areas (`VAL`).
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// These alone, and what they need; empty means all.
    pub only: Vec<String>,
    /// All but these.
    pub skip: Vec<String>,
}

impl Choice {
    /// The cases that are wanted, in the order of the catalogue, with those that they need.
    ///
    /// # Errors
    ///
    /// If a name means no case, a case is wanted and not wanted, or is needed and not wanted.
    pub fn cases(&self) -> Result<Vec<&'static Case>, SuiteError> {
        let all = catalogue();
        let meant = |name: &str, flag: &str| {
            let name = name.trim_end_matches("-*").to_ascii_uppercase();
            let found: Vec<&'static Case> = all
                .iter()
                .copied()
                .filter(|case| case.id == name || case.id.split('-').next() == Some(name.as_str()))
                .collect();
            if found.is_empty() {
                let line = format!(
                    "{flag} {name}: there is no such case; `mockreel check --list VENDOR` lists them"
                );
                return Err(SuiteError::Usage(line));
            }
            Ok(found)
        };
        let mut skipped: Vec<&str> = Vec::new();
        for name in &self.skip {
            skipped.extend(meant(name, "--skip")?.iter().map(|case| case.id));
        }
        let mut wanted: Vec<&str> = Vec::new();
        for name in &self.only {
            let found = meant(name, "--only")?;
            // A case may be taken out of an area, but not be wanted by its own name and taken out.
            let left: Vec<&str> =
                found.iter().map(|case| case.id).filter(|id| !skipped.contains(id)).collect();
            if left.is_empty() {
                let line = format!("{name} is both in --only and in --skip; take it out of one");
                return Err(SuiteError::Usage(line));
            }
            wanted.extend(left);
        }
        let chosen = |case: &&'static Case| {
            (self.only.is_empty() || wanted.contains(&case.id)) && !skipped.contains(&case.id)
        };
        let mut ids: Vec<&str> = all.iter().filter(|case| chosen(case)).map(|case| case.id).collect();
        if self.only.is_empty() {
            // Without --only a skipped case takes along those that rest on it.
            ids.retain(|id| {
                let case = all.iter().find(|case| case.id == *id);
                case.is_some_and(|case| !case.needs.iter().any(|need| skipped.contains(need)))
            });
        }
        let mut place = 0;
        while let Some(id) = ids.get(place).copied() {
            place += 1;
            let needs = all.iter().find(|case| case.id == id).map_or(&[][..], |case| case.needs);
            for need in needs {
                if skipped.contains(need) {
                    let line = format!("{id} needs {need}, which --skip leaves out; skip both or neither");
                    return Err(SuiteError::Usage(line));
                }
                if !ids.contains(need) {
                    ids.push(need);
                }
            }
        }
        if ids.is_empty() {
            return Err(SuiteError::Usage(
                "no case is left to run; --skip takes all of them away".to_owned(),
            ));
        }
        Ok(all.into_iter().filter(|case| ids.contains(&case.id)).collect())
    }
}

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
    probe_target(&mut session)?;
    let mut order: Vec<&'static Case> = cases.to_vec();
    order.sort_by_key(|case| case.turn());
    // The references are those of a run that looks at whatever the vendor offers.
    let references = References::embedded(profile.contract()).filter(|_| profile.only().is_none());
    let mut results: Vec<CaseResult> = Vec::new();
    let mut compared = false;
    let mut silent = 0;
    for case in order {
        if case.stage == Stage::Last && !compared {
            compare_with_references(&mut session, references.as_ref(), &mut results);
            compared = true;
        }
        let result = if silent >= MAX_UNANSWERED {
            skip_case(&mut session, case)
        } else {
            run_case(&mut session, case)
        };
        silent = match result.outcome {
            Outcome::Unreachable => silent + 1,
            Outcome::NotApplicable => silent,
            _ => 0,
        };
        session.tell(&Event::Finished(&result));
        results.push(result);
    }
    if !compared {
        compare_with_references(&mut session, references.as_ref(), &mut results);
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
        vendor: profile.contract().id.clone(),
        edition: profile.contract().edition.clone(),
        model: profile.only().map(str::to_owned),
        seed,
        started,
        exit_code: 0,
        spend,
        summary: BTreeMap::new(),
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
    } else if any(Outcome::Fail) || any(Outcome::Flaky) {
        NON_CONFORMANT
    } else {
        FINE
    };
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

/// Asks whether the target is there, is an API, and takes the key.
fn probe_target(session: &mut Session<'_>) -> Result<(), SuiteError> {
    session.begin(mockreel_evidence::exchange::PROBE, "");
    let looked = ask_target(session);
    session.end();
    looked.map_err(|error| error.edit_line(|line| session.redact(line)))
}

fn ask_target(session: &mut Session<'_>) -> Result<(), SuiteError> {
    let lost = |stop: CaseError| match stop {
        CaseError::Internal(why) => SuiteError::Internal(why),
        other => SuiteError::Unreachable(other.to_string()),
    };
    if session.target.control.is_some() {
        for account in [Credential::Key, Credential::SecondKey] {
            if account == Credential::SecondKey && session.target.second_key.is_none() {
                continue;
            }
            let reset = session.order_as(account, "POST", "/__admin/reset", &serde_json::json!({}));
            let answer = reset.map_err(lost)?;
            if answer.status >= 300 {
                let line =
                    format!("the stand-in's control API refused to reset the account: {}", describe(&answer));
                return Err(SuiteError::Unreachable(line));
            }
        }
    }
    let id = session.strange_id("probe");
    let nobody = session.send(&session.profile.poll(&id).from(Credential::Nobody)).map_err(lost)?;
    let base = session.target.base.clone();
    if (300..400).contains(&nobody.status) {
        let to = session.redact(nobody.header("location").unwrap_or("nowhere"));
        let line = format!(
            "{base} redirects to {}; give the address of the API itself",
            crate::report::escape::one_line(&to, 200)
        );
        return Err(SuiteError::Unreachable(line));
    }
    let html = nobody.header("content-type").is_some_and(|kind| kind.contains("text/html"));
    if html || nobody.text().trim_start().starts_with('<') {
        let line =
            format!("{base} answers with a web page instead of JSON; give the address of the API itself");
        return Err(SuiteError::Unreachable(line));
    }
    let mine = session.send(&session.profile.poll(&id)).map_err(lost)?;
    if mine.status == 401 || (mine.status == 403 && nobody.status == mine.status && nobody.body == mine.body)
    {
        let said = crate::report::escape::one_line(&session.redact(&describe(&mine)), 200);
        let line = format!("the key is refused ({said}); check the variable that --key-env names");
        return Err(SuiteError::Unreachable(line));
    }
    Ok(())
}

/// Runs one case and judges how it ended.
fn run_case(session: &mut Session<'_>, case: &'static Case) -> CaseResult {
    session.begin(case.id, case.class);
    session.tell(&Event::CaseStarted { id: case.id, title: case.title });
    let verdict = match (case.excluded)(session.profile) {
        Some(why) => Err(CaseError::NotApplicable(why)),
        None => (case.run)(session),
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
    let taken = References::taken(session.profile, &session.target.base, session.exchanges());
    for result in results {
        result.differences = references.differences(&taken, &result.id);
        if !result.differences.is_empty() {
            counts.insert(result.id.clone(), result.differences.len());
        }
    }
    session.set_compared(counts);
}
