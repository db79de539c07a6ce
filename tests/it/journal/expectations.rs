//! Expectations of a test about its client, verified in the same process.

use mockreel_contracts::UnixMillis;
use mockreel_emulator::Limits;
use mockreel_emulator::expect::Expectation;
use mockreel_emulator::journal::{RequestFilter, StatusFilter};
use serde_json::json;

use super::{MODEL, QUEUE, queued};
use crate::support::{Caller, KEY, quiet};

#[tokio::test]
async fn what_was_expected_and_came_is_verified_beyond_the_bounds_of_the_journal() {
    let limits = Limits { journal_entries: 2, ..Limits::default() };
    let emulator = quiet().limits(limits).start().await.unwrap();
    emulator
        .expect(Expectation::of("submit").vendor("gmicloud").account(KEY).status(200).model(MODEL).times(5));
    emulator.expect(Expectation::of("submit").at_least(2).at_most(5));
    emulator.expect(RequestFilter::any().status(StatusFilter::Class(4)).never());
    for _ in 0..5 {
        queued(&emulator, KEY, "x").await;
    }
    emulator.verify().await.unwrap();
    let requests = emulator.requests(KEY);
    assert_eq!((requests.list().await.len(), requests.count(&RequestFilter::of("submit")).await), (2, 2));
    assert_eq!(requests.list().await[0].operation.map(|kind| kind.as_str()), Some("submit"));
}

#[tokio::test]
async fn what_was_expected_and_did_not_come_is_told_beside_what_came() {
    let limits = Limits { journal_entries: 4, ..Limits::default() };
    let emulator = quiet().limits(limits).start().await.unwrap();
    queued(&emulator, KEY, "early").await;
    let since = UnixMillis(mockreel_emulator::clock::MANUAL_START.0);
    emulator.expect(Expectation::of("submit").vendor("gmicloud").account(KEY).status(200).times(2));
    emulator.expect(Expectation::of("poll").problem("unknown_job").since(since).never());
    emulator.expect(Expectation::of("list").at_most(3));
    queued(&emulator, KEY, "x").await;
    let body = json!({"model": "Nothing", "payload": {"prompt": "x"}});
    Caller::with_key(KEY).post(&format!("{}{QUEUE}", emulator.url("gmicloud")), &body).await;
    Caller::with_key(KEY).get(&format!("{}{QUEUE}/no-such-job", emulator.url("gmicloud"))).await;
    queued(&emulator, "another-key", "x").await;
    let unmet = emulator.verify().await.unwrap_err();
    insta::assert_snapshot!(unmet, @"
    2 of 3 expectations are not met

    expected 2 requests, 1 was seen: submit to gmicloud by account a164c531 answered with status 200
      the nearest that came:
        #5 POST /api/v1/ie/requestqueue/apikey/requests: 200; account is 715e3c5c, not a164c531
        #3 POST /api/v1/ie/requestqueue/apikey/requests: 404; status is 404 (unknown_model), not 200
        #4 GET /api/v1/ie/requestqueue/apikey/requests/no-such-job: 404; operation is poll, not submit; status is 404 (unknown_job), not 200

    expected no request, 1 was seen: poll refused as unknown_job since 2026-01-01T00:00:00.000Z
      these came:
        #4 GET /api/v1/ie/requestqueue/apikey/requests/no-such-job: 404
    1 older requests are no longer in the journal: they were counted, but cannot be shown
    ");
}

#[tokio::test]
async fn dropping_an_emulator_with_what_nobody_verified_panics_unless_it_is_met() {
    let met = quiet().start().await.unwrap();
    met.expect(Expectation::of("submit").never());
    drop(met);
    let unmet = quiet().start().await.unwrap();
    unmet.expect(Expectation::of("submit").times(1));
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(unmet))).unwrap_err();
    let told = panic.downcast_ref::<String>().unwrap();
    assert!(told.contains("expected 1 request, 0 were seen: submit"), "{told}");
    // A test that fails already must say why it did, not that nothing came.
    let unmet = quiet().start().await.unwrap();
    unmet.expect(Expectation::of("submit").times(1));
    let failing = || {
        let _held = unmet;
        panic!("the test's own words");
    };
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(failing)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the test's own words"));
}
