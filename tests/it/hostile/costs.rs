//! Requests that cost more than they look: each is bounded, and whoever meets a bound of the emulator's own gets to know it.

use mockreel_contracts::Operation;
use mockreel_contracts::contract::views::examples::minimal;
use mockreel_emulator::{Emulator, Limits, StoreLimits};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Target, newest, submit_path, targets};
use crate::support::{Answer, Caller, KEY, fixture, quiet};

/// Where a target's jobs are submitted.
fn submit_url(target: &Target) -> String {
    let path = submit_path(&target.contract.operations[&Operation::Submit], &target.contract.models[0]);
    format!("{}{path}", target.base)
}

/// A good body with this text of JSON as one more member, where the vendor looks for members.
fn body_with(target: &Target, emulator: &Emulator, member: &str) -> String {
    let mut body = minimal(&target.contract.models[0], &[&fixture(emulator, "side-300.png")]);
    let place = if body.get("payload").is_some() { "/payload" } else { "" };
    body.pointer_mut(place).unwrap()["more"] = "@@".into();
    body.to_string().replacen("\"@@\"", member, 1)
}

/// Sends a body of JSON.
async fn send_body(url: &str, body: String) -> Answer {
    let caller = Caller::with_key(KEY);
    let request = caller.request(Method::POST, url).header("content-type", "application/json");
    caller.send(request.body(body)).await
}

async fn latest_notes(emulator: &Emulator) -> String {
    let listed = Caller::without_key().get(&format!("{}/__admin/requests?limit=1", emulator.base())).await;
    listed.json()["requests"][0]["notes"].to_string()
}

/// Asserts that header and journal say of an answer that it met a limit of the emulator's own.
async fn assert_own_limit(what: &str, emulator: &Emulator, answer: &Answer, limit: &str) {
    let warning = answer.header("x-mockreel-warning").unwrap_or_else(|| panic!("{what}: no warning"));
    let notes = latest_notes(emulator).await;
    for text in [warning, &notes] {
        assert!(text.contains("a limit of the emulator's own, not of the vendor"), "{what}: {text}");
        assert!(text.contains(limit), "{what}: {text}");
    }
}

#[tokio::test]
async fn a_body_of_more_values_than_are_read_is_refused_and_the_emulator_says_that_the_limit_is_its_own() {
    let emulator = quiet().start().await.unwrap();
    for target in newest(targets(&emulator).await) {
        let url = submit_url(&target);
        let sent = |member: &str| send_body(&url, body_with(&target, &emulator, member));
        let good = sent(&format!("[{}1]", "1,".repeat(90_000))).await;
        assert_eq!(good.header("x-mockreel-warning"), None, "{}", good.text());
        for (what, member, limit) in [
            ("numbers", format!("[{}1]", "1,".repeat(100_000)), "more than 100000 values"),
            ("members", format!("{{{}\"a\":1}}", "\"a\":1,".repeat(100_000)), "more than 100000 values"),
            ("lists", format!("[{}1]", "[],".repeat(100_000)), "more than 100000 values"),
            ("depth", format!("{}{}", "[".repeat(200), "]".repeat(200)), "more than 127 lists"),
        ] {
            let answer = sent(&member).await;
            target.assert_own(what, &answer);
            assert_eq!(
                answer.status,
                target.contract.problems["malformed"].status,
                "{what}: {}",
                answer.text()
            );
            assert_own_limit(what, &emulator, &answer, limit).await;
        }
        target.assert_unharmed().await;
    }
}

#[tokio::test]
async fn a_large_body_is_taken_as_a_small_one_is() {
    let emulator = quiet().start().await.unwrap();
    for target in newest(targets(&emulator).await) {
        let url = submit_url(&target);
        let sent = |member: String| send_body(&url, body_with(&target, &emulator, &member));
        let small = sent("\"x\"".to_owned()).await;
        let large = sent(format!("\"{}\"", "x".repeat(2 * 1024 * 1024))).await;
        assert!(small.status < 300, "{}: {}", target.contract.id, small.text());
        assert_eq!(small.status, large.status, "{}", target.contract.id);
        assert_eq!(small.members(), large.members());
        let broken = send_body(&submit_url(&target), format!("{{\"a\":\"{}", "x".repeat(1024 * 1024))).await;
        target.assert_own("a large body that breaks off", &broken);
        assert_eq!(broken.header("x-mockreel-warning"), None);
    }
}

#[tokio::test]
async fn json_in_a_text_is_not_made_into_more_values_for_the_journal() {
    let emulator = quiet().start().await.unwrap();
    let target = targets(&emulator).await.remove(0);
    let quoted = Value::from(format!("[{}1]", "1,".repeat(200_000))).to_string();
    send_body(&submit_url(&target), body_with(&target, &emulator, &quoted)).await;
    let listed = Caller::without_key().get(&format!("{}/__admin/requests?limit=1", emulator.base())).await;
    let body = listed.json()["requests"][0]["request"]["body"].to_string();
    assert!(body.contains("<JSON of more than 100000 values, 400003 characters in all>"), "{body}");
}

#[tokio::test]
async fn a_form_of_too_many_parts_and_a_query_of_too_many_parameters_are_refused() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for target in newest(targets(&emulator).await) {
        let query = "a=b&".repeat(1_001);
        let answer = caller.get(&format!("{}?{query}", target.look.split('?').next().unwrap())).await;
        target.assert_own("a query", &answer);
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert_own_limit("a query", &emulator, &answer, "more than 1000 parameters").await;
        let submit = &target.contract.operations[&Operation::Submit];
        if !submit.media_types.iter().any(|kind| kind == "multipart/form-data") {
            continue;
        }
        let part = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n";
        let request = caller
            .request(Method::POST, &submit_url(&target))
            .header("content-type", "multipart/form-data; boundary=b")
            .body(format!("{}--b--\r\n", part.repeat(1_001)));
        let answer = caller.send(request).await;
        target.assert_own("a form", &answer);
        assert_eq!(answer.status, target.contract.problems["malformed"].status, "{}", answer.text());
        assert_own_limit("a form", &emulator, &answer, "more than 1000 parts").await;
    }
    let answer = caller.get(&format!("{}/__admin/jobs?{}", emulator.base(), "a=b&".repeat(1_001))).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
}

#[tokio::test]
async fn an_order_of_too_many_values_is_refused_before_it_is_read() {
    let emulator = quiet().start().await.unwrap();
    let many = format!("{{\"then\":[{}1]}}", "1,".repeat(100_000));
    for (method, path) in [
        (Method::POST, "scenarios?account=*"),
        (Method::PUT, "account/gmicloud?account=*"),
        (Method::POST, "requests/count"),
    ] {
        let caller = Caller::with_key(KEY);
        let request = caller.request(method, &format!("{}/__admin/{path}", emulator.base()));
        let answer = caller.send(request.header("content-type", "application/json").body(many.clone())).await;
        assert_eq!(answer.status, 413, "{path}: {}", answer.text());
        assert!(answer.text().contains("more than 100000 values"), "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn whoever_finds_the_store_full_gets_to_know_whose_limit_it_is() {
    let store = StoreLimits { jobs: 8, ..StoreLimits::default() };
    let emulator = quiet().limits(Limits { store, ..Limits::default() }).start().await.unwrap();
    let url = format!("{}/api/v1/ie/requestqueue/apikey/requests", emulator.url("gmicloud"));
    let payload = json!({"image": fixture(&emulator, "side-300.png"), "prompt": "[mock:stuck] a cat"});
    let body = json!({"model": "Kling-Image2Video-V1.6-Standard", "payload": payload});
    for number in 0..8 {
        let answer = Caller::with_key(&format!("key-{number}")).post(&url, &body).await;
        assert_eq!((answer.status, answer.header("x-mockreel-warning")), (200, None), "{}", answer.text());
    }
    let answer = Caller::with_key("another").post(&url, &body).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_own_limit("a submit", &emulator, &answer, "POST /__admin/reset makes room").await;
}

#[tokio::test]
async fn a_body_beyond_our_own_limit_is_told_apart_from_one_beyond_the_vendors() {
    let limits = Limits { body_bytes: 1024 * 1024, ..Limits::default() };
    let emulator = quiet().limits(limits).start().await.unwrap();
    for target in newest(targets(&emulator).await) {
        let answer = send_body(&submit_url(&target), " ".repeat(1024 * 1024 + 1)).await;
        target.assert_own("a body", &answer);
        assert_eq!(answer.status, target.contract.problems["too_large"].status, "{}", answer.text());
        assert_own_limit("a body", &emulator, &answer, "at most 1048576 bytes").await;
    }
    let emulator = quiet().start().await.unwrap();
    for target in newest(targets(&emulator).await) {
        let Some(limit) = target.contract.answers.max_body_bytes else { continue };
        let answer = send_body(&submit_url(&target), " ".repeat(usize::try_from(limit).unwrap() + 1)).await;
        assert_eq!(answer.status, target.contract.problems["too_large"].status, "{}", answer.text());
        assert_eq!(answer.header("x-mockreel-warning"), None, "the limit is the vendor's");
    }
}
