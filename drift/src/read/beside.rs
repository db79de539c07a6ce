//! Files beside a description that its references lead to: within its folder, never an address.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::document::parse_any;

/// Gives the bytes of a file by its path below the folder of the description, or says why not.
pub type Beside<'f> = dyn Fn(&str) -> Result<Vec<u8>, String> + 'f;

/// So many files are read for one description.
const MAX_FILES: usize = 1_000;

/// The files that a description refers to.
#[derive(Debug, Default)]
pub(super) struct BesideFiles {
    /// Where the description stands below the folder; empty if it stands in it.
    pub(super) home: String,
    /// What was read, by path below the folder.
    pub(super) read: BTreeMap<String, Value>,
    /// Why the others were not.
    pub(super) refused: BTreeMap<String, String>,
    /// The bytes of all, in the order in which they were read.
    pub(super) bytes: Vec<Vec<u8>>,
}

impl BesideFiles {
    /// Reads whatever a description leads to, and what that leads to. `home` is where it stands below the folder.
    pub(super) fn gather(root: &Value, home: &str, beside: &Beside<'_>) -> Self {
        let mut files = Self { home: home.to_owned(), ..Self::default() };
        let mut open = Vec::new();
        collect(root, home, &mut open);
        while let Some(path) = open.pop() {
            if path == home || files.read.contains_key(&path) || files.refused.contains_key(&path) {
                continue;
            }
            if files.read.len() >= MAX_FILES {
                files.refused.insert(path, format!("more than {MAX_FILES} files; the rest is left out"));
                continue;
            }
            let read = beside(&path).and_then(|bytes| {
                let value = parse_any(&path, &bytes).map_err(|why| why.why)?.value;
                Ok((bytes, value))
            });
            match read {
                Ok((bytes, value)) => {
                    collect(&value, &path, &mut open);
                    files.bytes.push(bytes);
                    files.read.insert(path, value);
                }
                Err(why) => {
                    files.refused.insert(path, why);
                }
            }
        }
        files
    }
}

/// The files that the references of a value lead to.
fn collect(value: &Value, from: &str, found: &mut Vec<String>) {
    // Documents are parsed within a depth, so that this ends.
    match value {
        Value::Object(members) => {
            if let Some(text) = members.get("$ref").and_then(Value::as_str)
                && let Ok(Some((path, _))) = split_reference(text, from)
                && !path.is_empty()
            {
                found.push(path);
            }
            members.values().for_each(|inner| collect(inner, from, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect(inner, from, found)),
        _ => {}
    }
}

/// Where a reference of a file leads: the file, empty for the description itself, and the fragment.
/// `None` if it stays in its own file.
///
/// # Errors
///
/// If it leads to an address or out of the folder; says so.
pub(super) fn split_reference(text: &str, from: &str) -> Result<Option<(String, String)>, String> {
    let (path, fragment) = text.split_once('#').unwrap_or((text, ""));
    if path.is_empty() {
        return Ok(None);
    }
    let has_scheme = path.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    });
    if has_scheme || path.starts_with("//") {
        return Err(
            "`$ref` leads to an address, and none is fetched; save the file beside this one".to_owned()
        );
    }
    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
    let outside =
        || Err("`$ref` leads out of the folder of the description; only files in it are read".to_owned());
    if path.starts_with(['/', '\\']) || path.contains(['\\', ':']) {
        return outside();
    }
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if folders.pop().is_none() => return outside(),
            ".." => {}
            name => folders.push(name),
        }
    }
    Ok(Some((folders.join("/"), fragment.to_owned())))
}
