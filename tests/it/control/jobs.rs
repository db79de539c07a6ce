//! Orders about jobs and accounts.

use mockreel_contracts::{FailureReason, Phase};
use mockreel_emulator::{Latency, Progress};
use serde_json::{Value, json};

use super::{REQUESTS, admin, granted, refused, submitted};
use crate::support::{Caller, KEY, fixture, quiet};

#[tokio::test]
async fn jobs_are_listed_newest_first_and_cut_into_pages() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.insert(0, submitted(&emulator, KEY, &format!("number {number}")).await);
    }
    submitted(&emulator, "other", "waves").await;
    emulator.jobs(KEY).start(&ids[0]).await.unwrap();
    emulator.jobs(KEY).cancel(&ids[1]).await.unwrap();
    let page = async |query: &str| {
        let told = granted(&caller.get(&admin(&emulator, &format!("jobs{query}"))).await);
        let listed: Vec<String> = told["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|job| job["id"].as_str().unwrap().to_owned())
            .collect();
        (listed, told["total"].as_u64().unwrap())
    };
    assert_eq!(page("").await, (ids.clone(), 5));
    assert_eq!(page("?limit=2").await, (ids[..2].to_vec(), 5));
    assert_eq!(page("?limit=2&offset=3").await, (ids[3..].to_vec(), 5));
    assert_eq!(page("?limit=0").await, (Vec::new(), 5));
    assert_eq!(page("?offset=9").await, (Vec::new(), 5));
    assert_eq!(page("?phase=running").await, (vec![ids[0].clone()], 1));
    assert_eq!(page("?phase=cancelled").await, (vec![ids[1].clone()], 1));
    assert_eq!(page("?phase=queued&limit=1&offset=1").await, (vec![ids[3].clone()], 3));
    assert_eq!(page("?vendor=gmicloud").await.1, 5);
    assert_eq!(page("?vendor=aimlapi").await.1, 0);
    for bad in ["?phase=asleep", "?limit=-1", "?limit=many", "?offset=1.5"] {
        refused(&caller.get(&admin(&emulator, &format!("jobs{bad}"))).await, 400);
    }
}

#[tokio::test]
async fn a_job_is_told_with_every_member_and_times_that_fit_its_phase() {
    let emulator = quiet().latency(Latency::REAL).start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let id = submitted(&emulator, KEY, "waves").await;
    let answer = caller.get(&admin(&emulator, &format!("jobs/{id}"))).await;
    let job = granted(&answer);
    let wanted =
        "id vendor edition operation model account phase submitted_at starts_at ends_at ending reason";
    for name in wanted.split(' ').chain(["price", "scenario"]) {
        assert!(job.get(name).is_some(), "the job lacks `{name}`: {job}");
    }
    assert_eq!((&job["id"], &job["vendor"]), (&json!(id), &json!("gmicloud")));
    assert_eq!((&job["phase"], &job["operation"]), (&json!("queued"), &json!("submit")));
    assert_eq!(job["price"], json!({"amount": 0.098, "unit": "usd"}));
    assert_eq!(job["submitted_at"], "2026-01-01T00:00:00.000Z");
    assert_eq!((&job["ending"], &job["reason"]), (&json!("succeeded"), &Value::Null));
    let (start, end) = (job["starts_at"].as_str().unwrap(), job["ends_at"].as_str().unwrap());
    assert!("2026-01-01T00:00:00.000Z" < start && start < end, "{job}");
    assert!(!answer.text().contains(KEY), "a key is never shown");
    refused(&caller.get(&admin(&emulator, "jobs/nobody")).await, 404);
    refused(&Caller::with_key("other").get(&admin(&emulator, &format!("jobs/{id}"))).await, 404);
}

#[tokio::test]
async fn an_id_with_slashes_and_colons_is_found_percent_encoded() {
    let vendor = mockreel_contracts::vendor("aimlapi@2025-07-24").unwrap();
    let emulator = quiet().vendor(vendor).option("aimlapi", "id_form", "uuid_model").start().await.unwrap();
    let model = "kling-video/v1.6/pro/image-to-video";
    let body = json!({"model": model, "image_url": fixture(&emulator, "side-300.png"), "prompt": "x", "duration": "5"});
    let caller = Caller::with_key(KEY);
    let answer =
        caller.post(&format!("{}/v2/generate/video/kling/generation", emulator.url("aimlapi")), &body).await;
    let id = answer.json()["id"].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned();
    assert!(id.ends_with(model), "{id}");
    let encoded: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    assert!(encoded.contains("%2F"), "{encoded}");
    let job = admin(&emulator, &format!("jobs/{encoded}"));
    assert_eq!(granted(&caller.get(&job).await)["id"], id.as_str());
    let started = granted(&caller.post(&format!("{job}/start"), &json!({})).await);
    assert_eq!((&started["id"], &started["phase"]), (&json!(id), &json!("running")));
    let advance = admin(&emulator, "clock/advance");
    granted(&caller.post(&advance, &json!({"until_job": id})).await);
    assert_eq!(granted(&caller.get(&job).await)["phase"], "succeeded");
}

#[tokio::test]
async fn a_job_can_be_started_ended_and_cancelled_but_never_twice() {
    let emulator = quiet().progress(Progress::Step).start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let order = async |id: &str, command: &str, body: Value| {
        caller.post(&admin(&emulator, &format!("jobs/{id}/{command}")), &body).await
    };
    let id = submitted(&emulator, KEY, "waves").await;
    assert_eq!(granted(&order(&id, "start", json!({})).await)["phase"], "running");
    let detail = refused(&order(&id, "start", json!({})).await, 409);
    assert!(detail.contains("running"), "{detail}");
    let done = granted(&order(&id, "succeed", json!({})).await);
    assert_eq!((&done["phase"], &done["ending"]), (&json!("succeeded"), &json!("succeeded")));
    assert_eq!(done["ends_at"], "2026-01-01T00:00:00.000Z");
    for command in ["start", "succeed", "fail", "cancel"] {
        let detail = refused(&order(&id, command, json!({})).await, 409);
        assert!(detail.contains("succeeded"), "{detail}");
    }
    let id = submitted(&emulator, KEY, "waves").await;
    let failed = granted(&order(&id, "fail", json!({"reason": "moderation"})).await);
    assert_eq!((&failed["phase"], &failed["reason"]), (&json!("failed"), &json!("moderation")));
    refused(&order(&id, "succeed", json!({})).await, 409);
    let id = submitted(&emulator, KEY, "waves").await;
    assert_eq!(granted(&order(&id, "cancel", json!({})).await)["phase"], "cancelled");
    refused(&order(&id, "fail", json!({})).await, 409);
    refused(&order("nobody", "start", json!({})).await, 404);
    let id = submitted(&emulator, KEY, "waves").await;
    refused(&order(&id, "explode", json!({})).await, 404);
    refused(&order(&id, "start", json!({"reason": "moderation"})).await, 400);
    refused(&order(&id, "fail", json!({"reason": "boredom"})).await, 400);
    refused(&order(&id, "fail", json!({"reason": 5})).await, 400);
    refused(&order(&id, "fail", json!({"cause": "moderation"})).await, 400);
    assert_eq!(
        emulator.jobs(KEY).phase(&id).await.unwrap(),
        Phase::Queued,
        "a refused order changes nothing"
    );
}

#[tokio::test]
async fn a_job_can_fail_for_every_reason() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for reason in FailureReason::ALL {
        let id = submitted(&emulator, KEY, "waves").await;
        let url = admin(&emulator, &format!("jobs/{id}/fail"));
        let told = granted(&caller.post(&url, &json!({"reason": reason.name()})).await);
        assert_eq!(told["reason"], reason.name());
        let seen = caller.get(&format!("{}{REQUESTS}/{id}", emulator.url("gmicloud"))).await.json();
        assert_eq!(seen["status"], "failed");
        assert!(!seen["outcome"]["error"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_account_tells_what_was_spent_with_a_vendor() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let id = submitted(&emulator, KEY, "waves").await;
    let good = submitted(&emulator, KEY, "waves").await;
    let held = granted(&caller.get(&admin(&emulator, "account/gmicloud")).await);
    assert_eq!((&held["charged"], &held["held"]), (&json!(0.0), &json!(0.196)));
    emulator.jobs(KEY).fail(&id, FailureReason::Internal).await.unwrap();
    emulator.jobs(KEY).succeed(&good).await.unwrap();
    let told = granted(&caller.get(&admin(&emulator, "account/gmicloud")).await);
    assert_eq!(told["balance"], Value::Null);
    assert_eq!((&told["charged"], &told["refunded"]), (&json!(0.098), &json!(0.0)));
    assert_eq!(told["limits"], json!({}));
    refused(&caller.get(&admin(&emulator, "account/acme")).await, 404);
}

#[tokio::test]
async fn a_reset_forgets_one_account_or_all_and_begins_anew() {
    let emulator = quiet().start().await.unwrap();
    let total = async |key: &str| {
        granted(&Caller::with_key(key).get(&admin(&emulator, "jobs")).await)["total"].clone()
    };
    let first = submitted(&emulator, "a", "waves").await;
    submitted(&emulator, "b", "waves").await;
    let a = Caller::with_key("a");
    granted(&a.post(&admin(&emulator, "clock/advance"), &json!({"seconds": 5})).await);
    granted(&a.post(&admin(&emulator, "reset"), &json!({})).await);
    assert_eq!((total("a").await, total("b").await), (json!(0), json!(1)));
    let clock = granted(&a.get(&admin(&emulator, "clock")).await);
    assert_eq!(clock["now"], "2026-01-01T00:00:00.000Z");
    assert_eq!(submitted(&emulator, "a", "waves").await, first, "the same story begins again");
    refused(&a.post(&admin(&emulator, "reset"), &json!({"vendor": "gmicloud"})).await, 400);
    granted(&a.post(&admin(&emulator, "reset?account=*"), &json!({})).await);
    assert_eq!((total("a").await, total("b").await), (json!(0), json!(0)));
}
