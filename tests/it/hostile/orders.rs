//! Prompts and headers full of orders.

use reqwest::Method;
use serde_json::json;

use crate::support::{Caller, KEY, quiet};

#[tokio::test]
async fn a_prompt_full_of_unknown_scenarios_leaves_ten_notes_and_a_count() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let distinct: String = (0..1_000).map(|number| format!("[mock:scenario=no-{number}]")).collect();
    let long = format!("[mock:scenario={}]", "z".repeat(100_000));
    for prompt in ["[mock:scenario=zz]".repeat(100_000), distinct, long, "[mock:slow=soon]".repeat(5_000)] {
        let body = json!({"model": "Kling-Text2Video-V1.6-Standard", "payload": {"prompt": prompt}});
        let url = format!("{}/api/v1/ie/requestqueue/apikey/requests", emulator.url("gmicloud"));
        // Refused for its length, or accepted: either way the journal has the notes.
        let answer = caller.post(&url, &body).await;
        let listed = caller.get(&format!("{}/__admin/requests?limit=1", emulator.base())).await.json();
        let notes = listed["requests"][0]["notes"].as_array().unwrap().clone();
        let bytes: usize = notes.iter().map(|note| note.as_str().unwrap().len()).sum();
        assert!(notes.len() <= 12 && bytes < 8_000, "{} notes of {bytes} bytes: {answer:?}", notes.len());
        assert!(!notes.is_empty(), "they are not passed over in silence");
    }
    for job in emulator.jobs(KEY).list().await {
        let kept: usize = job.notes.iter().map(String::len).sum();
        assert!(job.notes.len() <= 12 && kept < 8_000, "{} notes of {kept} bytes", job.notes.len());
    }
    let header = "z".repeat(20_000);
    let request = caller.request(
        Method::GET,
        &format!("{}/api/v1/ie/requestqueue/apikey/requests", emulator.url("gmicloud")),
    );
    caller.send(request.header("x-mockreel-scenario", header)).await;
    let listed = caller.get(&format!("{}/__admin/requests?limit=1", emulator.base())).await.json();
    let notes = listed["requests"][0]["notes"].to_string();
    assert!(notes.len() < 2_000, "{} bytes of notes about one header", notes.len());
}
