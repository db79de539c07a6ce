//! Apilaplas: the white label, frozen at the specification of 2025-03-26 (section 7 and proposal 15 of AI/ML API's page).

use reqwest::Method;
use serde_json::{Value, json};

use super::{Visit, assert_whole, is_uuid, names};
use crate::support::{Answer, Caller, KEY};

const PATH: &str = "/v2/generate/video/kling/generation";

const V1_6: &str = "kling-video/v1.6/standard/image-to-video";
const V1: &str = "kling-video/v1/standard/image-to-video";

fn body_with(visit: &Visit, model: &str, members: &Value) -> Value {
    let mut body = json!({"model": model, "image_url": visit.image("landscape.jpg"), "prompt": "waves"});
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            body.as_object_mut().unwrap().shift_remove(name);
        } else {
            body[name] = value.clone();
        }
    }
    body
}

async fn submitted(visit: &Visit, body: &Value) -> String {
    let answer = visit.post(PATH, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn poll(id: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("{PATH}?generation_id={id}")
}

/// The envelope of the original, in order, and the message to the byte.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, path: &str, message: &str) {
    let body = answer.json();
    assert_eq!(names(&body), ["requestId", "statusCode", "timestamp", "path", "message"]);
    assert!(!body["requestId"].as_str().unwrap().is_empty());
    assert_eq!((answer.status, &body["statusCode"]), (status, &json!(status)), "{body}");
    assert_eq!(body["timestamp"], "2026-01-01T00:00:00.000Z");
    assert_eq!((&body["path"], &body["message"]), (&json!(path), &json!(message)));
}

// The seed: 201, and the sample that it prints.
#[tokio::test]
async fn the_printed_sample_is_answered_with_201() {
    let visit = Visit::to("apilaplas").await;
    let sample = r#"{
  "model": "kling-video/v1.6/standard/image-to-video",
  "image_url": "https://example.com",
  "prompt": "text",
  "duration": "5",
  "negative_prompt": "text",
  "cfg_scale": 1
}"#;
    let asked = visit.request(Method::POST, PATH).header("content-type", "application/json").body(sample);
    let answer = visit.send(asked).await;
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let (uuid, model) = id.split_once(':').unwrap();
    assert!(is_uuid(uuid) && model == V1_6, "{id}");
    assert_whole(&answer, 201, &format!(r#"{{"id":"{id}","status":"queued"}}"#));
    visit.finish(&id).await;
    let answer = visit.get(&poll(&id)).await;
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("completed")));
    let url = answer.json()["video"]["url"].as_str().unwrap().to_owned();
    assert_eq!(Caller::without_key().get(&url).await.status, 200);
}

// The same on its own host.
#[tokio::test]
async fn it_answers_under_its_own_host() {
    let visit = Visit::to("apilaplas").await;
    let url = format!("{}{PATH}", visit.emulator.base());
    let asked = visit.caller.request(Method::POST, &url).header("host", "api.apilaplas.com");
    let answer = visit.send(asked.json(&body_with(&visit, V1_6, &json!({})))).await;
    assert_eq!(answer.status, 201);
    let asked = Caller::without_key().request(Method::GET, &url).header("host", "api.apilaplas.com");
    let answer = visit.send(asked).await;
    assert_eq!((answer.status, &answer.json()["path"]), (401, &json!(PATH)));
}

// Proposal 15: the universal path is shut by default.
#[tokio::test]
async fn only_the_older_path_is_open() {
    let visit = Visit::to("apilaplas").await;
    let universal = "/v2/video/generations";
    let answer = visit.post(universal, &body_with(&visit, V1_6, &json!({}))).await;
    assert_refused(&answer, 404, universal, "Cannot POST /v2/video/generations");
    let open = Visit::with("apilaplas", "universal_route", "on").await;
    let answer = open.post(universal, &body_with(&open, V1_6, &json!({}))).await;
    assert_eq!(answer.status, 201);
}

// Section 7: its own pages are named, never the original's.
#[tokio::test]
async fn a_refused_key_is_sent_to_its_own_pages() {
    let visit = Visit::to("apilaplas").await;
    let nobody = Caller::without_key();
    for answer in [
        nobody.post(&visit.url(PATH), &json!({})).await,
        Caller::with_key("not-a-key").post(&visit.url(PATH), &json!({})).await,
    ] {
        let text = "This request requires a valid API key. You can create a new API key on the Billing page: https://www.apilaplas.com/app/keys";
        assert_refused(&answer, 401, PATH, text);
        assert!(!answer.text().contains("aimlapi"), "{}", answer.text());
    }
}

// The seed: duration is text; an integer is accepted too.
#[tokio::test]
async fn a_duration_is_text_and_may_be_a_number() {
    let visit = Visit::to("apilaplas").await;
    for duration in [json!("5"), json!("10"), json!(5), json!(10)] {
        submitted(&visit, &body_with(&visit, V1_6, &json!({"duration": duration}))).await;
    }
    for (duration, text) in [
        (json!("8"), "Invalid enum value. Expected '5' | '10', received '8'"),
        (json!(8), "Expected '5' | '10', received number"),
    ] {
        let answer = visit.post(PATH, &body_with(&visit, V1_6, &json!({"duration": duration}))).await;
        assert_refused(&answer, 400, PATH, &format!("Body validation error\n{text}"));
    }
}

// The seed: what is required, and the words for what is not.
#[tokio::test]
async fn members_are_checked_in_the_words_of_the_original() {
    let visit = Visit::to("apilaplas").await;
    for (model, members, text) in [
        (V1_6, json!({"prompt": null}), "Required"),
        (V1, json!({"prompt": null}), "Required"),
        (V1_6, json!({"image_url": null}), "Required"),
        (V1_6, json!({"image_url": "waves"}), "Invalid url"),
        (V1_6, json!({"cfg_scale": 1.5}), "Number must be less than or equal to 1"),
        (V1_6, json!({"prompt": 7}), "Expected string, received number"),
        (
            V1_6,
            json!({"ratio": "4:3"}),
            "Invalid enum value. Expected '16:9' | '9:16' | '1:1', received '4:3'",
        ),
        (V1, json!({"tail_image_url": "waves"}), "Invalid url"),
        (V1, json!({"static_mask_url": "waves"}), "Invalid url"),
    ] {
        let answer = visit.post(PATH, &body_with(&visit, model, &members)).await;
        assert_refused(&answer, 400, PATH, &format!("Body validation error\n{text}"));
    }
    let answer =
        visit.post(PATH, &body_with(&visit, "kling-video/v1.6/pro/image-to-video", &json!({}))).await;
    let text = format!(
        "Body validation error\nInvalid enum value. Expected '{V1_6}' | '{V1}', received 'kling-video/v1.6/pro/image-to-video'"
    );
    assert_refused(&answer, 400, PATH, &text);
}

// Section 7: 1.0 standard has a last frame and a mask, under the names of that month; both ratios are deprecated.
#[tokio::test]
async fn the_older_model_has_a_last_frame_and_a_mask() {
    let visit = Visit::to("apilaplas").await;
    let image = visit.image("tail.jpg");
    for members in [
        json!({"tail_image_url": image}),
        json!({"static_mask_url": image}),
        json!({"ratio": "16:9", "aspect_ratio": "1:1"}),
    ] {
        let id = submitted(&visit, &body_with(&visit, V1, &members)).await;
        visit.finish(&id).await;
        assert_eq!(visit.get(&poll(&id)).await.json()["status"], "completed", "{members}");
    }
    // The later name of the mask means nothing yet, and the newer model has neither.
    submitted(&visit, &body_with(&visit, V1, &json!({"static_mask": "waves"}))).await;
    submitted(&visit, &body_with(&visit, V1_6, &json!({"tail_image_url": "waves"}))).await;
    let ten = json!({"tail_image_url": image, "duration": "10"});
    let id = submitted(&visit, &body_with(&visit, V1, &ten)).await;
    visit.finish(&id).await;
    assert_eq!(visit.get(&poll(&id)).await.json()["status"], "error");
}

// Same store rules as the original: unknown and foreign ids, and no id at all.
#[tokio::test]
async fn a_poll_needs_an_id_of_ones_own() {
    let visit = Visit::to("apilaplas").await;
    let id = submitted(&visit, &body_with(&visit, V1_6, &json!({}))).await;
    assert_refused(&visit.get(&poll("nothing")).await, 404, &poll("nothing"), "Not Found");
    let answer = Caller::with_key("another-key").get(&visit.url(&poll(&id))).await;
    assert_refused(&answer, 404, &poll(&id), "Not Found");
    let answer = visit.get(PATH).await;
    assert_refused(&answer, 400, PATH, "Query validation error!");
    assert_eq!(visit.get(&poll(&id)).await.status, 200);
    // The original's store is another one.
    let asked = format!("{}/v2/video/generations?generation_id=x", visit.emulator.url("aimlapi"));
    assert_eq!(visit.caller.get(&asked.replace("=x", &format!("={id}"))).await.status, 404);
    assert_eq!(visit.emulator.jobs(KEY).list().await.len(), 1);
}

// Section 3.3: the failures of 2025 were findings of the vendor behind.
#[tokio::test]
async fn a_failure_is_told_as_a_finding() {
    let visit = Visit::to("apilaplas").await;
    let failing = body_with(&visit, V1_6, &json!({"prompt": "[mock:fail=moderation]"}));
    let id = submitted(&visit, &failing).await;
    visit.finish(&id).await;
    let answer = visit.get(&poll(&id)).await;
    assert_eq!((answer.status, answer.members()), (200, vec!["id".into(), "status".into(), "error".into()]));
    let finding = answer.json()["error"]["detail"][0].clone();
    assert_eq!(names(&finding), ["loc", "msg", "type", "input"]);
    assert_eq!(finding["msg"], "Failure to pass the risk control system");
    assert_eq!(finding["input"], failing["image_url"]);
}
