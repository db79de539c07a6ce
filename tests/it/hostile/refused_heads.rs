//! Heads that are refused before they become a request: they are answered, written down, and never carried out.

use std::time::Duration;

use mockreel_contracts::Phase;
use mockreel_emulator::{Emulator, Limits, Progress};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{Target, newest, read_raw, send_raw, targets};
use crate::support::{Answer, Caller, KEY, quiet};

/// The path of a target's poll, as it is sent.
fn poll_path(target: &Target) -> String {
    url::Url::parse(&target.look).map(|url| url[url::Position::BeforePath..].to_owned()).unwrap()
}

/// Heads that no server takes, of a GET of a path: a name for messages, the head, the status that says why.
fn refused_heads(path: &str) -> Vec<(&'static str, Vec<u8>, u16)> {
    let head = |version: &str, more: &str| {
        let plain = format!("host: localhost\r\nauthorization: Bearer {KEY}\r\nconnection: close\r\n");
        format!("GET {path} {version}\r\n{plain}{more}\r\n").into_bytes()
    };
    let aimed = |target: &str| {
        let plain = format!("host: localhost\r\nauthorization: Bearer {KEY}\r\nconnection: close\r\n");
        format!("GET {target} HTTP/1.1\r\n{plain}\r\n").into_bytes()
    };
    let many: String = (0..500).map(|number| format!("x-{number}: y\r\n")).collect();
    let vast = format!("x-vast: {}\r\n", "v".repeat(500_000));
    vec![
        ("a version that there is not", head("HTTP/9.9", ""), 400),
        ("a version in lower case", head("http/1.1", ""), 400),
        ("a folded header", head("HTTP/1.1", "x-folded: a\r\n  b\r\n"), 400),
        ("a blank before the colon", head("HTTP/1.1", "X-A : b\r\n"), 400),
        ("a line without a colon", head("HTTP/1.1", "no colon\r\n"), 400),
        ("a control character in a value", head("HTTP/1.1", "x-a: a\x01b\r\n"), 400),
        (
            "a coding that is not chunks alone",
            head("HTTP/1.1", "transfer-encoding: gzip, chunked\r\n\r\n0\r\n"),
            400,
        ),
        ("no Host", format!("GET {path} HTTP/1.1\r\nauthorization: Bearer {KEY}\r\n\r\n").into_bytes(), 400),
        (
            "a Host that is none",
            format!("GET {path} HTTP/1.1\r\nhost: a b\r\nauthorization: Bearer {KEY}\r\n\r\n").into_bytes(),
            400,
        ),
        ("500 headers", head("HTTP/1.1", &many), 431),
        ("a head of 500 KB", head("HTTP/1.1", &vast), 431),
        (
            "a length and chunks",
            head("HTTP/1.1", "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n"),
            400,
        ),
        (
            "chunks and a length",
            head("HTTP/1.1", "transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n"),
            400,
        ),
        ("two lengths", head("HTTP/1.1", "content-length: 0\r\ncontent-length: 1\r\n"), 400),
        ("chunks in HTTP/1.0", head("HTTP/1.0", "transfer-encoding: chunked\r\n\r\n0\r\n"), 400),
        ("another transfer encoding", head("HTTP/1.1", "transfer-encoding: gzip\r\n"), 400),
        ("two hosts", head("HTTP/1.1", "host: evil.example\r\n"), 400),
        ("two hosts that agree", head("HTTP/1.1", "host: localhost\r\n"), 400),
        ("two credentials", head("HTTP/1.1", "authorization: Bearer another\r\n"), 400),
        ("the same credentials twice", head("HTTP/1.1", &format!("authorization: Bearer {KEY}\r\n")), 400),
        ("another scheme", aimed(&format!("ftp://localhost{path}")), 400),
        ("a socket's scheme", aimed(&format!("ws://localhost{path}")), 400),
        ("a user and a password", aimed(&format!("http://u:p@localhost{path}")), 400),
        ("a user", aimed(&format!("http://u@localhost{path}")), 400),
        ("a fragment", aimed(&format!("{path}#x")), 400),
        ("an empty fragment", aimed(&format!("{path}#")), 400),
        ("two origins", head("HTTP/1.1", "origin: http://a.example\r\norigin: http://b.example\r\n"), 400),
    ]
}

async fn latest_entry(emulator: &Emulator) -> Value {
    let listed = Caller::without_key().get(&format!("{}/__admin/requests?limit=1", emulator.base())).await;
    listed.json()["requests"][0].clone()
}

#[tokio::test]
async fn a_head_that_is_refused_never_moves_a_job_and_is_written_down() {
    let emulator = quiet().progress(Progress::Polls(1)).start().await.unwrap();
    for target in newest(targets(&emulator).await) {
        // The first look was one poll: the next would move the job.
        let phases = async || {
            let jobs = emulator.jobs(KEY).list().await;
            let ids: Vec<String> = jobs.iter().map(|job| job.key.id.to_string()).collect();
            let mut phases = Vec::new();
            for id in ids {
                phases.push(emulator.jobs(KEY).phase(&id).await.unwrap());
            }
            phases
        };
        let before: Vec<Phase> = phases().await;
        for (what, head, status) in refused_heads(&poll_path(&target)) {
            let answer = send_raw(emulator.address(), &head).await;
            target.assert_own(what, &answer);
            assert_eq!(answer.status, status, "{what}: {}", answer.text());
            assert_eq!(answer.header("connection"), Some("close"), "{what}");
            let entry = latest_entry(&emulator).await;
            assert_eq!(entry["vendor"], target.contract.id.as_str(), "{what}: {entry}");
            assert_eq!(
                (&entry["status"], &entry["problem"]),
                (&json!(status), &json!("malformed")),
                "{what}"
            );
            let note = entry["notes"][0].as_str().unwrap_or_else(|| panic!("{what}: no note in {entry}"));
            assert!(note.contains("not carried out"), "{what}: {note}");
        }
        assert_eq!(phases().await, before, "{}", target.contract.full_id());
    }
}

#[tokio::test]
async fn asking_for_the_head_of_a_poll_moves_no_job() {
    let emulator = quiet().progress(Progress::Polls(2)).start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for target in newest(targets(&emulator).await) {
        let marks = async || {
            let jobs = emulator.jobs(KEY).list().await;
            let is_its = |job: &&mockreel_emulator::Job| *job.key.vendor == *target.contract.id;
            jobs.iter().map(|job| &**job).filter(is_its).map(|job| job.marks.len()).sum::<usize>()
        };
        let before = marks().await;
        for _ in 0..5 {
            let answer = caller.send(caller.request(reqwest::Method::HEAD, &target.look)).await;
            assert_eq!((answer.status, answer.bytes.len()), (200, 0), "{}", target.contract.full_id());
        }
        assert_eq!(marks().await, before, "{}", target.contract.full_id());
        caller.get(&target.look).await;
        assert_eq!(marks().await, before + 1, "{}", target.contract.full_id());
    }
}

#[tokio::test]
async fn a_path_that_no_server_takes_is_a_route_that_the_vendor_does_not_have() {
    let emulator = quiet().start().await.unwrap();
    let long = format!("GET /gmicloud/{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "a".repeat(70_000));
    let bytes = b"GET /gmicloud/\xff HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for (what, head, status, problem) in
        [("bytes", &bytes[..], 404, "unknown_route"), ("length", long.as_bytes(), 414, "malformed")]
    {
        let answer = send_raw(emulator.address(), head).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        assert!(answer.json()["error"].is_string(), "{what}: {}", answer.text());
        let entry = latest_entry(&emulator).await;
        assert_eq!(entry["problem"], problem, "{what}: {entry}");
        assert!(entry["notes"][0].as_str().unwrap().contains("not carried out"), "{what}: {entry}");
    }
}

#[tokio::test]
async fn an_order_that_is_refused_is_never_carried_out() {
    let emulator = quiet().start().await.unwrap();
    let target = targets(&emulator).await.remove(0);
    let jobs = emulator.jobs(KEY).list().await.len();
    for (what, head, status) in refused_heads("/__admin/reset?account=*") {
        let head = String::from_utf8(head).unwrap().replacen("GET", "POST", 1);
        let head = head.replacen("\r\n", "\r\ncontent-type: application/json\r\n", 1);
        let answer = send_raw(emulator.address(), head.as_bytes()).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
        assert_eq!(emulator.jobs(KEY).list().await.len(), jobs, "{what} was carried out");
    }
    for path in ["/__media/none/video.mp4", "/__fixtures/square.jpg", "/acme/v1"] {
        for (what, head, status) in refused_heads(path) {
            let answer = send_raw(emulator.address(), &head).await;
            assert_eq!(answer.status, status, "{what} {path}: {}", answer.text());
        }
    }
    target.assert_unharmed().await;
}

#[tokio::test]
async fn a_client_that_closes_its_sending_side_at_once_is_answered() {
    let emulator = quiet().start().await.unwrap();
    let address = emulator.address();
    let plain = format!("host: localhost\r\nauthorization: Bearer {KEY}\r\n");
    let vast = "v".repeat(500_000);
    let queue = "/gmicloud/api/v1/ie/requestqueue/apikey/requests";
    let absolute = "http://console.gmicloud.ai/api/v1/ie/requestqueue/apikey/requests";
    for (what, request, status) in [
        ("a list", format!("GET {queue} HTTP/1.1\r\n{plain}\r\n"), 200),
        ("the absolute form", format!("GET {absolute} HTTP/1.1\r\n{plain}\r\n"), 200),
        ("line feeds only", format!("GET {queue} HTTP/1.1\n{}\n", plain.replace('\r', "")), 200),
        ("a submit", format!("POST {queue} HTTP/1.1\r\n{plain}content-length: 2\r\n\r\n{{}}"), 400),
        ("a body that is cut", format!("POST {queue} HTTP/1.1\r\n{plain}content-length: 9\r\n\r\n{{}}"), 400),
        ("a head of 500 KB", format!("GET {queue} HTTP/1.1\r\n{plain}x: {vast}\r\n\r\n"), 431),
        ("a file", "GET /__fixtures/square.jpg HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(), 200),
        ("health", "GET /__admin/health HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(), 200),
        ("nobody's path", "GET /acme HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(), 404),
    ] {
        // What is not answered shows by chance: each is tried several times.
        for _ in 0..20 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let _ = stream.write_all(request.as_bytes()).await;
            let _ = stream.shutdown().await;
            let answer: Answer = read_raw(stream).await;
            assert_eq!(answer.status, status, "{what}");
        }
    }
}

#[tokio::test]
async fn a_body_that_falls_silent_ends_its_request() {
    let limits = Limits { body_silence: Duration::from_millis(50), ..Limits::default() };
    let emulator = quiet().limits(limits).progress(Progress::Polls(1)).start().await.unwrap();
    for target in newest(targets(&emulator).await) {
        let path = poll_path(&target);
        let id = emulator.jobs(KEY).list().await[0].key.id.to_string();
        let before = emulator.jobs(KEY).phase(&id).await.unwrap();
        let submit = target.routes().into_iter().find(|(name, _, _)| *name == "submit").unwrap().2;
        let submit = submit.strip_prefix(&emulator.base()).unwrap().to_owned();
        for (method, path) in [("GET", path.as_str()), ("POST", submit.as_str()), ("POST", "/gmicloud/x")] {
            let answer = send_silent_body(&emulator, method, path).await;
            if path != "/gmicloud/x" {
                target.assert_own(path, &answer);
            }
            assert_eq!((answer.status, answer.header("connection")), (408, Some("close")), "{path}");
            let entry = latest_entry(&emulator).await;
            assert!(entry["notes"].to_string().contains("no byte of the body came for 0.05 s"), "{entry}");
        }
        assert_eq!(
            emulator.jobs(KEY).phase(&id).await.unwrap(),
            before,
            "a poll without its body moved a job"
        );
    }
    let answer = send_silent_body(&emulator, "POST", "/__admin/reset?account=*").await;
    assert_eq!((answer.status, answer.header("connection")), (408, Some("close")), "{}", answer.text());
    assert!(!emulator.jobs(KEY).list().await.is_empty());
    // What is refused anyway is answered all the same, at the latest after one silence.
    assert_eq!(send_silent_body(&emulator, "POST", "/acme").await.status, 404);
    assert_eq!(send_silent_body(&emulator, "POST", "/__media/none/video.mp4").await.status, 405);
}

/// Sends a body that never goes on after its first bytes.
async fn send_silent_body(emulator: &Emulator, method: &str, path: &str) -> Answer {
    let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {KEY}\r\n");
    let rest = "content-type: application/json\r\ncontent-length: 10\r\n\r\n{}";
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    stream.write_all(format!("{head}{rest}").as_bytes()).await.unwrap();
    read_raw(stream).await
}
