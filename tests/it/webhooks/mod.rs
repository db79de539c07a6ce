//! Callbacks over HTTP, on a manual clock: what is sent, when, to whom, and what the log says of it.

mod receiver;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use mockreel_contracts::vendor::overlaid;
use mockreel_emulator::{Emulator, EmulatorBuilder, Latency};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use self::receiver::{Call, PATIENCE, Receiver};
use crate::support::{Answer, Caller, KEY, quiet};

/// The vendor that takes an address, and the path of a job that wants no image.
const VENDOR: &str = "302ai";
const SUBMIT: &str = "/klingai/m2v_txt2video_hq_5s";

/// When the manual clock of [`quiet`] starts, in seconds since 1970.
const START: u64 = 1_767_225_600;

/// An emulator that sends callbacks.
async fn calling() -> Emulator {
    with(quiet()).await
}

async fn with(builder: EmulatorBuilder) -> Emulator {
    builder.option(VENDOR, "callbacks", "on").start().await.unwrap()
}

/// An emulator whose vendor's `[callbacks]` are patched.
async fn patched(patch: &str) -> Emulator {
    let vendor = overlaid("patch.toml", &format!("id = '{VENDOR}'\n[callbacks]\n{patch}")).unwrap();
    with(quiet().vendor(vendor)).await
}

/// Submits a job that is to be told of there, and answers its id.
async fn submitted(emulator: &Emulator, key: &str, prompt: &str, address: &str) -> String {
    let body = json!({"prompt": prompt, "callback": address});
    let answer = Caller::with_key(key).post(&format!("{}{SUBMIT}", emulator.url(VENDOR)), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"]["task"]["id"].as_str().unwrap().to_owned()
}

async fn finish(emulator: &Emulator, key: &str, id: &str) {
    emulator.clock(key).advance_until_job(id).await.unwrap();
}

async fn fetched(emulator: &Emulator, key: &str, id: &str) -> Answer {
    Caller::with_key(key).get(&format!("{}/klingai/task/{id}/fetch", emulator.url(VENDOR))).await
}

/// The id of the job that a call is about.
fn about(call: &Call) -> String {
    call.json()["data"]["task"]["id"].as_str().unwrap().to_owned()
}

async fn log(emulator: &Emulator, query: &str) -> Value {
    let answer = Caller::without_key().get(&format!("{}/__admin/callbacks{query}", emulator.base())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Asks the log until it is as it should be: an entry is settled only when the receiver's answer has come back.
async fn log_until(emulator: &Emulator, query: &str, what: impl Fn(&Value) -> bool) -> Value {
    let asked = tokio::time::timeout(PATIENCE, async {
        loop {
            let log = log(emulator, query).await;
            if what(&log) {
                return log;
            }
        }
    });
    asked.await.expect("the log comes so far")
}

fn is_settled(log: &Value) -> bool {
    let entries = log["callbacks"].as_array().unwrap();
    !entries.is_empty() && entries.iter().all(|entry| entry["state"] != "pending")
}

#[tokio::test]
async fn by_default_an_address_is_kept_and_nobody_is_called() {
    let emulator = quiet().start().await.unwrap();
    let mut receiver = Receiver::answering(&[]).await;
    let id = submitted(&emulator, KEY, "waves", &receiver.address).await;
    finish(&emulator, KEY, &id).await;
    let log = log(&emulator, "").await;
    assert_eq!((&log["total"], &log["dropped"]), (&json!(1), &json!(0)));
    let entry = &log["callbacks"][0];
    assert_eq!((&entry["state"], &entry["job"], &entry["attempts"]), (&json!("off"), &json!(id), &json!([])));
    let job = Caller::with_key(KEY).get(&format!("{}/__admin/jobs/{id}", emulator.base())).await.json();
    let note =
        "callback: not sent, because option `302ai.callbacks` is off; start with --option 302ai.callbacks=on";
    assert_eq!((&job["notes"], &entry["why"]), (&json!([note]), &json!(note)));
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn an_empty_address_and_a_job_without_one_leave_no_trace() {
    let emulator = calling().await;
    submitted(&emulator, KEY, "waves", "").await;
    assert_eq!(log(&emulator, "").await["total"], 0);
}

#[tokio::test]
async fn at_the_end_what_a_fetch_answers_is_posted_once() {
    let emulator = calling().await;
    let mut receiver = Receiver::answering(&[]).await;
    let id = submitted(&emulator, KEY, "waves", &receiver.address).await;
    finish(&emulator, KEY, &id).await;
    let call = receiver.next().await;
    assert_eq!(call.line, "POST /hook?key=sesame HTTP/1.1");
    assert_eq!(call.header("content-type"), Some("application/json"));
    assert_eq!(call.header("user-agent"), Some("mockreel"));
    assert_eq!((call.header("authorization"), call.header("webhook-signature")), (None, None));
    assert_eq!(String::from_utf8(call.body.clone()).unwrap(), fetched(&emulator, KEY, &id).await.text());
    assert_eq!(call.json()["data"]["status"], 99);
    // Callbacks of an account keep their order, so that a second one would come before the next job's.
    let next = submitted(&emulator, KEY, "hills", &receiver.address).await;
    finish(&emulator, KEY, &next).await;
    assert_eq!(about(&receiver.next().await), next);
}

#[tokio::test]
async fn a_job_that_fails_or_is_cancelled_is_told_of_as_well() {
    let emulator = calling().await;
    let mut receiver = Receiver::answering(&[]).await;
    let failing = submitted(&emulator, KEY, "[mock:fail=moderation]", &receiver.address).await;
    finish(&emulator, KEY, &failing).await;
    assert_eq!(receiver.next().await.json()["data"]["status"], 50);
    let cancelled = submitted(&emulator, KEY, "waves", &receiver.address).await;
    emulator.jobs(KEY).cancel(&cancelled).await.unwrap();
    let call = receiver.next().await;
    assert_eq!((about(&call), &call.json()["data"]["status"]), (cancelled, &json!(50)));
    let log = log_until(&emulator, "", is_settled).await;
    assert_eq!(
        (&log["callbacks"][0]["phase"], &log["callbacks"][1]["phase"]),
        (&json!("cancelled"), &json!("failed"))
    );
}

#[tokio::test]
async fn only_the_clock_of_its_own_account_moves_a_callback() {
    let emulator = calling().await;
    let mut receiver = Receiver::answering(&[]).await;
    let mine = submitted(&emulator, "mine", "waves", &receiver.address).await;
    let other = submitted(&emulator, "other", "waves", &receiver.address).await;
    emulator.clock("other").advance(PATIENCE * 1000).await.unwrap();
    assert_eq!(about(&receiver.next().await), other);
    assert_eq!(log(&emulator, "?account=mine").await["total"], 0);
    let advance = format!("{}/__admin/clock/advance", emulator.base());
    let answer = Caller::with_key("mine").post(&advance, &json!({"until_job": mine})).await;
    assert_eq!(answer.status, 200);
    assert_eq!(about(&receiver.next().await), mine);
}

#[tokio::test]
async fn on_the_system_clock_a_callback_comes_by_itself() {
    let latency: Latency = "0.0001".parse().unwrap();
    let emulator = with(Emulator::builder().seed(1).latency(latency)).await;
    let mut receiver = Receiver::answering(&[]).await;
    let id = submitted(&emulator, KEY, "waves", &receiver.address).await;
    assert_eq!(about(&receiver.next().await), id);
}

#[tokio::test]
async fn a_receiver_that_fails_twice_is_called_a_third_time_by_the_clock() {
    let emulator = patched("retries = 2\nbackoff_seconds = 10.0").await;
    // A redirect is a failure, and is not followed.
    let mut receiver = Receiver::answering(&[503, 307]).await;
    let id = submitted(&emulator, KEY, "waves", &receiver.address).await;
    finish(&emulator, KEY, &id).await;
    let about_it = format!("?job={id}");
    let clock = emulator.clock(KEY);
    let end = clock.now().await;
    for (tried, wait) in [(1, 10), (2, 20)] {
        assert!(receiver.next().await.line.starts_with("POST /hook"));
        let log = log_until(&emulator, &about_it, |log| {
            log["callbacks"][0]["attempts"].as_array().unwrap().len() == tried
        })
        .await;
        let entry = &log["callbacks"][0];
        let due = clock.now().await.after(wait * 1000).rfc3339();
        assert_eq!((&entry["state"], &entry["due_at"]), (&json!("pending"), &json!(due)));
        // One second too early nothing happens: the next call is about a job that ends then.
        clock.advance(std::time::Duration::from_secs(wait - 1)).await.unwrap();
        let mut fence = Receiver::answering(&[]).await;
        let other = submitted(&emulator, KEY, "hills", &fence.address).await;
        emulator.jobs(KEY).succeed(&other).await.unwrap();
        fence.next().await;
        assert!(receiver.is_quiet());
        clock.advance(std::time::Duration::from_secs(1)).await.unwrap();
    }
    receiver.next().await;
    let log = log_until(&emulator, &about_it, is_settled).await;
    let entry = &log["callbacks"][0];
    let attempts = json!([
        {"at": end.rfc3339(), "status": 503, "error": null},
        {"at": end.after(10_000).rfc3339(), "status": 307, "error": null},
        {"at": end.after(30_000).rfc3339(), "status": 200, "error": null},
    ]);
    assert_eq!((&entry["state"], &entry["attempts"]), (&json!("delivered"), &attempts));
}

#[tokio::test]
async fn without_retries_a_callback_that_nobody_takes_has_failed() {
    let emulator = calling().await;
    let mut receiver = Receiver::answering(&[500]).await;
    let id = submitted(&emulator, KEY, "waves", &receiver.address).await;
    finish(&emulator, KEY, &id).await;
    receiver.next().await;
    let settled = log_until(&emulator, "", is_settled).await;
    let entry = &settled["callbacks"][0];
    assert_eq!((&entry["state"], &entry["attempts"][0]["status"]), (&json!("failed"), &json!(500)));
    // Nobody listens there any more.
    let gone = Receiver::answering(&[]).await.address;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let id =
        submitted(&emulator, KEY, "waves", &gone.replace(gone.split('/').nth(2).unwrap(), &free.to_string()))
            .await;
    finish(&emulator, KEY, &id).await;
    let settled = log_until(&emulator, "", is_settled).await;
    let attempt = &settled["callbacks"][0]["attempts"][0];
    assert_eq!((&settled["callbacks"][0]["state"], &attempt["status"]), (&json!("failed"), &Value::Null));
    assert!(attempt["error"].as_str().unwrap().contains("refused"), "{attempt}");
}

#[tokio::test]
async fn nobody_is_called_but_this_machine_and_never_the_emulator_itself() {
    let emulator = calling().await;
    for (address, why) in [
        ("http://192.0.2.1/hook".to_owned(), "start with --allow-callbacks"),
        ("https://hooks.example/hook".to_owned(), "start with --allow-callbacks"),
        (format!("{}/__admin/reset?account=*", emulator.base()), "this emulator's own"),
        (format!("{}{SUBMIT}", emulator.url(VENDOR)), "this emulator's own"),
        ("not an address".to_owned(), "expected an address as in http://"),
    ] {
        let id = submitted(&emulator, KEY, "waves", &address).await;
        finish(&emulator, KEY, &id).await;
        let log = log_until(&emulator, "", is_settled).await;
        let entry = &log["callbacks"][0];
        assert_eq!((&entry["state"], &entry["attempts"]), (&json!("refused"), &json!([])), "{address}");
        assert!(entry["why"].as_str().unwrap().contains(why), "{entry}");
    }
}

#[tokio::test]
async fn localhost_is_this_machine() {
    let emulator = calling().await;
    let mut receiver = Receiver::answering(&[]).await;
    let address = receiver.address.replace("127.0.0.1", "localhost");
    let id = submitted(&emulator, KEY, "waves", &address).await;
    finish(&emulator, KEY, &id).await;
    assert_eq!(about(&receiver.next().await), id);
}

#[tokio::test]
async fn with_a_secret_callbacks_are_signed_at_the_machines_time() {
    let key = b"a secret of thirty-two characters";
    let secret = format!("whsec_{}", STANDARD.encode(key));
    let emulator = with(quiet().webhook_secret(secret.parse().unwrap())).await;
    let mut receiver = Receiver::answering(&[]).await;
    let id = submitted(&emulator, KEY, "waves", &receiver.address).await;
    finish(&emulator, KEY, &id).await;
    let call = receiver.next().await;
    let [message, timestamp, signature] =
        ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| call.header(name).unwrap());
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    for part in [message.as_bytes(), b".", timestamp.as_bytes(), b".", &call.body] {
        mac.update(part);
    }
    let wanted = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(signature, wanted);
    let job_time = START..START + 100_000;
    assert!(!job_time.contains(&timestamp.parse().unwrap()), "{timestamp} is the account's time");
    assert_eq!(log(&emulator, "").await["callbacks"][0]["id"], message);
    assert!(!format!("{:?}", emulator.settings()).contains(&STANDARD.encode(key)));
}

#[tokio::test]
async fn a_reset_forgets_callbacks_that_are_to_come_and_those_that_were() {
    let emulator = calling().await;
    let mut receiver = Receiver::answering(&[]).await;
    let told = submitted(&emulator, KEY, "waves", &receiver.address).await;
    finish(&emulator, KEY, &told).await;
    receiver.next().await;
    submitted(&emulator, KEY, "hills", &receiver.address).await;
    let order = Caller::with_key(KEY).request(Method::POST, &format!("{}/__admin/reset", emulator.base()));
    let order = order.header("content-type", "application/json");
    assert_eq!(Caller::with_key(KEY).send(order).await.status, 200);
    assert_eq!(log(&emulator, "").await["total"], 0);
    // The same account again, whose jobs have the same ids: only the new one is told of.
    let again = submitted(&emulator, KEY, "woods", &receiver.address).await;
    assert_eq!(again, told);
    finish(&emulator, KEY, &again).await;
    let call = receiver.next().await;
    assert!(String::from_utf8(call.body).unwrap().contains("woods"));
    emulator.clock(KEY).advance(PATIENCE * 1000).await.unwrap();
    let log = log_until(&emulator, "", is_settled).await;
    assert_eq!(log["total"], 1);
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn the_log_shows_the_newest_first_filtered_and_without_secrets() {
    let emulator = calling().await;
    let mut receiver = Receiver::answering(&[200, 500]).await;
    let mut ids = Vec::new();
    for key in ["a", "a", "b"] {
        let id = submitted(&emulator, key, "waves", &receiver.address).await;
        finish(&emulator, key, &id).await;
        receiver.next().await;
        ids.push(id);
        log_until(&emulator, "", is_settled).await;
    }
    let all = log(&emulator, "").await;
    let jobs: Vec<&Value> = all["callbacks"].as_array().unwrap().iter().map(|entry| &entry["job"]).collect();
    assert_eq!(jobs, [&ids[2], &ids[1], &ids[0]]);
    let entry = &all["callbacks"][0];
    let names: Vec<&String> = entry.as_object().unwrap().keys().collect();
    let wanted =
        ["id", "job", "vendor", "account", "phase", "copy", "url", "due_at", "attempts", "state", "why"];
    assert_eq!(names, wanted);
    assert_eq!(entry["url"], receiver.address.replace("sesame", "REDACTED"));
    assert!(!all.to_string().contains("sesame"));
    for (query, total) in [
        ("?account=a", 2),
        ("?account=b", 1),
        ("?account=*", 3),
        ("?state=failed", 1),
        ("?state=refused", 0),
        ("?vendor=302ai", 3),
        ("?vendor=gmicloud", 0),
        (&format!("?job={}&account=a", ids[0]), 1),
        ("?limit=1&offset=1", 3),
    ] {
        assert_eq!(log(&emulator, query).await["total"], total, "{query}");
    }
    let page = log(&emulator, "?limit=1&offset=1").await;
    assert_eq!(page["callbacks"].as_array().unwrap().len(), 1);
    assert_eq!(page["callbacks"][0]["job"], ids[1]);
}
