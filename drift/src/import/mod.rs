//! A vendor's OpenAPI files as an edition in TOML, for a person to edit: text in, text out.
//!
//! For a vendor that is known it is a patch to one of its editions, as `--contract FILE` takes it, with what the
//! files say otherwise. For any other it is the skeleton of a contract; what a person has to decide is marked
//! there. Facts are carried over, never the vendor's sentences; what is wrong in the files becomes comments.

mod form;
mod gather;
mod overlay;
mod text;
mod whole;

#[cfg(test)]
mod tests;

use thiserror::Error;

use self::gather::Gathered;
use crate::read::{Unreadable, day_of, openapi};
use mockreel_contracts::Contract;

/// What is wanted of an import.
#[derive(Clone, Copy, Debug)]
pub struct ImportOptions<'a> {
    /// The vendor's id.
    pub id: &'a str,
    /// The vendor's edition in force on the day of the new one, if the vendor is known.
    pub known: Option<&'a Contract>,
    /// The day of the new edition; without one, the latest that a file's name begins with.
    pub edition: Option<&'a str>,
    /// The vendor's name for pages; without one, what is known, or the id.
    pub title: Option<&'a str>,
}

/// Why nothing can be imported. One line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ImportError {
    /// A file is no OpenAPI document.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// There are no files.
    #[error("expected OpenAPI files (.json, .yaml, .yml), found none; check the paths")]
    Nothing,
    /// Nobody says when the edition took effect.
    #[error(
        "expected the day of the edition; no file's name begins with one: give it with --edition YYYY-MM-DD"
    )]
    NoDay,
    /// The day is none.
    #[error(
        "--edition {0}: expected a day of the calendar as YYYY-MM-DD, with a letter if a day has two editions"
    )]
    BadDay(String),
    /// The vendor's id is none.
    #[error("--vendor {0:?}: expected an id of lower-case letters, digits and hyphens, as in `new-vendor`")]
    BadId(String),
    /// No file describes a request that names a model.
    #[error("none of the files describes an operation; there is nothing to make a contract of")]
    NoOperation,
}

/// Reads files, as `(name, bytes)`, and writes an edition.
///
/// # Errors
///
/// If a file cannot be read at all, or what is wanted does not fit together.
pub fn import(files: &[(String, Vec<u8>)], wanted: &ImportOptions<'_>) -> Result<String, ImportError> {
    if files.is_empty() {
        return Err(ImportError::Nothing);
    }
    check_id(wanted.id)?;
    let gathered = Gathered::of(files, wanted)?;
    match wanted.known {
        Some(contract) => Ok(overlay::write_edition(contract, &gathered, wanted)),
        None if gathered.operations.is_empty() => Err(ImportError::NoOperation),
        None => Ok(whole::write_contract(&gathered, wanted)),
    }
}

/// The hosts that files name as their servers, sorted; those that cannot be read name none.
pub fn hosts(files: &[(String, Vec<u8>)]) -> Vec<String> {
    let surfaces = files.iter().filter_map(|(name, bytes)| openapi(name, bytes).ok());
    let mut hosts: Vec<String> =
        surfaces.flat_map(|surface| gather::hosts(&surface.servers).collect::<Vec<_>>()).collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

/// The day of the edition that files make: as it was asked for, else the latest that a file's name begins with;
/// `None` if nobody says.
///
/// # Errors
///
/// [`ImportError::BadDay`], if what was asked for is no day.
pub fn day<'a>(
    files: &'a [(String, Vec<u8>)],
    asked: Option<&'a str>,
) -> Result<Option<&'a str>, ImportError> {
    match asked {
        Some(day) if is_edition(day) => Ok(Some(day)),
        Some(other) => Err(ImportError::BadDay(other.to_owned())),
        None => {
            Ok(files.iter().filter_map(|(name, _)| day_of(name.rsplit('/').next().unwrap_or(name))).max())
        }
    }
}

/// Sees to it that a vendor's id is one: it becomes part of addresses and of names of files.
///
/// # Errors
///
/// [`ImportError::BadId`], if it is none.
pub fn check_id(id: &str) -> Result<(), ImportError> {
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || !id.bytes().all(sound) {
        return Err(ImportError::BadId(id.to_owned()));
    }
    Ok(())
}

/// Whether a text is the name of an edition.
fn is_edition(text: &str) -> bool {
    let day = text.strip_suffix(|letter: char| letter.is_ascii_lowercase()).unwrap_or(text);
    day_of(day) == Some(day)
}
