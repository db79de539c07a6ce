//! The rows on headers and credits: request tracing, what a generation cost, and what browsers may read.

use reqwest::Method;
use serde_json::json;

use super::{UNIVERSAL, V1_6_PRO, V1_STANDARD, body, body_with, poll, submitted};
use crate::support::{Answer, Caller};
use crate::vendors::Visit;

const CREDITS: &str = "x-aimlapi-credits-used";
const DOLLARS: &str = "x-aimlapi-usd-spent";

fn costs(answer: &Answer) -> [Option<&str>; 2] {
    [answer.header(CREDITS), answer.header(DOLLARS)]
}

// Row "headers".
#[tokio::test]
async fn an_answer_about_a_generation_names_it_in_a_header() {
    let visit = Visit::to("aimlapi").await;
    let id = submitted(&visit, &body(&visit, V1_STANDARD)).await;
    assert_eq!(visit.get(&poll(&id)).await.header("x-inference-id"), Some(id.as_str()));
    for answer in [
        visit.get(&poll("nothing")).await,
        visit.get(UNIVERSAL).await,
        visit.post(UNIVERSAL, &json!({})).await,
        Caller::without_key().get(&visit.url(UNIVERSAL)).await,
    ] {
        assert_eq!(answer.header("x-inference-id"), None);
    }
}

// Row "headers": 1 to 128 of A-Za-z0-9._:- or it is silently ignored.
#[tokio::test]
async fn a_callers_own_request_id_comes_back_if_it_is_well_formed() {
    let visit = Visit::to("aimlapi").await;
    let id = submitted(&visit, &body(&visit, V1_STANDARD)).await;
    let [longest, longer] = ["x".repeat(128), "x".repeat(129)];
    for (sent, back) in [
        ("a", true),
        ("Run-7.of_9:x", true),
        (longest.as_str(), true),
        (longer.as_str(), false),
        ("", false),
        ("a b", false),
        ("a/b", false),
        ("a\u{e9}", false),
    ] {
        let with = |method, path: &str| visit.request(method, path).header("x-client-request-id", sent);
        for asked in [
            with(Method::GET, &poll(&id)),
            with(Method::GET, &poll("nothing")),
            with(Method::POST, UNIVERSAL).json(&body(&visit, V1_STANDARD)),
            with(Method::POST, UNIVERSAL).json(&json!({})),
        ] {
            let answer = visit.send(asked).await;
            assert_eq!(answer.header("x-client-request-id"), back.then_some(sent), "{sent}");
        }
    }
    assert_eq!(visit.get(&poll(&id)).await.header("x-client-request-id"), None);
}

// Rows "headers" and "credits": 2,000,000 to the dollar, on completion, 63,000 or 262,500 a second.
#[tokio::test]
async fn a_completed_generation_says_what_it_cost() {
    let visit = Visit::to("aimlapi").await;
    for (model, duration, credits, dollars) in [
        (V1_STANDARD, json!("5"), "315000", "0.157500000"),
        (V1_STANDARD, json!(10), "630000", "0.315000000"),
        (V1_6_PRO, json!(5), "1312500", "0.656250000"),
    ] {
        let answer = visit.post(UNIVERSAL, &body_with(&visit, model, &json!({"duration": duration}))).await;
        assert_eq!(costs(&answer), [None, None]);
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(costs(&visit.get(&poll(&id)).await), [None, None]);
        visit.finish(&id).await;
        assert_eq!(costs(&visit.get(&poll(&id)).await), [Some(credits), Some(dollars)]);
        let job = visit.order(&format!("jobs/{id}")).await;
        let amount: f64 = credits.parse().unwrap();
        assert_eq!(job["price"], json!({"amount": amount, "unit": "credits"}));
    }
}

// Row "credits": failed generations are not charged.
#[tokio::test]
async fn a_failed_generation_cost_nothing() {
    let visit = Visit::to("aimlapi").await;
    let failing = json!({"prompt": "[mock:fail=internal]"});
    let id = submitted(&visit, &body_with(&visit, V1_STANDARD, &failing)).await;
    visit.finish(&id).await;
    let answer = visit.get(&poll(&id)).await;
    assert_eq!((&answer.json()["status"], costs(&answer)), (&json!("error"), [None, None]));
}

// Row "headers": all four may be read by browsers.
#[tokio::test]
async fn browsers_may_read_all_four_headers() {
    let visit = Visit::to("aimlapi").await;
    for answer in [
        visit.post(UNIVERSAL, &body(&visit, V1_STANDARD)).await,
        visit.post(UNIVERSAL, &json!({})).await,
        visit.get(&poll("nothing")).await,
        Caller::without_key().get(&visit.url("/v1/models")).await,
    ] {
        assert!(answer.header("access-control-allow-origin").is_some());
        let exposed = answer.header("access-control-expose-headers").unwrap();
        for name in ["x-inference-id", "x-client-request-id", CREDITS, DOLLARS] {
            assert!(exposed.split(", ").any(|held| held == name), "{exposed}");
        }
    }
    let asked = Caller::without_key()
        .request(Method::OPTIONS, &visit.url(UNIVERSAL))
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    let answer = visit.send(asked).await;
    assert!((200..300).contains(&answer.status), "{}", answer.status);
    let allowed = answer.header("access-control-allow-headers").unwrap().to_lowercase();
    for name in ["authorization", "content-type", "x-client-request-id"] {
        assert!(allowed.contains(name), "{allowed}");
    }
}

// Before 2026-08-19 there were none.
#[tokio::test]
async fn the_headers_of_request_tracing_can_be_left_out() {
    let visit = Visit::with("aimlapi", "tracing_headers", "off").await;
    let id = submitted(&visit, &body(&visit, V1_STANDARD)).await;
    visit.finish(&id).await;
    let asked = visit.request(Method::GET, &poll(&id)).header("x-client-request-id", "a");
    let answer = visit.send(asked).await;
    assert_eq!(answer.json()["status"], "completed");
    for name in ["x-inference-id", "x-client-request-id", CREDITS, DOLLARS] {
        assert_eq!(answer.header(name), None, "{name}");
    }
}
