//! Layout: folders that can be overlooked, one module style, and file names that a newcomer would type.

use std::collections::BTreeMap;

use super::tree::{Tree, is_test_file, read_tree};

/// How many `.rs` files a folder may hold, those of its own folders not counted.
const MOST_FILES: usize = 15;

/// Folders with more, and why.
const LARGE_FOLDERS: [(&str, &str); 0] = [];

/// What somebody types into a file finder who comes with a bug report.
pub(crate) const SOUGHT: [&str; 33] = [
    "router",
    "handler",
    "webhook",
    "matcher",
    "state",
    "balance",
    "timeout",
    "redact",
    "scenario",
    "job",
    "limit",
    "wallet",
    "redirect",
    "transition",
    "image",
    "poll",
    "auth",
    "effect",
    "clock",
    "sarif",
    "operation",
    "role",
    "store",
    "scheduler",
    "exit",
    "intent",
    "cassette",
    "report",
    "drift",
    "history",
    "ledger",
    "budget",
    "journal",
];

/// Folders with too many files, and reasons that nothing needs.
pub(crate) fn crowded_folders(tree: &Tree, reasons: &[(&str, &str)]) -> Vec<String> {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, _) in tree.sources() {
        *folders.entry(path.rsplit_once('/').map_or("", |(folder, _)| folder)).or_default() += 1;
    }
    folders.retain(|_, files| *files > MOST_FILES);
    let explained = |folder: &str| reasons.iter().any(|(known, _)| *known == folder);
    let mut wrong: Vec<String> = folders
        .iter()
        .filter(|(folder, _)| !explained(folder))
        .map(|(folder, files)| format!("{folder}: {files} files"))
        .collect();
    for (folder, _) in reasons.iter().filter(|(folder, _)| !folders.contains_key(folder)) {
        wrong.push(format!("{folder}: needs no reason any more"));
    }
    wrong
}

/// Files beside the folder of their name.
pub(crate) fn files_beside_their_folder(tree: &Tree) -> Vec<String> {
    let paths: Vec<&str> = tree.files.iter().map(|(path, _)| path.as_str()).collect();
    let beside = |path: &&str| {
        let folder = path.strip_suffix(".rs").map(|stem| format!("{stem}/"));
        folder
            .is_some_and(|folder| paths.iter().any(|path| path.starts_with(&folder) && path.ends_with(".rs")))
    };
    paths.iter().copied().filter(beside).map(str::to_owned).collect()
}

/// Words that no file or folder of the product has in its name.
pub(crate) fn words_without_a_file(tree: &Tree, words: &[&str]) -> Vec<String> {
    let product: Vec<&str> =
        tree.product().map(|(path, _)| path).filter(|path| !is_test_file(path)).collect();
    let leads = |word: &&&str| product.iter().any(|path| path.contains(**word));
    words.iter().filter(|word| !leads(word)).map(|word| (*word).to_owned()).collect()
}

#[test]
fn no_folder_has_too_many_files() {
    super::assert_none(
        &crowded_folders(&read_tree(), &LARGE_FOLDERS),
        "part a folder by subject; none has more than 15 files",
    );
}

#[test]
fn a_module_with_a_folder_is_the_folders_mod_rs() {
    super::assert_none(
        &files_beside_their_folder(&read_tree()),
        "move `name.rs` to `name/mod.rs` where there is a folder `name`",
    );
}

#[test]
fn the_words_of_the_field_lead_to_a_file() {
    super::assert_none(
        &words_without_a_file(&read_tree(), &SOUGHT),
        "a newcomer types these into a file finder; name the file or the folder so",
    );
}

#[test]
fn the_rules_of_the_layout_can_fail() {
    let many: Vec<String> = (0..16).map(|number| format!("src/many/f{number}.rs")).collect();
    let mut files: Vec<(&str, &str)> = many.iter().map(|path| (path.as_str(), "")).collect();
    files.extend([("src/job/poll.rs", ""), ("src/job.rs", ""), ("tests/it/webhook.rs", "")]);
    let tree = Tree::made_up(&files);
    assert_eq!(crowded_folders(&tree, &[]), ["src/many: 16 files"]);
    let reasons = [("src/many", "one for each"), ("src/job", "why")];
    assert_eq!(crowded_folders(&tree, &reasons), ["src/job: needs no reason any more"]);
    assert_eq!(files_beside_their_folder(&tree), ["src/job.rs"]);
    assert_eq!(words_without_a_file(&tree, &["poll", "job", "webhook"]), ["webhook"]);
}
