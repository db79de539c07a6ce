//! The control API: every endpoint, and who may use it.

mod clock;
mod guard;
mod jobs;
mod openapi;
mod pages;
mod queries;

use mockreel_emulator::Emulator;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, KEY, fixture, quiet};

const REQUESTS: &str = "/api/v1/ie/requestqueue/apikey/requests";

/// Submits a job with this prompt and answers its id.
async fn submitted(emulator: &Emulator, key: &str, prompt: &str) -> String {
    let body = json!({
        "model": "Kling-Image2Video-V1.6-Pro",
        "payload": {"image": fixture(emulator, "side-300.png"), "prompt": prompt},
    });
    let url = format!("{}{REQUESTS}", emulator.url("gmicloud"));
    let answer = Caller::with_key(key).post(&url, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["request_id"].as_str().unwrap().to_owned()
}

fn admin(emulator: &Emulator, path: &str) -> String {
    format!("{}/__admin/{path}", emulator.base())
}

/// Asserts that an answer is a problem in the form of RFC 9457, and answers its detail.
fn refused(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.members(), ["type", "title", "status", "detail"]);
    let told = answer.json();
    assert_eq!(told["status"], status);
    let detail = told["detail"].as_str().unwrap().to_owned();
    assert!(!detail.is_empty());
    detail
}

fn granted(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.json()
}

#[tokio::test]
async fn health_is_ready_for_whoever_asks_and_needs_no_key() {
    let emulator = quiet().start().await.unwrap();
    let told = granted(&Caller::without_key().get(&admin(&emulator, "health")).await);
    assert_eq!(told, json!({"status": "ready"}));
}

#[tokio::test]
async fn vendors_tells_every_edition_with_an_address_that_works() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let told = granted(&caller.get(&admin(&emulator, "vendors")).await);
    assert_eq!(told["seed"], 1);
    let vendors = told["vendors"].as_array().unwrap();
    assert_eq!(vendors.len(), mockreel_contracts::vendors().unwrap().len());
    for vendor in vendors {
        let members: Vec<&String> = vendor.as_object().unwrap().keys().collect();
        let wanted =
            ["id", "edition", "newest", "title", "base_url", "hosts", "models", "operations", "options"];
        assert_eq!(members, wanted);
        assert!(!vendor["operations"].as_array().unwrap().is_empty());
        let base = vendor["base_url"].as_str().unwrap();
        assert!(base.starts_with(&emulator.base()), "{base}");
        let get = vendor["operations"]
            .as_array()
            .unwrap()
            .iter()
            .find(|held| held["method"] == "GET" && !held["path"].as_str().unwrap().contains('{'));
        if let Some(get) = get {
            let answer = caller.get(&format!("{base}{}", get["path"].as_str().unwrap())).await;
            assert_ne!(answer.status, 405, "{base}: {}", answer.text());
            assert_ne!(answer.header("content-type"), Some("application/problem+json"));
        }
    }
}

#[tokio::test]
async fn the_openapi_document_of_each_edition_is_served() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::without_key();
    for vendor in mockreel_contracts::vendors().unwrap() {
        let path = format!("vendors/{}/openapi.json", vendor.contract.full_id());
        let told = granted(&caller.get(&admin(&emulator, &path)).await);
        assert!(told["openapi"].as_str().unwrap().starts_with("3.1"), "{path}");
    }
    refused(&caller.get(&admin(&emulator, "vendors/acme/openapi.json")).await, 404);
}

#[tokio::test]
async fn writes_want_an_account_and_reads_without_one_speak_of_all() {
    let emulator = quiet().start().await.unwrap();
    let id = submitted(&emulator, "a", "waves").await;
    submitted(&emulator, "b", "waves").await;
    let nobody = Caller::without_key();
    for (method, path, body) in [
        (Method::PUT, "clock".to_owned(), json!({"mode": "manual"})),
        (Method::POST, "clock/advance".to_owned(), json!({"seconds": 1})),
        (Method::POST, format!("jobs/{id}/start"), json!({})),
        (Method::POST, "reset".to_owned(), json!({})),
    ] {
        let request = nobody.request(method, &admin(&emulator, &path)).json(&body);
        let detail = refused(&nobody.send(request).await, 400);
        assert!(detail.contains("?account=*"), "{detail}");
    }
    assert_eq!(granted(&nobody.get(&admin(&emulator, "jobs")).await)["total"], 2);
    assert_eq!(granted(&nobody.get(&admin(&emulator, "jobs?account=*")).await)["total"], 2);
    assert_eq!(granted(&nobody.get(&admin(&emulator, "jobs?account=a")).await)["total"], 1);
    assert_eq!(granted(&nobody.get(&admin(&emulator, &format!("jobs/{id}"))).await)["id"], id.as_str());
    let clocks = granted(&nobody.get(&admin(&emulator, "clock")).await);
    assert_eq!(clocks["accounts"].as_array().unwrap().len(), 2);
    let accounts = granted(&nobody.get(&admin(&emulator, "account/gmicloud")).await);
    assert_eq!(accounts["accounts"].as_array().unwrap().len(), 2);
    granted(&nobody.post(&admin(&emulator, &format!("jobs/{id}/start?account=*")), &json!({})).await);
}

#[tokio::test]
async fn an_account_is_named_by_the_bearer_in_any_case_and_a_star_there_is_a_key() {
    let emulator = quiet().start().await.unwrap();
    submitted(&emulator, "a", "waves").await;
    let nobody = Caller::without_key();
    let jobs = admin(&emulator, "jobs");
    let total = async |scheme: &str| {
        let request = nobody.request(Method::GET, &jobs).header("authorization", scheme);
        granted(&nobody.send(request).await)["total"].clone()
    };
    for scheme in ["Bearer a", "bearer a", "BEARER a"] {
        assert_eq!(total(scheme).await, 1, "{scheme}");
    }
    assert_eq!(total("bearer b").await, 0);
    assert_eq!(total("Bearer *").await, 0, "a key may be a star; everybody is `?account=*`");
}

#[tokio::test]
async fn whatever_is_no_order_is_a_problem() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for (method, path, status) in [
        (Method::GET, "nothing", 404),
        (Method::GET, "", 404),
        (Method::DELETE, "health", 405),
        (Method::POST, "health", 405),
        (Method::PUT, "jobs", 405),
        (Method::GET, "jobs/a/b/c", 404),
        (Method::GET, "__admin/health", 404),
    ] {
        let request =
            caller.request(method, &admin(&emulator, path)).header("content-type", "application/json");
        refused(&caller.send(request).await, status);
    }
    let raw = async |body: Vec<u8>| {
        let request = caller.request(Method::POST, &admin(&emulator, "clock/advance"));
        caller.send(request.header("content-type", "application/json").body(body)).await
    };
    refused(&raw(b"{\"seconds\":".to_vec()).await, 400);
    refused(&raw(b"\xff\xfe".to_vec()).await, 400);
    refused(&raw(b"[".repeat(100_000)).await, 400);
    refused(&raw(vec![b' '; 1024 * 1024 + 1]).await, 413);
}
