//! Answers about a generation: the rows on routes, submits, ids, polls and statuses.

use serde_json::{Value, json};

use super::{
    LEGACY, UNIVERSAL, V1_6_PRO, V1_6_STANDARD, V1_STANDARD, assert_refused, body, body_with, is_nanoid,
    poll, stepwise, submitted,
};
use crate::support::{Caller, KEY, quiet};
use crate::vendors::{Visit, assert_whole, is_uuid, names};

// Row "POST ok".
#[tokio::test]
async fn a_submit_is_answered_with_an_id_and_a_status() {
    let visit = Visit::to("aimlapi").await;
    for path in [UNIVERSAL, LEGACY] {
        let answer = visit.post(path, &body(&visit, V1_6_PRO)).await;
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        assert!(is_nanoid(&id), "{id}");
        assert_whole(&answer, 200, &format!(r#"{{"id":"{id}","status":"queued"}}"#));
        assert_eq!(answer.header("x-inference-id"), Some(id.as_str()));
        assert!(answer.header("content-type").unwrap().starts_with("application/json"));
    }
}

// Row "routes": two paths, one store.
#[tokio::test]
async fn both_paths_know_the_same_generations() {
    let visit = Visit::to("aimlapi").await;
    for (submit, other) in [(UNIVERSAL, LEGACY), (LEGACY, UNIVERSAL)] {
        let answer = visit.post(submit, &body(&visit, V1_STANDARD)).await;
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        let here = visit.get(&format!("{submit}?generation_id={id}")).await;
        let there = visit.get(&format!("{other}?generation_id={id}")).await;
        assert_eq!((here.status, here.text()), (200, there.text()));
    }
}

// Row "routes": the further paths of three files.
#[tokio::test]
async fn further_paths_are_an_option() {
    let shut = Visit::to("aimlapi").await;
    let open = Visit::with("aimlapi", "alias_paths", "on").await;
    for path in ["/v1/video/generations", "/video/generations"] {
        let answer = shut.post(path, &body(&shut, V1_STANDARD)).await;
        assert_refused(&answer, 404, path, &format!("Cannot POST {path}"));
        let answer = open.post(path, &body(&open, V1_STANDARD)).await;
        assert_eq!(answer.status, 200);
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(open.get(&poll(&id)).await.status, 200);
    }
}

// Rows "GET ok" and "statuses": only the members that apply, and no way back.
#[tokio::test]
async fn a_generation_goes_from_queued_through_generating_to_completed() {
    let visit = stepwise().await;
    let id = submitted(&visit, &body(&visit, V1_6_PRO)).await;
    assert_whole(&visit.get(&poll(&id)).await, 200, &format!(r#"{{"id":"{id}","status":"queued"}}"#));
    visit.start(&id).await;
    assert_whole(&visit.get(&poll(&id)).await, 200, &format!(r#"{{"id":"{id}","status":"generating"}}"#));
    visit.emulator.jobs(KEY).succeed(&id).await.unwrap();
    let answer = visit.get(&poll(&id)).await;
    let url = answer.json()["video"]["url"].as_str().unwrap().to_owned();
    let whole = format!(r#"{{"id":"{id}","status":"completed","video":{{"url":"{url}"}}}}"#);
    assert_whole(&answer, 200, &whole);
    visit.wait(3600).await;
    assert_whole(&visit.get(&poll(&id)).await, 200, &whole);
    assert!(url.starts_with(&visit.emulator.base()), "{url} leads outside");
    let video = Caller::without_key().get(&url).await;
    assert_eq!((video.status, video.header("content-type")), (200, Some("video/mp4")));
}

// Section 3.2: the addresses of results expire thirty days after the run.
#[tokio::test]
async fn the_address_of_a_video_expires_after_thirty_days() {
    let visit = Visit::to("aimlapi").await;
    let id = submitted(&visit, &body(&visit, V1_STANDARD)).await;
    visit.finish(&id).await;
    let url = visit.get(&poll(&id)).await.json()["video"]["url"].as_str().unwrap().to_owned();
    visit.wait(30 * 24 * 3600 - 1).await;
    assert_eq!(visit.caller.get(&url).await.status, 200);
    visit.wait(1).await;
    assert_eq!(visit.caller.get(&url).await.status, 403);
    assert_eq!(visit.get(&poll(&id)).await.json()["status"], "completed");
}

// Row "GET ok" and section 3.3: the documented form of a failure, the one observed, and bare text.
#[tokio::test]
async fn a_failed_generation_says_why_in_the_form_that_is_chosen() {
    let text = "Failure to pass the risk control system";
    for shape in ["named", "detail", "text"] {
        let visit = Visit::with("aimlapi", "error_shape", shape).await;
        let failing = body_with(&visit, V1_6_PRO, &json!({"prompt": "[mock:fail=moderation]"}));
        let id = submitted(&visit, &failing).await;
        visit.finish(&id).await;
        let answer = visit.get(&poll(&id)).await;
        assert_eq!(
            (answer.status, answer.members()),
            (200, vec!["id".into(), "status".into(), "error".into()])
        );
        let answer = answer.json();
        assert_eq!(answer["status"], "error");
        let error = &answer["error"];
        match shape {
            "named" => {
                assert_eq!((names(error), &error["message"]), (vec!["name", "message"], &json!(text)));
                assert!(error["name"].as_str().unwrap().ends_with("Error"));
            }
            "detail" => {
                assert_eq!(names(error), ["detail"]);
                let finding = &error["detail"][0];
                assert_eq!(names(finding), ["loc", "msg", "type", "input"]);
                assert_eq!((&finding["loc"], &finding["msg"]), (&json!(["body", "image_url"]), &json!(text)));
                assert_eq!(finding["input"], failing["image_url"]);
            }
            _ => assert_eq!(error, text),
        }
    }
}

// Row "GET unknown id" and proposals 2, 8 and 14.
#[tokio::test]
async fn an_unknown_or_foreign_generation_is_not_found() {
    let visit = Visit::to("aimlapi").await;
    let id = submitted(&visit, &body(&visit, V1_STANDARD)).await;
    for (unknown, sent) in
        [("NVOeetazzu2Xlca6ghTMx", "NVOeetazzu2Xlca6ghTMx"), ("nothing", "nothing"), ("a:b/c", "a%3Ab%2Fc")]
    {
        let path = format!("{UNIVERSAL}?generation_id={sent}");
        assert_eq!(poll(unknown), path);
        assert_refused(&visit.get(&path).await, 404, &path, "Not Found");
    }
    let answer = Caller::with_key("another-key").get(&visit.url(&poll(&id))).await;
    assert_refused(&answer, 404, &poll(&id), "Not Found");
    assert_eq!(visit.get(&poll(&id)).await.status, 200);
}

// Row "id": the forms of three years.
#[tokio::test]
async fn ids_have_the_form_that_is_chosen() {
    for form in ["nanoid", "uuid_model", "decimal"] {
        let visit = Visit::with("aimlapi", "id_form", form).await;
        let id = submitted(&visit, &body(&visit, V1_6_STANDARD)).await;
        match form {
            "nanoid" => assert!(is_nanoid(&id), "{id}"),
            "decimal" => assert!(id.len() == 18 && id.bytes().all(|digit| digit.is_ascii_digit()), "{id}"),
            _ => {
                let (uuid, model) = id.split_once(':').unwrap();
                assert!(is_uuid(uuid) && model == V1_6_STANDARD, "{id}");
            }
        }
        let answer = visit.get(&poll(&id)).await;
        assert_whole(&answer, 200, &format!(r#"{{"id":"{id}","status":"queued"}}"#));
        // Only a colon and slashes are in it, and both may stand in a query as they are.
        assert_eq!(visit.get(&format!("{UNIVERSAL}?generation_id={id}")).await.text(), answer.text());
    }
}

// Section 3.1: from September to November 2025 a submit said what it would cost.
#[tokio::test]
async fn what_a_generation_costs_can_be_told_in_meta() {
    let usage = async |visit: Visit| {
        let answer = visit.post(UNIVERSAL, &body(&visit, V1_STANDARD)).await.json();
        let id = answer["id"].as_str().unwrap().to_owned();
        visit.finish(&id).await;
        [answer, visit.get(&poll(&id)).await.json()].map(|body| body["meta"]["usage"].clone())
    };
    assert_eq!(usage(Visit::to("aimlapi").await).await, [Value::Null, Value::Null]);
    let told = json!({"credits_used": 315_000, "usd_spent": 0.1575});
    let visit = Visit::with("aimlapi", "submit_meta", "on").await;
    assert_eq!(usage(visit).await, [told.clone(), Value::Null]);
    let visit = Visit::with("aimlapi", "completed_meta", "on").await;
    assert_eq!(usage(visit).await, [Value::Null, told]);
    for name in ["credits_used", "tokens_used"] {
        let builder = crate::support::quiet().option("aimlapi", "completed_meta", "on").option(
            "aimlapi",
            "usage_members",
            name,
        );
        assert_eq!(usage(Visit::at("aimlapi", builder).await).await[1], json!({ name: 315_000 }));
    }
}

// Section 3.2: one log of July 2025 tells the file's type and name.
#[tokio::test]
async fn a_video_can_be_told_with_type_and_name() {
    let visit = Visit::with("aimlapi", "video_members", "file").await;
    let id = submitted(&visit, &body(&visit, V1_STANDARD)).await;
    visit.finish(&id).await;
    let video = visit.get(&poll(&id)).await.json()["video"].clone();
    assert_eq!(names(&video)[..3], ["url", "content_type", "file_name"]);
    assert_eq!((&video["content_type"], &video["file_name"]), (&json!("video/mp4"), &json!("output.mp4")));
}

// Section 5: a list of models, without a key.
#[tokio::test]
async fn the_list_of_models_needs_no_key() {
    let visit = Visit::to("aimlapi").await;
    let answer = Caller::without_key().get(&visit.url("/v1/models")).await;
    assert_eq!(answer.status, 200);
    let ids: Vec<String> = answer.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| format!("'{}'", model["id"].as_str().unwrap()))
        .collect();
    assert_eq!(ids.join(" | "), super::MODELS);
    for model in answer.json()["data"].as_array().unwrap() {
        assert_eq!(model["endpoints"], json!(null), "the catalogue of August 2026 names no paths");
    }
    let visit = Visit::at("aimlapi@2026-06-12", quiet()).await;
    let answer = Caller::without_key().get(&visit.url("/v1/models")).await;
    for model in answer.json()["data"].as_array().unwrap() {
        assert!(model["endpoints"].as_array().unwrap().contains(&json!(UNIVERSAL)));
    }
}
