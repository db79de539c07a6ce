//! Adds a look to a history: in one piece, under a lock, after whatever a killed run left.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::finding::{BaselineState, Report};
use sha2::{Digest, Sha256};

use super::{History, HistoryError, HistoryHeader, HistoryLine, Look, Observation, SCHEMA_VERSION};

/// Adds a look to a history, making the file if there is none, and answers the history with it.
///
/// # Errors
///
/// If the file cannot be read or written, is something else or of another vendor, or `date` is before its last look.
pub fn append(path: &Path, vendor: &str, date: &str, report: &Report) -> Result<History, HistoryError> {
    let io = |doing| move |why| HistoryError::Io { doing, path: path.to_owned(), why };
    let mut options = OpenOptions::new();
    let mut file =
        options.read(true).write(true).create(true).truncate(false).open(path).map_err(io("open"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(HistoryError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(why)) => return Err(io("lock")(why)),
    }
    let held = History::read_file(path, &file)?;
    if !held.vendor.is_empty() && !vendor.is_empty() && held.vendor != vendor {
        let why = format!("expected that of `{vendor}`, found that of `{}`", held.vendor);
        return Err(HistoryError::NotAHistory { path: path.to_owned(), why });
    }
    if let Some(last) = held.looks.last().filter(|last| last.date.as_str() > date) {
        let (last, found) = (last.date.clone(), date.to_owned());
        return Err(HistoryError::Before { path: path.to_owned(), last, found });
    }
    let bytes = add_look(&file, &held, vendor, date, report).map_err(io("read"))?;
    // The read left the file's position at its end; nobody else writes while the lock is held.
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(io("write"))?;
    // Closing is not enough while a process that is just being started holds a copy of the handle.
    let _ = file.unlock();
    History::read(path)
}

/// A digest of what a report says under one fingerprint: how bad it is, and what was and is there.
fn state(report: &Report, fingerprint: &str) -> String {
    let of_it = report.findings.iter().filter(|finding| finding.fingerprint == fingerprint);
    let mut said: Vec<String> = of_it
        .map(|finding| {
            format!("{:?} {:?} {:?} {:?}", finding.severity, finding.from, finding.to, finding.models)
        })
        .collect();
    said.sort();
    let digest = Sha256::digest(said.join("\n").as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a look, after whatever a killed run left at the end.
fn add_look(file: &File, held: &History, vendor: &str, date: &str, report: &Report) -> io::Result<Vec<u8>> {
    let mut lines: Vec<String> = Vec::new();
    let length = file.metadata()?.len();
    if held.looks.is_empty() && held.vendor.is_empty() && held.facts.is_empty() {
        let drift = "mockreel".to_owned();
        let header = HistoryHeader { schema_version: SCHEMA_VERSION, drift, vendor: vendor.to_owned() };
        lines.push(serde_json::to_string(&header)?);
    }
    let number = held.looks.last().map_or(1, |look| look.number + 1);
    let mut fingerprints = BTreeSet::new();
    for finding in report.findings.iter().filter(|finding| finding.baseline != Some(BaselineState::Absent)) {
        if !fingerprints.insert(finding.fingerprint.clone()) {
            continue;
        }
        let seen = Observation {
            look: number,
            fingerprint: finding.fingerprint.clone(),
            kind: finding.kind,
            severity: finding.severity,
            operation: finding.operation.clone(),
            place: finding.place.clone(),
            to_place: finding.to_place.clone(),
            state: state(report, &finding.fingerprint),
            to: finding.to.clone(),
        };
        let line = HistoryLine { schema_version: SCHEMA_VERSION, finding: Some(seen), look: None };
        lines.push(serde_json::to_string(&line)?);
    }
    let (old, new) = (report.old.clone(), report.new.clone());
    let look = Look { number, date: date.to_owned(), old, new, fingerprints };
    lines.push(serde_json::to_string(&HistoryLine {
        schema_version: SCHEMA_VERSION,
        finding: None,
        look: Some(look),
    })?);
    let mut bytes = Vec::new();
    if length > 0 && !ends_with_a_line(file)? {
        bytes.push(b'\n');
    }
    for line in lines {
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
    }
    Ok(bytes)
}

fn ends_with_a_line(mut file: &File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}
