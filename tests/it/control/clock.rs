//! Orders about time.

use mockreel_contracts::Phase;
use mockreel_emulator::{Emulator, Progress};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{admin, granted, refused, submitted};
use crate::support::{Caller, KEY, quiet};

#[tokio::test]
async fn a_clock_is_read_set_and_advanced() {
    let emulator = quiet().start().await.unwrap();
    let (caller, clock) = (Caller::with_key(KEY), admin(&emulator, "clock"));
    let start = json!({"mode": "manual", "now": "2026-01-01T00:00:00.000Z"});
    assert_eq!(granted(&caller.get(&clock).await), start);
    let later = json!({"mode": "manual", "now": "2026-02-03T04:05:06.789Z"});
    assert_eq!(granted(&caller.put(&clock, &later).await), later);
    assert_eq!(granted(&caller.get(&clock).await), later);
    let told = granted(&caller.post(&format!("{clock}/advance"), &json!({"seconds": 1.5})).await);
    assert_eq!(told["now"], "2026-02-03T04:05:08.289Z");
    let other = granted(&Caller::with_key("other").get(&clock).await);
    assert_eq!(other, start, "one account's clock is nobody else's");
}

#[tokio::test]
async fn a_clock_never_goes_back() {
    let emulator = quiet().start().await.unwrap();
    let (caller, clock) = (Caller::with_key(KEY), admin(&emulator, "clock"));
    let before = json!({"mode": "manual", "now": "2025-12-31T23:59:59.999Z"});
    let detail = refused(&caller.put(&clock, &before).await, 409);
    assert!(detail.contains("2026-01-01T00:00:00.000Z"), "{detail}");
    refused(&caller.put(&format!("{clock}?account=*"), &before).await, 409);
    let told = granted(&caller.get(&clock).await);
    assert_eq!(told["now"], "2026-01-01T00:00:00.000Z");
    refused(&caller.post(&format!("{clock}/advance"), &json!({"seconds": -1})).await, 400);
}

#[tokio::test]
async fn an_order_to_all_clocks_is_carried_out_for_all_or_for_none() {
    let emulator = quiet().start().await.unwrap();
    let clock = admin(&emulator, "clock");
    let moment = |now: &str| json!({"mode": "manual", "now": now});
    for (key, now) in [("a", "2026-03-01T00:00:00Z"), ("b", "2026-01-02T00:00:00Z")] {
        granted(&Caller::with_key(key).put(&clock, &moment(now)).await);
    }
    let all = format!("{clock}?account=*");
    let caller = Caller::without_key();
    refused(&caller.put(&all, &moment("2026-02-01T00:00:00Z")).await, 409);
    let now = async |key: &str| granted(&Caller::with_key(key).get(&clock).await)["now"].clone();
    assert_eq!(now("b").await, "2026-01-02T00:00:00.000Z");
    assert_eq!(now("new").await, "2026-01-01T00:00:00.000Z");

    let told = granted(&caller.put(&all, &moment("2026-04-01T00:00:00Z")).await);
    assert_eq!(told["accounts"].as_array().unwrap().len(), 2);
    for key in ["a", "b", "new"] {
        assert_eq!(now(key).await, "2026-04-01T00:00:00.000Z", "{key}");
    }
    granted(&caller.post(&format!("{clock}/advance?account=*"), &json!({"seconds": 60})).await);
    for key in ["a", "b", "new"] {
        assert_eq!(now(key).await, "2026-04-01T00:01:00.000Z", "{key}");
    }
}

#[tokio::test]
async fn advancing_a_system_clock_makes_it_a_manual_one() {
    let emulator = Emulator::builder().start().await.unwrap();
    let (caller, clock) = (Caller::with_key(KEY), admin(&emulator, "clock"));
    assert_eq!(granted(&caller.get(&clock).await)["mode"], "system");
    let told = granted(&caller.post(&format!("{clock}/advance"), &json!({"seconds": 3600})).await);
    assert_eq!(told["mode"], "manual");
    refused(&caller.put(&clock, &json!({"mode": "system"})).await, 409);
    let other = granted(&Caller::with_key("other").get(&clock).await);
    assert_eq!(other["mode"], "system");
}

#[tokio::test]
async fn a_manual_clock_can_stop_where_it_is() {
    let emulator = Emulator::builder().start().await.unwrap();
    let (caller, clock) = (Caller::with_key(KEY), admin(&emulator, "clock"));
    let told = granted(&caller.put(&clock, &json!({"mode": "manual"})).await);
    assert_eq!(granted(&caller.get(&clock).await), told);
}

/// The time that a clock shows goes on between two looks at it: an order that reckons with the first look would be refused.
#[tokio::test]
async fn a_running_clock_can_be_stopped_at_any_moment() {
    let emulator = Emulator::builder().start().await.unwrap();
    let clock = admin(&emulator, "clock");
    for number in 0..200 {
        let caller = Caller::with_key(&format!("key {number}"));
        granted(&caller.put(&clock, &json!({"mode": "manual"})).await);
        let caller = Caller::with_key(&format!("other key {number}"));
        granted(&caller.post(&format!("{clock}/advance"), &json!({"seconds": 0})).await);
    }
}

#[tokio::test]
async fn of_advances_at_the_same_time_none_is_lost() {
    let emulator = quiet().start().await.unwrap();
    let (caller, clock) = (Caller::with_key(KEY), admin(&emulator, "clock"));
    let (advance, second) = (format!("{clock}/advance"), json!({"seconds": 1}));
    let mut all = JoinSet::new();
    for _ in 0..40 {
        let (caller, advance, second) = (Caller::with_key(KEY), advance.clone(), second.clone());
        all.spawn(async move { granted(&caller.post(&advance, &second).await) });
    }
    all.join_all().await;
    assert_eq!(granted(&caller.get(&clock).await)["now"], "2026-01-01T00:00:40.000Z");
}

#[tokio::test]
async fn time_passes_until_a_job_has_ended_and_no_further() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let id = submitted(&emulator, KEY, "waves").await;
    let job = granted(&caller.get(&admin(&emulator, &format!("jobs/{id}"))).await);
    let advance = admin(&emulator, "clock/advance");
    let told = granted(&caller.post(&advance, &json!({"until_job": id})).await);
    assert_eq!(told["now"], job["ends_at"]);
    assert_eq!(emulator.jobs(KEY).phase(&id).await.unwrap(), Phase::Succeeded);
    let again = granted(&caller.post(&advance, &json!({"until_job": id})).await);
    assert_eq!(again, told, "a job that has ended moves nothing");
}

#[tokio::test]
async fn a_job_that_never_ends_cannot_be_waited_for() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let advance = admin(&emulator, "clock/advance");
    for stuck in ["[mock:stuck]", "[mock:stuck=running]"] {
        let id = submitted(&emulator, KEY, stuck).await;
        let detail = refused(&caller.post(&advance, &json!({"until_job": id})).await, 409);
        assert!(detail.contains(&id), "{detail}");
        let told = granted(&caller.get(&admin(&emulator, &format!("jobs/{id}"))).await);
        assert_eq!((&told["ends_at"], &told["ending"]), (&Value::Null, &Value::Null));
    }
    for progress in [Progress::Step, Progress::Polls(1)] {
        let emulator = quiet().progress(progress).start().await.unwrap();
        let id = submitted(&emulator, KEY, "waves").await;
        refused(&caller.post(&admin(&emulator, "clock/advance"), &json!({"until_job": id})).await, 409);
    }
    refused(&caller.post(&advance, &json!({"until_job": "nobody"})).await, 404);
    let id = submitted(&emulator, "other", "waves").await;
    refused(&caller.post(&advance, &json!({"until_job": id})).await, 404);
}

#[tokio::test]
async fn orders_about_the_clock_that_make_no_sense_are_refused_and_say_why() {
    let emulator = quiet().start().await.unwrap();
    let (caller, clock) = (Caller::with_key(KEY), admin(&emulator, "clock"));
    let orders = [
        json!({}),
        json!({"mode": "sundial"}),
        json!({"mode": 5, "now": "2026-02-01T00:00:00Z"}),
        json!({"mode": "manual", "now": "tomorrow"}),
        json!({"mode": "manual", "now": 5}),
        json!({"mode": "manual", "now": "1969-12-31T00:00:00Z"}),
        json!({"mode": "manual", "now": "+012026-01-01T00:00:00Z"}),
        json!({"mode": "system", "now": "2026-02-01T00:00:00Z"}),
        json!({"mode": "manual", "moment": "2026-02-01T00:00:00Z"}),
        json!([]),
        json!("manual"),
    ];
    for order in orders {
        refused(&caller.put(&clock, &order).await, 400);
    }
    let orders = [
        json!({}),
        json!({"seconds": "5"}),
        json!({"seconds": 1e300}),
        json!({"seconds": null}),
        json!({"until_job": 5}),
        json!({"seconds": 5, "until_job": "x"}),
        json!({"minutes": 5}),
    ];
    for order in orders {
        refused(&caller.post(&format!("{clock}/advance"), &order).await, 400);
    }
    let told = granted(&caller.get(&clock).await);
    assert_eq!(told["now"], "2026-01-01T00:00:00.000Z");
}

#[tokio::test]
async fn the_end_of_the_calendar_is_said_and_never_passed_in_silence() {
    let emulator = quiet().start().await.unwrap();
    let (caller, clock) = (Caller::with_key(KEY), admin(&emulator, "clock"));
    let detail = refused(&caller.put(&clock, &json!({"now": "9999-12-31T23:59:59Z"})).await, 400);
    assert!(detail.contains("9999-12-30T22:00:00") && !detail.contains("expected RFC 3339"), "{detail}");
    let late = json!({"now": "9999-12-30T21:59:50Z"});
    assert_eq!(granted(&caller.put(&clock, &late).await)["now"], "9999-12-30T21:59:50.000Z");
    let near = granted(&caller.post(&format!("{clock}/advance"), &json!({"seconds": 4})).await);
    assert_eq!((&near["now"], near.get("note")), (&json!("9999-12-30T21:59:54.000Z"), None));
    let less = granted(&caller.post(&format!("{clock}/advance"), &json!({"seconds": 60})).await);
    assert_eq!(less["now"], "9999-12-30T22:00:00.999Z");
    let note = less["note"].as_str().unwrap();
    assert!(note.contains("6.999 of 60 seconds"), "{note}");
    let everybody = format!("{clock}/advance?account=*");
    let less = granted(&caller.post(&everybody, &json!({"seconds": 60})).await);
    assert!(less["note"].as_str().unwrap().contains("0 of 60 seconds"), "{less}");
    let id = submitted(&emulator, KEY, "a cat [mock:slow=100]").await;
    let until = json!({"until_job": id});
    let detail = refused(&caller.post(&format!("{clock}/advance"), &until).await, 409);
    assert!(detail.contains("where the calendar ends"), "{detail}");
}
