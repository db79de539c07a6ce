//! Files that are named on the command line: read whole, or checked to be writable before a run that may cost.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use mockreel_conformance::report::Format;
use mockreel_contracts::text::decode_text;

use crate::error::CliError;

/// The largest file that is read whole, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Reads a file as text. A byte order mark at its start is no part of it.
pub(crate) fn read_text(path: &Path) -> Result<String, CliError> {
    read_utf8(path).map_err(|why| CliError::unreadable(path, why))
}

/// The same, with the bare reason why it cannot be read.
///
/// # Errors
///
/// If there is no such file, or its text is no UTF-8.
pub(crate) fn read_utf8(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|why| explain_error(&why))?;
    decode_text(&bytes).map(str::to_owned).map_err(|why| why.to_string())
}

/// Why something cannot be read, with what to do where that is clear.
pub(crate) fn explain_error(why: &std::io::Error) -> String {
    match why.kind() {
        ErrorKind::NotFound => {
            "there is no such file or folder; check the path, which starts in the folder where mockreel runs"
                .to_owned()
        }
        ErrorKind::IsADirectory => "expected a file, found a folder; check the path".to_owned(),
        _ => why.to_string(),
    }
}

/// Reads a regular file. Its kind is asked for before it is opened, because opening a pipe waits for its other end.
///
/// # Errors
///
/// Says what was found instead of such a file, or why it cannot be read.
pub(crate) fn read_regular(path: &Path) -> Result<Vec<u8>, String> {
    let text = |why: std::io::Error| explain_error(&why);
    let kind = std::fs::metadata(path).map_err(text)?;
    if !kind.is_file() {
        let found = if kind.is_dir() { "a folder" } else { "a pipe, socket or device" };
        return Err(format!("expected a file, found {found}; check the path"));
    }
    let too_large = || format!("expected at most {} MiB, found more; check the path", MAX_FILE_BYTES >> 20);
    if kind.len() > MAX_FILE_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(text)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(text)?;
    // It may have grown meanwhile.
    if bytes.len() as u64 > MAX_FILE_BYTES { Err(too_large()) } else { Ok(bytes) }
}

/// Writes a file, in place of one that was there: beside it first, so that nobody ever finds half of it.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_special = target.metadata().is_ok_and(|kind| !kind.is_file());
    let beside = name_beside(&target);
    let direct = || std::fs::write(&target, text);
    let written = if is_special {
        direct()
    } else {
        std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &target)).or_else(|why| {
            // What is left of it is of no use to anybody.
            let _ = std::fs::remove_file(&beside);
            // A file may be writable in a folder that is not, as one that is mounted into a container.
            if target.is_file() { direct() } else { Err(why) }
        })
    };
    written.map_err(|why| unwritable(path, &why))
}

/// A name in the same folder for a file that is being written.
fn name_beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

/// Writes a file that was not there before, named by `--out`.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let written = File::create_new(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|why| match why.kind() {
        ErrorKind::AlreadyExists => taken_already(path),
        _ => unwritable(path, &why),
    })
}

/// Refuses a file of `--out` that is there already.
pub(crate) fn check_free(path: &Path) -> Result<(), CliError> {
    if path.symlink_metadata().is_ok() { Err(taken_already(path)) } else { Ok(()) }
}

/// Checks that reports can be written, before a run that may cost, and takes away those of earlier runs: if this one fails,
/// nobody takes them for its own.
pub(crate) fn check_writable(files: &[(Format, PathBuf)]) -> Result<(), CliError> {
    for (_, path) in files {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|why| CliError::Usage(format!("cannot make {}: {why}", folder.display())))?;
        }
        let opened = OpenOptions::new().create(true).append(true).open(path);
        let file = opened.map_err(|why| {
            CliError::Usage(format!("cannot write {}: {why}; nothing was sent", path.display()))
        })?;
        let is_plain = file.metadata().is_ok_and(|kind| kind.is_file());
        let target = path.canonicalize().unwrap_or_else(|_| path.clone());
        if is_plain && std::fs::remove_file(target).is_err() {
            // It cannot be taken away where it is mounted into a container; then it is emptied.
            file.set_len(0).map_err(|why| unwritable(path, &why))?;
        }
    }
    Ok(())
}

fn unwritable(path: &Path, why: &std::io::Error) -> CliError {
    CliError::Usage(format!("cannot write {}: {why}", path.display()))
}

fn taken_already(path: &Path) -> CliError {
    let path = path.display();
    CliError::Usage(format!(
        "--out {path}: expected a name that is free, found something there already, which is not overwritten; \
         give another name, or remove it"
    ))
}
