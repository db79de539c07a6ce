//! Flags about models: which to check, and which files to import.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::json;

/// A folder of its own for a test, removed afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("models-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mockreel"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MOCKREEL_")) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(&self.0).output().unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let line = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

#[test]
fn a_model_that_is_not_offered_is_refused_with_those_that_are() {
    let folder = Folder::new("unknown");
    for command in ["check", "plan"] {
        let line = refused(&folder.run(&[command, "302ai", "--model", "nothing"]));
        assert!(line.contains("--model nothing: 302ai@"), "{line}");
        assert!(line.contains("offers no model `nothing`; it offers "), "{line}");
    }
}

#[test]
fn each_named_model_is_run_once_and_the_reports_say_which() {
    let folder = Folder::new("several");
    folder.write("mockreel.toml", "[check]\nmodel = \"all\"\nonly = [\"VAL-09\"]\n");
    let all = folder.run(&["plan", "gmicloud"]);
    let models = mockreel_contracts::vendor("gmicloud").unwrap().contract.models.len();
    assert_eq!(out(&all).matches("plan of gmicloud@").count(), models, "{all:?}");
    let ids: Vec<String> =
        mockreel_contracts::vendor("gmicloud").unwrap().contract.models.keys().cloned().collect();
    let named = folder.run(&[
        "check",
        "gmicloud",
        "--model",
        &ids[1],
        "--model",
        &ids[0],
        "--model",
        &ids[1],
        "--report",
        "json=r.json",
        "--cassette",
        "tapes",
    ]);
    assert_eq!(named.status.code(), Some(0), "{named:?}");
    let reports: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.0.join("r.json")).unwrap()).unwrap();
    let told: Vec<&str> =
        reports.as_array().unwrap().iter().map(|report| report["model"].as_str().unwrap()).collect();
    assert_eq!(told, [&ids[1], &ids[0]]);
    let replayed = folder.run(&["check", "gmicloud", "--model", &ids[0], "--replay", "tapes"]);
    assert_eq!(replayed.status.code(), Some(0), "{replayed:?}");
}

/// A document about one model, written for this test.
fn document(model: &str) -> String {
    json!({
        "openapi": "3.0.0", "info": {"title": "none", "version": "1"},
        "servers": [{"url": "https://api.aimlapi.com"}],
        "paths": {"/v2/video/generations": {"post": {
            "requestBody": {"content": {"application/json": {"schema": {
                "type": "object", "required": ["model", "prompt", "speed"],
                "properties": {
                    "model": {"type": "string", "enum": [model]},
                    "prompt": {"type": "string", "description": "THEIR WORDS"},
                    "speed": {"type": "integer", "minimum": 1, "maximum": 3},
                }}}}},
            "responses": {"200": {"description": "THEIR WORDS"}},
        }}},
    })
    .to_string()
}

#[test]
fn what_was_imported_is_served() {
    let folder = Folder::new("import");
    folder.write("files/inner/2027-01-05-new.json", &document("new/model"));
    folder.write("files/notes.txt", "no document");
    let made = folder.run(&["contract", "import", "files", "--out", "new.toml"]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let text = std::fs::read_to_string(folder.0.join("new.toml")).unwrap();
    assert!(!text.contains("THEIR WORDS"), "{text}");
    assert!(
        text.contains("title = \"inner/2027-01-05-new.json\"\ndate = \"2027-01-05\"\ngrade = \"spec\""),
        "{text}"
    );
    let vendor = mockreel_contracts::vendor::overlaid("new.toml", &text).unwrap();
    assert_eq!(vendor.contract.full_id(), "aimlapi@2027-01-05");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let emulator = crate::support::quiet().vendor(vendor).start().await.unwrap();
        let caller = crate::support::Caller::with_key(crate::support::KEY);
        let url = format!("{}/v2/video/generations", emulator.url("aimlapi"));
        let body = |speed: u32| json!({"model": "new/model", "prompt": "a", "speed": speed});
        assert_eq!(caller.post(&url, &body(3)).await.status, 200);
        let refused = caller.post(&url, &body(4)).await;
        assert_eq!(refused.status, 400);
        assert!(refused.text().contains("less than or equal to 3"), "{}", refused.text());
    });
}

#[test]
fn what_cannot_be_imported_is_told_in_one_line() {
    let folder = Folder::new("bad");
    folder.write("empty/notes.txt", "");
    folder.write("good.json", &document("a").replace("api.aimlapi.com", "api.nobody.example"));
    folder.write("bad.json", "{");
    for (arguments, said) in [
        (vec!["empty"], "expected OpenAPI files (.json, .yaml, .yml), found none"),
        (vec!["missing.json"], "cannot read missing.json"),
        (vec!["bad.json", "--vendor", "new", "--edition", "2027-01-05"], "bad.json: "),
        (vec!["good.json"], "say whose they are with --vendor ID"),
        (vec!["good.json", "--vendor", "new"], "give it with --edition YYYY-MM-DD"),
        (vec!["good.json", "--vendor", "new", "--edition", "soon"], "--edition soon: expected a day"),
        (vec!["good.json", "--vendor", "new", "--edition", "2027-13-01"], "expected a day of the calendar"),
        (vec!["good.json", "--vendor", "New Vendor"], "--vendor \"New Vendor\": expected an id"),
        (vec!["good.json", "--out", "good.json"], "--out good.json: expected a name that is free"),
    ] {
        let arguments: Vec<&str> = ["contract", "import"].into_iter().chain(arguments).collect();
        let line = refused(&folder.run(&arguments));
        assert!(line.contains(said), "{arguments:?}: {line}");
    }
    let whole =
        folder.run(&["contract", "import", "good.json", "--vendor", "new", "--edition", "2027-01-05"]);
    assert_eq!(whole.status.code(), Some(0), "{whole:?}");
    assert!(out(&whole).contains("# DECIDE: "), "{whole:?}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_instead_of_waited_for() {
    let folder = Folder::new("pipe");
    for name in ["pipe.json", "inner/pipe.json", "pipe.toml"] {
        let path = folder.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    }
    for arguments in [
        ["contract", "import", "pipe.json"].as_slice(),
        &["contract", "import", "inner"],
        &["serve", "--contract", "pipe.toml"],
    ] {
        let line = refused(&folder.run(arguments));
        assert!(line.contains("expected a file, found a pipe, socket or device"), "{arguments:?}: {line}");
    }
}
