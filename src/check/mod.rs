//! `mockreel check`, `plan` and `baseline`: what was typed becomes a run of the suite, and its report files.

pub(crate) mod flags;

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use mockreel_conformance::amount::Amount;
use mockreel_conformance::baseline::{Baseline, is_day};
use mockreel_conformance::catalogue;
use mockreel_conformance::check::{MOST_GENERATED, Place, Wanted, check, plan};
use mockreel_conformance::drift::compare::beside;
use mockreel_conformance::exit::{EXHAUSTED, FINE, USAGE, worst_exit};
use mockreel_conformance::outcome::Report;
use mockreel_conformance::profile::Profile;
use mockreel_conformance::report::github::annotations;
use mockreel_conformance::report::terminal::{Progress, summary};
use mockreel_conformance::report::{Format, parse_requests, render};
use mockreel_conformance::run::Choice;
use mockreel_contracts::Vendor;
use mockreel_emulator::clock::MANUAL_START;
use mockreel_emulator::{Emulator, Latency};

use self::flags::Check;
use crate::Failed;
use crate::settings::file;

/// The ledger, unless another is named.
const LEDGER: &str = "mockreel-ledger.jsonl";

/// What `--model` says for each model in turn.
const ALL: &str = "all";

/// Runs the suite, or lists its cases.
pub(crate) fn run(typed: Check) -> Result<ExitCode, Failed> {
    let typed = typed_over_file(typed)?;
    let chosen = chosen(&typed)?;
    if typed.list {
        let contracts: Vec<_> = chosen.into_iter().map(|vendor| vendor.contract).collect();
        say(&catalogue::list(&contracts));
        return Ok(ExitCode::SUCCESS);
    }
    let mut files = Vec::new();
    for text in &typed.report {
        files.extend(parse_requests(text).map_err(Failed::Usage)?);
    }
    writable(&files)?;
    let mut reports = Vec::new();
    let mut trouble = None;
    for (vendor, model) in &runs(&typed.models, &chosen)? {
        let stage = Stage::set(&typed, vendor, model.as_deref())?;
        let mut progress = Progress::new();
        let report = check(&stage.wanted, &mut progress);
        drop(progress);
        match report {
            Ok(report) => {
                say(&summary(&report, std::io::stdout().is_terminal()));
                if typed.github.unwrap_or(false) {
                    say(&annotations(&report));
                }
                reports.push(report);
            }
            Err(why) => {
                trouble = Some(why);
                break;
            }
        }
    }
    // What was found out before the trouble is not lost with it.
    if !reports.is_empty() {
        write(&files, &reports)?;
    }
    if let Some(why) = trouble {
        return Err(Failed::Suite(why));
    }
    Ok(ExitCode::from(worst_exit(reports.iter().map(|report| report.exit_code))))
}

/// Prints what a run would send and could cost.
pub(crate) fn run_plan(typed: Check) -> Result<ExitCode, Failed> {
    let typed = typed_over_file(typed)?;
    let mut codes = Vec::new();
    for (vendor, model) in &runs(&typed.models, &chosen(&typed)?)? {
        let keyless = Check { key_env: None, second_key_env: None, ..typed.clone() };
        let stage = Stage::set(&keyless, vendor, model.as_deref())?;
        let plan = plan(&stage.wanted).map_err(Failed::Suite)?;
        say(&plan.text());
        let most = stage.wanted.max_spend;
        codes.push(if !plan.free && !plan.allows_unknown && !plan.unknown().is_empty() {
            USAGE
        } else if most.is_some_and(|most| most < plan.most()) {
            EXHAUSTED
        } else {
            FINE
        });
    }
    Ok(ExitCode::from(worst(codes.into_iter())))
}

/// Rewrites a baseline by a report.
pub(crate) fn update_baseline(typed: &crate::cli::Baseline) -> Result<ExitCode, Failed> {
    let crate::cli::Baseline::Update { file, report, reason, expires } = typed;
    let name = file.display().to_string();
    let held = if file.exists() { read(file)? } else { String::new() };
    let baseline = Baseline::parse(&name, &held).map_err(|why| Failed::Usage(why.to_string()))?;
    let text = read(report)?;
    // Several vendors make a list of reports.
    let several = text.trim_start().starts_with('[');
    let reports: Result<Vec<Report>, _> =
        if several { serde_json::from_str(&text) } else { serde_json::from_str(&text).map(|one| vec![one]) };
    let reports = reports.map_err(|why| {
        Failed::Usage(format!("{}: no report of `check --report json=FILE` ({why})", report.display()))
    })?;
    if reason.trim().is_empty() || !is_day(expires) {
        let line = format!(
            "--reason must say something, and --expires be a day such as 2027-01-31; found `{expires}`"
        );
        return Err(Failed::Usage(line));
    }
    let (mut baseline, mut new) = (baseline, held);
    for report in &reports {
        new = baseline.rewritten(report, reason, expires);
        baseline = Baseline::parse(&name, &new).map_err(|why| Failed::Internal(why.to_string()))?;
    }
    std::fs::write(file, new).map_err(|why| Failed::Usage(format!("cannot write {name}: {why}")))?;
    Ok(ExitCode::SUCCESS)
}

/// What was asked for, and the stand-in that was started for it.
pub(crate) struct Stage {
    pub(crate) wanted: Wanted,
    /// Kept so that the stand-in lives as long as the run.
    _emulator: Option<(Emulator, tokio::runtime::Runtime)>,
}

impl Stage {
    pub(crate) fn set(typed: &Check, chosen: &Vendor, model: Option<&str>) -> Result<Self, Failed> {
        let typed = typed.clone();
        let seed = typed.seed.unwrap_or(1);
        let mut emulator = None;
        // A cassette holds one run of an edition, so each model has a folder of its own.
        let shelf = |dir: PathBuf| model.map_or_else(|| dir.clone(), |id| dir.join(id.replace('/', "+")));
        let place = match (typed.replay.map(shelf), typed.target.as_deref().unwrap_or("emulator")) {
            (Some(dir), _) => Place::Replay(dir),
            (None, "emulator") => {
                let (started, runtime) = start(chosen, seed)?;
                let place = Place::Emulator { base: started.url(chosen.id()), control: started.admin_base() };
                emulator = Some((started, runtime));
                place
            }
            (None, "live") => Place::Live,
            (None, address) => Place::Address(address.to_owned()),
        };
        let wanted = Wanted {
            contract: Arc::clone(&chosen.contract),
            model: model.map(str::to_owned),
            place,
            keys: (key(typed.key_env, "--key-env")?, key(typed.second_key_env, "--second-key-env")?),
            max_spend: typed.max_spend.map(|text| amount(&text)).transpose()?,
            allow_unknown_price: typed.allow_unknown_price.unwrap_or(false),
            paid: typed.paid.unwrap_or(false),
            generated: generated(typed.generated)?,
            choice: Choice { only: typed.only, skip: typed.skip },
            ledger: typed.ledger.unwrap_or_else(|| PathBuf::from(LEDGER)),
            baseline: typed
                .baseline
                .map(|path| Ok((path.display().to_string(), read(&path)?)))
                .transpose()?,
            cassette: typed.cassette.map(shelf),
            seed,
            image: typed.image,
            beside: beside(typed.previous.as_deref(), &typed.spec, chosen).map_err(Failed::Suite)?,
        };
        Ok(Self { wanted, _emulator: emulator })
    }
}

/// A stand-in on a manual clock, whose jobs take as long as the vendor's.
fn start(vendor: &Vendor, seed: u64) -> Result<(Emulator, tokio::runtime::Runtime), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|why| Failed::Internal(format!("cannot start: {why}")))?;
    let builder = Emulator::builder()
        .vendor(vendor.clone())
        .manual_clock(MANUAL_START)
        .seed(seed)
        .latency(Latency::REAL);
    let emulator = runtime.block_on(builder.start()).map_err(|why| Failed::Internal(why.to_string()))?;
    Ok((emulator, runtime))
}

fn typed_over_file(typed: Check) -> Result<Check, Failed> {
    let file = file(typed.config.as_deref())?;
    Ok(typed.over(file))
}

/// The vendors that were named.
fn chosen(typed: &Check) -> Result<Vec<Vendor>, Failed> {
    typed.vendors.iter().map(|name| mockreel_contracts::vendor(name).map_err(Failed::Usage)).collect()
}

/// The runs that were asked for: each vendor, and each of its models if models were named.
fn runs(models: &[String], vendors: &[Vendor]) -> Result<Vec<(Vendor, Option<String>)>, Failed> {
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
                one.map_err(|why| Failed::Usage(format!("--model {named}: {why}")))?;
                vec![named.clone()]
            };
            let before = runs.len();
            for id in meant {
                let told = |(other, model): &(Vendor, Option<String>)| {
                    other.contract.full_id() == vendor.contract.full_id()
                        && model.as_deref() == Some(id.as_str())
                };
                if !runs[..before].iter().any(told) {
                    runs.push((vendor.clone(), Some(id)));
                }
            }
        }
    }
    Ok(runs)
}

fn amount(text: &str) -> Result<Amount, Failed> {
    text.parse().map_err(|why| Failed::Usage(format!("--max-spend: {why}")))
}

fn generated(typed: Option<u32>) -> Result<u32, Failed> {
    let number = typed.unwrap_or(0);
    if number > MOST_GENERATED {
        return Err(Failed::Usage(format!("--generated {number}: expected at most {MOST_GENERATED}")));
    }
    Ok(number)
}

/// The key that a variable holds.
fn key(name: Option<String>, flag: &str) -> Result<Option<String>, Failed> {
    let Some(name) = name else { return Ok(None) };
    let held = std::env::var(&name).ok().map(|key| key.trim().to_owned()).filter(|key| !key.is_empty());
    let missing = || Failed::Usage(format!("{flag} {name}: the variable is not set or empty"));
    held.map(Some).ok_or_else(missing)
}

fn read(path: &Path) -> Result<String, Failed> {
    std::fs::read_to_string(path)
        .map_err(|why| Failed::Usage(format!("cannot read {}: {why}", path.display())))
}

/// Whether the reports can be written, found out before a run that may cost.
pub(crate) fn writable(files: &[(Format, PathBuf)]) -> Result<(), Failed> {
    for (_, path) in files {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|why| Failed::Usage(format!("cannot make {}: {why}", folder.display())))?;
        }
        std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(|why| {
            Failed::Usage(format!("cannot write {}: {why}; nothing was sent", path.display()))
        })?;
    }
    Ok(())
}

fn write(files: &[(Format, PathBuf)], reports: &[Report]) -> Result<(), Failed> {
    for (format, path) in files {
        let text = render(*format, reports);
        std::fs::write(path, text)
            .map_err(|why| Failed::Usage(format!("cannot write {}: {why}", path.display())))?;
    }
    Ok(())
}

pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody has to read it.
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
