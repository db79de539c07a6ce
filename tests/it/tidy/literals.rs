//! Literals that are closed lists: names of operations and roles stand in their enums, nowhere else.

use std::collections::BTreeSet;

use super::graph::read_product;
use super::tree::{Tree, read_tree};

/// The operations of a vendor.
const OPERATIONS: [&str; 8] = ["submit", "poll", "list", "cancel", "models", "model", "upload", "balance"];

/// Literals that are honestly something else: the file, the literal, and what it is there.
const SOMETHING_ELSE: [(&str, &str, &str); 0] = [];

/// The roles that members of requests have in the contracts.
pub(crate) fn roles(tree: &Tree) -> BTreeSet<String> {
    let contracts = tree.files.iter().filter(|(path, _)| path.ends_with("/contract.toml"));
    let roles = contracts.flat_map(|(_, text)| text.split("x-role = \"").skip(1));
    roles.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

/// Literals that are the name of an operation or a role, outside the file of its enum.
pub(crate) fn named_literals(tree: &Tree, exempt: &[(&str, &str, &str)]) -> Vec<String> {
    let files = read_product(tree);
    let roles = roles(tree);
    let home = |name: &str| {
        let defines = |text: &str| text.contains(&format!("pub enum {name} {{"));
        tree.files.iter().filter(|(_, text)| defines(text)).map(|(path, _)| path.as_str()).collect::<Vec<_>>()
    };
    let (operation, role) = (home("Operation"), home("Role"));
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for (path, items) in &files {
        for (text, line) in &items.texts {
            let of_operation = OPERATIONS.contains(&text.as_str()) && !operation.contains(&path.as_str());
            let of_role = roles.contains(text) && !role.contains(&path.as_str());
            // A file that holds one of the enums may name what the other names too: a word says one thing there.
            let at_home = operation.contains(&path.as_str()) && OPERATIONS.contains(&text.as_str())
                || role.contains(&path.as_str()) && roles.contains(text);
            if at_home || !(of_operation || of_role) {
                continue;
            }
            match exempt.iter().find(|(file, literal, _)| file == path && literal == text) {
                Some((file, literal, _)) => {
                    used.insert((*file, *literal));
                }
                None => wrong.push(format!("{path}:{line}: \"{text}\"")),
            }
        }
    }
    for (file, literal, _) in exempt.iter().filter(|(file, literal, _)| !used.contains(&(*file, *literal))) {
        wrong.push(format!("{file}: \"{literal}\" is exempt and not there"));
    }
    wrong
}

#[test]
#[ignore = "the enums are on their way"]
fn operations_and_roles_are_named_by_their_enums() {
    super::assert_none(
        &named_literals(&read_tree(), &SOMETHING_ELSE),
        "write `Operation::Poll` or `Role::Prompt`, and `as_str()` to print it",
    );
}

#[test]
fn a_literal_that_is_an_operation_or_a_role_is_found() {
    let tree = Tree::made_up(&[
        ("own/Cargo.toml", "[package]\nname = \"mockreel-own\"\n"),
        ("own/src/lib.rs", "mod a; mod operation;"),
        ("own/src/operation.rs", "pub enum Operation { Poll } const A: &str = \"poll\";"),
        (
            "own/src/a.rs",
            "//! \"poll\"\n#[serde(rename = \"poll\")]\nfn f() { g(\"poll\"); g(\"poll it\");\n g(\"prompt\"); \
             } #[cfg(test)] mod tests { fn t() { g(\"list\"); } }",
        ),
        ("own/src/v/contract.toml", "text = { type = \"string\", x-role = \"prompt\" }"),
    ]);
    assert_eq!(named_literals(&tree, &[]), ["own/src/a.rs:3: \"poll\"", "own/src/a.rs:4: \"prompt\""]);
    let exempt = [("own/src/a.rs", "poll", "a verb"), ("own/src/a.rs", "list", "a noun")];
    assert_eq!(
        named_literals(&tree, &exempt),
        ["own/src/a.rs:4: \"prompt\"", "own/src/a.rs: \"list\" is exempt and not there"]
    );
}
