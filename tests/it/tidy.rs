//! Rules about the tree: what the design demands of every file, checked on every file.

use std::fs;
use std::path::{Path, PathBuf};

/// The longest source file, in lines.
const LONGEST_FILE: usize = 400;

/// Ids under which vendors may only be named in their own places.
const VENDORS: [(&str, &str); 5] = [
    ("aimlapi", "contracts/src/aimlapi/"),
    ("apilaplas", "contracts/src/apilaplas/"),
    ("gmicloud", "contracts/src/gmicloud/"),
    ("ai302", "contracts/src/ai302/"),
    ("302ai", "contracts/src/ai302/"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below the folders, with its path from the root and its text.
fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no Rust file in {folders:?}");
    found
}

fn product() -> Vec<(String, String)> {
    sources(&["src", "contracts/src", "emulator/src", "conformance/src"])
}

fn everything() -> Vec<(String, String)> {
    sources(&["src", "contracts/src", "emulator/src", "emulator/benches", "conformance/src", "tests"])
}

/// The part of a file before its unit tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

fn is_test_file(name: &str) -> bool {
    name.starts_with("tests/") || name.contains("/tests/") || name.ends_with("/tests.rs")
}

fn assert_none(found: &[String], advice: &str) {
    assert!(found.is_empty(), "{advice}:\n  {}", found.join("\n  "));
}

/// The lines of the files that hold one of the words, as `file:line: text`.
fn lines_with(files: &[(String, String)], words: &[&str], admit: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| !admit(name)) {
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn every_file_says_first_what_it_is() {
    let silent: Vec<String> =
        everything().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(name, _)| name).collect();
    assert_none(&silent, "open each file with a `//!` line that says what it is for");
}

#[test]
fn no_file_is_too_long_to_be_read() {
    let long: Vec<String> = everything()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > LONGEST_FILE)
        .map(|(name, text)| format!("{name}: {} lines", text.lines().count()))
        .collect();
    assert_none(&long, "split what has several subjects; no file has more than 400 lines");
}

#[test]
fn no_vendor_is_named_outside_its_folder() {
    let mut found = Vec::new();
    for (vendor, home) in VENDORS {
        let lists = ["contracts/src/lib.rs", "contracts/src/vendor.rs"];
        // A white label may build on the vendor that it copies.
        let copies = |name: &str| vendor == "aimlapi" && name.starts_with("contracts/src/apilaplas/");
        let admit = |name: &str| name.starts_with(home) || lists.contains(&name) || copies(name);
        found.extend(lines_with(&product(), &[vendor], admit));
    }
    assert_none(
        &found,
        "what is a vendor's own belongs into its folder below contracts/src; say `the vendor` elsewhere",
    );
}

#[test]
fn the_list_of_vendors_has_one_line_for_each() {
    let (_, text) = product().into_iter().find(|(name, _)| name == "contracts/src/vendor.rs").unwrap();
    for (module, home) in VENDORS.iter().filter(|(module, _)| *module != "302ai") {
        assert!(root().join(home).join("contract.toml").exists(), "{home} has no contract.toml");
        assert_eq!(text.matches(&format!("crate::{module}::DECLARED")).count(), 1, "{module}");
    }
}

#[test]
fn only_the_clock_reads_the_system_clock() {
    let words = ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"];
    let clocks = ["emulator/src/clock.rs", "conformance/src/clock.rs"];
    let found = lines_with(&product(), &words, |name| clocks.contains(&name));
    assert_none(&found, "take the time as a value; only the clock.rs of a crate reads the system clock");
}

#[test]
fn nothing_sleeps_in_the_engine_and_no_test_sleeps() {
    let engine: Vec<(String, String)> = product()
        .into_iter()
        .filter(|(name, _)| name.starts_with("emulator/src/engine/") || name.starts_with("contracts/"))
        .collect();
    let mut found = lines_with(&engine, &["sleep(", "tokio::time", ".await"], |_| false);
    found.extend(lines_with(&sources(&["tests"]), &["sleep("], |name| name == "tests/it/tidy.rs"));
    assert_none(&found, "the engine never waits and tests move the clock instead of sleeping");
}

#[test]
fn only_one_module_draws_random_numbers() {
    let words = ["rand_chacha", "rand::", "RandomState"];
    let sources = ["emulator/src/random.rs", "conformance/src/random.rs"];
    let found = lines_with(&product(), &words, |name| sources.contains(&name));
    assert_none(&found, "draw from a named generator of a crate's random.rs");
}

#[test]
fn the_contracts_know_no_http_library_and_do_no_io() {
    let manifest = fs::read_to_string(root().join("contracts/Cargo.toml")).unwrap();
    for dependency in ["axum", "hyper", "http", "tokio", "reqwest", "rand", "image"] {
        let named = manifest.lines().any(|line| line.split(['.', ' ', '=']).next() == Some(dependency));
        assert!(
            !named,
            "contracts/Cargo.toml names {dependency}: the contracts do no IO and know no HTTP library"
        );
    }
    let files = sources(&["contracts/src"]);
    let found = lines_with(&files, &["std::fs", "std::net", "std::env", "std::process"], is_test_file);
    assert_none(&found, "the contracts do no IO: embed files, and let the edge read others");
}

#[test]
fn the_suite_and_the_emulator_never_see_each_other() {
    let manifest = |crate_name: &str| fs::read_to_string(root().join(crate_name).join("Cargo.toml")).unwrap();
    assert!(
        !manifest("conformance").contains("mockreel-emulator"),
        "the suite knows a target by its address only"
    );
    assert!(!manifest("emulator").contains("mockreel-conformance"), "the emulator does not know the suite");
    let found = lines_with(&sources(&["conformance/src"]), &["Dialect", "dialect::"], |_| false);
    assert_none(&found, "the suite reads answers through the contract, never through a dialect");
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    let code: Vec<(String, String)> = product()
        .into_iter()
        .filter(|(name, _)| !is_test_file(name))
        .map(|(name, text)| (name, without_tests(&text).to_owned()))
        .collect();
    let found: Vec<String> = lines_with(&code, &[".unwrap()"], |_| false)
        .into_iter()
        // Examples in documentation are tests.
        .filter(|line| !line.contains(": //!") && !line.contains(": ///"))
        .collect();
    assert_none(&found, "return a typed error, or `expect` with the reason why it cannot fail");
}

#[test]
fn a_dialect_is_only_spoken_where_vendor_paths_are_answered() {
    let words = [".problem(&", ".submitted(&", ".dialect.job("];
    let speaks = |name: &str| {
        name == "emulator/src/edge/call/handle.rs" || name.starts_with("emulator/src/edge/handlers/")
    };
    let admit = |name: &str| speaks(name) || name.starts_with("contracts/");
    let found = lines_with(&sources(&["emulator/src", "src"]), &words, admit);
    assert_none(
        &found,
        "whatever leaves a vendor path is written in emulator/src/edge/{call/handle.rs,handlers/} by its dialect",
    );
    let speaking: Vec<_> = product().into_iter().filter(|(name, _)| speaks(name)).collect();
    assert!(speaking.len() > 8, "the handlers are elsewhere");
    let words = ["StatusCode", "Response<", "Response::", "Body::from"];
    let found = lines_with(&speaking, &words, |_| false);
    assert_none(&found, "a handler hands on what the dialect wrote");
}

#[test]
fn nothing_is_left_to_do_and_no_machine_is_named() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("/wo", "rk/"), concat!("/ro", "ot/")];
    assert_none(
        &lines_with(&everything(), &words, |_| false),
        "finish it, or say it in the README's list of limits",
    );
}

#[test]
fn no_wire_path_of_a_vendor_is_written_where_it_could_be_answered() {
    let vendors = mockreel_contracts::vendors().unwrap();
    let operations = vendors.iter().flat_map(|vendor| vendor.contract.operations.values());
    let routes = operations.flat_map(|operation| &operation.routes);
    let paths: Vec<&str> =
        routes.map(|route| route.path.split('{').next().unwrap().trim_end_matches('/')).collect();
    let found = lines_with(&sources(&["emulator/src", "src"]), &paths, |_| false);
    assert_none(&found, "paths are routes of a contract; match them with `Contract::route`");
}

#[test]
fn json_bodies_are_read_as_bytes() {
    let found = lines_with(&product(), &["axum::Json", "extract::Json", " Json<"], |_| false);
    assert_none(&found, "read bodies as bytes, so that the vendor words what is wrong with them");
}

#[test]
fn every_test_module_is_listed_in_order() {
    let main = fs::read_to_string(root().join("tests/it/main.rs")).unwrap();
    let listed: Vec<&str> =
        main.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).collect();
    assert!(listed.is_sorted(), "keep the modules of tests/it/main.rs in alphabetical order: {listed:?}");
    for entry in fs::read_dir(root().join("tests/it")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().trim_end_matches(".rs").to_owned();
        let known = name == "main" || name == "snapshots" || listed.contains(&name.as_str());
        assert!(known, "tests/it/{name} is in no `mod` line of tests/it/main.rs, so nobody runs it");
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for manifest in ["Cargo.toml", "contracts/Cargo.toml", "emulator/Cargo.toml", "conformance/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        assert!(text.contains("[lints]\nworkspace = true"), "{manifest}: add `[lints] workspace = true`");
    }
}
