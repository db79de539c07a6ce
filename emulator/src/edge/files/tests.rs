//! Downloads: ranges, and the faults of results.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use axum::http::header::{
    CONTENT_LENGTH, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, LAST_MODIFIED,
    RANGE,
};
use bytes::Bytes;
use http_body_util::{BodyExt, Collected};
use mockreel_contracts::UnixMillis;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::ranges::{RequestedRange, parse_range};
use super::*;
use crate::EmulatorBuilder;
use crate::auth::Keyring;
use crate::clock::{MANUAL_START, SystemClock};
use crate::edge::dispatch::answer_request;
use crate::edge::router::Serves;
use crate::edge::wire::{RawAnswer, converse};
use crate::scenario::{Channel, DownloadOrder};
use crate::state::change::Change;
use crate::state::clip::ClipPlan;
use crate::state::job::{Ending, Job, JobKey, Timeline};
use crate::state::progress::Progress;
use crate::state::wallet::BillingTerms;
use crate::store::{MemoryStore, Store};

#[test]
fn one_range_is_cut_out_and_everything_else_is_the_whole() {
    assert_eq!(parse_range("bytes=0-3", 10), RequestedRange::Part(0, 3));
    assert_eq!(parse_range("bytes=5-", 10), RequestedRange::Part(5, 9));
    assert_eq!(parse_range("bytes=-4", 10), RequestedRange::Part(6, 9));
    assert_eq!(parse_range("bytes=-40", 10), RequestedRange::Part(0, 9));
    assert_eq!(parse_range("bytes=8-99", 10), RequestedRange::Part(8, 9));
    assert_eq!(parse_range("bytes=10-", 10), RequestedRange::Nothing);
    assert_eq!(parse_range("bytes=99999999999999999999-", 10), RequestedRange::Nothing);
    assert_eq!(parse_range("bytes=8-99999999999999999999", 10), RequestedRange::Part(8, 9));
    assert_eq!(parse_range("bytes=+1-2", 10), RequestedRange::All);
    assert_eq!(parse_range("bytes=-1", 0), RequestedRange::All);
    assert_eq!(parse_range("bytes=10-12", 10), RequestedRange::Nothing);
    assert_eq!(parse_range("bytes=-0", 10), RequestedRange::Nothing);
    assert_eq!(parse_range("bytes=4-2", 10), RequestedRange::All);
    assert_eq!(parse_range("bytes=0-1,3-4", 10), RequestedRange::All);
    assert_eq!(parse_range("pages=1-2", 10), RequestedRange::All);
}

/// An emulator with one finished job of a vendor whose results expire, and this fault for its result.
async fn with_job(ended_at: UnixMillis, fault: Option<Value>) -> Arc<App> {
    let settings = EmulatorBuilder::default().manual_clock(MANUAL_START).settings().unwrap();
    let store = Store::Memory(MemoryStore::new(settings.clock, settings.limits.store));
    let expires =
        settings.vendors.iter().find(|held| held.vendor.contract.results.expire_after_days.is_some());
    let contract = Arc::clone(&expires.unwrap().vendor.contract);
    let clip = ClipPlan {
        name: Arc::from("clip"),
        seed: 1,
        width: 160,
        height: 120,
        fps: 10,
        frames: 24,
        sound: false,
        real_bytes: 0,
        start: None,
        tail: None,
    };
    let key = JobKey { account: Arc::from("a"), vendor: Arc::from(&*contract.id), id: Arc::from("job") };
    let job = Job {
        key,
        edition: Arc::from(&*contract.edition),
        model: "m".to_owned(),
        tenant: None,
        number: 0,
        submitted_at: ended_at,
        timeline: Timeline { starts_at: Some(ended_at), ends_at: Some(ended_at), ending: Ending::Success },
        progress: Progress::Time,
        marks: Vec::new(),
        echo: Arc::new(Value::Null),
        echo_bytes: 0,
        price: None,
        entropy: [0; 32],
        clip: Arc::new(clip),
        terms: BillingTerms::from(&contract.billing),
        scenarios: Vec::new(),
        callback: None,
        notes: Vec::new(),
        result_fault: fault.map(|order| DownloadOrder {
            channel: Channel::Everywhere,
            fault: serde_json::from_value(order).unwrap(),
        }),
    };
    let account = Arc::clone(&job.key.account);
    let version = store.account(&account).await.version;
    store.commit(&account, version, &[Change::JobAdded(Arc::new(job))], MANUAL_START).await.unwrap();
    Arc::new(App::new(settings, Arc::new(SystemClock::default()), store, Keyring::default()))
}

async fn with_fault(fault: Value) -> Arc<App> {
    with_job(MANUAL_START, Some(fault)).await
}

/// What is answered, as far as it is the same each time, before anything happens on the wire.
async fn download(
    app: &App,
    method: &Method,
    file: &str,
    range: Option<&str>,
) -> (StatusCode, HeaderMap, Bytes) {
    let mut headers = HeaderMap::new();
    if let Some(range) = range {
        headers.insert(RANGE, HeaderValue::from_str(range).unwrap());
    }
    let path = format!("/__media/clip/{file}");
    let mut body = IncomingBody::new(Body::empty(), Duration::from_secs(60));
    let answer = answer_media(app, method, &headers, &path, &mut body).await;
    let (head, body) = answer.into_parts();
    (head.status, head.headers, body.collect().await.map(Collected::to_bytes).unwrap())
}

/// Serves connections as the emulator does.
async fn serving(app: Arc<App>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, local)) = listener.accept().await {
            let app = Arc::clone(&app);
            let refuse = |_: Vec<u8>, _: StatusCode| -> RawAnswer { Box::pin(async { Vec::new() }) };
            tokio::spawn(converse(stream, refuse, move |request: Request<hyper::body::Incoming>| {
                let app = Arc::clone(&app);
                async move { answer_request(&app, request, local, Serves::Everything).await }
            }));
        }
    });
    address
}

/// Asks for a file on a connection of its own; answers what is announced, and the connection.
async fn begin(address: SocketAddr, method: &str, file: &str, extra: &str) -> (String, usize, TcpStream) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{method} /__media/clip/{file} HTTP/1.1\r\nhost: localhost\r\n{extra}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    (head, length, stream)
}

/// What ought to come soon; if it never does, the test fails instead of waiting for ever.
async fn patiently<T>(coming: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), coming).await.expect("a minute has passed")
}

const FILES: [&str; 2] = ["video.mp4", "cover.jpg"];

#[tokio::test]
async fn a_result_without_a_fault_is_there() {
    let app = with_job(MANUAL_START, None).await;
    for file in FILES {
        let (status, headers, content) = download(&app, &Method::GET, file, None).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[CONTENT_LENGTH], content.len().to_string());
        assert!(content.len() > 100);
    }
}

#[tokio::test]
async fn an_expired_result_answers_as_one_that_really_has_expired() {
    let faulty = with_fault(json!({"fault": "expired"})).await;
    let long_ago = with_job(UnixMillis(0), None).await;
    for file in FILES {
        for method in [Method::GET, Method::HEAD] {
            for range in [None, Some("bytes=0-9")] {
                let answer = download(&faulty, &method, file, range).await;
                assert_eq!(answer, download(&long_ago, &method, file, range).await);
                assert_eq!(answer.0, StatusCode::FORBIDDEN);
            }
        }
    }
}

#[tokio::test]
async fn a_missing_result_answers_as_one_that_never_was() {
    let faulty = with_fault(json!({"fault": "missing"})).await;
    let sound = with_job(MANUAL_START, None).await;
    let never = download(&sound, &Method::GET, "nothing.mp4", None).await;
    for file in FILES {
        for range in [None, Some("bytes=0-9")] {
            assert_eq!(download(&faulty, &Method::GET, file, range).await, never);
        }
    }
    assert_eq!(never.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_page_comes_instead_of_the_file_whatever_range_is_asked_for() {
    let faulty = with_fault(json!({"fault": "html"})).await;
    for file in FILES {
        for range in [None, Some("bytes=0-9")] {
            let (status, headers, content) = download(&faulty, &Method::GET, file, range).await;
            assert_eq!((status, headers[CONTENT_TYPE].as_bytes()), (StatusCode::OK, &b"text/html"[..]));
            assert!(content.starts_with(b"<html>"));
        }
    }
    let address = serving(faulty).await;
    let (head, length, _) = begin(address, "HEAD", "video.mp4", "").await;
    assert!(head.contains("content-type: text/html\r\n") && length > 0, "{head}");
}

#[tokio::test]
async fn a_truncated_result_breaks_off_and_whoever_goes_on_gets_on() {
    let whole = with_job(MANUAL_START, None).await;
    let half = serving(with_fault(json!({"fault": "truncate"})).await).await;
    let some = serving(with_fault(json!({"fault": "truncate", "after_bytes": 100})).await).await;
    let most = serving(with_fault(json!({"fault": "truncate", "after_bytes": 1_000_000_000})).await).await;
    for file in FILES {
        let (_, _, content) = download(&whole, &Method::GET, file, None).await;
        let length = content.len();
        for (address, coming) in [(half, length / 2), (some, 100), (most, length - 1)] {
            let (head, announced, mut stream) = begin(address, "GET", file, "").await;
            assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
            let mut heard = Vec::new();
            patiently(stream.read_to_end(&mut heard)).await.unwrap();
            assert_eq!(announced, length);
            assert!(heard == content[..coming], "{} of {coming} bytes", heard.len());
        }
        let (head, announced, mut stream) = begin(half, "GET", file, "range: bytes=50-149\r\n").await;
        assert!(head.starts_with("HTTP/1.1 206 "), "{head}");
        let mut heard = Vec::new();
        patiently(stream.read_to_end(&mut heard)).await.unwrap();
        assert_eq!((announced, heard.as_slice()), (100, &content[50..100]));
    }
}

#[tokio::test]
async fn a_head_does_not_wait_for_a_clip_that_is_not_there() {
    let app = with_job(MANUAL_START, None).await;
    let (status, headers, _) = download(&app, &Method::HEAD, "video.mp4", None).await;
    assert_eq!((status, headers[CONTENT_TYPE].as_bytes()), (StatusCode::OK, &b"video/mp4"[..]));
    assert!(!headers.contains_key(CONTENT_LENGTH), "{headers:?}");
    let (_, _, content) = download(&app, &Method::GET, "video.mp4", None).await;
    let (_, headers, _) = download(&app, &Method::HEAD, "video.mp4", None).await;
    assert_eq!(headers[CONTENT_LENGTH], content.len().to_string());
}

#[tokio::test]
async fn the_index_of_a_video_comes_last_where_that_is_ordered() {
    let place = |file: &[u8], name: &[u8]| file.windows(4).position(|window| window == name).unwrap();
    let app = with_job(MANUAL_START, None).await;
    let (_, usual, first) = download(&app, &Method::GET, "video.mp4", None).await;
    assert!(place(&first, b"moov") < place(&first, b"mdat"));
    let app = with_fault(json!({"fault": "moov_last"})).await;
    let (_, headers, last) = download(&app, &Method::GET, "video.mp4", None).await;
    assert!(place(&last, b"moov") > place(&last, b"mdat"));
    assert_eq!(last.len(), first.len());
    assert_ne!(headers[ETAG], usual[ETAG]);
    let (_, _, part) = download(&app, &Method::GET, "video.mp4", Some("Bytes=100-199")).await;
    assert_eq!(part, last[100..200]);
}

#[tokio::test]
async fn conditions_of_a_download_are_kept() {
    let app = with_job(MANUAL_START, None).await;
    let (_, headers, _) = download(&app, &Method::GET, "video.mp4", None).await;
    let tag = headers[ETAG].to_str().unwrap();
    assert_eq!(headers[LAST_MODIFIED], "Thu, 01 Jan 2026 00:00:00 GMT");
    let before = "Wed, 31 Dec 2025 23:59:59 GMT";
    let at = "Thu, 01 Jan 2026 00:00:00 GMT";
    for (name, value, expected) in [
        (IF_MATCH, "\"x\"", 412),
        (IF_MATCH, tag, 200),
        (IF_MATCH, "*", 200),
        (IF_NONE_MATCH, tag, 304),
        (IF_NONE_MATCH, "\"x\", W/\"y\"", 200),
        (IF_MODIFIED_SINCE, at, 304),
        (IF_MODIFIED_SINCE, before, 200),
        (IF_UNMODIFIED_SINCE, before, 412),
        (IF_UNMODIFIED_SINCE, at, 200),
        (IF_MODIFIED_SINCE, "yesterday", 200),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(name.clone(), value.parse().unwrap());
        let mut body = IncomingBody::new(Body::empty(), Duration::from_secs(60));
        let answer = answer_media(&app, &Method::GET, &headers, "/__media/clip/video.mp4", &mut body).await;
        assert_eq!(answer.status().as_u16(), expected, "{name}: {value}");
    }
}

#[tokio::test]
async fn asked_for_a_head_or_for_nothing_a_truncated_result_is_as_any_other() {
    let (plain, faulty) =
        (with_job(MANUAL_START, None).await, with_fault(json!({"fault": "truncate"})).await);
    for app in [&plain, &faulty] {
        // Without this, a HEAD has no length to tell.
        download(app, &Method::GET, "video.mp4", None).await;
    }
    let (plain, faulty) = (serving(plain).await, serving(faulty).await);
    let undated = |head: String| head.split_once("date: ").map(|(before, _)| before.to_owned());
    for (method, extra) in [("HEAD", ""), ("GET", "range: bytes=99999999-\r\n")] {
        let (expected, _, _) = begin(plain, method, "video.mp4", extra).await;
        let (head, _, mut stream) = begin(faulty, method, "video.mp4", extra).await;
        let told: std::collections::BTreeSet<String> = head.lines().map(str::to_owned).collect();
        let wanted = undated(expected).unwrap();
        assert!(wanted.lines().all(|line| told.contains(line)), "{told:?} lacks one of {wanted}");
        // The connection still serves.
        stream.write_all(b"HEAD /__media/clip/video.mp4 HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'H');
    }
}

#[tokio::test]
async fn a_slow_result_begins_at_once_and_comes_whole() {
    let sound = with_job(MANUAL_START, None).await;
    let (_, _, content) = download(&sound, &Method::GET, "video.mp4", None).await;
    let late = serving(with_fault(json!({"fault": "slow", "delay": 600})).await).await;
    let (_, length, stream) = begin(late, "GET", "video.mp4", "").await;
    assert_eq!(length, content.len());
    assert_eq!(stream.try_read(&mut [0; 1]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    let (_, length, _) = begin(late, "HEAD", "video.mp4", "").await;
    assert_eq!(length, content.len());
    let soon = serving(with_fault(json!({"fault": "slow", "delay": 0.05})).await).await;
    for (extra, expected) in [("", &content[..]), ("range: bytes=10-99\r\n", &content[10..100])] {
        let (_, length, mut stream) = begin(soon, "GET", "video.mp4", extra).await;
        let mut heard = vec![0; length];
        stream.read_exact(&mut heard).await.unwrap();
        assert!(heard == expected, "{length} bytes");
    }
}
