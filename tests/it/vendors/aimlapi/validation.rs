//! Refusals of requests: the rows on authentication, order of checks, content type and validation.

use mockreel_emulator::Limits;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    LEGACY, MODELS, UNIVERSAL, V1_6_PRO, V1_6_STANDARD, V1_STANDARD, V1_STANDARD_TEXT, assert_refused, body,
    body_with, submitted,
};
use crate::support::{Caller, KEY, fixture_bytes, quiet};
use crate::vendors::Visit;

const NO_KEY: &str = "This request requires a valid API key. You can create a new API key on the Billing page: https://aimlapi.com/app/keys";

// Row "auth" and "error envelope": observed to the byte, but for id and time.
#[tokio::test]
async fn without_a_good_key_nothing_is_served() {
    let visit = Visit::to("aimlapi").await;
    let nobody = Caller::without_key();
    let with = |header: &str| {
        nobody
            .request(Method::POST, &visit.url(UNIVERSAL))
            .header("authorization", header.to_owned())
            .body("{")
    };
    for answer in [
        nobody.post(&visit.url(UNIVERSAL), &json!({})).await,
        nobody.send(with("Basic eDp5")).await,
        nobody.send(with(KEY)).await,
        Caller::with_key("not-a-key").post(&visit.url(UNIVERSAL), &json!({})).await,
        Caller::with_key("mock-revoked-1").post(&visit.url(UNIVERSAL), &json!({})).await,
    ] {
        assert_refused(&answer, 401, UNIVERSAL, NO_KEY);
    }
    let answer = nobody.get(&visit.url(&format!("{LEGACY}?generation_id=x"))).await;
    assert_refused(&answer, 401, &format!("{LEGACY}?generation_id=x"), NO_KEY);
}

/// Asserts that members are refused with these lines below the general one, on both paths.
async fn assert_invalid(visit: &Visit, body: &Value, lines: &str) {
    for path in [UNIVERSAL, LEGACY] {
        let answer = visit.post(path, body).await;
        assert_refused(&answer, 400, path, &format!("Body validation error\n{lines}"));
    }
}

// Row "unknown or missing model": 400, and not 404; the form of the text is documented.
#[tokio::test]
async fn an_unknown_model_is_refused_with_the_list_of_models() {
    let visit = Visit::to("aimlapi").await;
    for id in ["kling-video/v9/pro/image-to-video", "Kling-Video/v1/standard/image-to-video", "<models>", ""]
    {
        let lines = format!("Invalid enum value. Expected {MODELS}, received '{id}'");
        assert_invalid(&visit, &body(&visit, id), &lines).await;
    }
    assert_invalid(&visit, &json!({}), "Required").await;
    assert_invalid(&visit, &json!({"model": 7}), &format!("Expected {MODELS}, received number")).await;
}

// Row "validation": enum.
#[tokio::test]
async fn a_value_that_is_not_listed_is_refused_with_the_list() {
    let visit = Visit::to("aimlapi").await;
    for (model, name, value, list) in [
        (V1_STANDARD, "duration", json!(7), "5 | 10, received '7'"),
        (V1_STANDARD, "duration", json!("7"), "5 | 10, received '7'"),
        (V1_STANDARD, "duration", json!(5.5), "5 | 10, received '5.5'"),
        (V1_STANDARD_TEXT, "aspect_ratio", json!("4:3"), "'16:9' | '9:16' | '1:1', received '4:3'"),
        (
            V1_STANDARD_TEXT,
            "camera_control",
            json!("simple"),
            "'down_back' | 'forward_up' | 'right_turn_forward' | 'left_turn_forward', received 'simple'",
        ),
        (
            V1_6_PRO,
            "camera_control",
            json!({"type": "spin"}),
            "'simple' | 'down_back' | 'forward_up' | 'right_turn_forward' | 'left_turn_forward', received 'spin'",
        ),
    ] {
        let body = body_with(&visit, model, &json!({ name: value }));
        assert_invalid(&visit, &body, &format!("Invalid enum value. Expected {list}")).await;
    }
}

// Row "validation": type.
#[tokio::test]
async fn a_value_of_the_wrong_type_is_refused_with_both_types() {
    let visit = Visit::to("aimlapi").await;
    let point = |x: Value| json!([{"mask": "https://a.b/m.png", "trajectories": [{"x": x, "y": 1}, {"x": 1, "y": 1}]}]);
    for (model, name, value, text) in [
        (V1_STANDARD, "prompt", json!(7), "Expected string, received number"),
        (V1_STANDARD, "negative_prompt", json!([]), "Expected string, received array"),
        (V1_STANDARD, "image_url", json!({}), "Expected string, received object"),
        (V1_STANDARD, "cfg_scale", json!("0.5"), "Expected number, received string"),
        (V1_STANDARD, "cfg_scale", json!(true), "Expected number, received boolean"),
        (V1_STANDARD, "dynamic_masks", json!({}), "Expected array, received object"),
        (V1_STANDARD, "dynamic_masks", point(json!("1")), "Expected number, received string"),
        (V1_STANDARD, "dynamic_masks", point(json!(1.5)), "Expected integer, received float"),
        (V1_STANDARD, "camera_control", json!("zoom"), "Expected object, received string"),
        (V1_6_STANDARD, "provider", json!(7), "Expected string, received number"),
        (V1_STANDARD_TEXT, "advanced_camera_control", json!([]), "Expected object, received array"),
    ] {
        assert_invalid(&visit, &body_with(&visit, model, &json!({ name: value })), text).await;
    }
}

// Row "validation": required.
#[tokio::test]
async fn a_missing_member_is_required() {
    let visit = Visit::to("aimlapi").await;
    for (model, members) in [
        (V1_STANDARD, json!({"image_url": null})),
        (V1_6_PRO, json!({"image_url": null})),
        (V1_6_STANDARD, json!({"image_url": null})),
        (V1_6_STANDARD, json!({"prompt": null})),
        (V1_STANDARD_TEXT, json!({"prompt": null})),
        (V1_STANDARD, json!({"dynamic_masks": [{"mask": "https://a.b/m.png"}]})),
        (V1_STANDARD, json!({"dynamic_masks": [{"trajectories": [{"x": 1, "y": 1}, {"x": 1, "y": 1}]}]})),
        (V1_STANDARD_TEXT, json!({"advanced_camera_control": {"movement_type": "pan"}})),
        (V1_STANDARD_TEXT, json!({"advanced_camera_control": {"movement_value": 1}})),
    ] {
        assert_invalid(&visit, &body_with(&visit, model, &members), "Required").await;
    }
}

// Row "validation": too small and too big.
#[tokio::test]
async fn a_number_beyond_its_bounds_is_refused_with_the_bound() {
    let visit = Visit::to("aimlapi").await;
    for (members, text) in [
        (json!({"cfg_scale": -0.1}), "Number must be greater than or equal to 0"),
        (json!({"cfg_scale": 1.1}), "Number must be less than or equal to 1"),
        (
            json!({"camera_control": {"config": {"zoom": -10.5}}}),
            "Number must be greater than or equal to -10",
        ),
        (
            json!({"camera_control": {"config": {"horizontal": 11}}}),
            "Number must be less than or equal to 10",
        ),
    ] {
        assert_invalid(&visit, &body_with(&visit, V1_STANDARD, &members), text).await;
    }
    for members in [json!({"cfg_scale": 0}), json!({"cfg_scale": 1}), json!({"cfg_scale": 1.0})] {
        submitted(&visit, &body_with(&visit, V1_STANDARD, &members)).await;
    }
}

// Row "validation": length of an array.
#[tokio::test]
async fn a_list_has_its_bounds_too() {
    let visit = Visit::to("aimlapi").await;
    let mask = |points: usize| json!({"mask": "https://a.b/m.png", "trajectories": vec![json!({"x": 1, "y": 1}); points]});
    for (masks, text) in [
        (json!([mask(1)]), "Array must contain at least 2 element(s)"),
        (json!([mask(78)]), "Array must contain at most 77 element(s)"),
        (json!(vec![mask(2); 7]), "Array must contain at most 6 element(s)"),
    ] {
        let body = body_with(&visit, V1_STANDARD, &json!({"dynamic_masks": masks}));
        assert_invalid(&visit, &body, text).await;
    }
    for masks in [json!(vec![mask(2); 6]), json!([mask(77)]), json!([])] {
        submitted(&visit, &body_with(&visit, V1_STANDARD, &json!({"dynamic_masks": masks}))).await;
    }
}

// Row "validation" and proposal 13: an address or a data URI, never bare base64.
#[tokio::test]
async fn what_is_no_url_is_an_invalid_url() {
    let visit = Visit::to("aimlapi").await;
    let text = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, fixture_bytes("side-300.png"));
    for (model, name) in [
        (V1_STANDARD, "image_url"),
        (V1_STANDARD, "tail_image_url"),
        (V1_STANDARD, "static_mask"),
        (V1_6_PRO, "tail_image_url"),
        (V1_6_STANDARD, "image_url"),
    ] {
        for bad in ["", "waves", "//a.b/c.png", &text] {
            assert_invalid(&visit, &body_with(&visit, model, &json!({ name: bad })), "Invalid url").await;
        }
        let data = format!("data:image/png;base64,{text}");
        submitted(&visit, &body_with(&visit, model, &json!({ name: data }))).await;
    }
}

// Proposal 1: all findings in one text, one a line.
#[tokio::test]
async fn several_findings_are_lines_of_one_text() {
    let visit = Visit::to("aimlapi").await;
    let members = json!({"image_url": "waves", "prompt": 7, "duration": 7, "cfg_scale": 2});
    let body = body_with(&visit, V1_STANDARD, &members);
    let lines = "Invalid url\nExpected string, received number\nInvalid enum value. Expected 5 | 10, received '7'\n\
        Number must be less than or equal to 1";
    assert_invalid(&visit, &body, lines).await;
    let listing = Visit::with("aimlapi", "validation_issues", "issues").await;
    let answer = listing.post(UNIVERSAL, &body).await;
    assert_eq!(answer.members()[5..], ["issues"]);
    let issues = answer.json()["issues"].clone();
    let told: Vec<Value> =
        issues.as_array().unwrap().iter().map(|issue| json!([issue["path"], issue["code"]])).collect();
    assert_eq!(
        told,
        [
            json!([["image_url"], "invalid_string"]),
            json!([["prompt"], "invalid_type"]),
            json!([["duration"], "invalid_enum_value"]),
            json!([["cfg_scale"], "too_big"]),
        ]
    );
}

// Row "validation": unknown members are ignored; a duration may be text or number.
#[tokio::test]
async fn unknown_members_are_ignored_and_a_duration_may_be_text() {
    let visit = Visit::to("aimlapi").await;
    for duration in [json!(5), json!(10), json!("5"), json!("10")] {
        submitted(&visit, &body_with(&visit, V1_STANDARD, &json!({"duration": duration}))).await;
    }
    let extra = json!({"seed": 7, "ratio": "7:1", "type": [], "external_task_id": "x"});
    submitted(&visit, &body_with(&visit, V1_STANDARD, &extra)).await;
    // The mirror of the standard model has neither a last frame nor masks nor a camera.
    let foreign =
        json!({"tail_image_url": 7, "static_mask": "waves", "dynamic_masks": 7, "camera_control": 7});
    submitted(&visit, &body_with(&visit, V1_6_STANDARD, &foreign)).await;
    for provider in ["kling", "FAL", "auto", "anything"] {
        submitted(&visit, &body_with(&visit, V1_6_STANDARD, &json!({"provider": provider}))).await;
    }
    let strict = Visit::with("aimlapi", "strict_duration", "on").await;
    let answer = strict.post(UNIVERSAL, &body_with(&strict, V1_STANDARD, &json!({"duration": "5"}))).await;
    assert_eq!(answer.status, 400);
    submitted(&strict, &body_with(&strict, V1_STANDARD, &json!({"duration": 5}))).await;
}

// Row "per model": where the prompt is optional and where the rest is offered.
#[tokio::test]
async fn each_model_takes_what_its_page_lists() {
    let visit = Visit::to("aimlapi").await;
    let image = visit.image("tail.jpg");
    for model in [V1_STANDARD, V1_6_PRO, "kling-video/v1/pro/image-to-video"] {
        submitted(&visit, &body_with(&visit, model, &json!({"prompt": null}))).await;
        for members in [
            json!({"tail_image_url": image}),
            json!({"static_mask": image}),
            json!({"camera_control": {"type": "simple", "config": {"zoom": 1}}}),
            json!({"camera_control": {"type": "down_back"}}),
            json!({"camera_control": {}}),
        ] {
            submitted(&visit, &body_with(&visit, model, &members)).await;
        }
    }
    for model in [V1_STANDARD_TEXT, "kling-video/v1/pro/text-to-video"] {
        for members in [
            json!({"camera_control": "forward_up"}),
            json!({"advanced_camera_control": {"movement_type": "roll", "movement_value": -10}}),
            json!({"aspect_ratio": "1:1", "duration": 10, "cfg_scale": 0.5, "negative_prompt": ""}),
        ] {
            submitted(&visit, &body_with(&visit, model, &members)).await;
        }
    }
    submitted(&visit, &body(&visit, "kling-video/v1.6/standard/text-to-video")).await;
}

// Row "GET without generation_id".
#[tokio::test]
async fn a_poll_without_an_id_is_refused_by_its_query() {
    let visit = Visit::to("aimlapi").await;
    for path in [UNIVERSAL, LEGACY] {
        assert_refused(&visit.get(path).await, 400, path, "Query validation error\nRequired");
        let empty = format!("{path}?generation_id=");
        let text = "Query validation error\nString must contain at least 1 character(s)";
        assert_refused(&visit.get(&empty).await, 400, &empty, text);
    }
}

// Row "content type" and proposal 9: the framework's own answers, in the envelope.
#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_in_the_envelope() {
    let limits = Limits { body_bytes: 2000, ..Limits::default() };
    let visit = Visit::at("aimlapi", quiet().limits(limits)).await;
    let send = async |kind: &'static str, body: String| {
        visit.send(visit.request(Method::POST, UNIVERSAL).header("content-type", kind).body(body)).await
    };
    let good = body(&visit, V1_STANDARD).to_string();
    for (kind, text) in [
        ("application/json", "{"),
        ("application/json", ""),
        ("application/json", "[]"),
        ("application/x-www-form-urlencoded", "model=x"),
        ("text/plain", good.as_str()),
    ] {
        let answer = send(kind, text.to_owned()).await;
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert_refused(&answer, 400, UNIVERSAL, &message);
    }
    let answer = send("application/json", format!("{good}{}", " ".repeat(2000))).await;
    assert_refused(&answer, 413, UNIVERSAL, "request entity too large");
}

// "Unknown route, unknown method": the framework's default.
#[tokio::test]
async fn what_has_no_route_cannot_be_asked() {
    let visit = Visit::to("aimlapi").await;
    let answer = visit.get("/v2/nothing?x=1").await;
    assert_refused(&answer, 404, "/v2/nothing?x=1", "Cannot GET /v2/nothing?x=1");
    for (method, path) in [(Method::PUT, UNIVERSAL), (Method::DELETE, LEGACY), (Method::POST, "/v1/models")] {
        let answer = visit.send(visit.request(method.clone(), path)).await;
        assert_refused(&answer, 404, path, &format!("Cannot {method} {path}"));
    }
}

// Proposal 10.
#[tokio::test]
async fn a_prompt_has_no_limit_unless_the_makers_is_wanted() {
    let long = json!({"prompt": "x".repeat(2501)});
    let visit = Visit::to("aimlapi").await;
    let limited = Visit::with("aimlapi", "prompt_limit", "upstream").await;
    for (visit, status) in [(visit, "completed"), (limited, "error")] {
        let id = submitted(&visit, &body_with(&visit, V1_STANDARD, &long)).await;
        visit.finish(&id).await;
        assert_eq!(visit.get(&super::poll(&id)).await.json()["status"], status);
    }
}
