//! Latency at the edge: polls, submits small and large, start-up; and validation by itself.

mod setup;

use std::time::Duration;

use base64::Engine;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mockreel_contracts::contract::views::examples;
use mockreel_emulator::{Emulator, Limits, fixtures};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use self::setup::Server;

/// An image of eight megabytes: a real one, padded after its end.
fn large_image() -> Vec<u8> {
    let mut bytes = fixtures::find("landscape.jpg").expect("the fixture is there").bytes.to_vec();
    bytes.resize(8 * 1024 * 1024, 0);
    bytes
}

fn request(server: &Server, method: reqwest::Method, vendor: &str, path: &str) -> reqwest::RequestBuilder {
    let url = format!("{}{path}", server.emulator.url(vendor));
    server.client.request(method, url).header("authorization", "Bearer bench")
}

const SUBMIT: &str = "/v2/video/generations";

fn body(image: &str) -> Value {
    json!({"model": "kling-video/v1.6/pro/image-to-video", "image_url": image, "prompt": "text", "duration": 5, "cfg_scale": 0.5})
}

fn edge(criterion: &mut Criterion) {
    // Echoed payloads of megabytes must not fill memory while the benchmark repeats itself.
    let mut limits = Limits::default();
    limits.store.jobs = 1_000_000;
    let server = Server::start(limits);
    let post = |body: &Value| {
        request(&server, reqwest::Method::POST, "aimlapi", SUBMIT)
            .header("content-type", "application/json")
            .body(body.to_string())
    };
    let small = body("https://pictures.example/first.png");
    let accepted: Value = serde_json::from_slice(&server.send(post(&small))).expect("the answer is JSON");
    let poll =
        format!("{SUBMIT}?generation_id={}", accepted["id"].as_str().expect("a submit answers with an id"));
    let mut group = criterion.benchmark_group("edge");
    group.bench_function("poll", |bencher| {
        bencher.iter(|| server.send(request(&server, reqwest::Method::GET, "aimlapi", &poll)));
    });
    group.bench_function("submit_small_json", |bencher| bencher.iter(|| server.send(post(&small))));
    group.sample_size(20).measurement_time(Duration::from_secs(8));
    let image = large_image();
    let data_uri =
        format!("data:image/jpeg;base64,{}", base64::engine::general_purpose::STANDARD.encode(&image));
    let large = body(&data_uri);
    group.bench_function("submit_8mb_data_uri", |bencher| bencher.iter(|| server.send(post(&large))));
    group.bench_function("submit_8mb_multipart", |bencher| {
        bencher.iter_batched(
            || {
                let part = reqwest::multipart::Part::bytes(image.clone()).file_name("first.jpg");
                reqwest::multipart::Form::new().text("prompt", "text").part("input_image", part)
            },
            |form| {
                server.send(
                    request(&server, reqwest::Method::POST, "302ai", "/klingai/m2v_img2video_hq")
                        .multipart(form),
                )
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn start_up(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime can be made");
    criterion.bench_function("start_up", |bencher| {
        bencher.iter(|| runtime.block_on(Emulator::builder().start()).expect("the emulator starts"));
    });
}

fn validation(criterion: &mut Criterion) {
    let vendor = mockreel_contracts::vendor("aimlapi").expect("the vendor is there");
    let model = &vendor.contract.models["kling-video/v1.6/pro/image-to-video"];
    let good = examples::full(model, &["https://pictures.example/first.png"]);
    let bad = json!({"model": 7, "image_url": "not-a-url", "duration": 99, "cfg_scale": 2});
    let checker = vendor.contract.request_checker(model);
    criterion.bench_function("validate_good", |bencher| bencher.iter(|| checker.violations(&good)));
    criterion.bench_function("validate_bad", |bencher| bencher.iter(|| checker.violations(&bad)));
}

criterion_group!(benches, edge, start_up, validation);
criterion_main!(benches);
