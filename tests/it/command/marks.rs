//! Files that begin with a byte order mark, as editors and shells of Windows write them.

use std::process::Output;

use crate::suite;

const MARK: &str = "\u{feff}";

/// A folder of its own for a test.
struct Folder(suite::Folder);

impl Folder {
    fn new(name: &str) -> Self {
        Self(suite::Folder::new(&format!("marks-{name}")))
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.0.command(arguments).output().unwrap()
    }

    /// Puts a mark before a file's text.
    fn mark(&self, name: &str) {
        let text = std::fs::read_to_string(self.0.file(name)).unwrap();
        self.write(name, &format!("{MARK}{text}"));
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.file(name), text).unwrap();
    }

    /// Writes a text in UTF-16, little endian, with its mark.
    fn write_utf16(&self, name: &str, text: &str) {
        let units = format!("{MARK}{text}");
        let bytes: Vec<u8> = units.encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(self.0.file(name), bytes).unwrap();
    }
}

const SCENARIO: &str = r#"{"scenario":[{"name":"a","match":{"operation":"submit"},"then":{"answer":{"problem":"rate_limited"}}}]}"#;
const TOML_SCENARIO: &str =
    "[[scenario]]\nname = \"a\"\nmatch.operation = \"submit\"\nthen.answer.problem = \"rate_limited\"\n";
const DOCUMENT: &str = r#"{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"/a":{"get":{"responses":{"200":{"description":"ok"}}}}}}"#;

fn assert_good(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
}

#[test]
fn a_mark_at_the_start_of_a_file_is_no_part_of_it() {
    let folder = Folder::new("read");
    folder.write("a.json", &format!("{MARK}{SCENARIO}"));
    folder.write("a.toml", &format!("{MARK}{TOML_SCENARIO}"));
    for file in ["a.json", "a.toml"] {
        assert_good(&folder.run(&["scenario", "check", file]), 0);
    }
    folder.write("conf.toml", &format!("{MARK}[check]\nonly = [\"VAL-09\"]\n"));
    let planned = folder.run(&["plan", "gmicloud", "--config", "conf.toml"]);
    assert_good(&planned, 0);
    assert!(!String::from_utf8_lossy(&planned.stdout).contains("SUB-01"), "{planned:?}");
    folder.write("old.json", DOCUMENT);
    folder.write("new.json", &format!("{MARK}{DOCUMENT}"));
    assert_good(&folder.run(&["drift", "old.json", "new.json"]), 0);
}

#[test]
fn cassettes_ledgers_reports_and_baselines_may_have_a_mark_too() {
    let folder = Folder::new("runs");
    let only = ["--only", "VAL-09"];
    let recorded = folder
        .run(&[&["check", "gmicloud", "--cassette", "tapes", "--report", "json=r.json"], &only[..]].concat());
    assert_good(&recorded, 0);
    let tapes: Vec<String> = std::fs::read_dir(folder.0.file("tapes"))
        .unwrap()
        .map(|entry| format!("tapes/{}", entry.unwrap().file_name().to_string_lossy()))
        .collect();
    tapes.iter().for_each(|tape| folder.mark(tape));
    assert_good(&folder.run(&[&["check", "gmicloud", "--replay", "tapes"], &only[..]].concat()), 0);
    folder.mark("r.json");
    folder.write("baseline.toml", MARK);
    let updated = folder.run(&[
        "baseline",
        "update",
        "baseline.toml",
        "--report",
        "r.json",
        "--reason",
        "none",
        "--expires",
        "2030-01-01",
    ]);
    assert_good(&updated, 0);
    folder.mark("baseline.toml");
    let checked = folder.run(&[&["check", "gmicloud", "--baseline", "baseline.toml"], &only[..]].concat());
    assert_good(&checked, 0);
}

#[test]
fn a_file_in_utf_16_is_refused_with_what_to_do() {
    let folder = Folder::new("utf16");
    folder.write_utf16("a.json", SCENARIO);
    folder.write_utf16("conf.toml", "[check]\n");
    folder.write_utf16("contract.toml", "id = \"gmicloud\"\n");
    folder.write_utf16("document.json", DOCUMENT);
    for arguments in [
        &["scenario", "check", "a.json"][..],
        &["plan", "gmicloud", "--config", "conf.toml"],
        &["serve", "--listen", "127.0.0.1:0", "--contract", "contract.toml"],
        &["drift", "document.json", "document.json"],
    ] {
        let refused = folder.run(arguments);
        assert_good(&refused, 2);
        let line = String::from_utf8_lossy(&refused.stderr);
        let told = "expected UTF-8, found the byte order mark of UTF-16; save the file as UTF-8";
        assert!(line.contains(told) && line.lines().count() == 1, "{arguments:?}: {line}");
    }
}
