//! Properties of every logged exchange, and of every sequence of them.

use axum::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use bytes::Bytes;
use mockreel_contracts::contract::check::rules::{Rule, Violation};
use mockreel_contracts::problem::{Malformation, Place};
use mockreel_contracts::{Operation, Problem, UnixMillis};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::scenario::RequestKind;

fn bytes(text: impl Into<String>) -> LoggedBody {
    LoggedBody::Bytes(Bytes::from(text.into()))
}

/// An exchange about nothing in particular.
fn exchange(account: &str) -> LoggedExchange {
    let contract = Arc::clone(&mockreel_contracts::vendors().unwrap()[0].contract);
    LoggedExchange {
        at: UnixMillis(1_767_225_600_000),
        duration_us: 1,
        account: Arc::from(account),
        asked: RequestTarget::Vendor(contract),
        operation: Some(RequestKind::Operation(Operation::Submit)),
        model: None,
        job: None,
        scenarios: Vec::new(),
        problem: None,
        late: Vec::new(),
        notes: Vec::new(),
        method: "POST".to_owned(),
        target: "/v9/generation".to_owned(),
        status: 200,
        request: LoggedRequest { head: Arc::default(), body: bytes("{}") },
        answer: LoggedAnswer { headers: Vec::new(), body: bytes("{}") },
    }
}

fn journal(entries: u64, bytes: u64) -> Journal {
    Journal::new(&Limits { journal_entries: entries, journal_bytes: bytes, ..Limits::default() })
}

/// Every text in a value, names included.
fn texts(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        serde_json::Value::Object(members) => {
            for (name, member) in members {
                found.push(name.clone());
                texts(member, found);
            }
        }
        other => found.push(other.to_string()),
    }
}

/// Bodies with a key somewhere in them.
fn bodies(key: &str) -> Vec<LoggedBody> {
    let part = |name: &str, content: &str, is_file| FormPart {
        name: name.to_owned(),
        content: Bytes::from(content.to_owned()),
        is_file,
    };
    let encoded = utf8_percent_encode(key, NON_ALPHANUMERIC).to_string();
    let units: String = key.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let long = |before: usize| format!("{}{key} and more{}", "é".repeat(before), " x".repeat(3_000));
    let mut named = json!({"list": [{"prompt": format!("a {key} b")}], "url": format!("https://x.test/{encoded}?k={key}")});
    named[key] = json!(1);
    vec![
        bytes(named.to_string()),
        bytes(format!(r#"{{"prompt": "{units}"}}"#)),
        bytes(format!(r#"{{"prompt": "{units}"#)),
        bytes(format!(r#"{{"prompt": {}"#, json!(key))),
        bytes(format!("prompt={encoded}&k={key}")),
        bytes(json!({"prompt": long(1_995)}).to_string()),
        bytes(json!({"prompt": json!({"inner": json!({"key": key}).to_string()}).to_string()}).to_string()),
        bytes(long(295)),
        bytes(json!(key).to_string()),
        bytes(json!({"image": format!("data:image/{key};base64,AAAA")}).to_string()),
        LoggedBody::Form(vec![part("prompt", key, false), part(key, "x", false), part("image", key, true)]),
    ]
}

fn problems(key: &str) -> Vec<Problem> {
    let long = format!("{}{key} {}", "x".repeat(190), "y".repeat(100));
    let value = serde_json::Value::from(format!("a {key}"));
    let violations = vec![
        Violation::new("/prompt".to_owned(), Rule::Url, &value),
        Violation::new("/nowhere".to_owned(), Rule::Url, &long.into()),
        Violation::new(format!("/{key}"), Rule::Form { keyword: "pattern".to_owned() }, &value),
    ];
    vec![
        Problem::Invalid { place: Place::Body, violations },
        Problem::UnknownModel { received: key.to_owned(), in_path: false },
        Problem::UnknownJob { id: format!("job {key}") },
        Problem::Malformed(Malformation::Json(format!("expected, not {key}"))),
        Problem::Malformed(Malformation::MediaType(Some(key.to_owned()))),
        Problem::UnknownRoute { allowed: Vec::new() },
    ]
}

proptest! {
    #[test]
    fn no_key_is_in_what_the_journal_gives_out(
        key in "[!-~]{6,60}",
        body in 0_usize..11,
        other in 0_usize..11,
        problem in 0_usize..6,
        scheme in prop::sample::select(vec!["Bearer ", "bearer  ", "Token ", "", "Odd "]),
    ) {
        // A key that is a part of what every entry says could not be told from it.
        let about = [json!(exchange("a").entry(1).json()), json!(["<file bytes sha256 characters shortened in all with a key written another way"])];
        prop_assume!(!about.iter().any(|plain| plain.to_string().to_lowercase().contains(&key.to_lowercase())));
        let encoded = utf8_percent_encode(&key, NON_ALPHANUMERIC).to_string();
        let header = |name: &str, value: String| (name.to_owned(), value);
        let mut held = exchange("a");
        held.request.head = Arc::new(RequestHead::from(vec![
            header("authorization", format!("{scheme}{key}")),
            header("x-note", format!("my key is {key}")),
            header("referer", format!("http://{}.test/?{encoded}", key.to_lowercase())),
        ]));
        held.request.body = bodies(&key).swap_remove(body);
        held.answer.headers = vec![(HeaderName::from_static("x-echo"), HeaderValue::from_str(&key).unwrap())];
        held.answer.body = bodies(&key).swap_remove(other);
        held.target = format!("/v9/{encoded}/{key}?q={encoded}&api_key={encoded}&plain={key}");
        held.method = key.clone();
        held.model = Some(key.clone());
        held.job = Some(Arc::from(key.as_str()));
        held.scenarios = vec![Arc::from(key.as_str())];
        held.notes = vec![format!("there is no scenario `{key}`")];
        held.problem = Some(problems(&key).swap_remove(problem));
        let entry = held.entry(1);
        let mut found = vec![entry.json().to_string()];
        texts(&entry.json(), &mut found);
        for text in found {
            let decoded = percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned();
            for seen in [&text, &decoded] {
                prop_assert!(!seen.to_lowercase().contains(&key.to_lowercase()), "`{key}` is in {text}");
            }
        }
    }

    #[test]
    fn the_ring_keeps_its_bounds_and_counts_what_it_drops(
        limit in 0_u64..12,
        bytes_limit in 0_u64..20_000,
        pushed in prop::collection::vec((0_usize..4, 0_usize..3_000), 0..60),
    ) {
        let held = journal(limit, bytes_limit);
        let accounts = ["a", "b", "c", "d"];
        for (account, size) in &pushed {
            let mut exchange = exchange(accounts[*account]);
            exchange.request.body = bytes(json!({"prompt": "x".repeat(*size)}).to_string());
            held.record(&exchange);
            let kept = held.list(&RequestFilter::any());
            prop_assert!(kept.len() as u64 <= limit);
            prop_assert!(kept.iter().map(|entry| entry.bytes()).sum::<u64>() <= bytes_limit);
            prop_assert!(kept.is_sorted_by_key(|entry| std::cmp::Reverse(entry.id)));
        }
        let kept = held.list(&RequestFilter::any()).len() as u64;
        prop_assert_eq!(held.dropped(None) + kept, pushed.len() as u64);
        let of_each: u64 = accounts.iter().map(|account| held.dropped(Some(account))).sum();
        prop_assert_eq!(held.dropped(None), of_each);
        prop_assert_eq!(held.forget(None), kept);
        prop_assert_eq!((held.dropped(None), held.list(&RequestFilter::any()).len()), (0, 0));
    }

    #[test]
    fn who_asks_no_more_than_its_share_loses_nothing(pushed in prop::collection::vec(0_usize..10, 0..300)) {
        // Of four accounts, the first asks as often as all others together, and each other at most five times.
        let held = journal(20, u64::MAX);
        let accounts = ["noisy", "b", "c", "d"];
        let mut asked = [0_usize; 4];
        for draw in pushed {
            let account = if draw < 4 && asked[draw] < 5 { draw } else { 0 };
            asked[account] += 1;
            held.record(&exchange(accounts[account]));
        }
        for (account, asked) in accounts.iter().zip(asked).skip(1) {
            let wanted = RequestFilter::any().by(Arc::from(*account));
            prop_assert_eq!(held.list(&wanted).len(), asked);
            prop_assert_eq!(held.dropped(Some(account)), 0);
        }
    }
}

#[test]
fn an_entry_is_as_the_design_says() {
    let mut held = exchange("an-account");
    held.scenarios = vec![Arc::from("one"), Arc::from("two")];
    held.job = Some(Arc::from("job-1"));
    let told = held.entry(7).json();
    let names: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "id",
        "at",
        "account",
        "vendor",
        "edition",
        "operation",
        "model",
        "method",
        "path",
        "status",
        "problem",
        "job",
        "scenario",
        "violations",
        "notes",
        "duration_us",
        "request",
        "answer",
    ];
    assert_eq!(names, expected);
    assert_eq!((&told["id"], &told["at"]), (&json!(7), &json!("2026-01-01T00:00:00.000Z")));
    assert_eq!((&told["scenario"], &told["job"]), (&json!("one, two"), &json!("job-1")));
    assert_eq!(told["request"], json!({"headers": {}, "body": {}}));
}

#[test]
fn forgetting_one_account_leaves_the_others() {
    let held = journal(3, u64::MAX);
    for account in ["a", "a", "a", "b"] {
        held.record(&exchange(account));
    }
    assert_eq!((held.dropped(None), held.dropped(Some("a")), held.dropped(Some("b"))), (1, 1, 0));
    assert_eq!(held.forget(Some("a")), 2);
    assert_eq!((held.dropped(None), held.list(&RequestFilter::any()).len()), (0, 1));
    assert_eq!(held.forget(Some("nobody")), 0);
}

#[test]
fn a_journal_of_nothing_still_counts_what_is_expected() {
    let held = journal(0, 0);
    held.expect(RequestFilter::of("submit").times(2));
    held.record(&exchange("a"));
    held.record(&exchange("a"));
    assert!(held.verify().is_ok());
    held.expect(RequestFilter::of("submit").times(2));
    held.record(&exchange("a"));
    let told = held.verify().unwrap_err().to_string();
    assert!(told.contains("expected 2 requests, 1 was seen: submit"), "{told}");
    assert!(told.contains("3 older requests are no longer in the journal"), "{told}");
    assert!(held.verify().is_ok(), "what was verified is not expected any more");
}

#[test]
fn each_point_narrows_down_what_is_meant() {
    let mut held = exchange("a");
    held.model = Some("maker/model-1".to_owned());
    held.job = Some(Arc::from("job-1"));
    held.scenarios = vec![Arc::from("set#2")];
    held.status = 429;
    held.problem = Some(Problem::Overloaded);
    let entry = held.entry(1);
    let vendor = entry.vendor.clone().unwrap();
    let at = entry.at;
    let fit = |wanted: RequestFilter| assert!(wanted.fits(&entry), "{wanted}");
    let other = |wanted: RequestFilter| assert!(!wanted.fits(&entry), "{wanted}");
    fit(RequestFilter::any());
    fit(RequestFilter::of("submit").vendor(&vendor).status(429).problem("overloaded"));
    fit(RequestFilter::any().status(StatusFilter::Class(4)).model("maker/*").job("job-1"));
    fit(RequestFilter::any().scenario("set").since(at).until(at).path("/v9/*"));
    fit(RequestFilter::any().vendor(&format!("{vendor}@{}", entry.edition.clone().unwrap())));
    other(RequestFilter::of("poll"));
    other(RequestFilter::any().vendor("nobody"));
    other(RequestFilter::any().vendor(&format!("{vendor}@2001-01")));
    other(RequestFilter::any().status(400));
    other(RequestFilter::any().status(StatusFilter::Class(5)));
    other(RequestFilter::any().problem("invalid"));
    other(RequestFilter::any().model("maker/model"));
    other(RequestFilter::any().job("job-2"));
    other(RequestFilter::any().scenario("se"));
    other(RequestFilter::any().since(at.after(1)));
    other(RequestFilter::any().until(UnixMillis(at.0 - 1)));
    other(RequestFilter::any().path("/v9"));
    other(RequestFilter::any().account("another key"));
}

#[test]
fn a_misspelt_expectation_is_never_met() {
    for (wanted, told) in [
        (RequestFilter::of("sumbit"), "there is no operation `sumbit`; there are submit, poll"),
        (RequestFilter::any().vendor("nobody"), "there is no vendor `nobody`; there are"),
        (RequestFilter::any().problem("late"), "there is no problem `late`; there are unauthorized"),
    ] {
        let held = journal(10, u64::MAX);
        held.expect(wanted.never());
        let unmet = held.verify().unwrap_err().to_string();
        assert!(unmet.contains(told), "{unmet}");
    }
}

/// An exchange of a client with a key, whose answer says this.
fn polled(key: &str, answer: &str) -> LoggedExchange {
    let head = RequestHead::from(vec![("authorization".to_owned(), format!("Bearer {key}"))]);
    LoggedExchange {
        request: LoggedRequest { head: Arc::new(head), body: bytes("") },
        answer: LoggedAnswer { headers: Vec::new(), body: bytes(answer) },
        ..exchange("a")
    }
}

#[test]
fn an_exchange_whose_keys_were_dropped_is_shown_as_any_other() {
    for answer in
        [r#"{"id":"1"}"#, r#"{"id":"my-secret-key"}"#, r#"{"id":"my\u002dsecret-key"}"#, "my%2Dsecret-key"]
    {
        let slot = Slot::new(1, polled("my-secret-key", answer));
        slot.drop_keys(&mut CleanHeads::default());
        assert_eq!(*slot.entry(), polled("my-secret-key", answer).entry(1), "{answer}");
    }
}

#[test]
fn only_an_exchange_without_a_key_elsewhere_stays_as_it_was_and_none_keeps_its_key() {
    let mut clean = CleanHeads::default();
    let mut plain = polled("my-secret-key", r#"{"id":"1"}"#);
    assert!(plain.drop_keys(&mut clean));
    assert!(plain.request.head.texts().is_empty() && plain.request.head.is_clean());
    for answer in ["my-secret-key", "yek-terces-ym"] {
        assert!(!polled("my-secret-key", answer).drop_keys(&mut clean), "{answer}");
    }
    let mut with_body = polled("my-secret-key", "{}");
    with_body.request.body = bytes("{}");
    let mut with_query = polled("my-secret-key", "{}");
    with_query.target = "/v9?api_key=other-secret".to_owned();
    let mut refused = polled("my-secret-key", "{}");
    refused.problem = Some(Problem::Internal);
    for mut other in [with_body, with_query, refused] {
        assert!(!other.drop_keys(&mut clean));
    }
}

/// Whoever has a head with a key found, or an exchange kept, sees to it that neither stays, however the exchange is kept.
#[tokio::test]
async fn keys_are_seen_to_however_an_exchange_is_kept_and_also_where_it_never_is() {
    let small = exchange("a");
    let mut large = exchange("a");
    large.answer.body = bytes("x".repeat(LARGE_BYTES));
    for kept in [small, large] {
        let journal = Arc::new(journal(10, 1_000_000));
        let headers =
            HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer my-secret-key"))]);
        let head = journal.find_head(&headers);
        assert!(journal.is_behind.load(Ordering::Relaxed), "also if its request breaks off here");
        journal.keep(kept).await;
        assert!(Arc::ptr_eq(&head, &journal.find_head(&headers)), "a client's next request has it");
        journal.catch_up();
        assert!(!Arc::ptr_eq(&head, &journal.find_head(&headers)), "and later nothing is known of it");
    }
}
