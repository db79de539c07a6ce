//! The connection loop. Requests that hyper cannot parse are still answered in the vendor's own format.
//!
//! A head with bytes that are no UTF-8 in its path, or beyond all bounds, never becomes a request:
//! the library answers it alone, with a status and nothing else. Here that answer is held back and
//! another is written in its place. What was asked is read from the bytes that came. Of a head that
//! was sent before the answer to the one before it, those bytes are not known; then no vendor was asked.
//!
//! It is also where a connection is cut after a byte of an answer, if a scenario says so (`fault/`).

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::fault::{self, Parting, ResponseLine};
use crate::timeouts::{HEAD_TIMEOUT, RESET_DELAY};

/// How many headers a request may have.
const MAX_HEADERS: usize = 400;

/// How much of a head is remembered, in bytes. The library's own bound on a path lies below it.
const MAX_HEAD_BYTES: usize = 128 * 1024;

/// The bytes that came since the last request, shared by a connection and the service that answers its requests.
#[derive(Clone, Debug, Default)]
struct HeadTap(Arc<TappedHead>);

#[derive(Debug, Default)]
struct TappedHead {
    bytes: Mutex<Vec<u8>>,
    /// A request is being answered, so that what comes in is its body.
    busy: AtomicBool,
    /// The next thing to be written is an answer of ours.
    due: AtomicBool,
}

impl HeadTap {
    /// A request was read.
    fn begin(&self) {
        self.0.busy.store(true, Ordering::Release);
        self.bytes().clear();
    }

    /// Its answer is ready.
    fn end(&self) {
        self.0.due.store(true, Ordering::Release);
        self.0.busy.store(false, Ordering::Release);
    }

    fn hear(&self, bytes: &[u8]) {
        if !self.0.busy.load(Ordering::Acquire) {
            let mut held = self.bytes();
            let room = MAX_HEAD_BYTES.saturating_sub(held.len());
            held.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        // Bytes are always sound, also after a panic.
        self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that is whole, as it goes over the wire.
pub(super) type RawAnswer = Pin<Box<dyn Future<Output = Vec<u8>> + Send>>;

/// A stream that can be broken off.
pub(super) trait Breakable {
    /// Makes the stream end in a reset once it is dropped.
    ///
    /// # Errors
    ///
    /// If the system cannot; then it ends as it would have.
    fn break_off(&self) -> io::Result<()>;
}

impl Breakable for TcpStream {
    fn break_off(&self) -> io::Result<()> {
        self.set_zero_linger()
    }
}

/// A connection while it lasts.
type Conversation<S, R, A> = http1::Connection<TokioIo<Wire<S, R>>, A>;

/// Answers the requests of a connection, with the faults that were ordered, until it ends.
///
/// `refuse` answers what never became a request, from the bytes heard.
pub(super) fn converse<S, R, F, A>(
    stream: S,
    refuse: R,
    answer: F,
) -> Conversation<S, R, impl HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send>>
where
    S: AsyncRead + AsyncWrite + Breakable + Unpin,
    R: Fn(Vec<u8>) -> RawAnswer + Unpin,
    F: Fn(Request<Incoming>) -> A,
    A: Future<Output = Response<Body>> + Send,
{
    let (tap, line) = (HeadTap::default(), ResponseLine::default());
    let wire = Wire::new(stream, tap.clone(), line.clone(), refuse);
    let service = service_fn(move |request: Request<Incoming>| {
        let (tap, line) = (tap.clone(), line.clone());
        let method = request.method().clone();
        let answer = answer(request);
        async move {
            tap.begin();
            let answer = fault::deliver(answer.await, &method, &line).await;
            tap.end();
            Ok::<_, Infallible>(answer)
        }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(wire), service)
}

/// A stream whose library's own refusals are replaced by what `refuse` makes of the bytes heard.
pub(super) struct Wire<S, R> {
    stream: S,
    tap: HeadTap,
    line: ResponseLine,
    refuse: R,
    instead: Instead,
    reset_delay: Option<Pin<Box<Sleep>>>,
}

/// What is written instead of the library's refusal.
enum Instead {
    Nothing,
    Coming(RawAnswer),
    Written(Vec<u8>, usize),
}

impl<S, R> Wire<S, R> {
    fn new(stream: S, tap: HeadTap, line: ResponseLine, refuse: R) -> Self {
        Self { stream, tap, line, refuse, instead: Instead::Nothing, reset_delay: None }
    }
}

impl<S: AsyncWrite + Breakable + Unpin, R> Wire<S, R> {
    /// Ends the connection as was ordered. It always ends in an error, on which the library lets go of the stream.
    fn poll_part<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        match self.line.parting() {
            Some((Parting::Reset, begun)) => {
                if self.reset_delay.is_none() {
                    self.stream.break_off()?;
                    let reset_delay = if begun { RESET_DELAY } else { Duration::ZERO };
                    self.reset_delay = Some(Box::pin(sleep(reset_delay)));
                }
                if let Some(reset_delay) = self.reset_delay.as_mut().filter(|_| begun) {
                    ready!(reset_delay.as_mut().poll(cx));
                }
            }
            Some((Parting::Closed, _)) => ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?,
            None => {}
        }
        Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
    }
}

/// Whether bytes are an answer that the library wrote alone: a refusal without type and body.
fn is_librarys_own(bytes: &[u8]) -> bool {
    let Ok(head) = std::str::from_utf8(bytes.get(..bytes.len().min(512)).unwrap_or_default()) else {
        return false;
    };
    head.len() == bytes.len()
        && head.starts_with("HTTP/1.1 4")
        && head.ends_with("\r\n\r\n")
        && head.contains("\r\ncontent-length: 0\r\n")
        && !head.contains("\r\ncontent-type:")
}

impl<S: AsyncRead + Unpin, R: Unpin> AsyncRead for Wire<S, R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.tap.hear(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S, R> AsyncWrite for Wire<S, R>
where
    S: AsyncWrite + Breakable + Unpin,
    R: Fn(Vec<u8>) -> RawAnswer + Unpin,
{
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let ours = self.tap.0.due.swap(false, Ordering::AcqRel);
        let bytes = match self.line.room() {
            Some(0) => return self.poll_part(cx),
            Some(room) => &bytes[..bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX))],
            None if !ours && is_librarys_own(bytes) => {
                let heard = std::mem::take(&mut *self.tap.bytes());
                self.instead = Instead::Coming((self.refuse)(heard));
                return Poll::Ready(Ok(bytes.len()));
            }
            None => bytes,
        };
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.line.written(count);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = parts.iter().map(|part| part.len() as u64).sum();
        if parts.len() == 1 || self.line.room().is_some_and(|room| room < length) {
            // Up to the cut it goes part by part; the library comes back with the rest.
            let first = parts.iter().find(|part| !part.is_empty());
            return self.poll_write(cx, first.map_or(&[], |part| part));
        }
        // A refusal of the library has no body, so it never comes in several parts.
        self.tap.0.due.store(false, Ordering::Release);
        let count = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, parts))?;
        self.line.written(count);
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        if self.line.flushed() { self.poll_part(cx) } else { Poll::Ready(Ok(())) }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // After a refusal the library closes the connection, which is when ours goes out.
        let this = &mut *self;
        if let Instead::Coming(answer) = &mut this.instead {
            this.instead = Instead::Written(ready!(answer.as_mut().poll(cx)), 0);
        }
        if let Instead::Written(answer, done) = &mut this.instead {
            while *done < answer.len() {
                let count = ready!(Pin::new(&mut this.stream).poll_write(cx, &answer[*done..]))?;
                if count == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                *done += count;
            }
            ready!(Pin::new(&mut this.stream).poll_flush(cx))?;
        }
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

/// A head as far as it can be read. Nothing in it is trusted to be well-formed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The method as sent; empty if there is none.
    pub(super) method: String,
    /// Path and query, percent-encoded where they were not.
    pub(super) target: String,
    /// Names in lower case; what is no text is left out.
    pub(super) headers: Vec<(String, String)>,
}

impl Head {
    /// Reads what can be read.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
        let first = lines.next().unwrap_or_default();
        let (method, rest) = cut(first, |byte| byte == b' ');
        let end = rest.windows(6).rposition(|six| six == b" HTTP/").unwrap_or(rest.len());
        let mut target = String::new();
        for byte in &rest[..end] {
            if byte.is_ascii_graphic() {
                target.push(char::from(*byte));
            } else {
                target.push_str(&format!("%{byte:02X}"));
            }
        }
        if !target.starts_with('/') {
            target.insert(0, '/');
        }
        let headers = lines.take_while(|line| !line.is_empty()).filter_map(|line| {
            let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        });
        Self { method: String::from_utf8_lossy(method).into_owned(), target, headers: headers.collect() }
    }

    /// A header's value.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }
}

/// What stands before and after the first byte of a kind.
fn cut(bytes: &[u8], is_it: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| is_it(*byte)) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_however_broken_it_is() {
        let head =
            Head::read(b"GET /v/\xff a HTTP/1.1\r\nHost: h\r\nbroken\r\nX: \xff\r\nY:  z \r\n\r\nBody: b");
        assert_eq!((head.method.as_str(), head.target.as_str()), ("GET", "/v/%FF%20a"));
        assert_eq!(head.headers, [("host".to_owned(), "h".to_owned()), ("y".to_owned(), "z".to_owned())]);
        assert_eq!(head.header("host"), Some("h"));
        for (bytes, method, target) in [
            (&b""[..], "", "/"),
            (b"\n\n\n", "", "/"),
            (b"GET", "GET", "/"),
            (b"A b", "A", "/b"),
            (b" x", "", "/x"),
        ] {
            let head = Head::read(bytes);
            assert_eq!((head.method.as_str(), head.target.as_str()), (method, target));
        }
    }

    #[test]
    fn only_what_the_library_writes_alone_is_held_back() {
        let own = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: now\r\n\r\n";
        assert!(is_librarys_own(own));
        for other in [
            &b"HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 1\r\n\r\nx",
            b"\xff\xfe",
            b"",
        ] {
            assert!(!is_librarys_own(other), "{}", String::from_utf8_lossy(other));
        }
    }
}
