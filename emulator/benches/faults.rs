//! Latency beside faults: a poll on a quiet server, and on one where a hundred callers
//! wait for late answers while another one's connections are reset all the time.

mod setup;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use mockreel_emulator::Limits;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use self::setup::Server;

const VENDOR: &str = "aimlapi";
const PATH: &str = "/v2/video/generations";

/// How many callers wait for a first byte, and as many for a body.
const WAITING: usize = 50;

/// How long they wait, in seconds: longer than the benchmark takes.
const DELAY: u64 = 600;

impl Server {
    /// Submits a job with a key; answers the path where it is polled.
    fn submit(&self, key: &str) -> String {
        let body = json!({
            "model": "kling-video/v1.6/pro/image-to-video",
            "image_url": "https://pictures.example/first.png",
        });
        let request = self
            .client
            .post(format!("{}{PATH}", self.emulator.url(VENDOR)))
            .bearer_auth(key)
            .header("content-type", "application/json")
            .body(body.to_string());
        let accepted: Value = serde_json::from_slice(&self.send(request)).expect("the answer is JSON");
        let id = accepted["id"].as_str().expect("a submit answers with an id");
        format!("/{VENDOR}{PATH}?generation_id={id}")
    }

    /// Orders a fault for the polls of a key.
    fn order(&self, key: &str, wire: &Value) {
        let scenario = json!({
            "name": format!("bench-{key}"),
            "match": {"vendor": VENDOR, "operation": "poll"},
            "then": {"wire": wire},
        });
        let request = self
            .client
            .post(format!("{}/__admin/scenarios?account={key}", self.emulator.admin_base()))
            .header("content-type", "application/json")
            .body(scenario.to_string());
        self.send(request);
    }

    /// Opens a connection and polls on it.
    async fn ask(emulator: std::net::SocketAddr, key: &str, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(emulator).await.expect("the emulator takes connections");
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\r\n");
        // Whoever is reset may be so before all was written.
        let _ = stream.write_all(request.as_bytes()).await;
        stream
    }

    /// Polls with a key on a connection that stays open.
    fn measure(&self, criterion: &mut Criterion, name: &str) {
        let path = self.submit("measured");
        let url = format!("{}{path}", self.emulator.base());
        let mut group = criterion.benchmark_group("faults");
        group.measurement_time(Duration::from_secs(8)).sample_size(200);
        group.bench_function(name, |bencher| {
            bencher.iter(|| self.send(self.client.get(&url).bearer_auth("measured")));
        });
        group.finish();
    }
}

fn quiet(criterion: &mut Criterion) {
    Server::start(Limits::default()).measure(criterion, "poll_on_a_quiet_server");
}

fn troubled(criterion: &mut Criterion) {
    let server = Server::start(Limits::default());
    let address = server.emulator.address();
    let mut held = Vec::new();
    for (key, fault) in [("late", "slow_first_byte"), ("drops", "slow_body")] {
        let path = server.submit(key);
        server.order(key, &json!({"fault": fault, "delay": DELAY}));
        for _ in 0..WAITING {
            held.push(server.runtime.block_on(Server::ask(address, key, &path)));
        }
    }
    let path = server.submit("reset");
    server.order("reset", &json!({"fault": "reset", "after_bytes": 50}));
    let (stop, resets) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&resets));
    let resetting = server.runtime.spawn(async move {
        while !stopped.load(Ordering::Relaxed) {
            let mut stream = Server::ask(address, "reset", &path).await;
            let broken = stream.read_to_end(&mut Vec::new()).await;
            assert!(broken.is_err(), "the connection was not reset");
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    server.measure(criterion, "poll_beside_a_hundred_waiting_and_resets");
    stop.store(true, Ordering::Relaxed);
    server.runtime.block_on(resetting).expect("every connection of the loop was reset");
    for stream in &held {
        let over = stream.try_read(&mut [0; 1]).is_ok_and(|count| count == 0);
        assert!(!over, "nobody who waited was answered or sent away");
    }
    assert!(resets.load(Ordering::Relaxed) > 0, "no connection was reset meanwhile");
}

criterion_group!(benches, quiet, troubled);
criterion_main!(benches);
