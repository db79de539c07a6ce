//! The command around a run: reports that are whole or not there, keys that are never repeated, ends that are not silent.

use std::fs::File;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::channel;

use serde_json::{Value, json};

use super::servers::{Server, answer, is_keyed};
use super::{Ended, Folder};

/// A server on which no job ever ends; `polled` is called for each poll of one.
fn that_never_ends(polled: impl Fn() + Send + Sync + 'static) -> Server {
    Server::start(move |request, _| {
        if !is_keyed(request) {
            return answer("401 Unauthorized", "application/json", "{\"error\":\"who is it?\"}");
        }
        let id = "5a7a5466-7948-47d8-8578-000000000001";
        let is_poll = request.starts_with("GET") && request.contains(id);
        if !request.starts_with("POST /api/v1/ie/requestqueue/apikey/requests ") && !is_poll {
            return answer("404 Not Found", "application/json", "{\"error\":\"not found\"}");
        }
        if is_poll {
            polled();
        }
        let job = json!({
            "request_id": id, "model": "Kling-Image2Video-V1.6-Standard", "payload": {}, "status": "processing",
            "outcome": null, "created_at": 1_790_000_000, "updated_at": 1_790_000_000, "queued_at": 1_790_000_000,
            "org_id": "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9", "is_public": false,
        });
        answer("200 OK", "application/json", &job.to_string())
    })
}

fn read_report(folder: &Folder) -> Value {
    serde_json::from_slice(&std::fs::read(folder.file("r.json")).unwrap_or_default()).unwrap_or_default()
}

#[test]
fn a_run_that_fails_leaves_no_report_neither_an_old_nor_an_empty_one() {
    let folder = Folder::new("stale");
    let refusing = Server::start(|_, _| answer("401 Unauthorized", "application/json", "{\"error\":\"no\"}"));
    std::fs::write(folder.file("old.json"), "of an earlier run").unwrap();
    let ended = folder.run(&[
        "check",
        "gmicloud",
        "--target",
        &refusing.address,
        "--report",
        "json=old.json,md=new.md,html=out/new.html",
    ]);
    assert_eq!(ended.code, 3, "{ended:?}");
    for name in ["old.json", "new.md", "out/new.html"] {
        assert!(!folder.file(name).exists(), "{name}");
    }
    let ended = folder.run(&["check", "gmicloud", "--only", "NET-02", "--report", "json=old.json,md=new.md"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let left: Vec<_> =
        std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.len() == 3, "what was written beside is gone: {left:?}");
}

#[test]
fn a_report_that_cannot_be_written_is_said_before_the_end_that_is_not_good() {
    let folder = Folder::new("unwritable");
    let out = folder.file("out");
    let taken = Mutex::new(Some(out));
    // The folder goes while the run is going on.
    let server = Server::start(move |request, number| {
        if number > 3
            && let Some(out) = taken.lock().unwrap().take()
        {
            std::fs::remove_dir_all(out).unwrap();
        }
        match is_keyed(request) {
            true => answer("404 Not Found", "application/json", "{\"error\":\"not found\"}"),
            false => answer("401 Unauthorized", "application/json", "{\"error\":\"who is it?\"}"),
        }
    });
    let arguments = ["check", "gmicloud", "--target", &server.address, "--only", "AUTH-01,POLL-06"];
    let ended = folder.run(&[&arguments[..], &["--report", "json=out/r.json"]].concat());
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("cannot write out/r.json"), "{ended:?}");
    assert!(!ended.out.contains("exit code 0"), "{ended:?}");
    let plan = folder.run(&["plan", "gmicloud", "--only", "NET", "--report", "md=/dev/full"]);
    assert!(plan.code == 2 && !plan.out.contains("exit code 0"), "{plan:?}");
}

#[test]
fn a_key_that_is_given_in_place_of_its_variable_is_not_repeated() {
    let folder = Folder::new("key-itself");
    for key in ["sk-live-4f9Kq2Zr7Lm1Xc8", "AKIAIOSFODNN7EXAMPLE"] {
        for flag in ["--key-env", "--second-key-env"] {
            let ended = folder.run(&["check", "gmicloud", "--only", "NET-02", flag, key]);
            let line = ended.line(2);
            assert!(line.contains(flag) && line.contains("expected the name of a variable"), "{line}");
            assert!(!format!("{ended:?}").contains(key), "{ended:?}");
        }
        let mut command = folder.command(&["check", "gmicloud", "--only", "NET-02"]);
        let ended = Ended::of(command.env("MOCKREEL_KEY_ENV", key).output().unwrap());
        assert!(ended.code == 2 && !format!("{ended:?}").contains(key), "{ended:?}");
    }
}

#[test]
fn a_case_that_a_vendor_does_not_have_is_said_and_is_no_good_end() {
    let folder = Folder::new("lacking");
    for (arguments, name) in [(&["--only", "UPL-01"][..], "UPL-01"), (&["--only", "RES-01,UPL"], "UPL")] {
        let ended = folder.run(&[&["check", "302ai"][..], arguments].concat());
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.out.contains(&format!("--only {name}: 302ai has no such case, because ")), "{ended:?}");
    }
    assert_eq!(folder.run(&["check", "302ai", "--only", "RES-01"]).code, 0);
}

#[test]
fn standard_output_that_is_full_is_no_good_end() {
    let folder = Folder::new("full");
    for arguments in [
        &["check", "gmicloud", "--only", "NET-02"][..],
        &["check", "--list", "302ai"],
        &["contract", "show", "302ai"],
    ] {
        let mut command = folder.command(arguments);
        let full = File::options().write(true).open("/dev/full").unwrap();
        let ended = Ended::of(command.stdout(full).stderr(Stdio::piped()).output().unwrap());
        assert_eq!(ended.code, 2, "{arguments:?}: {ended:?}");
        assert!(ended.err.contains("cannot write to standard output"), "{ended:?}");
    }
}

#[test]
fn a_run_that_is_stopped_reports_what_was_judged_until_then() {
    let folder = Folder::new("stopped");
    let (polled, polls) = channel();
    let server = that_never_ends(move || polled.send(()).unwrap_or_default());
    let arguments =
        ["check", "gmicloud", "--target", &server.address, "--only", "AUTH-01,POLL-06,POLL-09,RES"];
    let mut command = folder.command(&arguments);
    command.args(["--wait", "300s", "--report", "json=r.json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    polls.recv().unwrap();
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let code = child.wait().unwrap().code();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(code, Some(130), "{out}");
    assert!(out.contains("the run was stopped: ") && out.contains("exit code 130"), "{out}");
    let report = read_report(&folder);
    assert_eq!((&report["exit_code"], &report["interrupted"]), (&json!(130), &json!(true)));
    let judged = report["results"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap());
    let judged: Vec<&str> = judged.collect();
    assert!(judged.contains(&"AUTH-01") && !judged.contains(&"RES-01"), "{judged:?}");
}

#[test]
fn a_run_takes_no_longer_than_it_may() {
    let folder = Folder::new("max-time");
    let server = that_never_ends(|| ());
    let arguments = ["check", "gmicloud", "--target", &server.address, "--only", "AUTH-01,POLL-09,RES"];
    let ended = folder
        .run(&[&arguments[..], &["--wait", "300s", "--max-time", "1s", "--report", "json=r.json"]].concat());
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.out.contains("the 1 s of the run are over; --max-time DURATION allows more"), "{ended:?}");
    let report = read_report(&folder);
    let outcome = |id: &str| {
        let results = report["results"].as_array().unwrap();
        results.iter().find(|one| one["id"] == id).map(|one| one["outcome"].clone()).unwrap_or_default()
    };
    assert_eq!((outcome("AUTH-01"), outcome("POLL-09")), (json!("pass"), json!("not-run-budget")));
    assert!(folder.run(&["check", "gmicloud", "--max-time", "soon"]).line(2).contains("--max-time"));
}

#[test]
fn a_recording_without_a_key_that_is_a_word_of_the_answers_is_refused() {
    let folder = Folder::new("word");
    for (key, code) in [("payload", 2), ("kling", 2), ("sk-of-a-test-account", 0)] {
        let mut command = folder.command(&["check", "gmicloud", "--only", "NET-02", "--key-env", "WORD"]);
        command.args(["--cassette", &format!("tapes-{key}")]).env("WORD", key);
        let ended = Ended::of(command.output().unwrap());
        assert_eq!(ended.code, code, "{key}: {ended:?}");
        assert!(code == 0 || ended.err.contains("part of a word in them"), "{ended:?}");
    }
}
