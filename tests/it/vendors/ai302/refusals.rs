//! Every code of the gateway that a request can bring about: rows 1, 5, 14, 19 and 20.

use std::time::Duration;

use mockreel_emulator::Limits;
use reqwest::Method;
use serde_json::{Value, json};

use super::{HQ, RAPID, WITH_IMAGE, WITHOUT_IMAGE, body, body_with, fetch, submitted};
use crate::support::{Answer, Caller, KEY, quiet};
use crate::vendors::{Visit, assert_whole};

/// Asserts status, code and the two texts that the page has, and that the Japanese one is there.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: i64, english: &str, chinese: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    let japanese = answer.json()["error"]["message_jp"].as_str().unwrap_or_default().to_owned();
    assert!(
        japanese.chars().any(|letter| matches!(letter, '\u{3040}'..='\u{30ff}')),
        "`{japanese}` is not Japanese"
    );
    let japanese = Value::from(japanese);
    let whole = format!(
        r#"{{"error":{{"err_code":{code},"message":"{english}","message_cn":"{chinese}","message_jp":{japanese},"type":"api_error"}}}}"#
    );
    assert_eq!(answer.text(), whole);
}

#[track_caller]
fn assert_invalid(answer: &Answer) {
    assert_refused(answer, 400, -10011, "Invalid request", "无效的请求");
}

// Row 14: observed.
#[tokio::test]
async fn without_a_key_the_gateway_misses_one() {
    let visit = Visit::to("302ai").await;
    let nobody = Caller::without_key();
    let basic = nobody.request(Method::POST, &visit.url(RAPID)).header("authorization", "Basic eDp5");
    for answer in [
        nobody.post(&visit.url(RAPID), &body(&visit)).await,
        nobody.post(&visit.url(HQ), &json!({})).await,
        nobody.get(&visit.url(&fetch("kling_000000000000"))).await,
        nobody.send(basic).await,
    ] {
        assert_refused(&answer, 401, -10001, "Missing 302 Apikey", "缺少 302 API 密钥");
    }
}

// Row 14: the English text is observed, its code a guess; the page has no Chinese for it.
#[tokio::test]
async fn a_made_up_key_is_invalid() {
    let visit = Visit::to("302ai").await;
    let answer = Caller::with_key("not-a-key").post(&visit.url(RAPID), &json!({})).await;
    let chinese = answer.json()["error"]["message_cn"].as_str().unwrap().to_owned();
    assert_refused(&answer, 401, -10002, "Invalid API Key", &chinese);
}

// Section 4: -10002 in the table's words, and -10005.
#[tokio::test]
async fn a_key_that_was_switched_off_is_disabled_or_expired() {
    let revoked = Caller::with_key("mock-revoked-1");
    let visit = Visit::to("302ai").await;
    let answer = revoked.get(&visit.url(&fetch("kling_000000000000"))).await;
    assert_refused(&answer, 401, -10002, "This tool has been disabled/deleted", "该工具已禁用/删除");
    let visit = Visit::with("302ai", "disabled_key", "expired").await;
    let answer = revoked.post(&visit.url(HQ), &json!({})).await;
    let told = &answer.json()["error"];
    assert_eq!((answer.status, &told["err_code"]), (401, &json!(-10005)));
    assert_eq!(told["message"], "Account credential expired, please log in again");
    assert!(told["message_cn"].as_str().unwrap().starts_with("账户凭证过期"));
}

// Row 1: the names are irregular, and the regular ones were found nowhere.
#[tokio::test]
async fn paths_that_only_seem_to_exist_do_not() {
    let visit = Visit::to("302ai").await;
    let regular = [
        "m2v_15_img2video_5s",
        "m2v_15_img2video_hq_5s",
        "m2v_img2video_hq_5s",
        "m2v_15_img2video_hq",
        "m2v_15_img2video_hq_10s",
        "m2v_txt2video_hq",
        "m2v_15_txt2video_hq_5s",
        "M2V_IMG2VIDEO_HQ",
        "m2v_img2video_hq/",
        "nothing",
    ];
    for name in regular {
        let answer = visit.post(&format!("/klingai/{name}"), &body(&visit)).await;
        assert_refused(&answer, 404, -10009, "Current API function not supported", "不支持当前API功能");
    }
    let id = submitted(&visit, RAPID, &body(&visit)).await;
    for path in [
        format!("/klingai/fetch?task_id={id}"),
        format!("/klingai/query?task_id={id}"),
        format!("/klingai/task/{id}"),
        RAPID.to_owned(),
        "/".to_owned(),
    ] {
        let answer = visit.get(&path).await;
        assert_refused(&answer, 404, -10009, "Current API function not supported", "不支持当前API功能");
    }
    let answer = visit.post(&fetch(&id), &json!({})).await;
    assert_refused(&answer, 404, -10009, "Current API function not supported", "不支持当前API功能");
}

// Row 19; the Chinese table repeats the text of -10009.
#[tokio::test]
async fn an_unknown_or_foreign_task_is_not_found() {
    let visit = Visit::to("302ai").await;
    let id = submitted(&visit, RAPID, &body(&visit)).await;
    for unknown in ["kling_000000000000", "nothing", &id.to_uppercase(), &id[6..], "%20"] {
        let answer = visit.get(&fetch(unknown)).await;
        assert_refused(&answer, 404, -10010, "Resource not found", "不支持当前API功能");
    }
    let answer = Caller::with_key("another-key").get(&visit.url(&fetch(&id))).await;
    assert_refused(&answer, 404, -10010, "Resource not found", "不支持当前API功能");
    assert_eq!(visit.get(&fetch(&id)).await.status, 200);
}

// Row 5: an empty text is no image.
#[tokio::test]
async fn the_image_paths_want_an_image() {
    let visit = Visit::to("302ai").await;
    for path in WITH_IMAGE {
        for body in [
            json!({"prompt": "a cat"}),
            json!({"prompt": "a cat", "input_image": ""}),
            json!({"prompt": "a cat", "tail_image": visit.image("tail.jpg")}),
            json!({"prompt": "a cat", "input_image": 7}),
        ] {
            assert_invalid(&visit.post(path, &body).await);
        }
    }
    assert!(visit.emulator.jobs(KEY).list().await.is_empty());
}

// Row 6.
#[tokio::test]
async fn the_text_paths_want_a_prompt() {
    let visit = Visit::to("302ai").await;
    for path in WITHOUT_IMAGE {
        assert_invalid(&visit.post(path, &json!({})).await);
        assert_invalid(&visit.post(path, &json!({"prompt": ""})).await);
        assert_invalid(&visit.post(path, &json!({"prompt": 7})).await);
    }
}

// Row 3.
#[tokio::test]
async fn neither_form_nor_json_is_an_invalid_request() {
    let visit = Visit::to("302ai").await;
    let text = body(&visit).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
        let asked = visit.request(Method::POST, RAPID).header("content-type", kind).body(text.clone());
        assert_invalid(&visit.send(asked).await);
    }
    for broken in ["", "{", "[]", "\"text\"", "null"] {
        let asked =
            visit.request(Method::POST, RAPID).header("content-type", "application/json").body(broken);
        assert_invalid(&visit.send(asked).await);
    }
    let asked = visit.request(Method::POST, RAPID).header("content-type", "multipart/form-data; boundary=x");
    assert_invalid(&visit.send(asked.body("--y\r\n")).await);
}

// Section 6: images are looked at when they are submitted (proposal 2).
#[tokio::test]
async fn a_bad_image_is_an_invalid_request() {
    let visit = Visit::to("302ai").await;
    let bad = [
        "side-299-wide.png",
        "side-299-tall.png",
        "over-ten-megabytes.jpg",
        "animation.gif",
        "picture.webp",
        "not-a-picture.txt",
        "truncated.jpg",
        "bomb.png",
        "zero-sized.png",
        "empty.bin",
    ];
    for name in bad {
        let answer = visit.post(RAPID, &body_with(&visit, &json!({"input_image": visit.image(name)}))).await;
        assert_invalid(&answer);
        let answer = visit.post(HQ, &body_with(&visit, &json!({"tail_image": visit.image(name)}))).await;
        assert_invalid(&answer);
    }
    // No ratio is stated, and both bounds are inclusive.
    for name in ["side-300.png", "ten-megabytes.jpg", "ratio-beyond-5-2.png", "ratio-beyond-2-5.png"] {
        submitted(&visit, RAPID, &json!({"input_image": visit.image(name)})).await;
    }
}

// Section 4, -10016: an address without an image.
#[tokio::test]
async fn an_image_that_cannot_be_had_is_a_file_that_cannot_be_had() {
    let visit = Visit::to("302ai").await;
    let answer = visit.post(RAPID, &json!({"input_image": visit.image("missing.jpg")})).await;
    assert_refused(&answer, 400, -10016, "Failed to get the file.", "获取文件失败");
}

// Section 4, -10017.
#[tokio::test]
async fn a_body_that_is_too_large_is_a_file_that_is_too_large() {
    let limits = Limits { body_bytes: 1000, ..Limits::default() };
    let visit = Visit::at("302ai", quiet().limits(limits)).await;
    let answer = visit.post(RAPID, &json!({"prompt": "x".repeat(1000)})).await;
    assert_refused(
        &answer,
        400,
        -10017,
        "The file is too large. The maximum allowed size is 50MB.",
        "文件过大。最大允许50MB",
    );
}

// "No evidence: do not promise"; an option for it.
#[tokio::test]
async fn base64_is_refused_unless_it_is_wanted() {
    let text = base64::Engine::encode(
        &base64::prelude::BASE64_STANDARD,
        crate::support::fixture_bytes("side-300.png"),
    );
    let data = format!("data:image/png;base64,{text}");
    let [visit, taking] = [Visit::to("302ai").await, Visit::with("302ai", "base64_images", "accept").await];
    for image in [text, data] {
        assert_invalid(&visit.post(RAPID, &json!({"input_image": image})).await);
        submitted(&taking, RAPID, &json!({"input_image": image})).await;
    }
}

// Section 4: refusals may come in the proxied envelope instead, with 200 and a `result` other than 1.
#[tokio::test]
async fn refusals_can_come_in_the_proxied_envelope() {
    let visit = Visit::with("302ai", "refusal_form", "envelope").await;
    let refused = visit.post(RAPID, &json!({})).await;
    let unknown = visit.get(&fetch("kling_000000000000")).await;
    for (answer, text) in [(refused, "Invalid request"), (unknown, "Resource not found")] {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.members(), ["data", "message", "result", "status", "timestamp"]);
        let body = answer.json();
        assert_ne!(body["result"], 1);
        assert_eq!((&body["data"], &body["message"]), (&Value::Null, &json!(text)));
    }
    // A key is still the gateway's business.
    assert_eq!(Caller::without_key().post(&visit.url(RAPID), &json!({})).await.status, 401);
}

// Row 20, spelled out once: there is no `message_en`.
#[tokio::test]
async fn a_refusal_is_told_in_three_languages_under_three_names() {
    let visit = Visit::to("302ai").await;
    let answer = visit.get("/klingai/nothing").await;
    assert_eq!(answer.members(), ["error"]);
    let told = answer.json()["error"].clone();
    assert_eq!(crate::vendors::names(&told), ["err_code", "message", "message_cn", "message_jp", "type"]);
    assert_eq!(told["type"], "api_error");
    assert!(told["err_code"].is_i64());
}

// A refusal says nothing of the clock or the account: the same request is refused alike for ever.
#[tokio::test]
async fn a_refusal_is_the_same_every_time() {
    let visit = Visit::to("302ai").await;
    let first = visit.post(RAPID, &json!({})).await;
    visit.emulator.clock(KEY).advance(Duration::from_secs(3600)).await.unwrap();
    assert_whole(&visit.post(RAPID, &json!({})).await, 400, &first.text());
}
