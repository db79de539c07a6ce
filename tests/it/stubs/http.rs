//! Requests and answers of stubs, on the server that the tests of the suite share.

use crate::suite::servers::{Server, find_header, split_head};

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
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (head, body) = split_head(bytes)?;
        let mut words = head.lines().next()?.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        Some(Self { method, path, query, head, body: body.to_vec() })
    }

    /// The value of a header, by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.head, name)
    }
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    /// Where a redirect leads.
    pub(super) location: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    fn write(self, method: &str) -> Vec<u8> {
        let Self { status, content_type, location, body } = self;
        let location = location.map(|to| format!("location: {to}\r\n")).unwrap_or_default();
        let mut bytes = format!(
            "HTTP/1.1 {status} Status\r\nconnection: close\r\ncontent-type: {content_type}\r\n{location}\
             content-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        if method != "HEAD" {
            bytes.extend_from_slice(&body);
        }
        bytes
    }
}

/// Serves a stub. `build` is handed the server's address, and gives the function that answers.
pub(super) fn serve<F: Fn(&Request) -> Answer + Send + Sync + 'static>(
    build: impl FnOnce(&str) -> F,
) -> Server {
    Server::start_with(|address| {
        let answer = build(address);
        move |bytes, _| {
            Request::parse(bytes).map(|request| answer(&request).write(&request.method)).unwrap_or_default()
        }
    })
}
