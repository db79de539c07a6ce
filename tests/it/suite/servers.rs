//! Servers that misbehave, on this machine.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A server that gives every request the answer that a function writes, until it is dropped.
pub(crate) struct Server {
    pub(crate) address: String,
    asked: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
}

impl Server {
    /// `answer` is handed the request (head and body as text) and its number, and writes a whole answer;
    /// an empty one closes the connection.
    pub(super) fn start(answer: impl Fn(&str, usize) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::start_with(|_| move |bytes, number| answer(&String::from_utf8_lossy(bytes), number))
    }

    /// The same with the bytes of the request; the function is built once the server's address is known.
    pub(crate) fn start_with<F: Fn(&[u8], usize) -> Vec<u8> + Send + Sync + 'static>(
        build: impl FnOnce(&str) -> F,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let stopped = Arc::new(AtomicBool::new(false));
        let (counted, ended, answer) = (Arc::clone(&asked), Arc::clone(&stopped), Arc::new(build(&address)));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let number = counted.fetch_add(1, Ordering::SeqCst);
                let answer = Arc::clone(&answer);
                std::thread::spawn(move || serve(stream, |request| answer(request, number)));
            }
        });
        Self { address, asked, stopped }
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the loop, so that it sees that it is to end.
        let _ = TcpStream::connect(self.address.trim_start_matches("http://"));
    }
}

/// Reads one request and answers it; every connection carries one.
fn serve(mut stream: TcpStream, answer: impl Fn(&[u8]) -> Vec<u8>) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65_536];
    while !is_whole(&bytes) {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
    let _ = stream.write_all(&answer(&bytes));
}

/// Whether a request has come to its end.
fn is_whole(bytes: &[u8]) -> bool {
    let Some((head, body)) = split_head(bytes) else { return false };
    let length = find_header(&head, "content-length").and_then(|text| text.parse::<usize>().ok());
    body.len() >= length.unwrap_or(0)
}

/// The head of a request as text, and its body so far.
pub(crate) fn split_head(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&bytes[..end]).into_owned(), &bytes[end + 4..]))
}

/// The value of a header, by its name in lower case.
pub(crate) fn find_header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().skip(1).find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// A whole answer with a body, after which the connection is closed.
pub(super) fn answer(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    with_headers(status, &[("content-type", content_type)], body)
}

/// The same with headers of one's choice.
pub(super) fn with_headers(status: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// A server that lets in the suite's own key only, has no jobs, and breaks off every submit without an
/// answer; `submits` counts those.
pub(super) fn that_loses_submits(submits: &Arc<AtomicUsize>) -> Server {
    let counted = Arc::clone(submits);
    Server::start(move |request, _| {
        if !is_keyed(request) {
            return answer("401 Unauthorized", "application/json", "{}");
        }
        if request.starts_with("POST") {
            counted.fetch_add(1, Ordering::SeqCst);
            return Vec::new();
        }
        answer("404 Not Found", "application/json", "{}")
    })
}

/// A server that lets in the suite's own key only, and answers everything with 404 and this body.
pub(super) fn that_knows_nothing(body: &str) -> Server {
    let body = body.to_owned();
    Server::start(move |request, _| {
        let status = if is_keyed(request) { "404 Not Found" } else { "401 Unauthorized" };
        answer(status, "application/json", &body)
    })
}

/// Whether a request carries the key that the suite has where none was given.
pub(super) fn is_keyed(request: &str) -> bool {
    request.to_ascii_lowercase().contains("authorization: bearer suite-key")
}
