//! Refusals: texts byte for byte, and the envelope around them.

use serde_json::{Value, json};

use super::{SUBMIT, header, json as body, served};
use crate::contract::check::intent::JobIntent;
use crate::contract::check::rules::{Checker, Rule, Violation};
use crate::operation::Operation;
use crate::problem::{KeyFault, Malformation, Place, Problem};
use crate::upstream;

const STANDARD: &str = "kling-video/v1/standard/image-to-video";
const MIRRORED: &str = "kling-video/v1.6/standard/image-to-video";
const TEXT: &str = "kling-video/v1/standard/text-to-video";

/// A good body with some members replaced.
fn with(model: &str, members: &Value) -> Value {
    let mut sent = json!({"model": model, "image_url": "https://a/b.png", "prompt": "a lighthouse"});
    for (name, value) in members.as_object().unwrap() {
        sent[name] = value.clone();
    }
    sent
}

#[test]
fn every_broken_rule_is_worded_as_the_validation_library_does() {
    let mask = |points: usize| json!([{"mask": "https://a/m.png", "trajectories": vec![json!({"x": 1, "y": 2}); points]}]);
    let cases = [
        (STANDARD, json!({"image_url": "not-a-url"}), "Invalid url"),
        (STANDARD, json!({"image_url": 5}), "Expected string, received number"),
        (STANDARD, json!({"image_url": null}), "Expected string, received null"),
        (STANDARD, json!({"tail_image_url": "iVBORw0KGgo="}), "Invalid url"),
        (STANDARD, json!({"prompt": ["x"]}), "Expected string, received array"),
        (STANDARD, json!({"duration": 7}), "Invalid enum value. Expected 5 | 10, received '7'"),
        (STANDARD, json!({"duration": 7.5}), "Invalid enum value. Expected 5 | 10, received '7.5'"),
        (STANDARD, json!({"duration": "8"}), "Invalid enum value. Expected 5 | 10, received '8'"),
        (STANDARD, json!({"duration": true}), "Expected 5 | 10, received boolean"),
        (STANDARD, json!({"duration": null}), "Expected 5 | 10, received null"),
        (STANDARD, json!({"cfg_scale": -0.1}), "Number must be greater than or equal to 0"),
        (STANDARD, json!({"cfg_scale": 1.5}), "Number must be less than or equal to 1"),
        (STANDARD, json!({"cfg_scale": "1"}), "Expected number, received string"),
        (STANDARD, json!({"dynamic_masks": mask(1)}), "Array must contain at least 2 element(s)"),
        (STANDARD, json!({"dynamic_masks": mask(78)}), "Array must contain at most 77 element(s)"),
        (STANDARD, json!({"dynamic_masks": [{"mask": "m"}]}), "Required"),
        (
            STANDARD,
            json!({"dynamic_masks": [{"mask": "m", "trajectories": [{"x": 1.5, "y": 2}, {"x": 1, "y": 2}]}]}),
            "Expected integer, received float",
        ),
        (
            STANDARD,
            json!({"dynamic_masks": [{"mask": "m", "trajectories": [{"x": "1", "y": 2}, {"x": 1, "y": 2}]}]}),
            "Expected number, received string",
        ),
        (
            STANDARD,
            json!({"camera_control": {"config": {"pan": 11}}}),
            "Number must be less than or equal to 10",
        ),
        (
            STANDARD,
            json!({"camera_control": {"type": "spin"}}),
            "Invalid enum value. Expected 'simple' | 'down_back' | 'forward_up' | 'right_turn_forward' | \
             'left_turn_forward', received 'spin'",
        ),
        (
            TEXT,
            json!({"camera_control": 3}),
            "Expected 'down_back' | 'forward_up' | 'right_turn_forward' | 'left_turn_forward', received number",
        ),
        (
            TEXT,
            json!({"aspect_ratio": "4:3"}),
            "Invalid enum value. Expected '16:9' | '9:16' | '1:1', received '4:3'",
        ),
        (
            TEXT,
            json!({"advanced_camera_control": {"movement_type": "pan", "movement_value": 0.5}}),
            "Expected integer, received float",
        ),
    ];
    let served = served("aimlapi", &[]);
    for (model, members, text) in cases {
        let message = served.message(model, &with(model, &members));
        assert_eq!(message, format!("Body validation error\n{text}"), "{members}");
    }
}

#[test]
fn lengths_are_counted_in_the_librarys_words() {
    let served = served("aimlapi", &[]);
    let worded = |rule: Rule| {
        let violations = vec![Violation::new("/prompt".to_owned(), rule, &json!(9))];
        let reply = served.refused(&Problem::Invalid { place: Place::Body, violations });
        body(&reply)["message"].as_str().unwrap().replace("Body validation error\n", "")
    };
    assert_eq!(worded(Rule::MaxLength { limit: 2500 }), "String must contain at most 2500 character(s)");
    assert_eq!(worded(Rule::MinLength { limit: 1 }), "String must contain at least 1 character(s)");
    assert_eq!(worded(Rule::Form { keyword: "pattern".to_owned() }), "Invalid input");
}

#[test]
fn several_broken_rules_are_worded_one_a_line_in_order_of_declaration() {
    let served = served("aimlapi", &[]);
    let message = served.message(MIRRORED, &json!({"model": MIRRORED, "duration": 6, "cfg_scale": 2}));
    let wanted = "Body validation error\nRequired\nRequired\n\
                  Invalid enum value. Expected 5 | 10, received '6'\nNumber must be less than or equal to 1";
    assert_eq!(message, wanted);
}

#[test]
fn a_refusal_has_the_five_members_of_the_observed_one_in_their_order() {
    let served = served("aimlapi", &[]);
    let reply = served.refused(&Problem::Unauthorized(KeyFault::Missing));
    assert_eq!(
        body(&reply).to_string(),
        concat!(
            r#"{"requestId":"HHHHHHHHHHHHHHHHHHHHH","statusCode":401,"timestamp":"2026-01-01T00:00:00.005Z","#,
            r#""path":"/v2/video/generations","message":"This request requires a valid API key. You can create a "#,
            r#"new API key on the Billing page: https://aimlapi.com/app/keys"}"#
        )
    );
    assert_eq!(reply.status, 401);
    assert_eq!(header(&reply, "x-inference-id"), None);
}

#[test]
fn every_problem_is_answered_with_its_status_and_text_inside_the_envelope() {
    let served = served("aimlapi", &[]);
    let limited = Problem::RateLimited { limit: 1, window_seconds: 60, retry_after_ms: 5, model: None };
    let cases = [
        (
            Problem::InsufficientCredits,
            403,
            "You've run out of credits. Please top up your balance or update your payment method to continue: https://aimlapi.com/app/billing/",
        ),
        (limited, 429, "Too Many Requests"),
        (Problem::ConcurrencyLimited { limit: 1 }, 429, "Too Many Requests"),
        (Problem::Forbidden, 403, "Forbidden resource"),
        (Problem::UnknownJob { id: "x".to_owned() }, 404, "Not Found"),
        (Problem::UnknownRoute { allowed: vec!["GET".to_owned()] }, 404, "Cannot POST /v2/video/generations"),
        (Problem::UpstreamError { status: 500 }, 502, "Bad Gateway"),
        (Problem::Overloaded, 503, "Service unavailable"),
        (Problem::Timeout, 504, "Generation timeout"),
        (Problem::Internal, 500, "Internal server error"),
        (Problem::TooLarge { limit_bytes: 1 }, 413, "request entity too large"),
        (Problem::Malformed(Malformation::Empty), 400, "Body validation error\nRequired"),
        (Problem::Malformed(Malformation::MediaType(None)), 400, "Body validation error\nRequired"),
        (
            Problem::Malformed(Malformation::Json("expected value at line 1 column 2".to_owned())),
            400,
            "Unexpected token in JSON: expected value at line 1 column 2",
        ),
    ];
    let shape = Checker::new(served.contract().problem_schema.clone()).unwrap();
    for (problem, status, text) in cases {
        let reply = served.refused(&problem);
        assert_eq!((reply.status, &body(&reply)["message"]), (status, &json!(text)));
        assert_eq!(body(&reply)["statusCode"], json!(status));
        assert_eq!(shape.violations(body(&reply)), []);
    }
}

#[test]
fn an_unknown_model_is_refused_with_the_list_of_those_there_are() {
    let served = served("aimlapi", &[]);
    let reply = served.refused(&Problem::UnknownModel { received: "<models>".to_owned(), in_path: false });
    let message = body(&reply)["message"].as_str().unwrap();
    assert!(
        message.starts_with(
            "Body validation error\nInvalid enum value. Expected 'kling-video/v1/standard/image-to-video' | "
        ),
        "{message}"
    );
    assert!(
        message.ends_with("'klingai/video-v3-turbo-pro-text-to-video', received '<models>'"),
        "{message}"
    );
    assert_eq!(reply.status, 400);
}

#[test]
fn a_missing_model_is_required() {
    let served = served("aimlapi", &[]);
    let message = served.message(STANDARD, &json!({"image_url": "https://a/b.png"}));
    assert_eq!(message, "Body validation error\nRequired");
}

#[test]
fn a_poll_without_an_id_breaks_the_query_and_the_path_keeps_it() {
    let served = served("aimlapi", &[]);
    let query = Checker::new(served.contract().operations[&Operation::Poll].query.clone().unwrap()).unwrap();
    for (sent, target, text) in [
        (json!({}), SUBMIT, "Query validation error\nRequired"),
        (
            json!({"generation_id": ""}),
            "/v2/video/generations?generation_id=",
            "Query validation error\nString must contain at least 1 character(s)",
        ),
    ] {
        let violations = query.violations(&sent);
        let problem = Problem::Invalid { place: Place::Query, violations };
        let reply = served.dialect().problem(&served.exchange("GET", target), &problem);
        assert_eq!((reply.status, &body(&reply)["message"]), (400, &json!(text)));
        assert_eq!(body(&reply)["path"], target);
    }
}

#[test]
fn the_findings_are_listed_when_asked_for() {
    let served = served("aimlapi", &[("validation_issues", "issues")]);
    let sent = json!({"model": STANDARD, "image_url": "https://a/b.png",
        "dynamic_masks": [{"mask": "m", "trajectories": []}], "duration": 6});
    let violations = served.violations(STANDARD, &sent);
    let reply = served.refused(&Problem::Invalid { place: Place::Body, violations });
    let members: Vec<&String> = body(&reply).as_object().unwrap().keys().collect();
    assert_eq!(members, ["requestId", "statusCode", "timestamp", "path", "message", "issues"]);
    assert_eq!(
        body(&reply)["issues"],
        json!([
            {"code": "invalid_enum_value", "path": ["duration"],
             "message": "Invalid enum value. Expected 5 | 10, received '6'"},
            {"code": "too_small", "path": ["dynamic_masks", 0, "trajectories"],
             "message": "Array must contain at least 2 element(s)"},
        ])
    );
}

#[test]
fn a_callers_request_id_comes_back_with_a_refusal_too() {
    let served = served("aimlapi", &[]).with_header("x-client-request-id", "mine");
    let reply = served.refused(&Problem::Internal);
    assert_eq!(header(&reply, "x-client-request-id"), Some("mine"));
}

#[test]
fn a_duration_may_be_text_unless_the_documented_type_is_insisted_on() {
    let lenient = served("aimlapi", &[]);
    let strict = served("aimlapi", &[("strict_duration", "on")]);
    for (duration, is_strict) in
        [(json!(5), true), (json!(10), true), (json!("5"), false), (json!("10"), false)]
    {
        let sent = with(STANDARD, &json!({"duration": duration}));
        assert!(lenient.takes(STANDARD, &sent), "{duration}");
        assert_eq!(strict.takes(STANDARD, &sent), is_strict, "{duration}");
    }
}

#[test]
fn unknown_members_are_ignored_and_only_the_mirrored_model_lacks_masks() {
    let served = served("aimlapi", &[]);
    let odd = json!({"static_mask": 5, "anything": {}});
    assert!(served.takes(MIRRORED, &with(MIRRORED, &odd)));
    assert_eq!(
        served.message(STANDARD, &with(STANDARD, &odd)),
        "Body validation error\nExpected string, received number"
    );
}

#[test]
fn the_makers_rules_reach_the_caller_as_roles_say() {
    let served = served("aimlapi", &[]);
    let contract = served.contract();
    let judged = |model: &str, members: &Value| {
        let model = served.model(model);
        let asked = JobIntent::read(model, &with(&model.id, members));
        upstream::judge(&contract.upstream.rules, model, &asked).map(|violation| violation.rule)
    };
    let broken = |model: &str, members: Value| match judged(model, &members) {
        Some(Rule::Upstream { name, .. }) => name,
        other => panic!("{members}: {other:?}"),
    };
    assert_eq!(judged(STANDARD, &json!({"static_mask": "https://a/m.png"})), None);
    assert_eq!(judged(STANDARD, &json!({"tail_image_url": "https://a/t.png"})), None);
    assert_eq!(judged(TEXT, &json!({"image_url": null, "camera_control": "down_back"})), None);
    let both = json!({"tail_image_url": "https://a/t.png", "static_mask": "https://a/m.png"});
    assert_eq!(broken(STANDARD, both), "exclusion");
    assert_eq!(broken(STANDARD, json!({"tail_image_url": "https://a/t.png", "duration": "10"})), "tail");
    let moving = json!([{"mask": "https://a/m.png", "trajectories": [{"x": 1, "y": 1}, {"x": 2, "y": 2}]}]);
    assert_eq!(broken(STANDARD, json!({"dynamic_masks": moving, "duration": 10})), "masks");
    assert_eq!(
        broken(STANDARD, json!({"camera_control": {"type": "simple", "config": {"pan": 1}}})),
        "camera"
    );
    let advanced =
        json!({"advanced_camera_control": {"movement_type": "pan", "movement_value": 1}, "duration": 10});
    assert_eq!(broken(TEXT, advanced), "camera");
}

#[test]
fn a_long_prompt_is_taken_unless_the_makers_limit_is_chosen() {
    let long = with(STANDARD, &json!({"prompt": "x".repeat(2501)}));
    for (chosen, broken) in [("off", false), ("upstream", true)] {
        let served = served("aimlapi", &[("prompt_limit", chosen)]);
        assert!(served.takes(STANDARD, &long));
        let model = served.model(STANDARD);
        let judged =
            upstream::judge(&served.contract().upstream.rules, model, &JobIntent::read(model, &long));
        assert_eq!(judged.is_some(), broken, "{chosen}");
    }
}
