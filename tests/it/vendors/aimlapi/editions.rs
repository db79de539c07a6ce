//! The row on profiles: what a client of an older year was answered.

use serde_json::{Value, json};

use super::{LEGACY, UNIVERSAL, V1_6_PRO, V1_6_STANDARD, V1_STANDARD};
use crate::support::{Answer, Caller, KEY, fixture, quiet};
use crate::vendors::is_uuid;

/// Submits on the legacy path of an edition.
async fn submit(edition: &str, body: &Value) -> Answer {
    let emulator = quiet().start().await.unwrap();
    let mut body = body.clone();
    if body.get("image_url").is_none() {
        body["image_url"] = fixture(&emulator, "landscape.jpg").into();
    }
    let url = format!("{}{LEGACY}", emulator.url(&format!("aimlapi@{edition}")));
    Caller::with_key(KEY).post(&url, &body).await
}

fn plain(model: &str) -> Value {
    json!({"model": model, "prompt": "waves"})
}

// Rows "POST ok" and "profiles": 201 until the specification changed on 2025-11-12.
#[tokio::test]
async fn a_submit_is_answered_with_the_status_of_its_time() {
    for (edition, status) in [
        ("2025-01-28", 201),
        ("2025-03-26", 201),
        ("2025-04-25", 201),
        ("2025-08-19", 201),
        ("2025-11-11", 201),
        ("2025-11-12", 200),
        ("2025-12-19", 200),
        ("2026-06-12", 200),
        ("2026-08", 200),
    ] {
        let answer = submit(edition, &plain(V1_6_STANDARD)).await;
        assert_eq!(answer.status, status, "{edition}: {}", answer.text());
    }
}

// Row "id": a UUID and the model until the end of 2025, 21 characters from January 2026.
#[tokio::test]
async fn ids_have_the_form_of_their_time() {
    for edition in ["2025-03-26", "2025-07", "2025-10", "2025-12-31"] {
        let id = submit(edition, &plain(V1_6_PRO)).await.json()["id"].as_str().unwrap().to_owned();
        let (uuid, model) = id.split_once(':').unwrap();
        assert!(is_uuid(uuid) && model == V1_6_PRO, "{edition}: {id}");
    }
    for edition in ["2026-01-31", "2026-08"] {
        let id = submit(edition, &plain(V1_6_PRO)).await.json()["id"].as_str().unwrap().to_owned();
        assert!(super::is_nanoid(&id), "{edition}: {id}");
    }
}

// Section 2.1 and an app's list of texts: text until 2025-04-25, a number afterwards; both pass.
#[tokio::test]
async fn a_duration_was_text_before_it_was_a_number() {
    for (edition, listed) in [
        ("2025-03-26", "'5' | '10'"),
        ("2025-04-24", "'5' | '10'"),
        ("2025-04-25", "5 | 10"),
        ("2025-07", "5 | 10"),
        ("2026-08", "5 | 10"),
    ] {
        for duration in [json!("5"), json!(5)] {
            let mut body = plain(V1_STANDARD);
            body["duration"] = duration;
            assert!(submit(edition, &body).await.status < 300, "{edition}");
        }
        let mut body = plain(V1_STANDARD);
        body["duration"] = json!("8");
        let message = submit(edition, &body).await.json()["message"].as_str().unwrap().to_owned();
        let text = format!("Invalid enum value. Expected {listed}, received '8'");
        assert_eq!(message.lines().nth(1), Some(text.as_str()), "{edition}");
    }
}

// Section 2.1: the prompt was required until 2025-08-19, and for 1.6 standard it is again.
#[tokio::test]
async fn a_prompt_was_required_of_every_model_until_august_2025() {
    for (edition, model, status) in [
        ("2025-07-24", V1_6_PRO, 400),
        ("2025-07-24", V1_STANDARD, 400),
        ("2025-08-19", V1_6_PRO, 201),
        ("2025-08-19", V1_STANDARD, 201),
        ("2025-08-19", V1_6_STANDARD, 201),
        ("2026-08", V1_6_PRO, 200),
        ("2026-08", V1_6_STANDARD, 400),
    ] {
        let answer = submit(edition, &json!({"model": model})).await;
        assert_eq!(answer.status, status, "{edition} {model}: {}", answer.text());
    }
}

// The bodies that the pages of 2025 and 2026 print, as printed.
#[tokio::test]
async fn the_pages_own_samples_are_accepted() {
    let printed = json!({
        "model": V1_6_PRO, "tail_image_url": "https://example.com", "image_url": "https://example.com",
        "prompt": "text", "duration": 5, "negative_prompt": "text", "cfg_scale": 1,
    });
    assert_eq!(submit("2025-07", &printed).await.status, 201);
    assert_eq!(submit("2026-08", &printed).await.status, 200);
}

// Section 2.1: the universal path is documented since 2025-12-19.
#[tokio::test]
async fn the_universal_path_came_at_the_end_of_2025() {
    let emulator = quiet().start().await.unwrap();
    let mut body = plain(V1_STANDARD);
    body["image_url"] = fixture(&emulator, "landscape.jpg").into();
    for (edition, status) in [("2025-07", 404), ("2025-12-19", 200), ("2026-08", 200)] {
        let url = format!("{}{UNIVERSAL}", emulator.url(&format!("aimlapi@{edition}")));
        assert_eq!(Caller::with_key(KEY).post(&url, &body).await.status, status, "{edition}");
    }
}
