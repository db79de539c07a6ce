//! The files taken together, by operation: paths, statuses, requests by model, answers, defects.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{ImportError, ImportOptions, day};
use crate::read::day_of;
use crate::read::openapi;
use crate::surface::{BodyForm, Endpoint, Node};
use mockreel_contracts::Operation;

/// A file: its key in `[sources]`, its name, its day.
pub(super) struct SourceFile {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) date: String,
}

/// What all files say.
pub(super) struct Gathered {
    pub(super) files: Vec<SourceFile>,
    /// The day of the edition.
    pub(super) edition: String,
    /// Hosts without scheme, sorted.
    pub(super) hosts: Vec<String>,
    /// Operations by our name.
    pub(super) operations: IndexMap<Operation, GatheredOperation>,
    /// What is to be said to whoever edits the result, and of which files.
    pub(super) remarks: IndexMap<String, Vec<String>>,
}

/// What the files say of one operation.
#[derive(Default)]
pub(super) struct GatheredOperation {
    pub(super) method: String,
    /// Paths, that which most descriptions have first, and the files that have each.
    pub(super) paths: Vec<(String, Vec<usize>)>,
    /// The status of a good answer, by how many descriptions have it.
    statuses: BTreeMap<u16, Vec<usize>>,
    /// Requests by model (`""` where none is named), each as the files describe it.
    pub(super) requests: IndexMap<String, Vec<GatheredRequest>>,
    /// Good answers.
    replies: Vec<(Node, usize)>,
    /// The parameters of the query.
    pub(super) query: Node,
    /// The content types of requests.
    pub(super) media_types: Vec<String>,
}

/// The status of a good answer.
pub(super) struct StatedStatus<'a> {
    pub(super) status: u16,
    /// The files that state it.
    pub(super) files: &'a [usize],
    /// The files that state another one, with theirs.
    pub(super) others: Vec<(u16, usize)>,
}

/// A request as one file describes it.
pub(super) struct GatheredRequest {
    pub(super) file: usize,
    pub(super) path: String,
    pub(super) node: Node,
}

impl Gathered {
    pub(super) fn of(files: &[(String, Vec<u8>)], wanted: &ImportOptions<'_>) -> Result<Self, ImportError> {
        let known = wanted.known.map(|contract| contract.edition.as_str());
        let edition = day(files, wanted.edition)?.or(known).ok_or(ImportError::NoDay)?.to_owned();
        let mut gathered = Self {
            files: Vec::new(),
            edition,
            hosts: Vec::new(),
            operations: IndexMap::new(),
            remarks: IndexMap::new(),
        };
        for (name, bytes) in files {
            gathered.take(name, bytes, wanted)?;
        }
        for told in gathered.operations.values_mut() {
            // Sorting is stable: of paths described equally often the first file's comes first.
            told.paths.sort_by_key(|(_, files)| std::cmp::Reverse(files.len()));
        }
        gathered.hosts.sort();
        gathered.hosts.dedup();
        Ok(gathered)
    }

    fn take(&mut self, name: &str, bytes: &[u8], wanted: &ImportOptions<'_>) -> Result<(), ImportError> {
        let surface = openapi(name, bytes)?;
        let number = self.files.len();
        let base = name.rsplit('/').next().unwrap_or(name);
        let date = day_of(base).unwrap_or(self.edition.get(..10).unwrap_or_default()).to_owned();
        let key = self.free_key(base, wanted);
        self.files.push(SourceFile { key, name: name.to_owned(), date });
        self.hosts.extend(hosts(&surface.servers));
        let mut remarks: Vec<String> = Vec::new();
        for endpoint in surface.endpoints {
            match name_of(&endpoint, wanted) {
                Some(operation) => self.operations.entry(operation).or_default().take(endpoint, number),
                None => remarks.push(format!(
                    "{} {} is no operation that is known here, and was left out",
                    endpoint.method, endpoint.path
                )),
            }
        }
        if !surface.schemas.is_empty() {
            let names: Vec<&str> = surface.schemas.keys().map(String::as_str).collect();
            let names = names.join(", ");
            remarks.push(format!(
                "there are no paths, only schemas ({names}), and nothing says what they are for"
            ));
        }
        // A defect is told by its place and our words for it.
        remarks.extend(surface.defects.iter().map(|found| format!("{} ({})", found.message, found.place)));
        for remark in remarks {
            let files = self.remarks.entry(remark).or_default();
            if files.last().is_none_or(|last| last != name) {
                files.push(name.to_owned());
            }
        }
        Ok(())
    }

    /// A key for a file that no other source has.
    fn free_key(&self, name: &str, wanted: &ImportOptions<'_>) -> String {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_ascii_lowercase();
        let words: Vec<&str> =
            stem.split(|held: char| !held.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let base = format!("file-{}", words.join("-"));
        let taken = |key: &str| {
            self.files.iter().any(|file| file.key == key)
                || wanted.known.is_some_and(|contract| contract.sources.contains_key(key))
        };
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        std::iter::once(base.clone()).chain(numbered).find(|key| !taken(key)).unwrap_or(base)
    }

    /// The key of a file.
    pub(super) fn key(&self, file: usize) -> &str {
        &self.files[file].key
    }
}

impl GatheredOperation {
    fn take(&mut self, endpoint: Endpoint, file: usize) {
        self.method.clone_from(&endpoint.method);
        match self.paths.iter_mut().find(|(path, _)| *path == endpoint.path) {
            Some((_, files)) => files.push(file),
            None => self.paths.push((endpoint.path.clone(), vec![file])),
        }
        if self.query.members.is_empty() {
            self.query = endpoint.query;
        }
        for (model, BodyForm { node, media_types, .. }) in endpoint.requests {
            for kind in media_types {
                if !self.media_types.contains(&kind) {
                    self.media_types.push(kind);
                }
            }
            if let Some(node) = node {
                let request = GatheredRequest { file, path: endpoint.path.clone(), node };
                self.requests.entry(model).or_default().push(request);
            }
        }
        for (status, body) in endpoint.replies {
            let Some(status) = status.parse::<u16>().ok().filter(|status| (200..300).contains(status)) else {
                continue;
            };
            self.statuses.entry(status).or_default().push(file);
            self.replies.extend(body.node.map(|node| (node, file)));
        }
    }

    /// The status that most descriptions have; `None` if none states one.
    pub(super) fn status(&self) -> Option<StatedStatus<'_>> {
        let (status, files) = self.statuses.iter().max_by_key(|(_, files)| files.len())?;
        let others = self.statuses.iter().filter(|(other, _)| *other != status);
        let others = others.flat_map(|(other, files)| files.iter().map(|file| (*other, *file)));
        Some(StatedStatus { status: *status, files, others: others.collect() })
    }

    /// The good answer that most descriptions have, the first of them if several are as common.
    pub(super) fn reply(&self) -> Option<(&Node, usize)> {
        let count =
            |node: &Node| self.replies.iter().filter(|(other, _)| super::form::same(node, other)).count();
        let mut best: Option<(usize, &Node, usize)> = None;
        for (node, file) in &self.replies {
            let here = count(node);
            if best.is_none_or(|(most, _, _)| here > most) {
                best = Some((here, node, *file));
            }
        }
        best.map(|(_, node, file)| (node, file))
    }
}

/// The hosts of addresses.
pub(super) fn hosts(servers: &[String]) -> impl Iterator<Item = String> {
    let host = |server: &String| {
        let host = server.split("://").nth(1)?.split('/').next()?;
        (!host.is_empty()).then(|| host.to_owned())
    };
    servers.iter().filter_map(host)
}

/// Our name of an endpoint: by the path that the contract has for it, else by its form.
fn name_of(endpoint: &Endpoint, wanted: &ImportOptions<'_>) -> Option<Operation> {
    let known = wanted.known.and_then(|contract| {
        let mut operations = contract.operations.iter();
        operations.find(|(_, held)| {
            held.method == endpoint.method && held.routes.iter().any(|route| route.path == endpoint.path)
        })
    });
    if let Some((name, _)) = known {
        return Some(*name);
    }
    let submits = endpoint.method == "POST" && endpoint.requests.keys().any(|model| !model.is_empty());
    let named = endpoint.operation.as_ref().map(|name| name.parse().ok());
    let guessed: Operation = named.unwrap_or_else(|| submits.then_some(Operation::Submit))?;
    matches!(guessed, Operation::Submit | Operation::Poll).then_some(guessed)
}
