//! Good answers: members, their order, headers.

use serde_json::{Value, json};

use super::{SUBMIT, Served, header, json as body, served};
use crate::contract::check::rules::Checker;
use crate::dialect::{FailureView, Reply};
use crate::operation::Operation;
use crate::phase::Phase;
use crate::problem::FailureReason;

const STANDARD: &str = "kling-video/v1/standard/image-to-video";
const MIRRORED: &str = "kling-video/v1.6/standard/image-to-video";
const POLL: &str = "/v2/video/generations?generation_id=HHHHHHHHHHHHHHHHHHHHH";

fn polled(served: &Served, phase: Phase) -> Reply {
    let job = served.job(STANDARD, phase, &Value::Null);
    let reply = served.dialect().job(&served.exchange("GET", POLL), &job);
    served.assert_promised(Operation::Poll, &reply);
    reply
}

fn failed(served: &Served, echo: &Value, detail: Option<&str>) -> Value {
    let mut job = served.job(STANDARD, Phase::Failed, echo);
    job.failure = Some(FailureView { reason: FailureReason::BadPicture, detail });
    let reply = served.dialect().job(&served.exchange("GET", POLL), &job);
    served.assert_promised(Operation::Poll, &reply);
    body(&reply).clone()
}

#[test]
fn a_submit_is_answered_with_id_and_status_and_nothing_else() {
    let served = served("aimlapi", &[]);
    let job = served.job(STANDARD, Phase::Succeeded, &Value::Null);
    let reply = served.dialect().submitted(&served.exchange("POST", SUBMIT), &job);
    assert_eq!(body(&reply).to_string(), r#"{"id":"HHHHHHHHHHHHHHHHHHHHH","status":"queued"}"#);
    assert_eq!(reply.status, 200);
    served.assert_promised(Operation::Submit, &reply);
}

#[test]
fn a_poll_carries_only_the_members_that_apply() {
    let served = served("aimlapi", &[]);
    let text = |phase| body(&polled(&served, phase)).to_string();
    assert_eq!(text(Phase::Queued), r#"{"id":"HHHHHHHHHHHHHHHHHHHHH","status":"queued"}"#);
    assert_eq!(text(Phase::Running), r#"{"id":"HHHHHHHHHHHHHHHHHHHHH","status":"generating"}"#);
    assert_eq!(
        text(Phase::Succeeded),
        r#"{"id":"HHHHHHHHHHHHHHHHHHHHH","status":"completed","video":{"url":"http://127.0.0.1:4747/__media/a.mp4"}}"#
    );
    assert_eq!(
        text(Phase::Cancelled),
        r#"{"id":"HHHHHHHHHHHHHHHHHHHHH","status":"error","error":{"name":"Error","message":"Internal server error"}}"#
    );
}

#[test]
fn a_failure_says_why_in_each_of_its_shapes() {
    let named = failed(&served("aimlapi", &[]), &Value::Null, None);
    assert_eq!(
        named.to_string(),
        r#"{"id":"HHHHHHHHHHHHHHHHHHHHH","status":"error","error":{"name":"Error","message":"Image pixel is invalid"}}"#
    );
    let text = failed(&served("aimlapi", &[("error_shape", "text")]), &Value::Null, Some("too small"));
    assert_eq!(text["error"], json!("too small"));
    let detailed = served("aimlapi", &[("error_shape", "detail")]);
    assert_eq!(detailed.contract().operations[&Operation::Submit].echo.as_deref(), Some("/image_url"));
    let detail = failed(&detailed, &json!("https://a/b.png"), None);
    assert_eq!(
        detail["error"].to_string(),
        r#"{"detail":[{"loc":["body","image_url"],"msg":"Image pixel is invalid","type":"image_size_error","input":"https://a/b.png"}]}"#
    );
}

#[test]
fn what_it_cost_is_told_in_headers_and_if_asked_for_in_the_body() {
    let served = served("aimlapi", &[("completed_meta", "on")]);
    let reply = polled(&served, Phase::Succeeded);
    assert_eq!(body(&reply)["meta"].to_string(), r#"{"usage":{"credits_used":315000,"usd_spent":0.1575}}"#);
    assert_eq!(header(&reply, "x-aimlapi-credits-used"), Some("315000"));
    assert_eq!(header(&reply, "x-aimlapi-usd-spent"), Some("0.157500000"));
    let members: Vec<&String> = body(&reply).as_object().unwrap().keys().collect();
    assert_eq!(members, ["id", "status", "video", "meta"]);
    for phase in [Phase::Queued, Phase::Running, Phase::Cancelled] {
        let reply = polled(&served, phase);
        assert_eq!(header(&reply, "x-aimlapi-credits-used"), None);
        assert_eq!(body(&reply).get("meta"), None);
    }
}

#[test]
fn an_unknown_price_is_left_out() {
    let served = served("aimlapi", &[("completed_meta", "on"), ("submit_meta", "on")]);
    let mut job = served.job(STANDARD, Phase::Succeeded, &Value::Null);
    job.price = None;
    let reply = served.dialect().job(&served.exchange("GET", POLL), &job);
    assert_eq!(body(&reply).get("meta"), None);
    assert_eq!(header(&reply, "x-aimlapi-usd-spent"), None);
}

#[test]
fn the_inference_id_is_the_jobs_and_the_callers_request_id_is_repeated() {
    let served = served("aimlapi", &[]).with_header("x-client-request-id", "a.B:9_-");
    let reply = polled(&served, Phase::Queued);
    assert_eq!(header(&reply, "x-inference-id"), Some("HHHHHHHHHHHHHHHHHHHHH"));
    assert_eq!(header(&reply, "x-client-request-id"), Some("a.B:9_-"));
    let job = served.job(STANDARD, Phase::Queued, &Value::Null);
    let reply = served.dialect().submitted(&served.exchange("POST", SUBMIT), &job);
    assert_eq!(header(&reply, "x-inference-id"), Some("HHHHHHHHHHHHHHHHHHHHH"));
}

#[test]
fn a_request_id_of_another_form_is_ignored() {
    for (bad, why) in [("", "empty"), ("a b", "a blank"), ("ä", "no ASCII"), (&"a".repeat(129), "129 long")]
    {
        let served = served("aimlapi", &[]).with_header("x-client-request-id", bad);
        assert_eq!(header(&polled(&served, Phase::Queued), "x-client-request-id"), None, "{why}");
    }
    let served = served("aimlapi", &[]).with_header("x-client-request-id", &"a".repeat(128));
    assert!(header(&polled(&served, Phase::Queued), "x-client-request-id").is_some());
}

#[test]
fn every_form_of_id_can_be_chosen() {
    let minted = |form: &str| {
        let served = served("aimlapi", &[("id_form", form)]);
        served.dialect().job_id(served.model(MIRRORED), [9; 32])
    };
    assert_eq!(minted("nanoid"), "JJJJJJJJJJJJJJJJJJJJJ");
    assert_eq!(
        minted("uuid_model"),
        "09090909-0909-4909-8909-090909090909:kling-video/v1.6/standard/image-to-video"
    );
    let decimal = minted("decimal");
    assert!(decimal.len() == 18 && decimal.bytes().all(|byte| byte.is_ascii_digit()), "{decimal}");
}

#[test]
fn the_models_are_listed_with_the_paths_that_serve_them() {
    let served = served("aimlapi", &[("catalogue_items", "endpoints")]);
    let reply = served.dialect().models(&served.exchange("GET", "/v1/models"));
    served.assert_promised(Operation::Models, &reply);
    let first = &body(&reply)["data"][0];
    assert_eq!(first["id"], STANDARD);
    assert_eq!(first["endpoints"], json!([SUBMIT, "/v2/generate/video/kling/generation"]));
    assert_eq!(body(&reply)["data"].as_array().unwrap().len(), served.contract().models.len());
    assert!(served.contract().operations[&Operation::Models].checks.is_empty(), "no key is needed");
}

#[test]
fn every_value_of_every_option_makes_a_contract_whose_answers_keep_it() {
    let plain = served("aimlapi", &[]);
    for (name, fact) in &plain.contract().options {
        for value in &fact.values {
            let served = served("aimlapi", &[(name, value)]);
            for phase in Phase::ALL {
                polled(&served, phase);
            }
            for model in served.contract().models.values() {
                Checker::new(model.request.clone()).unwrap();
            }
        }
    }
}
