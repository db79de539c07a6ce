//! A plain server of stubs: one request for each connection, answered by a function.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A request, read whole.
pub(super) struct Request {
    pub(super) method: String,
    /// Without the query.
    pub(super) path: String,
    pub(super) query: String,
    head: String,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The value of a header, by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.trim().eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 65_536];
        loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
                let first = head.lines().next()?.to_owned();
                let mut words = first.split(' ');
                let (method, target) = (words.next()?.to_owned(), words.next()?);
                let (path, query) = target.split_once('?').unwrap_or((target, ""));
                let (path, query) = (path.to_owned(), query.to_owned());
                let mut request = Self { method, path, query, head, body: Vec::new() };
                let length = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
                if bytes.len() >= end + 4 + length {
                    request.body = bytes[end + 4..end + 4 + length].to_vec();
                    return Some(request);
                }
            }
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return None,
                Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            }
        }
    }
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

/// A running server; it ends when it is dropped.
pub(super) struct Server {
    pub(super) address: String,
    stopped: Arc<AtomicBool>,
}

impl Server {
    /// Starts one. `build` is handed its address, and gives the function that answers.
    pub(super) fn start<F: Fn(&Request) -> Answer + Send + Sync + 'static>(
        build: impl FnOnce(&str) -> F,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let answer = Arc::new(build(&address));
        let stopped = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&stopped);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let answer = Arc::clone(&answer);
                std::thread::spawn(move || {
                    let mut stream = stream;
                    if let Some(request) = Request::read(&mut stream) {
                        let Answer { status, content_type, body } = answer(&request);
                        let head = format!(
                            "HTTP/1.1 {status} Status\r\nconnection: close\r\ncontent-type: {content_type}\r\n\
                             content-length: {}\r\n\r\n",
                            body.len()
                        );
                        let _ = stream.write_all(head.as_bytes());
                        if request.method != "HEAD" {
                            let _ = stream.write_all(&body);
                        }
                    }
                });
            }
        });
        Self { address, stopped }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the loop, so that it sees that it is to end.
        let _ = TcpStream::connect(self.address.trim_start_matches("http://"));
    }
}
