//! The body of an answer with a fault: in pieces, evenly spread, and perhaps with less than was announced.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::time::{Interval, interval};

use super::line::ResponseLine;

/// The most pieces that a slow body comes in.
const PIECES: usize = 64;

/// What a body does after its last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterBody {
    /// It ends.
    Ends,
    /// It never does: more was announced.
    Stays,
}

/// A body whose size the library is not told, so that it believes the head.
#[derive(Debug)]
pub(super) struct Pieces {
    content: Bytes,
    sent: usize,
    pieces: u64,
    number: u64,
    pace: Option<Interval>,
    then: AfterBody,
    line: ResponseLine,
}

impl Pieces {
    /// A body that comes at once, or in small pieces of which the last comes after `spread`.
    pub(super) fn new(content: Bytes, spread: Duration, then: AfterBody, line: ResponseLine) -> Self {
        let pieces = if spread.is_zero() { 1 } else { content.len().clamp(1, PIECES) };
        let period = spread / u32::try_from(pieces).unwrap_or(u32::MAX);
        let pace = (!period.is_zero()).then(|| {
            let mut pace = interval(period);
            pace.reset();
            pace
        });
        Self { content, sent: 0, pieces: pieces as u64, number: 0, pace, then, line }
    }

    /// The next piece; pieces differ by one byte at most.
    fn next(&mut self) -> Bytes {
        self.number += 1;
        let end = self.content.len() as u64 * self.number / self.pieces;
        let end = usize::try_from(end).unwrap_or(usize::MAX).min(self.content.len());
        let piece = self.content.slice(self.sent..end);
        self.sent = end;
        piece
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        if this.sent < this.content.len() {
            if let Some(pace) = &mut this.pace {
                ready!(pace.poll_tick(cx));
            }
            let piece = this.next();
            if this.sent == this.content.len() {
                this.line.whole();
            }
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        match this.then {
            AfterBody::Ends => Poll::Ready(None),
            AfterBody::Stays => {
                // The connection ends when the library next flushes, which it does when it is woken.
                if this.content.is_empty() && this.number == 0 {
                    this.number = 1;
                    this.line.whole();
                    cx.waker().wake_by_ref();
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.then == AfterBody::Ends && self.sent == self.content.len()
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        // The library drops a body once it needs no more of it: at its end, and at once for a HEAD.
        self.line.whole();
    }
}
