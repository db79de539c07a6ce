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

#[tokio::test]
async fn a_key_is_in_nothing_that_the_control_api_shows() {
    let emulator = quiet().option("302ai", "callbacks", "on").start().await.unwrap();
    let key = "sdsecret-leak-4711";
    let caller = Caller::with_key(key);
    let url = format!("{}{QUEUE}", emulator.url("gmicloud"));
    let body =
        |prompt: &str, image: &str| json!({"model": MODEL, "payload": {"prompt": prompt, "image": image}});
    let good = fixture(&emulator, "side-300.png");
    for prompt in [
        format!("[mock:{key}]"),
        format!("[mock:scenario={key}]"),
        format!("[mock:fail={key}]"),
        format!("[mock:problem={key}]"),
        format!("[mock:slow={key}]"),
        format!("[mock:stuck={key}]"),
        format!("[mock:{key}"),
        format!("a cat with {key}"),
    ] {
        caller.post(&url, &body(&prompt, &good)).await;
    }
    for header in [
        key.to_owned(),
        format!(r#"{{"{key}":1}}"#),
        format!(r#"{{"name":"{key}","then":{{"job":{{"reason":"moderation","detail":"no {key}"}}}}}}"#),
        format!(r#"{{"then":{{"answer":{{"headers":{{"x-a":"{key}"}}}},"result":{{"fault":"html"}}}}}}"#),
        format!(r#"{{"match":{{"vendor":"{key}"}},"then":{{}}}}"#),
    ] {
        let request = caller.request(Method::POST, &url).header("x-mockreel-scenario", header);
        caller.send(request.json(&body("a cat", &good))).await;
    }
    for image in
        [format!("http://{key}.example/a.png"), format!("http://127.0.0.1:1/{key}.png"), format!("{key}:x")]
    {
        caller.post(&url, &body("a cat", &image)).await;
    }
    let posted = json!({
        "name": format!("mine {key}"),
        "summary": key,
        "match": {"prompt": format!("never {key}")},
        "then": {"answer": {"body": {"text": key}, "headers": {"x-b": key}}},
    });
    let scenarios = format!("{}/__admin/scenarios", emulator.base());
    assert_eq!(caller.post(&scenarios, &posted).await.status, 200);
    for callback in
        [format!("http://127.0.0.1:1/{key}?k={key}"), format!("http://{key}.example/"), format!("{key}:x")]
    {
        let form = reqwest::multipart::Form::new()
            .text("prompt", format!("[mock:{key}]"))
            .text("callback", callback)
            .part(
                "input_image",
                reqwest::multipart::Part::bytes(fixture_bytes("side-300.png")).file_name("a.png"),
            );
        let address = format!("{}/klingai/m2v_img2video_hq", emulator.url("302ai"));
        caller.send(caller.request(Method::POST, &address).multipart(form)).await;
    }
    for path in ["jobs", "requests?limit=1000", "scenarios", "callbacks", "clock", "account/gmicloud"] {
        let shown = admin(&emulator, Method::GET, path).await.text();
        assert!(!shown.to_lowercase().contains(key), "{path}: {shown}");
    }
    assert!(!emulator.jobs(key).list().await.is_empty());
}

#[tokio::test]
async fn an_image_within_a_text_is_told_by_its_length_and_digest() {
    use base64::Engine;
    let emulator = quiet().start().await.unwrap();
    let image = fixture_bytes("side-300.png");
    let base64 = base64::engine::general_purpose::STANDARD.encode(&image);
    let percent: String = image.iter().map(|byte| format!("%{byte:02X}")).collect();
    let lines = base64.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap());
    let lines: Vec<&str> = lines.collect();
    let uri = format!("data:image/png;base64,{base64}");
    let mut texts = vec![
        format!(" {uri}"),
        format!("data:image/png;base64 ,{base64}"),
        format!("{base64}!!!"),
        format!("data:image/png,{percent}"),
        format!("\"{uri}\""),
        format!("![a cat]({uri}) and more"),
        format!("base64:{base64}"),
        json!({"image": uri}).to_string(),
        json!({"in": json!({"image": base64}).to_string()}).to_string(),
        format!("{{\"image\": \"{base64}"),
        base64.replace('/', "\\/"),
        lines.join("\r\n"),
        format!("see {}", lines.join("\n")),
        format!("a cat {base64}"),
    ];
    texts.push(base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"));
    for text in texts {
        let bodies = [
            json!({"model": MODEL, "payload": {"prompt": text, "image": "x"}}).to_string(),
            json!({"model": MODEL, "payload": {"prompt": "x", "image": text}}).to_string(),
            format!("{{\"model\": \"{MODEL}\", \"payload\": {{\"image\": {}", json!(text)),
        ];
        for body in bodies {
            let caller = Caller::with_key(KEY);
            let request = caller.request(Method::POST, &format!("{}{QUEUE}", emulator.url("gmicloud")));
            caller.send(request.header("content-type", "application/json").body(body)).await;
            let shown = latest(&emulator).await;
            let shown = shown["request"]["body"].to_string();
            for piece in [&base64[..64], &base64[40..80], &percent[..60]] {
                assert!(!shown.contains(piece), "{:.60}: {shown:.600}", text);
            }
            assert!(shown.contains("sha256"), "{:.60}: {shown:.600}", text);
        }
    }
}

#[tokio::test]
async fn what_signs_an_address_in_a_body_is_hidden_as_in_the_requests_own_query() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let url = format!("{}{QUEUE}", emulator.url("gmicloud"));
    for secret in
        ["X-Amz-Signature=opensesame", "token=opensesame", "x=1&sig=opensesame", "api_key=opensesame"]
    {
        let address = format!("https://far.test/a.png?{secret}");
        for (prompt, image) in [("x", address.clone()), (&*format!("like ({address})"), "x".to_owned())] {
            caller.post(&url, &json!({"model": MODEL, "payload": {"prompt": prompt, "image": image}})).await;
            let entry = latest(&emulator).await.to_string();
            assert!(!entry.contains("opensesame"), "{entry}");
            let jobs = admin(&emulator, Method::GET, "jobs").await.text();
            assert!(!jobs.contains("opensesame"), "{jobs}");
        }
    }
}
