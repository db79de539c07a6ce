//! A whole run from what was asked for: the target, the budget, the recording, the baseline.

mod connect;
mod options;
mod recordable;

use std::time::Duration;

pub(crate) use self::connect::connect;
use self::connect::{Connection, live_target, parse_address, stand_in, target_at};
pub use self::options::{CheckOptions, MOST_GENERATED, TargetChoice};
use crate::baseline::Baseline;
use crate::budget::{Budget, Ledger};
use crate::clock::RunClock;
use crate::events::{NullReporter, Reporter};
use crate::exit::{SuiteError, USAGE, worst_exit};
use crate::outcome::{Evidence, Report};
use crate::plan::Plan;
use crate::profile::Profile;
use crate::run::{self};
use crate::session::patience::Patience;
use crate::session::{ComparisonInputs, RunLimits, SessionSetup};
use crate::target::Target;
use mockreel_evidence::cassette::{CassetteHeader, Recorder};
use mockreel_evidence::redact::Redactor;

/// The longest that a run takes on this machine, unless somebody says otherwise.
const LOOPBACK_TIME: Duration = Duration::from_secs(10 * 60);

/// The same where jobs take minutes each.
const VENDOR_TIME: Duration = Duration::from_secs(2 * 60 * 60);

/// What a run would send and could cost. Sends nothing to the vendor.
///
/// # Errors
///
/// If what was asked for does not fit together.
pub fn plan(wanted: &CheckOptions) -> Result<Plan, SuiteError> {
    let cases = wanted.choice.cases()?;
    let profile = wanted.profile()?;
    let (target, free) = match &wanted.place {
        TargetChoice::Emulator { base, control } => {
            (stand_in(wanted, "emulator", base, Some(control.clone())), wanted.max_spend.is_none())
        }
        TargetChoice::Address(text) => {
            let (url, loopback) = parse_address(text)?;
            (target_at(wanted, text, &url, loopback, None), loopback && wanted.max_spend.is_none())
        }
        TargetChoice::Live => (live_target(wanted), false),
        TargetChoice::Replay(_) => {
            return Err(SuiteError::Usage(
                "a replay sends nothing and costs nothing, so it has no plan".to_owned(),
            ));
        }
    };
    let mut silence = NullReporter;
    let budget = Budget::free(profile.unit());
    let parts = SessionSetup {
        profile: &profile,
        target: &target,
        wire: Box::new(crate::plan::NoWire),
        redactor: Redactor::default(),
        recorder: None,
        budget,
        reporter: &mut silence,
        started: String::new(),
        seed: wanted.seed,
        paid: wanted.paid,
        generated: wanted.generated,
        patience: Patience::of(&wanted.contract, &target, wanted.wait, wanted.interval),
        limits: RunLimits::default(),
        free: Some(free),
        inputs: ComparisonInputs::default(),
    };
    let (allows_unknown, cap) = (wanted.allow_unknown_price, wanted.max_spend);
    Ok(Plan { allows_unknown, cap, ..Plan::of(&parts, &cases) })
}

/// Runs the cases that were asked for.
///
/// # Errors
///
/// If what was asked for does not fit together, or the run could not begin.
pub fn check(wanted: &CheckOptions, reporter: &mut dyn Reporter) -> Result<Report, SuiteError> {
    let cases = wanted.choice.cases()?;
    let profile = wanted.profile()?;
    let baseline = wanted.baseline.as_ref().map(|(name, text)| Baseline::parse(name, text)).transpose();
    let baseline = baseline.map_err(|why| SuiteError::Usage(why.to_string()))?;
    let known: Vec<&str> = crate::cases::catalogue().iter().map(|case| case.id).collect();
    let strange = baseline.as_ref().and_then(|baseline| baseline.unknown_cases(&known).into_iter().next());
    if let Some(strange) = strange {
        let line = format!("the baseline names {strange}, which is no case; take the entry out");
        return Err(SuiteError::Usage(line));
    }
    if let Some(dir) = &wanted.cassette {
        recordable::require_recordable_keys(wanted, dir)?;
    }
    let clock = RunClock::start();
    let started = clock.started();
    let Connection { target, wire, seed, recorded, recording } = connect(wanted, clock)?;
    let budget = open_budget(wanted, &profile, &target, &started)?;
    let secrets: Vec<&str> =
        [wanted.keys.0.as_deref(), wanted.keys.1.as_deref()].into_iter().flatten().collect();
    let redactor = Redactor::new(&secrets).map_err(|why| SuiteError::Usage(why.to_string()))?;
    let patience = recorded.map_or_else(
        || Patience::of(&wanted.contract, &target, wanted.wait, wanted.interval),
        |run| run.patience,
    );
    let recorder = wanted
        .cassette
        .as_ref()
        .map(|dir| open_recorder(dir, wanted, &target, &redactor, &started, (budget.is_free(), patience)))
        .transpose()?;
    let most_ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let limits = RunLimits {
        // A recording has its own time, and takes none.
        until_ms: (target.evidence != Evidence::Cassette)
            .then(|| most_ms(wanted.max_time.unwrap_or_else(|| usual_time(&target)))),
        stop: wanted.stop.clone(),
    };
    let parts = SessionSetup {
        profile: &profile,
        target: &target,
        wire,
        redactor,
        recorder,
        budget,
        reporter,
        started: started.clone(),
        seed,
        paid: recorded.map_or(wanted.paid, |run| run.paid || run.free),
        generated: recorded.map_or(wanted.generated, |run| run.generated),
        patience,
        limits,
        free: recorded.map(|run| run.free),
        inputs: wanted.inputs.clone(),
    };
    let mut report = run::run(parts, &cases)?;
    report.notices.extend(recording.as_ref().and_then(|recording| recording.gap.clone()));
    report.recording = recording;
    if let Some(baseline) = baseline {
        let today = started.get(..10).unwrap_or_default();
        baseline.judge(&mut report, today);
    }
    run::recount(&mut report);
    require_wanted(wanted, &profile, &mut report);
    Ok(report)
}

/// The longest that a run takes unless somebody says otherwise.
fn usual_time(target: &Target) -> Duration {
    if target.loopback { LOOPBACK_TIME } else { VENDOR_TIME }
}

/// What was asked for by name and does not exist for the vendor is said, and the exit code is not 0.
fn require_wanted(wanted: &CheckOptions, profile: &Profile, report: &mut Report) {
    let lacking = wanted.choice.find_lacking(profile);
    for (name, why) in &lacking {
        let vendor = report.subject();
        report.notices.push(format!("--only {name}: {vendor} has no such case, because {why}; leave it out"));
    }
    if !lacking.is_empty() {
        report.exit_code = worst_exit([report.exit_code, USAGE].into_iter());
    }
}

fn open_budget(
    wanted: &CheckOptions,
    profile: &Profile,
    target: &Target,
    started: &str,
) -> Result<Budget, SuiteError> {
    let Some(cap) = wanted.max_spend.filter(|_| target.evidence != Evidence::Cassette) else {
        return Ok(Budget::free(profile.unit()));
    };
    let ledger = Ledger::open(&wanted.ledger, started).map_err(|why| SuiteError::Usage(why.to_string()))?;
    Ok(Budget::capped(
        ledger,
        &profile.contract().id,
        &target.name,
        profile.unit(),
        cap,
        wanted.allow_unknown_price,
    ))
}

fn open_recorder(
    dir: &std::path::Path,
    wanted: &CheckOptions,
    target: &Target,
    redactor: &Redactor,
    started: &str,
    (free, patience): (bool, Patience),
) -> Result<Recorder, SuiteError> {
    if target.evidence == Evidence::Cassette {
        return Err(SuiteError::Usage(
            "--cassette and --replay go against each other; give one of them".to_owned(),
        ));
    }
    let header = CassetteHeader {
        vendor: wanted.contract.id.clone(),
        edition: wanted.contract.edition.clone(),
        target: target.name.clone(),
        base: target.base.clone(),
        control: target.control.clone(),
        image: target.image_url.clone(),
        schema_version: mockreel_evidence::cassette::SCHEMA_VERSION,
        suite: env!("CARGO_PKG_VERSION").to_owned(),
        free,
        paid: wanted.paid,
        generated: wanted.generated,
        wait_ms: Some(patience.wait_ms),
        interval_ms: patience.interval_ms,
        beyond_loopback: !target.loopback,
        seed: wanted.seed,
        recorded: started.to_owned(),
        key_given: true,
        second_key_given: target.second_key.is_some(),
    };
    Recorder::create(dir, &header, redactor, false).map_err(|why| SuiteError::Usage(why.to_string()))
}
