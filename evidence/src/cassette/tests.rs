//! Cassettes are written, read and played back; what is wrong with one is said in one line.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::exchange::{Answer, Body, Content, Exchange, KeptAnswer, KeptRequest, Outgoing, Wire, WireError};

const KEY: &str = "sk-loopback-5f1c";

/// A directory of its own, gone when the test is over.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("mockreel-cassette-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn header() -> CassetteHeader {
    CassetteHeader {
        schema_version: SCHEMA_VERSION,
        vendor: "acme".to_owned(),
        edition: "2026-01-15".to_owned(),
        target: "live".to_owned(),
        base: "https://acme.example".to_owned(),
        beyond_loopback: true,
        seed: 7,
        recorded: "2026-02-01T09:00:00.000Z".to_owned(),
        suite: "0.1.0".to_owned(),
        key_given: true,
        second_key_given: false,
        control: None,
        image: None,
        free: true,
        paid: false,
        generated: 0,
        wait_ms: Some(1_000_000),
        interval_ms: None,
    }
}

fn get(url: &str) -> Outgoing {
    let headers = vec![("authorization".to_owned(), format!("Bearer {KEY}"))];
    Outgoing { method: "GET".to_owned(), url: url.to_owned(), headers, body: Body::None }
}

fn exchange(number: u32, case: &str, path: &str, at_ms: u64) -> Exchange {
    let request = KeptRequest {
        method: "GET".to_owned(),
        url: format!("https://acme.example{path}"),
        headers: Vec::new(),
        body: Content::Empty,
    };
    let body = Content::Json(json!({"n": number}));
    let answer = Some(KeptAnswer { status: 200, headers: Vec::new(), body });
    Exchange { number, case: case.to_owned(), at_ms, took_ms: 50, request, answer, error: None }
}

fn write(dir: &Path, exchanges: &[Exchange]) -> PathBuf {
    let mut recorder = Recorder::create(dir, &header(), &Redactor::default(), false).unwrap();
    for exchange in exchanges {
        recorder.record(exchange).unwrap();
    }
    let path = recorder.path().to_owned();
    recorder.finish().unwrap();
    path
}

fn open(dir: &Path) -> Result<Cassette, CassetteError> {
    Cassette::open(dir, "acme", "2026-01-15")
}

fn replay(exchanges: &[Exchange]) -> ReplayWire {
    let dir = Directory::new();
    write(&dir.0, exchanges);
    ReplayWire::new(&open(&dir.0).unwrap())
}

fn number(answer: Result<Answer, WireError>) -> serde_json::Value {
    answer.unwrap_or_else(|error| panic!("{error}")).json().unwrap()["n"].clone()
}

#[track_caller]
fn says(error: &CassetteError, parts: &[&str]) {
    let text = error.to_string();
    assert!(!text.contains('\n'), "{text}");
    for part in parts {
        assert!(text.contains(part), "expected `{part}` in: {text}");
    }
}

#[test]
fn the_cases_of_a_replay_do_not_disturb_each_other() {
    let mut wire = replay(&[
        exchange(1, "POLL-01", "/a", 0),
        exchange(2, "POLL-02", "/a", 100),
        exchange(3, "POLL-01", "/b", 200),
    ]);
    assert_eq!(number(wire.send("POLL-02", &get("http://x/a?q=1"))), 2);
    assert_eq!(number(wire.send("POLL-01", &get("http://y/a"))), 1);
    assert_eq!(number(wire.send("POLL-01", &get("http://y/b"))), 3);
}

#[test]
fn a_replay_says_what_the_cassette_lacks() {
    let mut wire = replay(&[exchange(1, "POLL-01", "/a", 0), exchange(2, "POLL-01", "/b", 5)]);
    let why = |result: Result<Answer, WireError>| match result {
        Err(error @ WireError::Cassette { .. }) => error.to_string(),
        other => panic!("expected a gap, found {:?}", other.map(|answer| answer.status)),
    };
    let other = why(wire.send("POLL-01", &get(&format!("http://x/c?api_key={KEY}"))));
    assert!(other.contains("it has GET /a, asked was GET /c;") && !other.contains(KEY), "{other}");
    let posted = Outgoing { method: "POST".to_owned(), ..get("http://x/b") };
    assert!(why(wire.send("POLL-01", &posted)).contains("it has GET /b, asked was POST /b;"));
    assert!(
        why(wire.send("POLL-01", &get("http://x/b")))
            .contains("request 3 of POLL-01, GET /b: the recorded run sent 2")
    );
    assert!(
        why(wire.send("POLL-09", &get("http://x/b")))
            .contains("request 1 of POLL-09, GET /b: the recorded run sent 0")
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_time_of_a_replay_never_goes_back_and_is_not_before_the_recorded_one(
        times in prop::collection::vec((0_u64..100_000, prop::option::of(0_u64..50_000)), 1..12),
    ) {
        let exchanges: Vec<Exchange> =
            (1..).zip(&times).map(|(number, (at_ms, _))| exchange(number, "POLL-09", "/a", *at_ms)).collect();
        let mut wire = replay(&exchanges);
        for (exchange, (_, wait)) in exchanges.iter().zip(&times) {
            let before = wire.now_ms();
            if let Some(wait) = wait {
                wire.wait_ms(*wait);
                prop_assert_eq!(wire.now_ms(), before + wait);
            }
            let sent = wire.now_ms();
            prop_assert!(wire.send("POLL-09", &get("http://x/a")).is_ok());
            prop_assert_eq!(wire.now_ms(), sent.max(exchange.at_ms) + exchange.took_ms);
        }
    }
}

#[test]
fn each_exchange_is_on_the_disk_before_the_next_is_sent_and_a_killed_run_can_be_played() {
    let dir = Directory::new();
    let mut recorder = Recorder::create(&dir.0, &header(), &Redactor::default(), false).unwrap();
    assert_eq!(open(&dir.0).unwrap().exchanges(), []);
    recorder.record(&exchange(1, "SUB-01", "/a", 0)).unwrap();
    let cassette = open(&dir.0).unwrap();
    assert_eq!((cassette.exchanges().len(), cassette.complete()), (1, false));
    let path = recorder.path().to_owned();
    drop(recorder);
    // Killed in the middle of a line.
    let torn = format!("{}{{\"number\":2,\"ca", fs::read_to_string(&path).unwrap());
    fs::write(&path, torn).unwrap();
    let mut wire = ReplayWire::new(&open(&dir.0).unwrap());
    assert_eq!(number(wire.send("SUB-01", &get("http://x/a"))), 1);
    let gap = wire.send("SUB-01", &get("http://x/a")).err().unwrap().to_string();
    assert!(gap.contains("sent 1 for this case; the recording is incomplete: it ends after line 2"), "{gap}");
}

#[test]
fn a_recording_is_not_overwritten_unless_told() {
    let dir = Directory::new();
    let path = write(&dir.0, &[exchange(1, "SUB-01", "/a", 0)]);
    let before = fs::read(&path).unwrap();
    let error = Recorder::create(&dir.0, &header(), &Redactor::default(), false).unwrap_err();
    assert_eq!(error, CassetteError::Exists { file: path.clone() });
    says(&error, &["acme@2026-01-15.jsonl", "allow overwriting"]);
    assert_eq!(fs::read(&path).unwrap(), before);
    Recorder::create(&dir.0, &header(), &Redactor::default(), true).unwrap();
    assert!(!open(&dir.0).unwrap().complete());
    assert_eq!(
        Recorder::create(&dir.0, &header(), &Redactor::default(), false).unwrap_err(),
        CassetteError::Exists { file: path }
    );
}

#[test]
fn a_cassette_that_is_not_there_is_told_by_those_that_are() {
    let dir = Directory::new();
    let error = open(&dir.0).unwrap_err();
    assert_eq!(error, CassetteError::NoDirectory { dir: dir.0.clone() });
    says(&error, &["expected a directory", "record a run first"]);
    fs::create_dir_all(&dir.0).unwrap();
    says(&open(&dir.0).unwrap_err(), &["a cassette of acme", "found none at all"]);
    write(&dir.0, &[]);
    fs::write(dir.0.join("notes.txt"), "").unwrap();
    says(
        &Cassette::open(&dir.0, "bolt", "2026-01-15").unwrap_err(),
        &["of bolt in", "found acme@2026-01-15;"],
    );
    let other = Cassette::open(&dir.0, "acme", "2026-03-01").unwrap_err();
    assert!(matches!(other, CassetteError::OtherEdition { .. }), "{other}");
    says(&other, &["acme@2026-03-01", "found acme@2026-01-15;", "name an edition"]);
}

#[test]
fn a_damaged_line_is_named_by_its_number() {
    let dir = Directory::new();
    let path = write(&dir.0, &[exchange(1, "SUB-01", "/a", 0), exchange(2, "POLL-01", "/a", 9)]);
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let end = lines[3];
    let mut bad_head = exchange(1, "SUB-01", "/a", 0);
    let body = Content::Bytes { length: 3, head: "?".to_owned() };
    bad_head.answer = Some(KeptAnswer { status: 200, headers: Vec::new(), body });
    let bad_head = serde_json::to_string(&bad_head).unwrap();
    let neither = lines[1].replace("\"answer\"", "\"other\"");
    for (damaged, line, why) in [
        (vec!["", lines[1], end], 1, "found an empty line"),
        (vec![lines[1], end], 1, "expected the header"),
        (vec![&lines[0].replace("acme\"", "bolt\""), end], 1, "found that of bolt@2026-01-15"),
        (vec![lines[0], &lines[1][..40], end], 2, "expected an exchange or the end"),
        (vec![lines[0], lines[1], "", end], 3, "found an empty line"),
        (vec![lines[0], lines[1], end], 3, "expected 2 exchanges before the end, found 1"),
        (vec![lines[0], lines[1], lines[2], end, lines[2]], 5, "nothing after the end"),
        (vec![lines[0], &bad_head], 2, "base64"),
        (vec![lines[0], &neither], 2, "found neither"),
        (vec![lines[0], "{\"a\":1}"], 2, "other JSON"),
    ] {
        fs::write(&path, damaged.join("\n") + "\n").unwrap();
        let error = open(&dir.0).unwrap_err();
        assert!(matches!(&error, CassetteError::Damaged { line: found, .. } if *found == line), "{error}");
        says(&error, &[&format!("line {line} of "), why, "record the run again"]);
    }
    fs::write(&path, [lines[0].as_bytes(), b"\n\xFF\n"].concat()).unwrap();
    says(&open(&dir.0).unwrap_err(), &["line 2 of "]);
    fs::write(&path, "").unwrap();
    says(&open(&dir.0).unwrap_err(), &["line 1 of "]);
}

#[test]
fn a_cassette_of_a_later_version_is_not_guessed_at_and_later_members_are_passed_over() {
    let dir = Directory::new();
    let path = write(&dir.0, &[exchange(1, "SUB-01", "/a", 0)]);
    let whole = fs::read_to_string(&path).unwrap();
    let whole = format!("{}}}}}\n", &whole[..whole.find(",\"sha256\"").unwrap()]);
    fs::write(&path, whole.replacen("\"seed\"", "\"weather\":\"fair\",\"seed\"", 1)).unwrap();
    assert!(open(&dir.0).unwrap().complete());
    fs::write(&path, whole.replacen("\"schema_version\":1", "\"schema_version\":2", 1)).unwrap();
    let error = open(&dir.0).unwrap_err();
    assert_eq!(error, CassetteError::Newer { file: path, found: 2 });
    says(&error, &["schema_version 1", "found 2"]);
}

#[test]
fn the_header_is_written_in_the_order_of_the_format() {
    let text = serde_json::to_string(&header()).unwrap();
    assert_eq!(
        text,
        "{\"schema_version\":1,\"vendor\":\"acme\",\"edition\":\"2026-01-15\",\"target\":\"live\",\
         \"base\":\"https://acme.example\",\"beyond_loopback\":true,\"seed\":7,\
         \"recorded\":\"2026-02-01T09:00:00.000Z\",\"suite\":\"0.1.0\",\"key_given\":true,\"second_key_given\":false,\
         \"control\":null,\"picture\":null,\"free\":true,\"paid\":false,\"generated\":0,\"wait_ms\":1000000,\"interval_ms\":null}"
    );
}

#[test]
fn a_header_keeps_nothing_that_is_secret() {
    let dir = Directory::new();
    let signed = "http://127.0.0.1:1/a.png?X-Amz-Signature=SECRETSIG";
    let header = CassetteHeader {
        image: Some(signed.to_owned()),
        base: format!("http://user:{KEY}@acme.example"),
        target: format!("http://acme.example/?token={KEY}"),
        control: Some(format!("http://acme.example/{KEY}")),
        ..header()
    };
    let recorder = Recorder::create(&dir.0, &header, &Redactor::new(&[KEY]).unwrap(), false).unwrap();
    let text = fs::read_to_string(recorder.path()).unwrap();
    assert!(!text.contains("SECRETSIG") && !text.contains(KEY), "{text}");
    assert!(text.contains("http://127.0.0.1:1/a.png?X-Amz-Signature=[signed]"), "{text}");
}

#[test]
fn a_cassette_that_lacks_anything_does_not_call_itself_complete() {
    let dir = Directory::new();
    let exchanges: Vec<Exchange> = (1..=4).map(|number| exchange(number, "POLL-09", "/a", 0)).collect();
    let path = write(&dir.0, &exchanges);
    let whole = fs::read_to_string(&path).unwrap();
    assert_eq!(open(&dir.0).unwrap().gap(), None);
    let is_whole = |text: &str| {
        fs::write(&path, text).unwrap();
        open(&dir.0).is_ok_and(|cassette| cassette.complete())
    };
    // The line feed at the very end says nothing that the last line has not said.
    assert!(is_whole(whole.trim_end()));
    for end in (0..whole.len() - 1).filter(|end| whole.is_char_boundary(*end)) {
        assert!(!is_whole(&whole[..end]), "cut after {end} bytes");
    }
    let lines: Vec<&str> = whole.lines().collect();
    for gone in 0..lines.len() {
        let mut left = lines.clone();
        left.remove(gone);
        assert!(!is_whole(&(left.join("\n") + "\n")), "without line {}", gone + 1);
        let mut twice = lines.clone();
        twice.insert(gone, lines[gone]);
        assert!(!is_whole(&(twice.join("\n") + "\n")), "line {} twice", gone + 1);
    }
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    assert!(!is_whole(&(swapped.join("\n") + "\n")));
    assert!(!is_whole(&whole.replacen("\"n\":3", "\"n\":4", 1)), "an answer was edited");
    fs::write(&path, lines[..3].join("\n") + "\n").unwrap();
    let gap = open(&dir.0).unwrap().gap();
    assert_eq!(gap.as_deref(), Some("the recording is incomplete: it ends after line 3"));
}

#[test]
fn a_cassette_from_before_the_digest_is_whole_by_its_count_alone() {
    let dir = Directory::new();
    let path = write(&dir.0, &[exchange(1, "SUB-01", "/a", 0)]);
    let whole = fs::read_to_string(&path).unwrap();
    let end = whole.find(",\"sha256\"").unwrap();
    fs::write(&path, format!("{}}}}}\n", &whole[..end])).unwrap();
    assert!(open(&dir.0).unwrap().complete());
}
