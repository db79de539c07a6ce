//! One order, four channels: file, control API, header, prompt; and who is heard first.

use mockreel_contracts::{Operation, Phase};
use mockreel_emulator::scenario::Scenario;
use reqwest::Method;
use serde_json::{Value, json};

use super::Surface;
use crate::support::{Caller, KEY, quiet};

const REFUSED: &str = r#"{"then":{"answer":{"problem":"overloaded"}}}"#;

#[tokio::test]
async fn the_same_order_does_the_same_through_every_channel() {
    let built = quiet().scenario(Scenario::from_json(REFUSED).unwrap()).start().await.unwrap();
    let by_start = Surface::named(&built, "gmicloud", KEY).submit().await;
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    let by_header = surface.submit_with(REFUSED).await;
    let by_prompt = surface.submit_saying("a cat [mock:problem=overloaded]").await;
    surface.scenario(&serde_json::from_str(REFUSED).unwrap()).await;
    let by_post = surface.submit().await;
    for answer in [by_start, by_header, by_prompt, by_post] {
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (503, r#"{"error":"Upstream capacity temporarily exhausted"}"#)
        );
    }
}

#[tokio::test]
async fn the_prompt_is_heard_first_then_the_header_then_the_accounts_own_then_all() {
    let all = Scenario::from_json(r#"{"then":{"answer":{"status":201}}}"#).unwrap();
    let emulator = quiet().scenario(all).start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    assert_eq!(surface.submit().await.status, 201);
    surface.order(Operation::Submit, &json!({"answer": {"status": 202}})).await;
    assert_eq!(surface.submit().await.status, 202);
    assert_eq!(surface.submit_with(r#"{"then":{"answer":{"status":203}}}"#).await.status, 203);
    let request = surface.caller.request(Method::POST, &surface.submit_url());
    let request = request.header("x-mockreel-scenario", r#"{"then":{"answer":{"status":203}}}"#);
    let answer = surface.caller.send(request.json(&surface.body("[mock:problem=overloaded]"))).await;
    assert_eq!(answer.status, 503);
    // Answer and wire are one matter.
    let html = r#"{"then":{"wire":{"fault":"html"}}}"#;
    for (prompt, header, status) in [
        ("[mock:problem=timeout]", html, 504),
        ("[mock:scenario=page]", r#"{"then":{"answer":{"problem":"overloaded"}}}"#, 502),
        ("[mock:stuck]", html, 202),
        ("[mock:stuck]", r#"{"then":{"answer":{"problem":"overloaded"}}}"#, 202),
    ] {
        surface
            .scenario(
                &json!({"name": "page", "match": {"prompt": "page"}, "then": {"wire": {"fault": "html"}}}),
            )
            .await;
        let request = surface.caller.request(Method::POST, &surface.submit_url());
        let request = request.header("x-mockreel-scenario", header);
        let answer = surface.caller.send(request.json(&surface.body(&format!("a page {prompt}")))).await;
        assert_eq!(answer.status, status, "{prompt} {header}");
        let warning = answer.header("x-mockreel-warning").unwrap_or_default();
        // A page that comes instead of the answer has none of its headers.
        let is_page = status == 502;
        assert!(is_page || warning.contains("is followed"), "{prompt} {header}: {warning}");
        surface.admin(Method::DELETE, "scenarios?name=page", &Value::Null).await;
    }
    // On another point the others are still heard.
    let answer = surface.submit_with(r#"{"then":{"job":{"hold":"queued"}}}"#).await;
    assert_eq!(answer.status, 202);
    let id = surface.seen(Operation::Submit, &answer).id.unwrap();
    assert!(emulator.clock(KEY).advance_until_job(&id).await.is_err(), "it never ends");
    assert_eq!(surface.submit_with("none").await.status, 200, "spared");
}

#[tokio::test]
async fn names_mean_the_accounts_scenarios_those_of_all_and_ready_made_sets() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    assert_eq!(surface.submit_with("gmicloud/out-of-credits").await.status, 402);
    assert_eq!(surface.submit_saying("[mock:scenario=gmicloud/out-of-credits]").await.status, 402);
    surface
        .scenario(
            &json!({"name": "mine", "match": {"prompt": "^never$"}, "then": {"answer": {"status": 299}}}),
        )
        .await;
    assert_eq!(surface.submit_with("mine").await.status, 200, "a name brings its own conditions");
    // A name that nobody knows changes nothing; the journal says so.
    assert_eq!(surface.submit_with("no-such").await.status, 200);
    assert_eq!(surface.submit_with("{broken").await.status, 200);
}

#[tokio::test]
async fn a_header_with_a_count_counts_over_requests() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    let first_two = r#"{"match":{"calls":{"first":2}},"then":{"answer":{"problem":"internal"}}}"#;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(surface.submit_with(first_two).await.status);
    }
    assert_eq!(statuses, [500, 500, 200, 200]);
}

#[tokio::test]
async fn scenarios_are_listed_replaced_and_dropped() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    let nothing = Value::Null;
    let names = |answer: &Value| -> Vec<String> {
        let list = answer["scenarios"].as_array().unwrap();
        list.iter().map(|held| held["name"].as_str().unwrap().to_owned()).collect()
    };
    surface.order(Operation::Submit, &json!({"answer": {"status": 201}})).await;
    let posted =
        surface.admin(Method::POST, "scenarios", &json!([{"then": {}}, {"name": "b", "then": {}}])).await;
    assert_eq!(names(&posted.json()), ["ordered", "scenario-1", "b"]);
    let set = surface.admin(Method::POST, "scenarios", &json!({"name": "rehearsal"})).await.json();
    assert!(names(&set).contains(&"rehearsal#1".to_owned()), "{set}");
    let left = surface.admin(Method::DELETE, "scenarios?name=rehearsal", &nothing).await.json();
    assert_eq!(names(&left), ["ordered", "scenario-1", "b"]);
    assert_eq!(surface.admin(Method::DELETE, "scenarios?name=rehearsal", &nothing).await.status, 404);
    assert_eq!(names(&surface.admin(Method::DELETE, "scenarios", &nothing).await.json()), [""; 0]);
    // Nobody is named, so nobody's are changed.
    let nameless = Caller::without_key();
    let url = format!("{}/__admin/scenarios", emulator.base());
    assert_eq!(nameless.post(&url, &json!({"then": {}})).await.status, 400);
    let everybody = nameless
        .post(&format!("{url}?account=*"), &json!({"name": "all", "then": {"answer": {"status": 207}}}))
        .await;
    assert_eq!(names(&everybody.json()), ["all"]);
    assert_eq!(Surface::named(&emulator, "gmicloud", "another").submit().await.status, 207);
    let dropped = nameless.send(nameless.request(Method::DELETE, &format!("{url}?account=*"))).await;
    assert_eq!(names(&dropped.json()), [""; 0]);
    assert_eq!(Surface::named(&emulator, "gmicloud", "another").submit().await.status, 200);
}

#[tokio::test]
async fn a_mistake_in_a_posted_scenario_is_told_by_line_and_column_and_changes_nothing() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    for (text, said) in [
        ("{\"then\": {\n  \"wier\": {}}}", "2:8: unknown field `wier`"),
        (
            "{\"then\":{\"answer\":{\"problem\":\"explode\"}}}",
            "there is no problem `explode`; there are unauthorized",
        ),
        (
            "{\"then\":{\"wire\":{\"fault\":\"html\",\"after_bytes\":1}}}",
            "`after_bytes` goes with the wire faults `reset`",
        ),
        (
            "{\"match\":{\"vendor\":\"gmicloud\",\"operation\":\"balance\"},\"then\":{}}",
            "has no operation `balance`; it has submit",
        ),
        (
            "{\"match\":{\"vendor\":\"gmicloud\"},\"then\":{\"answer\":{\"options\":{\"shape\":\"x\"}}}}",
            "has no option `shape`; it has",
        ),
        (
            "{\"name\":\"gmicloud/no-such\"}",
            "there is no scenario `gmicloud/no-such`; ready-made are rehearsal",
        ),
        ("[]", "holds no scenario"),
    ] {
        let url = format!("{}/__admin/scenarios", emulator.base());
        let request = surface.caller.request(Method::POST, &url).header("content-type", "application/json");
        let answer = surface.caller.send(request.body(text)).await;
        assert_eq!(answer.status, 400, "{text}");
        assert!(answer.text().contains(&said.replace('"', "\\\"")), "{text}: {}", answer.text());
    }
    let id = surface.accepted().await;
    assert_eq!(surface.look(&id).await.phase, Some(Phase::Queued));
}

#[tokio::test]
async fn reset_forgets_an_accounts_scenarios_and_counts() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    surface.order(Operation::Submit, &json!({"answer": {"status": 201}})).await;
    assert_eq!(surface.submit().await.status, 201);
    assert_eq!(surface.admin(Method::POST, "reset", &json!({})).await.status, 200);
    assert_eq!(surface.submit().await.status, 200);
}

#[tokio::test]
async fn an_accounts_key_in_a_scenario_is_told_as_its_digest() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    surface
        .scenario(&json!({"match": {"account": "a-secret-key"}, "then": {"answer": {"status": 201}}}))
        .await;
    let told = surface.admin(Method::GET, "scenarios", &Value::Null).await.text();
    assert!(!told.contains("a-secret-key"), "{told}");
    assert_eq!(surface.submit().await.status, 200, "it meets the other account only");
}
