//! Artefacts of a run: never the key, and nothing that a hostile vendor could make them say.

use std::path::Path;

use super::servers::{Server, answer, with_headers};
use super::{Ended, Folder, Stand};

/// A key that no text holds by chance.
const KEY: &str = "sk-mockreel-4f1c9a7be2d84c0d";
const SECOND: &str = "sk-mockreel-other-77a0b3e1c9d2";

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

const REPORTS: &str = "junit=out/r.xml,json=out/r.json,html=out/r.html,sarif=out/r.sarif,md=out/r.md";

/// Runs with keys, every report, a cassette and a ledger.
fn run(folder: &Folder, target: &str, cases: &str) -> Ended {
    let mut command = folder.command(&[
        "check",
        "gmicloud",
        "--target",
        target,
        "--key-env",
        "KEY",
        "--second-key-env",
        "SECOND",
        "--cassette",
        "tapes",
        "--report",
        REPORTS,
        "--github",
        "--max-spend",
        "50",
        "--allow-unknown-price",
        "--only",
        cases,
    ]);
    Ended::of(command.env("KEY", KEY).env("SECOND", SECOND).env("MOCKREEL_LOG", "trace").output().unwrap())
}

fn assert_no_key(folder: &Folder, ended: &Ended) {
    let left = files(&folder.0);
    let names: Vec<&str> = left.iter().map(|(name, _)| name.as_str()).collect();
    assert!(left.len() >= 7, "five reports, a cassette and a ledger are left: {names:?}");
    let printed = [
        ("stdout".to_owned(), ended.out.clone().into_bytes()),
        ("stderr".to_owned(), ended.err.clone().into_bytes()),
    ];
    let base64 = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD_NO_PAD.encode(text)
    };
    for (name, bytes) in left.iter().chain(&printed) {
        for key in [KEY, SECOND] {
            for needle in [key.to_owned(), key[3..].to_owned(), base64(key), base64(&format!("Bearer {key}"))]
            {
                let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
                assert!(!found, "{name} holds {needle}");
            }
        }
    }
}

#[test]
fn no_artefact_of_a_run_holds_the_key() {
    let stand = Stand::start("gmicloud");
    let folder = Folder::new("keys");
    let ended = run(&folder, &stand.emulator.url("gmicloud"), "NET,AUTH,SUB-01,SUB-07,POLL,VAL,LST,UPL,RES");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_no_key(&folder, &ended);
}

#[test]
fn a_server_that_repeats_the_key_everywhere_does_not_get_it_written_down() {
    let server = Server::start(|request, _| {
        let key = request
            .lines()
            .find_map(|line| line.strip_prefix("authorization: "))
            .unwrap_or("nobody")
            .to_owned();
        let bare = key.trim_start_matches("Bearer ");
        let body = serde_json::json!({
            "error": format!("{key} is not allowed: https://x.example/?token={bare}&a={bare}"),
            bare: [bare, {"nested": format!("prefix{bare}suffix")}],
        });
        with_headers(
            if key == "nobody" { "401 Unauthorized" } else { "404 Not Found" },
            &[("content-type", "application/json"), ("x-key", bare)],
            &body.to_string(),
        )
    });
    let folder = Folder::new("echo");
    let ended = run(&folder, &server.address, "NET,AUTH,POLL-06,POLL-08,VAL-01,VAL-09");
    assert!([0, 1].contains(&ended.code), "{ended:?}");
    assert_no_key(&folder, &ended);
}

#[test]
fn hostile_answers_forge_no_annotation_no_escape_and_no_script() {
    let hostile = "\u{1b}[31mred\u{1b}]8;;https://evil.example\u{7}link \r\n::error file=a::forged\r\n\
        <script>alert(1)</script><img src=x onerror=alert(1)> ]]> | a | b | @everyone [x](javascript:alert(1)) \u{202e}gnp ##[error]forged";
    let body = serde_json::json!({
        "error": hostile, "request_id": hostile, "status": hostile,
        "outcome": {"video_url": format!("javascript:{hostile}"), "error": hostile},
        hostile: hostile,
    })
    .to_string();
    let server = Server::start(move |request, number| {
        let submits = request.starts_with("POST") && request.contains("payload");
        match number % 3 {
            _ if submits => answer("200 OK", "application/json", &body),
            0 => answer("200 OK", "application/json", &body),
            1 => with_headers(
                "404 Not Found",
                &[("content-type", "application/json"), ("x-request-id", "::error::forged")],
                &body,
            ),
            _ => answer("500 Oops", "application/json", &body),
        }
    });
    let folder = Folder::new("hostile");
    let ended =
        run(&folder, &server.address, "NET,AUTH,POLL-06,POLL-07,POLL-08,SUB-01,SUB-02,SUB-03,SUB-05,VAL");
    assert!([1, 4].contains(&ended.code), "{ended:?}");
    for text in [&ended.out, &ended.err] {
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && !text.contains('\r'), "{text}");
        for line in text.lines().map(str::trim_start) {
            assert!(!line.starts_with("::error file=a") && !line.starts_with("##[error]"), "{line}");
            assert!(!line.starts_with("::error::forged"), "{line}");
        }
    }
    let read = |name: &str| std::fs::read_to_string(folder.file("out").join(name)).unwrap();
    let html = read("r.html");
    assert!(!html.contains("<script") && !html.contains("<img"), "a tag came through");
    assert!(!html.contains("href=\"javascript"), "a link came through");
    // What stands in a span of code is no markup.
    let comment: String = read("r.md").split('`').step_by(2).collect();
    assert!(!comment.contains("<script"), "a tag came through: {comment}");
    assert!(!comment.contains("@everyone"), "a mention came through");
    for name in ["r.xml", "r.md", "r.html", "r.json", "r.sarif"] {
        assert!(!read(name).contains('\u{1b}'), "{name} holds an escape");
    }
    serde_json::from_str::<serde_json::Value>(&read("r.json")).unwrap();
    serde_json::from_str::<serde_json::Value>(&read("r.sarif")).unwrap();
}
