//! The vendor as it was a year ago and as it is now, at the same time in one process.

use mockreel_emulator::Latency;
use serde_json::{Value, json};

use crate::support::{Caller, KEY, quiet};

/// Submits, waits for the end and answers with the finished job and the first bytes of its video.
async fn finished(caller: &Caller, base: &str, admin: &str, path: &str, body: &Value) -> (Value, Vec<u8>) {
    let submitted = caller.post(&format!("{base}{path}"), body).await;
    assert!((200..300).contains(&submitted.status), "{}", submitted.text());
    let id = submitted.json()["id"].as_str().unwrap().to_owned();
    let advanced = caller.post(&format!("{admin}/__admin/clock/advance"), &json!({"until_job": id})).await;
    assert_eq!(advanced.status, 200, "{}", advanced.text());
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    let job = caller.get(&format!("{base}{path}?generation_id={id}")).await.json();
    let video = caller.get(job["video"]["url"].as_str().unwrap()).await;
    (job, video.bytes)
}

#[tokio::test]
async fn an_edition_a_year_old_and_the_newest_are_served_at_the_same_time() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    let admin = emulator.admin_base();
    let (now, then) = (emulator.url("aimlapi"), emulator.url("aimlapi@2025-11-12"));
    let caller = Caller::with_key(KEY);
    let (universal, legacy) = ("/v2/video/generations", "/v2/generate/video/kling/generation");
    let body =
        json!({"model": "kling-video/v1/standard/image-to-video", "image_url": "https://example.com/a.jpg"});
    let (new_job, new_video) = finished(&caller, &now, &admin, universal, &body).await;
    let (old_job, old_video) = finished(&caller, &then, &admin, legacy, &body).await;
    for (job, video) in [(&new_job, &new_video), (&old_job, &old_video)] {
        assert_eq!(job["status"], "completed");
        assert_eq!(&video[4..8], b"ftyp");
    }
    // The ids of the two editions look different, and the older one does not know the newer path.
    assert!(old_job["id"].as_str().unwrap().contains(':') && !new_job["id"].as_str().unwrap().contains(':'));
    assert_eq!(caller.post(&format!("{then}{universal}"), &body).await.status, 404);
    // A member that only the older edition describes is checked there and ignored here.
    let with_type = json!({"model": body["model"], "image_url": body["image_url"], "type": 5});
    assert_eq!(caller.post(&format!("{then}{legacy}"), &with_type).await.status, 400);
    assert_eq!(caller.post(&format!("{now}{universal}"), &with_type).await.status, 200);
}
