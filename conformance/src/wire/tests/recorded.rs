//! A run over the network, recorded and played back.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use mockreel_evidence::cassette::{Cassette, CassetteHeader, Recorder, ReplayWire, SCHEMA_VERSION};
use mockreel_evidence::exchange::{Body, Outgoing, Wire};
use mockreel_evidence::redact::Redactor;

use crate::clock::RunClock;
use crate::wire::{HttpSettings, HttpWire};

const KEY: &str = "sk-loopback-5f1c";

/// A directory of its own, gone when the test is over.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("mockreel-recorded-{}-{number}", std::process::id()));
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

#[test]
fn a_run_over_the_network_is_played_back_equal() {
    let reporter = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", reporter.local_addr().unwrap());
    let answers: [&[u8]; 3] = [
        b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 30\r\n\r\n\
          {\"id\":\"j/1\",\"status\":\"queued\"}",
        b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 9\r\n\r\n<h1>no</h",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{\"id\"",
    ];
    let served = thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = reporter.accept().unwrap();
            let mut request = Vec::new();
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let mut piece = [0; 1024];
                let read = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..read]);
            }
            stream.write_all(answer).unwrap();
        }
    });
    let dir = Directory::new();
    let clock = RunClock::start();
    let settings = HttpSettings { timeout: Duration::from_secs(30), ..HttpSettings::usual() };
    let mut wire = HttpWire::new(&settings, clock).unwrap();
    let redactor = Redactor::new(&[KEY]).unwrap();
    let mut recorder = Recorder::create(&dir.0, &header(), &redactor, false).unwrap();
    let asked = [
        ("SUB-01", "/v2/jobs"),
        ("POLL-06", "/v2/jobs/0?api_key=sk-loopback-5f1c"),
        ("POLL-01", "/v2/jobs/1"),
    ];
    let mut live = Vec::new();
    for (number, (case, path)) in (1..).zip(asked) {
        let request = get(&format!("{base}{path}"));
        let at_ms = wire.now_ms();
        let result = wire.send(case, &request);
        let exchange = redactor.keep(number, case, at_ms, wire.now_ms() - at_ms, &request, &result);
        recorder.record(&exchange).unwrap();
        live.push(result);
    }
    let path = recorder.path().to_owned();
    recorder.finish().unwrap();
    served.join().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains(KEY), "{text}");
    assert_eq!(text.lines().count(), 5);

    let cassette = Cassette::open(&dir.0, "acme", "2026-01-15").unwrap();
    assert!(cassette.complete());
    assert_eq!(cassette.header(), &header());
    let mut played = ReplayWire::new(&cassette);
    for ((case, path), live) in asked.into_iter().zip(live) {
        let before = played.now_ms();
        let again = played.send(case, &get(&format!("https://elsewhere.example{path}")));
        match (&live, &again) {
            (Ok(live), Ok(again)) => {
                assert_eq!(
                    (live.status, &live.headers, live.text()),
                    (again.status, &again.headers, again.text())
                );
            }
            (Err(live), Err(again)) => assert_eq!(live, again),
            (Ok(_), Err(error)) | (Err(error), Ok(_)) => panic!("only one of them failed: {error}"),
        }
        assert!(played.now_ms() >= before);
    }
}
