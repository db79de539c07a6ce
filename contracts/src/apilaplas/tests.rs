//! The label's own: its path, its texts, its old shapes.

use serde_json::{Value, json};

use crate::aimlapi::tests::{header, json as body, served};
use crate::dialect::FailureView;
use crate::operation::Operation;
use crate::phase::Phase;
use crate::problem::{FailureReason, KeyFault, Place, Problem};

const MIRRORED: &str = "kling-video/v1.6/standard/image-to-video";
const STANDARD: &str = "kling-video/v1/standard/image-to-video";
const LEGACY: &str = "/v2/generate/video/kling/generation";

fn with(model: &str, members: &Value) -> Value {
    let mut sent = json!({"model": model, "image_url": "https://a/b.png", "prompt": "a lighthouse"});
    for (name, value) in members.as_object().unwrap() {
        sent[name] = value.clone();
    }
    sent
}

#[test]
fn only_the_older_path_answers_unless_the_newer_one_is_opened() {
    for (universal, answers) in [("off", false), ("on", true)] {
        let served = served("apilaplas", &[("universal_route", universal)]);
        let (contract, options) = (served.contract(), served.exchange("POST", LEGACY).options);
        for method in ["POST", "GET"] {
            assert!(contract.route(options, method, LEGACY).is_ok());
            assert_eq!(contract.route(options, method, "/v2/video/generations").is_ok(), answers);
        }
        assert!(contract.route(options, "GET", "/v1/models").is_err());
    }
}

#[test]
fn a_submit_is_answered_with_201_and_an_id_that_names_the_model() {
    let served = served("apilaplas", &[]);
    let mut job = served.job(MIRRORED, Phase::Queued, &Value::Null);
    let id = served.dialect().job_id(job.model, [7; 32]);
    assert_eq!(id, "07070707-0707-4707-8707-070707070707:kling-video/v1.6/standard/image-to-video");
    job.id = &id;
    let reply = served.dialect().submitted(&served.exchange("POST", LEGACY), &job);
    assert_eq!((reply.status, body(&reply)), (201, &json!({"id": id, "status": "queued"})));
    assert_eq!(header(&reply, "x-inference-id"), None);
    served.assert_promised(Operation::Submit, &reply);
}

#[test]
fn a_duration_may_be_text_or_number_and_only_text_is_named() {
    let served = served("apilaplas", &[]);
    for duration in [json!("5"), json!("10"), json!(5), json!(10)] {
        assert!(served.takes(MIRRORED, &with(MIRRORED, &json!({"duration": duration}))), "{duration}");
    }
    let message = served.message(MIRRORED, &with(MIRRORED, &json!({"duration": 8})));
    assert_eq!(message, "Body validation error\nExpected '5' | '10', received number");
    let message = served.message(MIRRORED, &with(MIRRORED, &json!({"duration": "8"})));
    assert_eq!(message, "Body validation error\nInvalid enum value. Expected '5' | '10', received '8'");
}

#[test]
fn the_older_names_of_masks_are_the_ones_that_count() {
    let served = served("apilaplas", &[]);
    let sent = with(STANDARD, &json!({"static_mask": 5, "static_mask_url": "mask", "dynamic_masks": [{}]}));
    let message = served.message(STANDARD, &sent);
    assert_eq!(message, "Body validation error\nInvalid url\nRequired");
    assert!(served.takes(MIRRORED, &with(MIRRORED, &json!({"static_mask_url": 5, "tail_image_url": 5}))));
    let message = served.message(STANDARD, &with(STANDARD, &json!({"ratio": "4:3", "prompt": null})));
    assert_eq!(
        message,
        "Body validation error\nInvalid enum value. Expected '16:9' | '9:16' | '1:1', received '4:3'\n\
         Expected string, received null"
    );
}

#[test]
fn its_texts_name_its_own_billing_page() {
    let served = served("apilaplas", &[]);
    let limited = Problem::RateLimited { limit: 1, window_seconds: 3600, retry_after_ms: 5, model: None };
    for problem in [Problem::Unauthorized(KeyFault::Unknown), Problem::InsufficientCredits, limited] {
        let reply = served.dialect().problem(&served.exchange("POST", LEGACY), &problem);
        let text = body(&reply)["message"].as_str().unwrap();
        assert!(text.contains("https://www.apilaplas.com/app/") && !text.contains("aimlapi"), "{text}");
        assert_eq!(body(&reply)["requestId"], "07070707-0707-4707-8707-070707070707");
        assert_eq!(body(&reply)["path"], LEGACY);
    }
}

#[test]
fn a_poll_without_an_id_breaks_the_query() {
    let served = served("apilaplas", &[]);
    let query = served.contract().operations[&Operation::Poll].query.clone().unwrap();
    let violations = crate::contract::check::rules::Checker::new(query).unwrap().violations(&json!({}));
    let problem = Problem::Invalid { place: Place::Query, violations };
    let reply = served.dialect().problem(&served.exchange("GET", LEGACY), &problem);
    assert_eq!(body(&reply)["message"], "Query validation error!");
}

#[test]
fn a_failure_passes_on_the_findings_and_a_video_tells_its_file() {
    let served = served("apilaplas", &[]);
    let echo = json!("https://a/b.png");
    let mut job = served.job(MIRRORED, Phase::Failed, &echo);
    job.failure = Some(FailureView { reason: FailureReason::Moderation, detail: None });
    let reply = served.dialect().job(&served.exchange("GET", LEGACY), &job);
    served.assert_promised(Operation::Poll, &reply);
    assert_eq!(
        body(&reply)["error"].to_string(),
        r#"{"detail":[{"loc":["body","image_url"],"msg":"Failure to pass the risk control system","type":"content_policy_violation","input":"https://a/b.png"}]}"#
    );
    let job = served.job(MIRRORED, Phase::Succeeded, &Value::Null);
    let reply = served.dialect().job(&served.exchange("GET", LEGACY), &job);
    served.assert_promised(Operation::Poll, &reply);
    assert_eq!(
        body(&reply)["video"].to_string(),
        r#"{"url":"http://127.0.0.1:4747/__media/a.mp4","content_type":"video/mp4","file_name":"output.mp4"}"#
    );
}

#[test]
fn every_value_of_every_option_makes_a_contract_and_keeps_only_what_it_repeats() {
    let plain = served("apilaplas", &[]);
    for (name, fact) in &plain.contract().options {
        for value in &fact.values {
            let chosen = served("apilaplas", &[(name, value)]);
            let kept = chosen.contract().operations[&Operation::Submit].echo.is_some();
            assert_eq!(kept, name != "error_shape" || value == "detail", "{name}={value}");
            assert_eq!(chosen.options().get(name), value);
        }
    }
}
