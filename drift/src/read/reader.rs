//! A document being read: references, what they reached, and what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::Url;

use crate::finding::Finding;
use crate::kind::{Kind, Severity};
use crate::surface::{Endpoint, Node, Security};
use mockreel_contracts::contract::check::schema::{escape, unescape};

/// References may follow each other so often.
const MAX_HOPS: usize = 32;

/// A document may come to so many forms once its references are follow_reference.
const MAX_NODES: usize = 200_000;

/// Forms may be nested so deep.
const MAX_DEPTH: usize = 64;

/// So many defects are told of one document.
const MAX_DEFECTS: usize = 500;

/// A document being read.
pub(super) struct Reader<'a> {
    pub(super) root: &'a Value,
    pub(super) vendor: String,
    pub(super) defects: Vec<Finding>,
    /// Pointers that references led to.
    reached: BTreeSet<String>,
    nodes: usize,
    /// The operation that is being read, for what is found on the way.
    pub(super) operation: String,
}

impl<'a> Reader<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        let vendor = root.pointer("/info/x-vendor").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut reader = Self {
            root,
            vendor,
            defects: Vec::new(),
            reached: BTreeSet::new(),
            nodes: 0,
            operation: String::new(),
        };
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

    pub(super) fn into_defects(self) -> Vec<Finding> {
        self.defects
    }

    /// Counts a form; `false` if there are more than can be follow_reference, which is noted.
    pub(super) fn may_grow(&mut self, depth: usize, place: &str, pointer: &str) -> bool {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            if self.nodes == MAX_NODES + 1 {
                let why = format!(
                    "more than {MAX_NODES} forms once references are follow_reference; the rest is left out"
                );
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
                self.defect(Kind::DefectReference, place, &at, "`$ref` is no text");
                return (&Value::Null, at);
            };
            let Some(inner) = text.strip_prefix('#') else {
                self.defect(Kind::DefectReference, place, &at, "`$ref` leads out of the document");
                return (&Value::Null, at);
            };
            let target = percent_decode_str(inner).decode_utf8_lossy().into_owned();
            let Some(found) = self.root.pointer(&target) else {
                self.defect(Kind::DefectReference, place, &at, "`$ref` leads nowhere");
                return (&Value::Null, at);
            };
            self.reached.insert(target.clone());
            (held, at) = (found, target);
        }
        self.defect(Kind::DefectReference, place, pointer, "`$ref` leads round in a circle");
        (&Value::Null, at)
    }

    /// The members at a place of the document, each with its pointer.
    pub(super) fn entries(&self, value: &'a Value, pointer: &str) -> Vec<(&'a String, &'a Value, String)> {
        let members = value.as_object().into_iter().flatten();
        members.map(|(key, inner)| (key, inner, format!("{pointer}/{}", escape(key)))).collect()
    }

    /// The origins of the servers, and the path that the first of them puts before all paths.
    pub(super) fn servers(&mut self) -> (Vec<String>, String) {
        let listed = self.root.get("servers").and_then(Value::as_array);
        let mut origins = BTreeSet::new();
        let mut prefix = None;
        // The order of servers says nothing, so that the first by its text counts.
        let mut listed: Vec<&Value> = listed.into_iter().flatten().collect();
        listed.sort_by_key(|server| server.get("url").map(Value::to_string));
        for server in listed {
            let Some(text) = server.get("url").and_then(Value::as_str) else {
                self.defect(Kind::DefectDocument, "document/servers", "/servers", "a server has no `url`");
                continue;
            };
            match Url::parse(text) {
                Ok(url) if url.has_host() => {
                    origins.insert(url.origin().ascii_serialization());
                    prefix.get_or_insert_with(|| url.path().trim_end_matches('/').to_owned());
                }
                _ => {
                    prefix.get_or_insert_with(|| text.trim_end_matches('/').to_owned());
                }
            }
        }
        (origins.into_iter().collect(), prefix.unwrap_or_default())
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
