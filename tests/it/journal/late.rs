//! Entries of the journal about images that a vendor notices late, and about the parts of a form.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{Caller, KEY, fixture, fixture_bytes, quiet};

/// The latest entry of the journal.
async fn newest(base: &str, caller: &Caller) -> Value {
    caller.get(&format!("{base}/__admin/requests?limit=1")).await.json()["requests"][0].clone()
}

#[tokio::test]
async fn an_image_that_fails_the_job_later_stands_in_the_journal_as_one_that_is_refused() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let small = fixture(&emulator, "side-299-wide.png");
    let gmicloud =
        json!({"model": "Kling-Image2Video-V1.6-Standard", "payload": {"prompt": "a cat", "image": small}});
    let aimlapi =
        json!({"model": "kling-video/v1.6/standard/image-to-video", "prompt": "a cat", "image_url": small});
    for (vendor, path, body, pointer) in [
        ("gmicloud", "/api/v1/ie/requestqueue/apikey/requests", gmicloud, "/payload/image"),
        ("aimlapi", "/v2/video/generations", aimlapi, "/image_url"),
    ] {
        let answer = caller.post(&format!("{}{path}", emulator.url(vendor)), &body).await;
        assert!(answer.status < 300, "{vendor}: {}", answer.text());
        let entry = newest(&emulator.base(), &caller).await;
        assert_eq!(entry["problem"], Value::Null, "{entry}");
        let broken = &entry["violations"][0];
        assert_eq!(broken["pointer"], pointer, "{entry}");
        assert_eq!(broken["expected"], "at least 300 pixels on each side", "{entry}");
        assert!(broken["rule"].as_str().is_some_and(|rule| !rule.is_empty()), "{entry}");
        assert!(broken["received"].is_string() || broken["received"].is_object(), "{entry}");
        assert!(entry["notes"].to_string().contains("fails later with"), "{entry}");
    }
}

#[tokio::test]
async fn parts_of_a_form_that_are_read_otherwise_are_noted_and_no_handle_is_shown() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let url = format!("{}/klingai/m2v_15_img2video", emulator.url("302ai"));
    let image =
        |name: &str| Part::bytes(fixture_bytes(name)).file_name("a.png").mime_str("image/png").unwrap();
    let send = async |form: Form| {
        let answer = caller.send(caller.request(Method::POST, &url).multipart(form)).await;
        (answer.status, newest(&emulator.base(), &caller).await)
    };
    let prompt = Part::bytes(b"a cat".to_vec()).file_name("prompt.txt");
    let form = Form::new().part("prompt", prompt).part("input_image", image("square.jpg"));
    let (_, entry) = send(form).await;
    let note = "the file part \\\"prompt\\\" is read as the text of that member; send it as a plain part";
    assert!(entry["notes"].to_string().contains(note), "{entry}");
    let form =
        Form::new().text("prompt", "a dog").text("prompt", "a cat").part("input_image", image("square.jpg"));
    let (_, entry) = send(form).await;
    let note = "the part \\\"prompt\\\" came more than once: only the last is read";
    assert!(entry["notes"].to_string().contains(note), "{entry}");
    let form = Form::new().text("prompt", "a cat").part("input_image", image("not-a-picture.txt"));
    let (_, entry) = send(form).await;
    assert!(!entry["violations"].as_array().unwrap().is_empty(), "{entry}");
    assert!(!entry.to_string().contains("cid:"), "{entry}");
    assert_eq!(entry["violations"][0]["received"], entry["request"]["body"]["input_image"], "{entry}");
}
