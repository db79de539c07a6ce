//! Writes a cassette line by line, each of them at once: a killed run keeps what it had paid for.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{CassetteEnd, CassetteError, CassetteHeader, Count, file_name, hex};
use crate::exchange::Exchange;
use crate::redact::Redactor;

/// A cassette that is being written.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: File,
    exchanges: u64,
    digest: Sha256,
    /// Why a line could not be written: then the recording has no end.
    broken: Option<CassetteError>,
}

impl Recorder {
    /// Begins the cassette of a run in this directory, which is made if need be. What must not be kept is taken out
    /// of the header.
    ///
    /// # Errors
    ///
    /// If there is such a cassette already, finished or not, and `overwrite` is not set; if it cannot be
    /// written.
    pub fn create(
        dir: &Path,
        header: &CassetteHeader,
        redactor: &Redactor,
        overwrite: bool,
    ) -> Result<Self, CassetteError> {
        let path = dir.join(file_name(&header.vendor, &header.edition));
        fs::create_dir_all(dir).map_err(|error| cannot_write(dir, &error))?;
        let mut options = OpenOptions::new();
        options.write(true);
        if overwrite {
            options.create(true).truncate(true);
        } else {
            options.create_new(true);
        }
        let file = options.open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => CassetteError::Exists { file: path.clone() },
            _ => cannot_write(&path, &error),
        })?;
        let mut recorder = Self { path, file, exchanges: 0, digest: Sha256::new(), broken: None };
        recorder.write(&header.redact_texts(redactor))?;
        Ok(recorder)
    }

    /// Where the cassette is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends an exchange. When this returns, the system has it.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn record(&mut self, exchange: &Exchange) -> Result<(), CassetteError> {
        self.write(exchange)?;
        self.exchanges += 1;
        Ok(())
    }

    /// Ends the cassette: it says that it is complete.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or a line before it could not be.
    pub fn finish(mut self) -> Result<(), CassetteError> {
        let sha256 = Some(hex(self.digest.clone().finalize()));
        self.write(&CassetteEnd { end: Count { exchanges: self.exchanges, sha256 } })?;
        self.file.sync_all().map_err(|error| cannot_write(&self.path, &error))
    }

    /// One line in one call to the system, with no buffer between.
    fn write(&mut self, line: &impl Serialize) -> Result<(), CassetteError> {
        let mut bytes = serde_json::to_vec(line).expect("headers and exchanges have only text for keys");
        bytes.push(b'\n');
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        self.digest.update(&bytes);
        self.file.write_all(&bytes).map_err(|error| {
            let error = cannot_write(&self.path, &error);
            self.broken = Some(error.clone());
            error
        })
    }
}

fn cannot_write(file: &Path, error: &io::Error) -> CassetteError {
    CassetteError::System { what: "write", file: file.to_owned(), why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_that_could_not_be_written_in_full_gets_no_end() {
        let path = std::env::temp_dir().join(format!("mockreel-recorder-{}", std::process::id()));
        fs::write(&path, "").unwrap();
        // Opened for reading, so that the first line cannot be written, as on a full disk.
        let file = File::open(&path).unwrap();
        let mut recorder =
            Recorder { path: path.clone(), file, exchanges: 0, digest: Sha256::new(), broken: None };
        let first = recorder.write(&"a line").unwrap_err();
        recorder.file = OpenOptions::new().write(true).open(&path).unwrap();
        assert_eq!(recorder.finish().unwrap_err(), first, "there is room again, but a line is missing");
        assert_eq!(fs::read(&path).unwrap(), b"");
        fs::remove_file(&path).unwrap();
    }
}
