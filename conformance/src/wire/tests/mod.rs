//! The real wire against listeners on loopback that do what servers should not.

mod recorded;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use serde_json::json;

use super::*;

const KEY: &str = "sk-loopback-5f1c";

/// What a listener said at its end, and the listener.
type Served<T> = JoinHandle<(T, TcpListener)>;

/// A listener that takes one connection and treats it as told; then hands back what that said.
fn serve<T: Send + 'static>(treat: impl FnOnce(TcpStream) -> T + Send + 'static) -> (String, Served<T>) {
    let reporter = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = reporter.local_addr().unwrap().to_string();
    let served = thread::spawn(move || {
        let (stream, _) = reporter.accept().unwrap();
        (treat(stream), reporter)
    });
    (address, served)
}

/// Reads one request: its head, and its body if a length was given.
fn read_request(stream: &TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "the request ended early: {head}");
    }
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (head, body)
}

fn answering(answer: &'static [u8]) -> (String, Served<(String, Vec<u8>)>) {
    serve(move |mut stream| {
        let request = read_request(&stream);
        stream.write_all(answer).unwrap();
        request
    })
}

fn wire_with(timeout: Duration) -> HttpWire {
    HttpWire::new(&HttpSettings { timeout, ..HttpSettings::usual() }, RunClock::start()).unwrap()
}

fn wire() -> HttpWire {
    wire_with(Duration::from_secs(60))
}

fn request(url: &str, body: Body) -> Outgoing {
    let method = if body == Body::None { "GET" } else { "POST" };
    let headers = vec![("authorization".to_owned(), format!("Bearer {KEY}"))];
    Outgoing { method: method.to_owned(), url: url.to_owned(), headers, body }
}

fn ask(url: &str) -> Result<Answer, WireError> {
    wire().send("NET-01", &request(url, Body::None))
}

fn refusal(url: &str) -> String {
    match ask(url) {
        Err(WireError::Unreachable { why }) => why,
        other => panic!("expected an unreachable target, found {:?}", other.map(|answer| answer.status)),
    }
}

fn loss(result: Result<Answer, WireError>) -> String {
    match result {
        Err(WireError::Lost { why }) => why,
        other => panic!("expected a lost request, found {:?}", other.map(|answer| answer.status)),
    }
}

/// Whether nobody else knocked: a second try would have been sent before the first one's failure was told.
fn nobody_else_came(reporter: &TcpListener) -> bool {
    reporter.set_nonblocking(true).unwrap();
    reporter.accept().is_err()
}

#[test]
fn an_answer_is_handed_back_whole_and_the_request_was_sent_as_it_was_given() {
    let (address, served) = answering(
        b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n\
          content-encoding: gzip\r\ncontent-length: 11\r\n\r\n{\"id\":\"j1\"}",
    );
    let answer = wire()
        .send(
            "SUB-01",
            &request(&format!("http://{address}/v2/jobs?a=b%20c"), Body::Json(json!({"z":1,"a":[]}))),
        )
        .unwrap();
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json(), Some(json!({"id": "j1"})), "nothing is unpacked");
    let cookies: Vec<&str> = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    let ((head, body), _) = served.join().unwrap();
    assert!(head.starts_with("POST /v2/jobs?a=b%20c HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("authorization: Bearer {KEY}\r\n")), "{head}");
    assert!(head.contains("content-type: application/json\r\n"), "{head}");
    assert!(head.contains(&format!("user-agent: mockreel/{}\r\n", env!("CARGO_PKG_VERSION"))), "{head}");
    assert!(!head.contains("accept-encoding") && !head.contains("cookie"), "{head}");
    assert_eq!(body, br#"{"z":1,"a":[]}"#);
}

#[test]
fn a_redirect_is_an_answer() {
    let (address, served) =
        answering(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(ask(&format!("http://{address}/")).unwrap().status, 302);
    assert!(nobody_else_came(&served.join().unwrap().1));
}

#[test]
fn a_form_has_exactly_its_parts() {
    let (address, served) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let image = vec![0x89, b'P', b'N', b'G', 0, 0xFF];
    let parts = vec![
        Part { name: "prompt".to_owned(), content: PartContent::Text("a \"red\" boat, ü".to_owned()) },
        Part {
            name: "a\"b".to_owned(),
            content: PartContent::File {
                file_name: "boat.png".to_owned(),
                content_type: "image/png".to_owned(),
                bytes: image.clone(),
            },
        },
    ];
    wire().send("SUB-01", &request(&format!("http://{address}/"), Body::Form(parts))).unwrap();
    let ((head, body), _) = served.join().unwrap();
    let boundary = head
        .lines()
        .find_map(|line| line.strip_prefix("content-type: multipart/form-data; boundary="))
        .unwrap_or_else(|| panic!("no boundary in {head}"));
    let mut expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na \"red\" boat, ü\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"a%22b\"; filename=\"boat.png\"\r\n\
         Content-Type: image/png\r\n\r\n"
    )
    .into_bytes();
    expected.extend(image);
    expected.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
    assert_eq!(String::from_utf8_lossy(&body), String::from_utf8_lossy(&expected));
    assert_eq!(body, expected);
}

#[test]
fn a_form_without_parts_still_ends() {
    let (address, served) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    wire().send("VAL-06", &request(&format!("http://{address}/"), Body::Form(Vec::new()))).unwrap();
    let ((head, body), _) = served.join().unwrap();
    let (_, boundary) = head.split_once("boundary=").unwrap();
    let boundary = boundary.lines().next().unwrap();
    assert_eq!(String::from_utf8(body).unwrap(), format!("--{boundary}--\r\n"));
}

#[test]
fn a_raw_body_claims_only_the_type_that_was_given() {
    for (given, sent) in [(None, None), (Some("text/plain".to_owned()), Some("content-type: text/plain\r\n"))]
    {
        let (address, served) = answering(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        let body = Body::Raw { content_type: given, bytes: b"{\"model\":".to_vec() };
        wire().send("VAL-02", &request(&format!("http://{address}/"), body)).unwrap();
        let ((head, body), _) = served.join().unwrap();
        assert_eq!(body, b"{\"model\":");
        match sent {
            Some(line) => assert!(head.contains(line), "{head}"),
            None => assert!(!head.contains("content-type"), "{head}"),
        }
    }
}

#[test]
fn a_closed_port_refuses_the_connection() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let why = refusal(&format!("http://{address}/v2/jobs?api_key={KEY}"));
    assert_eq!(
        why,
        format!("{address} refused the connection; check that it runs and that the port is right")
    );
}

#[test]
fn a_name_that_means_nothing_cannot_be_resolved() {
    let why = refusal(&format!("https://user:{KEY}@nowhere.invalid/v2?key={KEY}"));
    assert_eq!(why, "the name of nowhere.invalid cannot be resolved; check its spelling and your DNS");
}

#[test]
fn a_listener_that_speaks_no_tls_is_not_reached_by_https() {
    let (address, served) = serve(|mut stream| {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let why = refusal(&format!("https://{address}/?key={KEY}"));
    assert_eq!(
        why,
        format!("TLS failed: {address} did not answer in TLS; check whether it wants http instead of https")
    );
    assert!(nobody_else_came(&served.join().unwrap().1));
}

#[test]
fn a_listener_that_hangs_up_is_not_reached_by_https() {
    let (address, served) = serve(drop);
    let why = refusal(&format!("https://{address}/?key={KEY}"));
    assert!(why.starts_with(&format!("TLS failed: {address} hung up")), "{why}");
    assert!(nobody_else_came(&served.join().unwrap().1));
}

#[test]
fn a_request_that_is_read_but_not_answered_is_lost_and_not_sent_again() {
    for body in [Body::None, Body::Json(json!({}))] {
        let (address, served) = serve(|stream| read_request(&stream));
        let why = loss(wire().send("SUB-01", &request(&format!("http://{address}/?key={KEY}"), body)));
        assert!(why.starts_with(&address) && why.ends_with("what became of the request is unknown"), "{why}");
        assert!(!why.contains(KEY) && !why.contains('\n'), "{why}");
        assert!(nobody_else_came(&served.join().unwrap().1));
    }
}

#[test]
fn a_connection_that_closes_at_once_is_lost_and_not_opened_again() {
    let (address, served) = serve(drop);
    let why = loss(ask(&format!("http://{address}/?key={KEY}")));
    assert!(why.starts_with(&address) && !why.contains(KEY), "{why}");
    assert!(nobody_else_came(&served.join().unwrap().1));
}

#[test]
fn a_kept_connection_is_not_used_again() {
    let reporter = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", reporter.local_addr().unwrap());
    let served = thread::spawn(move || {
        let mut open = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = reporter.accept().unwrap();
            read_request(&stream);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            open.push(stream);
        }
    });
    let mut wire = wire();
    for _ in 0..2 {
        assert_eq!(wire.send("POLL-01", &request(&url, Body::None)).unwrap().status, 200);
    }
    served.join().unwrap();
}

#[test]
fn what_is_no_http_is_lost() {
    let (address, served) = answering(b"220 mail.example ready\r\n\r\n");
    let why = loss(ask(&format!("http://{address}/")));
    assert!(why.starts_with(&format!("{address} broke off (")), "{why}");
    served.join().unwrap();
}

#[test]
fn a_body_shorter_than_it_said_is_lost() {
    let (address, served) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\"");
    let why = loss(ask(&format!("http://{address}/?key={KEY}")));
    assert!(why.starts_with(&format!("{address} broke off (")) && !why.contains(KEY), "{why}");
    served.join().unwrap();
}

#[test]
fn a_stalled_answer_is_lost_whether_or_not_it_had_begun() {
    for begun in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"] {
        let (address, served) = serve(move |mut stream| {
            read_request(&stream);
            stream.write_all(begun).unwrap();
            // Ends when the other side has given up.
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let mut wire = wire_with(Duration::from_millis(250));
        let why = loss(wire.send("SUB-01", &request(&format!("http://{address}/?key={KEY}"), Body::None)));
        assert_eq!(
            why,
            format!("{address} gave no whole answer within 0.25 s; what became of the request is unknown")
        );
        served.join().unwrap();
    }
}

#[test]
fn a_body_beyond_the_bound_is_lost_and_one_at_the_bound_is_not() {
    let declared: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n12345";
    let endless: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n12345";
    for answer in [declared, endless] {
        for (limit, fits) in [(5, true), (4, false)] {
            let (address, served) = answering(answer);
            let mut wire = HttpWire { body_limit_bytes: limit, ..wire() };
            let result = wire.send("RES-02", &request(&format!("http://{address}/"), Body::None));
            if fits {
                assert_eq!(result.unwrap().body, b"12345");
            } else {
                assert_eq!(
                    loss(result),
                    format!("{address} sent a body of more than 4 bytes; no more is read")
                );
            }
            served.join().unwrap();
        }
    }
}

#[test]
fn what_cannot_be_sent_is_said_without_the_key() {
    let mut spoilt = request("http://127.0.0.1:9/", Body::None);
    spoilt.headers[0].1.push('\n');
    let form = |content_type: &str| {
        let content = PartContent::File {
            file_name: String::new(),
            content_type: content_type.to_owned(),
            bytes: Vec::new(),
        };
        Body::Form(vec![Part { name: "image".to_owned(), content }])
    };
    let nameless = request(&format!("{KEY}/jobs"), Body::None);
    let other = request(&format!("ftp://{KEY}/jobs"), Body::None);
    let untyped = request("http://127.0.0.1:9/", form("picture"));
    for (outgoing, named) in
        [(spoilt, "authorization"), (nameless, "URL"), (other, "neither"), (untyped, "image")]
    {
        match wire().send("SUB-01", &outgoing) {
            Err(WireError::Unreachable { why }) => {
                assert!(why.contains(named) && why.contains("nothing was sent"), "{why}");
                assert!(!why.contains(KEY), "{why}");
            }
            other => panic!("expected a refusal, found {:?}", other.map(|answer| answer.status)),
        }
    }
}

#[test]
fn a_machine_without_root_certificates_still_reaches_loopback_and_trusts_nobody() {
    let _ = wire();
    let client = client(&HttpSettings::usual(), Trust::Nobody).unwrap().build().unwrap();
    let (address, served) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let mut wire = HttpWire { client, ..wire() };
    assert_eq!(wire.send("NET-01", &request(&format!("http://{address}/"), Body::None)).unwrap().status, 200);
    served.join().unwrap();
}

#[test]
fn a_proxy_is_used_only_if_it_was_asked_for_and_a_bad_one_is_not_repeated() {
    let (address, served) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let settings = HttpSettings { proxy: Some(format!("http://{address}")), ..HttpSettings::usual() };
    let mut wire = HttpWire::new(&settings, RunClock::start()).unwrap();
    assert_eq!(wire.send("NET-01", &request("http://acme.invalid/jobs", Body::None)).unwrap().status, 200);
    let ((head, _), _) = served.join().unwrap();
    assert!(head.starts_with("GET http://acme.invalid/jobs "), "{head}");
    let settings = HttpSettings { proxy: Some(format!("http://user:{KEY}@")), ..HttpSettings::usual() };
    let error = HttpWire::new(&settings, RunClock::start()).unwrap_err();
    assert_eq!(error, HttpSetupError::Proxy);
    assert!(!error.to_string().contains(KEY));
}
