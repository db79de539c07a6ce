//! The state file of a watch: what each source was at its last good look.
//!
//! It is one JSON document, written beside its place and moved there, so that a killed run leaves the old one or the new
//! one. A run holds the lock `FILE.lock` from reading to writing. What cannot be read is never overwritten.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::WatchError;

/// The version of the form.
pub const SCHEMA_VERSION: u32 = 1;

/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// What a watch remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchState {
    /// The version of the form, [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Says what the file is: `mockreel`.
    pub watch: String,
    /// What is known of each source, by its name as it was given.
    pub sources: BTreeMap<String, SourceState>,
}

/// What is known of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceState {
    /// The day of the last look, `YYYY-MM-DD`, whether it was good or not.
    pub looked: String,
    /// The day of the last good look; empty if there was none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub good: String,
    /// The commit of the last good look, of a git repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The documents of the last good look, by their names within the source.
    #[serde(default)]
    pub documents: BTreeMap<String, WatchedDocument>,
    /// Since when which documents could not be looked at; the empty name is the whole source.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unreachable: BTreeMap<String, String>,
}

/// A document as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchedDocument {
    /// Its path, as a report names it.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl Default for WatchState {
    fn default() -> Self {
        Self { schema_version: SCHEMA_VERSION, watch: "mockreel".to_owned(), sources: BTreeMap::new() }
    }
}

/// A state file that no other run can use before this is dropped.
#[derive(Debug)]
pub struct LockedState {
    path: PathBuf,
    lock: File,
    /// What was read; nothing if there was no file.
    pub state: WatchState,
}

impl LockedState {
    /// Locks and reads a state file; one that does not exist has no sources.
    ///
    /// # Errors
    ///
    /// If another run has it, it cannot be read, is something else, or was written by a later version.
    pub fn open(path: &Path) -> Result<Self, WatchError> {
        let io = |doing, path: &Path, why| WatchError::Io { doing, path: path.to_owned(), why };
        let beside = name_beside(path, "lock");
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&beside)
            .map_err(|why| io("open the lock", &beside, why))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(WatchError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(why)) => return Err(io("lock", &beside, why)),
        }
        let state = read_state(path)?;
        Ok(Self { path: path.to_owned(), lock, state })
    }

    /// Writes the state in place of what was there, and lets other runs have it.
    ///
    /// # Errors
    ///
    /// If it cannot be written; then the old one is still there.
    pub fn write(self) -> Result<(), WatchError> {
        let io = |doing, path: &Path, why| WatchError::Io { doing, path: path.to_owned(), why };
        let new = name_beside(&self.path, "new");
        let mut text = serde_json::to_string_pretty(&self.state)
            .map_err(|why| io("write", &self.path, io::Error::other(why)))?;
        text.push('\n');
        let written = File::create(&new)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
        written.map_err(|why| io("write", &new, why))?;
        fs::rename(&new, &self.path).map_err(|why| io("write", &self.path, why))?;
        // Closing is not enough while a process that is just being started holds a copy of the handle.
        let _ = self.lock.unlock();
        Ok(())
    }
}

/// A file beside another, which belongs to it.
fn name_beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    PathBuf::from(name)
}

fn read_state(path: &Path) -> Result<WatchState, WatchError> {
    let io = |doing, why| WatchError::Io { doing, path: path.to_owned(), why };
    let unfit = |why: String| WatchError::NotAState { path: path.to_owned(), why };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(WatchState::default()),
        Err(why) => return Err(io("open the state", why)),
    };
    let kind = file.metadata().map_err(|why| io("read the state", why))?;
    if !kind.is_file() {
        return Err(unfit("a folder or a device".to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|why| io("read the state", why))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(unfit(format!("more than {} MiB", MOST_BYTES / (1024 * 1024))));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(unfit("an empty file".to_owned()));
    }
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|why| unfit(format!("no JSON ({why})")))?;
    if value.get("watch").and_then(serde_json::Value::as_str) != Some("mockreel") {
        return Err(unfit("other JSON".to_owned()));
    }
    match value.get("schema_version").and_then(serde_json::Value::as_u64) {
        Some(found) if found > u64::from(SCHEMA_VERSION) => {
            return Err(WatchError::Newer { path: path.to_owned(), found });
        }
        Some(_) | None => {}
    }
    serde_json::from_value(value).map_err(|why| unfit(format!("another form ({why})")))
}
