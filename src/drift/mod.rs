//! `mockreel drift`: two inputs compared, and the report files.

pub(crate) mod flags;
mod timeline;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use mockreel_conformance::drift::compare::{InputPair, compare_inputs, documents};
use mockreel_conformance::drift::inputs::{Input, InputName};
use mockreel_conformance::drift::live as fresh;
use mockreel_conformance::drift::probe::probe_stand_in;
use mockreel_conformance::exit::{EXHAUSTED, FINE, INTERNAL, SuiteError, UNREACHABLE, worst_exit};
use mockreel_conformance::report::{Format, parse_requests};
use mockreel_conformance::session::StopFlag;
use mockreel_contracts::Vendor;
use mockreel_contracts::contract::views::openapi;
use mockreel_drift::fold::{RouteNames, fold_report};
use mockreel_drift::report::github::annotations;
use mockreel_drift::report::{Document, Documents, render, summary};
use mockreel_drift::{Report, Surface};

use self::flags::{CompareFlags, DriftAction, DriftCommand, DriftFlags};
use crate::check::CheckRun;
use crate::check::flags::CheckFlags;
use crate::error::CliError;
use crate::files::{check_writable, write};
use crate::output::say;
use crate::settings::read_file;

/// Exit code: something that shows on the wire differs.
const DRIFT: u8 = 5;

/// Compares, watches, or prints a timeline.
pub(crate) fn run(command: DriftCommand) -> Result<ExitCode, CliError> {
    match command.action {
        None => run_compare(command.compare),
        Some(DriftAction::History { path }) => timeline::print_history(&path).map(|()| ExitCode::SUCCESS),
        Some(DriftAction::Watch(flags)) => watch::run(*flags),
    }
}

fn run_compare(compare: CompareFlags) -> Result<ExitCode, CliError> {
    let CompareFlags { old, new, flags } = compare;
    let flags = fill_from_file(DriftFlags { old, new, ..flags })?;
    let files = report_files(&flags)?;
    let mut comparison = Comparison::make(&flags)?;
    comparison.fold();
    let drift = if comparison.report.has_drift() { DRIFT } else { FINE };
    let code = worst_exit([comparison.code, drift, strict_code(&flags, &comparison.report)].into_iter());
    write_report(&comparison.report, &comparison.documents, &flags, &files, code)?;
    Ok(ExitCode::from(code))
}

/// The exit code for what was not compared.
fn strict_code(flags: &DriftFlags, report: &Report) -> u8 {
    if flags.strict.unwrap_or(false) && report.has_gaps() { DRIFT } else { FINE }
}

fn fill_from_file(flags: DriftFlags) -> Result<DriftFlags, CliError> {
    let file = read_file(flags.config.as_deref())?;
    Ok(flags.or(file.drift))
}

/// The reports to write, checked to be writable before anything is sent.
fn report_files(flags: &DriftFlags) -> Result<Vec<(Format, PathBuf)>, CliError> {
    let mut files = Vec::new();
    for text in &flags.report {
        files.extend(parse_requests(text).map_err(CliError::Usage)?);
    }
    check_writable(&files)?;
    Ok(files)
}

/// The difference of two inputs.
struct Comparison {
    report: Report,
    documents: Documents,
    vendor: String,
    /// What the report calls operations.
    names: RouteNames,
    /// The exit code of fresh runs, if one could not ask for everything, or if nothing could be compared.
    code: u8,
}

impl Comparison {
    fn make(flags: &DriftFlags) -> Result<Self, CliError> {
        let parse = |name: &str| InputName::parse(name).map(|kind| (name.to_owned(), kind));
        let [old, new, emulator, previous] =
            [&flags.old, &flags.new, &flags.emulator, &flags.previous].map(|name| name.as_deref().map(parse));
        let (old, new) = (old.transpose()?, new.transpose()?);
        let (emulator, previous) = (emulator.transpose()?, previous.transpose()?);
        let chosen = flags.vendor.as_deref().map(mockreel_contracts::vendor).transpose();
        let chosen = chosen.map_err(|why| CliError::Usage(format!("--vendor: {why}")))?;
        let named = [&old, &new, &emulator, &previous].into_iter().flatten();
        let vendor = named.fold(chosen, |vendor, (_, kind)| vendor.or_else(|| kind.vendor()));
        let vendor = vendor.as_ref();
        let mut code = FINE;
        let mut read = |named: Option<(String, InputName)>, is_new: bool| {
            let Some((name, kind)) = named else { return Ok(None) };
            if let Some(input) = kind.read(&name, vendor)? {
                return Ok(Some(input));
            }
            let (input, run) = ask_target(flags, &name, vendor, is_new)?;
            if [UNREACHABLE, EXHAUSTED, INTERNAL].contains(&run) {
                code = worst_exit([code, run].into_iter());
            }
            Ok::<_, CliError>(Some(input))
        };
        let (old, new) = (read(old, false)?, read(new, true)?);
        let (emulator, previous) = (read(emulator, false)?, read(previous, false)?);
        let (Some(old), Some(new)) = (old, new) else {
            return Err(CliError::Internal("a comparison has two inputs".to_owned()));
        };
        if let Some(empty) = [&old, &new].into_iter().find(|input| input.saw_nothing()) {
            let line =
                format!("{}: expected answers, found no good one: nothing could be compared", empty.name);
            return Err(CliError::Suite(SuiteError::Unreachable(line)));
        }
        let sides = [Some(&old), Some(&new), emulator.as_ref(), previous.as_ref()];
        if sides.into_iter().flatten().any(|side| !side.gaps.is_empty()) {
            code = worst_exit([code, UNREACHABLE].into_iter());
        }
        let is_enforced = flags.enforced.unwrap_or(false);
        let view = if is_enforced { openapi::View::Enforced } else { openapi::View::Documented };
        let mut report = compare_inputs(InputPair {
            old: &old,
            new: &new,
            emulator: emulator.as_ref(),
            previous: previous.as_ref(),
            view,
        })?;
        if flags.probe.unwrap_or(false) {
            let probed = probe_target(flags, vendor, &old.surface(view))?;
            report.findings.extend(probed.findings);
            report.not_compared.extend(probed.not_compared);
            report.sort();
        }
        let known = [new.vendor(), old.vendor()].into_iter().find(|id| !id.is_empty()).unwrap_or_default();
        let names = match (old.description(), new.description(), vendor) {
            (Some(before), Some(after), None) => RouteNames::of(before, after),
            _ => RouteNames::default(),
        };
        let vendor = vendor.map_or(known, Vendor::id).to_owned();
        let documents = documents(&old, &new);
        let texts = |side: &[Document]| side.iter().map(|held| held.text.clone()).collect::<Vec<String>>();
        let are_equal = !documents.old.is_empty() && texts(&documents.old) == texts(&documents.new);
        if report.shares_nothing() && report.findings.is_empty() && !are_equal {
            code = worst_exit([code, UNREACHABLE].into_iter());
        }
        Ok(Self { report, documents, vendor, names, code })
    }

    /// Makes the report fit for reading: one change is one finding, with its lines and the verdict in one line.
    fn fold(&mut self) {
        fold_report(&mut self.report, &self.names);
        self.documents.locate(&mut self.report);
    }
}

/// Prints a report and writes its files.
fn write_report(
    report: &Report,
    documents: &Documents,
    flags: &DriftFlags,
    files: &[(Format, PathBuf)],
    exit_code: u8,
) -> Result<(), CliError> {
    let console = flags.console();
    if console.prints(exit_code) {
        say(&summary(report, console.is_coloured()));
    }
    if flags.github.unwrap_or(false) {
        say(&annotations(report, documents));
    }
    for (format, path) in files {
        write(path, &render(*format, report, documents))?;
    }
    Ok(())
}

/// Asks an emulator for everything that some edition takes, and compares what it takes with a description.
fn probe_target(flags: &DriftFlags, vendor: Option<&Vendor>, docs: &Surface) -> Result<Report, CliError> {
    let name = flags.new.as_deref().unwrap_or_default();
    if !matches!(InputName::parse(name), Ok(InputName::Ask(_))) {
        return Err(CliError::Usage(format!(
            "--probe asks NEW: expected emulator or the address of a stand-in, found {name}"
        )));
    }
    let run = prepare_run(flags, name, vendor, false)?;
    Ok(probe_stand_in(&run.options, docs)?)
}

/// Asks a target as `check` does, and answers with the exit code of that run.
fn ask_target(
    flags: &DriftFlags,
    name: &str,
    vendor: Option<&Vendor>,
    is_new: bool,
) -> Result<(Input, u8), CliError> {
    let run = prepare_run(flags, name, vendor, is_new)?;
    let mut progress = flags.console().start_progress();
    let answers = fresh::look(&run.options, name, progress.as_mut());
    drop(progress);
    let (input, report) = answers?;
    Ok((input, report.exit_code))
}

/// The run of `check` that asks an input, under its budget.
fn prepare_run(
    flags: &DriftFlags,
    name: &str,
    vendor: Option<&Vendor>,
    is_new: bool,
) -> Result<CheckRun, CliError> {
    let vendor = vendor.ok_or_else(|| {
        CliError::Usage(format!(
            "{name}: nobody says which vendor to ask; name a contract as the other input, or --vendor ID[@EDITION]"
        ))
    })?;
    let target = match name {
        "emulator" | "live" => name.to_owned(),
        address => fresh::base(address, vendor.id(), &vendor.contract.edition),
    };
    let check = CheckFlags {
        target: Some(target),
        key_env: flags.key_env.clone(),
        second_key_env: flags.second_key_env.clone(),
        max_spend: flags.max_spend.clone().filter(|_| name != "emulator"),
        allow_unknown_price: flags.allow_unknown_price,
        ledger: flags.ledger.clone(),
        cassette: flags.cassette.clone().filter(|_| is_new),
        image: flags.image.clone(),
        only: fresh::cases(),
        ..CheckFlags::default()
    };
    CheckRun::prepare(&check, vendor, None, &StopFlag::default())
}
