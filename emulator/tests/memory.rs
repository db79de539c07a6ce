//! The memory that a job takes. A process of its own, since its allocator counts.

use mockreel_emulator::{Emulator, Limits};
use serde_json::{Value, json};

#[global_allocator]
static COUNTED: dhat::Alloc = dhat::Alloc;

/// How much a small job may take beside what its vendor echoes, in bytes.
const MOST_BYTES: usize = 700;

/// A job as its vendor echoes it.
fn payload() -> Value {
    json!({"prompt": "a duck", "duration": "5"})
}

async fn submit(client: &reqwest::Client, url: &str, jobs: usize) {
    let body = json!({"model": "Kling-Text2Video-V1.6-Standard", "payload": payload()}).to_string();
    for _ in 0..jobs {
        let request = client.post(url).header("authorization", "Bearer k");
        let request = request.header("content-type", "application/json").body(body.clone());
        let answer = request.send().await.expect("it answers");
        assert_eq!(answer.status(), 200);
        answer.bytes().await.expect("it ends");
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the figure, with `--nocapture`")]
async fn a_small_job_takes_less_than_700_bytes_beside_its_payload() {
    let _profiler = dhat::Profiler::builder().testing().trim_backtraces(Some(1)).build();
    let limits = Limits { journal_entries: 8, ..Limits::default() };
    let emulator = Emulator::builder().seed(0).limits(limits).start().await.expect("it starts");
    let url = format!("{}/api/v1/ie/requestqueue/apikey/requests", emulator.url("gmicloud"));
    let client = reqwest::Client::new();
    // The first ones fill what is the same however many there are.
    submit(&client, &url, 1_200).await;
    let before = dhat::HeapStats::get().curr_bytes;
    let jobs = 4_000;
    submit(&client, &url, jobs).await;
    let each = (dhat::HeapStats::get().curr_bytes - before) / jobs;
    let echoed = payload().to_string().len();
    println!("a small job takes {each} bytes, of which {echoed} are its payload");
    assert!(each > echoed && each - echoed < MOST_BYTES, "{each} bytes a job");
}
