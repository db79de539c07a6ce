//! Imports: no large circle of files, and crates that see each other in one direction.

use std::collections::BTreeMap;

use super::graph::{Edges, Modules, find_circles, find_ties, read_product};
use super::tree::{Tree, read_tree};

/// The largest circle of files that import each other.
const LARGEST_CIRCLE: usize = 9;

/// Which crates of ours each crate's code may import. The root, which is the command and its tests, sees all.
const SEES: [(&str, &[&str]); 5] = [
    ("contracts", &[]),
    ("evidence", &["contracts"]),
    ("drift", &["contracts", "evidence"]),
    ("emulator", &["contracts", "evidence"]),
    ("conformance", &["contracts", "evidence", "drift"]),
];

/// Every import of one file of the product from another.
pub(crate) fn read_edges(tree: &Tree) -> Edges {
    Modules::of(tree, &read_product(tree)).edges()
}

/// The circles above a size, each with its files and what ties it.
pub(crate) fn large_circles(tree: &Tree, largest: usize) -> Vec<String> {
    let edges = read_edges(tree);
    let circles = find_circles(&edges).into_iter().filter(|circle| circle.len() > largest);
    circles
        .map(|circle| {
            let ties = find_ties(&circle, &edges);
            format!(
                "{} files:\n    {}\n  tied by\n    {}",
                circle.len(),
                circle.join("\n    "),
                ties.join("\n    ")
            )
        })
        .collect()
}

/// The crates of ours that a manifest's `[dependencies]` name, without those for its tests.
fn crates_seen(manifest: &str) -> Vec<String> {
    let section = manifest.split_once("[dependencies]\n").map_or("", |(_, rest)| rest);
    let section = section.split("\n[").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("mockreel-"))
        .map(|rest| rest.split(['.', ' ', '=']).next().unwrap_or_default().to_owned())
        .collect()
}

/// Crates that never see each other, not in their tests either: the suite knows a target by its address only.
const STRANGERS: [(&str, &str); 2] = [("conformance", "emulator"), ("emulator", "conformance")];

/// The dependencies that run the wrong way, and crates that nobody has placed.
fn misplaced_dependencies(tree: &Tree) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = SEES.into_iter().collect();
    let mut wrong = Vec::new();
    for (path, text) in &tree.files {
        let Some(folder) = path.strip_suffix("/Cargo.toml") else { continue };
        let Some(allowed) = allowed.get(folder) else {
            wrong.push(format!("{path}: a crate without a place"));
            continue;
        };
        for seen in crates_seen(text).iter().filter(|seen| !allowed.contains(&seen.as_str())) {
            wrong.push(format!("{path}: `{folder}` must not see `{seen}`"));
        }
        for (_, other) in STRANGERS.iter().filter(|(one, _)| *one == folder) {
            if text.contains(&format!("mockreel-{other}")) {
                wrong.push(format!("{path}: `{folder}` must not even test with `{other}`"));
            }
        }
    }
    for (folder, _) in SEES {
        if tree.text(&format!("{folder}/Cargo.toml")).is_none() {
            wrong.push(format!("{folder}/Cargo.toml is missing"));
        }
    }
    wrong
}

#[test]
fn no_circle_of_imports_is_too_large_to_be_understood() {
    super::assert_none(
        &large_circles(&read_tree(), LARGEST_CIRCLE),
        "files import each other in a circle: move plain data below, or hand on what is needed, not the whole",
    );
}

#[test]
fn every_path_can_be_followed() {
    let tree = read_tree();
    super::assert_none(
        &Modules::of(&tree, &read_product(&tree)).lost_paths(),
        "the rules do not find where these lead, so circles could hide there: teach items.rs or graph.rs",
    );
}

#[test]
fn crates_see_each_other_in_one_direction() {
    super::assert_none(
        &misplaced_dependencies(&read_tree()),
        "contracts <- evidence <- drift <- conformance; contracts, evidence <- emulator; the root sees all",
    );
}

#[cfg(test)]
const LIBRARY: (&str, &str) = ("own/Cargo.toml", "[package]\nname = \"mockreel-own\"\n");

#[cfg(test)]
fn named_edges(files: &[(&str, &str)]) -> Vec<String> {
    let all: Vec<(&str, &str)> = files.iter().copied().chain([LIBRARY]).collect();
    let edges = read_edges(&Tree::made_up(&all));
    edges.iter().map(|((from, to), names)| format!("{from} -> {to} {names:?}")).collect()
}

#[test]
fn an_import_is_followed_through_a_reexport_to_the_file_that_defines_it() {
    let found = named_edges(&[
        ("own/src/lib.rs", "mod a; mod b; pub use self::b::{Deep as Seen, deep};"),
        ("own/src/a.rs", "use crate::Seen; fn f() { crate::deep(); }"),
        ("own/src/b/mod.rs", "mod c; pub use c::*; pub(super) use self::c::deep;"),
        ("own/src/b/c.rs", "pub struct Deep; pub fn deep() {}"),
    ]);
    assert_eq!(found, ["own/src/a.rs -> own/src/b/c.rs {\"Deep\", \"deep\"}"]);
}

#[test]
fn paths_in_code_modules_globs_and_other_crates_are_imports_too_and_tests_are_not() {
    let found = named_edges(&[
        ("own/src/lib.rs", "mod a; mod b; mod c; mod d; use c::*; fn f(_: Cc) {}"),
        ("own/src/a.rs", "use super::{b, d::inner as i}; fn f() { b::bb(); i::di(); self::b::no(); }"),
        ("own/src/b.rs", "pub fn bb() {} #[cfg(test)] mod tests { use crate::a::f; }"),
        ("own/src/c.rs", "pub struct Cc; #[cfg(test)] mod tests;"),
        ("own/src/c/tests.rs", "use crate::d::D;"),
        ("own/src/d.rs", "pub mod inner { pub fn di() {} fn e() { super::super::b::bb(); } }"),
        ("Cargo.toml", "[package]\nname = \"mockreel\"\n"),
        ("src/main.rs", "use mockreel_own::b::bb; use std::fmt; fn main() { mockreel_own::a::f(); }"),
    ]);
    let wanted = [
        "own/src/a.rs -> own/src/b.rs {\"bb\"}",
        "own/src/a.rs -> own/src/d.rs {\"di\"}",
        "own/src/d.rs -> own/src/b.rs {\"bb\"}",
        "own/src/lib.rs -> own/src/c.rs {\"Cc\"}",
        "src/main.rs -> own/src/a.rs {\"f\"}",
        "src/main.rs -> own/src/b.rs {\"bb\"}",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_path_that_leads_nowhere_is_found() {
    let tree =
        Tree::made_up(&[LIBRARY, ("own/src/lib.rs", "use crate::lost::Thing; use std::fmt; fn f() {}")]);
    let lost = Modules::of(&tree, &read_product(&tree)).lost_paths();
    assert_eq!(lost, ["own/src/lib.rs: crate::lost::Thing"]);
}

#[test]
fn a_circle_is_found_with_the_edge_that_ties_it() {
    let tree = Tree::made_up(&[
        LIBRARY,
        ("own/src/lib.rs", "mod a; mod b; mod c; use a::A; use b::B; use c::C;"),
        ("own/src/a.rs", "use crate::{b::B, c::C}; pub struct A;"),
        ("own/src/b.rs", "use crate::c::C; pub struct B;"),
        ("own/src/c.rs", "use crate::a::A; pub struct C;"),
    ]);
    let circles = large_circles(&tree, 2);
    let files = "own/src/a.rs\n    own/src/b.rs\n    own/src/c.rs";
    assert_eq!(circles, [format!("3 files:\n    {files}\n  tied by\n    own/src/c.rs -> own/src/a.rs (A)")]);
    assert!(large_circles(&tree, 3).is_empty());
}

#[test]
fn a_dependency_that_runs_upward_is_found() {
    let tree = Tree::made_up(&[
        ("contracts/Cargo.toml", "[dependencies]\nmockreel-drift.workspace = true\n"),
        ("evidence/Cargo.toml", "[dependencies]\nmockreel-contracts = { path = \"..\" }\n"),
        (
            "drift/Cargo.toml",
            "[dependencies]\nurl = \"2\"\n\n[dev-dependencies]\nmockreel-conformance.workspace = true\n",
        ),
        ("emulator/Cargo.toml", "[dev-dependencies]\nmockreel-conformance.workspace = true\n"),
        ("more/Cargo.toml", ""),
    ]);
    let wanted = [
        "contracts/Cargo.toml: `contracts` must not see `drift`",
        "emulator/Cargo.toml: `emulator` must not even test with `conformance`",
        "more/Cargo.toml: a crate without a place",
        "conformance/Cargo.toml is missing",
    ];
    assert_eq!(misplaced_dependencies(&tree), wanted);
}
