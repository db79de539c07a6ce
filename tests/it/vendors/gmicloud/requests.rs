//! Submits and their refusals: rows 1 to 4.

use mockreel_emulator::Limits;
use reqwest::Method;
use serde_json::{Value, json};

use super::{QUEUE, STANDARD, payload, payload_with, request, requests, submitted};
use crate::support::{Caller, KEY, fixture_bytes, quiet};
use crate::vendors::{Visit, assert_whole};

const MISSING_IMAGE: &str =
    r#"{"error":"invalid payload parameters: image (Required parameter is missing)"}"#;

async fn submit(visit: &Visit, payload: &Value) -> crate::support::Answer {
    visit.post(&requests(), &json!({"model": STANDARD, "payload": payload})).await
}

// Row 1.
#[tokio::test]
async fn every_answer_is_json_even_a_refusal() {
    let visit = Visit::to("gmicloud").await;
    let id = submitted(&visit, &payload(&visit)).await;
    let text = |method, path: &str, body: &'static str| {
        visit.request(method, path).header("content-type", "application/json").body(body)
    };
    let asked = [
        (200, text(Method::GET, &request(&id), "")),
        (200, text(Method::GET, &requests(), "")),
        (200, text(Method::GET, &format!("{QUEUE}/models"), "")),
        (404, text(Method::GET, &format!("{QUEUE}/nothing"), "")),
        (405, text(Method::PUT, &requests(), "{}")),
        (400, text(Method::POST, &requests(), "{")),
        (400, text(Method::POST, &requests(), "")),
        (401, Caller::without_key().request(Method::GET, &visit.url(&requests()))),
    ];
    for (status, asked) in asked {
        let answer = visit.send(asked).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(answer.json().is_object(), "{}", answer.text());
        if status > 299 {
            assert_eq!(answer.members(), ["error"]);
            assert!(answer.json()["error"].is_string());
        }
    }
}

// Row 1: a left-over of the documentation, served as an alias.
#[tokio::test]
async fn the_path_printed_on_some_model_pages_leads_to_the_same_requests() {
    let visit = Visit::to("gmicloud").await;
    let body = json!({"model": STANDARD, "payload": payload(&visit)});
    let answer = visit.post("/api/v1/apikey/requests", &body).await;
    assert_eq!(answer.status, 200);
    let id = answer.json()["request_id"].as_str().unwrap().to_owned();
    let both = [request(&id), format!("/api/v1/apikey/requests/{id}")];
    let [real, alias] = [visit.get(&both[0]).await, visit.get(&both[1]).await];
    assert_eq!((real.status, real.text()), (200, alias.text()));
    for path in ["requests", "models", &format!("models/{STANDARD}")] {
        let [real, alias] =
            [visit.get(&format!("{QUEUE}/{path}")).await, visit.get(&format!("/api/v1/apikey/{path}")).await];
        assert_eq!((real.status, real.text()), (200, alias.text()));
    }
    let shut = Visit::with("gmicloud", "alias_path", "off").await;
    assert_eq!(shut.get("/api/v1/apikey/requests").await.status, 404);
    assert_eq!(shut.get(&requests()).await.status, 200);
}

// Row 2; the text is the page's proposal for both cases.
#[tokio::test]
async fn a_missing_and_a_bad_key_are_refused_alike() {
    let visit = Visit::to("gmicloud").await;
    let body = json!({"model": "nothing", "payload": 7});
    let keyless = Caller::without_key();
    let basic = keyless.request(Method::GET, &visit.url(&requests())).header("authorization", "Basic eDp5");
    let bare = keyless.request(Method::GET, &visit.url(&requests())).header("authorization", KEY);
    let refused = [
        keyless.post(&visit.url(&requests()), &body).await,
        keyless.send(basic).await,
        keyless.send(bare).await,
        Caller::with_key("not-a-key").post(&visit.url(&requests()), &body).await,
        Caller::with_key("mock-revoked-1").get(&visit.url(&format!("{QUEUE}/models"))).await,
    ];
    for answer in refused {
        assert_whole(&answer, 401, r#"{"error":"Unauthorized"}"#);
    }
}

// Row 3.
#[tokio::test]
async fn a_body_without_model_and_payload_is_refused() {
    let visit = Visit::to("gmicloud").await;
    let image = payload(&visit);
    let bodies = [
        json!({}),
        json!([]),
        json!("text"),
        json!(null),
        json!({"payload": image}),
        json!({"model": 7, "payload": image}),
        json!({"model": STANDARD}),
        json!({"model": STANDARD, "payload": null}),
        json!({"model": STANDARD, "payload": "text"}),
        json!({"model": STANDARD, "payload": [image]}),
    ];
    for body in bodies {
        let answer = visit.post(&requests(), &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        assert_eq!(answer.members(), ["error"], "{body}");
    }
    assert!(visit.emulator.jobs(KEY).list().await.is_empty());
}

// Row 3: observed to the byte; and the model is looked up before the payload is looked at.
#[tokio::test]
async fn an_unknown_model_and_one_in_the_wrong_case_do_not_exist() {
    let visit = Visit::to("gmicloud").await;
    for id in [
        "kling-image2video-v2.1-master",
        "kling-image2video-v1.6-pro",
        "KLING-IMAGE2VIDEO-V1.6-STANDARD",
        "Kling-Image2Video-V1.6-Standard ",
        "nothing <model> \"here\"",
        "",
    ] {
        let error = json!({"error": format!("model {id} does not exist")}).to_string();
        for payload in [json!({}), payload(&visit)] {
            let answer = visit.post(&requests(), &json!({"model": id, "payload": payload})).await;
            assert_whole(&answer, 404, &error);
        }
    }
    let answer = visit.get(&format!("{QUEUE}/models/kling-image2video-v2.1-master")).await;
    assert_whole(&answer, 404, r#"{"error":"model kling-image2video-v2.1-master does not exist"}"#);
}

// Row 3 and the page's "order of checks".
#[tokio::test]
async fn the_key_is_looked_at_before_the_model_and_the_model_before_the_payload() {
    let visit = Visit::to("gmicloud").await;
    let nothing = json!({"model": "nothing", "payload": {}});
    let answer = Caller::with_key("not-a-key").post(&visit.url(&requests()), &nothing).await;
    assert_eq!(answer.status, 401);
    assert_eq!(visit.post(&requests(), &nothing).await.status, 404);
    let broke = Caller::with_key("mock-broke-1");
    let empty = json!({"model": STANDARD, "payload": {}});
    assert_whole(&broke.post(&visit.url(&requests()), &empty).await, 400, MISSING_IMAGE);
}

// Row 4: the text is observed.
#[tokio::test]
async fn a_missing_or_empty_image_is_named() {
    let visit = Visit::to("gmicloud").await;
    assert_whole(&submit(&visit, &json!({})).await, 400, MISSING_IMAGE);
    assert_whole(&submit(&visit, &json!({"image": ""})).await, 400, MISSING_IMAGE);
    assert_whole(
        &submit(&visit, &json!({"img_url": visit.image("landscape.jpg")})).await,
        400,
        MISSING_IMAGE,
    );
    for model in
        ["Kling-Image2Video-V1.6-Pro", "Kling-Image2Video-V2-Master", "Kling-Image2Video-V2.1-Master"]
    {
        let answer = visit.post(&requests(), &json!({"model": model, "payload": {}})).await;
        assert_whole(&answer, 400, MISSING_IMAGE);
    }
}

// Row 4, and the proposal for wording and separator.
#[tokio::test]
async fn every_bad_field_is_named_in_one_text() {
    let visit = Visit::to("gmicloud").await;
    let answer = submit(&visit, &json!({"duration": "7", "cfg_scale": 1.5})).await;
    assert_whole(
        &answer,
        400,
        r#"{"error":"invalid payload parameters: image (Required parameter is missing), duration (Value 7 is not in allowed options: 5, 10), cfg_scale (Value 1.5 exceeds maximum allowed value 1)"}"#,
    );
    let answer = submit(&visit, &payload_with(&visit, &json!({"duration": 7}))).await;
    assert_whole(
        &answer,
        400,
        r#"{"error":"invalid payload parameters: duration (Value 7 is not in allowed options: 5, 10)"}"#,
    );
}

// Row 4.
#[tokio::test]
async fn a_payload_is_taken_up_to_every_limit_and_not_beyond() {
    let visit = Visit::to("gmicloud").await;
    let longest = "\u{1f3a5}".repeat(2500);
    let good = [
        json!({"duration": "5"}),
        json!({"duration": "10"}),
        json!({"duration": 5}),
        json!({"duration": 10}),
        json!({"cfg_scale": 0}),
        json!({"cfg_scale": 0.7}),
        json!({"cfg_scale": 1.0}),
        json!({"prompt": ""}),
        json!({"prompt": longest, "negative_prompt": longest}),
    ];
    for members in good {
        let answer = submit(&visit, &payload_with(&visit, &members)).await;
        assert_eq!(answer.status, 200, "{members}: {}", answer.text());
    }
    let bad = [
        ("duration", json!("7")),
        ("duration", json!(5.5)),
        ("duration", json!("5s")),
        ("duration", json!(true)),
        ("cfg_scale", json!(-0.1)),
        ("cfg_scale", json!(1.01)),
        ("cfg_scale", json!("0.5")),
        ("prompt", json!(7)),
        ("prompt", json!(format!("{longest}x"))),
        ("negative_prompt", json!({})),
        ("negative_prompt", json!(format!("{longest}x"))),
        ("image", json!(["https://example.com/a.png"])),
    ];
    for (name, value) in bad {
        let answer = submit(&visit, &payload_with(&visit, &json!({ name: value }))).await;
        assert_eq!(answer.status, 400, "{name}: {}", answer.text());
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(&format!("invalid payload parameters: {name} (")), "{error}");
        assert!(!error.contains("), "), "{error}");
    }
}

// Row 4: strict and lenient switches of the page.
#[tokio::test]
async fn switches_make_the_payload_check_stricter_and_more_lenient() {
    let strict = Visit::with("gmicloud", "strict_duration", "on").await;
    for (duration, status) in [(json!("5"), 200), (json!("10"), 200), (json!(5), 400), (json!(10), 400)] {
        let answer = submit(&strict, &payload_with(&strict, &json!({"duration": duration}))).await;
        assert_eq!(answer.status, status, "{duration}");
    }
    let lenient = Visit::with("gmicloud", "lenient_ranges", "on").await;
    let beyond = json!({"prompt": "x".repeat(2501), "negative_prompt": "x".repeat(2501), "cfg_scale": 1.5});
    assert_eq!(submit(&lenient, &payload_with(&lenient, &beyond)).await.status, 200);
    assert_eq!(submit(&lenient, &payload_with(&lenient, &json!({"duration": "7"}))).await.status, 400);
    let refusing = Visit::with("gmicloud", "data_uris", "refuse").await;
    let [bare, data] = encoded();
    assert_eq!(submit(&refusing, &json!({"image": bare})).await.status, 200);
    assert_eq!(submit(&refusing, &json!({"image": data})).await.status, 400);
}

/// An image as bare base64 and as a data URI.
fn encoded() -> [String; 2] {
    let text = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, fixture_bytes("side-300.png"));
    let data = format!("data:image/png;base64,{text}");
    [text, data]
}

// Row 4 and "Types in practice": both forms of base64 are taken.
#[tokio::test]
async fn an_image_may_be_an_address_bare_base64_or_a_data_uri() {
    let visit = Visit::to("gmicloud").await;
    let [bare, data] = encoded();
    for image in [bare, data, visit.image("landscape.jpg"), "https://example.com/away.png".to_owned()] {
        let id = submitted(&visit, &json!({"image": image})).await;
        visit.finish(&id).await;
        assert_eq!(visit.get(&request(&id)).await.json()["status"], "success");
    }
}

// Section 5: undecodable data is the maker's refusal, wrapped; the text is observed.
#[tokio::test]
async fn what_is_no_image_comes_back_as_a_backend_error() {
    let visit = Visit::to("gmicloud").await;
    let images = [
        "AAAA".to_owned(),
        "%%%".to_owned(),
        "data:image/png;base64,AAAA".to_owned(),
        visit.image("not-a-picture.txt"),
        visit.image("animation.gif"),
        visit.image("truncated.png"),
    ];
    for image in images {
        let answer = submit(&visit, &json!({"image": image})).await;
        assert_whole(&answer, 500, r#"{"error":"Backend error (400). Please try again."}"#);
    }
}

// Section 5 and the proposals: size and ratio fail later, too many bytes at once.
#[tokio::test]
async fn an_image_of_the_wrong_size_fails_the_job_and_one_of_too_many_bytes_is_refused() {
    let visit = Visit::to("gmicloud").await;
    for name in ["side-299-wide.png", "side-299-tall.png", "ratio-beyond-5-2.png", "ratio-beyond-2-5.png"] {
        let id = submitted(&visit, &json!({"image": visit.image(name)})).await;
        visit.finish(&id).await;
        let record = visit.get(&request(&id)).await.json();
        assert_eq!(record["status"], "failed", "{name}");
        assert_eq!(record["outcome"], json!({"error": "Image pixel is invalid"}), "{name}");
    }
    for name in ["side-300.png", "ratio-5-2.png", "ratio-2-5.png", "ten-megabytes.jpg"] {
        let id = submitted(&visit, &json!({"image": visit.image(name)})).await;
        visit.finish(&id).await;
        assert_eq!(visit.get(&request(&id)).await.json()["status"], "success", "{name}");
    }
    let answer = submit(&visit, &json!({"image": visit.image("over-ten-megabytes.jpg")})).await;
    assert_eq!(answer.status, 400);
    let error = answer.json()["error"].as_str().unwrap().to_owned();
    assert!(error.starts_with("invalid payload parameters: image ("), "{error}");
}

// Proposal: 413 in the one envelope there is.
#[tokio::test]
async fn a_body_that_is_too_large_is_refused_in_the_envelope() {
    let limits = Limits { body_bytes: 1000, ..Limits::default() };
    let visit = Visit::at("gmicloud", quiet().limits(limits)).await;
    let answer = submit(&visit, &json!({"image": "A".repeat(1000)})).await;
    assert_eq!((answer.status, answer.members()), (413, vec!["error".to_owned()]));
    assert!(answer.json()["error"].is_string());
}

// Siblings: text to video has no image and three ratios; every prompt of the 1.6 and 2 models is optional.
#[tokio::test]
async fn text_to_video_takes_a_ratio_instead_of_an_image() {
    let visit = Visit::to("gmicloud").await;
    let submit = async |payload: Value| {
        visit.post(&requests(), &json!({"model": "Kling-Text2Video-V1.6-Standard", "payload": payload})).await
    };
    for ratio in ["16:9", "9:16", "1:1"] {
        assert_eq!(submit(json!({"prompt": "waves", "aspect_ratio": ratio})).await.status, 200);
    }
    let answer = submit(json!({"prompt": "waves", "aspect_ratio": "4:3"})).await;
    assert_whole(
        &answer,
        400,
        r#"{"error":"invalid payload parameters: aspect_ratio (Value 4:3 is not in allowed options: 16:9, 9:16, 1:1)"}"#,
    );
    assert_eq!(submit(json!({})).await.status, 200);
}
