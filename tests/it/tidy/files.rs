//! Files: each says what it is, is short, is compiled, and keeps the workspace's lints.

use super::tree::{Tree, read_tree};

/// The longest source file, in lines.
const LONGEST_FILE: usize = 400;

fn silent_files(tree: &Tree) -> Vec<String> {
    let silent = tree.sources().filter(|(_, text)| !text.starts_with("//!"));
    silent.map(|(path, _)| path.to_owned()).collect()
}

fn long_files(tree: &Tree) -> Vec<String> {
    let lengths = tree.sources().map(|(path, text)| (path, text.lines().count()));
    let long = lengths.filter(|(_, lines)| *lines > LONGEST_FILE);
    long.map(|(path, lines)| format!("{path}: {lines} lines")).collect()
}

/// The modules that `main.rs` of the integration tests declares.
fn declared_tests(tree: &Tree) -> Vec<&str> {
    let main = tree.text("tests/it/main.rs").unwrap_or_default();
    main.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).collect()
}

/// Files and folders of the integration tests that `main.rs` does not declare.
fn undeclared_tests(tree: &Tree) -> Vec<String> {
    let declared = declared_tests(tree);
    let mut names: Vec<&str> = tree
        .sources()
        .filter_map(|(path, _)| path.strip_prefix("tests/it/"))
        .map(|path| path.split('/').next().unwrap_or(path).trim_end_matches(".rs"))
        .filter(|name| *name != "main" && !declared.contains(name))
        .collect();
    names.dedup();
    names.into_iter().map(str::to_owned).collect()
}

/// Manifests that do not take the workspace's lints.
fn lax_manifests(tree: &Tree) -> Vec<String> {
    let manifests = tree.files.iter().filter(|(path, _)| path.ends_with("Cargo.toml"));
    let lax = manifests.filter(|(_, text)| !text.contains("[lints]\nworkspace = true"));
    lax.map(|(path, _)| path.clone()).collect()
}

/// Dependencies that a crate names and must not: `crate: dependency`.
fn forbidden_dependencies(tree: &Tree, folder: &str, forbidden: &[&str]) -> Vec<String> {
    let manifest = tree.text(&format!("{folder}/Cargo.toml")).unwrap_or_default();
    let names: Vec<&str> = manifest.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).collect();
    let named = forbidden.iter().filter(|dependency| names.contains(dependency));
    named.map(|dependency| format!("{folder}/Cargo.toml: {dependency}")).collect()
}

#[test]
fn every_file_says_first_what_it_is() {
    super::assert_none(
        &silent_files(&read_tree()),
        "open each file with a `//!` line that says what it is for",
    );
}

#[test]
fn no_file_is_too_long_to_be_read() {
    super::assert_none(
        &long_files(&read_tree()),
        "split what has several subjects; no file has more than 400 lines",
    );
}

#[test]
fn every_test_module_is_listed_in_order() {
    let tree = read_tree();
    let declared = declared_tests(&tree);
    assert!(declared.is_sorted(), "keep the modules of tests/it/main.rs in alphabetical order: {declared:?}");
    super::assert_none(
        &undeclared_tests(&tree),
        "these are in no `mod` line of tests/it/main.rs, so nobody runs them",
    );
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    super::assert_none(&lax_manifests(&read_tree()), "add `[lints] workspace = true`");
}

#[test]
fn the_contracts_know_no_http_library() {
    let forbidden = ["axum", "hyper", "http", "tokio", "reqwest", "rand", "image"];
    super::assert_none(
        &forbidden_dependencies(&read_tree(), "contracts", &forbidden),
        "the contracts do no IO and know no HTTP library",
    );
}

#[test]
fn the_contracts_read_no_yaml() {
    super::assert_none(
        &forbidden_dependencies(&read_tree(), "contracts", &["serde-saphyr", "serde_yaml"]),
        "contracts say what each vendor promises; what reads documents belongs to `drift`",
    );
}

#[test]
fn the_rules_of_files_can_fail() {
    let long = "//! x\n".repeat(401);
    let tree = Tree::made_up(&[
        ("src/a.rs", "fn f() {}"),
        ("src/b.rs", &long),
        ("tests/it/main.rs", "//! x\nmod walk;"),
        ("tests/it/walk.rs", "//! x"),
        ("tests/it/lost/one.rs", "//! x"),
        ("tests/it/lost/two.rs", "//! x"),
        ("contracts/Cargo.toml", "[dependencies]\nhttp.workspace = true\nhttp-body = \"1\"\n"),
    ]);
    assert_eq!(silent_files(&tree), ["src/a.rs"]);
    assert_eq!(long_files(&tree), ["src/b.rs: 401 lines"]);
    assert_eq!(undeclared_tests(&tree), ["lost"]);
    assert_eq!(lax_manifests(&tree), ["contracts/Cargo.toml"]);
    assert_eq!(forbidden_dependencies(&tree, "contracts", &["http", "axum"]), ["contracts/Cargo.toml: http"]);
}
