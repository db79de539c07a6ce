//! A side of a comparison, as it was named: a file, a folder, a contract, recordings, or somebody to be asked.
//!
//! Files are bounded before they are read, and a name that means nothing is answered with what would.

use std::cell::{Cell, RefCell};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mockreel_contracts::contract::views::openapi::View;
use mockreel_contracts::{Contract, Vendor};
use mockreel_drift::{Surface, of_contract, read};

use crate::exit::SuiteError;
use mockreel_drift::observed::{Observed, Tape};
use mockreel_drift::report::Document;
use mockreel_evidence::cassette::Cassette;

/// The most bytes that one side may have, in all its files.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// What can stand for a side, for messages.
const FORMS: &str = "a file, a folder (FOLDER@2025-04 the newest of a dated one at that moment), VENDOR[@EDITION], \
    a cassette, emulator, live, or an address such as http://127.0.0.1:4747";

/// What a name means, before anything of it is read.
#[derive(Clone, Debug)]
pub enum InputName {
    /// A file or a folder, and the moment that was named with it.
    Path(PathBuf, Option<String>),
    /// A contract.
    Contract(Box<Vendor>),
    /// Somebody to be asked: `emulator`, `live` or an address.
    Ask(String),
}

/// A side, read.
#[derive(Clone, Debug)]
pub struct Input {
    /// As it was named.
    pub name: String,
    /// What it holds.
    pub what: InputKind,
    /// What its recordings lack, each in one line.
    pub gaps: Vec<String>,
}

/// What a side holds.
#[derive(Clone, Debug)]
pub enum InputKind {
    /// A description, and the files that it is from.
    Document(Box<Surface>, Vec<Document>),
    /// A contract.
    Contract(Arc<Contract>),
    /// Answers, and the contract by which they are read.
    Answers(Box<Observed>, Arc<Contract>),
}

fn usage_error(line: String) -> SuiteError {
    SuiteError::Usage(line)
}

impl InputName {
    /// What a name means.
    ///
    /// # Errors
    ///
    /// If it means nothing; says what would.
    pub fn parse(text: &str) -> Result<Self, SuiteError> {
        if ["live", "emulator"].contains(&text) || text.starts_with("http://") || text.starts_with("https://")
        {
            return Ok(Self::Ask(text.to_owned()));
        }
        let vendor = mockreel_contracts::vendor(text);
        let why = match vendor {
            Ok(vendor) => return Ok(Self::Contract(Box::new(vendor))),
            Err(why) => why,
        };
        let path = Path::new(text);
        if path.exists() {
            return Ok(Self::Path(path.to_owned(), None));
        }
        if let Some((folder, moment)) = text.rsplit_once('@').filter(|(folder, _)| Path::new(folder).is_dir())
        {
            return Ok(Self::Path(PathBuf::from(folder), Some(moment.to_owned())));
        }
        Err(usage_error(format!("`{text}` is no input: expected {FORMS}; found no such file, and {why}")))
    }

    /// The vendor that it names, if it names one.
    pub fn vendor(&self) -> Option<Vendor> {
        match self {
            Self::Contract(vendor) => Some((**vendor).clone()),
            Self::Path(path, _) => {
                let tapes = find_cassettes(path).ok()?;
                let (vendor, edition) = tapes.first().and_then(|tape| selector_of(tape))?;
                let one = tapes.iter().filter_map(|tape| selector_of(tape)).all(|(held, _)| held == vendor);
                one.then(|| mockreel_contracts::vendor(&format!("{vendor}@{edition}")).ok())?
            }
            Self::Ask(_) => None,
        }
    }

    /// Reads a side that can be read. `of` is the vendor that the other side names, where this one holds several.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is too large, or holds nothing that can be compared; `None` if it is to be asked.
    pub fn read(&self, name: &str, of: Option<&Vendor>) -> Result<Option<Input>, SuiteError> {
        let (what, gaps) = match self {
            Self::Ask(_) => return Ok(None),
            Self::Contract(vendor) => (InputKind::Contract(Arc::clone(&vendor.contract)), Vec::new()),
            Self::Path(path, _) if !find_cassettes(path)?.is_empty() => read_answers(path, of)?,
            Self::Path(path, moment) => (read_path(path, moment.as_deref(), of)?, Vec::new()),
        };
        Ok(Some(Input { name: name.to_owned(), what, gaps }))
    }
}

impl Input {
    /// Whether it is answers, none of which was a good one: then nothing was looked at.
    pub fn saw_nothing(&self) -> bool {
        match &self.what {
            InputKind::Answers(seen, _) => !seen.shapes.keys().any(|kind| (200..300).contains(&kind.status)),
            InputKind::Document(..) | InputKind::Contract(_) => false,
        }
    }

    /// The vendor's id; empty if nobody says.
    pub fn vendor(&self) -> &str {
        match &self.what {
            InputKind::Document(surface, _) => &surface.vendor,
            InputKind::Contract(contract) | InputKind::Answers(_, contract) => &contract.id,
        }
    }

    /// What it describes, if it is a file or a folder of them.
    pub fn description(&self) -> Option<&Surface> {
        match &self.what {
            InputKind::Document(surface, _) => Some(surface),
            InputKind::Contract(_) | InputKind::Answers(..) => None,
        }
    }

    /// Whether it holds answers rather than a description.
    pub fn is_observed(&self) -> bool {
        matches!(self.what, InputKind::Answers(..))
    }

    /// The form in which it is compared. Of a contract: what is documented, or what is enforced.
    pub fn surface(&self, view: View) -> Surface {
        let mut surface = match &self.what {
            InputKind::Document(surface, _) => (**surface).clone(),
            InputKind::Contract(contract) => of_contract(contract, view),
            InputKind::Answers(seen, _) => seen.surface(&self.name),
        };
        surface.name.clone_from(&self.name);
        surface
    }

    /// The files that it is from, for reports that name places in them.
    pub fn documents(&self) -> Vec<Document> {
        match &self.what {
            InputKind::Document(_, documents) => documents.clone(),
            InputKind::Contract(_) | InputKind::Answers(..) => Vec::new(),
        }
    }
}

fn read_path(path: &Path, moment: Option<&str>, of: Option<&Vendor>) -> Result<InputKind, SuiteError> {
    if !find_cassettes(path)?.is_empty() {
        return read_answers(path, of).map(|(kind, _)| kind);
    }
    if path.is_dir() {
        return read_folder(path, moment);
    }
    let (bytes, shown) = (read_bounded(path, MOST_BYTES)?, path.display().to_string());
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let left = Cell::new(MOST_BYTES.saturating_sub(bytes.len() as u64));
    let documents = RefCell::new(vec![document_of("", path, &bytes)]);
    let beside = |below: &str| {
        let bytes = read_beside(&folder, below, &left)?;
        documents.borrow_mut().push(document_of(below, &folder.join(below), &bytes));
        Ok(bytes)
    };
    let surface =
        read::openapi_beside(&shown, &bytes, &beside).map_err(|why| usage_error(why.to_string()))?;
    Ok(InputKind::Document(Box::new(surface), documents.into_inner()))
}

/// The bytes of a file to which a description refers: of its own folder or below, wherever links of the file system
/// lead.
fn read_beside(folder: &Path, below: &str, left: &Cell<u64>) -> Result<Vec<u8>, String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let path = folder.join(below);
    let cannot = |why: std::io::Error| why.to_string();
    let (real, top) = (path.canonicalize().map_err(cannot)?, folder.canonicalize().map_err(cannot)?);
    if !real.starts_with(&top) {
        return Err("it leads out of the folder of the description".to_owned());
    }
    let bytes = read_bounded(&real, left.get()).map_err(|why| why.to_string())?;
    left.set(left.get().saturating_sub(bytes.len() as u64));
    Ok(bytes)
}

fn document_of(name: &str, path: &Path, bytes: &[u8]) -> Document {
    let text = String::from_utf8_lossy(bytes).into_owned();
    Document { name: name.to_owned(), path: path.display().to_string(), text }
}

/// The bytes of a file, if there are not too many.
fn read_bounded(path: &Path, most: u64) -> Result<Vec<u8>, SuiteError> {
    let shown = path.display();
    let cannot = |why: std::io::Error| usage_error(format!("cannot read {shown}: {why}"));
    // Opening a pipe would wait for somebody to write into it.
    if !fs::metadata(path).map_err(cannot)?.is_file() {
        return Err(usage_error(format!("{shown}: expected a file, found something else")));
    }
    let file = fs::File::open(path).map_err(cannot)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > most {
        let mebibytes = MOST_BYTES / (1024 * 1024);
        return Err(usage_error(format!(
            "{shown}: expected at most {mebibytes} MiB in an input, found more; name fewer or smaller files"
        )));
    }
    Ok(bytes)
}

/// The files of a folder that end in one of these ways, sorted.
fn list_files(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, SuiteError> {
    let cannot = |why: std::io::Error| usage_error(format!("cannot read {}: {why}", folder.display()));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if path.is_file() && endings.contains(&ending) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The OpenAPI files of a folder whose names all begin with a day, oldest first; `None` if not all do.
///
/// # Errors
///
/// If the folder cannot be read.
pub fn dated(folder: &Path) -> Result<Option<Vec<(String, PathBuf)>>, SuiteError> {
    Ok(read::dated(list_files(folder, &["json", "yaml", "yml"])?, |path| file_name(path)))
}

/// A file as a side of its own.
///
/// # Errors
///
/// If it cannot be read.
pub fn of_file(path: &Path) -> Result<Input, SuiteError> {
    Ok(Input { name: file_name(path), what: read_path(path, None, None)?, gaps: Vec::new() })
}

fn read_folder(folder: &Path, moment: Option<&str>) -> Result<InputKind, SuiteError> {
    let shown = folder.display();
    if let Some(days) = dated(folder)? {
        let admitted = |held: &str| moment.is_none_or(|moment| held.get(..moment.len()) <= Some(moment));
        let newest = days.iter().rfind(|(day, _)| admitted(day));
        let Some((_, newest)) = newest else {
            let first = days.first().map(|(day, _)| day.as_str()).unwrap_or_default();
            let found = moment.unwrap_or_default();
            return Err(usage_error(format!(
                "{shown}@{found} is before the first file, which is of {first}"
            )));
        };
        return read_path(newest, None, None);
    }
    if let Some(moment) = moment {
        return Err(usage_error(format!(
            "{shown}@{moment}: expected a folder whose files all begin with a day such as 2025-04-25"
        )));
    }
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut documents = Vec::new();
    let mut left = MOST_BYTES;
    for path in list_files(folder, &["json", "yaml", "yml"])? {
        let bytes = read_bounded(&path, left)?;
        left = left.saturating_sub(bytes.len() as u64);
        documents.push(document_of(&file_name(&path), &path, &bytes));
        files.push((file_name(&path), bytes));
    }
    if files.is_empty() {
        return Err(usage_error(format!(
            "{shown}: expected OpenAPI files (.json, .yaml, .yml) or cassettes (VENDOR@EDITION.jsonl), found none; \
             name a folder that holds them itself"
        )));
    }
    let left = Cell::new(left);
    let documents = RefCell::new(documents);
    let beside = |below: &str| {
        let bytes = read_beside(folder, below, &left)?;
        documents.borrow_mut().push(document_of(below, &folder.join(below), &bytes));
        Ok(bytes)
    };
    let surface = read::folder_beside(&shown.to_string(), &files, &beside)
        .map_err(|why| usage_error(why.to_string()))?;
    Ok(InputKind::Document(Box::new(surface), documents.into_inner()))
}

/// The cassettes that a path means.
fn find_cassettes(path: &Path) -> Result<Vec<PathBuf>, SuiteError> {
    let all = if path.is_dir() { list_files(path, &["jsonl"])? } else { vec![path.to_owned()] };
    Ok(all.into_iter().filter(|tape| selector_of(tape).is_some()).collect())
}

/// The vendor and edition that a cassette's name says.
fn selector_of(tape: &Path) -> Option<(String, String)> {
    let name = file_name(tape);
    let (vendor, edition) = name.strip_suffix(".jsonl")?.split_once('@')?;
    Some((vendor.to_owned(), edition.to_owned()))
}

/// The answers of recordings, and what those lack.
fn read_answers(path: &Path, of: Option<&Vendor>) -> Result<(InputKind, Vec<String>), SuiteError> {
    let mut tapes = find_cassettes(path)?;
    let held = |tapes: &[PathBuf]| {
        let mut ids: Vec<String> =
            tapes.iter().filter_map(|tape| selector_of(tape)).map(|(vendor, _)| vendor).collect();
        ids.dedup();
        ids
    };
    if let Some(of) = of.filter(|_| path.is_dir()) {
        let mine = |tape: &PathBuf| selector_of(tape).is_some_and(|(vendor, _)| vendor == of.id());
        if !tapes.iter().any(mine) {
            let found = held(&tapes).join(", ");
            let shown = path.display();
            return Err(usage_error(format!("{shown}: expected a cassette of {}, found {found}", of.id())));
        }
        tapes.retain(mine);
        // Of several editions the one that was named counts, if it is there.
        let exact =
            |tape: &PathBuf| selector_of(tape).is_some_and(|(_, edition)| edition == of.contract.edition);
        if tapes.iter().any(exact) {
            tapes.retain(exact);
        }
    }
    let ids = held(&tapes);
    if ids.len() > 1 {
        return Err(usage_error(format!(
            "{}: expected cassettes of one vendor, found {}; name one file of it",
            path.display(),
            ids.join(", ")
        )));
    }
    let mut seen = Observed::default();
    let mut contract = None;
    let mut gaps = Vec::new();
    let mut left = MOST_BYTES;
    for tape in &tapes {
        left = left.saturating_sub(read_bounded(tape, left)?.len() as u64);
        let (vendor, edition) = selector_of(tape).unwrap_or_default();
        let folder = tape.parent().unwrap_or(Path::new("."));
        let cassette =
            Cassette::open(folder, &vendor, &edition).map_err(|why| usage_error(why.to_string()))?;
        let found = mockreel_contracts::vendor(&format!("{vendor}@{edition}"))
            .map_err(|why| usage_error(format!("{}: {why}", tape.display())))?;
        seen.add(Tape::of(&cassette, &found.contract, crate::cases::WITHOUT_PROFILE));
        gaps.extend(cassette.gap().map(|gap| format!("{}: {gap}", tape.display())));
        contract = Some(Arc::clone(&found.contract));
    }
    let contract = contract
        .ok_or_else(|| usage_error(format!("{}: expected a cassette, found none", path.display())))?;
    Ok((InputKind::Answers(Box::new(seen), contract), gaps))
}
