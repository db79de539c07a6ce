//! Cut connections: after which byte they end, and how.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::runtime::Runtime;

use super::*;
use crate::edge::wire::Breakable;

/// A pipe that takes writes in one part or in several, as its library is told.
struct Pipe(DuplexStream, bool);

impl Breakable for Pipe {
    fn break_off(&self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.1
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_cut_after_so_many_bytes_lets_exactly_those_through(
        length in prop_oneof![0_usize..200, 0_usize..100_000],
        share in 0.0_f64..1.1,
        room in prop_oneof![1_usize..100, 1_usize..100_000],
        several_parts in any::<bool>(),
    ) {
        let content = content(length);
        let whole = on_the_wire(&content);
        let after = (whole.len() as f64 * share) as usize;
        let heard = Runtime::new().unwrap().block_on(async {
            let (mut caller, callee) = tokio::io::duplex(room);
            let order = json!({"fault": "reset", "after_bytes": after});
            let served = converse(Pipe(callee, several_parts), refuse, move |_| {
                let answer = faulty(told(content.clone()), &order);
                async move { answer }
            });
            let served = tokio::spawn(async move {
                let _ = served.await;
            });
            caller.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
            let mut heard = Vec::new();
            patiently(caller.read_to_end(&mut heard)).await.unwrap();
            served.await.unwrap();
            heard
        });
        prop_assert_eq!(heard.len(), after.min(whole.len()));
        prop_assert!(whole.starts_with(&heard));
    }

    #[test]
    fn the_cut_counts_from_the_answer_that_it_was_ordered_for(length in 0_usize..20_000, after in 0_usize..21_000) {
        let content = content(length);
        let whole = on_the_wire(&content);
        let (heard, end) = Runtime::new().unwrap().block_on(async {
            let order = json!({"fault": "reset", "after_bytes": after});
            let address = stand(move |request| match request.uri().path() {
                "/plain" => told(content.clone()),
                _ => faulty(told(content.clone()), &order),
            });
            hear_out(&mut ask(address.await, "GET", &["/plain", "/plain", "/reset", "/plain"]).await).await
        });
        prop_assert_eq!(end, End::Reset);
        prop_assert_eq!(heard.len(), 2 * whole.len() + after.min(whole.len()));
        prop_assert!([&whole[..], &whole, &whole].concat().starts_with(&heard));
    }
}

#[tokio::test]
async fn a_reset_comes_before_the_first_byte_after_some_or_after_the_last() {
    let whole = on_the_wire(CONTENT.as_bytes());
    for (order, expected) in [
        (json!({"fault": "reset"}), 0),
        (json!({"fault": "reset", "after_bytes": 0}), 0),
        (json!({"fault": "reset", "after_bytes": 1}), 1),
        (json!({"fault": "reset", "after_bytes": whole.len() - 1}), whole.len() - 1),
        (json!({"fault": "reset", "after_bytes": whole.len()}), whole.len()),
        (json!({"fault": "reset", "after_bytes": 1_000_000}), whole.len()),
    ] {
        let address = stand_with(order.clone()).await;
        let (heard, end) = hear_out(&mut ask(address, "GET", &["/"]).await).await;
        assert_eq!((heard.as_slice(), end), (&whole[..expected], End::Reset), "{order}");
    }
}

#[tokio::test]
async fn an_empty_answer_is_a_connection_closed_in_good_order() {
    let address = stand_with(json!({"fault": "empty"})).await;
    let heard = hear_out(&mut ask(address, "GET", &["/"]).await).await;
    assert_eq!(heard, (Vec::new(), End::Closed));
}

#[tokio::test]
async fn a_wrong_length_promises_more_than_comes_before_the_connection_closes() {
    for (order, coming, announced) in [
        (json!({"fault": "wrong_length"}), CONTENT.len(), CONTENT.len() + 1),
        (json!({"fault": "wrong_length", "after_bytes": 5}), 5, CONTENT.len()),
        (json!({"fault": "wrong_length", "after_bytes": 0}), 0, CONTENT.len()),
        (json!({"fault": "wrong_length", "after_bytes": 10_000}), CONTENT.len(), CONTENT.len() + 1),
    ] {
        let address = stand_with(order.clone()).await;
        let (heard, end) = hear_out(&mut ask(address, "GET", &["/"]).await).await;
        let whole = String::from_utf8(on_the_wire(CONTENT.as_bytes())).unwrap();
        let promised = whole
            .replace(&format!("content-length: {}", CONTENT.len()), &format!("content-length: {announced}"));
        let expected = &promised[..promised.len() - (CONTENT.len() - coming)];
        assert_eq!((String::from_utf8_lossy(&heard).as_ref(), end), (expected, End::Closed), "{order}");
    }
}

#[tokio::test]
async fn closing_is_not_announced_and_whatever_follows_is_never_run() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let address = stand(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        faulty(told(CONTENT), &json!({"fault": "close"}))
    })
    .await;
    let mut stream = ask(address, "GET", &["/"]).await;
    // To the byte what it would be on a connection that stays, so without a word about closing.
    let expected = (on_the_wire(CONTENT.as_bytes()), End::Closed);
    assert_eq!(hear_out(&mut stream).await, expected);
    let again = stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let mut heard = Vec::new();
    assert!(again.is_err() || stream.read_to_end(&mut heard).await.is_err() || heard.is_empty());
    let ahead = hear_out(&mut ask(address, "GET", &["/", "/", "/"]).await).await;
    assert_eq!(ahead.0, expected.0);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_caller_who_asks_for_the_connection_to_be_closed_meets_the_same_faults() {
    let address = stand_with(json!({"fault": "reset", "after_bytes": 40})).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let (heard, end) = hear_out(&mut stream).await;
    assert_eq!((heard.len(), end), (40, End::Reset));
}

#[tokio::test]
async fn what_is_said_before_an_answer_does_not_count() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let answer = |request: Request<Incoming>| async move {
            request.into_body().collect().await.unwrap();
            faulty(told(CONTENT), &json!({"fault": "reset", "after_bytes": 12}))
        };
        let _ = converse(stream, refuse, answer).await;
    });
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(head.as_bytes()).await.unwrap();
    let (heard, end) = hear_out(&mut stream).await;
    assert_eq!(String::from_utf8(heard).unwrap(), "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200");
    assert_eq!(end, End::Reset);
}

#[tokio::test]
async fn what_was_sent_ahead_is_not_run_while_the_last_answer_is_written() {
    let (mut caller, callee) = tokio::io::duplex(16);
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let served = converse(Pipe(callee, false), refuse, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { faulty(told(CONTENT), &json!({"fault": "close"})) }
    });
    let served = tokio::spawn(async move {
        let _ = served.await;
    });
    let (mut ear, mut mouth) = tokio::io::split(&mut caller);
    // The library lets go of a body that nobody reads, and goes on to the next request at once.
    let requests = b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}GET / HTTP/1.1\r\n\r\n";
    let mut heard = Vec::new();
    let (_, listened) = tokio::join!(mouth.write_all(requests), patiently(ear.read_to_end(&mut heard)));
    listened.unwrap();
    served.await.unwrap();
    assert_eq!(heard, on_the_wire(CONTENT.as_bytes()));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}
