//! The vendors' own routes about money and jobs: balance and cancel.

use mockreel_contracts::Operation;
use mockreel_contracts::contract::check::rules::Checker;
use mockreel_emulator::Progress;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Shop, goods};
use crate::support::{Answer, Caller, KEY, quiet};

const NEWER: &str = "/v2/billing";
const LEGACY: &str = "/v1/billing/balance";

/// Asserts that an answer keeps the schema of an operation.
#[track_caller]
fn keeps(selector: &str, operation: Operation, answer: &Answer) {
    let contract = mockreel_contracts::vendor(selector).unwrap().contract;
    let checker = Checker::new(contract.operations[&operation].reply.clone()).unwrap();
    assert!(checker.accepts(&answer.json()), "{selector}: {}", answer.text());
}

#[tokio::test]
async fn aimlapi_tells_the_balance_in_dollars_and_at_the_older_address_in_credits() {
    let shop = Shop::of("aimlapi", quiet()).await;
    let caller = Caller::with_key(KEY);
    let ask = async |path: &str| {
        let answer = caller.get(&shop.url(path)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        keeps("aimlapi", Operation::Balance, &answer);
        answer
    };
    assert_eq!(ask(NEWER).await.text(), r#"{"current_balance":1000,"currency":"USD"}"#);
    shop.ordered(KEY, &json!({"balance": {"amount": 320_000, "unit": "credits"}})).await;
    assert_eq!(ask(NEWER).await.text(), r#"{"current_balance":0.16,"currency":"USD"}"#);
    let told = |balance: u32, low: bool| {
        format!(
            r#"{{"balance":{balance},"lowBalance":{low},"lowBalanceThreshold":10000,"lastUpdated":"2026-01-01T00:00:00.000Z","autoDebitStatus":"disabled","status":"current","statusExplanation":"Balance is current and up to date"}}"#
        )
    };
    assert_eq!(ask(LEGACY).await.text(), told(320_000, false));
    shop.bought().await;
    assert_eq!(ask(LEGACY).await.text(), told(5000, true), "what is put aside is gone until it is released");
    assert_eq!(ask(NEWER).await.text(), r#"{"current_balance":0.0025,"currency":"USD"}"#);
    let broke = Caller::with_key("mock-broke-1").get(&shop.url(NEWER)).await;
    assert_eq!(broke.text(), r#"{"current_balance":0,"currency":"USD"}"#);
    assert_eq!(Caller::without_key().get(&shop.url(NEWER)).await.status, 401);
    assert_eq!(Caller::with_key("not-a-key").get(&shop.url(LEGACY)).await.status, 401);
}

#[tokio::test]
async fn each_edition_has_the_addresses_of_its_day() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for (edition, newer, legacy) in [
        ("aimlapi", 200, 200),
        ("aimlapi@2026-06-12", 404, 200),
        ("aimlapi@2025-11-12", 404, 200),
        ("aimlapi@2025-11-07", 404, 404),
        ("aimlapi@2025-07", 404, 404),
        ("apilaplas", 404, 404),
    ] {
        for (path, status) in [(NEWER, newer), (LEGACY, legacy)] {
            let answer = caller.get(&format!("{}{path}", emulator.url(edition))).await;
            assert_eq!(answer.status, status, "{edition}{path}: {}", answer.text());
            if status == 200 {
                keeps(edition, Operation::Balance, &answer);
            }
        }
    }
}

/// Cancels a request as its owner would.
async fn cancel(shop: &Shop, key: &str, id: &str) -> Answer {
    let caller = Caller::with_key(key);
    let url = shop.url(&format!("{}/{id}", goods("gmicloud")[0].path));
    caller.send(caller.request(Method::DELETE, &url)).await
}

#[tokio::test]
async fn gmicloud_cancels_nothing_unless_the_option_says_so() {
    let shop = Shop::of("gmicloud", quiet()).await;
    let id = shop.bought().await;
    let answer = cancel(&shop, KEY, &id).await;
    assert_eq!((answer.status, answer.text().as_str()), (405, r#"{"error":"Method not allowed"}"#));
}

#[tokio::test]
async fn a_request_that_waits_is_cancelled_and_any_other_stays_as_it_is() {
    let shop =
        Shop::of("gmicloud", quiet().progress(Progress::Step).option("gmicloud", "cancel", "on")).await;
    let purse = shop.emulator.wallet(KEY, "gmicloud");
    purse.set_balance(Some(0.2)).await.unwrap();
    let (waiting, running) = (shop.bought().await, shop.bought().await);
    assert_eq!(purse.balance().await, Some(0.004));
    shop.wait(5000).await;
    shop.emulator.jobs(KEY).start(&running).await.unwrap();
    let answer = cancel(&shop, KEY, &waiting).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    keeps("gmicloud", Operation::Cancel, &answer);
    let record = answer.json();
    assert_eq!((&record["status"], &record["outcome"]), (&json!("cancelled"), &Value::Null));
    assert_eq!(record["updated_at"].as_u64().unwrap() - record["created_at"].as_u64().unwrap(), 5);
    assert_eq!(cancel(&shop, KEY, &running).await.json()["status"], "processing");
    assert_eq!(cancel(&shop, KEY, &waiting).await.json()["status"], "cancelled", "twice is once");
    assert_eq!(purse.balance().await, Some(0.102), "what was put aside for it is released");
    for (key, id) in [(KEY, "nothing"), ("another-key", &*running)] {
        let answer = cancel(&shop, key, id).await;
        assert_eq!((answer.status, answer.text().as_str()), (404, r#"{"error":"Request not found"}"#));
    }
    shop.emulator.jobs(KEY).succeed(&running).await.unwrap();
    assert_eq!(cancel(&shop, KEY, &running).await.json()["status"], "success");
}
