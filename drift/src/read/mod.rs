//! OpenAPI 3.0 and 3.1, in JSON or YAML, as a [`Surface`]. A document that breaks its standard is read as far
//! as it can be, and what is wrong with it becomes a finding.

mod document;
mod line;
mod loose;
mod merge;
mod operations;
mod reader;
mod samples;
mod schema;

#[cfg(test)]
mod tests;

use serde_json::Value;
use thiserror::Error;

pub use self::line::{line_of, lines_of};
use self::reader::Reader;
use super::finding::Finding;
use super::kind::{Kind, Severity};
use super::surface::{Endpoint, Extent, Surface};

/// Why nothing at all can be read. One line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name}: {why}")]
pub struct Unreadable {
    /// The document.
    pub name: String,
    /// What was expected and found.
    pub why: String,
}

/// Reads one OpenAPI document. `name` is what reports call it.
///
/// # Errors
///
/// If it is neither JSON nor YAML, or has nothing of an OpenAPI document in it.
pub fn openapi(name: &str, bytes: &[u8]) -> Result<Surface, Unreadable> {
    let root = document::parse(name, bytes)?;
    let mut surface = read(name, &root.value);
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
    Ok(surface)
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
    let mut reader = Reader::new(root);
    let (servers, prefix) = reader.servers();
    let endpoints = reader.endpoints(&prefix);
    let schemas = if endpoints.is_empty() { reader.loose_schemas() } else { Default::default() };
    reader.check_security(&endpoints);
    let unreachable = reader.unreachable();
    Surface {
        name: name.to_owned(),
        vendor: reader.vendor.clone(),
        extent: Extent::Part,
        servers,
        endpoints,
        schemas,
        unreachable,
        unused: Vec::new(),
        defects: reader.into_defects(),
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
    let mut sorted: Vec<&(String, Vec<u8>)> = files.iter().collect();
    sorted.sort_by(|left, right| left.0.cmp(&right.0));
    let mut whole = Surface { name: name.to_owned(), extent: Extent::Models, ..Surface::default() };
    let mut unread: Vec<Unreadable> = Vec::new();
    for (file, bytes) in &sorted {
        let mut part = match openapi(file, bytes) {
            Ok(part) => part,
            // One file that cannot be read does not hide what the others say.
            Err(why) => {
                let mut finding =
                    Finding::new("", Kind::DefectDocument, Severity::Defect, "", &format!("document {file}"));
                finding.message = why.why.clone();
                finding.files = vec![file.clone()];
                whole.defects.push(finding);
                unread.push(why);
                continue;
            }
        };
        for endpoint in &mut part.endpoints {
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
        for endpoint in part.endpoints {
            take(&mut whole, endpoint, file);
        }
        whole.schemas.extend(part.schemas.into_iter().map(|(key, node)| (format!("{file}: {key}"), node)));
        whole
            .unreachable
            .extend(part.unreachable.into_iter().map(|(key, node)| (format!("{file}: {key}"), node)));
        whole.defects.extend(part.defects);
    }
    if let Some(first) = unread.first().filter(|_| unread.len() == sorted.len()) {
        return Err(first.clone());
    }
    if sorted.is_empty() {
        return Err(Unreadable {
            name: name.to_owned(),
            why: "expected a folder of OpenAPI files (.json, .yaml, .yml), found none; check the path"
                .to_owned(),
        });
    }
    whole.servers.sort();
    whole.servers.dedup();
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

/// What of a form shows on the wire, as text: two forms are the same if these are.
pub(super) fn shape(node: &super::surface::Node) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let types: Vec<&str> = node.types.iter().map(|held| held.name()).collect();
    let _ = write!(text, "{}{}", types.join("|"), if node.nullable { "?" } else { "" });
    if let Some(values) = &node.values {
        let _ = write!(text, "={}", Value::from(values.clone()));
    }
    if node.closed {
        text.push('!');
    }
    for (keyword, limit) in &node.limits {
        let _ = write!(text, ",{keyword}:{limit}");
    }
    if let Some(format) = &node.format {
        let _ = write!(text, ",{format}");
    }
    let mut members: Vec<_> = node.members.iter().collect();
    members.sort_by(|left, right| left.0.cmp(right.0));
    for (name, member) in members {
        let _ = write!(text, ";{name}{}({})", if member.required { "!" } else { "" }, shape(&member.node));
    }
    if let Some(items) = &node.items {
        let _ = write!(text, "[{}]", shape(items));
    }
    text
}
