//! Writes a cassette line by line, each of them at once: a killed run keeps what it had paid for.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{CassetteEnd, CassetteError, CassetteHeader, Count, file_name};
use crate::exchange::Exchange;

/// A cassette that is being written.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: File,
    exchanges: u64,
}

impl Recorder {
    /// Begins the cassette of a run in this directory, which is made if need be.
    ///
    /// # Errors
    ///
    /// If there is such a cassette already, finished or not, and `overwrite` is not set; if it cannot be
    /// written.
    pub fn create(dir: &Path, header: &CassetteHeader, overwrite: bool) -> Result<Self, CassetteError> {
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
        let mut recorder = Self { path, file, exchanges: 0 };
        recorder.write(header)?;
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

    /// Ends the cassette.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn finish(mut self) -> Result<(), CassetteError> {
        self.write(&CassetteEnd { end: Count { exchanges: self.exchanges } })?;
        self.file.sync_all().map_err(|error| cannot_write(&self.path, &error))
    }

    /// One line in one call to the system, with no buffer between.
    fn write(&mut self, line: &impl Serialize) -> Result<(), CassetteError> {
        let mut bytes = serde_json::to_vec(line).expect("headers and exchanges have only text for keys");
        bytes.push(b'\n');
        self.file.write_all(&bytes).map_err(|error| cannot_write(&self.path, &error))
    }
}

fn cannot_write(file: &Path, error: &io::Error) -> CassetteError {
    CassetteError::System { what: "write", file: file.to_owned(), why: error.to_string() }
}
