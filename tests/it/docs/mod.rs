//! The generated files are what the contracts and the catalogue say now. `UPDATE=1 cargo test docs` writes them anew.

mod flags;
mod links;
mod openapi;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mockreel_conformance::catalogue;
use mockreel_conformance::profile::Profile;
use mockreel_contracts::Contract;
use mockreel_contracts::contract::views::openapi::{View, export};
use mockreel_contracts::contract::views::page::{render, render_media};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// Every generated file: its place below `docs/` and its text.
fn generated() -> Vec<(String, String)> {
    let all = mockreel_contracts::vendors().unwrap();
    let mut files = Vec::new();
    for vendor in all.iter().filter(|vendor| vendor.newest) {
        let contract = &vendor.contract;
        let older: Vec<&Contract> = all
            .iter()
            .filter(|held| !held.newest && held.id() == vendor.id())
            .map(|held| &**held.contract)
            .collect();
        files.push((format!("vendors/{}.md", contract.id), render(contract, &older)));
        files.push((
            format!("openapi/{}.json", contract.id),
            format!("{:#}\n", export(contract, View::Enforced)),
        ));
    }
    let newest = all.iter().filter(|vendor| vendor.newest);
    let profiles: Vec<Profile> = newest.map(|vendor| Profile::new(Arc::clone(&vendor.contract))).collect();
    let newest: Vec<&Contract> =
        all.iter().filter(|vendor| vendor.newest).map(|vendor| &**vendor.contract).collect();
    files.push(("media.md".to_owned(), render_media(&newest)));
    files.push(("catalogue.md".to_owned(), catalogue::page(&profiles)));
    files.push(("reference/drift-kinds.md".to_owned(), mockreel_drift::page::page()));
    files.push(("orders.md".to_owned(), mockreel_emulator::scenario::examples::page()));
    files.push(("reference/flags.md".to_owned(), flags::page()));
    files.push(("scenario.schema.json".to_owned(), printed(&["scenario", "schema"])));
    files.push(("config.schema.json".to_owned(), printed(&["scenario", "schema", "--config"])));
    files
}

/// What the command prints, whatever the environment of the tests says.
fn printed(arguments: &[&str]) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mockreel"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MOCKREEL_")) {
        command.env_remove(name);
    }
    String::from_utf8(command.args(arguments).output().unwrap().stdout).unwrap()
}

#[test]
fn generated_pages_say_what_the_contracts_say() {
    let mut stale = Vec::new();
    for (name, text) in generated() {
        let path = docs().join(&name);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &text).unwrap();
        } else if std::fs::read_to_string(&path).unwrap_or_default() != text {
            stale.push(name);
        }
    }
    assert!(
        stale.is_empty(),
        "{stale:?} are stale: write them anew with `UPDATE=1 cargo test --test it docs`"
    );
}

#[test]
fn nothing_else_lies_among_the_generated_files() {
    let known: Vec<String> = generated().into_iter().map(|(name, _)| name).collect();
    for folder in ["vendors", "openapi"] {
        for entry in std::fs::read_dir(docs().join(folder)).unwrap() {
            let name = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(known.contains(&name), "docs/{name} is of no vendor: remove it");
        }
    }
}
