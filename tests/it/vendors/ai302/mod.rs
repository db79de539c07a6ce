//! 302.AI's Kling 1.5 endpoints, by the contract table of its page.

mod fields;
mod files;
mod refusals;
mod tasks;

use mockreel_emulator::Progress;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::Visit;
use crate::support::{Answer, fixture_bytes, quiet};

const RAPID: &str = "/klingai/m2v_15_img2video";
const HQ: &str = "/klingai/m2v_img2video_hq";
const TEXT: &str = "/klingai/m2v_txt2video_hq_5s";

/// The four paths that take an image.
const WITH_IMAGE: [&str; 4] = [RAPID, "/klingai/m2v_15_img2video_10s", HQ, "/klingai/m2v_img2video_hq_10s"];

/// The two that take none.
const WITHOUT_IMAGE: [&str; 2] = [TEXT, "/klingai/m2v_txt2video_hq_10s"];

fn fetch(id: &str) -> String {
    format!("/klingai/task/{id}/fetch")
}

/// A body that every path takes.
fn body(visit: &Visit) -> Value {
    json!({"prompt": "a cat", "input_image": visit.image("landscape.jpg")})
}

/// The same body with other members in it.
fn body_with(visit: &Visit, members: &Value) -> Value {
    let mut body = body(visit);
    for (name, value) in members.as_object().expect("members") {
        body[name] = value.clone();
    }
    body
}

/// A form with these texts and an image as a file.
fn form(texts: &[(&'static str, &str)]) -> Form {
    let image = Part::bytes(fixture_bytes("landscape.jpg")).file_name("input_image.jpg");
    texts
        .iter()
        .fold(Form::new(), |form, (name, text)| form.text(*name, (*text).to_owned()))
        .part("input_image", image.mime_str("image/jpeg").expect("a media type"))
}

async fn post_form(visit: &Visit, path: &str, form: Form) -> Answer {
    visit.send(visit.request(reqwest::Method::POST, path).multipart(form)).await
}

/// Submits and answers the id.
async fn submitted(visit: &Visit, path: &str, body: &Value) -> String {
    let answer = visit.post(path, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"]["task"]["id"].as_str().expect("an id").to_owned()
}

/// A visit where tasks wait for orders.
async fn stepwise() -> Visit {
    Visit::at("302ai", quiet().progress(Progress::Step)).await
}
