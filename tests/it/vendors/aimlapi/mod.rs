//! AI/ML API, by the contract table of its page.

mod answers;
mod catalogue;
mod editions;
mod headers;
mod options;
mod validation;

use mockreel_emulator::Progress;
use serde_json::{Value, json};

use super::Visit;
use crate::support::{Answer, quiet};

const UNIVERSAL: &str = "/v2/video/generations";
const LEGACY: &str = "/v2/generate/video/kling/generation";

const V1_STANDARD: &str = "kling-video/v1/standard/image-to-video";
const V1_6_STANDARD: &str = "kling-video/v1.6/standard/image-to-video";
const V1_6_PRO: &str = "kling-video/v1.6/pro/image-to-video";
const V1_STANDARD_TEXT: &str = "kling-video/v1/standard/text-to-video";

/// The models, as a refusal lists them.
const MODELS: &str = "'kling-video/v1/standard/image-to-video' | \
    'kling-video/v1/pro/image-to-video' | \
    'kling-video/v1.6/standard/image-to-video' | \
    'kling-video/v1.6/pro/image-to-video' | \
    'kling-video/v1/standard/text-to-video' | \
    'kling-video/v1/pro/text-to-video' | \
    'kling-video/v1.6/standard/text-to-video' | \
    'kling-video/v1.5/standard/image-to-video' | \
    'kling-video/v1.5/pro/image-to-video' | \
    'kling-video/v1.5/pro/text-to-video' | \
    'kling-video/v1.6/pro/text-to-video' | \
    'kling-video/v1.6/standard/multi-image-to-video' | \
    'klingai/kling-video-v1.6-standard-effects' | \
    'klingai/kling-video-v1.6-pro-effects' | \
    'klingai/v2-master-image-to-video' | \
    'klingai/v2-master-text-to-video' | \
    'kling-video/v2.1/standard/image-to-video' | \
    'kling-video/v2.1/pro/image-to-video' | \
    'klingai/v2.1-master-image-to-video' | \
    'klingai/v2.1-master-text-to-video' | \
    'klingai/v2.5-turbo/pro/image-to-video' | \
    'klingai/v2.5-turbo/pro/text-to-video' | \
    'klingai/avatar-standard' | \
    'klingai/avatar-pro' | \
    'klingai/video-v2-6-pro-image-to-video' | \
    'klingai/video-v2-6-pro-text-to-video' | \
    'klingai/video-v2-6-motion-control' | \
    'klingai/video-o1-image-to-video' | \
    'klingai/video-o1-reference-to-video' | \
    'klingai/video-o1-video-to-video-edit' | \
    'klingai/video-o1-video-to-video-reference' | \
    'klingai/video-v3-standard-image-to-video' | \
    'klingai/video-v3-standard-text-to-video' | \
    'klingai/video-v3-pro-image-to-video' | \
    'klingai/video-v3-pro-text-to-video' | \
    'klingai/video-v3-motion-control' | \
    'klingai/video-v3-omni-720p-image-to-video' | \
    'klingai/video-v3-omni-720p-text-to-video' | \
    'klingai/video-v3-omni-1080p-image-to-video' | \
    'klingai/video-v3-omni-1080p-text-to-video' | \
    'klingai/video-v3-standard-turbo-image-to-video' | \
    'klingai/video-v3-standard-turbo-text-to-video' | \
    'klingai/video-v3-turbo-pro-image-to-video' | \
    'klingai/video-v3-turbo-pro-text-to-video'";

fn poll(id: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("{UNIVERSAL}?generation_id={id}")
}

/// A body that the model takes.
fn body(visit: &Visit, model: &str) -> Value {
    let mut body = json!({"model": model, "prompt": "waves"});
    if model.ends_with("image-to-video") {
        body["image_url"] = visit.image("landscape.jpg").into();
    }
    body
}

/// The same body with other members in it; `null` takes one out.
fn body_with(visit: &Visit, model: &str, members: &Value) -> Value {
    let mut body = body(visit, model);
    for (name, value) in members.as_object().expect("members") {
        if value.is_null() {
            body.as_object_mut().expect("an object").shift_remove(name);
        } else {
            body[name] = value.clone();
        }
    }
    body
}

/// Submits on the universal path and answers the id.
async fn submitted(visit: &Visit, body: &Value) -> String {
    let answer = visit.post(UNIVERSAL, body).await;
    assert!(matches!(answer.status, 200 | 201), "{}", answer.text());
    answer.json()["id"].as_str().expect("an id").to_owned()
}

/// A visit where generations wait for orders.
async fn stepwise() -> Visit {
    Visit::at("aimlapi", quiet().progress(Progress::Step)).await
}

/// A refusal to the byte: the envelope's five members in order, and a number for the status.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, path: &str, message: &str) {
    let id = answer.json()["requestId"].as_str().unwrap_or_default().to_owned();
    assert!(is_nanoid(&id), "`{id}` is no request id in {}", answer.text());
    let [path, message] = [path, message].map(Value::from);
    let whole = format!(
        r#"{{"requestId":"{id}","statusCode":{status},"timestamp":"2026-01-01T00:00:00.000Z","path":{path},"message":{message}}}"#
    );
    assert_eq!((answer.status, answer.text()), (status, whole));
}

fn is_nanoid(text: &str) -> bool {
    text.len() == 21 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
