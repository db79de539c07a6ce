//! Literals that are closed lists: names of operations and roles stand in their enums, nowhere else.

use std::collections::BTreeSet;

use super::graph::read_product;
use super::tree::{Tree, read_tree};

/// The operations of a vendor.
const OPERATIONS: [&str; 8] = ["submit", "poll", "list", "cancel", "models", "model", "upload", "balance"];

/// Literals that are honestly something else: the file, the literal, and what it is there.
const SOMETHING_ELSE: [(&str, &str, &str); 48] = [
    ("conformance/src/cases/limits.rs", "cancel", "a command of the control API"),
    ("conformance/src/cases/limits.rs", "models", "a note of a case"),
    ("conformance/src/cases/refusal.rs", "camera", "a class of refusals"),
    ("conformance/src/cases/refusal.rs", "duration", "a class of refusals"),
    ("conformance/src/cases/refusal.rs", "model", "a class of refusals"),
    ("conformance/src/cases/refusal.rs", "prompt", "a class of refusals"),
    (
        "conformance/src/cases/submit.rs",
        "aspect_ratio",
        "a member that the maker no longer takes, sent to see what becomes of it",
    ),
    ("conformance/src/generated/commands.rs", "cancel", "a command of the control API"),
    ("conformance/src/probe/forms.rs", "model", "a member of request bodies"),
    ("conformance/src/report/junit.rs", "model", "a property of the report"),
    ("contracts/src/ai302/dialect.rs", "duration", "a member of the vendor's answer"),
    ("contracts/src/aimlapi/dialect.rs", "balance", "a member of the vendor's answer"),
    ("contracts/src/aimlapi/deprecations.rs", "list", "a member of the vendor's answer"),
    ("contracts/src/aimlapi/dialect.rs", "list", "a member of the vendor's answer"),
    ("contracts/src/aimlapi/dialect.rs", "models", "a member of the vendor's answer"),
    ("contracts/src/contract/check/intent.rs", "prompt", "a member of the maker's shots"),
    ("contracts/src/contract/model/money.rs", "submit", "the moment of a charge"),
    ("contracts/src/contract/model/operation.rs", "model", "a check of the contract"),
    ("contracts/src/contract/views/page/operations.rs", "models", "a row of the page on pointers"),
    ("contracts/src/gmicloud/dialect.rs", "model", "a member of the vendor's answer"),
    ("contracts/src/problem.rs", "model", "the gap in a text"),
    ("contracts/src/upstream/mod.rs", "camera", "the name of a maker's rule"),
    ("contracts/src/upstream/mod.rs", "prompt", "the subject of a finding"),
    ("drift/src/import/form.rs", "model", "a member or table of a contract"),
    ("drift/src/import/overlay.rs", "models", "a member or table of a contract"),
    ("drift/src/import/whole.rs", "cancel", "a vendor's word for a phase"),
    ("drift/src/import/whole.rs", "model", "a member or table of a contract"),
    ("drift/src/import/whole.rs", "models", "a member or table of a contract"),
    ("drift/src/read/operations.rs", "balance", "the last segment of a vendor's path"),
    ("drift/src/read/operations.rs", "model", "a member of request bodies"),
    ("drift/src/read/operations.rs", "models", "the last segment of a vendor's path"),
    ("emulator/src/admin/account.rs", "balance", "a member of the control API"),
    ("emulator/src/admin/account.rs", "models", "a member of the control API"),
    ("emulator/src/admin/jobs.rs", "cancel", "a command of the control API"),
    ("emulator/src/admin/jobs.rs", "model", "a member of the control API"),
    ("emulator/src/admin/requests.rs", "model", "a member of the control API"),
    ("emulator/src/admin/vendors.rs", "models", "a member of the control API"),
    ("emulator/src/edge/call/effects/orders.rs", "prompt", "the name of the scenario that a prompt is"),
    ("emulator/src/engine/submit.rs", "model", "a field of a Debug output"),
    ("emulator/src/journal/entry.rs", "model", "a member of the control API"),
    ("emulator/src/journal/filter.rs", "model", "a member of the control API"),
    ("emulator/src/random.rs", "callback", "the purpose of a generator, whose bytes never change"),
    ("emulator/src/random.rs", "upload", "the purpose of a generator, whose bytes never change"),
    ("emulator/src/scenario/examples.rs", "callback", "a point of a scenario"),
    ("emulator/src/scenario/matcher.rs", "model", "a part of `match`"),
    ("emulator/src/scenario/matcher.rs", "prompt", "a part of `match`"),
    ("emulator/src/scenario/sense.rs", "callback", "a point of a scenario"),
    ("emulator/src/settings.rs", "submit", "a value of `--image-breach`"),
];

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
