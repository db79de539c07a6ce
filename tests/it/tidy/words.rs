//! Words with a place of their own: clocks, chance, sleep, IO, and what nobody may write at all.

use super::tree::{Tree, is_test_file, lines_with, read_tree};

/// Words that stand in few places or in none.
struct Rule {
    words: &'static [&'static str],
    /// The files that must not hold them.
    forbids: fn(&str) -> bool,
    /// What to do instead.
    advice: &'static str,
    /// A file that must not hold them.
    example: &'static str,
}

fn is_source_of(path: &str, name: &str) -> bool {
    ["emulator/src/", "conformance/src/"].iter().any(|folder| path == format!("{folder}{name}"))
}

fn is_product(path: &str) -> bool {
    path.starts_with("src/") || path.contains("/src/")
}

/// The files that speak a vendor's dialect.
fn speaks_dialect(path: &str) -> bool {
    path == "emulator/src/edge/call/handle.rs" || path.starts_with("emulator/src/edge/handlers/")
}

/// The crates of plain facts and comparisons.
fn is_pure(path: &str) -> bool {
    path.starts_with("contracts/src/") || path.starts_with("drift/src/")
}

const CLOCKS: Rule = Rule {
    words: &["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"],
    forbids: |path| is_product(path) && !is_source_of(path, "clock.rs"),
    advice: "take the time as a value; only the clock.rs of a crate reads the system clock",
    example: "emulator/src/state/job.rs",
};

const WAITING: Rule = Rule {
    words: &["sleep(", "tokio::time", ".await"],
    forbids: |path| path.starts_with("emulator/src/engine/") || is_pure(path),
    advice: "the engine never waits",
    example: "emulator/src/engine/mod.rs",
};

const SLEEPING: Rule = Rule {
    words: &["sleep("],
    forbids: |path| path.starts_with("tests/") && path != "tests/it/tidy/words.rs",
    advice: "tests move the clock instead of sleeping",
    example: "tests/it/walk.rs",
};

const CHANCE: Rule = Rule {
    words: &["rand_chacha", "rand::", "RandomState"],
    forbids: |path| is_product(path) && !is_source_of(path, "random.rs"),
    advice: "draw from a named generator of a crate's random.rs",
    example: "src/main.rs",
};

const IO: Rule = Rule {
    words: &["std::fs", "std::net", "std::env", "std::process"],
    forbids: |path| {
        let watches =
            ["drift/src/history/", "drift/src/watch/"].iter().any(|folder| path.starts_with(folder));
        is_pure(path) && !watches && !is_test_file(path)
    },
    advice: "contracts and drift do no IO but for histories and watches: take bytes, let the edge read them",
    example: "contracts/src/vendor.rs",
};

const DIALECTS: Rule = Rule {
    words: &["Dialect", "dialect::"],
    forbids: |path| path.starts_with("conformance/src/"),
    advice: "the suite reads answers through the contract, never through a dialect",
    example: "conformance/src/run.rs",
};

const ANSWERS: Rule = Rule {
    words: &[".problem(&", ".submitted(&", ".dialect.job("],
    forbids: |path| (path.starts_with("emulator/src/") || path.starts_with("src/")) && !speaks_dialect(path),
    advice: "whatever leaves a vendor path is written in emulator/src/edge/{call/handle.rs,handlers/} by its dialect",
    example: "emulator/src/edge/call/check.rs",
};

const UNFINISHED: Rule = Rule {
    words: &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("/wo", "rk/"), concat!("/ro", "ot/")],
    forbids: |path| path.ends_with(".rs"),
    advice: "finish it, or say it in the README's list of limits; and name no machine",
    example: "contracts/benches/drift.rs",
};

const JSON_BODIES: Rule = Rule {
    words: &["axum::Json", "extract::Json", " Json<"],
    forbids: is_product,
    advice: "read bodies as bytes, so that the vendor words what is wrong with them",
    example: "emulator/src/admin/mod.rs",
};

const RULES: [&Rule; 9] =
    [&CLOCKS, &WAITING, &SLEEPING, &CHANCE, &IO, &DIALECTS, &ANSWERS, &UNFINISHED, &JSON_BODIES];

impl Rule {
    fn broken(&self, tree: &Tree) -> Vec<String> {
        lines_with(tree.sources().filter(|(path, _)| (self.forbids)(path)), self.words)
    }

    fn hold(&self) {
        super::assert_none(&self.broken(&read_tree()), self.advice);
    }
}

/// Lines that unwrap outside tests, and outside the examples in documentation, which are tests.
fn unwraps(tree: &Tree) -> Vec<String> {
    let code = tree
        .product()
        .filter(|(path, _)| !is_test_file(path))
        .map(|(path, text)| (path, text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)));
    let lines = lines_with(code, &[".unwrap()"]);
    lines.into_iter().filter(|line| !line.contains(": //!") && !line.contains(": ///")).collect()
}

#[test]
fn only_the_clock_reads_the_system_clock() {
    CLOCKS.hold();
}

#[test]
fn nothing_sleeps_in_the_engine_and_no_test_sleeps() {
    WAITING.hold();
    SLEEPING.hold();
}

#[test]
fn only_one_module_draws_random_numbers() {
    CHANCE.hold();
}

#[test]
fn the_contracts_do_no_io() {
    IO.hold();
}

#[test]
fn the_suite_knows_no_dialect() {
    DIALECTS.hold();
}

#[test]
fn a_dialect_is_only_spoken_where_vendor_paths_are_answered() {
    ANSWERS.hold();
    let tree = read_tree();
    let speaking: Vec<_> = tree.sources().filter(|(path, _)| speaks_dialect(path)).collect();
    assert!(speaking.len() > 8, "the handlers are elsewhere");
    let words = ["StatusCode", "Response<", "Response::", "Body::from"];
    super::assert_none(&lines_with(speaking.into_iter(), &words), "hand on what the dialect wrote");
}

#[test]
fn nothing_is_left_to_do_and_no_machine_is_named() {
    UNFINISHED.hold();
}

#[test]
fn json_bodies_are_read_as_bytes() {
    JSON_BODIES.hold();
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    super::assert_none(
        &unwraps(&read_tree()),
        "return a typed error, or `expect` with the reason why it cannot fail",
    );
}

#[test]
fn every_rule_finds_each_of_its_words() {
    for rule in RULES {
        for word in rule.words {
            let tree = Tree::made_up(&[(rule.example, &format!("//! A file.\n a{word}b"))]);
            assert_eq!(rule.broken(&tree), [format!("{}:2: a{word}b", rule.example)]);
        }
        assert!(rule.broken(&Tree::made_up(&[(rule.example, "//! A file.")])).is_empty());
    }
}

#[test]
fn an_unwrap_is_found_and_those_of_tests_are_not() {
    let text = "//! a.unwrap()\nfn f() { a.unwrap(); }\n#[cfg(test)]\nmod tests {\n  b.unwrap() }";
    let tree = Tree::made_up(&[("own/src/lib.rs", text), ("own/src/tests.rs", "c.unwrap()")]);
    assert_eq!(unwraps(&tree), ["own/src/lib.rs:2: fn f() { a.unwrap(); }"]);
}
