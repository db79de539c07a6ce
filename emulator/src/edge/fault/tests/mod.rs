//! Responses with faults as a caller gets them, to the byte, over real connections.

mod bodies;
mod cuts;
mod waits;

use std::io;
use std::net::SocketAddr;

use axum::http::Request;
use axum::http::header::DATE;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::edge::wire::{RawAnswer, converse};

const CONTENT: &str = r#"{"id":"a job","status":"completed","video":{"url":"http://localhost/video.mp4"}}"#;

/// An answer whose head is the same whenever it is given.
fn told(content: impl Into<Bytes>) -> Response<Body> {
    let mut answer = Response::new(Body::from(content.into()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer.headers_mut().insert(DATE, HeaderValue::from_static("Thu, 01 Jan 2026 00:00:00 GMT"));
    answer
}

/// The same answer as it goes over the wire.
fn on_the_wire(content: &[u8]) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\n";
    [head.as_bytes(), format!("content-length: {}\r\n\r\n", content.len()).as_bytes(), content].concat()
}

fn faulty(mut answer: Response<Body>, order: &Value) -> Response<Body> {
    answer.extensions_mut().insert(serde_json::from_value::<TransportFault>(order.clone()).unwrap());
    answer
}

fn refuse(_: Vec<u8>, _: StatusCode) -> RawAnswer {
    Box::pin(async { b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\nno".to_vec() })
}

/// Listens, and answers every request on every connection so.
async fn stand<F>(answer: F) -> SocketAddr
where
    F: Fn(&Request<Incoming>) -> Response<Body> + Clone + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            let served = converse(stream, refuse, move |request| {
                let answer = answer.clone();
                async move { answer(&request) }
            });
            tokio::spawn(served);
        }
    });
    address
}

/// Answers `/plain` in good order and everything else with this fault.
async fn stand_with(order: Value) -> SocketAddr {
    stand(move |request| match request.uri().path() {
        "/plain" => told(CONTENT),
        _ => faulty(told(CONTENT), &order),
    })
    .await
}

/// Opens a connection and asks for these paths, one right after the other.
async fn ask(address: SocketAddr, method: &str, paths: &[&str]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = |path: &&str| format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let requests: String = paths.iter().map(request).collect();
    stream.write_all(requests.as_bytes()).await.unwrap();
    stream
}

/// What ought to come soon; if it never does, the test fails instead of waiting for ever.
async fn patiently<T>(coming: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), coming).await.expect("a minute has passed")
}

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Closed,
    Reset,
}

/// Everything that comes until the connection ends.
async fn hear_out(stream: &mut TcpStream) -> (Vec<u8>, End) {
    let mut heard = Vec::new();
    match patiently(stream.read_to_end(&mut heard)).await {
        Ok(_) => (heard, End::Closed),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => (heard, End::Reset),
        Err(error) => panic!("{error}"),
    }
}

/// The next bytes, as many as these, which they ought to be.
async fn hear(stream: &mut TcpStream, expected: &[u8]) {
    let mut heard = vec![0; expected.len()];
    patiently(stream.read_exact(&mut heard)).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&heard), String::from_utf8_lossy(expected));
}

/// One answer, taken apart by what it announces: status line, headers and body.
async fn hear_one(stream: &mut TcpStream, method: &str) -> (String, Vec<u8>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
    let length = if method == "HEAD" { 0 } else { length.parse().unwrap() };
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    (head, body)
}

/// The connection still serves.
async fn assert_open(stream: &mut TcpStream) {
    stream.write_all(b"GET /plain HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    hear(stream, &on_the_wire(CONTENT.as_bytes())).await;
}

/// Nothing has come.
fn assert_silent(stream: &TcpStream) {
    let error = stream.try_read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
}

/// Random enough that a byte out of place is noticed.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 % 251) as u8).collect()
}
