//! A whole run from what was asked for: the target, the budget, the recording, the baseline.

use std::path::PathBuf;
use std::sync::Arc;

use mockreel_contracts::Contract;
use url::Url;

use crate::baseline::Baseline;
use crate::budget::{Budget, Ledger};
use crate::clock::RunClock;
use crate::events::{NullReporter, Reporter};
use crate::exit::SuiteError;
use crate::outcome::{Evidence, Report};
use crate::plan::Plan;
use crate::profile::Profile;
use crate::run::{self, Choice};
use crate::session::{ComparisonInputs, SessionSetup};
use crate::target::{Target, is_loopback};
use crate::wire::{HttpSettings, HttpWire};
use mockreel_contracts::Amount;
use mockreel_evidence::cassette::{Cassette, Header, Recorder, ReplayWire};
use mockreel_evidence::exchange::{Body, Outgoing, PROBE, Wire};
use mockreel_evidence::redact::Redactor;

/// The most generated requests that can be asked for: more would be drawn for hours.
pub const MOST_GENERATED: u32 = 10_000;

/// Where to ask.
#[derive(Clone, Debug)]
pub enum TargetChoice {
    /// A stand-in that was started for this run: the vendor's base address, and that of the control API.
    Emulator {
        /// Start of the vendor's addresses.
        base: String,
        /// Start of the control API's addresses.
        control: String,
    },
    /// An address that was given.
    Address(String),
    /// The vendor's own host.
    Live,
    /// A recorded run.
    Replay(PathBuf),
}

/// What was asked for.
#[derive(Clone)]
pub struct CheckOptions {
    /// Whose promises are checked.
    pub contract: Arc<Contract>,
    /// The one model that is looked at; `None` means whatever the vendor offers, beginning with the first.
    pub model: Option<String>,
    /// Where to ask.
    pub place: TargetChoice,
    /// The key, and one of another account.
    pub keys: (Option<String>, Option<String>),
    /// The most that may be spent; without one, only targets are asked where nothing costs.
    pub max_spend: Option<Amount>,
    /// Whether jobs may be submitted whose price nobody knows.
    pub allow_unknown_price: bool,
    /// Whether jobs of their own may be paid for.
    pub paid: bool,
    /// How many generated requests may go to a target where they may cost.
    pub generated: u32,
    /// Which cases.
    pub choice: Choice,
    /// The ledger of what was spent.
    pub ledger: PathBuf,
    /// Expected failures: the file's name and its text.
    pub baseline: Option<(String, String)>,
    /// Where to record.
    pub cassette: Option<PathBuf>,
    /// What generated requests are drawn from.
    pub seed: u64,
    /// An image's address that the target can read.
    pub image: Option<String>,
    /// Earlier recordings and vendor files that the run is compared with.
    pub inputs: ComparisonInputs,
}

impl CheckOptions {
    /// What the vendor offers of what was asked for.
    fn profile(&self) -> Result<Profile, SuiteError> {
        let contract = Arc::clone(&self.contract);
        let Some(id) = &self.model else { return Ok(Profile::new(contract)) };
        Profile::of_model(contract, id).map_err(|why| SuiteError::Usage(why))
    }
}

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
        free: Some(free),
        inputs: ComparisonInputs::default(),
    };
    Ok(Plan { allows_unknown: wanted.allow_unknown_price, ..Plan::of(&parts, &cases) })
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
    let clock = RunClock::start();
    let started = clock.started();
    let Connection { target, wire, seed, recorded } = connect(wanted, clock)?;
    let budget = open_budget(wanted, &profile, &target, &started)?;
    let secrets: Vec<&str> =
        [wanted.keys.0.as_deref(), wanted.keys.1.as_deref()].into_iter().flatten().collect();
    let redactor = Redactor::new(&secrets).map_err(|why| SuiteError::Usage(why.to_string()))?;
    let recorder = wanted
        .cassette
        .as_ref()
        .map(|dir| open_recorder(dir, wanted, &target, &started, budget.is_free()))
        .transpose()?;
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
        free: recorded.map(|run| run.free),
        inputs: wanted.inputs.clone(),
    };
    let mut report = run::run(parts, &cases)?;
    if let Some(baseline) = baseline {
        let today = started.get(..10).unwrap_or_default();
        baseline.apply(&mut report.results, &report.vendor, &report.edition, &report.target, today);
        run::recount(&mut report);
    }
    Ok(report)
}

/// Whom to ask and by which wire.
pub(crate) struct Connection {
    pub(crate) target: Target,
    wire: Box<dyn Wire>,
    seed: u64,
    /// What the recorded run was allowed, if it is one.
    recorded: Option<Allowed>,
}

/// What a run was allowed: whether nothing cost, jobs of their own, and generated requests.
#[derive(Clone, Copy)]
struct Allowed {
    free: bool,
    paid: bool,
    generated: u32,
}

pub(crate) fn connect(wanted: &CheckOptions, clock: RunClock) -> Result<Connection, SuiteError> {
    let wire = || {
        HttpWire::new(&HttpSettings::usual(), clock)
            .map(Box::new)
            .map_err(|why| SuiteError::Internal(why.to_string()))
    };
    match &wanted.place {
        TargetChoice::Emulator { base, control } => {
            let target = stand_in(wanted, "emulator", base, Some(control.clone()));
            Ok(Connection { target, wire: wire()?, seed: wanted.seed, recorded: None })
        }
        TargetChoice::Address(text) => {
            let (url, loopback) = parse_address(text)?;
            let mut wire = wire()?;
            if !loopback {
                require_key_and_cap(wanted, text)?;
                if url.scheme() != "https" {
                    let line =
                        format!("--target {text}: the key would be sent in the clear; give an https address");
                    return Err(SuiteError::Usage(line));
                }
            }
            let control = if loopback { control_of(&url, wire.as_mut()) } else { None };
            let target = target_at(wanted, text, &url, loopback, control);
            Ok(Connection { target, wire, seed: wanted.seed, recorded: None })
        }
        TargetChoice::Live => {
            require_key_and_cap(wanted, "live")?;
            Ok(Connection { target: live_target(wanted), wire: wire()?, seed: wanted.seed, recorded: None })
        }
        TargetChoice::Replay(dir) => {
            let contract = &wanted.contract;
            let cassette = Cassette::open(dir, &contract.id, &contract.edition)
                .map_err(|why| SuiteError::Usage(why.to_string()))?;
            let header = cassette.header().clone();
            let target = target_of_recording(&header, clock.unix_ms());
            let generated = header.generated.min(MOST_GENERATED);
            let recorded = Allowed { free: header.free, paid: header.paid, generated };
            let wire = Box::new(ReplayWire::new(&cassette));
            Ok(Connection { target, seed: header.seed, wire, recorded: Some(recorded) })
        }
    }
}

/// A target that costs nothing unless it is beyond this machine.
fn stand_in(wanted: &CheckOptions, name: &str, base: &str, control: Option<String>) -> Target {
    let steered = control.is_some();
    let own = |which: &str| steered.then(|| format!("suite-{:08x}-{which}", wanted.seed));
    let image = control.as_ref().map(|control| format!("{control}/__fixtures/landscape.jpg"));
    Target {
        name: name.to_owned(),
        base: base.to_owned(),
        evidence: if steered { Evidence::Emulator } else { Evidence::Live },
        evidence_age_s: None,
        loopback: true,
        key: wanted.keys.0.clone().or_else(|| own("first")).unwrap_or_else(|| "suite-key".to_owned()),
        second_key: wanted.keys.1.clone().or_else(|| own("second")),
        image_url: wanted.image.clone().or(image),
        control,
    }
}

/// A target at an address that was given.
fn target_at(
    wanted: &CheckOptions,
    text: &str,
    url: &Url,
    loopback: bool,
    control: Option<String>,
) -> Target {
    Target { loopback, ..stand_in(wanted, text, url.as_str().trim_end_matches('/'), control) }
}

fn live_target(wanted: &CheckOptions) -> Target {
    let host = wanted.contract.hosts.first().cloned().unwrap_or_default();
    Target {
        name: "live".to_owned(),
        base: format!("https://{host}"),
        control: None,
        loopback: false,
        evidence: Evidence::Live,
        evidence_age_s: None,
        key: wanted.keys.0.clone().unwrap_or_default(),
        second_key: wanted.keys.1.clone(),
        image_url: wanted.image.clone(),
    }
}

fn target_of_recording(header: &Header, now_ms: u64) -> Target {
    let recorded_ms = header
        .recorded
        .parse::<jiff::Timestamp>()
        .ok()
        .and_then(|at| u64::try_from(at.as_millisecond()).ok());
    Target {
        name: "replay".to_owned(),
        base: header.base.clone(),
        control: header.control.clone(),
        loopback: !header.beyond_loopback,
        evidence: Evidence::Cassette,
        evidence_age_s: recorded_ms.map(|recorded| now_ms.saturating_sub(recorded) / 1000),
        key: "replayed-key".to_owned(),
        second_key: header.second_key_given.then(|| "replayed-second-key".to_owned()),
        image_url: header.image.clone(),
    }
}

/// What a target beyond this machine wants before anything is sent.
fn require_key_and_cap(wanted: &CheckOptions, target: &str) -> Result<(), SuiteError> {
    if wanted.keys.0.is_none() {
        let line = format!("--target {target} wants a key: name the variable that holds it with --key-env");
        return Err(SuiteError::Usage(line));
    }
    if wanted.max_spend.is_none() {
        let line = format!(
            "--target {target} may cost: say the most that may be spent with --max-spend; `mockreel plan` tells what a run could cost"
        );
        return Err(SuiteError::Usage(line));
    }
    Ok(())
}

/// An address that was given, and whether it is this machine.
fn parse_address(text: &str) -> Result<(Url, bool), SuiteError> {
    let wrong = |why: &str| {
        SuiteError::Usage(format!(
            "--target {text}: {why}; expected emulator, live, or an address such as http://127.0.0.1:4747/VENDOR"
        ))
    };
    let url = Url::parse(text).map_err(|why| wrong(&why.to_string()))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(wrong("its scheme is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(wrong("it holds a user, a password or a query, which would be kept in reports"));
    }
    if url.host().is_none() {
        return Err(wrong("it names no host"));
    }
    let loopback = is_loopback(&url);
    Ok((url, loopback))
}

/// The control API beside an address of this machine, if a stand-in of ours answers there.
fn control_of(url: &Url, wire: &mut dyn Wire) -> Option<String> {
    let origin = url.origin().ascii_serialization();
    let ask = Outgoing {
        method: "GET".to_owned(),
        url: format!("{origin}/__admin/vendors"),
        headers: Vec::new(),
        body: Body::None,
    };
    let answer = wire.send(PROBE, &ask).ok()?;
    (answer.status == 200 && answer.json()?.get("vendors").is_some()).then_some(origin)
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
    started: &str,
    free: bool,
) -> Result<Recorder, SuiteError> {
    if target.evidence == Evidence::Cassette {
        return Err(SuiteError::Usage(
            "--cassette and --replay go against each other; give one of them".to_owned(),
        ));
    }
    let header = Header {
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
        beyond_loopback: !target.loopback,
        seed: wanted.seed,
        recorded: started.to_owned(),
        key_given: true,
        second_key_given: target.second_key.is_some(),
    };
    Recorder::create(dir, &header, false).map_err(|why| SuiteError::Usage(why.to_string()))
}
