//! Effects on answers: every problem in every vendor's words, byte for byte where the words are known.

use mockreel_contracts::contract::check::rules::Checker;
use mockreel_contracts::problem::PROBLEM_NAMES;
use mockreel_contracts::{Operation, Phase};
use serde_json::{Value, json};

use super::Surface;
use crate::support::{KEY, newest, quiet};

#[tokio::test]
async fn every_problem_is_answered_with_the_vendors_status_and_in_its_form() {
    let emulator = quiet().start().await.unwrap();
    for vendor in newest() {
        let surface = Surface::new(&emulator, &vendor, KEY);
        let refusals = Checker::new(surface.contract().problem_schema.clone()).unwrap();
        for problem in PROBLEM_NAMES {
            surface.order(Operation::Submit, &json!({"answer": {"problem": problem}})).await;
            let answer = surface.submit().await;
            let fact = &surface.contract().problems[problem];
            let variants = fact.variants.values().filter_map(|variant| variant.status);
            let known: Vec<u16> = variants.chain([fact.status]).collect();
            assert!(known.contains(&answer.status), "{} {problem}: {}", vendor.id(), answer.status);
            let broken = refusals.violations(&answer.json());
            assert!(broken.is_empty(), "{} {problem}: {broken:?} in {}", vendor.id(), answer.text());
        }
        assert_eq!(emulator.jobs(KEY).list().await.len(), 0, "a refused submit makes no job");
    }
}

/// Bodies whose every byte is known, by vendor, the operation they refuse, the order, and the status.
fn known() -> Vec<(&'static str, Operation, Value, u16, &'static str)> {
    vec![
        (
            "gmicloud",
            Operation::Submit,
            json!({"problem": "rate_limited", "limit": 2, "window_seconds": 60, "retry_after": 29.97}),
            429,
            r#"{"error":"Rate limit exceeded for model Kling-Image2Video-V1.6-Standard: 2 requests per 60 seconds. Retry in 29970 ms.","rate_limit":{"limit_type":"RPM","limit":2,"interval_seconds":60,"retry_after_ms":29970}}"#,
        ),
        (
            "gmicloud",
            Operation::Submit,
            json!({"problem": "insufficient_credits"}),
            402,
            r#"{"error":"Insufficient credits"}"#,
        ),
        (
            "gmicloud",
            Operation::Submit,
            json!({"problem": "upstream_error", "upstream_status": 401}),
            500,
            r#"{"error":"Backend error (401). Please try again."}"#,
        ),
        (
            "gmicloud",
            Operation::Submit,
            json!({"problem": "overloaded"}),
            503,
            r#"{"error":"Upstream capacity temporarily exhausted"}"#,
        ),
        (
            "gmicloud",
            Operation::Submit,
            json!({"problem": "retired_model"}),
            404,
            r#"{"error":"model Kling-Image2Video-V1.6-Standard does not exist"}"#,
        ),
        (
            "gmicloud",
            Operation::Poll,
            json!({"problem": "unknown_job"}),
            404,
            r#"{"error":"Request not found"}"#,
        ),
        (
            "302ai",
            Operation::Poll,
            json!({"problem": "internal"}),
            500,
            r#"{"error":{"err_code":-10003,"message":"Network error, please try again later","message_cn":"网络错误，请稍后重试","message_jp":"ネットワークエラー、後でもう一度お試しください。  ","type":"api_error"}}"#,
        ),
    ]
}

#[tokio::test]
async fn a_body_that_was_seen_is_answered_to_the_byte() {
    let emulator = quiet().start().await.unwrap();
    for (vendor, operation, order, status, body) in known() {
        let surface = Surface::named(&emulator, vendor, KEY);
        surface.order(Operation::Poll, &json!({})).await;
        let id = surface.accepted().await;
        surface.order(operation, &json!({"answer": order})).await;
        let answer =
            if operation == Operation::Poll { surface.poll(&id).await } else { surface.submit().await };
        assert_eq!((answer.status, answer.text().as_str()), (status, body), "{vendor} {order}");
        assert_eq!(answer.header("retry-after"), None, "nobody saw one");
    }
}

#[tokio::test]
async fn the_resellers_envelope_holds_the_documented_texts_in_the_observed_order() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "aimlapi", KEY);
    for (problem, status, message) in [
        (
            "insufficient_credits",
            403,
            "You've run out of credits. Please top up your balance or update your payment method to continue: https://aimlapi.com/app/billing/",
        ),
        ("rate_limited", 429, "Too Many Requests"),
        ("internal", 500, "Internal server error"),
        ("upstream_error", 502, "Bad Gateway"),
        ("overloaded", 503, "Service unavailable"),
        ("timeout", 504, "Generation timeout"),
    ] {
        surface.order(Operation::Submit, &json!({"answer": {"problem": problem}})).await;
        let answer = surface.submit().await;
        assert_eq!(answer.status, status, "{problem}");
        assert_eq!(
            answer.members(),
            ["requestId", "statusCode", "timestamp", "path", "message"],
            "{problem}"
        );
        let told = answer.json();
        assert_eq!((&told["statusCode"], &told["message"]), (&json!(status), &json!(message)), "{problem}");
        assert_eq!(told["path"], "/v2/video/generations");
    }
}

#[tokio::test]
async fn headers_and_status_can_be_ordered_beside_a_refusal_and_beside_a_good_answer() {
    let emulator = quiet().start().await.unwrap();
    for vendor in newest() {
        let surface = Surface::new(&emulator, &vendor, KEY);
        surface
            .order(
                Operation::Submit,
                &json!({"answer": {"problem": "rate_limited", "headers": {"Retry-After": "7"}}}),
            )
            .await;
        assert_eq!(surface.submit().await.header("retry-after"), Some("7"));
        surface
            .order(Operation::Submit, &json!({"answer": {"status": 202, "headers": {"x-more": "yes"}}}))
            .await;
        let answer = surface.submit().await;
        assert_eq!((answer.status, answer.header("x-more")), (202, Some("yes")));
        assert!(
            surface.seen(Operation::Submit, &answer).id.is_some(),
            "the rest is as ever: {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn a_literal_answer_is_sent_as_it_is() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    let id = surface.accepted().await;
    let literal =
        json!({"status": 418, "headers": {"content-type": "text/plain"}, "body": "short and stout"});
    surface.order(Operation::Poll, &json!({ "answer": literal })).await;
    let answer = surface.poll(&id).await;
    assert_eq!((answer.status, answer.text().as_str()), (418, "short and stout"));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    surface.order(Operation::Poll, &json!({"answer": {"body": {"b": 1, "a": [null]}}})).await;
    let answer = surface.poll(&id).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"b":1,"a":[null]}"#));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_word_for_the_phase_stands_wherever_the_answer_has_one() {
    let emulator = quiet().start().await.unwrap();
    for vendor in newest() {
        let surface = Surface::new(&emulator, &vendor, KEY);
        let id = surface.accepted().await;
        surface.order(Operation::Poll, &json!({"answer": {"word": "rendering"}})).await;
        let answer = surface.poll(&id).await;
        let seen = surface.seen(Operation::Poll, &answer);
        assert_eq!((seen.phase, seen.status), (None, Some(json!("rendering"))), "{}", answer.text());
        for place in surface.contract().operations[&Operation::Poll].read.status_places() {
            if let Some(word) = answer.json().pointer(&place) {
                assert_eq!(word, "rendering", "{place} in {}", answer.text());
            }
        }
    }
}

#[tokio::test]
async fn members_can_be_added_and_left_out() {
    let emulator = quiet().start().await.unwrap();
    for vendor in newest() {
        let surface = Surface::new(&emulator, &vendor, KEY);
        let id = surface.accepted().await;
        let plain = surface.poll(&id).await.json();
        let first = plain.as_object().unwrap().keys().next().unwrap().clone();
        let order = json!({"answer": {"add": {"surprise": {"deep": [1]}}, "remove": [format!("/{first}")]}});
        surface.order(Operation::Poll, &order).await;
        let mut expected = plain;
        expected.as_object_mut().unwrap().shift_remove(&first);
        expected["surprise"] = json!({"deep": [1]});
        assert_eq!(surface.poll(&id).await.text(), expected.to_string(), "{}", vendor.id());
    }
}

#[tokio::test]
async fn options_give_the_older_shape_for_one_request() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    let id = surface.accepted().await;
    emulator.clock(KEY).advance_until_job(&id).await.unwrap();
    let newer = surface.poll(&id).await.json();
    assert!(newer["outcome"]["media_urls"].is_array(), "{newer}");
    surface.order(Operation::Poll, &json!({"answer": {"options": {"result_shape": "video_url"}}})).await;
    let older = surface.poll(&id).await.json();
    assert!(
        older["outcome"]["video_url"].is_string() && older["outcome"].get("media_urls").is_none(),
        "{older}"
    );
    // An option that patches the contract changes the rules, too.
    surface.order(Operation::Submit, &json!({"answer": {"options": {"strict_duration": "on"}}})).await;
    let mut body = surface.body("a cat");
    body["payload"]["duration"] = json!(5);
    assert_eq!(surface.caller.post(&surface.submit_url(), &body).await.status, 400);
    surface.order(Operation::Submit, &json!({})).await;
    assert_eq!(surface.caller.post(&surface.submit_url(), &body).await.status, 200);
}

#[tokio::test]
async fn a_held_submit_answers_when_its_job_has_ended() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    surface.order(Operation::Submit, &json!({"answer": {"held": true}})).await;
    let second = Surface::named(&emulator, "gmicloud", KEY);
    let ending = async {
        // The id is in the listing alone until then.
        let id = loop {
            if let Some(job) = emulator.jobs(KEY).list().await.first() {
                break job.key.id.to_string();
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(second.look(&id).await.phase, Some(Phase::Queued));
        emulator.clock(KEY).advance_until_job(&id).await.unwrap();
    };
    let (answer, ()) = tokio::join!(surface.submit(), ending);
    assert_eq!(answer.status, 200);
    let told = answer.json();
    assert_eq!(told["status"], "success", "{told}");
    assert!(told["outcome"]["media_urls"][0]["url"].is_string(), "{told}");
}
