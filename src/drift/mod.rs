//! `mockreel drift`: what was typed becomes two sides, their difference, and its report files.

pub(crate) mod flags;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mockreel_conformance::baseline::is_day;
use mockreel_conformance::clock::RunClock;
use mockreel_conformance::drift::compare::{Pair, compared, documents};
use mockreel_conformance::drift::inputs::{Named, Side, dated, of_file};
use mockreel_conformance::drift::live as fresh;
use mockreel_conformance::drift::probe::probed;
use mockreel_conformance::exit::{EXHAUSTED, FINE, INTERNAL, SuiteError, UNREACHABLE, worst_exit};
use mockreel_conformance::report::escape::one_line;
use mockreel_conformance::report::terminal::Progress;
use mockreel_conformance::report::{Format, parse_requests};
use mockreel_contracts::Vendor;
use mockreel_contracts::contract::views::openapi;
use mockreel_drift::history::{History, append};
use mockreel_drift::report::github::annotations;
use mockreel_drift::report::{Documents, FORMATS, between, is_news, render, summary, timeline};
use mockreel_drift::{Report, Surface, compare};

use self::flags::{Action, Compare, Drift, Watch};
use crate::Failed;
use crate::check::flags::Check;
use crate::check::{Stage, say, writable};
use crate::settings::drift_file;

/// Exit code: something that shows on the wire differs.
const DRIFT: u8 = 5;

/// Compares, watches, or prints a timeline.
pub(crate) fn run(typed: Drift) -> Result<ExitCode, Failed> {
    match typed.action {
        None => compare_sides(typed.compare),
        Some(Action::History { path }) => history(&path).map(|()| ExitCode::SUCCESS),
        Some(Action::Watch(watch)) => run_watch(*watch),
    }
}

fn compare_sides(typed: Compare) -> Result<ExitCode, Failed> {
    let file = drift_file(typed.config.as_deref())?;
    let typed = typed.over(file);
    let files = files(&typed)?;
    let looked = Looked::at(&typed)?;
    let drift = if looked.report.has_drift() { DRIFT } else { FINE };
    tell(&typed, &files, &looked)?;
    Ok(ExitCode::from(worst_exit([looked.code, drift].into_iter())))
}

fn run_watch(watch: Watch) -> Result<ExitCode, Failed> {
    let file = drift_file(watch.compare.config.as_deref())?;
    let named = watch.history.or_else(|| file.history.clone());
    let typed = watch.compare.over(file);
    let date = match watch.date {
        Some(day) if is_day(&day) => day,
        Some(other) => {
            return Err(Failed::Usage(format!("--date {other}: expected a day such as 2027-01-31")));
        }
        None => RunClock::start().started().chars().take(10).collect(),
    };
    let files = files(&typed)?;
    let mut looked = Looked::at(&typed)?;
    if looked.code != FINE {
        tell(&typed, &files, &looked)?;
        say("not everything could be looked at, so nothing was added to the history\n");
        return Ok(ExitCode::from(looked.code));
    }
    let history = named.unwrap_or_else(|| {
        let vendor = if looked.vendor.is_empty() { "vendor" } else { &looked.vendor };
        PathBuf::from(format!("{vendor}.drift.jsonl"))
    });
    let held = append(&history, &looked.vendor, &date, &looked.report)
        .map_err(|why| Failed::Usage(why.to_string()))?;
    held.tell(&mut looked.report);
    tell(&typed, &files, &looked)?;
    for warning in &held.warnings {
        say(&format!("warning: {warning}\n"));
    }
    let news = looked.report.findings.iter().any(is_news);
    Ok(ExitCode::from(if news { DRIFT } else { FINE }))
}

/// Prints a timeline.
fn history(path: &Path) -> Result<(), Failed> {
    let usage = |why: String| Failed::Usage(why);
    if path.is_dir() {
        let days = dated(path).map_err(Failed::Suite)?.ok_or_else(|| {
            usage(format!(
                "{}: expected a folder whose OpenAPI files all begin with a day such as 2025-04-25; name one of those",
                path.display()
            ))
        })?;
        let mut reports: Vec<(String, Report)> = Vec::new();
        let mut before: Option<Side> = None;
        let mut unread = Vec::new();
        for (day, file) in days {
            // One file that cannot be read does not hide what the others say.
            let side = match of_file(&file) {
                Ok(side) => side,
                Err(trouble) => {
                    unread.push(format!("{day}  left out: {trouble}"));
                    continue;
                }
            };
            if let Some(before) = &before {
                let view = openapi::Side::Documented;
                reports.push((day, compare(&before.surface(view), &side.surface(view))));
            }
            before = Some(side);
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

/// The reports that were asked for, found to be writable before anything is looked at.
fn files(typed: &Compare) -> Result<Vec<(Format, PathBuf)>, Failed> {
    let mut files = Vec::new();
    for text in &typed.report {
        files.extend(parse_requests(text).map_err(Failed::Usage)?);
    }
    if let Some((format, _)) = files.iter().find(|(format, _)| !FORMATS.contains(format)) {
        let known: Vec<&str> = FORMATS.iter().map(|format| format.word()).collect();
        return Err(Failed::Usage(format!(
            "--report {}: a comparison has no such report; expected one of {}",
            format.word(),
            known.join(", ")
        )));
    }
    writable(&files)?;
    Ok(files)
}

/// What came of looking at both sides.
struct Looked {
    report: Report,
    documents: Documents,
    vendor: String,
    /// The exit code of fresh runs, if one could not look at everything.
    code: u8,
}

impl Looked {
    fn at(typed: &Compare) -> Result<Self, Failed> {
        let (old, new) = (typed.old.as_deref().unwrap_or_default(), typed.new.as_deref().unwrap_or_default());
        let names = [Some(old), Some(new), typed.emulator.as_deref(), typed.previous.as_deref()];
        let mut named = Vec::new();
        for name in names {
            named.push(
                name.map(|name| Named::parse(name).map(|held| (name, held)))
                    .transpose()
                    .map_err(Failed::Suite)?,
            );
        }
        let chosen = typed.vendor.as_deref().map(mockreel_contracts::vendor).transpose();
        let chosen = chosen.map_err(|why| Failed::Usage(format!("--vendor: {why}")))?;
        let mut vendor = chosen;
        for (_, held) in named.iter().flatten() {
            vendor = vendor.or_else(|| held.vendor());
        }
        let view =
            if typed.enforced.unwrap_or(false) { openapi::Side::Enforced } else { openapi::Side::Documented };
        let mut code = FINE;
        let mut sides = Vec::new();
        for (place, held) in named.iter().enumerate() {
            let Some((name, held)) = held else {
                sides.push(None);
                continue;
            };
            let side = match held.read(name, vendor.as_ref()).map_err(Failed::Suite)? {
                Some(side) => side,
                None => {
                    let (side, run) = ask(typed, name, vendor.as_ref(), place == 1)?;
                    if [UNREACHABLE, EXHAUSTED, INTERNAL].contains(&run) {
                        code = worst_exit([code, run].into_iter());
                    }
                    side
                }
            };
            sides.push(Some(side));
        }
        let [Some(old), Some(new), emulator, previous] = sides.as_slice() else {
            return Err(Failed::Internal("a comparison has two sides".to_owned()));
        };
        let blind = [old, new].into_iter().find(|side| side.saw_nothing());
        if let Some(blind) = blind {
            let line =
                format!("{}: expected answers, found no good one: nothing could be looked at", blind.name);
            return Err(Failed::Suite(SuiteError::Unreachable(line)));
        }
        let pair = Pair { old, new, emulator: emulator.as_ref(), previous: previous.as_ref(), view };
        let mut report = compared(pair).map_err(Failed::Suite)?;
        if typed.probe.unwrap_or(false) {
            let found =
                probe(typed, typed.new.as_deref().unwrap_or_default(), vendor.as_ref(), &old.surface(view))?;
            report.findings.extend(found.findings);
            report.not_compared.extend(found.not_compared);
            report.sort();
        }
        let known = [new.vendor(), old.vendor()].into_iter().find(|id| !id.is_empty()).unwrap_or_default();
        let vendor = vendor.map_or_else(|| known.to_owned(), |vendor| vendor.id().to_owned());
        Ok(Self { report, documents: documents(old, new), vendor, code })
    }
}

/// Asks a stand-in for everything that some edition takes, and holds what it takes beside a description.
fn probe(typed: &Compare, name: &str, vendor: Option<&Vendor>, docs: &Surface) -> Result<Report, Failed> {
    if !matches!(Named::parse(name), Ok(Named::Ask(_))) {
        return Err(Failed::Usage(format!(
            "--probe asks NEW: expected emulator or the address of a stand-in, found {name}"
        )));
    }
    let stage = stage(typed, name, vendor, false)?;
    probed(&stage.wanted, docs).map_err(Failed::Suite)
}

/// Asks somebody, by the way of `check`, and answers with the exit code of that run.
fn ask(typed: &Compare, name: &str, vendor: Option<&Vendor>, is_new: bool) -> Result<(Side, u8), Failed> {
    let stage = stage(typed, name, vendor, is_new)?;
    let mut progress = Progress::new();
    let looked = fresh::look(&stage.wanted, name, &mut progress);
    drop(progress);
    let (side, report) = looked.map_err(Failed::Suite)?;
    Ok((side, report.exit_code))
}

/// Whom to ask, and what it may cost.
fn stage(typed: &Compare, name: &str, vendor: Option<&Vendor>, is_new: bool) -> Result<Stage, Failed> {
    let vendor = vendor.ok_or_else(|| {
        Failed::Usage(format!(
            "{name}: nobody says which vendor to ask; name a contract as the other side, or --vendor ID[@EDITION]"
        ))
    })?;
    let target = match name {
        "emulator" | "live" => name.to_owned(),
        address => fresh::base(address, vendor.id(), &vendor.contract.edition),
    };
    let check = Check {
        target: Some(target),
        key_env: typed.key_env.clone(),
        second_key_env: typed.second_key_env.clone(),
        max_spend: typed.max_spend.clone().filter(|_| name != "emulator"),
        allow_unknown_price: typed.allow_unknown_price,
        ledger: typed.ledger.clone(),
        cassette: typed.cassette.clone().filter(|_| is_new),
        image: typed.image.clone(),
        only: fresh::cases(),
        ..Check::default()
    };
    Stage::set(&check, vendor, None)
}

/// Prints the report and writes its files.
fn tell(typed: &Compare, files: &[(Format, PathBuf)], looked: &Looked) -> Result<(), Failed> {
    say(&summary(&looked.report, std::io::stdout().is_terminal()));
    if typed.github.unwrap_or(false) {
        say(&annotations(&looked.report, &looked.documents));
    }
    for (format, path) in files {
        let Some(text) = render(*format, &looked.report, &looked.documents) else { continue };
        std::fs::write(path, text)
            .map_err(|why| Failed::Usage(format!("cannot write {}: {why}", path.display())))?;
    }
    Ok(())
}
