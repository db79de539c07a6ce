//! `mockreel check`, `plan` and `baseline`: runs of the suite and their report files.

pub(crate) mod flags;
mod signals;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use mockreel_conformance::baseline::{Baseline, is_day};
use mockreel_conformance::catalogue;
use mockreel_conformance::check::{CheckOptions, MOST_GENERATED, TargetChoice, check, plan};
use mockreel_conformance::clock::RunClock;
use mockreel_conformance::drift::compare::read_comparison_inputs;
use mockreel_conformance::exit::{INTERRUPTED, USAGE, worst_exit};
use mockreel_conformance::outcome::Report;
use mockreel_conformance::profile::Profile;
use mockreel_conformance::report::github::annotations;
use mockreel_conformance::report::plan::{PLAN_FORMATS, render_plans};
use mockreel_conformance::report::terminal::summary;
use mockreel_conformance::report::{Format, parse_requests, render};
use mockreel_conformance::run::Choice;
use mockreel_conformance::session::StopFlag;
use mockreel_conformance::session::patience::parse_duration;
use mockreel_contracts::Amount;
use mockreel_contracts::Vendor;
use mockreel_emulator::clock::MANUAL_START;
use mockreel_emulator::{Emulator, Latency};

use self::flags::CheckFlags;
use self::signals::watch_signals;
use crate::cli::BaselineCommand;
use crate::error::CliError;
use crate::files::{check_writable, read_text, write};
use crate::output::say;
use crate::serve::start_runtime;
use crate::settings::{find_vendor, read_file, read_secret};
use crate::sources::name_value;

/// The ledger, unless another is named.
const LEDGER: &str = "mockreel-ledger.jsonl";

/// What `--model` says for each model in turn.
const ALL: &str = "all";

/// Runs the suite, or lists its cases.
pub(crate) fn run_check(flags: CheckFlags) -> Result<ExitCode, CliError> {
    let flags = fill_from_file(flags)?;
    let vendors = find_vendors(&flags)?;
    if flags.list {
        return Ok(list_cases(&vendors));
    }
    let mut files = Vec::new();
    for text in &flags.report {
        files.extend(parse_requests(text).map_err(CliError::Usage)?);
    }
    check_writable(&files)?;
    let console = flags.console();
    let stop = watch_signals()?;
    let mut reports = Vec::new();
    for (vendor, model) in &list_runs(&flags.model, &vendors)? {
        if stop.is_raised() {
            break;
        }
        let run = CheckRun::prepare(&flags, vendor, model.as_deref(), &stop)?;
        let mut progress = console.start_progress();
        let report = check(&run.options, progress.as_mut());
        drop(progress);
        let mut report = report?;
        reports.push(report.clone());
        // Written before anything is said of it. The reports of the runs before a failure are not lost with it.
        let written = files.iter().try_for_each(|(format, path)| write(path, &render(*format, &reports)));
        if written.is_err() {
            report.exit_code = worst_exit([report.exit_code, USAGE].into_iter());
        }
        if console.prints(report.exit_code) {
            say(&summary(&report, console.is_coloured()));
        }
        if flags.github.unwrap_or(false) {
            say(&annotations(&report));
        }
        written?;
    }
    let stopped = stop.is_raised().then_some(INTERRUPTED);
    Ok(ExitCode::from(worst_exit(reports.iter().map(|report| report.exit_code).chain(stopped))))
}

fn list_cases(vendors: &[Vendor]) -> ExitCode {
    let contracts: Vec<_> = vendors.iter().map(|vendor| Arc::clone(&vendor.contract)).collect();
    say(&catalogue::list(&contracts));
    ExitCode::SUCCESS
}

/// Prints what a run would send and could cost.
pub(crate) fn run_plan(flags: CheckFlags) -> Result<ExitCode, CliError> {
    // The reports of the configuration file are those of `check`.
    let typed = flags.report.clone();
    let flags = fill_from_file(flags)?;
    if flags.list {
        return Ok(list_cases(&find_vendors(&flags)?));
    }
    let files = parse_plan_files(&typed)?;
    check_writable(&files)?;
    let console = flags.console();
    let (mut codes, mut plans) = (Vec::new(), Vec::new());
    for (vendor, model) in &list_runs(&flags.model, &find_vendors(&flags)?)? {
        let keyless = CheckFlags { key_env: None, second_key_env: None, ..flags.clone() };
        let run = CheckRun::prepare(&keyless, vendor, model.as_deref(), &StopFlag::default())?;
        let plan = plan(&run.options)?;
        codes.push(plan.exit_code());
        plans.push(plan);
    }
    for (format, path) in &files {
        write(path, &render_plans(*format, &plans))?;
    }
    for plan in plans.iter().filter(|plan| console.prints(plan.exit_code())) {
        say(&plan.text());
    }
    Ok(ExitCode::from(worst_exit(codes.into_iter())))
}

/// Flags of `check` that change nothing in what it would send and could cost. `plan` takes them, so that it can be asked
/// with the words of the run, and its help leaves them out.
const WITHOUT_EFFECT_ON_PLAN: [&str; 14] = [
    "key_env",
    "second_key_env",
    "ledger",
    "baseline",
    "cassette",
    "replay",
    "github",
    "previous",
    "spec",
    "wait",
    "interval",
    "max_time",
    "color",
    "no_progress",
];

/// A flag as the help of `plan` has it.
pub(crate) fn adapt_to_plan(arg: clap::Arg) -> clap::Arg {
    match arg.get_id().as_str() {
        id if WITHOUT_EFFECT_ON_PLAN.contains(&id) => arg.hide(true),
        "report" => arg.help("Write the plan: md=F, json=F; repeatable"),
        "quiet" => arg.help("Print the plan only if the exit code is not 0"),
        "max_spend" => {
            arg.help("The most that may be spent; a plan that could cost more ends with exit code 4")
        }
        _ => arg,
    }
}

fn parse_plan_files(texts: &[String]) -> Result<Vec<(Format, PathBuf)>, CliError> {
    let mut files = Vec::new();
    for text in texts {
        files.extend(parse_requests(text).map_err(CliError::Usage)?);
    }
    match files.iter().find(|(format, _)| !PLAN_FORMATS.contains(format)) {
        Some((format, _)) => Err(CliError::Usage(format!(
            "--report {}: a plan has no such report; expected md=FILE or json=FILE",
            format.word()
        ))),
        None => Ok(files),
    }
}

/// Checks why and until when failures are expected.
fn check_entry(reason: &str, expires: &str) -> Result<(), CliError> {
    if reason.trim().is_empty() {
        let line = "--reason: expected why the new failures are expected and who knows of it, found nothing";
        return Err(CliError::Usage(line.to_owned()));
    }
    let today: String = RunClock::start().started().chars().take(10).collect();
    if !is_day(expires) || expires < today.as_str() {
        return Err(CliError::Usage(format!(
            "--expires {expires}: expected today ({today}) or a later day, as YYYY-MM-DD"
        )));
    }
    Ok(())
}

/// Rewrites a baseline by a report.
pub(crate) fn update_baseline(command: &BaselineCommand) -> Result<(), CliError> {
    let BaselineCommand::Update { file, report, reason, expires } = command;
    check_entry(reason, expires)?;
    let name = file.display().to_string();
    let old = if file.exists() { read_text(file)? } else { String::new() };
    let baseline = Baseline::parse(&name, &old).map_err(CliError::usage)?;
    let text = read_text(report)?;
    // Several vendors make a list of reports.
    let several = text.trim_start().starts_with('[');
    let reports: Result<Vec<Report>, _> =
        if several { serde_json::from_str(&text) } else { serde_json::from_str(&text).map(|one| vec![one]) };
    let reports = reports.map_err(|why| {
        CliError::Usage(format!("{}: no report of `check --report json=FILE` ({why})", report.display()))
    })?;
    let (mut baseline, mut new) = (baseline, old);
    for report in &reports {
        new = baseline.rewritten(report, reason, expires);
        baseline = Baseline::parse(&name, &new).map_err(CliError::internal)?;
    }
    write(file, &new)
}

/// A run of the suite, and the emulator that was started for it.
pub(crate) struct CheckRun {
    pub(crate) options: CheckOptions,
    /// Kept so that the emulator lives as long as the run.
    _emulator: Option<(Emulator, tokio::runtime::Runtime)>,
}

impl CheckRun {
    pub(crate) fn prepare(
        flags: &CheckFlags,
        vendor: &Vendor,
        model: Option<&str>,
        stop: &StopFlag,
    ) -> Result<Self, CliError> {
        let flags = flags.clone();
        let seed = flags.seed.unwrap_or(1);
        let mut emulator = None;
        // A cassette holds one run of an edition, so each model has a folder of its own.
        let shelf = |dir: PathBuf| model.map_or_else(|| dir.clone(), |id| dir.join(id.replace('/', "+")));
        let place = match (flags.replay.map(shelf), flags.target.as_deref().unwrap_or("emulator")) {
            (Some(dir), _) => TargetChoice::Replay(dir),
            (None, "emulator") => {
                let (started, runtime) = start_emulator(vendor, seed)?;
                let place =
                    TargetChoice::Emulator { base: started.url(vendor.id()), control: started.admin_base() };
                emulator = Some((started, runtime));
                place
            }
            (None, "live") => TargetChoice::Live,
            (None, address) => TargetChoice::Address(address.to_owned()),
        };
        let read_baseline =
            |path: PathBuf| Ok::<_, CliError>((path.display().to_string(), read_text(&path)?));
        let options = CheckOptions {
            contract: Arc::clone(&vendor.contract),
            model: model.map(str::to_owned),
            place,
            keys: (
                read_key("--key-env", flags.key_env)?,
                read_key("--second-key-env", flags.second_key_env)?,
            ),
            max_spend: flags.max_spend.map(|text| parse_amount(&text)).transpose()?,
            allow_unknown_price: flags.allow_unknown_price.unwrap_or(false),
            paid: flags.paid.unwrap_or(false),
            generated: bound_generated(flags.generated.unwrap_or(0))?,
            wait: read_duration("--wait", flags.wait)?,
            interval: read_duration("--interval", flags.interval)?,
            max_time: read_duration("--max-time", flags.max_time)?,
            stop: stop.clone(),
            choice: Choice { only: flags.only, skip: flags.skip },
            ledger: flags.ledger.unwrap_or_else(|| PathBuf::from(LEDGER)),
            baseline: flags.baseline.map(read_baseline).transpose()?,
            cassette: flags.cassette.map(shelf),
            seed,
            image: flags.image,
            inputs: read_comparison_inputs(flags.previous.as_deref(), &flags.spec, vendor)?,
        };
        Ok(Self { options, _emulator: emulator })
    }
}

/// An emulator on a manual clock, whose jobs take as long as the vendor's.
fn start_emulator(vendor: &Vendor, seed: u64) -> Result<(Emulator, tokio::runtime::Runtime), CliError> {
    let runtime = start_runtime()?;
    let builder = Emulator::builder()
        .vendor(vendor.clone())
        .manual_clock(MANUAL_START)
        .seed(seed)
        .latency(Latency::REAL);
    let emulator = runtime.block_on(builder.start()).map_err(CliError::internal)?;
    Ok((emulator, runtime))
}

fn fill_from_file(flags: CheckFlags) -> Result<CheckFlags, CliError> {
    let file = read_file(flags.config.as_deref())?;
    Ok(flags.or(file.check))
}

/// The vendors that were named.
fn find_vendors(flags: &CheckFlags) -> Result<Vec<Vendor>, CliError> {
    flags.vendors.iter().map(|name| find_vendor(name)).collect()
}

/// The runs to make: of each vendor, and of each of its models if models were named.
fn list_runs(models: &[String], vendors: &[Vendor]) -> Result<Vec<(Vendor, Option<String>)>, CliError> {
    let mut runs: Vec<(Vendor, Option<String>)> = Vec::new();
    for vendor in vendors {
        if models.is_empty() {
            runs.push((vendor.clone(), None));
        }
        for named in models {
            let profile = Profile::new(Arc::clone(&vendor.contract));
            let meant: Vec<String> = if named == ALL {
                profile.models().map(|model| model.id.clone()).collect()
            } else {
                let one = Profile::of_model(Arc::clone(&vendor.contract), named);
                one.map_err(|why| CliError::Usage(format!("{}: {why}", name_value("--model", named))))?;
                vec![named.clone()]
            };
            let before = runs.len();
            for id in meant {
                let is_listed = |(other, model): &(Vendor, Option<String>)| {
                    other.contract.full_id() == vendor.contract.full_id()
                        && model.as_deref() == Some(id.as_str())
                };
                if !runs[..before].iter().any(is_listed) {
                    runs.push((vendor.clone(), Some(id)));
                }
            }
        }
    }
    Ok(runs)
}

fn parse_amount(text: &str) -> Result<Amount, CliError> {
    text.parse().map_err(|why| CliError::Usage(format!("{}: {why}", name_value("--max-spend", text))))
}

fn read_duration(flag: &str, text: Option<String>) -> Result<Option<Duration>, CliError> {
    let read = |text: String| {
        parse_duration(&text).map_err(|why| CliError::Usage(format!("{}: {why}", name_value(flag, &text))))
    };
    text.map(read).transpose()
}

fn bound_generated(number: u32) -> Result<u32, CliError> {
    if number > MOST_GENERATED {
        let named = name_value("--generated", &number.to_string());
        return Err(CliError::Usage(format!("{named}: expected at most {MOST_GENERATED}")));
    }
    Ok(number)
}

/// The key in the variable that a flag names.
fn read_key(flag: &str, name: Option<String>) -> Result<Option<String>, CliError> {
    name.map(|name| Ok(read_secret(flag, &name)?.trim().to_owned())).transpose()
}
