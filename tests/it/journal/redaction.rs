//! Redaction in the journal: keys, images, and bytes that are no text.

use reqwest::Method;
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn no_key_of_a_client_leaves_the_journal() {
    let emulator = quiet().start().await.unwrap();
    let key = "sk-Very/Secret+Key==";
    let caller = Caller::with_key(key);
    queued(&emulator, key, &format!("my key is {key}")).await;
    let encoded = "sk-Very%2FSecret%2BKey%3D%3D";
    caller.get(&format!("{}{QUEUE}/{encoded}?api_key={encoded}", emulator.url("gmicloud"))).await;
    let order =
        format!(r#"{{"match": {{"account": "{key}"}}, "then": {{"answer": {{"problem": "overloaded"}}}}}}"#);
    let request = caller.request(Method::GET, &format!("{}{QUEUE}", emulator.url("gmicloud")));
    caller.send(request.header("x-mockreel-scenario", order).header("x-api-key", key)).await;
    let url = format!("{}/klingai/m2v_img2video_hq", emulator.url("302ai"));
    let form = reqwest::multipart::Form::new().text("prompt", key).text(key, "x");
    caller.send(caller.request(Method::POST, &url).multipart(form)).await;
    caller.send(caller.request(Method::POST, &url).body(format!("{{\"prompt\": \"{key}"))).await;
    let listed = listed(&emulator, "").await;
    let text = listed.to_string();
    assert_eq!(listed["total"], 5, "{text}");
    for written in [key, &key.to_lowercase(), encoded] {
        assert!(!text.contains(written), "{written} is in {text}");
    }
    let digest = account::digest(key);
    assert_eq!(listed["requests"][0]["account"], &*digest);
    let shown = format!("Bearer key <{}…>", &digest[..8]);
    assert_eq!(listed["requests"][0]["request"]["headers"]["authorization"], shown);
}

#[tokio::test]
async fn images_are_told_by_their_size_and_digest_however_they_come() {
    use base64::Engine;
    let emulator = quiet().start().await.unwrap();
    let image = fixture_bytes("side-300.png");
    let base64 = base64::engine::general_purpose::STANDARD.encode(&image);
    let body = json!({"model": MODEL, "payload": {"prompt": "x", "image": format!("data:image/png;base64,{base64}")}});
    let caller = Caller::with_key(KEY);
    let answer = caller.post(&format!("{}{QUEUE}", emulator.url("gmicloud")), &body).await;
    let id = answer.json()["request_id"].as_str().unwrap().to_owned();
    let entry = latest(&emulator).await;
    let shown = entry["request"]["body"]["payload"]["image"].as_str().unwrap().to_owned();
    assert!(
        shown.starts_with(&format!("data:image/png;base64,<base64: {} characters, sha256 ", base64.len())),
        "{shown}"
    );
    caller.get(&format!("{}{QUEUE}/{id}", emulator.url("gmicloud"))).await;
    let entry = latest(&emulator).await;
    assert_eq!(entry["answer"]["body"]["payload"]["image"], shown, "what is echoed is told in the same way");
    assert_eq!((&entry["model"], &entry["job"]), (&json!(MODEL), &json!(id)));

    let url = format!("{}/klingai/m2v_img2video_hq", emulator.url("302ai"));
    let part = reqwest::multipart::Part::bytes(image.clone()).file_name("first.png");
    let form = reqwest::multipart::Form::new().text("prompt", "x").part("input_image", part);
    caller.send(caller.request(Method::POST, &url).multipart(form)).await;
    let entry = latest(&emulator).await;
    let shown = entry["request"]["body"]["input_image"].as_str().unwrap();
    assert!(shown.starts_with(&format!("<file: {} bytes, sha256 ", image.len())), "{shown}");
    assert_eq!(entry["request"]["body"]["prompt"], "x");
}

#[tokio::test]
async fn what_never_became_a_request_is_written_down_too() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let emulator = quiet().start().await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    stream
        .write_all(b"GET /gmicloud/a\xff HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer some-key\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    let entry = latest(&emulator).await;
    assert_eq!((&entry["vendor"], &entry["operation"]), (&json!("gmicloud"), &Value::Null));
    assert_eq!(entry["account"], &*account::digest("some-key"));
}
