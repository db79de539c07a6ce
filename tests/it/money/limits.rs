//! Rates and jobs at once, over HTTP, in the vendors' own words.

use mockreel_emulator::{Latency, Progress};
use serde_json::json;

use super::{Shop, goods};
use crate::support::{Answer, Caller, KEY, quiet};

#[track_caller]
fn is_refused(answer: &Answer, status: u16, body: &str) {
    assert_eq!((answer.status, answer.text().as_str()), (status, body));
}

#[tokio::test]
async fn gmicloud_counts_each_model_in_a_window_that_slides_and_tells_the_wait_to_the_millisecond() {
    let shop = Shop::of("gmicloud", quiet().latency(Latency::REAL)).await;
    shop.ordered(KEY, &json!({"limits": {"per_minute": 2}})).await;
    shop.bought().await;
    shop.wait(10_000).await;
    shop.bought().await;
    shop.wait(20_030).await;
    let body = concat!(
        r#"{"error":"Rate limit exceeded for model Kling-Image2Video-V1.6-Pro: 2 requests per 60 seconds. "#,
        r#"Retry in 29970 ms.","rate_limit":{"limit_type":"RPM","limit":2,"interval_seconds":60,"#,
        r#""retry_after_ms":29970}}"#
    );
    let refused = shop.buy_one().await;
    is_refused(&refused, 429, body);
    assert_eq!(refused.header("retry-after"), None);
    let other = shop.buy(KEY, &goods("gmicloud")[1]).await;
    assert_eq!(other.status, 200, "another model has a window of its own: {}", other.text());
    assert_eq!(shop.buy("another-key", &goods("gmicloud")[0]).await.status, 200);
    shop.wait(29_969).await;
    let refused = shop.buy_one().await;
    assert!(refused.text().contains("Retry in 1 ms."), "{}", refused.text());
    shop.wait(1).await;
    shop.bought().await;
    let refused = shop.buy_one().await.json();
    assert_eq!(refused["rate_limit"]["retry_after_ms"], 10_000, "the second of them leaves next");
}

#[tokio::test]
async fn gmicloud_names_the_hour_and_one_model_may_have_a_limit_of_its_own() {
    let shop = Shop::of("gmicloud", quiet().option("gmicloud", "retry_after", "on")).await;
    let limits = json!({"models": {"Kling-Image2Video-V1.6-Pro": {"per_hour": 1}}});
    let told = shop.ordered(KEY, &json!({"limits": limits})).await;
    assert_eq!(told["limits"], limits);
    shop.bought().await;
    let refused = shop.buy_one().await;
    let body = concat!(
        r#"{"error":"Rate limit exceeded for model Kling-Image2Video-V1.6-Pro: 1 requests per 3600 seconds. "#,
        r#"Retry in 3600000 ms.","rate_limit":{"limit_type":"RPH","limit":1,"interval_seconds":3600,"#,
        r#""retry_after_ms":3600000}}"#
    );
    is_refused(&refused, 429, body);
    assert_eq!(refused.header("retry-after"), Some("3600"));
    assert_eq!(shop.buy(KEY, &goods("gmicloud")[1]).await.status, 200);
}

#[tokio::test]
async fn the_others_count_all_requests_of_an_account_and_refuse_in_their_own_words() {
    let shop = Shop::of("302ai", quiet().latency(Latency::REAL)).await;
    shop.ordered(KEY, &json!({"limits": {"per_minute": 1}})).await;
    shop.bought().await;
    let body = concat!(
        r#"{"error":{"err_code":-10008,"message":"No available models currently","message_cn":"当前无可用通道","#,
        r#""message_jp":"現在利用可能なチャネルはありません。","type":"api_error"}}"#
    );
    is_refused(&shop.buy(KEY, &goods("302ai")[1]).await, 429, body);
    for (vendor, text) in [
        ("aimlapi", "Too Many Requests"),
        (
            "apilaplas",
            "Free-tier limit: You've reached your free limit for the hour. Get Apilaplas Subscription to use API, visit https://www.apilaplas.com/app/billing/ !",
        ),
    ] {
        let shop = Shop::of(vendor, quiet().latency(Latency::REAL)).await;
        shop.ordered(KEY, &json!({"limits": {"per_hour": 1}})).await;
        let body = json!({
            "model": "kling-video/v1.6/standard/image-to-video", "image_url": super::IMAGE, "prompt": "a cat",
        });
        let path = "/v2/generate/video/kling/generation";
        let caller = Caller::with_key(KEY);
        assert!(caller.post(&shop.url(path), &body).await.status < 300);
        let refused = caller.post(&shop.url(path), &body).await;
        let id = refused.json()["requestId"].as_str().unwrap().to_owned();
        let body = format!(
            r#"{{"requestId":"{id}","statusCode":429,"timestamp":"2026-01-01T00:00:00.000Z","path":"{path}","message":"{text}"}}"#
        );
        is_refused(&refused, 429, &body);
    }
}

#[tokio::test]
async fn no_money_is_told_as_each_vendor_tells_it() {
    let shop = Shop::of("gmicloud", quiet()).await;
    shop.ordered(KEY, &json!({"balance": {"amount": 0.097, "unit": "usd"}})).await;
    is_refused(&shop.buy_one().await, 402, r#"{"error":"Insufficient credits"}"#);
    let unpriced = json!({"model": "Kling-Image2Video-V1.6-Standard", "payload": {"image": super::IMAGE}});
    let caller = Caller::with_key(KEY);
    let url = shop.url(goods("gmicloud")[0].path);
    assert_eq!(
        caller.post(&url, &unpriced).await.status,
        200,
        "nobody knows its price, and something is left"
    );
    shop.ordered(KEY, &json!({"balance": {"amount": 0}})).await;
    is_refused(&caller.post(&url, &unpriced).await, 402, r#"{"error":"Insufficient credits"}"#);
    let shop = Shop::of("302ai", quiet()).await;
    shop.ordered(KEY, &json!({"balance": {"amount": 0.29}})).await;
    let body = concat!(
        r#"{"error":{"err_code":-10004,"message":"Insufficient account balance","message_cn":"账户余额不足","#,
        r#""message_jp":"アカウント残高が不足しています。","type":"api_error"}}"#
    );
    is_refused(&shop.buy_one().await, 401, body);
    is_refused(&shop.buy("mock-broke-1", &goods("302ai")[0]).await, 401, body);
    let shop = Shop::of("aimlapi", quiet()).await;
    shop.ordered(KEY, &json!({"balance": {"amount": 314_999}})).await;
    let refused = shop.buy_one().await;
    let id = refused.json()["requestId"].as_str().unwrap().to_owned();
    let text = "You've run out of credits. Please top up your balance or update your payment method to continue: https://aimlapi.com/app/billing/";
    let body = format!(
        r#"{{"requestId":"{id}","statusCode":403,"timestamp":"2026-01-01T00:00:00.000Z","path":"/v2/generate/video/kling/generation","message":"{text}"}}"#
    );
    is_refused(&refused, 403, &body);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_before_money_and_limits() {
    let shop = Shop::of("gmicloud", quiet()).await;
    shop.ordered(KEY, &json!({"balance": {"amount": 0}, "limits": {"concurrent": 1}})).await;
    let mut bad = goods("gmicloud")[0].clone();
    bad.body["payload"] = json!({});
    assert_eq!(shop.buy(KEY, &bad).await.status, 400);
    bad.body["model"] = json!("nothing");
    assert_eq!(shop.buy(KEY, &bad).await.status, 404);
    let told = shop.told(KEY).await;
    assert_eq!((&told["charged"], &told["held"]), (&json!(0.0), &json!(0.0)));
}

#[tokio::test]
async fn unfinished_jobs_are_counted_for_the_account_and_for_a_model() {
    let shop = Shop::of("gmicloud", quiet().progress(Progress::Step)).await;
    let [pro, master] = goods("gmicloud");
    let limits = json!({"concurrent": 2, "models": {"Kling-Image2Video-V1.6-Pro": {"concurrent": 1}}});
    shop.ordered(KEY, &json!({"limits": limits})).await;
    let first = shop.bought().await;
    is_refused(&shop.buy(KEY, &pro).await, 429, r#"{"error":"Rate limit exceeded: 1 concurrent requests."}"#);
    assert_eq!(shop.buy(KEY, &master).await.status, 200);
    is_refused(
        &shop.buy(KEY, &master).await,
        429,
        r#"{"error":"Rate limit exceeded: 2 concurrent requests."}"#,
    );
    shop.emulator.jobs(KEY).cancel(&first).await.unwrap();
    assert_eq!(shop.buy(KEY, &pro).await.status, 200, "a job that has ended makes room");
}

#[test]
fn requests_at_the_same_moment_never_pass_a_limit_together() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    for limits in [json!({"per_minute": 5}), json!({"concurrent": 5})] {
        let shop = runtime.block_on(Shop::of("gmicloud", quiet().progress(Progress::Step)));
        runtime.block_on(shop.ordered(KEY, &json!({"limits": limits})));
        let good = goods("gmicloud")[0].clone();
        let url = shop.url(good.path);
        let statuses = runtime.block_on(async {
            let mut all = tokio::task::JoinSet::new();
            for _ in 0..24 {
                let (url, body) = (url.clone(), good.body.clone());
                all.spawn(async move { Caller::with_key(KEY).post(&url, &body).await.status });
            }
            all.join_all().await
        });
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 5, "{limits}: {statuses:?}");
    }
}
