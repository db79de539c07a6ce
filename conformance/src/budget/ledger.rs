//! The ledger: a file to which every reservation is added, and made durable, before anything may be sent.
//!
//! One line of JSON for each entry, after a first line that says what the file is. Lines are only ever added,
//! and a reservation counts in full until a later line settles it, so a run that is killed at any moment is
//! charged for all that it may have sent.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::entries::{LedgerEntries, LedgerLine, Reservation, Settled, Settlement};
use mockreel_contracts::Amount;
use mockreel_contracts::text::strip_mark;

/// The first line of every ledger.
const HEADER: &str = "{\"schema_version\":1,\"ledger\":\"mockreel\"}\n";

/// The version that [`HEADER`] names.
const SCHEMA_VERSION: u32 = 1;

/// Longest line in bytes, its end included; ours have a few hundred.
const LINE_LIMIT_BYTES: usize = 64 * 1024;

/// Why the ledger cannot be used. Whatever the reason: nothing may be sent that could cost.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another run holds it.
    #[error(
        "the ledger {} is in use by another run; wait until that has ended, or kill it: its reservations are kept",
        path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The system refused something.
    #[error("cannot {doing} the ledger {}: {why}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The file is something else.
    #[error("{} is no ledger that this version reads: {why}; name another file with --ledger", path.display())]
    NotALedger {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        why: String,
    },
    /// A line is not what this program writes.
    #[error(
        "{}:{line}: {why}; nothing was changed: restore the file, for without this line nobody knows what was spent",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What was expected and found.
        why: String,
    },
    /// The file is no longer as this run left it.
    #[error("the ledger {} was changed or removed while this run had it; put it back and run again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// It could not be written before, so what it holds is no longer certain.
    #[error("the ledger {} could not be written before, so nothing more may be spent; run again", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
    },
    /// The entry would break the ledger's rules.
    #[error("nothing was written to the ledger {}: {why}", path.display())]
    LedgerEntry {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        why: String,
    },
}

/// The first line.
#[derive(Deserialize, Serialize)]
struct LedgerHeader {
    schema_version: u32,
    ledger: String,
}

/// An open ledger. Nobody else can open the file until this is dropped or the process ends.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: File,
    run: String,
    /// Bytes of the file; all of them are whole lines that were read or written here.
    length: u64,
    entries: LedgerEntries,
    unusable: bool,
}

impl Ledger {
    /// Opens the file, or creates it in a folder that exists. `run` is the name under which this run reserves.
    ///
    /// A last line without an end is cut off: a line is written in one piece and synced before anything is
    /// sent, so for a line without an end the sync had not returned. If it was a reservation, nothing was
    /// sent; if it settled one, that stays reserved in full. Any other damage is an error.
    ///
    /// # Errors
    ///
    /// If another run has it open, if it cannot be read or written, or if it is damaged. The file is then as
    /// it was.
    pub fn open(path: &Path, run: &str) -> Result<Self, LedgerError> {
        let io = |doing| move |why| LedgerError::Io { doing, path: path.to_owned(), why };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path).map_err(io("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(why)) => return Err(io("lock")(why)),
        }
        let found = file.metadata().map_err(io("read"))?;
        if !found.is_file() {
            let why = "expected a file of its own".to_owned();
            return Err(LedgerError::NotALedger { path: path.to_owned(), why });
        }
        let mut entries = LedgerEntries::default();
        let mut length = read(path, &file, &mut entries)?;
        if length < found.len() {
            file.set_len(length).map_err(io("repair"))?;
        }
        if length == 0 {
            (&file).seek(SeekFrom::Start(0)).map_err(io("write"))?;
            (&file).write_all(HEADER.as_bytes()).map_err(io("write"))?;
            length = HEADER.len() as u64;
        }
        file.sync_all().map_err(io("sync"))?;
        sync_folder(path).map_err(io("sync the folder of"))?;
        Ok(Self { path: path.to_owned(), file, run: run.to_owned(), length, entries, unusable: false })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What all runs together have spent at a vendor, in that unit: settled amounts, and open reservations in
    /// full.
    pub fn spent(&self, vendor: &str, unit: &str) -> Amount {
        self.entries.spent(vendor, unit, None)
    }

    /// As [`Ledger::spent`], of what was reserved in a month (`YYYY-MM`, UTC).
    pub fn spent_in_month(&self, vendor: &str, unit: &str, month: &str) -> Amount {
        self.entries.spent(vendor, unit, Some(month))
    }

    /// Reserves, and returns the reservation's number once it is durable. `id` and `run` are filled in here.
    pub(super) fn reserve(&mut self, wanted: Reservation) -> Result<u64, LedgerError> {
        let id = self.entries.next_id();
        self.add(&LedgerLine::Reserve(Reservation { id, run: self.run.clone(), ..wanted }))?;
        Ok(id)
    }

    /// Settles an open reservation.
    pub(super) fn settle(&mut self, id: u64, amount: Amount, result: Settled) -> Result<(), LedgerError> {
        self.add(&LedgerLine::Settle(Settlement { id, amount, result }))
    }

    fn add(&mut self, line: &LedgerLine) -> Result<(), LedgerError> {
        if self.unusable {
            return Err(LedgerError::Unusable { path: self.path.clone() });
        }
        let refused = |why| LedgerError::LedgerEntry { path: self.path.clone(), why };
        let entry = line.check_line(&self.entries).map_err(refused)?;
        let mut bytes = serde_json::to_vec(line).expect("entries are texts, numbers and finite amounts");
        bytes.push(b'\n');
        if bytes.len() > LINE_LIMIT_BYTES {
            return Err(refused(format!("the entry has {} bytes of {LINE_LIMIT_BYTES}", bytes.len())));
        }
        self.check_untouched()?;
        let written = self
            .file
            .seek(SeekFrom::Start(self.length))
            .and_then(|_| self.file.write_all(&bytes))
            .and_then(|()| self.file.sync_data());
        if let Err(why) = written {
            self.unusable = true;
            // If this fails too, part of a line stays at the end, where the next run cuts it off.
            let _ = self.file.set_len(self.length);
            return Err(LedgerError::Io { doing: "write", path: self.path.clone(), why });
        }
        self.length += bytes.len() as u64;
        self.entries.record(entry);
        Ok(())
    }

    /// The lock keeps other runs out, but no editor and no `rm`, and what they did would be overwritten or lost.
    fn check_untouched(&self) -> Result<(), LedgerError> {
        let found = self.file.metadata().map_err(|why| LedgerError::Io {
            doing: "read",
            path: self.path.clone(),
            why,
        })?;
        if found.len() == self.length && !is_removed(&found) {
            return Ok(());
        }
        Err(LedgerError::Changed { path: self.path.clone() })
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // Closing the file is not enough while a process that is just being started holds a copy of the handle.
        let _ = self.file.unlock();
    }
}

/// Reads all whole lines and returns how many bytes they have.
fn read(path: &Path, file: &File, entries: &mut LedgerEntries) -> Result<u64, LedgerError> {
    let mut reader = BufReader::new(file);
    let (mut length, mut number) = (0, 0);
    loop {
        number += 1;
        let mut line = Vec::new();
        (&mut reader)
            .take(LINE_LIMIT_BYTES as u64)
            .read_until(b'\n', &mut line)
            .map_err(|why| LedgerError::Io { doing: "read", path: path.to_owned(), why })?;
        let is_whole = line.ends_with(b"\n");
        if number == 1 {
            check_header(path, &line)?;
        } else if is_whole {
            entries.read(&line).map_err(|why| LedgerError::Damaged {
                path: path.to_owned(),
                line: number,
                why,
            })?;
        } else if line.len() == LINE_LIMIT_BYTES {
            let why = format!("the line has more than {LINE_LIMIT_BYTES} bytes");
            return Err(LedgerError::Damaged { path: path.to_owned(), line: number, why });
        }
        if !is_whole {
            return Ok(length);
        }
        length += line.len() as u64;
    }
}

/// Accepts the first line, or the beginning of it: then the file was being created when the run was killed.
fn check_header(path: &Path, line: &[u8]) -> Result<(), LedgerError> {
    let line = strip_mark(line);
    if HEADER.as_bytes().starts_with(line) {
        return Ok(());
    }
    let wrong = |why: String| LedgerError::NotALedger { path: path.to_owned(), why };
    let expected = || wrong(format!("expected {} as its first line", HEADER.trim_end()));
    if !line.ends_with(b"\n") {
        return Err(expected());
    }
    let header: LedgerHeader = serde_json::from_slice(line).map_err(|_| expected())?;
    if header.ledger != "mockreel" {
        return Err(expected());
    }
    if header.schema_version != SCHEMA_VERSION {
        let found = header.schema_version;
        return Err(wrong(format!("expected schema_version {SCHEMA_VERSION}, found {found}")));
    }
    Ok(())
}

/// A new file is only durable once its folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Other systems cannot open a folder, and keep their own journal of it.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn is_removed(found: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    found.nlink() == 0
}

/// Other systems do not remove a file that is open.
#[cfg(not(unix))]
fn is_removed(_found: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::super::tests::scratch::Scratch;
    use super::*;

    #[test]
    fn a_ledger_that_cannot_be_written_gives_no_number_and_stays_unusable() {
        let scratch = Scratch::new();
        let mut ledger = Ledger::open(&scratch.ledger(), "run-1").unwrap();
        let wanted = || Reservation {
            id: 0,
            at: "2026-01-31T12:00:00Z".to_owned(),
            run: String::new(),
            vendor: "acme".to_owned(),
            target: "live".to_owned(),
            case: "SUB-01".to_owned(),
            amount: Amount::rounded_up(1.0),
            unit: "credits".to_owned(),
            price_known: true,
        };
        assert_eq!(ledger.reserve(wanted()).unwrap(), 1);
        let writable = std::mem::replace(&mut ledger.file, File::open(scratch.ledger()).unwrap());
        assert!(ledger.reserve(wanted()).unwrap_err().to_string().starts_with("cannot write the ledger"));
        ledger.file = writable;
        let refused = ledger.reserve(wanted()).unwrap_err();
        assert!(matches!(refused, LedgerError::Unusable { .. }), "{refused}");
        assert!(ledger.settle(1, Amount::ZERO, Settled::Refused).is_err());
        assert_eq!(ledger.spent("acme", "credits"), Amount::rounded_up(1.0));
    }
}
