//! `mockreel drift watch`: looks on a schedule, each beside the last one, or one input beside another with a history.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mockreel_conformance::baseline::is_day;
use mockreel_conformance::clock::RunClock;
use mockreel_conformance::exit::{FINE, UNREACHABLE, worst_exit};
use mockreel_conformance::report::Format;
use mockreel_drift::Report;
use mockreel_drift::history::append;
use mockreel_drift::report::{Documents, is_news, write_headline};
use mockreel_drift::watch::state::{LockedState, SourceState};
use mockreel_drift::watch::{Looked, WatchedSource, look_at};

use super::flags::{DriftFlags, WatchFlags};
use super::{Comparison, DRIFT, fill_from_file, report_files, strict_code, write_report};
use crate::error::CliError;
use crate::output::say;

/// The state file where none is named.
const STATE: &str = "mockreel-watch.json";

/// Looks at sources, or at one input beside another.
pub(super) fn run(watch: WatchFlags) -> Result<ExitCode, CliError> {
    let WatchFlags { sources, flags, state, against, history, forget, date } = watch;
    let day = match date {
        Some(day) if is_day(&day) => day,
        Some(other) => {
            return Err(CliError::Usage(format!("--date {other}: expected a day such as 2027-01-31")));
        }
        None => RunClock::start().started().chars().take(10).collect(),
    };
    if let Some(old) = against {
        let [new] = sources.as_slice() else {
            return Err(CliError::Usage(format!(
                "--against {old}: expected one input to look at beside it, found {}",
                sources.len()
            )));
        };
        if state.is_some() || !forget.is_empty() {
            let line = "--against keeps a history: expected --history FILE, found --state or --forget";
            return Err(CliError::Usage(line.to_owned()));
        }
        let (old, new) = (Some(old), Some(new.clone()));
        return run_against(&fill_from_file(DriftFlags { old, new, history, ..flags })?, &day);
    }
    if let Some(history) = history {
        return Err(CliError::Usage(format!(
            "--history {}: expected --against INPUT beside it; a watch of sources keeps --state FILE",
            history.display()
        )));
    }
    let flags = fill_from_file(DriftFlags { state, ..flags })?;
    run_sources(&sources, &forget, &flags, &day)
}

/// Looks at each source beside its last look.
fn run_sources(
    names: &[String],
    forget: &[String],
    flags: &DriftFlags,
    day: &str,
) -> Result<ExitCode, CliError> {
    if let Some(name) =
        names.iter().enumerate().find_map(|(at, name)| names[..at].contains(name).then_some(name))
    {
        return Err(CliError::Usage(format!("{name}: expected each source once, found it twice")));
    }
    let files = report_files(flags)?;
    let path = flags.state.clone().unwrap_or_else(|| PathBuf::from(STATE));
    let mut locked = LockedState::open(&path).map_err(CliError::usage)?;
    forget_documents(&mut locked, names, forget)?;
    let mut all = Sources::default();
    for name in names {
        check_source(name)?;
        let last = locked.state.sources.get(name);
        let looked = look_at(&WatchedSource::new(name), last, day).map_err(CliError::usage)?;
        let state = all.take(name, last, looked, names.len() > 1);
        locked.state.sources.insert(name.clone(), state);
    }
    let (report, documents) = all.end(day);
    let blind = if report.unreachable.is_empty() { FINE } else { UNREACHABLE };
    let news = if report.findings.iter().any(is_news) { DRIFT } else { FINE };
    let code = worst_exit([blind, news, strict_code(flags, &report)].into_iter());
    // News that was remembered and not written down would be lost, so the state comes last.
    write_report(&report, &documents, flags, &files, code)?;
    locked.write().map_err(CliError::usage)?;
    Ok(ExitCode::from(code))
}

/// Refuses what is asked rather than read.
fn check_source(name: &str) -> Result<(), CliError> {
    let is_asked = ["emulator", "live"].contains(&name) || name.contains("://");
    let is_contract = !Path::new(name).exists() && mockreel_contracts::vendor(name).is_ok();
    if is_asked || is_contract {
        return Err(CliError::Usage(format!(
            "{name}: expected a file, a folder or a git repository to watch; fetch an address into a file first, or \
             look at one input beside another with --against INPUT"
        )));
    }
    Ok(())
}

/// Takes documents that are gone for good out of what is remembered.
fn forget_documents(locked: &mut LockedState, names: &[String], forget: &[String]) -> Result<(), CliError> {
    for document in forget {
        let mut known = false;
        for (_, source) in locked.state.sources.iter_mut().filter(|(name, _)| names.contains(name)) {
            known |= source.documents.remove(document).is_some();
            source.unreachable.remove(document);
        }
        if !known {
            return Err(CliError::Usage(format!(
                "--forget {document}: expected a file of the last look at these sources, found none of that name"
            )));
        }
    }
    Ok(())
}

/// The looks at all sources together.
#[derive(Default)]
struct Sources {
    report: Report,
    documents: Documents,
    names: Vec<String>,
    last: Vec<String>,
    first: Vec<String>,
}

impl Sources {
    /// Adds a look, and answers what is to be remembered of its source.
    fn take(
        &mut self,
        name: &str,
        last: Option<&SourceState>,
        looked: Looked,
        is_one_of_several: bool,
    ) -> SourceState {
        let Looked { mut report, documents, state, first_look } = looked;
        if is_one_of_several {
            report.findings.iter_mut().for_each(|finding| finding.source = Some(name.to_owned()));
            report.not_compared.iter_mut().for_each(|line| *line = format!("{name}: {line}"));
        }
        self.names.push(name.to_owned());
        self.last.extend(last.map(|last| last.good.clone()).filter(|day| !day.is_empty()));
        if let Some(count) = first_look {
            let operations = if count == 1 { "1 operation" } else { &format!("{count} operations") };
            self.first.push(format!("first look at {name}: {operations}; the next look compares with it"));
        }
        let sum = &mut self.report;
        sum.schema_version = report.schema_version;
        sum.findings.append(&mut report.findings);
        sum.not_compared.append(&mut report.not_compared);
        sum.unreachable.append(&mut report.unreachable);
        if let Some(compared) = report.compared {
            sum.compared = Some(sum.compared.unwrap_or_default().saturating_add(compared));
        }
        for part in report.unused {
            match sum.unused.iter_mut().find(|held| held.what == part.what) {
                Some(held) => {
                    held.count = held.count.saturating_add(part.count);
                    held.places.extend(part.places);
                }
                None => sum.unused.push(part),
            }
        }
        self.documents.old.extend(documents.old);
        self.documents.new.extend(documents.new);
        state
    }

    /// The report of all.
    fn end(self, day: &str) -> (Report, Documents) {
        let mut report = self.report;
        report.old = match self.last.iter().max() {
            Some(last) => format!("the look of {last}"),
            None => "no look before".to_owned(),
        };
        report.new = format!("{} on {day}", self.names.join(", "));
        report.unused.sort();
        report.unreachable.sort();
        report.sort();
        report.headline = write_headline(&report);
        if !self.first.is_empty() {
            // With nothing before it, there is nothing that could be the same.
            report.compared = report.compared.or(Some(0));
            let only = self.first.len() == self.names.len();
            let said = self.first.join("; ");
            report.headline = if only { said } else { format!("{}; {said}", report.headline) };
        }
        (report, self.documents)
    }
}

/// Compares, adds what was found to a history, and ends with 5 only if something is new.
fn run_against(flags: &DriftFlags, day: &str) -> Result<ExitCode, CliError> {
    let files = report_files(flags)?;
    if let Some(why) = flags.new.as_deref().and_then(blind_file) {
        let name = flags.new.as_deref().unwrap_or_default();
        return end_unreachable(flags, &files, name, &why, day);
    }
    let mut comparison = Comparison::make(flags)?;
    if comparison.code != FINE {
        comparison.fold();
        write_report(&comparison.report, &comparison.documents, flags, &files, comparison.code)?;
        say("not every input could be read, so nothing was added to the history\n");
        return Ok(ExitCode::from(comparison.code));
    }
    let history = flags.history.clone().unwrap_or_else(|| {
        let vendor = if comparison.vendor.is_empty() { "vendor" } else { &comparison.vendor };
        PathBuf::from(format!("{vendor}.drift.jsonl"))
    });
    comparison.names.apply(&mut comparison.report);
    let entry = append(&history, &comparison.vendor, day, &comparison.report).map_err(CliError::usage)?;
    entry.tell(&mut comparison.report);
    comparison.fold();
    let news = if comparison.report.findings.iter().any(is_news) { DRIFT } else { FINE };
    let code = worst_exit([news, strict_code(flags, &comparison.report)].into_iter());
    write_report(&comparison.report, &comparison.documents, flags, &files, code)?;
    for warning in &entry.warnings {
        say(&format!("warning: {warning}\n"));
    }
    Ok(ExitCode::from(code))
}

/// Why a file is no description that could be compared; nothing of what is no file.
fn blind_file(name: &str) -> Option<String> {
    let path = Path::new(name);
    let is_description =
        ["json", "yaml", "yml"].iter().any(|ending| path.extension().is_some_and(|held| held == *ending));
    if !is_description {
        return None;
    }
    match crate::files::read_regular(path) {
        Ok(bytes) => mockreel_drift::watch::judge_document(name, &bytes).err(),
        Err(why) => Some(why),
    }
}

/// Reports a source that could not be looked at; the history stays as it was.
fn end_unreachable(
    flags: &DriftFlags,
    files: &[(Format, PathBuf)],
    name: &str,
    why: &str,
    day: &str,
) -> Result<ExitCode, CliError> {
    let mut report = Report {
        schema_version: mockreel_drift::finding::SCHEMA_VERSION,
        old: flags.old.clone().unwrap_or_default(),
        new: name.to_owned(),
        unreachable: vec![mockreel_drift::finding::UnreachableSource {
            source: name.to_owned(),
            why: why.to_owned(),
            since: day.to_owned(),
        }],
        ..Report::default()
    };
    report.headline = write_headline(&report);
    write_report(&report, &Documents::default(), flags, files, UNREACHABLE)?;
    say("nothing was added to the history\n");
    Ok(ExitCode::from(UNREACHABLE))
}
