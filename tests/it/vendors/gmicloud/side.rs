//! Models and uploads: rows 11 and 12.

use reqwest::Method;
use serde_json::{Value, json};

use super::{QUEUE, STANDARD, request, requests, submitted};
use crate::support::{Caller, KEY, fixture_bytes};
use crate::vendors::{Visit, names};

// Row 11.
#[tokio::test]
async fn the_list_of_models_is_a_list_of_ids() {
    let visit = Visit::to("gmicloud").await;
    let answer = visit.get(&format!("{QUEUE}/models")).await;
    assert_eq!((answer.status, answer.members()), (200, vec!["model_ids".to_owned()]));
    let ids: Vec<Value> = answer.json()["model_ids"].as_array().unwrap().clone();
    for id in [
        STANDARD,
        "Kling-Image2Video-V1.6-Pro",
        "Kling-Image2Video-V2-Master",
        "Kling-Image2Video-V2.1-Master",
        "Kling-Text2Video-V1.6-Standard",
        "Kling-Image2Video-V2.1-Standard",
        "Kling-Image2Video-V2.1-Pro",
        "Kling-Text2Video-V2.1-Master",
    ] {
        assert!(ids.contains(&json!(id)), "{id}");
        let detail = visit.get(&format!("{QUEUE}/models/{id}")).await;
        assert_eq!((detail.status, &detail.json()["model"]), (200, &json!(id)));
    }
    assert_eq!(ids.len(), 8);
}

// Row 11: the members of section 3, parameters as in the seed.
#[tokio::test]
async fn a_models_detail_describes_its_parameters() {
    let visit = Visit::to("gmicloud").await;
    let detail = visit.get(&format!("{QUEUE}/models/{STANDARD}")).await.json();
    let documented =
        ["model", "org_id", "brief_description", "detailed_description", "modalities", "parameters"];
    assert_eq!(names(&detail)[..6], documented);
    for name in ["model", "org_id", "brief_description", "detailed_description", "display_name"] {
        assert!(detail[name].as_str().is_some_and(|text| !text.is_empty()), "{name}");
    }
    assert!(detail["modalities"].is_object());
    let parameters = detail["parameters"].as_array().unwrap();
    let told: Vec<Value> = parameters
        .iter()
        .map(|held| json!([held["name"], held["type"], held["required"], held["default_value"]]))
        .collect();
    let seed = [
        json!(["prompt", "string", false, ""]),
        json!(["image", "string", true, null]),
        json!(["duration", "enum", false, "5"]),
        json!(["negative_prompt", "string", false, ""]),
        json!(["cfg_scale", "float", false, 0.5]),
    ];
    assert_eq!(told, seed);
    for parameter in parameters {
        assert!(parameter["display_name"].is_string() && parameter["description"].is_string());
    }
    assert_eq!(parameters[2]["options"], json!(["5", "10"]));
    assert_eq!((&parameters[4]["min_value"], &parameters[4]["max_value"]), (&json!(0.0), &json!(1.0)));
}

// Row 11: the vendor's own SDK types `price` as a whole number, so by default there is none to stumble over.
#[tokio::test]
async fn a_models_detail_has_nothing_that_the_vendors_own_sdk_cannot_read() {
    let visit = Visit::to("gmicloud").await;
    let ids = visit.get(&format!("{QUEUE}/models")).await.json()["model_ids"].clone();
    for id in ids.as_array().unwrap().iter().map(|id| id.as_str().unwrap()) {
        let detail = visit.get(&format!("{QUEUE}/models/{id}")).await.json();
        assert_eq!((detail.get("price_info"), &detail["model"]), (None, &json!(id)));
    }
}

// Row 11: the ids of the reference's own sample of the listing, and of clients.
#[tokio::test]
async fn models_of_the_reference_and_of_clients_are_listed_and_take_a_submit() {
    let visit = Visit::to("gmicloud").await;
    let listed = visit.get(&format!("{QUEUE}/models")).await.json()["model_ids"].clone();
    let image = visit.image("square.jpg");
    for (id, payload) in [
        ("Kling-Text2Video-V2.1-Master", json!({"prompt": "x", "aspect_ratio": "1:1", "duration": "5"})),
        ("Kling-Image2Video-V2.1-Standard", json!({"prompt": "x", "image": image})),
        ("Kling-Image2Video-V2.1-Pro", json!({"prompt": "x", "image": image})),
    ] {
        assert!(listed.as_array().unwrap().contains(&json!(id)), "{id}");
        let answer =
            visit.post(&format!("{QUEUE}/requests"), &json!({"model": id, "payload": payload})).await;
        assert_eq!(answer.status, 200, "{id}: {}", answer.text());
    }
}

// Row 11: prices that somebody saw; none is public for the standard model.
#[tokio::test]
async fn a_models_detail_tells_the_price_where_one_is_known_if_it_is_asked_to() {
    let visit = Visit::with("gmicloud", "price_info", "on").await;
    for (id, price) in [("Kling-Image2Video-V1.6-Pro", 0.098), ("Kling-Image2Video-V2.1-Master", 0.28)] {
        let told = visit.get(&format!("{QUEUE}/models/{id}")).await.json()["price_info"].clone();
        assert_eq!(names(&told), ["price", "pricing_type", "unit"]);
        assert_eq!((&told["price"], &told["unit"]), (&json!(price), &json!("request")));
    }
    let detail = visit.get(&format!("{QUEUE}/models/{STANDARD}")).await.json();
    assert_eq!(detail.get("price_info"), None);
}

async fn address(visit: &Visit, kind: &str) -> [String; 2] {
    let answer = visit.post(&format!("{QUEUE}/upload-url"), &json!({"file_type": kind})).await;
    assert_eq!((answer.status, answer.members()), (200, vec!["upload_url".into(), "public_url".into()]));
    let body = answer.json();
    ["upload_url", "public_url"].map(|name| body[name].as_str().unwrap().to_owned())
}

async fn put(url: &str, kind: &str, bytes: Vec<u8>) -> u16 {
    let nobody = Caller::without_key();
    let asked = nobody.request(Method::PUT, url).header("content-type", kind).body(bytes);
    nobody.send(asked).await.status
}

// Row 12.
#[tokio::test]
async fn an_upload_can_be_put_read_and_animated() {
    let visit = Visit::to("gmicloud").await;
    for (extension, kind) in [
        ("jpeg", "image/jpeg"),
        ("jpg", "image/jpg"),
        ("jpg", "image/jpeg"),
        ("png", "image/png"),
        ("mp4", "video/mp4"),
        ("mp3", "audio/mpeg"),
        ("wav", "audio/wav"),
    ] {
        let [upload_url, public_url] = address(&visit, extension).await;
        for url in [&upload_url, &public_url] {
            assert!(url.starts_with(&visit.emulator.base()), "{url} leads outside");
        }
        assert_eq!(put(&upload_url, kind, fixture_bytes("landscape.jpg")).await, 200);
        let read = Caller::without_key().get(&public_url).await;
        assert_eq!((read.status, read.bytes), (200, fixture_bytes("landscape.jpg")));
    }
    let [upload_url, public_url] = address(&visit, "png").await;
    assert_eq!(put(&upload_url, "image/png", fixture_bytes("side-299-wide.png")).await, 200);
    let id = submitted(&visit, &json!({"image": public_url})).await;
    visit.finish(&id).await;
    // The bytes that were put are what is looked at.
    assert_eq!(visit.get(&request(&id)).await.json()["status"], "failed");
}

// Row 12.
#[tokio::test]
async fn an_upload_address_is_open_for_a_quarter_of_an_hour() {
    let visit = Visit::to("gmicloud").await;
    let [first, _] = address(&visit, "png").await;
    let [second, _] = address(&visit, "png").await;
    assert_ne!(first, second);
    visit.wait(15 * 60).await;
    assert_eq!(put(&first, "image/png", fixture_bytes("gray.png")).await, 200);
    visit.wait(1).await;
    assert_eq!(put(&second, "image/png", fixture_bytes("gray.png")).await, 403);
}

// Row 12.
#[tokio::test]
async fn other_files_cannot_be_uploaded() {
    let visit = Visit::to("gmicloud").await;
    for body in [json!({"file_type": "gif"}), json!({"file_type": "PNG"}), json!({"file_type": 7}), json!({})]
    {
        let answer = visit.post(&format!("{QUEUE}/upload-url"), &body).await;
        assert_eq!((answer.status, answer.members()), (400, vec!["error".to_owned()]), "{body}");
    }
}

// Section 6: a result can be fed back in.
#[tokio::test]
async fn a_thumbnail_can_be_animated_again() {
    let visit = Visit::to("gmicloud").await;
    let id = submitted(&visit, &json!({"image": visit.image("landscape.jpg")})).await;
    visit.finish(&id).await;
    let record = visit.get(&request(&id)).await.json();
    let id = submitted(&visit, &json!({"image": record["outcome"]["thumbnail_image_url"]})).await;
    visit.finish(&id).await;
    assert_eq!(visit.get(&request(&id)).await.json()["status"], "success");
    assert_eq!(visit.emulator.jobs(KEY).list().await.len(), 2);
    assert_eq!(visit.get(&requests()).await.json()["total"], 2);
}
