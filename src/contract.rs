//! `mockreel contract`: contracts printed, and a vendor's OpenAPI files turned into one.

use std::path::{Path, PathBuf};

use mockreel_contracts::contract::views::openapi::{View, export};
use mockreel_contracts::contract::views::page::render;
use mockreel_drift::import::{ImportError, ImportOptions, check_id, day, hosts, import};

use crate::cli::{ContractCommand, ImportFlags};
use crate::error::CliError;
use crate::files::{check_free, read_regular, write_new};
use crate::output::say;
use crate::settings::find_vendor;

/// Prints or imports what the sub-command asks for.
pub(crate) fn run(command: ContractCommand) -> Result<(), CliError> {
    let text = match command {
        ContractCommand::List => list_editions()?,
        ContractCommand::Show { vendor } => {
            let vendor = find_vendor(&vendor)?;
            let all = mockreel_contracts::vendors().map_err(CliError::internal)?;
            let older = all.iter().map(|vendor| &**vendor.contract);
            let older =
                older.filter(|other| other.id == vendor.id() && other.edition < vendor.contract.edition);
            render(&vendor.contract, &older.collect::<Vec<_>>())
        }
        ContractCommand::Openapi { vendor, documented } => {
            let vendor = find_vendor(&vendor)?;
            let view = if documented { View::Documented } else { View::Enforced };
            format!("{:#}\n", export(&vendor.contract, view))
        }
        ContractCommand::Import(flags) => return import_files(&flags),
    };
    say(&text);
    Ok(())
}

/// Imports files, and checks that the edition made of them loads.
fn import_files(flags: &ImportFlags) -> Result<(), CliError> {
    if let Some(id) = &flags.vendor {
        check_id(id).map_err(CliError::usage)?;
    }
    flags.out.as_deref().map_or(Ok(()), check_free)?;
    let files = read_files(&flags.paths)?;
    let all = mockreel_contracts::vendors().map_err(CliError::internal)?;
    if files.is_empty() {
        return Err(CliError::Usage(ImportError::Nothing.to_string()));
    }
    let named = hosts(&files);
    let known = all.iter().filter(|vendor| vendor.newest).find(|vendor| match &flags.vendor {
        Some(id) => vendor.id() == id,
        None => vendor.contract.hosts.iter().any(|host| named.contains(host)),
    });
    let id = known.map(|vendor| vendor.id().to_owned()).or_else(|| flags.vendor.clone());
    let Some(id) = id else {
        let known: Vec<&str> = all.iter().filter(|vendor| vendor.newest).map(|vendor| vendor.id()).collect();
        return Err(CliError::Usage(format!(
            "the files name no host of {}: say whose they are with --vendor ID, which may be a new one",
            known.join(", ")
        )));
    };
    let day = day(&files, flags.edition.as_deref()).map_err(CliError::usage)?;
    // What was written on a day is compared with what was in force then.
    let base = match day {
        Some(day) => mockreel_contracts::vendor::in_force(&id, day).map_err(CliError::internal)?,
        None => known,
    };
    let options = ImportOptions {
        id: &id,
        known: base.map(|vendor| &**vendor.contract),
        edition: flags.edition.as_deref(),
        title: flags.title.as_deref(),
    };
    let text = import(&files, &options).map_err(CliError::usage)?;
    match &flags.out {
        Some(path) => write_new(path, text.as_bytes())?,
        None => say(&text),
    }
    if known.is_some() {
        mockreel_contracts::vendor::overlaid("what was imported", &text).map_err(|error| {
            CliError::Usage(format!(
                "{error}; it was written all the same, and has to be edited before it loads"
            ))
        })?;
    }
    Ok(())
}

/// The files, by name; a file of a folder is named by its path in it.
fn read_files(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, CliError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect_files(path, path, &mut files)?;
        } else {
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            files.push((name, read_bytes(path)?));
        }
    }
    Ok(files)
}

fn collect_files(folder: &Path, within: &Path, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), CliError> {
    let unreadable = |why: std::io::Error| CliError::unreadable(within, why);
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
            collect_files(folder, &path, files)?;
        } else if ["json", "yaml", "yml"].contains(&suffix) {
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
            files.push((name, read_bytes(&path)?));
        }
    }
    Ok(())
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    read_regular(path).map_err(|why| CliError::unreadable(path, why))
}

fn list_editions() -> Result<String, CliError> {
    let all = mockreel_contracts::vendors().map_err(CliError::internal)?;
    let lines = all.iter().map(|vendor| {
        let newest = if vendor.newest { "  newest" } else { "" };
        let title = &vendor.contract.title;
        format!("{:<26} {title}{newest}\n", vendor.contract.full_id())
    });
    Ok(lines.collect())
}
