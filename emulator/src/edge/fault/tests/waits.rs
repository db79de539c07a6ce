//! Late responses, and that no other connection waits for them.

use std::sync::Arc;

use hyper::body::Body as _;
use proptest::prelude::*;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::*;

proptest! {
    #[test]
    fn drops_are_even_and_make_up_the_body(length in 0_usize..10_000) {
        let content = Bytes::from(content(length));
        let drops = Runtime::new().unwrap().block_on(async {
            // So fast that nobody waits.
            let spread = Duration::from_nanos(64);
            let mut body = Pieces::new(content.clone(), spread, AfterBody::Ends, ResponseLine::default());
            let mut drops = Vec::new();
            while !body.is_end_stream() {
                drops.push(body.frame().await.unwrap().unwrap().into_data().unwrap());
            }
            drops
        });
        prop_assert_eq!(drops.len(), length.min(64));
        prop_assert_eq!(drops.concat(), content);
        let lengths = drops.iter().map(Bytes::len);
        prop_assert!(lengths.clone().max().unwrap_or(0) - lengths.min().unwrap_or(0) <= 1);
    }
}

#[tokio::test]
async fn what_is_late_comes_whole() {
    for fault in ["slow_first_byte", "slow_body"] {
        let address = stand_with(json!({"fault": fault, "delay": 0.05})).await;
        let mut stream = ask(address, "GET", &["/", "/plain", "/"]).await;
        for _ in 0..3 {
            hear(&mut stream, &on_the_wire(CONTENT.as_bytes())).await;
        }
        assert_open(&mut stream).await;
    }
}

#[tokio::test]
async fn whoever_waits_keeps_nobody_else_waiting() {
    let late = ask(stand_with(json!({"fault": "slow_first_byte", "delay": 600})).await, "GET", &["/"]).await;
    let address = stand_with(json!({"fault": "slow_body", "delay": 600})).await;
    let mut drops = ask(address, "GET", &["/"]).await;
    let head = on_the_wire(CONTENT.as_bytes()).len() - CONTENT.len();
    hear(&mut drops, &on_the_wire(CONTENT.as_bytes())[..head]).await;
    for _ in 0..50 {
        assert_open(&mut ask(address, "GET", &[]).await).await;
    }
    assert_silent(&late);
    assert_silent(&drops);
}

#[tokio::test]
async fn every_fault_can_come_late() {
    let address = stand_with(json!({"fault": "empty", "delay": 600})).await;
    let late = ask(address, "GET", &["/"]).await;
    assert_open(&mut ask(address, "GET", &[]).await).await;
    assert_silent(&late);
    let address = stand_with(json!({"fault": "reset", "after_bytes": 3, "delay": 0.01})).await;
    assert_eq!(hear_out(&mut ask(address, "GET", &["/"]).await).await, (b"HTT".to_vec(), End::Reset));
}

#[tokio::test]
async fn whoever_hangs_up_is_not_waited_for() {
    for fault in ["slow_first_byte", "slow_body"] {
        let (alive, gone) = oneshot::channel::<()>();
        let alive = Arc::new(std::sync::Mutex::new(Some(Arc::new(alive))));
        let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
        let address = stand(move |_| {
            begun.send(()).unwrap();
            let held = alive.lock().unwrap().take().unwrap();
            let body = Body::from(Bytes::from_owner(Held(held)));
            let mut answer = Response::new(body);
            answer.extensions_mut().insert(
                serde_json::from_value::<TransportFault>(json!({"fault": fault, "delay": 600})).unwrap(),
            );
            answer
        })
        .await;
        let stream = ask(address, "GET", &["/"]).await;
        begins.recv().await.unwrap();
        drop(stream);
        patiently(gone).await.unwrap_err();
    }
}

/// A body that says when it is let go.
struct Held(#[expect(dead_code, reason = "it is there to be dropped")] Arc<oneshot::Sender<()>>);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        CONTENT.as_bytes()
    }
}
