//! Answers about a request: rows 2 and 5 to 10.

use mockreel_contracts::FailureReason;
use mockreel_emulator::Progress;
use reqwest::Method;
use serde_json::{Value, json};

use super::{QUEUE, STANDARD, payload, payload_with, request, requests, stepwise, submitted};
use crate::support::{Caller, KEY, quiet};
use crate::vendors::{START, Visit, assert_whole, is_uuid, names};

/// The members of a record, in the order on the wire.
const MEMBERS: [&str; 11] = [
    "request_id",
    "org_id",
    "user_id",
    "model",
    "status",
    "is_public",
    "payload",
    "outcome",
    "created_at",
    "updated_at",
    "queued_at",
];

// Row 5.
#[tokio::test]
async fn a_submit_is_answered_with_six_members_in_order() {
    let visit = Visit::to("gmicloud").await;
    let answer = visit.post(&requests(), &json!({"model": STANDARD, "payload": payload(&visit)})).await;
    let id = answer.json()["request_id"].as_str().unwrap().to_owned();
    assert!(is_uuid(&id), "{id}");
    assert_whole(
        &answer,
        200,
        &format!(
            r#"{{"request_id":"{id}","model":"{STANDARD}","status":"queued","created_at":{START},"updated_at":{START},"queued_at":{START}}}"#
        ),
    );
}

// Row 5: the words of one real sample and of the vendor's kit.
#[tokio::test]
async fn the_first_status_is_an_option() {
    for word in ["queued", "dispatched", "created"] {
        let visit = Visit::with("gmicloud", "first_status", word).await;
        let answer = visit.post(&requests(), &json!({"model": STANDARD, "payload": payload(&visit)})).await;
        assert_eq!(answer.json()["status"], word);
        assert_eq!(
            answer.members(),
            ["request_id", "model", "status", "created_at", "updated_at", "queued_at"]
        );
    }
}

// Row 5: a synchronous model has payload and outcome after the status.
#[tokio::test]
async fn a_submit_can_be_answered_with_the_finished_request() {
    let visit = Visit::with("gmicloud", "first_status", "success").await;
    let answer = visit.post(&requests(), &json!({"model": STANDARD, "payload": payload(&visit)})).await;
    assert_eq!(
        answer.members(),
        ["request_id", "model", "status", "payload", "outcome", "created_at", "updated_at", "queued_at"]
    );
    let body = answer.json();
    assert_eq!((&body["status"], &body["payload"]), (&json!("success"), &payload(&visit)));
    let record = visit.get(&request(body["request_id"].as_str().unwrap())).await.json();
    assert_eq!((&record["status"], &record["outcome"]), (&json!("success"), &body["outcome"]));
    let video = Caller::without_key().get(body["outcome"]["media_urls"][0]["url"].as_str().unwrap()).await;
    assert_eq!(video.status, 200);
}

// Row 5: a request that is held is not called finished.
#[tokio::test]
async fn a_submit_that_cannot_finish_is_not_answered_as_if_it_had() {
    let visit = Visit::with("gmicloud", "first_status", "success").await;
    let mut held = payload(&visit);
    held["prompt"] = json!("[mock:stuck]");
    let answer = visit.post(&requests(), &json!({"model": STANDARD, "payload": held})).await;
    let body = answer.json();
    assert_eq!((&body["status"], body.get("outcome")), (&json!("queued"), None), "{body}");
}

// Row 6: to the byte, with what was sent sorted inside and nothing filled in.
#[tokio::test]
async fn a_record_repeats_the_payload_sorted_and_without_defaults() {
    let visit = stepwise().await;
    let image = visit.image("landscape.jpg");
    let sent = format!(
        r#"{{"model":"{STANDARD}","payload":{{"prompt":"waves","zebra":{{"b":[{{"y":null,"x":1}}],"a":"5"}},"image":"{image}","duration":10,"aspect_ratio":"7:1"}}}}"#
    );
    let asked =
        visit.request(Method::POST, &requests()).header("content-type", "application/json").body(sent);
    let id = visit.send(asked).await.json()["request_id"].as_str().unwrap().to_owned();
    let answer = visit.get(&request(&id)).await;
    let body = answer.json();
    assert_eq!(answer.members(), MEMBERS);
    let [org, user] = [body["org_id"].as_str().unwrap(), body["user_id"].as_str().unwrap()];
    assert!(is_uuid(org) && is_uuid(user) && org != user, "{org} {user}");
    assert_whole(
        &answer,
        200,
        &format!(
            r#"{{"request_id":"{id}","org_id":"{org}","user_id":"{user}","model":"{STANDARD}","status":"queued","is_public":false,"payload":{{"aspect_ratio":"7:1","duration":10,"image":"{image}","prompt":"waves","zebra":{{"a":"5","b":[{{"x":1,"y":null}}]}}}},"outcome":null,"created_at":{START},"updated_at":{START},"queued_at":{START}}}"#
        ),
    );
}

// Row 6: the text is observed; ids that are no UUID are as unknown as others, and so are somebody else's.
#[tokio::test]
async fn an_unknown_or_foreign_request_is_not_found() {
    let visit = Visit::to("gmicloud").await;
    let id = submitted(&visit, &payload(&visit)).await;
    for unknown in ["5a7a5466-7948-47d8-8578-cff4b9581feb", "nothing", "%20", "a%2Fb", &id[1..]] {
        assert_whole(&visit.get(&request(unknown)).await, 404, r#"{"error":"Request not found"}"#);
    }
    let stranger = Caller::with_key("another-key");
    let answer = stranger.get(&visit.url(&request(&id))).await;
    assert_whole(&answer, 404, r#"{"error":"Request not found"}"#);
    assert_whole(&stranger.get(&visit.url(&requests())).await, 200, r#"{"requests":[],"total":0}"#);
    assert_eq!(visit.get(&request(&id)).await.status, 200);
}

// Row 7: five words by default; `updated_at` moves only when something changes.
#[tokio::test]
async fn a_request_goes_from_queued_through_processing_to_its_end() {
    let visit = stepwise().await;
    let id = submitted(&visit, &payload(&visit)).await;
    let look = async || {
        let record = visit.get(&request(&id)).await.json();
        assert_eq!(names(&record), MEMBERS);
        assert_eq!((record["created_at"].as_u64(), record["queued_at"].as_u64()), (Some(START), Some(START)));
        (record["status"].as_str().unwrap().to_owned(), record["updated_at"].as_u64().unwrap() - START)
    };
    visit.wait(10).await;
    assert_eq!(look().await, ("queued".to_owned(), 0));
    visit.start(&id).await;
    visit.wait(20).await;
    assert_eq!(look().await, ("processing".to_owned(), 10));
    visit.emulator.jobs(KEY).succeed(&id).await.unwrap();
    visit.wait(40).await;
    assert_eq!(look().await, ("success".to_owned(), 30));
    assert_eq!(look().await, ("success".to_owned(), 30));
}

// Row 7: the other two endings.
#[tokio::test]
async fn a_request_can_end_failed_or_cancelled() {
    let visit = stepwise().await;
    let [failing, cancelled] =
        [submitted(&visit, &payload(&visit)).await, submitted(&visit, &payload(&visit)).await];
    visit.emulator.jobs(KEY).fail(&failing, FailureReason::Timeout).await.unwrap();
    visit.emulator.jobs(KEY).cancel(&cancelled).await.unwrap();
    assert_eq!(visit.get(&request(&failing)).await.json()["status"], "failed");
    let record = visit.get(&request(&cancelled)).await;
    assert_eq!(record.members(), MEMBERS);
    assert_eq!(record.json()["status"], "cancelled");
}

// Row 7: whatever words the options choose, a request never seems to go back.
#[tokio::test]
async fn the_words_of_a_request_never_go_back() {
    let order = ["created", "queued", "dispatched", "processing", "success"];
    for first in ["created", "queued", "dispatched"] {
        for running in ["processing", "dispatched"] {
            let builder = quiet().progress(Progress::Step).option("gmicloud", "first_status", first).option(
                "gmicloud",
                "running_status",
                running,
            );
            let visit = Visit::at("gmicloud", builder).await;
            let body = json!({"model": STANDARD, "payload": payload(&visit)});
            let answer = visit.post(&requests(), &body).await.json();
            let id = answer["request_id"].as_str().unwrap().to_owned();
            let mut words = vec![answer["status"].clone()];
            words.push(visit.get(&request(&id)).await.json()["status"].clone());
            visit.start(&id).await;
            words.push(visit.get(&request(&id)).await.json()["status"].clone());
            visit.emulator.jobs(KEY).succeed(&id).await.unwrap();
            words.push(visit.get(&request(&id)).await.json()["status"].clone());
            let place = |word: &Value| order.iter().position(|known| word == known).expect("a known word");
            assert!(words.iter().map(place).is_sorted(), "{words:?}");
            assert_eq!(
                (&words[0], &words[2], &words[3]),
                (&json!(first), &json!(running), &json!("success"))
            );
        }
    }
}

// Row 8: the shape of 2026, of 2025, and both.
#[tokio::test]
async fn a_finished_request_names_its_video_in_the_shape_that_is_chosen() {
    for (shape, members) in [
        ("media_urls", vec!["media_urls", "thumbnail_image_url"]),
        ("video_url", vec!["thumbnail_image_url", "video_url"]),
        ("both", vec!["media_urls", "thumbnail_image_url", "video_url"]),
    ] {
        let visit = Visit::with("gmicloud", "result_shape", shape).await;
        let id = submitted(&visit, &payload(&visit)).await;
        assert_eq!(visit.get(&request(&id)).await.json()["outcome"], Value::Null);
        visit.finish(&id).await;
        let outcome = visit.get(&request(&id)).await.json()["outcome"].clone();
        assert_eq!(names(&outcome), members, "{shape}");
        let cover = outcome["thumbnail_image_url"].as_str().unwrap();
        if shape == "video_url" {
            assert_eq!(outcome["video_url"], cover);
            continue;
        }
        let url = outcome["media_urls"][0]["url"].as_str().unwrap();
        assert_eq!(outcome["media_urls"].to_string(), format!(r#"[{{"id":"0","url":"{url}"}}]"#));
        let image = Caller::without_key().get(cover).await;
        assert_eq!((image.status, image.header("content-type")), (200, Some("image/jpeg")));
    }
}

// Row 8: plain public objects.
#[tokio::test]
async fn a_video_needs_no_signature_no_key_and_tells_browsers_nothing() {
    let visit = Visit::to("gmicloud").await;
    let id = submitted(&visit, &payload(&visit)).await;
    visit.finish(&id).await;
    let record = visit.get(&request(&id)).await.json();
    let url = record["outcome"]["media_urls"][0]["url"].as_str().unwrap();
    assert!(!url.contains('?'), "{url}");
    visit.wait(365 * 24 * 3600).await;
    let answer = Caller::without_key().get(url).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("video/mp4")));
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

// Row 9.
#[tokio::test]
async fn a_failed_request_says_why_in_its_outcome_or_at_the_top() {
    let text = "Failure to pass the risk control system";
    for (place, inside, top) in [("outcome", true, false), ("both", true, true), ("top", false, true)] {
        let visit = Visit::with("gmicloud", "failed_error", place).await;
        let id = submitted(&visit, &payload_with(&visit, &json!({"prompt": "[mock:fail=moderation]"}))).await;
        visit.finish(&id).await;
        let record = visit.get(&request(&id)).await.json();
        assert_eq!(record["status"], "failed");
        let expected = if inside { json!({ "error": text }) } else { Value::Null };
        assert_eq!(record["outcome"], expected, "{place}");
        assert_eq!(record.get("error"), top.then(|| json!(text)).as_ref(), "{place}");
    }
}

// Row 10.
#[tokio::test]
async fn the_list_holds_whole_records_newest_first() {
    let visit = Visit::to("gmicloud").await;
    assert_whole(&visit.get(&requests()).await, 200, r#"{"requests":[],"total":0}"#);
    let mut records = Vec::new();
    for (model, seconds) in [(STANDARD, 1), ("Kling-Image2Video-V2-Master", 1), (STANDARD, 0)] {
        let body = json!({"model": model, "payload": payload(&visit)});
        let id = visit.post(&requests(), &body).await.json()["request_id"].as_str().unwrap().to_owned();
        records.insert(0, id);
        visit.wait(seconds).await;
    }
    let listed = async |query: &str| {
        let answer = visit.get(&format!("{}{query}", requests())).await;
        assert_eq!((answer.status, answer.members()), (200, vec!["requests".into(), "total".into()]));
        let body = answer.json();
        let ids: Vec<String> = body["requests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["request_id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(body["total"], ids.len());
        ids
    };
    assert_eq!(listed("").await, records);
    assert_eq!(listed("?page_size=1&page=2&model=x&status=failed&limit=0").await, records);
    let standard = vec![records[0].clone(), records[2].clone()];
    assert_eq!(listed(&format!("?model_id={STANDARD}")).await, standard);
    assert_eq!(listed(&format!("?model_id={}", STANDARD.to_lowercase())).await, Vec::<String>::new());
    let list = visit.get(&requests()).await.json();
    for (id, record) in records.iter().zip(list["requests"].as_array().unwrap()) {
        assert_eq!(&visit.get(&request(id)).await.json(), record);
        assert_eq!(names(record), MEMBERS);
    }
}

// Row 2.
#[tokio::test]
async fn an_organisation_sees_its_own_requests_only() {
    let visit = Visit::to("gmicloud").await;
    let ours = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let theirs = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    let inside = async |method: Method, path: &str, organisation: &str, body: &Value| {
        let asked = visit.request(method, path).header("x-organization-id", organisation).json(body);
        visit.send(asked).await
    };
    let body = json!({"model": STANDARD, "payload": payload(&visit)});
    let answer = inside(Method::POST, &requests(), ours, &body).await;
    let id = answer.json()["request_id"].as_str().unwrap().to_owned();
    let none = json!({});
    let record = inside(Method::GET, &request(&id), ours, &none).await;
    assert_eq!((record.status, &record.json()["org_id"]), (200, &json!(ours)));
    let shouted = inside(Method::GET, &request(&id), &ours.to_uppercase(), &none).await;
    assert_eq!((shouted.status, &shouted.json()["org_id"]), (200, &json!(ours)));
    let listed = inside(Method::GET, &requests(), ours, &none).await.json();
    assert_eq!((listed["total"].as_u64(), &listed["requests"][0]["org_id"]), (Some(1), &json!(ours)));
    for other in [theirs, "acme", ""] {
        let answer = inside(Method::GET, &request(&id), other, &none).await;
        assert_whole(&answer, 404, r#"{"error":"Request not found"}"#);
        let listed = inside(Method::GET, &requests(), other, &none).await;
        assert_whole(&listed, 200, r#"{"requests":[],"total":0}"#);
    }
    assert_eq!(visit.get(&request(&id)).await.status, 404);
}

// Row 16: one image-to-image call echoed an empty payload.
#[tokio::test]
async fn the_payload_can_be_left_out_of_a_record() {
    let visit = Visit::with("gmicloud", "payload_echo", "empty").await;
    let id = submitted(&visit, &payload(&visit)).await;
    assert_eq!(visit.get(&request(&id)).await.json()["payload"], json!({}));
    let record = &visit.get(&format!("{QUEUE}/requests")).await.json()["requests"][0];
    assert_eq!(record["payload"], json!({}));
}
