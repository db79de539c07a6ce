//! `mockreel drift`: two inputs compared, the report files, and the history of a watch.

pub(crate) mod flags;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mockreel_conformance::baseline::is_day;
use mockreel_conformance::clock::RunClock;
use mockreel_conformance::drift::compare::{InputPair, compare_inputs, documents};
use mockreel_conformance::drift::inputs::{Input, InputName, dated, of_file};
use mockreel_conformance::drift::live as fresh;
use mockreel_conformance::drift::probe::probe_stand_in;
use mockreel_conformance::exit::{EXHAUSTED, FINE, INTERNAL, SuiteError, UNREACHABLE, worst_exit};
use mockreel_conformance::report::escape::one_line;
use mockreel_conformance::report::{Format, parse_requests};
use mockreel_conformance::session::StopFlag;
use mockreel_contracts::Vendor;
use mockreel_contracts::contract::views::openapi;
use mockreel_drift::history::{History, append};
use mockreel_drift::report::github::annotations;
use mockreel_drift::report::{Documents, FORMATS, between, is_news, render, summary, timeline};
use mockreel_drift::{Report, Surface, compare};

use self::flags::{DriftAction, DriftCommand, DriftFlags, WatchFlags};
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
        Some(DriftAction::History { path }) => print_history(&path).map(|()| ExitCode::SUCCESS),
        Some(DriftAction::Watch(flags)) => run_watch(*flags),
    }
}

fn run_compare(flags: DriftFlags) -> Result<ExitCode, CliError> {
    let flags = fill_from_file(flags)?;
    let files = report_files(&flags)?;
    let comparison = Comparison::make(&flags)?;
    let drift = if comparison.report.has_drift() { DRIFT } else { FINE };
    let code = worst_exit([comparison.code, drift].into_iter());
    comparison.write(&flags, &files, code)?;
    Ok(ExitCode::from(code))
}

fn run_watch(watch: WatchFlags) -> Result<ExitCode, CliError> {
    let flags = fill_from_file(DriftFlags { history: watch.history, ..watch.compare })?;
    let date = match watch.date {
        Some(day) if is_day(&day) => day,
        Some(other) => {
            return Err(CliError::Usage(format!("--date {other}: expected a day such as 2027-01-31")));
        }
        None => RunClock::start().started().chars().take(10).collect(),
    };
    let files = report_files(&flags)?;
    let mut comparison = Comparison::make(&flags)?;
    if comparison.code != FINE {
        comparison.write(&flags, &files, comparison.code)?;
        say("not every input could be read, so nothing was added to the history\n");
        return Ok(ExitCode::from(comparison.code));
    }
    let history = flags.history.clone().unwrap_or_else(|| {
        let vendor = if comparison.vendor.is_empty() { "vendor" } else { &comparison.vendor };
        PathBuf::from(format!("{vendor}.drift.jsonl"))
    });
    let entry = append(&history, &comparison.vendor, &date, &comparison.report).map_err(CliError::usage)?;
    entry.tell(&mut comparison.report);
    let code = if comparison.report.findings.iter().any(is_news) { DRIFT } else { FINE };
    comparison.write(&flags, &files, code)?;
    for warning in &entry.warnings {
        say(&format!("warning: {warning}\n"));
    }
    Ok(ExitCode::from(code))
}

fn fill_from_file(flags: DriftFlags) -> Result<DriftFlags, CliError> {
    let file = read_file(flags.config.as_deref())?;
    Ok(flags.or(file.drift))
}

/// Prints a timeline.
fn print_history(path: &Path) -> Result<(), CliError> {
    let usage = |why: String| CliError::Usage(why);
    if path.is_dir() {
        let days = dated(path).map_err(CliError::Suite)?.ok_or_else(|| {
            usage(format!(
                "{}: expected a folder whose OpenAPI files all begin with a day such as 2025-04-25; name one of those",
                path.display()
            ))
        })?;
        let mut reports: Vec<(String, Report)> = Vec::new();
        let mut before: Option<Input> = None;
        let mut unread = Vec::new();
        for (day, file) in days {
            // One file that cannot be read does not hide what the others say.
            let input = match of_file(&file) {
                Ok(input) => input,
                Err(trouble) => {
                    unread.push(format!("{day}  left out: {trouble}"));
                    continue;
                }
            };
            if let Some(before) = &before {
                let view = openapi::View::Documented;
                reports.push((day, compare(&before.surface(view), &input.surface(view))));
            }
            before = Some(input);
        }
        if before.is_none() {
            return Err(usage(format!(
                "{}: none of its files can be read; {}",
                path.display(),
                unread.join("; ")
            )));
        }
        say(&between(&reports));
        for line in unread {
            say(&format!("{}\n", one_line(&line, 400)));
        }
        return Ok(());
    }
    if !path.exists() {
        return Err(usage(format!(
            "{}: expected a history that `drift watch` wrote, or a folder of dated OpenAPI files; found nothing",
            path.display()
        )));
    }
    say(&timeline(&History::read(path).map_err(|why| usage(why.to_string()))?));
    Ok(())
}

/// The reports to write, checked to be writable before anything is sent.
fn report_files(flags: &DriftFlags) -> Result<Vec<(Format, PathBuf)>, CliError> {
    let mut files = Vec::new();
    for text in &flags.report {
        files.extend(parse_requests(text).map_err(CliError::Usage)?);
    }
    if let Some((format, _)) = files.iter().find(|(format, _)| !FORMATS.contains(format)) {
        let known: Vec<&str> = FORMATS.iter().map(|format| format.word()).collect();
        return Err(CliError::Usage(format!(
            "--report {}: a comparison has no such report; expected one of {}",
            format.word(),
            known.join(", ")
        )));
    }
    check_writable(&files)?;
    Ok(files)
}

/// The difference of two inputs.
struct Comparison {
    report: Report,
    documents: Documents,
    vendor: String,
    /// The exit code of fresh runs, if one could not ask for everything.
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
        let vendor = vendor.map_or(known, Vendor::id).to_owned();
        Ok(Self { report, documents: documents(&old, &new), vendor, code })
    }

    /// Prints the report and writes its files.
    fn write(&self, flags: &DriftFlags, files: &[(Format, PathBuf)], exit_code: u8) -> Result<(), CliError> {
        let console = flags.console();
        if console.prints(exit_code) {
            say(&summary(&self.report, console.is_coloured()));
        }
        if flags.github.unwrap_or(false) {
            say(&annotations(&self.report, &self.documents));
        }
        for (format, path) in files {
            let Some(text) = render(*format, &self.report, &self.documents) else { continue };
            write(path, &text)?;
        }
        Ok(())
    }
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
