//! GMI Cloud's request queue, by the contract table of its page.

mod records;
mod requests;
mod side;

use mockreel_emulator::Progress;
use serde_json::{Value, json};

use super::Visit;
use crate::support::quiet;

/// The prefix of every path (row 1).
const QUEUE: &str = "/api/v1/ie/requestqueue/apikey";

const STANDARD: &str = "Kling-Image2Video-V1.6-Standard";

fn requests() -> String {
    format!("{QUEUE}/requests")
}

fn request(id: &str) -> String {
    format!("{QUEUE}/requests/{id}")
}

/// A payload that needs nothing else.
fn payload(visit: &Visit) -> Value {
    json!({"image": visit.image("landscape.jpg")})
}

/// The same payload with other members in it.
fn payload_with(visit: &Visit, members: &Value) -> Value {
    let mut payload = payload(visit);
    for (name, value) in members.as_object().expect("members") {
        payload[name] = value.clone();
    }
    payload
}

/// Submits a payload to the standard model and answers the id.
async fn submitted(visit: &Visit, payload: &Value) -> String {
    let answer = visit.post(&requests(), &json!({"model": STANDARD, "payload": payload})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["request_id"].as_str().expect("an id").to_owned()
}

/// A visit where jobs wait for orders.
async fn stepwise() -> Visit {
    Visit::at("gmicloud", quiet().progress(Progress::Step)).await
}
