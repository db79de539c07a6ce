//! Sources as they are named: a file, a folder of files, or a git repository.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::WatchError;
use super::document::{judge_document, judge_part};
use super::git::{GitHistory, is_repository};
use super::state::WatchedDocument;
use crate::read::{dated, openapi_beside};

/// The most bytes that one source may have, in all its files.
pub(super) const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// The word before a path that makes a part of a repository a git source.
const GIT: &str = "git:";

/// The name of the one document of a source that is a file, or of the newest of dated files.
pub(super) const ONLY: &str = "";

/// Something to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedSource {
    /// As it was named.
    pub name: String,
    path: PathBuf,
    asks_git: bool,
}

/// What a source holds now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SourceContent {
    /// The documents that are good, by their names within the source.
    pub(super) documents: BTreeMap<String, WatchedDocument>,
    /// What is no document, by its name, and what was found.
    pub(super) unfit: BTreeMap<String, String>,
    /// Files that are no descriptions, by name, with path and bytes: those may refer to them.
    pub(super) others: BTreeMap<String, (String, Vec<u8>)>,
    /// Whether a document that is not here was taken away on purpose, as in a commit.
    pub(super) is_complete: bool,
}

impl WatchedSource {
    /// A source, by its name.
    pub fn new(name: &str) -> Self {
        let path = name.strip_prefix(GIT).unwrap_or(name);
        let path = PathBuf::from(path);
        let asks_git = name.starts_with(GIT) || is_repository(&path);
        Self { name: name.to_owned(), path, asks_git }
    }

    /// The history of its repository, if it is one.
    ///
    /// # Errors
    ///
    /// If git cannot be run; the inner error says why the source is unreachable.
    pub fn history(&self) -> Result<Option<Result<GitHistory, String>>, WatchError> {
        if !self.asks_git { Ok(None) } else { GitHistory::open(&self.path).map(Some) }
    }

    /// What its files hold now.
    ///
    /// # Errors
    ///
    /// Says why nothing can be known.
    pub(super) fn read_files(&self) -> Result<SourceContent, String> {
        let kind = fs::metadata(&self.path).map_err(|why| match why.kind() {
            std::io::ErrorKind::NotFound => {
                "expected a file, a folder or a git repository, found nothing there".to_owned()
            }
            _ => why.to_string(),
        })?;
        if kind.is_file() { read_file(&self.path) } else { read_folder(&self.path) }
    }
}

fn read_file(path: &Path) -> Result<SourceContent, String> {
    let shown = path.display().to_string();
    let text = judge_document(&shown, &read_bounded(path, MOST_BYTES)?)?;
    let documents = [(ONLY.to_owned(), WatchedDocument { path: shown, text })];
    let mut content = SourceContent { documents: documents.into(), ..SourceContent::default() };
    content.take_beside(path.parent());
    Ok(content)
}

/// A file that a description refers to: of its own folder or below, wherever links of the file system lead.
fn read_beside(folder: &Path, below: &str) -> Result<WatchedDocument, String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let path = folder.join(below);
    let cannot = |why: std::io::Error| why.to_string();
    let (real, top) = (path.canonicalize().map_err(cannot)?, folder.canonicalize().map_err(cannot)?);
    if !real.starts_with(&top) {
        return Err("it leads out of the folder of the description".to_owned());
    }
    let text = judge_part(&read_bounded(&real, MOST_BYTES)?)?;
    Ok(WatchedDocument { path: path.display().to_string(), text })
}

/// The bytes of a regular file, if there are not too many.
fn read_bounded(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let kind = fs::metadata(path).map_err(|why| why.to_string())?;
    // Opening a pipe would wait for somebody to write into it.
    if !kind.is_file() {
        return Err("expected a file, found a pipe, socket or device".to_owned());
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|why| why.to_string())?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(|why| why.to_string())?;
    if bytes.len() as u64 > most {
        return Err(format!("expected at most {} MiB in a source, found more", MOST_BYTES / (1024 * 1024)));
    }
    Ok(bytes)
}

/// Whether a file is called as OpenAPI files are.
pub(super) fn is_named_so(name: &str) -> bool {
    [".json", ".yaml", ".yml"].iter().any(|ending| name.ends_with(ending))
}

fn read_folder(folder: &Path) -> Result<SourceContent, String> {
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(folder).map_err(|why| why.to_string())? {
        let entry = entry.map_err(|why| why.to_string())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_file() && is_named_so(&name) {
            names.push(name);
        }
    }
    names.sort();
    // Files that a schedule fetched, each called by its day: the newest is what the vendor says now.
    if let Some((_, newest)) = dated(names.clone(), Clone::clone).as_ref().and_then(|days| days.last()) {
        return read_file(&folder.join(newest)).map_err(|why| format!("{newest}: {why}"));
    }
    let mut content = SourceContent::default();
    let mut left = MOST_BYTES;
    for name in names {
        let path = folder.join(&name);
        let bytes = match read_bounded(&path, left) {
            Ok(bytes) => bytes,
            Err(why) => {
                content.unfit.insert(name, why);
                continue;
            }
        };
        left = left.saturating_sub(bytes.len() as u64);
        content.add(&name, &path.display().to_string(), &bytes);
    }
    if content.documents.is_empty() {
        return Err(describe_nothing(&content));
    }
    content.take_beside(Some(folder));
    Ok(content)
}

/// Why a source without a good document is unreachable.
pub(super) fn describe_nothing(content: &SourceContent) -> String {
    match content.unfit.first_key_value() {
        None => "expected OpenAPI files (.json, .yaml, .yml), found none".to_owned(),
        Some((name, why)) => format!("expected an OpenAPI file at least, found none; of {name}: {why}"),
    }
}

impl SourceContent {
    /// Adds a document, or what it is instead.
    pub(super) fn add(&mut self, name: &str, path: &str, bytes: &[u8]) {
        match judge_document(name, bytes) {
            Ok(text) => {
                self.documents.insert(name.to_owned(), WatchedDocument { path: path.to_owned(), text });
            }
            Err(why) => {
                self.unfit.insert(name.to_owned(), why);
                self.others.insert(name.to_owned(), (path.to_owned(), bytes.to_vec()));
            }
        }
    }

    /// Takes the files to which the documents refer: of those that are here, or from a folder.
    pub(super) fn take_beside(&mut self, folder: Option<&Path>) {
        let taken: RefCell<BTreeMap<String, WatchedDocument>> = RefCell::default();
        for (name, document) in &self.documents {
            // What a file below the folder refers to stands beside that file.
            let base = name.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
            let beside = |below: &str| -> Result<Vec<u8>, String> {
                let below = format!("{base}{below}");
                let below = below.as_str();
                if let Some(known) = self.documents.get(below) {
                    return Ok(known.text.clone().into_bytes());
                }
                // In a repository names are paths, and a reference starts in the folder of its description.
                let near = name.rsplit_once('/').map(|(folder, _)| format!("{folder}/{below}"));
                let other = self.others.get(below).or_else(|| self.others.get(near.as_ref()?));
                let found = match (other, folder) {
                    (Some((path, bytes)), _) => {
                        WatchedDocument { path: path.clone(), text: judge_part(bytes)? }
                    }
                    (None, Some(folder)) => read_beside(folder, below)?,
                    (None, None) => return Err("there is no such file beside it".to_owned()),
                };
                let bytes = found.text.clone().into_bytes();
                taken.borrow_mut().insert(below.to_owned(), found);
                Ok(bytes)
            };
            // What cannot be followed is a defect of the document, and is told as one.
            let _ = openapi_beside(name, document.text.as_bytes(), &beside);
        }
        for (name, document) in taken.into_inner() {
            self.unfit.remove(&name);
            self.documents.insert(name, document);
        }
    }
}
