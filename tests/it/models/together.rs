//! Members that need or exclude each other by the vendor's prose: such a job is accepted and fails.

use mockreel_contracts::Phase;
use mockreel_contracts::contract::views::examples::minimal;
use mockreel_emulator::ImageBreach;
use serde_json::{Value, json};

use super::{ended, instant, small, submit};
use crate::support::{Caller, KEY, quiet};

const IMAGE: &str = "https://pictures.example/one.png";

fn with(mut body: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            body.as_object_mut().unwrap().shift_remove(name);
        } else {
            body[name] = value.clone();
        }
    }
    body
}

/// A model, what is laid over its minimal body, and why it fails; without a reason it does not.
fn table() -> Vec<(&'static str, Value, Option<&'static str>)> {
    let either = Some("either prompt or multi_prompt must be provided, but not both");
    let two =
        Some("hug, kiss and heart_gesture take exactly two images, every other scene takes exactly one");
    let silent = Some("tail_image_url is not supported when generate_audio is enabled");
    let film = |count: usize| {
        let element = json!({"reference_image_urls": [IMAGE], "video_url": "https://files.example/a.mp4"});
        json!({"elements": vec![element; count]})
    };
    let v3 = "klingai/video-v3-pro-image-to-video";
    let omni = "klingai/video-v3-omni-720p-image-to-video";
    let turbo = "klingai/video-v3-turbo-pro-text-to-video";
    let effects = "klingai/kling-video-v1.6-pro-effects";
    let images = |count: usize| json!(vec![IMAGE; count]);
    vec![
        (v3, json!({"prompt": null}), either),
        (v3, json!({"multi_prompt": ["a", "b"]}), either),
        (v3, json!({"prompt": null, "multi_prompt": ["a", "b"]}), None),
        (v3, film(1), None),
        (v3, film(2), Some("only one element can have a video")),
        (v3, json!({ "tail_image_url": IMAGE }), None),
        (omni, json!({ "tail_image_url": IMAGE }), silent),
        (omni, json!({"tail_image_url": IMAGE, "generate_audio": true}), silent),
        (omni, json!({"tail_image_url": IMAGE, "generate_audio": false}), None),
        (
            turbo,
            json!({"prompt": "a", "multi_prompt": [{"prompt": "b"}]}),
            Some("prompt and multi_prompt are mutually exclusive"),
        ),
        (turbo, json!({"prompt": "a", "multi_prompt": null}), None),
        (turbo, json!({"multi_prompt": [{"prompt": "b", "duration": 1}]}), None),
        (turbo, json!({}), None),
        (effects, json!({"effect_scene": "hug"}), two),
        (effects, json!({"effect_scene": "hug", "image_url": images(1)}), two),
        (effects, json!({"effect_scene": "kiss", "image_url": images(2)}), None),
        (effects, json!({"effect_scene": "heart_gesture", "image_url": images(3)}), two),
        (effects, json!({"effect_scene": "squish", "image_url": images(1)}), None),
        (effects, json!({"effect_scene": "squish", "image_url": IMAGE}), None),
        (effects, json!({"effect_scene": "squish", "image_url": images(0)}), two),
        (effects, json!({"effect_scene": "squish", "image_url": images(2)}), two),
    ]
}

#[tokio::test]
async fn members_that_do_not_go_together_fail_the_job_and_say_why() {
    let (emulator, vendor) = instant().await;
    let caller = Caller::with_key(KEY);
    for (id, members, why) in table() {
        let body = with(minimal(&vendor.contract.models[id], &[]), &members);
        let seen = ended(&emulator, &caller, &vendor.contract, &body).await;
        let wanted = if why.is_some() { Phase::Failed } else { Phase::Succeeded };
        assert_eq!(seen.phase, Some(wanted), "{body}: {seen:?}");
        assert_eq!(seen.failure.as_deref(), why, "{body}");
    }
}

#[tokio::test]
async fn they_are_refused_at_once_where_that_is_wanted() {
    let vendor = small();
    let emulator = quiet().vendor(vendor.clone()).image_breach(ImageBreach::Submit).start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for (id, members, why) in table() {
        let body = with(minimal(&vendor.contract.models[id], &[]), &members);
        let answer = submit(&emulator, &caller, &vendor.contract, &body).await;
        assert_eq!(answer.status, if why.is_some() { 400 } else { 200 }, "{body}: {}", answer.text());
        if let Some(why) = why {
            assert_eq!(answer.json()["message"], format!("Body validation error\n{why}"), "{body}");
        }
    }
}

#[tokio::test]
async fn an_order_in_the_prompt_of_a_shot_is_followed() {
    let (emulator, vendor) = instant().await;
    let caller = Caller::with_key(KEY);
    for (id, shots) in [
        ("klingai/video-v3-pro-text-to-video", json!(["a walk", "[mock:fail=timeout] a run"])),
        ("klingai/video-v3-turbo-pro-text-to-video", json!([{"prompt": "[mock:fail=timeout] a run"}])),
    ] {
        let body = json!({"model": id, "multi_prompt": shots});
        let seen = ended(&emulator, &caller, &vendor.contract, &body).await;
        assert_eq!(seen.phase, Some(Phase::Failed), "{id}: {seen:?}");
    }
}
