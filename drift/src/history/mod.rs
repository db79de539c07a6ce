//! Histories of findings: an append-only file for each watch of a vendor, `<vendor>.drift.jsonl`.
//!
//! 1. The first line says what the file is: `{"schema_version":1,"drift":"mockreel","vendor"}`.
//! 2. Each **look** adds a line for each finding, `{"schema_version":1,"finding":{"look","fingerprint","kind",
//!    "severity","operation","where",...}}`, and then one for itself, `{"schema_version":1,"look":{"number","date",
//!    "old","new","fingerprints":[...]}}`. Without that last line the look was killed, and does not count.
//!
//! Lines are only ever added. A line that is no JSON is what a killed run left; it is passed over with a warning.
//! What a later version wrote is refused, for it may mean something else. Only facts are kept, never values seen.

mod append;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::finding::{BaselineState, Confidence, Finding, Report};
use crate::{Kind, Severity};
use mockreel_contracts::text::strip_mark;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::append::append;

/// The version of the form of each line.
pub const SCHEMA_VERSION: u32 = 1;

/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Why a history cannot be used. Each message is one line.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Another run holds it.
    #[error("the history {} is in use by another run; wait until that has ended", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The system refused something.
    #[error("cannot {doing} the history {}: {why}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The file is something else, or of another vendor.
    #[error("{} is no history that can be used: {why}; name another file with --history", path.display())]
    NotAHistory {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        why: String,
    },
    /// A later version wrote it.
    #[error(
        "{}:{line}: expected schema_version {SCHEMA_VERSION} or older, found {found}; use the version that wrote it",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Its version.
        found: u64,
    },
    /// A line is JSON, and not ours.
    #[error("{}:{line}: {why}; restore the file, or begin another", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What was expected and found.
        why: String,
    },
    /// A look lies before the last one.
    #[error("the last look of {} was on {last}, expected a day not before it, found {found}; check --date", path.display())]
    Before {
        /// The file.
        path: PathBuf,
        /// The day of the last look.
        last: String,
        /// The day that was given.
        found: String,
    },
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct HistoryHeader {
    schema_version: u32,
    drift: String,
    vendor: String,
}

/// A line after the first.
#[derive(Debug, Serialize, Deserialize)]
struct HistoryLine {
    schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finding: Option<Observation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    look: Option<Look>,
}

/// One comparison, on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// From 1.
    pub number: u32,
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// The older side, as it was named.
    pub old: String,
    /// The newer side, as it was named.
    pub new: String,
    /// What was found, sorted.
    pub fingerprints: BTreeSet<String>,
}

/// What stays the same of a finding, however often it is seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The look in which it was seen.
    pub look: u32,
    /// Its name in every run.
    pub fingerprint: String,
    /// What it is.
    pub kind: Kind,
    /// How bad it is.
    pub severity: Severity,
    /// Our name of the operation, or method and path.
    pub operation: String,
    /// The canonical place.
    #[serde(rename = "where")]
    pub place: String,
    /// The canonical place where it is now, if that differs.
    #[serde(rename = "to_where", default, skip_serializing_if = "Option::is_none")]
    pub to_place: Option<String>,
    /// A digest of how bad it is and of what was and is there, so that a known finding that gets worse is news.
    #[serde(default)]
    pub state: String,
    /// What was there: a fact about the form, never a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}

/// When a finding was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// What it is, as it was seen last.
    pub facts: Observation,
    /// The day of the first look that had it.
    pub first_seen: String,
    /// The day of the last look that had it.
    pub last_seen: String,
    /// How often it went and came back.
    pub flaps: u32,
    /// Whether the last look had it.
    pub stands: bool,
}

/// What was found when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The vendor's id; empty if nobody said.
    pub vendor: String,
    /// Every look, in order.
    pub looks: Vec<Look>,
    /// What each finding is, by its fingerprint, as it was seen last.
    pub facts: BTreeMap<String, Observation>,
    /// What was passed over, and why.
    pub warnings: Vec<String>,
    /// The states of the findings of each look, in order.
    states: Vec<BTreeMap<String, Observation>>,
}

impl History {
    /// Reads a history; one that does not exist has no looks.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is something else, or was written by a later version.
    pub fn read(path: &Path) -> Result<Self, HistoryError> {
        let io = |doing| move |why| HistoryError::Io { doing, path: path.to_owned(), why };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(why) => return Err(io("open")(why)),
        };
        Self::read_file(path, &file)
    }

    fn read_file(path: &Path, file: &File) -> Result<Self, HistoryError> {
        let io = |why| HistoryError::Io { doing: "read", path: path.to_owned(), why };
        let found = file.metadata().map_err(io)?;
        let unfit = |why: String| HistoryError::NotAHistory { path: path.to_owned(), why };
        if !found.is_file() {
            return Err(unfit("expected a file".to_owned()));
        }
        if found.len() > MOST_BYTES {
            let most = MOST_BYTES / (1024 * 1024);
            return Err(unfit(format!("expected at most {most} MiB, found {} bytes", found.len())));
        }
        let mut bytes = Vec::new();
        file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(io)?;
        Self::parse(path, &bytes)
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, HistoryError> {
        let mut history = Self::default();
        let mut open: BTreeMap<String, Observation> = BTreeMap::new();
        for (index, line) in strip_mark(bytes).split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            let number = index + 1;
            let Ok(value) = serde_json::from_slice::<serde_json::Value>(line) else {
                if number == 1 && !HEAD.as_bytes().starts_with(&line[..line.len().min(HEAD.len())]) {
                    let why = "expected its first line to say so".to_owned();
                    return Err(HistoryError::NotAHistory { path: path.to_owned(), why });
                }
                let shown = path.display();
                history.warnings.push(format!("{shown}:{number}: passed over what a killed run left"));
                continue;
            };
            match value.get("schema_version").and_then(serde_json::Value::as_u64) {
                Some(found) if found > u64::from(SCHEMA_VERSION) => {
                    return Err(HistoryError::Newer { path: path.to_owned(), line: number, found });
                }
                Some(_) | None => {}
            }
            history.take(path, number, value, &mut open)?;
        }
        Ok(history)
    }

    fn take(
        &mut self,
        path: &Path,
        number: usize,
        value: serde_json::Value,
        open: &mut BTreeMap<String, Observation>,
    ) -> Result<(), HistoryError> {
        let damaged = |why: String| HistoryError::Damaged { path: path.to_owned(), line: number, why };
        if value.get("drift").is_some() {
            let header: HistoryHeader = serde_json::from_value(value)
                .map_err(|why| damaged(format!("expected the first line of a history ({why})")))?;
            self.vendor = header.vendor;
            return Ok(());
        }
        if number == 1 {
            let why = "expected its first line to say so".to_owned();
            return Err(HistoryError::NotAHistory { path: path.to_owned(), why });
        }
        if !value.is_object() {
            return Err(damaged("expected a look, found other JSON".to_owned()));
        }
        let line: HistoryLine =
            serde_json::from_value(value).map_err(|why| damaged(format!("expected a look ({why})")))?;
        if let Some(finding) = line.finding {
            open.insert(finding.fingerprint.clone(), finding);
        }
        if let Some(look) = line.look {
            let told = std::mem::take(open);
            let of_look = told
                .into_iter()
                .filter(|(name, seen)| seen.look == look.number && look.fingerprints.contains(name));
            let of_look: BTreeMap<String, Observation> = of_look.collect();
            self.facts.extend(of_look.clone());
            self.states.push(of_look);
            self.looks.push(look);
        }
        Ok(())
    }

    /// When a finding was seen; `None` if it never was.
    pub fn story(&self, fingerprint: &str) -> Option<Story> {
        let had: Vec<&Look> =
            self.looks.iter().filter(|look| look.fingerprints.contains(fingerprint)).collect();
        let (first, last) = (had.first()?, had.last()?);
        let mut runs = 0_u32;
        let mut before = false;
        for look in &self.looks {
            let now = look.fingerprints.contains(fingerprint);
            runs += u32::from(now && !before);
            before = now;
        }
        Some(Story {
            facts: self.facts.get(fingerprint)?.clone(),
            first_seen: first.date.clone(),
            last_seen: last.date.clone(),
            flaps: runs.saturating_sub(1),
            stands: before,
        })
    }

    /// The story of every finding, what stands first, then by place.
    pub fn stories(&self) -> Vec<Story> {
        let mut all: Vec<Story> = self.facts.keys().filter_map(|name| self.story(name)).collect();
        all.sort_by(|one, other| {
            let key = |story: &Story| {
                (!story.stands, story.facts.severity, story.facts.place.clone(), story.facts.kind)
            };
            key(one).cmp(&key(other))
        });
        all
    }

    /// Writes what the history knows into a report that was added as its last look: first and last seen, flaps,
    /// and whether it is new, unchanged or absent. What is absent since the look before becomes a finding.
    pub fn tell(&self, report: &mut Report) {
        let before = self.looks.len().checked_sub(2).and_then(|at| self.looks.get(at));
        let last = self.states.len();
        let state = |back: usize, name: &str| {
            let look = last.checked_sub(back).and_then(|at| self.states.get(at))?;
            look.get(name).map(|seen| seen.state.clone())
        };
        // A finding that is there with other facts than last time is as good as a new one.
        let had = |name: &str| {
            before.is_some_and(|look| look.fingerprints.contains(name)) && state(1, name) == state(2, name)
        };
        for finding in &mut report.findings {
            let Some(story) = self.story(&finding.fingerprint) else { continue };
            finding.first_seen = Some(story.first_seen);
            finding.last_seen = Some(story.last_seen);
            finding.flaps = Some(story.flaps);
            let known = had(&finding.fingerprint);
            let last = last.checked_sub(2).and_then(|at| self.states.get(at));
            let last = last.and_then(|look| look.get(&finding.fingerprint)).and_then(|seen| seen.to.clone());
            finding.last_look = last.filter(|last| Some(last) != finding.to.as_ref());
            finding.baseline = Some(if known { BaselineState::Unchanged } else { BaselineState::New });
        }
        let now = self.looks.last();
        let gone = before.into_iter().flat_map(|look| &look.fingerprints);
        let gone = gone.filter(|name| !now.is_some_and(|look| look.fingerprints.contains(*name)));
        let gone: Vec<Finding> = gone.filter_map(|name| Some(absent(&self.story(name)?))).collect();
        report.findings.extend(gone);
        report.sort();
    }
}

/// A finding that was there in the look before and is no longer.
fn absent(story: &Story) -> Finding {
    let facts = &story.facts;
    let mut finding = Finding::new("", facts.kind, facts.severity, &facts.operation, &facts.place);
    finding.fingerprint.clone_from(&facts.fingerprint);
    finding.to_place.clone_from(&facts.to_place);
    finding.first_seen = Some(story.first_seen.clone());
    finding.last_seen = Some(story.last_seen.clone());
    finding.flaps = Some(story.flaps);
    finding.baseline = Some(BaselineState::Absent);
    finding.confidence = Confidence::Certain;
    finding.message = format!("no longer so; last seen on {}", story.last_seen);
    finding
}

/// How the first line begins.
const HEAD: &str = "{\"schema_version\":";
