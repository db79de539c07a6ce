//! The control API: every endpoint, and who may use it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use reqwest::Method;
use serde_json::{Value, json};
use stuntdouble_contracts::{FailureReason, Phase};
use stuntdouble_emulator::{Emulator, EmulatorBuilder, Latency, Progress};

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
    assert_eq!(vendors.len(), stuntdouble_contracts::vendors().unwrap().len());
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
    for vendor in stuntdouble_contracts::vendors().unwrap() {
        let path = format!("vendors/{}/openapi.json", vendor.contract.full_id());
        let told = granted(&caller.get(&admin(&emulator, &path)).await);
        assert!(told["openapi"].as_str().unwrap().starts_with("3.1"), "{path}");
    }
    refused(&caller.get(&admin(&emulator, "vendors/acme/openapi.json")).await, 404);
}

#[tokio::test]
async fn a_clock_is_read_set_and_advanced() {
    let emulator = quiet().start().await.unwrap();
    let (caller, clock) = (Caller::with_key(KEY), admin(&emulator, "clock"));
    let start = json!({"mode": "manual", "now": "2026-01-01T00:00:00.000Z"});
    assert_eq!(granted(&caller.get(&clock).await), start);
    let later = json!({"mode": "manual", "now": "2026-02-03T04:05:06.789Z"});
    assert_eq!(granted(&caller.put(&clock, &later).await), later);
    assert_eq!(granted(&caller.get(&clock).await), later);
    let told = granted(&caller.post(&format!("{clock}/advance"), &json!({"seconds": 1.5})).await);
    assert_eq!(told["now"], "2026-02-03T04:05:08.289Z");
    let other = granted(&Caller::with_key("other").get(&clock).await);
    assert_eq!(other, start, "one account's clock is nobody else's");
}

#[tokio::test]
async fn a_clock_never_goes_back() {
    let emulator = quiet().start().await.unwrap();
    let (caller, clock) = (Caller::with_key(KEY), admin(&emulator, "clock"));
    let before = json!({"mode": "manual", "now": "2025-12-31T23:59:59.999Z"});
    let detail = refused(&caller.put(&clock, &before).await, 409);
    assert!(detail.contains("2026-01-01T00:00:00.000Z"), "{detail}");
    refused(&caller.put(&format!("{clock}?account=*"), &before).await, 409);
    let told = granted(&caller.get(&clock).await);
    assert_eq!(told["now"], "2026-01-01T00:00:00.000Z");
    refused(&caller.post(&format!("{clock}/advance"), &json!({"seconds": -1})).await, 400);
}

#[tokio::test]
async fn an_order_to_all_clocks_is_carried_out_for_all_or_for_none() {
    let emulator = quiet().start().await.unwrap();
    let clock = admin(&emulator, "clock");
    let moment = |now: &str| json!({"mode": "manual", "now": now});
    for (key, now) in [("a", "2026-03-01T00:00:00Z"), ("b", "2026-01-02T00:00:00Z")] {
        granted(&Caller::with_key(key).put(&clock, &moment(now)).await);
    }
    let all = format!("{clock}?account=*");
    let caller = Caller::without_key();
    refused(&caller.put(&all, &moment("2026-02-01T00:00:00Z")).await, 409);
    let now = async |key: &str| granted(&Caller::with_key(key).get(&clock).await)["now"].clone();
    assert_eq!(now("b").await, "2026-01-02T00:00:00.000Z");
    assert_eq!(now("new").await, "2026-01-01T00:00:00.000Z");

    let told = granted(&caller.put(&all, &moment("2026-04-01T00:00:00Z")).await);
    assert_eq!(told["accounts"].as_array().unwrap().len(), 2);
    for key in ["a", "b", "new"] {
        assert_eq!(now(key).await, "2026-04-01T00:00:00.000Z", "{key}");
    }
    granted(&caller.post(&format!("{clock}/advance?account=*"), &json!({"seconds": 60})).await);
    for key in ["a", "b", "new"] {
        assert_eq!(now(key).await, "2026-04-01T00:01:00.000Z", "{key}");
    }
}

#[tokio::test]
async fn advancing_a_system_clock_makes_it_a_manual_one() {
    let emulator = Emulator::builder().start().await.unwrap();
    let (caller, clock) = (Caller::with_key(KEY), admin(&emulator, "clock"));
    assert_eq!(granted(&caller.get(&clock).await)["mode"], "system");
    let told = granted(&caller.post(&format!("{clock}/advance"), &json!({"seconds": 3600})).await);
    assert_eq!(told["mode"], "manual");
    refused(&caller.put(&clock, &json!({"mode": "system"})).await, 409);
    let other = granted(&Caller::with_key("other").get(&clock).await);
    assert_eq!(other["mode"], "system");
}

#[tokio::test]
async fn a_manual_clock_can_stop_where_it_is() {
    let emulator = Emulator::builder().start().await.unwrap();
    let (caller, clock) = (Caller::with_key(KEY), admin(&emulator, "clock"));
    let told = granted(&caller.put(&clock, &json!({"mode": "manual"})).await);
    assert_eq!(granted(&caller.get(&clock).await), told);
}

#[tokio::test]
async fn time_passes_until_a_job_has_ended_and_no_further() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let id = submitted(&emulator, KEY, "waves").await;
    let job = granted(&caller.get(&admin(&emulator, &format!("jobs/{id}"))).await);
    let advance = admin(&emulator, "clock/advance");
    let told = granted(&caller.post(&advance, &json!({"until_job": id})).await);
    assert_eq!(told["now"], job["ends_at"]);
    assert_eq!(emulator.jobs(KEY).phase(&id).await.unwrap(), Phase::Succeeded);
    let again = granted(&caller.post(&advance, &json!({"until_job": id})).await);
    assert_eq!(again, told, "a job that has ended moves nothing");
}

#[tokio::test]
async fn a_job_that_never_ends_cannot_be_waited_for() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let advance = admin(&emulator, "clock/advance");
    for stuck in ["[sd:stuck]", "[sd:stuck=running]"] {
        let id = submitted(&emulator, KEY, stuck).await;
        let detail = refused(&caller.post(&advance, &json!({"until_job": id})).await, 409);
        assert!(detail.contains(&id), "{detail}");
        let told = granted(&caller.get(&admin(&emulator, &format!("jobs/{id}"))).await);
        assert_eq!((&told["ends_at"], &told["ending"]), (&Value::Null, &Value::Null));
    }
    for progress in [Progress::Step, Progress::Polls(1)] {
        let emulator = quiet().progress(progress).start().await.unwrap();
        let id = submitted(&emulator, KEY, "waves").await;
        refused(&caller.post(&admin(&emulator, "clock/advance"), &json!({"until_job": id})).await, 409);
    }
    refused(&caller.post(&advance, &json!({"until_job": "nobody"})).await, 404);
    let id = submitted(&emulator, "other", "waves").await;
    refused(&caller.post(&advance, &json!({"until_job": id})).await, 404);
}

#[tokio::test]
async fn orders_about_the_clock_that_make_no_sense_are_refused_and_say_why() {
    let emulator = quiet().start().await.unwrap();
    let (caller, clock) = (Caller::with_key(KEY), admin(&emulator, "clock"));
    let orders = [
        json!({}),
        json!({"mode": "sundial"}),
        json!({"mode": 5, "now": "2026-02-01T00:00:00Z"}),
        json!({"mode": "manual", "now": "tomorrow"}),
        json!({"mode": "manual", "now": 5}),
        json!({"mode": "manual", "now": "1969-12-31T00:00:00Z"}),
        json!({"mode": "manual", "now": "+012026-01-01T00:00:00Z"}),
        json!({"mode": "system", "now": "2026-02-01T00:00:00Z"}),
        json!({"mode": "manual", "moment": "2026-02-01T00:00:00Z"}),
        json!([]),
        json!("manual"),
    ];
    for order in orders {
        refused(&caller.put(&clock, &order).await, 400);
    }
    let orders = [
        json!({}),
        json!({"seconds": "5"}),
        json!({"seconds": 1e300}),
        json!({"seconds": null}),
        json!({"until_job": 5}),
        json!({"seconds": 5, "until_job": "x"}),
        json!({"minutes": 5}),
    ];
    for order in orders {
        refused(&caller.post(&format!("{clock}/advance"), &order).await, 400);
    }
    let told = granted(&caller.get(&clock).await);
    assert_eq!(told["now"], "2026-01-01T00:00:00.000Z");
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
    let vendor = stuntdouble_contracts::vendor("aimlapi@2025-07-24").unwrap();
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
    submitted(&emulator, KEY, "waves").await;
    emulator.jobs(KEY).fail(&id, FailureReason::Internal).await.unwrap();
    let told = granted(&caller.get(&admin(&emulator, "account/gmicloud")).await);
    assert_eq!(told["balance"], Value::Null);
    assert_eq!((&told["charged"], &told["refunded"]), (&json!(0.196), &json!(0.098)));
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

#[tokio::test]
async fn whatever_is_no_order_is_a_problem() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for (method, path) in [
        (Method::GET, "nothing"),
        (Method::GET, ""),
        (Method::DELETE, "health"),
        (Method::POST, "health"),
        (Method::PUT, "jobs"),
        (Method::GET, "jobs/a/b/c"),
        (Method::GET, "__admin/health"),
    ] {
        let request =
            caller.request(method, &admin(&emulator, path)).header("content-type", "application/json");
        refused(&caller.send(request).await, 404);
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

#[tokio::test]
async fn a_foreign_host_or_origin_may_not_give_orders() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::without_key();
    let health = admin(&emulator, "health");
    let with = async |name: &str, value: &str| {
        caller.send(caller.request(Method::GET, &health).header(name, value)).await
    };
    let port = emulator.address().port();
    for host in
        ["evil.example", "api.aimlapi.com", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "10.0.0.1"]
    {
        refused(&with("host", host).await, 403);
        refused(&with("host", &format!("{host}:{port}")).await, 403);
    }
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), "LOCALHOST".to_owned()] {
        granted(&with("host", &host).await);
    }
    let foreign =
        ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost:1", "file://", "nonsense"];
    for origin in foreign {
        refused(&with("origin", origin).await, 403);
    }
    for origin in [format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}")] {
        granted(&with("origin", &origin).await);
    }
}

#[tokio::test]
async fn writes_come_as_json_and_browsers_are_told_nothing() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let reset = admin(&emulator, "reset");
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
    ] {
        let request = caller.request(Method::POST, &reset).header("content-type", kind).body("{}");
        refused(&caller.send(request).await, 415);
    }
    refused(&caller.send(caller.request(Method::POST, &reset)).await, 415);
    let kind = "Application/JSON; charset=utf-8";
    granted(&caller.send(caller.request(Method::POST, &reset).header("content-type", kind)).await);
    for method in [Method::OPTIONS, Method::GET, Method::POST] {
        let request = caller
            .request(method, &reset)
            .header("origin", emulator.base())
            .header("access-control-request-method", "POST");
        let answer = caller.send(request).await;
        let told: Vec<&str> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert!(!told.iter().any(|name| name.starts_with("access-control-")), "{told:?}");
    }
}

/// This machine's address beyond loopback, if it has one. Nothing is sent to find out.
fn beyond_loopback() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

fn everywhere() -> EmulatorBuilder {
    quiet().listen(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))
}

#[tokio::test]
async fn beyond_loopback_the_token_is_wanted() {
    let Some(ip) = beyond_loopback() else { return };
    let emulator = everywhere().admin(None, Some("secret".to_owned())).start().await.unwrap();
    let health = format!("http://{ip}:{}/__admin/health", emulator.address().port());
    let caller = Caller::without_key();
    let with = async |token: &str| {
        caller.send(caller.request(Method::GET, &health).header("x-stuntdouble-token", token)).await
    };
    let detail = refused(&caller.get(&health).await, 401);
    assert!(detail.contains("x-stuntdouble-token"), "{detail}");
    for wrong in ["", "secre", "secret2", "SECRET"] {
        refused(&with(wrong).await, 401);
    }
    granted(&with("secret").await);
    granted(&caller.get(&admin(&emulator, "health")).await);

    let without = everywhere().start().await.unwrap();
    let health = format!("http://{ip}:{}/__admin/health", without.address().port());
    let detail = refused(&caller.get(&health).await, 403);
    assert!(detail.contains("--admin-token-env"), "{detail}");
}

#[tokio::test]
async fn a_control_api_of_its_own_address_is_the_only_one_and_serves_nothing_else() {
    let apart = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let emulator = quiet().admin(Some(apart), None).port("gmicloud", apart).start().await.unwrap();
    let caller = Caller::with_key(KEY);
    refused(&caller.get(&admin(&emulator, "health")).await, 404);
    let port = emulator.ports()[0].1;
    refused(&caller.get(&format!("http://{port}/__admin/health")).await, 404);
    let own = emulator.admin_address();
    granted(&caller.get(&format!("http://{own}/__admin/health")).await);
    refused(&caller.get(&format!("http://{own}/gmicloud/api/v1/ie/requestqueue/apikey/models")).await, 404);
    let told = granted(&caller.get(&format!("http://{own}/__admin/vendors")).await);
    for vendor in told["vendors"].as_array().unwrap() {
        let base = vendor["base_url"].as_str().unwrap();
        assert!(base.starts_with(&emulator.base()), "{base} is not where vendors are served");
    }
}
