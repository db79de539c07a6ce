//! The maker's rules behind every vendor: by default they fail the job, and one switch has them refused at once.
//!
//! Rows are those of "Upstream rules worth enforcing" on the maker's page.

use mockreel_emulator::ImageBreach;
use serde_json::{Value, json};

use super::Visit;
use crate::support::{Answer, quiet};

const V1_STANDARD: &str = "kling-video/v1/standard/image-to-video";
const V1_6_PRO: &str = "kling-video/v1.6/pro/image-to-video";
const V1_TEXT: &str = "kling-video/v1/standard/text-to-video";

/// A request that one of the maker's rules forbids.
struct Forbidden {
    vendor: &'static str,
    path: &'static str,
    body: Value,
    /// What the failure says, where the page has the words.
    text: Option<&'static str>,
}

fn aimlapi(model: &str, members: &Value, text: Option<&'static str>) -> Forbidden {
    let mut body = json!({"model": model, "prompt": "waves"});
    if model.ends_with("image-to-video") {
        body["image_url"] = "https://example.com/first.png".into();
    }
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    Forbidden { vendor: "aimlapi", path: "/v2/video/generations", body, text }
}

const IMAGE: &str = "https://example.com/other.png";

fn simple(values: &Value) -> Value {
    json!({"type": "simple", "config": values})
}

// Rules 4 to 6.
fn forbidden() -> Vec<Forbidden> {
    let tail = json!({ "tail_image_url": IMAGE });
    let with_tail = |other: Value| {
        let mut both = tail.clone();
        both.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        both
    };
    let masks = json!([{"mask": IMAGE, "trajectories": [{"x": 1, "y": 1}, {"x": 2, "y": 2}]}]);
    vec![
        // Rule 4: the last frame of v1 is for five seconds, and the maker names the combination.
        aimlapi(
            V1_STANDARD,
            &with_tail(json!({"duration": 10})),
            Some("model/mode/duration(kling-v1/std/10) is not supported with image_tail"),
        ),
        aimlapi(
            "kling-video/v1/pro/image-to-video",
            &with_tail(json!({"duration": "10"})),
            Some("model/mode/duration(kling-v1/pro/10) is not supported with image_tail"),
        ),
        // Rule 4: brushes are not for 1.6, and on v1 for five seconds.
        aimlapi(
            V1_6_PRO,
            &json!({ "static_mask": IMAGE }),
            Some("kling-v1-6 is not supported with motion brush"),
        ),
        aimlapi(
            V1_6_PRO,
            &json!({ "dynamic_masks": masks }),
            Some("kling-v1-6 is not supported with motion brush"),
        ),
        aimlapi(V1_STANDARD, &json!({"static_mask": IMAGE, "duration": 10}), None),
        // Rule 4: movements of the camera are not for images of v1 and 1.6, nor for text of ten seconds.
        aimlapi(V1_STANDARD, &json!({"camera_control": {"type": "down_back"}}), None),
        aimlapi(V1_6_PRO, &json!({"camera_control": simple(&json!({"zoom": 1}))}), None),
        aimlapi(V1_TEXT, &json!({"camera_control": "forward_up", "duration": 10}), None),
        // Rule 5: last frame, masks and camera exclude each other.
        aimlapi(V1_STANDARD, &with_tail(json!({ "static_mask": IMAGE })), None),
        aimlapi(V1_STANDARD, &with_tail(json!({ "dynamic_masks": masks })), None),
        aimlapi(V1_6_PRO, &with_tail(json!({"camera_control": {"type": "forward_up"}})), None),
        aimlapi(V1_STANDARD, &json!({"static_mask": IMAGE, "camera_control": {"type": "forward_up"}}), None),
        // Rule 6: a simple movement has exactly one value.
        aimlapi(V1_STANDARD, &json!({"camera_control": simple(&json!({"zoom": 1, "pan": -1}))}), None),
        aimlapi(V1_STANDARD, &json!({"camera_control": simple(&json!({"zoom": 0}))}), None),
        // Rule 5 through 302.AI, whose movements have other names.
        Forbidden {
            vendor: "302ai",
            path: "/klingai/m2v_img2video_hq",
            body: json!({"input_image": IMAGE, "tail_image": IMAGE, "camera_type": "zoom", "camera_value": "5"}),
            text: None,
        },
    ]
}

/// The id in an answer to a submit.
fn id(answer: &Answer) -> String {
    let body = answer.json();
    let found =
        ["/id", "/request_id", "/data/task/id"].iter().find_map(|place| body.pointer(place)?.as_str());
    found.unwrap_or_else(|| panic!("no id in {body}")).to_owned()
}

fn poll(vendor: &str, id: &str) -> String {
    match vendor {
        "gmicloud" => format!("/api/v1/ie/requestqueue/apikey/requests/{id}"),
        "302ai" => format!("/klingai/task/{id}/fetch"),
        _ => format!("/v2/video/generations?generation_id={id}"),
    }
}

/// Lets a job end, and answers the vendor's word for how it stands then, and why it failed.
async fn ended(visit: &Visit, id: &str) -> (Value, String) {
    visit.finish(id).await;
    let answer = visit.get(&poll(visit.vendor, id)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    let first = |places: &[&str]| places.iter().find_map(|place| body.pointer(place)).cloned();
    let why = first(&["/error/message", "/outcome/error", "/data/message"]).unwrap_or_default();
    // The proxied envelope has a status of its own, which says nothing about the task.
    let word = first(&["/data/status", "/status"]).expect("a status");
    (word, why.as_str().unwrap_or_default().to_owned())
}

/// The control API's word for where a job stands.
async fn phase(visit: &Visit, id: &str) -> Value {
    visit.order(&format!("jobs/{id}")).await["phase"].clone()
}

#[tokio::test]
async fn what_the_maker_forbids_is_taken_and_fails() {
    let [aimlapi, ai302] = [Visit::to("aimlapi").await, Visit::to("302ai").await];
    for Forbidden { vendor, path, body, text } in forbidden() {
        let visit = if vendor == "302ai" { &ai302 } else { &aimlapi };
        let answer = visit.post(path, &body).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.text());
        let id = id(&answer);
        assert_eq!(phase(visit, &id).await, "queued", "{body}");
        let (_, said) = ended(visit, &id).await;
        assert_eq!(phase(visit, &id).await, "failed", "{body}");
        if let Some(text) = text {
            assert_eq!(said, text, "{body}");
        }
    }
}

#[tokio::test]
async fn one_switch_has_it_refused_at_once() {
    let strict = || quiet().image_breach(ImageBreach::Submit);
    let [aimlapi, ai302] = [Visit::at("aimlapi", strict()).await, Visit::at("302ai", strict()).await];
    for Forbidden { vendor, path, body, text } in forbidden() {
        let visit = if vendor == "302ai" { &ai302 } else { &aimlapi };
        let answer = visit.post(path, &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        if let Some(text) = text {
            let message = answer.json()["message"].as_str().unwrap().to_owned();
            assert_eq!(message, format!("Body validation error\n{text}"));
        }
    }
}

// Rules 4 to 6, the other side: what the map offers succeeds.
#[tokio::test]
async fn what_the_maker_offers_succeeds() {
    let visit = Visit::to("aimlapi").await;
    let tail = |duration: u32| json!({"tail_image_url": IMAGE, "duration": duration});
    for offered in [
        aimlapi(V1_STANDARD, &tail(5), None),
        aimlapi(V1_6_PRO, &tail(5), None),
        aimlapi(V1_6_PRO, &tail(10), None),
        aimlapi(V1_STANDARD, &json!({ "static_mask": IMAGE }), None),
        aimlapi(V1_TEXT, &json!({"camera_control": "forward_up"}), None),
        aimlapi(
            V1_TEXT,
            &json!({"advanced_camera_control": {"movement_type": "pan", "movement_value": 3}}),
            None,
        ),
        aimlapi(V1_STANDARD, &json!({"duration": 10}), None),
    ] {
        let answer = visit.post(offered.path, &offered.body).await;
        let (status, _) = ended(&visit, &id(&answer)).await;
        assert_eq!(status, "completed", "{}", offered.body);
    }
    let visit = Visit::to("302ai").await;
    for (path, members) in [
        ("/klingai/m2v_img2video_hq", json!({ "tail_image": IMAGE })),
        ("/klingai/m2v_img2video_hq_10s", json!({ "tail_image": IMAGE })),
        ("/klingai/m2v_img2video_hq", json!({"camera_type": "zoom", "camera_value": "5"})),
        ("/klingai/m2v_img2video_hq", json!({"tail_image": IMAGE, "camera_type": "empty"})),
        (
            "/klingai/m2v_img2video_hq",
            json!({"tail_image": IMAGE, "camera_type": "zoom", "camera_value": "0"}),
        ),
        // A conflict of the documents, left open: the page offers movements on Rapid, the maker does not.
        ("/klingai/m2v_15_img2video", json!({"camera_type": "pan", "camera_value": "-3"})),
    ] {
        let mut body = json!({ "input_image": IMAGE });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let answer = visit.post(path, &body).await;
        assert_eq!(ended(&visit, &id(&answer)).await.0, 99, "{path} {body}");
    }
}

// Rule 5 of the maker's request table: a mask has the size of its image, else the task fails.
#[tokio::test]
async fn a_mask_of_another_ratio_fails_the_job() {
    let visit = Visit::to("aimlapi").await;
    let masks = |name: &str| {
        let mask = visit.image(name);
        let painted = json!([{"mask": mask, "trajectories": [{"x": 1, "y": 1}, {"x": 2, "y": 2}]}]);
        [json!({ "static_mask": mask }), json!({ "dynamic_masks": painted })]
    };
    for (name, word) in [("mask.png", "completed"), ("square.jpg", "error"), ("portrait.png", "error")] {
        for members in masks(name) {
            let mut body = aimlapi(V1_STANDARD, &members, None).body;
            body["image_url"] = visit.image("landscape.jpg").into();
            let answer = visit.post("/v2/video/generations", &body).await;
            assert_eq!(ended(&visit, &id(&answer)).await.0, word, "{members}");
        }
    }
}

/// A submit of each vendor whose prompt the maker's moderation does not like.
fn disliked() -> [(&'static str, &'static str, Value); 3] {
    let prompt = "a cat [mock:fail=moderation]";
    [
        (
            "gmicloud",
            "/api/v1/ie/requestqueue/apikey/requests",
            json!({"model": "Kling-Image2Video-V1.6-Standard", "payload": {"prompt": prompt, "image": IMAGE}}),
        ),
        (
            "aimlapi",
            "/v2/video/generations",
            aimlapi(V1_6_PRO, &json!({"prompt": prompt, "image_url": IMAGE}), None).body,
        ),
        ("302ai", "/klingai/m2v_15_img2video", json!({"prompt": prompt, "input_image": IMAGE})),
    ]
}

// Rule 7: an asynchronous failure; 302.AI's words for it are not public, so only that there are some.
#[tokio::test]
async fn moderation_fails_the_job() {
    for (vendor, path, body) in disliked() {
        let visit = Visit::to(vendor).await;
        let answer = visit.post(path, &body).await;
        assert_eq!(answer.status, 200, "{vendor}: {}", answer.text());
        let (status, text) = ended(&visit, &id(&answer)).await;
        match vendor {
            "gmicloud" => assert_eq!((&status, text.as_str()), (&json!("failed"), MODERATED)),
            "aimlapi" => assert_eq!((&status, text.as_str()), (&json!("error"), MODERATED)),
            _ => assert!(status == 50 && !text.is_empty()),
        }
    }
}

const MODERATED: &str = "Failure to pass the risk control system";

// Rule 7 with the switch.
#[tokio::test]
async fn moderation_can_refuse_the_submit() {
    for (vendor, path, body) in disliked() {
        let visit = Visit::at(vendor, quiet().image_breach(ImageBreach::Submit)).await;
        let answer = visit.post(path, &body).await;
        assert_eq!(answer.status, 400, "{vendor}: {}", answer.text());
        match vendor {
            "gmicloud" => assert!(answer.json()["error"].as_str().unwrap().contains(MODERATED)),
            "aimlapi" => assert!(answer.json()["message"].as_str().unwrap().contains(MODERATED)),
            _ => assert_eq!(answer.json()["error"]["err_code"], -10011),
        }
        assert!(visit.emulator.jobs(crate::support::KEY).list().await.is_empty());
    }
}

// Rule 1: images follow the same switch, whatever the vendor does of itself.
#[tokio::test]
async fn the_switch_moves_the_moment_of_every_image_rule() {
    for (moment, status) in [(ImageBreach::Submit, 400), (ImageBreach::Job, 200)] {
        for (vendor, path, body) in disliked() {
            let visit = Visit::at(vendor, quiet().image_breach(moment)).await;
            let small = visit.image("side-299-wide.png");
            let text = body.to_string().replace(IMAGE, &small).replace(" [mock:fail=moderation]", "");
            let answer = visit.post(path, &serde_json::from_str(&text).unwrap()).await;
            assert_eq!(answer.status, status, "{vendor}: {}", answer.text());
            if status == 200 {
                ended(&visit, &id(&answer)).await;
                assert_eq!(phase(&visit, &id(&answer)).await, "failed", "{vendor}");
            }
        }
    }
}
