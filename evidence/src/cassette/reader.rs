//! Reads a cassette whole, and says in one line what is wrong with it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::{CassetteEnd, CassetteError, CassetteHeader, EXTENSION, SCHEMA_VERSION, file_name, hex};
use crate::exchange::{Content, Exchange};

/// A recorded run.
#[derive(Clone, Debug, PartialEq)]
pub struct Cassette {
    header: CassetteHeader,
    exchanges: Vec<Exchange>,
    complete: bool,
    /// How many whole lines there are.
    lines: usize,
}

/// What a line after the first one is.
#[derive(Deserialize)]
#[serde(untagged)]
enum CassetteLine {
    CassetteEnd(CassetteEnd),
    Exchange(Box<Exchange>),
}

impl Cassette {
    /// Reads the cassette of a vendor's edition in a directory of cassettes.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be understood.
    pub fn open(dir: &Path, vendor: &str, edition: &str) -> Result<Self, CassetteError> {
        let file = dir.join(file_name(vendor, edition));
        match fs::read(&file) {
            Ok(bytes) => Self::read(&file, vendor, edition, strip_mark(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing(dir, vendor, edition)),
            Err(error) => Err(cannot_read(&file, &error)),
        }
    }

    /// What the run was.
    pub fn header(&self) -> &CassetteHeader {
        &self.header
    }

    /// What was sent and what came, in the order of sending.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// Whether the recording says that it is complete. One that does not can be used as far as it goes.
    pub fn complete(&self) -> bool {
        self.complete
    }

    /// What an incomplete recording is to be called in messages; `None` of a complete one.
    pub fn gap(&self) -> Option<String> {
        (!self.complete).then(|| format!("the recording is incomplete: it ends after line {}", self.lines))
    }

    fn read(file: &Path, vendor: &str, edition: &str, bytes: &[u8]) -> Result<Self, CassetteError> {
        let damaged = |line: usize, why: String| CassetteError::Damaged { file: file.to_owned(), line, why };
        let ended = bytes.ends_with(b"\n");
        let lines: Vec<&[u8]> =
            bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|byte| *byte == b'\n').collect();
        let (first, rest) = lines.split_first().expect("a split has at least one piece");
        let header = read_header(file, first)?;
        if (header.vendor.as_str(), header.edition.as_str()) != (vendor, edition) {
            let found = format!("{}@{}", header.vendor, header.edition);
            return Err(damaged(
                1,
                format!("expected the header of {vendor}@{edition}, found that of {found}"),
            ));
        }
        let mut cassette = Self { header, exchanges: Vec::new(), complete: false, lines: 1 };
        let mut digest = Sha256::new();
        digest.update(first);
        digest.update(b"\n");
        for (index, line) in rest.iter().enumerate() {
            let number = index + 2;
            if cassette.complete {
                return Err(damaged(number, "expected nothing after the end, found another line".to_owned()));
            }
            let is_torn = number == lines.len() && !ended;
            match parse(line) {
                Ok(CassetteLine::Exchange(exchange)) => {
                    if let Some(why) = fault(&exchange) {
                        return Err(damaged(number, why.to_owned()));
                    }
                    cassette.exchanges.push(*exchange);
                    digest.update(line);
                    digest.update(b"\n");
                }
                Ok(CassetteLine::CassetteEnd(CassetteEnd { end })) => {
                    let found = cassette.exchanges.len();
                    if end.exchanges != found as u64 {
                        let why =
                            format!("expected {} exchanges before the end, found {found}", end.exchanges);
                        return Err(damaged(number, why));
                    }
                    let is_same = |said: &String| *said == hex(digest.clone().finalize());
                    if !end.sha256.as_ref().is_none_or(is_same) {
                        let why = "expected the digest of the lines before it, found another: they were edited or \
                                   damaged since; take `sha256` out if you edited them on purpose";
                        return Err(damaged(number, why.to_owned()));
                    }
                    cassette.complete = true;
                }
                // The run was killed while it wrote.
                Err(_) if is_torn => break,
                Err(why) => {
                    return Err(damaged(number, format!("expected an exchange or the end, found {why}")));
                }
            }
            cassette.lines = number;
        }
        Ok(cassette)
    }
}

/// The bytes without the byte order mark that some editors put before a text.
fn strip_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    if line.is_empty() {
        return Err("an empty line".to_owned());
    }
    let value: serde_json::Value =
        serde_json::from_slice(line).map_err(|_| "what is no JSON, or only a part of it".to_owned())?;
    serde_json::from_value(value).map_err(|error| format!("other JSON ({error})"))
}

fn read_header(file: &Path, line: &[u8]) -> Result<CassetteHeader, CassetteError> {
    let value: serde_json::Value = parse(line).map_err(|why| no_header(file, &why))?;
    let version = value.get("schema_version").and_then(serde_json::Value::as_u64);
    match version {
        Some(found) if found > u64::from(SCHEMA_VERSION) => {
            Err(CassetteError::Newer { file: file.to_owned(), found })
        }
        Some(_) | None => {
            serde_json::from_value(value).map_err(|error| no_header(file, &format!("({error})")))
        }
    }
}

fn no_header(file: &Path, found: &str) -> CassetteError {
    let why = format!("expected the header of a cassette, found {found}");
    CassetteError::Damaged { file: file.to_owned(), line: 1, why }
}

/// What keeps an exchange from being played back.
fn fault(exchange: &Exchange) -> Option<&'static str> {
    match (&exchange.answer, &exchange.error) {
        (Some(_), Some(_)) => Some("expected an answer or an error, found both"),
        (None, None) => Some("expected an answer or an error, found neither"),
        (None, Some(_)) => None,
        (Some(answer), None) => match &answer.body {
            Content::Bytes { head, .. } if STANDARD.decode(head).is_err() => {
                Some("expected the head of a body in base64, found something else")
            }
            Content::Form(_) => Some("expected an answer, found a form for its body"),
            Content::Empty | Content::Json(_) | Content::Text(_) | Content::Bytes { .. } => None,
        },
    }
}

/// Says why there is no such cassette by what there is instead.
fn missing(dir: &Path, vendor: &str, edition: &str) -> CassetteError {
    let names = match fs::read_dir(dir) {
        Ok(entries) => entries.filter_map(|entry| name(&entry.ok()?.path())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return CassetteError::NoDirectory { dir: dir.to_owned() };
        }
        Err(error) => return cannot_read(dir, &error),
    };
    let mut all: Vec<String> = names.collect();
    all.sort();
    let of_vendor: Vec<String> =
        all.iter().filter(|name| name.split_once('@').is_some_and(|(id, _)| id == vendor)).cloned().collect();
    let (dir, vendor) = (dir.to_owned(), vendor.to_owned());
    if of_vendor.is_empty() {
        CassetteError::NoVendor { dir, vendor, found: all }
    } else {
        CassetteError::OtherEdition { dir, vendor, edition: edition.to_owned(), found: of_vendor }
    }
}

/// A cassette's `vendor@edition`, if the file is one.
fn name(path: &Path) -> Option<String> {
    let stem =
        path.file_stem().filter(|_| path.extension().is_some_and(|extension| extension == EXTENSION))?;
    stem.to_str().filter(|stem| stem.contains('@')).map(str::to_owned)
}

fn cannot_read(file: &Path, error: &io::Error) -> CassetteError {
    CassetteError::System { what: "read", file: PathBuf::from(file), why: error.to_string() }
}
