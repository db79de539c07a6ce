//! Vendors: each is named in its own folder, and nothing of one is known to the suite.

use std::collections::BTreeSet;

use mockreel_contracts::vendors;
use serde_json::Value;

use super::graph::read_product;
use super::literals::roles;
use super::tree::{Tree, lines_with, read_tree};

/// White labels that build on a vendor: the copy's folder may name the original.
const COPIES: [(&str, &str); 1] = [("apilaplas", "aimlapi")];

/// The crates that must work for a vendor that they have never heard of.
const SUITE: [&str; 3] = ["conformance/src/", "drift/src/", "evidence/src/"];

/// Places in replies that every contract names under `read`, by these words.
const READ: [&str; 2] = ["id", "status"];

/// Literals of the suite that are honestly ours: the file, the literal, and what it is there.
const OUR_OWN: [(&str, &str, &str); 6] = [
    ("drift/src/kind.rs", "`GET /v2/billing` beside what there was", "an example on the page of kinds"),
    ("conformance/src/references.rs", "content_type", "a member of our own reference answers"),
    ("drift/src/import/whole.rs", "content_type", "a key of our contracts"),
    (
        "drift/src/import/whole.rs",
        "video_url",
        "a key of our contracts, and a guess at an unknown vendor's member",
    ),
    ("drift/src/import/whole.rs", "request_id", "a guess at an unknown vendor's member"),
    ("drift/src/import/whole.rs", "generation_id", "a guess at an unknown vendor's member"),
];

/// Each vendor's id and its folder.
fn homes(tree: &Tree) -> Vec<(String, String)> {
    let contracts = tree.files.iter().filter_map(|(path, text)| {
        let home = path.strip_suffix("contract.toml")?;
        let id = text.lines().find_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'))?;
        Some((id.to_owned(), home.to_owned()))
    });
    contracts.collect()
}

/// The name of a vendor's module.
fn module_of(home: &str) -> &str {
    home.trim_end_matches('/').rsplit('/').next().unwrap_or(home)
}

/// Lines of the product that name a vendor outside its folder and outside the lists.
fn vendors_named_elsewhere(tree: &Tree) -> Vec<String> {
    let lists = ["contracts/src/lib.rs", "contracts/src/vendor.rs"];
    let mut lines = Vec::new();
    for (id, home) in homes(tree) {
        let copy =
            |path: &str| COPIES.iter().any(|(copy, of)| *of == id && path.contains(&format!("/{copy}/")));
        let elsewhere = tree
            .product()
            .filter(|(path, _)| !path.starts_with(&home) && !lists.contains(path) && !copy(path));
        lines.extend(lines_with(elsewhere, &[&id, module_of(&home)]));
    }
    lines
}

/// What tells a vendor: words that the suite must not know.
#[derive(Debug, Default)]
struct Traits {
    /// A literal that holds one of these names a vendor: hosts, ids of models and their makers, paths.
    parts: BTreeSet<String>,
    /// A literal that is one of these, or a pointer that ends in one, names a vendor: members of two words or more
    /// that are no roles, since roles are our words.
    members: BTreeSet<String>,
    /// A pointer that ends in one of these names a vendor: what replies hold beside what the contract says to read.
    replies: BTreeSet<String>,
}

/// Reads the traits of all vendors from their contracts.
fn read_traits() -> Traits {
    let mut traits = Traits::default();
    let mut members = BTreeSet::new();
    for vendor in vendors().unwrap() {
        let contract = &vendor.contract;
        traits.parts.extend(contract.hosts.iter().cloned());
        for (id, model) in &contract.models {
            let id = id.to_lowercase();
            // `kling` of `kling-video/v1.6/standard` and of `Kling-Image2Video-V1.6`: the maker.
            traits.parts.extend(id.split(|char: char| !char.is_alphanumeric()).next().map(str::to_owned));
            traits.parts.insert(id);
            add_members(&model.request, &mut members);
        }
        for operation in contract.operations.values() {
            for route in &operation.routes {
                let fixed = fixed_part(&route.path);
                traits.parts.insert(fixed.to_lowercase());
            }
            for schema in [Some(&operation.reply), operation.query.as_ref(), operation.request.as_ref()] {
                schema.into_iter().for_each(|schema| add_members(schema, &mut members));
            }
            add_members(&operation.reply, &mut traits.replies);
        }
    }
    let roles = roles(&read_tree());
    traits.replies.retain(|name| !roles.contains(name) && !READ.contains(&name.as_str()));
    traits.members = members.into_iter().filter(|name| name.contains('_') && !roles.contains(name)).collect();
    traits
}

/// Adds the names of all members below a schema.
fn add_members(schema: &Value, members: &mut BTreeSet<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        members.extend(properties.keys().cloned());
    }
    let below: Box<dyn Iterator<Item = &Value>> = match schema {
        Value::Object(members) => Box::new(members.values()),
        Value::Array(items) => Box::new(items.iter()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Box::new(std::iter::empty()),
    };
    below.for_each(|value| add_members(value, members));
}

/// Literals of the suite that tell a vendor, and those of ours that are not there any more.
fn traits_in_the_suite(tree: &Tree, traits: &Traits, ours: &[(&str, &str, &str)]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    let suite = |path: &&String| SUITE.iter().any(|folder| path.starts_with(folder));
    let files = read_product(tree);
    for (path, items) in files.iter().filter(|(path, _)| suite(path)) {
        for (text, line) in items.texts.iter().filter(|(text, _)| traits.occur_in(text)) {
            match ours.iter().find(|(file, literal, _)| file == path && literal == text) {
                Some((file, literal, _)) => {
                    used.insert((*file, *literal));
                }
                None => wrong.push(format!("{path}:{line}: \"{text}\"")),
            }
        }
    }
    for (file, literal, _) in ours.iter().filter(|(file, literal, _)| !used.contains(&(*file, *literal))) {
        wrong.push(format!("{file}: \"{literal}\" is exempt and not there"));
    }
    wrong
}

impl Traits {
    /// Whether a literal names something of a vendor.
    fn occur_in(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        let last = text.rsplit('/').next().unwrap_or(text);
        self.parts.iter().any(|part| lower.contains(part.as_str()))
            || self.members.contains(last)
            || text.starts_with('/') && self.replies.contains(last)
    }
}

/// Everything of vendors that the suite knows, for the report.
pub(crate) fn vendor_words(tree: &Tree) -> Vec<String> {
    traits_in_the_suite(tree, &read_traits(), &[])
}

#[test]
fn no_vendor_is_named_outside_its_folder() {
    super::assert_none(
        &vendors_named_elsewhere(&read_tree()),
        "what is a vendor's own belongs into its folder below contracts/src; say `the vendor` elsewhere",
    );
}

#[test]
fn the_list_of_vendors_has_one_line_for_each() {
    let tree = read_tree();
    let list = tree.text("contracts/src/vendor.rs").unwrap();
    let homes = homes(&tree);
    for (id, home) in &homes {
        let module = module_of(home);
        assert_eq!(list.matches(&format!("crate::{module}::DECLARED")).count(), 1, "{module}");
        assert!(vendors().unwrap().iter().any(|vendor| vendor.id() == id), "{id} is served");
    }
    for vendor in vendors().unwrap() {
        assert!(homes.iter().any(|(id, _)| id == vendor.id()), "{} has no contract.toml", vendor.id());
    }
}

/// What of a path stands before its first name; all of it where that is one word, which means nothing alone.
fn fixed_part(path: &str) -> &str {
    let trimmed = path.split('{').next().unwrap_or_default().trim_end_matches('/');
    if trimmed.matches('/').count() > 1 { trimmed } else { path }
}

#[test]
fn no_wire_path_of_a_vendor_is_written_where_it_could_be_answered() {
    let vendors = vendors().unwrap();
    let operations = vendors.iter().flat_map(|vendor| vendor.contract.operations.values());
    let routes = operations.flat_map(|operation| &operation.routes);
    let paths: Vec<&str> = routes.map(|route| fixed_part(&route.path)).collect();
    let tree = read_tree();
    let edge = tree.product().filter(|(path, _)| path.starts_with("emulator/") || path.starts_with("src/"));
    super::assert_none(
        &lines_with(edge, &paths),
        "paths are routes of a contract; match them with `Contract::route`",
    );
}

#[test]
fn the_suite_knows_no_vendors_member_path_or_model() {
    super::assert_none(
        &traits_in_the_suite(&read_tree(), &read_traits(), &OUR_OWN),
        "ask the contract (a role, a place in the reply); the next vendor calls it something else",
    );
}

#[test]
fn what_tells_a_vendor_is_read_from_the_contracts() {
    let traits = read_traits();
    for part in [
        "api.302.ai",
        "kling",
        "kling-video/v1.6/standard/image-to-video",
        "/v2/generate/video/kling/generation",
    ] {
        assert!(traits.parts.contains(part), "{part}: {:?}", traits.parts);
    }
    for member in ["credits_used", "tokens_used", "image_url"] {
        assert!(traits.members.contains(member), "{member}: {:?}", traits.members);
    }
    assert!(!traits.members.contains("negative_prompt"), "a role is a word of ours");
    assert!(traits.occur_in("/usage") && traits.occur_in("kling-video/v0/none") && !traits.occur_in("usage"));
}

#[test]
fn the_rules_about_vendors_can_fail() {
    let tree = Tree::made_up(&[
        ("contracts/src/acme/contract.toml", "id = \"acme-ai\"\n"),
        ("contracts/src/acme/mod.rs", "//! acme-ai"),
        ("contracts/src/lib.rs", "mod acme;"),
        ("src/main.rs", "// acme-ai\n// acme"),
        ("conformance/Cargo.toml", "[package]\nname = \"mockreel-conformance\"\n"),
        (
            "conformance/src/lib.rs",
            "f(\"A Zing-Video\"); f(\"/data/tokens_used\"); f(\"tokens_used\"); f(\"tokens\"); f(\"job_id\"); f(\"/a/cost\"); f(\"cost\");
             #[cfg(test)] mod tests { f(\"zing\"); }",
        ),
    ]);
    assert_eq!(vendors_named_elsewhere(&tree), ["src/main.rs:1: // acme-ai", "src/main.rs:2: // acme"]);
    let traits = Traits {
        parts: BTreeSet::from(["zing".to_owned()]),
        members: ["tokens_used", "job_id"].map(str::to_owned).into(),
        replies: BTreeSet::from(["cost".to_owned()]),
    };
    let wanted = [
        "conformance/src/lib.rs:1: \"A Zing-Video\"",
        "conformance/src/lib.rs:1: \"/data/tokens_used\"",
        "conformance/src/lib.rs:1: \"tokens_used\"",
        "conformance/src/lib.rs:1: \"/a/cost\"",
        "conformance/src/lib.rs: \"user_id\" is exempt and not there",
    ];
    let ours =
        [("conformance/src/lib.rs", "job_id", "the journal's"), ("conformance/src/lib.rs", "user_id", "why")];
    assert_eq!(traits_in_the_suite(&tree, &traits, &ours), wanted);
}
