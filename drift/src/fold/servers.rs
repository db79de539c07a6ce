//! Paths that all begin otherwise, as where the server's address has another version: one change of the server.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{parts_of, take_names};
use crate::finding::Finding;
use crate::kind::{Kind, Severity};

/// So many paths must begin otherwise for it to be the server's address.
const FEWEST: usize = 2;

/// Makes one finding of the paths that moved only by how they begin.
pub(super) fn unite_servers(findings: Vec<Finding>) -> Vec<Finding> {
    let mut starts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for finding in &findings {
        if let Some(start) = change_of_start(finding) {
            *starts.entry(start).or_default() += 1;
        }
    }
    let Some((start, count)) = starts.into_iter().max_by_key(|(_, count)| *count) else { return findings };
    let moves = findings.iter().filter(|finding| finding.kind == Kind::PathMoved).count();
    // Where others moved otherwise, it is no matter of the server.
    if count < FEWEST || count * 2 <= moves {
        return findings;
    }
    let (moved, mut rest): (Vec<Finding>, Vec<Finding>) =
        findings.into_iter().partition(|finding| change_of_start(finding).as_ref() == Some(&start));
    let known = rest.iter().position(|finding| finding.kind == Kind::ServerChanged);
    let mut server = match known {
        Some(at) => rest.remove(at),
        None => {
            let mut server = Finding::new("", Kind::ServerChanged, Severity::Breaking, "", "servers");
            (server.from, server.to) = (Some(json!(start.0)), Some(json!(start.1)));
            server
        }
    };
    let known_part = known.map(|_| server.as_part());
    server.severity = Severity::Breaking;
    server.baseline = moved.iter().map(|finding| finding.baseline).next().flatten().or(server.baseline);
    moved.iter().for_each(|finding| take_names(&mut server, finding));
    server.parts = parts_of(&moved);
    server.parts.splice(0..0, known_part);
    let name = |start: &str| if start.is_empty() { "nothing".to_owned() } else { format!("`{start}`") };
    server.message = format!("{count} paths begin with {} now instead of {}", name(&start.1), name(&start.0));
    rest.push(server);
    rest
}

/// How a path that moved began and begins, if it ends as it ended.
fn change_of_start(finding: &Finding) -> Option<(String, String)> {
    if finding.kind != Kind::PathMoved {
        return None;
    }
    let path = |fact: &Option<Value>| -> Option<(String, Vec<String>)> {
        let (method, path) = fact.as_ref()?.as_str()?.split_once(' ')?;
        Some((method.to_owned(), path.split('/').skip(1).map(str::to_owned).collect()))
    };
    let ((method, mut was), (now, mut is)) = (path(&finding.from)?, path(&finding.to)?);
    if method != now {
        return None;
    }
    let mut shared = 0;
    while was.last().is_some() && was.last() == is.last() {
        was.pop();
        is.pop();
        shared += 1;
    }
    let start = |parts: &[String]| parts.iter().map(|part| format!("/{part}")).collect::<String>();
    // A place within the path belongs to the path, not to the server.
    let plain = |parts: &[String]| parts.iter().all(|part| !part.contains('{'));
    (shared > 0 && plain(&was) && plain(&is)).then(|| (start(&was), start(&is)))
}
