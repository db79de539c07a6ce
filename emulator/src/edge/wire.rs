//! The connection loop. Requests that hyper cannot parse are still answered in the vendor's own format.
//!
//! A head that is no HTTP/1.1, or beyond all bounds, never becomes a request: the library answers it alone, with a
//! status and nothing else. Here that answer is held back and another is written in its place, with the same status.
//! What was asked is read from the bytes that came. Of a head that was sent before the answer to the one before it,
//! those bytes are not known; then no vendor was asked.
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
use axum::http::header::TRANSFER_ENCODING;
use axum::http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::fault::{self, Parting, ResponseLine};
use super::incoming::head::HeadFlaw;
use crate::timeouts::{HALF_CLOSED_TIMEOUT, HEAD_TIMEOUT, LINGER_TIMEOUT, RESET_DELAY};

/// How many headers a request may have.
const MAX_HEADERS: usize = 400;

/// How much of a head is remembered, in bytes. The library's own bound on a path lies below it.
const MAX_HEAD_BYTES: usize = 128 * 1024;

/// How much is read after a refusal and thrown away, in bytes: what is not read is lost with the refusal.
const MAX_LINGER_BYTES: usize = 4 * 1024 * 1024;

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
/// `refuse` answers what never became a request, from the bytes heard and the status for which the library refused them.
pub(super) fn converse<S, R, F, A>(
    stream: S,
    refuse: R,
    answer: F,
) -> Conversation<S, R, impl HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send>>
where
    S: AsyncRead + AsyncWrite + Breakable + Unpin,
    R: Fn(Vec<u8>, StatusCode) -> RawAnswer + Unpin,
    F: Fn(Request<Incoming>) -> A,
    A: Future<Output = Response<Body>> + Send,
{
    let (tap, line) = (HeadTap::default(), ResponseLine::default());
    let wire = Wire::new(stream, tap.clone(), line.clone(), refuse);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let (tap, line) = (tap.clone(), line.clone());
        let method = request.method().clone();
        let is_coded = request.headers().contains_key(TRANSFER_ENCODING);
        let flaw = HeadFlaw::of_bytes(&tap.bytes(), &method, is_coded);
        if let Some(flaw) = flaw {
            request.extensions_mut().insert(flaw);
        }
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
        // A client may close its sending side as soon as it has sent its request. `poll_hang_up` sees those that left.
        .half_close(true)
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
    /// What came while the caller was looked after; the library reads it next.
    ahead: Vec<u8>,
    /// How much longer a caller is answered who has closed its sending side.
    patience: Option<Pin<Box<Sleep>>>,
}

/// What is written instead of the library's refusal.
enum Instead {
    Nothing,
    Coming(RawAnswer),
    Written(Vec<u8>, usize),
    /// It is written: until then, or so many bytes long, what still comes is read.
    Lingering(Pin<Box<Sleep>>, usize),
}

impl<S, R> Wire<S, R> {
    fn new(stream: S, tap: HeadTap, line: ResponseLine, refuse: R) -> Self {
        let (instead, ahead) = (Instead::Nothing, Vec::new());
        Self { stream, tap, line, refuse, instead, reset_delay: None, ahead, patience: None }
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

impl<S: AsyncRead + Unpin, R> Wire<S, R> {
    /// Waits until a caller whose answer is not complete has hung up. Whether one has only closed its sending side cannot
    /// be told apart, so it is answered if the answer does not take long.
    fn poll_hang_up(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let is_waiting = self.tap.0.busy.load(Ordering::Acquire) || self.line.room().is_some();
        if !is_waiting || !self.ahead.is_empty() {
            self.patience = None;
            return Poll::Pending;
        }
        if self.patience.is_none() {
            let mut space = [0; 4 * 1024];
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.ahead.extend_from_slice(buffer.filled());
                    // The library may be waiting for just this.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
        self.patience.get_or_insert_with(|| Box::pin(sleep(HALF_CLOSED_TIMEOUT))).as_mut().poll(cx)
    }

    /// Reads what still comes after a refusal, for as long and as far as it may.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Instead::Lingering(until, left) = &mut self.instead else { return Poll::Ready(()) };
        let mut space = [0; 8 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() && buffer.filled().len() < *left => {
                    *left -= buffer.filled().len();
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return until.as_mut().poll(cx),
            }
        }
    }
}

/// The status of an answer that the library wrote alone: a refusal without type and body.
fn librarys_own(bytes: &[u8]) -> Option<StatusCode> {
    let head = std::str::from_utf8(bytes.get(..bytes.len().min(512))?).ok()?;
    let is_own = head.len() == bytes.len()
        && head.ends_with("\r\n\r\n")
        && head.contains("\r\ncontent-length: 0\r\n")
        && !head.contains("\r\ncontent-type:");
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let status = StatusCode::from_u16(status).ok()?;
    (is_own && (status.is_client_error() || status.is_server_error())).then_some(status)
}

impl<S: AsyncRead + Unpin, R: Unpin> AsyncRead for Wire<S, R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.ahead.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        } else {
            let count = self.ahead.len().min(buffer.remaining());
            buffer.put_slice(&self.ahead[..count]);
            self.ahead.drain(..count);
        }
        self.tap.hear(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S, R> AsyncWrite for Wire<S, R>
where
    S: AsyncRead + AsyncWrite + Breakable + Unpin,
    R: Fn(Vec<u8>, StatusCode) -> RawAnswer + Unpin,
{
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let ours = self.tap.0.due.swap(false, Ordering::AcqRel);
        let bytes = match self.line.room() {
            Some(0) => return self.poll_part(cx),
            Some(room) => &bytes[..bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX))],
            None => {
                if let Some(status) = librarys_own(bytes).filter(|_| !ours) {
                    let heard = std::mem::take(&mut *self.tap.bytes());
                    self.instead = Instead::Coming((self.refuse)(heard, status));
                    return Poll::Ready(Ok(bytes.len()));
                }
                bytes
            }
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
        if self.line.flushed() {
            return self.poll_part(cx);
        }
        // The library flushes each time it finds that an answer is still to come.
        match self.poll_hang_up(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            Poll::Pending => Poll::Ready(Ok(())),
        }
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
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            this.instead = Instead::Lingering(Box::pin(sleep(LINGER_TIMEOUT)), MAX_LINGER_BYTES);
        }
        if let Instead::Lingering(..) = &this.instead {
            ready!(this.poll_linger(cx));
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_library_writes_alone_is_held_back() {
        let own = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: now\r\n\r\n";
        assert_eq!(librarys_own(own), Some(StatusCode::BAD_REQUEST));
        for other in [
            &b"HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 1\r\n\r\nx",
            b"\xff\xfe",
            b"",
        ] {
            assert_eq!(librarys_own(other), None, "{}", String::from_utf8_lossy(other));
        }
    }
}
