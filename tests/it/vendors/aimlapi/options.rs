//! Options of AI/ML API, and what is inferred of the library behind it.

use serde_json::{Value, json};

use super::{UNIVERSAL, V1_6_STANDARD, assert_refused};
use crate::support::{Caller, fixture_bytes};
use crate::vendors::{Visit, names};

const LIMITED: &str = "klingai/video-v2-6-pro-text-to-video";

fn prompt(text: &str) -> Value {
    json!({"model": LIMITED, "prompt": text, "duration": 5})
}

// zod compares JavaScript's `length`, which counts an emoji twice: https://github.com/colinhacks/zod/issues/3355
#[tokio::test]
async fn a_prompt_is_as_long_as_the_library_behind_counts_it() {
    let visit = Visit::to("aimlapi").await;
    for (text, taken) in [
        ("😀".repeat(1250), true),
        ("😀".repeat(1251), false),
        ("😀".repeat(1249) + "aa", true),
        ("😀".repeat(1249) + "aaa", false),
        ("水".repeat(2500), true),
        ("水".repeat(2501), false),
        ("é".repeat(2500), true),
    ] {
        let answer = visit.post(UNIVERSAL, &prompt(&text)).await;
        if taken {
            assert_eq!(answer.status, 200, "{}", answer.text());
        } else {
            let text = "Body validation error\nString must contain at most 2500 character(s)";
            assert_refused(&answer, 400, UNIVERSAL, text);
        }
    }
    let journal = visit.order("requests?status=400").await;
    let sizes: Vec<&Value> = journal["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["violations"][0]["received"])
        .collect();
    assert!(sizes.contains(&&json!(2502)), "{sizes:?}");
}

// Other vendors say nothing in the words of that library, so they count characters.
#[tokio::test]
async fn other_vendors_count_characters() {
    let visit = Visit::to("gmicloud").await;
    let path = "/api/v1/ie/requestqueue/apikey/requests";
    for (count, status) in [(2500, 200), (2501, 400)] {
        let payload = json!({"prompt": "😀".repeat(count)});
        let body = json!({"model": "Kling-Text2Video-V1.6-Standard", "payload": payload});
        assert_eq!(visit.post(path, &body).await.status, status, "{count}");
    }
}

#[tokio::test]
async fn a_refused_key_can_be_answered_with_problem_details() {
    let visit = Visit::with("aimlapi", "unauthorized_form", "problem_json").await;
    let answer = Caller::without_key().post(&visit.url(UNIVERSAL), &prompt("x")).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("content-type"), Some("application/problem+json; charset=utf-8"));
    let body = answer.json();
    assert_eq!(names(&body), ["title", "status", "message", "instance", "requestId", "timestamp", "error"]);
    assert_eq!((&body["status"], &body["instance"]), (&json!(401), &json!(UNIVERSAL)));
    assert_eq!(names(&body["error"]), ["name", "message"]);
    assert_eq!(body["error"]["name"], "UnauthorizedException");
    // Everything else stays in the envelope.
    let answer = visit.post(UNIVERSAL, &json!({})).await;
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(answer.json()["statusCode"], 400);
    for edition in ["aimlapi", "aimlapi@2025-07"] {
        let visit = Visit::at(edition, crate::support::quiet()).await;
        let answer = Caller::without_key().post(&visit.url(super::LEGACY), &prompt("x")).await;
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"), "{edition}");
    }
}

#[tokio::test]
async fn a_webp_picture_is_an_option_and_is_judged_like_the_others() {
    let image = |visit: &Visit, name: &str| json!({"model": V1_6_STANDARD, "prompt": "x", "image_url": visit.image(name)});
    let visit = Visit::to("aimlapi").await;
    assert_eq!(run_to_end(&visit, image(&visit, "picture.webp")).await, "error");
    let visit = Visit::with("aimlapi", "webp", "accept").await;
    let size = mockreel_emulator::media::inspect(&fixture_bytes("picture.webp")).facts.pixels;
    assert!(size.is_some_and(|(width, height)| width >= 300 && height >= 300), "{size:?}");
    assert_eq!(run_to_end(&visit, image(&visit, "picture.webp")).await, "completed");
    assert_eq!(run_to_end(&visit, image(&visit, "side-299-wide.png")).await, "error");
}

/// Submits, and answers the word with which the job ends.
async fn run_to_end(visit: &Visit, body: Value) -> Value {
    let answer = visit.post(UNIVERSAL, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    visit.finish(&id).await;
    visit.get(&super::poll(&id)).await.json()["status"].clone()
}
