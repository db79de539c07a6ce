//! The request as it comes in: its body, bounded and never silent for long, and heads that are refused.

pub(crate) mod bounds;
pub(super) mod encoding;
pub(super) mod head;
pub(crate) mod hints;
pub(crate) mod large;

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::time::timeout;

use crate::clock::Stopwatch;

/// How much of a body that nobody wants is read and thrown away, in bytes, so that the caller gets to read the answer.
const DISCARDED_BYTES: u64 = 256 * 1024 * 1024;

/// How many bytes a body must bring for each second beyond the two silences that it may take in any case: the slowest mobile
/// networks bring more, and who sends a byte a second holds a connection for nothing.
const BYTES_PER_SECOND: u64 = 16 * 1024;

/// A body as it was received.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// All of it.
    Whole(Bytes),
    /// More than the limit.
    TooLarge,
    /// The connection broke off.
    Broken,
    /// No byte came for so long.
    Silent(Duration),
    /// It came too slowly: so much of it in so long.
    Slow(u64, Duration),
    /// It is encoded in a way that the vendor does not take; holds the name of the encoding and the bytes.
    Encoded(String, Bytes),
    /// It is not what its encoding says; holds what is wrong.
    Undecodable(String),
}

/// A body that is still to be read.
#[derive(Debug)]
pub(crate) struct IncomingBody {
    body: Body,
    longest_silence: Duration,
    is_over: bool,
}

/// Why a body ended before its end.
enum Interruption {
    Broken,
    Silent,
    Slow,
}

impl IncomingBody {
    /// A body that may be silent for so long.
    pub(crate) fn new(body: Body, longest_silence: Duration) -> Self {
        Self { body, longest_silence, is_over: false }
    }

    /// The next bytes; nothing at the end. They must come within one silence, and within `left`.
    async fn next(&mut self, left: Duration) -> Result<Option<Bytes>, Interruption> {
        loop {
            let (wait, interruption) = if left < self.longest_silence {
                (left, Interruption::Slow)
            } else {
                (self.longest_silence, Interruption::Silent)
            };
            let outcome = match timeout(wait, self.body.frame()).await {
                Err(_) => Err(interruption),
                Ok(Some(Err(_))) => Err(Interruption::Broken),
                Ok(None) => Ok(None),
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => Ok(Some(data)),
                    // Trailers say nothing that anybody wants.
                    Err(_) => continue,
                },
            };
            self.is_over = !matches!(outcome, Ok(Some(_)));
            return outcome;
        }
    }

    /// Reads a body of at most `limit` bytes.
    pub(crate) async fn receive(&mut self, limit: u64) -> Received {
        if self.body.is_end_stream() {
            return Received::Whole(Bytes::new());
        }
        let expected = self.body.size_hint().lower().min(limit);
        let mut content = BytesMut::with_capacity(usize::try_from(expected).unwrap_or(0).min(1024 * 1024));
        let watch = Stopwatch::start();
        loop {
            let length = content.len() as u64;
            let allowed = self.longest_silence * 2 + Duration::from_secs(length / BYTES_PER_SECOND);
            let left = allowed.saturating_sub(Duration::from_micros(watch.micros()));
            match self.next(left).await {
                Ok(None) => return Received::Whole(content.freeze()),
                Ok(Some(data)) if content.len() as u64 + data.len() as u64 > limit => {
                    return Received::TooLarge;
                }
                Ok(Some(data)) => content.extend_from_slice(&data),
                Err(Interruption::Broken) => return Received::Broken,
                Err(Interruption::Silent) => return Received::Silent(self.longest_silence),
                Err(Interruption::Slow) => return Received::Slow(length, allowed),
            }
        }
    }

    /// Reads what is left and throws it away, as far as `DISCARDED_BYTES` and one silence allow.
    ///
    /// A caller that sends a large body reads the answer afterwards; an answer to a body that nobody reads is lost
    /// with the connection.
    pub(crate) async fn discard(&mut self) {
        if self.is_over || self.body.is_end_stream() {
            return;
        }
        let longest = self.longest_silence;
        let discard = async {
            let mut discarded = 0;
            while let Ok(Some(data)) = self.next(longest).await {
                discarded += data.len() as u64;
                if discarded > DISCARDED_BYTES {
                    return;
                }
            }
        };
        // Whether all of it came makes no difference to the answer.
        let _ = timeout(longest, discard).await;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{StreamExt, stream};

    use super::*;

    const SILENCE: Duration = Duration::from_millis(100);

    /// A body of these pieces, which then ends or is silent for ever.
    fn body_of(pieces: &[&'static [u8]], ends: bool) -> IncomingBody {
        let pieces: Vec<_> =
            pieces.iter().map(|bytes| Ok::<_, Infallible>(Bytes::from_static(bytes))).collect();
        let rest = if ends { stream::empty().boxed() } else { stream::pending().boxed() };
        IncomingBody::new(Body::from_stream(stream::iter(pieces).chain(rest)), SILENCE)
    }

    /// A body of as many pieces as that, each after a third of the silence.
    fn slow_body(pieces: usize) -> IncomingBody {
        let pace = tokio::time::interval(SILENCE / 3);
        let sent = stream::unfold(pace, |mut pace| async move {
            pace.tick().await;
            Some((Ok::<_, Infallible>(Bytes::from_static(b"a")), pace))
        });
        IncomingBody::new(Body::from_stream(sent.take(pieces)), SILENCE)
    }

    #[tokio::test]
    async fn a_body_may_be_slow_but_neither_silent_nor_without_end() {
        let whole = |text: &'static [u8]| Received::Whole(Bytes::from_static(text));
        assert_eq!(slow_body(5).receive(10).await, whole(b"aaaaa"));
        let endless = timeout(SILENCE * 100, slow_body(usize::MAX).receive(u64::MAX)).await.unwrap();
        assert!(matches!(endless, Received::Slow(1..10, time) if time == SILENCE * 2), "{endless:?}");
        assert_eq!(body_of(&[], false).receive(10).await, Received::Silent(SILENCE));
        assert_eq!(body_of(&[b"a"], false).receive(10).await, Received::Silent(SILENCE));
        assert_eq!(body_of(&[b"abc"], false).receive(2).await, Received::TooLarge);
        assert_eq!(body_of(&[b"a", b"b"], true).receive(2).await, whole(b"ab"));
    }

    #[tokio::test]
    async fn what_nobody_wants_is_read_for_one_silence_and_so_many_bytes_at_most() {
        let mut endless = slow_body(usize::MAX);
        assert_eq!(timeout(SILENCE * 100, endless.discard()).await, Ok(()));
        let piece: &'static [u8] = Box::leak(vec![0; 1024 * 1024].into_boxed_slice());
        let fast = stream::repeat(Ok::<_, Infallible>(Bytes::from_static(piece)));
        let mut fast = IncomingBody::new(Body::from_stream(fast), SILENCE * 100);
        assert_eq!(timeout(SILENCE * 100, fast.discard()).await, Ok(()));
        let mut silent = body_of(&[], false);
        assert_eq!(silent.receive(1).await, Received::Silent(SILENCE));
        silent.longest_silence = SILENCE * 100;
        assert_eq!(timeout(SILENCE, silent.discard()).await, Ok(()), "who was silent once is not waited for");
    }
}
