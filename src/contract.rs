//! `mockreel contract`: what the contracts say, printed, and a vendor's files made into one.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use mockreel_contracts::contract::views::openapi::{Side, export};
use mockreel_contracts::contract::views::page::render;
use mockreel_drift::import::{ImportError, Wanted, check_id, day, hosts, import};

use crate::Failed;
use crate::cli::Contract;

/// Prints what was asked for.
pub(crate) fn run(command: Contract) -> Result<(), Failed> {
    let text = match command {
        Contract::List => list()?,
        Contract::Show { vendor } => {
            let vendor = mockreel_contracts::vendor(&vendor).map_err(Failed::Usage)?;
            let all = mockreel_contracts::vendors().map_err(|error| Failed::Internal(error.to_string()))?;
            let older = all.iter().map(|held| &*held.contract);
            let older = older.filter(|held| held.id == vendor.id() && held.edition < vendor.contract.edition);
            render(&vendor.contract, &older.collect::<Vec<_>>())
        }
        Contract::Openapi { vendor, documented } => {
            let vendor = mockreel_contracts::vendor(&vendor).map_err(Failed::Usage)?;
            let side = if documented { Side::Documented } else { Side::Enforced };
            format!("{:#}\n", export(&vendor.contract, side))
        }
        Contract::Import { paths, vendor, edition, title, out } => {
            let wanted = Asked { vendor, edition, title };
            return imported(&paths, &wanted, out.as_deref());
        }
    };
    say(&text);
    Ok(())
}

/// What was asked of an import.
struct Asked {
    vendor: Option<String>,
    edition: Option<String>,
    title: Option<String>,
}

/// Imports files, and sees to it that what was made of them is read as it is meant.
fn imported(paths: &[PathBuf], asked: &Asked, out: Option<&Path>) -> Result<(), Failed> {
    if let Some(id) = &asked.vendor {
        check_id(id).map_err(|error| Failed::Usage(error.to_string()))?;
    }
    if let Some(taken) = out.filter(|path| path.symlink_metadata().is_ok()) {
        return Err(taken_already(taken));
    }
    let files = read(paths)?;
    let all = mockreel_contracts::vendors().map_err(|error| Failed::Internal(error.to_string()))?;
    if files.is_empty() {
        return Err(Failed::Usage(ImportError::Nothing.to_string()));
    }
    let told = hosts(&files);
    let known = all.iter().filter(|vendor| vendor.newest).find(|vendor| match &asked.vendor {
        Some(id) => vendor.id() == id,
        None => vendor.contract.hosts.iter().any(|host| told.contains(host)),
    });
    let id = known.map(|vendor| vendor.id().to_owned()).or_else(|| asked.vendor.clone());
    let Some(id) = id else {
        let known: Vec<&str> = all.iter().filter(|vendor| vendor.newest).map(|vendor| vendor.id()).collect();
        return Err(Failed::Usage(format!(
            "the files name no host of {}: say whose they are with --vendor ID, which may be a new one",
            known.join(", ")
        )));
    };
    let day = day(&files, asked.edition.as_deref()).map_err(|error| Failed::Usage(error.to_string()))?;
    // What was written on a day is compared with what was in force then.
    let base = match day {
        Some(day) => mockreel_contracts::vendor::in_force(&id, day)
            .map_err(|error| Failed::Internal(error.to_string()))?,
        None => known,
    };
    let wanted = Wanted {
        id: &id,
        known: base.map(|vendor| &*vendor.contract),
        edition: asked.edition.as_deref(),
        title: asked.title.as_deref(),
    };
    let text = import(&files, &wanted).map_err(|error| Failed::Usage(error.to_string()))?;
    match out {
        Some(path) => write_new(path, &text)?,
        None => say(&text),
    }
    if known.is_some() {
        mockreel_contracts::vendor::overlaid("what was imported", &text).map_err(|error| {
            Failed::Usage(format!(
                "{error}; it was written all the same, and has to be edited before it loads"
            ))
        })?;
    }
    Ok(())
}

/// Writes a file that was not there before.
fn write_new(path: &Path, text: &str) -> Result<(), Failed> {
    let written = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|why| match why.kind() {
        ErrorKind::AlreadyExists => taken_already(path),
        _ => Failed::Usage(format!("cannot write {}: {why}", path.display())),
    })
}

fn taken_already(path: &Path) -> Failed {
    let path = path.display();
    Failed::Usage(format!(
        "--out {path}: expected a name that is free, found something there already, which is not overwritten; \
         give another name, or remove it"
    ))
}

/// The files, by name; a file of a folder is named by its path in it.
fn read(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, Failed> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect(path, path, &mut files)?;
        } else {
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            files.push((name, bytes(path)?));
        }
    }
    Ok(files)
}

fn collect(folder: &Path, within: &Path, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), Failed> {
    let unreadable = |why: std::io::Error| Failed::Usage(format!("cannot read {}: {why}", within.display()));
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(within).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?);
    }
    // A folder's own files come before those of the folders in it.
    entries.sort_by_key(|entry| (entry.path().is_dir(), entry.path()));
    for entry in entries {
        let path = entry.path();
        let kind = entry.file_type().map_err(unreadable)?;
        let suffix = path.extension().and_then(|suffix| suffix.to_str()).unwrap_or_default();
        if kind.is_dir() {
            collect(folder, &path, files)?;
        } else if ["json", "yaml", "yml"].contains(&suffix) {
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
            files.push((name, bytes(&path)?));
        }
    }
    Ok(())
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failed> {
    crate::settings::read_regular(path)
        .map_err(|why| Failed::Usage(format!("cannot read {}: {why}", path.display())))
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // A reader that has seen enough closes the pipe; that is no failure.
    let _ = out.write_all(text.as_bytes());
}

fn list() -> Result<String, Failed> {
    let all = mockreel_contracts::vendors().map_err(|error| Failed::Internal(error.to_string()))?;
    let lines = all.iter().map(|vendor| {
        let newest = if vendor.newest { "  newest" } else { "" };
        let title = &vendor.contract.title;
        format!("{:<26} {title}{newest}\n", vendor.contract.full_id())
    });
    Ok(lines.collect())
}
