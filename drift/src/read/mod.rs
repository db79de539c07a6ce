//! OpenAPI 3.0 and 3.1, in JSON or YAML, as a [`Surface`]. A document that breaks its standard is read as far
//! as it can be, and what is wrong with it becomes a finding.

mod access;
mod beside;
mod bodies;
mod circle;
mod document;
mod keywords;
mod line;
mod loose;
mod operations;
mod parameters;
mod reader;
mod samples;
mod schema;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;

pub use self::beside::Beside;
use self::beside::BesideFiles;
pub use self::line::{line_of, lines_of};
use self::reader::Reader;
use super::finding::Finding;
use super::kind::{Kind, Severity};
use super::surface::{Endpoint, Extent, Surface};
use crate::form::shape;

/// Why nothing at all can be read. One line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name}: {why}")]
pub struct Unreadable {
    /// The document.
    pub name: String,
    /// What was expected and found.
    pub why: String,
}

/// Reads one OpenAPI document. `name` is what reports call it. References to other files are not followed.
///
/// # Errors
///
/// If it is neither JSON nor YAML, or has nothing of an OpenAPI document in it.
pub fn openapi(name: &str, bytes: &[u8]) -> Result<Surface, Unreadable> {
    let alone = |_: &str| Err("no file beside it was given".to_owned());
    openapi_beside(name, bytes, &alone)
}

/// Reads one OpenAPI document and the files beside it that it refers to.
///
/// # Errors
///
/// If it is neither JSON nor YAML, or has nothing of an OpenAPI document in it. A file beside it that cannot be read
/// is a defect of the document.
pub fn openapi_beside(name: &str, bytes: &[u8], beside: &Beside<'_>) -> Result<Surface, Unreadable> {
    openapi_with_files(name, "", bytes, beside).map(|(surface, _)| surface)
}

/// The same, with the paths of the files that it read.
fn openapi_with_files(
    name: &str,
    home: &str,
    bytes: &[u8],
    beside: &Beside<'_>,
) -> Result<(Surface, Vec<String>), Unreadable> {
    let root = document::parse(name, bytes)?;
    let files = BesideFiles::gather(&root.value, home, beside);
    let mut surface = read_with(name, &root.value, &files);
    let mut digest = Sha256::new();
    for bytes in std::iter::once(bytes).chain(files.bytes.iter().map(Vec::as_slice)) {
        digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(bytes);
    }
    surface.digest = Some(digest.finalize().into());
    for pointer in root.twice.iter().take(MAX_TWICE) {
        let mut finding = Finding::new(
            &surface.vendor,
            Kind::DefectDocument,
            Severity::Defect,
            "",
            &format!("document{pointer}"),
        );
        finding.to_pointer = Some(pointer.clone());
        finding.message = "a member is there more than once; the last one counts".to_owned();
        surface.defects.push(finding);
    }
    Ok((surface, files.read.into_keys().collect()))
}

/// So many members that are there twice are told of one document.
const MAX_TWICE: usize = 100;

/// The day that a name begins with, `YYYY-MM-DD`; `None` if it begins otherwise, or with a day that never was.
pub fn day_of(name: &str) -> Option<&str> {
    let day = name.get(..10)?;
    day.parse::<jiff::civil::Date>().is_ok_and(|date| date.to_string() == day).then_some(day)
}

/// Files as a history, each with its day and the oldest first; `None` unless the name of each begins with a day.
///
/// Files of one day keep the order of their names.
pub fn dated<T>(files: Vec<T>, name: impl Fn(&T) -> String) -> Option<Vec<(String, T)>> {
    let mut named: Vec<(String, T)> = files.into_iter().map(|file| (name(&file), file)).collect();
    named.sort_by(|left, right| left.0.cmp(&right.0));
    let days: Option<Vec<(String, T)>> =
        named.into_iter().map(|(name, file)| Some((day_of(&name)?.to_owned(), file))).collect();
    days.filter(|days| !days.is_empty())
}

/// Reads a document that is a value already, as our own export gives it.
pub(super) fn read(name: &str, root: &Value) -> Surface {
    read_with(name, root, &BesideFiles::default())
}

fn read_with(name: &str, root: &Value, beside: &BesideFiles) -> Surface {
    let mut reader = Reader::new(root, beside);
    let servers = reader.servers();
    let endpoints = reader.endpoints(&servers);
    let incoming = reader.incoming();
    let is_list = endpoints.is_empty() && incoming.is_empty();
    let schemas = if is_list { reader.loose_schemas() } else { Default::default() };
    reader.check_security(&endpoints);
    let unreachable = reader.unreachable();
    let (vendor, definitions) = (reader.vendor.clone(), std::mem::take(&mut reader.definitions));
    let (defects, unused) = reader.into_notes();
    Surface {
        name: name.to_owned(),
        vendor,
        extent: Extent::Part,
        servers: servers.addresses,
        prefixes: servers.prefixes,
        endpoints,
        incoming,
        schemas,
        unreachable,
        defects,
        unused,
        definitions,
        digest: None,
    }
}

/// Reads a set of documents that together describe a vendor, as `(name, bytes)` in any order.
///
/// Two documents that give one model on one path different bodies contradict each other; the first by name counts.
///
/// # Errors
///
/// If there is none that can be read.
pub fn folder(name: &str, files: &[(String, Vec<u8>)]) -> Result<Surface, Unreadable> {
    folder_beside(name, files, &|_| Err("there is no such file in the folder".to_owned()))
}

/// The same, with other files below the folder to which these refer.
///
/// # Errors
///
/// If there is none that can be read.
pub fn folder_beside(
    name: &str,
    files: &[(String, Vec<u8>)],
    beside: &Beside<'_>,
) -> Result<Surface, Unreadable> {
    let mut sorted: Vec<&(String, Vec<u8>)> = files.iter().collect();
    sorted.sort_by(|left, right| left.0.cmp(&right.0));
    let mut whole = Surface { name: name.to_owned(), extent: Extent::Models, ..Surface::default() };
    let mut unread: Vec<(String, Unreadable)> = Vec::new();
    let mut led_to: BTreeSet<String> = BTreeSet::new();
    let mut digest = Sha256::new();
    for (file, bytes) in &sorted {
        digest.update(format!("{file} {} ", bytes.len()));
        digest.update(bytes);
        let within = |path: &str| {
            let held = sorted.iter().find(|(name, _)| name == path);
            held.map_or_else(|| beside(path), |(_, bytes)| Ok(bytes.clone()))
        };
        let mut part = match openapi_with_files(file, file, bytes, &within) {
            Ok((part, files)) => {
                led_to.extend(files);
                // With the files beside it, which may stand below the folder.
                digest.update(part.digest.unwrap_or_default());
                part
            }
            // One file that cannot be read does not hide what the others say.
            Err(why) => {
                unread.push((file.clone(), why));
                continue;
            }
        };
        for endpoint in part.endpoints.iter_mut().chain(&mut part.incoming) {
            for body in endpoint.requests.values_mut().chain(endpoint.replies.values_mut()) {
                body.file = Some(file.clone());
            }
        }
        for defect in &mut part.defects {
            defect.files = vec![file.clone()];
        }
        if whole.vendor.is_empty() {
            whole.vendor = part.vendor;
        }
        whole.servers.extend(part.servers);
        whole.prefixes.extend(part.prefixes);
        whole.definitions.extend(part.definitions);
        whole.unused.extend(part.unused.into_iter().map(|part| part.within(file)));
        whole.incoming.extend(part.incoming);
        for endpoint in part.endpoints {
            take(&mut whole, endpoint, file);
        }
        whole.schemas.extend(part.schemas.into_iter().map(|(key, node)| (format!("{file}: {key}"), node)));
        whole
            .unreachable
            .extend(part.unreachable.into_iter().map(|(key, node)| (format!("{file}: {key}"), node)));
        whole.defects.extend(part.defects);
    }
    if let Some((_, first)) = unread.first().filter(|_| unread.len() == sorted.len()) {
        return Err(first.clone());
    }
    // A file that others refer to need be no description by itself.
    for (file, why) in unread.into_iter().filter(|(file, _)| !led_to.contains(file)) {
        let mut finding =
            Finding::new("", Kind::DefectDocument, Severity::Defect, "", &format!("document {file}"));
        finding.message = why.why;
        finding.files = vec![file];
        whole.defects.push(finding);
    }
    whole.digest = Some(digest.finalize().into());
    if sorted.is_empty() {
        return Err(Unreadable {
            name: name.to_owned(),
            why: "expected a folder of OpenAPI files (.json, .yaml, .yml), found none; check the path"
                .to_owned(),
        });
    }
    for list in [&mut whole.servers, &mut whole.prefixes] {
        list.sort();
        list.dedup();
    }
    Ok(whole)
}

/// Adds an endpoint of one file; bodies for models that another file has on the same path are dropped.
fn take(whole: &mut Surface, mut endpoint: Endpoint, file: &str) {
    let mut contradictions = Vec::new();
    for held in &whole.endpoints {
        if held.method != endpoint.method || held.path != endpoint.path {
            continue;
        }
        endpoint.requests.retain(|model, body| {
            let Some(other) = held.requests.get(model) else { return true };
            if other.node.as_ref().map(shape) != body.node.as_ref().map(shape) {
                contradictions.push((model.clone(), other.file.clone().unwrap_or_default()));
            }
            false
        });
        if endpoint.requests.is_empty() && held.requests.is_empty() {
            let forms = |endpoint: &Endpoint| -> Vec<(String, Option<String>)> {
                let replies = endpoint.replies.iter();
                replies.map(|(status, body)| (status.clone(), body.node.as_ref().map(shape))).collect()
            };
            if forms(held) != forms(&endpoint) || shape(&held.query) != shape(&endpoint.query) {
                let other = held.replies.values().find_map(|body| body.file.clone());
                contradictions.push((String::new(), other.unwrap_or_default()));
            }
            endpoint.replies.clear();
        }
    }
    let name = endpoint.name();
    for (model, other) in contradictions {
        let part = if endpoint.requests.is_empty() && model.is_empty() { "reply" } else { "request" };
        let place = format!("{name}.{part}");
        let mut finding =
            Finding::new(&whole.vendor, Kind::DefectContradiction, Severity::Defect, &name, &place);
        finding.to_pointer = Some(endpoint.pointer.clone());
        finding.files = [file.to_owned(), other].into_iter().filter(|file| !file.is_empty()).collect();
        finding.files.sort();
        finding.models = Some(model).filter(|model| !model.is_empty()).into_iter().collect();
        finding.message =
            "these files describe one thing differently; the first of them counts here".to_owned();
        whole.defects.push(finding);
    }
    if !endpoint.requests.is_empty() || !endpoint.replies.is_empty() {
        whole.endpoints.push(endpoint);
    }
}
