//! Bodies that are none, broken, absurd or beyond all bounds.

use mockreel_contracts::contract::model::Model;
use mockreel_contracts::contract::views::examples::minimal;
use mockreel_contracts::{Operation, Phase};
use mockreel_emulator::Progress;
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use super::{newest, submit_path, targets};
use crate::support::{Caller, KEY, fixture, quiet};

/// A body: a name for messages, a content type, bytes.
type Hostile = (&'static str, Option<&'static str>, Vec<u8>);

fn bodies() -> Vec<Hostile> {
    const JSON: Option<&str> = Some("application/json");
    const FORM: Option<&str> = Some("multipart/form-data; boundary=b");
    let text = |text: &str| text.as_bytes().to_vec();
    let part = |head: &str, body: &[u8]| {
        [format!("--b\r\n{head}\r\n\r\n").as_bytes(), body, b"\r\n--b--\r\n"].concat()
    };
    vec![
        ("no body", None, Vec::new()),
        ("no body but a type", JSON, Vec::new()),
        ("white space", JSON, text(" \r\n\t ")),
        ("a broken object", JSON, text("{\"model\":")),
        ("a comment", JSON, text("{/* no */}")),
        ("a byte order mark", JSON, b"\xef\xbb\xbf{}".to_vec()),
        ("an object and more", JSON, text("{} {}")),
        ("a list", JSON, text("[1]")),
        ("null", JSON, text("null")),
        ("a number", JSON, text("1")),
        ("a text", JSON, text("\"model\"")),
        ("an empty object", JSON, text("{}")),
        ("an object of another kind", JSON, text("{\"\":{\"\":[null]}}")),
        ("plain text", Some("text/plain"), text("hello")),
        ("a form of old", Some("application/x-www-form-urlencoded"), text("model=x&payload=y")),
        ("xml", Some("application/xml"), text("<a/>")),
        ("no such type", Some("no/such;;type=\"\u{e9}"), text("{}")),
        ("an empty type", Some(""), text("{}")),
        ("nested brackets", JSON, b"[".repeat(100_000)),
        ("nested and closed brackets", JSON, [b"[".repeat(100_000), b"]".repeat(100_000)].concat()),
        ("nested objects", JSON, b"{\"a\":".repeat(100_000)),
        ("invalid UTF-8", JSON, b"{\"model\":\"\xff\xfe\"}".to_vec()),
        ("half a surrogate", JSON, text("{\"model\":\"\\ud800\",\"prompt\":\"\\udfff\"}")),
        ("a zero character", JSON, text("{\"model\":\"\\u0000\",\"prompt\":\"\\u0000\"}")),
        (
            "a number beyond all numbers",
            JSON,
            text("{\"duration\":1e400,\"payload\":{\"duration\":1e400},\"cfg\":1e400}"),
        ),
        ("numbers as long as a page", JSON, format!("{{\"duration\":{}}}", "9".repeat(10_000)).into_bytes()),
        ("a form without a boundary", Some("multipart/form-data"), text("--b\r\n\r\n--b--")),
        ("a form of nothing", FORM, Vec::new()),
        ("a form of another boundary", FORM, text("--c\r\n\r\n--c--\r\n")),
        (
            "a form that breaks off",
            FORM,
            text("--b\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nx"),
        ),
        ("a form that only ends", FORM, text("--b--\r\n")),
        ("a part without a name", FORM, part("Content-Disposition: form-data", b"x")),
        ("a part without a head", FORM, part("", b"x")),
        (
            "a part of invalid UTF-8",
            FORM,
            part("Content-Disposition: form-data; name=\"prompt\"", b"\xff\xfe"),
        ),
        ("a name of invalid UTF-8", FORM, {
            [&b"--b\r\nContent-Disposition: form-data; name=\"\xff\""[..], b"\r\n\r\nx\r\n--b--\r\n"].concat()
        }),
        (
            "an empty file",
            FORM,
            part("Content-Disposition: form-data; name=\"input_image\"; filename=\"\"", b""),
        ),
        ("a handle of our own", FORM, part("Content-Disposition: form-data; name=\"input_image\"", b"cid:7")),
        ("a handle beyond all handles", JSON, text("{\"input_image\":\"cid:99999999999999999999999\"}")),
    ]
}

/// Bodies that name one of the vendor's own models and are wrong in some other way.
fn bodies_for(model: &Model, image: &str) -> Vec<(String, Vec<u8>)> {
    let good = minimal(model, &[image]);
    let text = good.to_string();
    let mut found = Vec::new();
    let mut add = |name: &str, body: String| found.push((name.to_owned(), body.into_bytes()));
    add("every member twice", {
        let inner = text.trim_start_matches('{').trim_end_matches('}');
        format!("{{{inner},{inner}}}")
    });
    let absurd = [
        "-0",
        "-0.0",
        "1e308",
        "-1e308",
        "1e-400",
        "123456789012345678901234567890",
        "0.1e1",
        "5.0",
        "true",
        "null",
    ];
    let absurd =
        absurd.into_iter().chain(["[]", "{}", "\"\"", "\"5\"", "\"NaN\"", "[[[[[[]]]]]]", "\"\\u0000\""]);
    for value in absurd {
        for (pointer, _) in mockreel_contracts::contract::check::schema::properties(&model.request) {
            // Replaced as text, because no JSON library would write such numbers.
            let mut body = good.clone();
            if let Some(outer) = pointer.rfind('/').map(|at| &pointer[..at]) {
                let name = pointer[outer.len() + 1..].to_owned();
                if let Some(members) = body.pointer_mut(outer).and_then(Value::as_object_mut) {
                    members.insert(name, json!("@@"));
                    add(&format!("{pointer} is {value}"), body.to_string().replacen("\"@@\"", value, 1));
                }
            }
        }
    }
    found
}

#[tokio::test]
async fn no_body_is_too_strange_for_a_vendor_to_answer_in_its_own_words() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for target in targets(&emulator).await {
        for (name, operation, url) in target.routes() {
            let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
            for (what, kind, body) in bodies() {
                let mut request = caller.request(method.clone(), &url).body(body);
                if let Some(kind) = kind {
                    request =
                        request.header("content-type", HeaderValue::from_bytes(kind.as_bytes()).unwrap());
                }
                let answer = caller.send(request).await;
                target.assert_own(&format!("{name} with {what}"), &answer);
                // A model that wants nothing but a prompt takes any text for one.
                let refused = (400..500).contains(&answer.status) || what == "a zero character";
                assert!(refused || name != "submit", "{}: {what} became a job", target.contract.full_id());
            }
        }
        target.assert_unharmed().await;
    }
}

#[tokio::test]
async fn a_part_that_is_no_image_is_text_however_it_comes() {
    let emulator = quiet().start().await.unwrap();
    let url = format!("{}/klingai/m2v_txt2video_hq_5s", emulator.url("302ai"));
    let caller = Caller::with_key(KEY);
    let submit = async |part: reqwest::multipart::Part| {
        let form = reqwest::multipart::Form::new().part("prompt", part);
        caller.send(caller.request(Method::POST, &url).multipart(form)).await
    };
    let named = reqwest::multipart::Part::bytes(b"a cat".to_vec()).file_name("blob");
    let typed =
        reqwest::multipart::Part::bytes(b"a cat".to_vec()).mime_str("application/octet-stream").unwrap();
    for part in [named, typed] {
        let answer = submit(part).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.text().contains("a cat") && !answer.text().contains("cid:"), "{}", answer.text());
    }
    let answer = submit(reqwest::multipart::Part::bytes(b"\xff\xfe".to_vec())).await;
    assert_eq!((answer.status, &answer.json()["error"]["err_code"]), (400, &json!(-10011)));
}

#[tokio::test]
async fn no_member_is_too_absurd_for_a_vendor_to_answer_in_its_own_words() {
    let emulator = quiet().start().await.unwrap();
    let image = fixture(&emulator, "side-300.png");
    let caller = Caller::with_key(KEY);
    for target in newest(targets(&emulator).await) {
        for model in target.contract.models.values() {
            let url = format!(
                "{}{}",
                target.base,
                submit_path(&target.contract.operations[&Operation::Submit], model)
            );
            for (what, body) in bodies_for(model, &image) {
                let request = caller.request(Method::POST, &url).header("content-type", "application/json");
                let answer = caller.send(request.body(body)).await;
                // The one 5xx that is ordered: this vendor wraps images that cannot be read so.
                let ordered = answer.status == 500 && answer.text().contains("Backend error (400)");
                if !ordered {
                    target.assert_own(&format!("{} with {what}", model.id), &answer);
                }
            }
        }
        target.assert_unharmed().await;
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_by_the_vendor_and_read_to_its_end() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for target in newest(targets(&emulator).await) {
        let model = &target.contract.models[0];
        let url =
            format!("{}{}", target.base, submit_path(&target.contract.operations[&Operation::Submit], model));
        // Streamed in a thousand pieces, so that the test does not hold it either.
        let piece = bytes::Bytes::from(vec![b' '; 80 * 1024]);
        let pieces = futures_util::stream::iter(
            std::iter::repeat_n(piece, 1024).map(Ok::<bytes::Bytes, std::convert::Infallible>),
        );
        let request = caller.request(Method::POST, &url).header("content-type", "application/json");
        let answer = caller.send(request.body(reqwest::Body::wrap_stream(pieces))).await;
        target.assert_own("80 MB", &answer);
        let wanted = target.contract.problems["too_large"].status;
        assert_eq!(answer.status, wanted, "{}", answer.text());
        target.assert_unharmed().await;
    }
}

#[tokio::test]
async fn a_prompt_of_ten_megabytes_is_taken_or_refused_but_never_kept_as_warnings() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let image = fixture(&emulator, "side-300.png");
    for filling in ["long ", "[mock:", "[mock:x]", "\u{1f3ac}"] {
        let prompt = filling.repeat(10 * 1024 * 1024 / filling.len());
        for target in newest(targets(&emulator).await) {
            for model in target.contract.models.values().take(1) {
                let mut body = minimal(model, &[&image]);
                let place = if body.get("payload").is_some() { "payload" } else { "" };
                let inner = if place.is_empty() { &mut body } else { &mut body[place] };
                inner["prompt"] = prompt.as_str().into();
                let url = format!(
                    "{}{}",
                    target.base,
                    submit_path(&target.contract.operations[&Operation::Submit], model)
                );
                target.assert_own("a prompt of 10 MB", &caller.post(&url, &body).await);
            }
            target.assert_unharmed().await;
        }
        for job in emulator.jobs(KEY).list().await {
            let kept: usize = job.notes.iter().map(String::len).sum();
            assert!(kept < 10_000, "the notes of a job take {kept} bytes");
        }
    }
}

#[tokio::test]
async fn a_job_that_never_ends_does_not_grow_with_every_look() {
    let emulator = quiet().progress(Progress::Polls(2)).start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let url = format!("{}/api/v1/ie/requestqueue/apikey/requests", emulator.url("gmicloud"));
    let payload = json!({"image": fixture(&emulator, "side-300.png"), "prompt": "[mock:stuck=running]"});
    let body = json!({"model": "Kling-Image2Video-V1.6-Standard", "payload": payload});
    let id = caller.post(&url, &body).await.json()["request_id"].as_str().unwrap().to_owned();
    for _ in 0..50 {
        caller.get(&format!("{url}/{id}")).await;
    }
    assert_eq!(emulator.jobs(KEY).phase(&id).await.unwrap(), Phase::Running);
    let marks = emulator.jobs(KEY).list().await[0].marks.len();
    assert!(marks <= 5, "{marks} marks are kept, though five say all there is to say");
}
