//! Rules about the tree, as tests about the tree. Each message says what to do instead.

use std::path::{Path, PathBuf};

/// A file of Rust, read.
struct Source {
    /// Its path below the root, with forward slashes.
    path: String,
    text: String,
}

impl Source {
    /// Whether the whole file is a test, or only helps tests and benches.
    fn is_test(&self) -> bool {
        ["tests/", "benches/"].iter().any(|part| self.path.contains(part)) || self.path.ends_with("/tests.rs")
    }

    /// Line numbers and lines outside of tests, comments kept.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        // Unit tests stand at the end of their file.
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let own = if self.is_test() { 0 } else { usize::MAX };
        lines.take(own).take_while(|(_, line)| !line.starts_with("#[cfg(test)]") || line.contains("mod "))
    }

    /// The same without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder, generated and hidden folders left out.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "target" || name == ".git" {
            continue;
        }
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Every text file of the tree: path below the root, text.
fn texts() -> Vec<Source> {
    let mut found = Vec::new();
    files(root(), &mut found);
    found
        .into_iter()
        .filter_map(|path| {
            let text = String::from_utf8(std::fs::read(&path).unwrap()).ok()?;
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            Some(Source { path, text })
        })
        .collect()
}

/// Every file of Rust.
fn sources() -> Vec<Source> {
    let sources: Vec<Source> = texts().into_iter().filter(|file| file.path.ends_with(".rs")).collect();
    assert!(sources.len() > 60, "only {} files of Rust were found below {}", sources.len(), root().display());
    sources
}

/// Fails with every place that was found, if there is one.
fn assert_none(found: &[String], advice: &str) {
    assert!(found.is_empty(), "{advice}:\n  {}", found.join("\n  "));
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let silent: Vec<String> = sources()
        .iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.path.clone())
        .collect();
    assert_none(&silent, "begin these files with a line of `//! ` that says what they are for");
}

#[test]
fn no_file_is_longer_than_a_reader_is_patient() {
    let long: Vec<String> = sources()
        .iter()
        .map(|file| (file.text.lines().count(), file))
        .filter(|(lines, file)| *lines > if file.is_test() { 600 } else { 400 })
        .map(|(lines, file)| format!("{} has {lines} lines", file.path))
        .collect();
    assert_none(&long, "split these files by what they speak of: 400 lines are enough, 600 for tests");
}

/// How vendors are called, in any spelling.
const VENDORS: [&str; 7] = ["aimlapi", "apilaplas", "gmicloud", "302ai", "ai302", "302.ai", "gmi cloud"];

#[test]
fn no_vendor_is_named_outside_its_folder() {
    let own = |path: &str| {
        VENDORS.iter().any(|vendor| path.starts_with(&format!("contracts/src/{vendor}/")))
            || path.starts_with("tests/")
    };
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| !own(&file.path)) {
        for (number, line) in file.lines() {
            let small = line.to_lowercase();
            let named: Vec<&&str> = VENDORS.iter().filter(|vendor| small.contains(**vendor)).collect();
            let listed = match file.path.as_str() {
                "contracts/src/lib.rs" => line.starts_with("mod "),
                "contracts/src/vendor.rs" => line.contains("::DECLARED"),
                _ => false,
            };
            if !named.is_empty() && !listed {
                found.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    let advice = "name vendors in contracts/src/<vendor>/ and in tests only; ask the contract instead";
    assert_none(&found, advice);
}

/// The files in which a word may stand, and what to do elsewhere.
fn only_in(words: &[&str], places: &[&str], advice: &str) {
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| !places.contains(&file.path.as_str())) {
        for (number, line) in file.code() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    assert_none(&found, advice);
}

#[test]
fn only_the_clock_asks_what_time_it_is() {
    only_in(
        &["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"],
        &["emulator/src/clock.rs"],
        "take the time as a value; only emulator/src/clock.rs asks the system",
    );
}

#[test]
fn only_one_file_draws_random_numbers() {
    only_in(
        &[
            "rand::",
            "rand_chacha::",
            "getrandom",
            "thread_rng",
            "fastrand",
            "RandomState::new",
            "Uuid::new_v4",
        ],
        &["emulator/src/random.rs"],
        "draw from `Seed::draw` of emulator/src/random.rs, so that runs repeat",
    );
}

#[test]
fn nothing_sleeps_but_the_edge() {
    only_in(
        &["thread::sleep", "time::sleep", "time::interval"],
        &["emulator/src/http/mod.rs"],
        "nothing waits for jobs: derive where they stand from the time; only the edge may wait",
    );
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    only_in(
        &[".unwrap()"],
        &[],
        "say with `expect(\"why it cannot fail\")` or an error of its own type what `unwrap` leaves open",
    );
}

/// The names under a manifest's heading.
fn dependencies(manifest: &str, heading: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(manifest)).unwrap();
    let table: toml::Table = text.parse().unwrap();
    table
        .get(heading)
        .and_then(toml::Value::as_table)
        .map(|held| held.keys().cloned().collect())
        .unwrap_or_default()
}

#[test]
fn contracts_know_no_network_and_no_clock() {
    let forbidden = ["http", "hyper", "tokio", "axum", "reqwest", "tower", "rand", "tracing", "stuntdouble-"];
    let found: Vec<String> = dependencies("contracts/Cargo.toml", "dependencies")
        .into_iter()
        .filter(|name| forbidden.iter().any(|held| name.starts_with(held)))
        .collect();
    assert_none(&found, "contracts do no IO: move what needs these into the emulator");
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| file.path.starts_with("contracts/src/")) {
        for (number, line) in file.code() {
            if ["std::fs", "std::net", "std::io", "std::env", "std::process", "std::thread"]
                .iter()
                .any(|word| line.contains(word))
            {
                found.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    assert_none(&found, "contracts do no IO: let the caller read, and hand the text over");
}

#[test]
fn the_suite_and_the_emulator_never_see_each_other() {
    let names = |manifest| dependencies(manifest, "dependencies");
    let suite = names("conformance/Cargo.toml");
    assert!(
        !suite.contains(&"stuntdouble-emulator".to_owned()),
        "the suite knows a target by its address only"
    );
    let emulator = names("emulator/Cargo.toml");
    assert!(
        !emulator.contains(&"stuntdouble-conformance".to_owned()),
        "the emulator does not know who checks it"
    );
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| file.path.starts_with("conformance/")) {
        for (number, line) in file.text.lines().enumerate() {
            if line.contains("Dialect") || line.contains("dialect::") {
                found.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    assert_none(&found, "the suite reads answers through the contract, never through a dialect");
}

#[test]
fn dialects_are_asked_by_one_file_only() {
    let asked = [".credential(", ".submitted(", ".problem(", ".job_id(", ".finishes_at_submit("];
    let mut found = Vec::new();
    for file in sources()
        .iter()
        .filter(|file| file.path.starts_with("emulator/src/") || file.path.starts_with("src/"))
    {
        // The engine mints ids; everything that leaves a vendor's path goes through the one file.
        if file.path.starts_with("emulator/src/http/vendor") || file.path == "emulator/src/engine/submit.rs" {
            continue;
        }
        for (number, line) in file.code() {
            if line.contains("dialect") && asked.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    assert_none(&found, "answer vendors' paths through emulator/src/http/vendor.rs, which asks the dialect");
}

#[test]
fn no_wire_path_of_a_vendor_is_written_where_it_could_be_answered() {
    let mut paths: Vec<String> = Vec::new();
    for vendor in stuntdouble_contracts::vendors().unwrap() {
        for operation in vendor.contract.operations.values() {
            for route in &operation.routes {
                paths.push(route.path.split('{').next().unwrap().trim_end_matches('/').to_owned());
            }
        }
    }
    let mut found = Vec::new();
    for file in sources()
        .iter()
        .filter(|file| file.path.starts_with("emulator/src/") || file.path.starts_with("src/"))
    {
        for (number, line) in file.code() {
            if paths.iter().any(|path| line.contains(path.as_str())) {
                found.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    assert_none(&found, "paths are routes of a contract; match them with `Contract::route`");
}

#[test]
fn json_bodies_are_read_as_bytes() {
    only_in(
        &["axum::Json", "extract::Json", "Json<"],
        &[],
        "read bodies as bytes, so that vendors word what is wrong with them",
    );
}

#[test]
fn nothing_is_left_for_later_without_saying_so() {
    // Spelt apart, so that this file does not find itself.
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X:"].concat(), ["HA", "CK"].concat()];
    let mut found = Vec::new();
    for file in texts() {
        if file.path.starts_with("fixtures/") || file.path.starts_with("docs/") || file.path == "Cargo.lock" {
            continue;
        }
        for (number, line) in file.text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word.as_str())) {
                found.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    assert_none(&found, "do it, or say in an issue or under the limits of the README that it is not done");
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let places = [
        ["/ho", "me/"].concat(),
        ["/Us", "ers/"].concat(),
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/tmp/", "wt"].concat(),
        ["C:", "\\"].concat(),
    ];
    let mut found = Vec::new();
    for file in texts() {
        for (number, line) in file.text.lines().enumerate() {
            if places.iter().any(|place| line.contains(place.as_str())) {
                let shown: String = line.trim().chars().take(100).collect();
                found.push(format!("{}:{}: {shown}", file.path, number + 1));
            }
        }
    }
    assert_none(&found, "write paths from the root of the repository");
}

#[test]
fn every_test_module_is_listed_in_order() {
    let main = std::fs::read_to_string(root().join("tests/it/main.rs")).unwrap();
    let listed: Vec<&str> =
        main.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).collect();
    assert!(listed.is_sorted(), "keep the modules of tests/it/main.rs in alphabetical order: {listed:?}");
    for entry in std::fs::read_dir(root().join("tests/it")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().trim_end_matches(".rs").to_owned();
        let known = name == "main" || name == "snapshots" || listed.contains(&name.as_str());
        assert!(known, "tests/it/{name} is in no `mod` line of tests/it/main.rs, so nobody runs it");
    }
}
