//! Servers that repeat the key, and one that is long in answering.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::{Mutex, mpsc};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Folder;
use super::servers::{Server, answer, with_headers};

/// A key as vendors give them out.
const RANDOM_KEY: &str = "sk-a8Kq2Zt7Wm4Xc9Lp3Vb6Nd1Rf5";

/// An answer that repeats the key in many spellings.
fn repeat_key() -> Vec<u8> {
    let base64 = STANDARD.encode(format!("me:{RANDOM_KEY}"));
    let cut = |text: &str, length: usize, gap: &str| {
        let pieces: Vec<&str> =
            text.as_bytes().chunks(length).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
        pieces.join(gap)
    };
    let backwards: String = RANDOM_KEY.chars().rev().collect();
    let percent = RANDOM_KEY.replace('-', "%2D");
    let everywhere: String = RANDOM_KEY.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let escaped: String = RANDOM_KEY.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let (head, tail) = RANDOM_KEY.split_at(14);
    let body = json!({
        "error": {"message": format!("the key {RANDOM_KEY} is wrong, and so is {percent} or {everywhere}")},
        "escaped": escaped, "encoded": base64, "backwards": backwards,
        "lines": cut(&base64, 8, "\n"), "blanks": cut(&base64, 4, " "), "pieces": cut(RANDOM_KEY, 5, " "),
        "first": head, "last": tail, "url": format!("https://a.example/{percent}?x={base64}"),
        "list": [tail, head],
    });
    let headers = [("content-type", "application/json"), ("x-seen", RANDOM_KEY), ("x-half", tail)];
    with_headers("401 Unauthorized", &headers, &body.to_string())
}

#[test]
fn a_key_that_a_server_repeats_is_in_nothing_that_is_kept_or_said() {
    let server = Server::start(|_, _| repeat_key());
    let folder = Folder::new("echo");
    let mut command = folder.command(&[
        "check",
        "gmicloud",
        "--target",
        &server.address,
        "--key-env",
        "ONE",
        "--cassette",
        "tapes",
        "--ledger",
        "ledger.jsonl",
        "--report",
        "json=report.json",
        "--report",
        "html=report.html",
        "--report",
        "junit=report.xml",
    ]);
    let output = command.env("ONE", RANDOM_KEY).output().unwrap();
    let mut kept = vec![String::from_utf8_lossy(&output.stdout).into_owned()];
    kept.push(String::from_utf8_lossy(&output.stderr).into_owned());
    let mut folders = vec![folder.file("")];
    let mut files = 0;
    while let Some(path) = folders.pop() {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files += 1;
                kept.push(String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned());
            }
        }
    }
    assert!(files > 0, "something is kept: {output:?}");
    let backwards: String = RANDOM_KEY.chars().rev().collect();
    let base64 = STANDARD.encode(format!("me:{RANDOM_KEY}"));
    let (head, tail) = RANDOM_KEY.split_at(14);
    for text in &kept {
        let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        let [secret, head, tail, backwards, base64] = [RANDOM_KEY, head, tail, &backwards, &base64[8..32]]
            .map(|part| part.chars().filter(char::is_ascii_alphanumeric).collect::<String>());
        for part in [secret, head, tail, backwards, base64] {
            assert!(!bare.contains(&part), "{part} is left in {text}");
        }
    }
}

#[test]
fn a_run_that_waits_for_one_answer_says_for_which() {
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let server = Server::start(move |_, _| {
        // Until the test has read its line.
        let _ = held.lock().unwrap().recv();
        answer("401 Unauthorized", "application/json", "{}")
    });
    let folder = Folder::new("waits");
    let mut command = folder.command(&["check", "gmicloud", "--target", &server.address, "--key-env", "ONE"]);
    let mut child =
        command.env("ONE", RANDOM_KEY).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let said = lines.map_while(Result::ok).find(|line| line.contains("waiting for the answer to GET /"));
    let _ = child.kill();
    let _ = child.wait();
    drop(release);
    let said = said.unwrap_or_default();
    assert!(said.ends_with(" s"), "`{said}` says for how long");
}
