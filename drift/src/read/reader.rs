//! A document being read: references, what they reached, and what is wrong.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::beside::{BesideFiles, split_reference};
use super::circle::find_circles;
use crate::finding::{Finding, UnusedPart};
use crate::form::Forms;
use crate::kind::{Kind, Severity};
use crate::surface::{Endpoint, Link, Node, Security};
use mockreel_contracts::contract::check::schema::{escape, unescape};

/// References may follow each other so often.
const MAX_HOPS: usize = 32;

/// A document may have so many forms.
const MAX_NODES: usize = 1_000_000;

/// Forms may be nested so deep.
const MAX_DEPTH: usize = 64;

/// So many defects are told of one document.
const MAX_DEFECTS: usize = 500;

/// So many places are named of what a document says and nothing uses.
const FIRST_PLACES: usize = 3;

/// A document being read.
pub(super) struct Reader<'a> {
    pub(super) root: &'a Value,
    beside: &'a BesideFiles,
    pub(super) vendor: String,
    pub(super) defects: Vec<Finding>,
    /// Pointers that references led to.
    reached: BTreeSet<String>,
    nodes: usize,
    /// The operation that is being read, for what is found on the way.
    pub(super) operation: String,
    /// Where a reference leads that leads back to itself.
    pub(super) circles: HashSet<String>,
    /// Forms that references led to, by their pointer.
    pub(super) known: HashMap<String, Arc<Node>>,
    /// Links to forms that are read later, with the canonical place that led to each first.
    pub(super) pending: Vec<(Link, &'a Value, String)>,
    pub(super) definitions: Vec<Arc<Node>>,
    /// Forms that were put together.
    pub(super) forms: Forms,
    /// Forms that were checked for contradictions.
    pub(super) checked: HashSet<usize>,
    /// Whether a body is read for each model that it names.
    pub(super) tells_models_apart: bool,
    unused: BTreeMap<String, UnusedPart>,
    /// Places that were counted already: a parameter of a path is read for each of its methods.
    counted: HashSet<(String, String)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(root: &'a Value, beside: &'a BesideFiles) -> Self {
        let vendor = root.pointer("/info/x-vendor").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut reader = Self {
            root,
            beside,
            vendor,
            defects: Vec::new(),
            reached: BTreeSet::new(),
            nodes: 0,
            operation: String::new(),
            circles: HashSet::new(),
            known: HashMap::new(),
            pending: Vec::new(),
            definitions: Vec::new(),
            forms: Forms::default(),
            checked: HashSet::new(),
            tells_models_apart: true,
            unused: BTreeMap::new(),
            counted: HashSet::new(),
        };
        reader.circles = find_circles(root, &beside.read, |text, from| reader.target(text, from).ok());
        reader.check_document();
        reader
    }

    fn check_document(&mut self) {
        match self.root.get("openapi") {
            None => self.defect(Kind::DefectDocument, "document/openapi", "", "there is no `openapi`"),
            Some(Value::String(version)) if version.starts_with("3.") => {}
            Some(_) => {
                self.defect(
                    Kind::DefectDocument,
                    "document/openapi",
                    "/openapi",
                    "`openapi` is no version 3",
                );
            }
        }
        for (key, version_3_1) in [("info", false), ("paths", true)] {
            match self.root.get(key) {
                Some(Value::Object(_)) => {}
                // OpenAPI 3.1 lets `paths` be absent where there are components or webhooks.
                None if version_3_1 && self.is_3_1() => {}
                None => {
                    let why = format!("there is no `{key}`");
                    self.defect(Kind::DefectDocument, &format!("document/{key}"), "", &why);
                }
                Some(_) => {
                    let why = format!("`{key}` is no object");
                    self.defect(Kind::DefectDocument, &format!("document/{key}"), &format!("/{key}"), &why);
                }
            }
        }
    }

    pub(super) fn is_3_1(&self) -> bool {
        self.root.get("openapi").and_then(Value::as_str).is_some_and(|version| version.starts_with("3.1"))
    }

    /// Notes what is wrong.
    pub(super) fn defect(&mut self, kind: Kind, place: &str, pointer: &str, message: &str) {
        if self.defects.len() > MAX_DEFECTS {
            return;
        }
        let mut finding = Finding::new(&self.vendor, kind, Severity::Defect, &self.operation, place);
        if self.defects.len() == MAX_DEFECTS {
            finding = Finding::new(&self.vendor, Kind::DefectSize, Severity::Defect, "", "document");
            finding.message = format!("more than {MAX_DEFECTS} defects; the rest is left out");
            self.defects.push(finding);
            return;
        }
        finding.to_pointer = Some(pointer.to_owned());
        finding.message = message.to_owned();
        let held = self
            .defects
            .iter()
            .any(|held| held.fingerprint == finding.fingerprint && held.message == message);
        if !held {
            self.defects.push(finding);
        }
    }

    /// Counts what the document says and no form holds.
    pub(super) fn leave_out(&mut self, what: &str, pointer: &str) {
        if !self.counted.insert((what.to_owned(), pointer.to_owned())) {
            return;
        }
        let empty = UnusedPart { what: what.to_owned(), count: 0, places: Vec::new() };
        let part = self.unused.entry(what.to_owned()).or_insert(empty);
        part.count = part.count.saturating_add(1);
        if part.places.len() < FIRST_PLACES {
            part.places.push(pointer.to_owned());
        }
    }

    /// What is wrong, and what was left out.
    pub(super) fn into_notes(self) -> (Vec<Finding>, Vec<UnusedPart>) {
        (self.defects, self.unused.into_values().collect())
    }

    /// Counts a form; `false` if there are more than can be followed, which is noted.
    pub(super) fn may_grow(&mut self, depth: usize, place: &str, pointer: &str) -> bool {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            if self.nodes == MAX_NODES + 1 {
                let why = format!("more than {MAX_NODES} forms; the rest is left out");
                self.defect(Kind::DefectSize, place, pointer, &why);
            }
            return false;
        }
        if depth > MAX_DEPTH {
            let why = format!("nested more than {MAX_DEPTH} levels deep; the rest is left out");
            self.defect(Kind::DefectSize, "document", pointer, &why);
            return false;
        }
        true
    }

    /// Where a reference leads, as a pointer; `from` is the pointer to where it stands.
    fn target(&self, text: &str, from: &str) -> Result<String, String> {
        let file = file_of(from);
        let decode = |fragment: &str| percent_decode_str(fragment).decode_utf8_lossy().into_owned();
        let (file, fragment) =
            match split_reference(text, if file.is_empty() { &self.beside.home } else { file })? {
                // The description itself, by its name.
                Some((path, fragment)) if path == self.beside.home => (String::new(), decode(&fragment)),
                None => (file.to_owned(), decode(text.strip_prefix('#').unwrap_or(text))),
                Some((path, fragment)) => {
                    if let Some(why) = self.beside.refused.get(&path) {
                        return Err(format!("`$ref` leads to `{path}`, which cannot be read: {why}"));
                    }
                    (path, decode(&fragment))
                }
            };
        if file.is_empty() { Ok(fragment) } else { Ok(format!("{file}#{fragment}")) }
    }

    /// What stands at a pointer, which may lead into a file beside the document.
    fn value_at(&self, pointer: &str) -> Option<&'a Value> {
        let file = file_of(pointer);
        if file.is_empty() {
            return find(self.root, pointer);
        }
        find(self.beside.read.get(file)?, pointer.get(file.len() + 1..)?)
    }

    /// What a value stands for: itself, or where its `$ref` leads, with the pointer to that place.
    pub(super) fn follow_reference(
        &mut self,
        value: &'a Value,
        pointer: &str,
        place: &str,
    ) -> (&'a Value, String) {
        let mut held = value;
        let mut at = pointer.to_owned();
        for _ in 0..MAX_HOPS {
            let Some(reference) = held.get("$ref") else { return (held, at) };
            let Some(text) = reference.as_str() else {
                return self.lose_reference(place, at, "`$ref` is no text");
            };
            let target = match self.target(text, &at) {
                Ok(target) => target,
                Err(why) => return self.lose_reference(place, at, &why),
            };
            let Some(found) = self.value_at(&target) else {
                return self.lose_reference(place, at, "`$ref` leads nowhere");
            };
            self.reached.insert(target.clone());
            (held, at) = (found, target);
        }
        self.lose_reference(place, pointer.to_owned(), "`$ref` leads round in a circle")
    }

    fn lose_reference(&mut self, place: &str, at: String, why: &str) -> (&'a Value, String) {
        self.defect(Kind::DefectReference, place, &at, why);
        self.leave_out("reference that cannot be followed", &at);
        (&Value::Null, at)
    }

    /// The members at a place of the document, each with its pointer.
    pub(super) fn entries(&self, value: &'a Value, pointer: &str) -> Vec<(&'a String, &'a Value, String)> {
        let members = value.as_object().into_iter().flatten();
        members.map(|(key, inner)| (key, inner, format!("{pointer}/{}", escape(key)))).collect()
    }

    /// Schemas of components that no reference reached, words stripped.
    pub(super) fn unreachable(&mut self) -> BTreeMap<String, Value> {
        let Some(Value::Object(schemas)) = self.root.pointer("/components/schemas") else {
            return BTreeMap::new();
        };
        if self.root.get("paths").and_then(Value::as_object).is_none_or(Map::is_empty) {
            return BTreeMap::new();
        }
        let used: BTreeSet<String> = self.reached.iter().filter_map(|pointer| component(pointer)).collect();
        let unused = schemas.iter().filter(|(name, _)| !used.contains(*name));
        unused.map(|(name, schema)| (name.clone(), without_words(schema, 0))).collect()
    }

    /// A document without paths is a list of schemas; each is read by itself.
    pub(super) fn loose_schemas(&mut self) -> BTreeMap<String, Node> {
        let root = self.root;
        let Some(schemas) = root.pointer("/components/schemas") else { return BTreeMap::new() };
        let mut read = BTreeMap::new();
        for (name, schema, pointer) in self.entries(schemas, "/components/schemas") {
            self.operation.clone_from(name);
            read.insert(name.clone(), self.node(schema, &pointer, name));
        }
        self.operation.clear();
        read
    }

    /// A credential that is declared and demanded nowhere.
    pub(super) fn check_security(&mut self, endpoints: &[Endpoint]) {
        let only_declared = |endpoint: &Endpoint| matches!(endpoint.security, Security::Declared(_));
        if !endpoints.is_empty() && endpoints.iter().all(only_declared) {
            self.operation.clear();
            let why = "a credential is declared, and no operation demands it";
            self.defect(Kind::DefectSecurity, "security", "/components/securitySchemes", why);
        }
    }
}

/// The file that a pointer leads into; empty if it is the description itself.
pub(super) fn file_of(pointer: &str) -> &str {
    if pointer.starts_with('/') { "" } else { pointer.split_once('#').map_or("", |(file, _)| file) }
}

/// What a fragment leads to in a document: a pointer, or the name of an anchor.
pub(super) fn find<'v>(root: &'v Value, fragment: &str) -> Option<&'v Value> {
    if fragment.is_empty() || fragment.starts_with('/') {
        return root.pointer(fragment);
    }
    let mut open = vec![root];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                let named = |key: &str| members.get(key).and_then(Value::as_str) == Some(fragment);
                if named("$anchor") || named("$dynamicAnchor") {
                    return Some(value);
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    None
}

/// The name of the schema that a pointer leads into.
fn component(pointer: &str) -> Option<String> {
    let rest = pointer.strip_prefix("/components/schemas/")?;
    rest.split('/').next().map(unescape)
}

/// A schema without what only people read, its keys sorted.
fn without_words(schema: &Value, depth: usize) -> Value {
    match schema {
        Value::Object(members) if depth < MAX_DEPTH => {
            let mut kept: Vec<(&String, &Value)> = members
                .iter()
                .filter(|(key, value)| {
                    let word =
                        ["description", "title", "example", "examples", "summary"].contains(&key.as_str());
                    (!word || value.is_object()) && !key.starts_with("x-")
                })
                .collect();
            kept.sort_by(|left, right| left.0.cmp(right.0));
            kept.into_iter().map(|(key, value)| (key.clone(), without_words(value, depth + 1))).collect()
        }
        Value::Array(items) => items.iter().map(|item| without_words(item, depth + 1)).collect(),
        other => other.clone(),
    }
}
