//! Module docs: every file has one, and it is a noun phrase.

use super::tree::{Tree, read_tree};

/// Words with which a module doc does not begin.
const QUESTIONS: [&str; 10] =
    ["What", "Which", "How", "Whether", "Who", "Where", "When", "Why", "Whoever", "Whatever"];

/// Files whose module doc opens with a question word.
pub(crate) fn questions(tree: &Tree) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in tree.sources() {
        let line = text.lines().next().unwrap_or_default();
        let doc = line.strip_prefix("//!").unwrap_or_default().trim();
        let first = doc.split(|char: char| !char.is_alphabetic()).next().unwrap_or_default();
        if QUESTIONS.contains(&first) {
            wrong.push(format!("{path}: {doc}"));
        }
    }
    wrong
}

#[test]
fn no_module_doc_is_a_question() {
    super::assert_none(
        &questions(&read_tree()),
        "a module doc is the sign on the door: a noun phrase with the field's word in it",
    );
}

#[test]
fn a_module_doc_that_asks_is_found() {
    let tree = Tree::made_up(&[
        ("a.rs", "//! What it does.\n"),
        ("b.rs", "//! Whatsoever.\n//! What more"),
        ("c.rs", "//! Who's there."),
    ]);
    assert_eq!(questions(&tree), ["a.rs: What it does.", "c.rs: Who's there."]);
}
