//! The journal: what was asked and answered, why it was rejected, and what a test expects.

mod expectations;
mod late;
mod nowhere;
mod redaction;

use std::collections::BTreeSet;

use mockreel_contracts::contract::model::Model;
use mockreel_contracts::contract::model::operation::OperationFacts;
use mockreel_contracts::contract::views::examples::just_bad;
use mockreel_contracts::{Contract, Operation};
use mockreel_emulator::{Emulator, Latency, Limits, account};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, KEY, fixture, fixture_bytes, newest, quiet};

const QUEUE: &str = "/api/v1/ie/requestqueue/apikey/requests";
const MODEL: &str = "Kling-Image2Video-V1.6-Standard";

fn submit_path(operation: &OperationFacts, model: &Model) -> String {
    let fits = |held: &Option<String>| held.as_ref().is_none_or(|id| *id == model.id);
    operation.routes.iter().find(|route| fits(&route.model)).expect("every model has a path").path.clone()
}

async fn submit(emulator: &Emulator, contract: &Contract, model: &Model, body: &Value) -> Answer {
    let path = submit_path(&contract.operations[&Operation::Submit], model);
    Caller::with_key(KEY).post(&format!("{}{path}", emulator.url(&contract.id)), body).await
}

/// A submit to one vendor's queue, with a prompt.
async fn queued(emulator: &Emulator, key: &str, prompt: &str) -> Answer {
    let body =
        json!({"model": MODEL, "payload": {"prompt": prompt, "image": fixture(emulator, "side-300.png")}});
    Caller::with_key(key).post(&format!("{}{QUEUE}", emulator.url("gmicloud")), &body).await
}

async fn admin(emulator: &Emulator, method: Method, target: &str) -> Answer {
    let caller = Caller::without_key();
    caller.send(caller.request(method, &format!("{}/__admin/{target}", emulator.base()))).await
}

async fn listed(emulator: &Emulator, query: &str) -> Value {
    let answer = admin(emulator, Method::GET, &format!("requests{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn latest(emulator: &Emulator) -> Value {
    listed(emulator, "?limit=1").await["requests"][0].clone()
}

async fn counted(emulator: &Emulator, query: &str, wanted: &Value) -> Answer {
    Caller::without_key().post(&format!("{}/__admin/requests/count{query}", emulator.base()), wanted).await
}

/// The plainest choices but one: the number says where a choice falls.
fn picks(seed: usize) -> impl FnMut(usize) -> usize {
    let mut number = seed;
    move |below| {
        number = number.wrapping_mul(31).wrapping_add(7);
        number % below.max(1)
    }
}

/// Whether what an entry says of a broken rule is what the contract says.
fn assert_cited(violation: &Value, contract: &Contract) {
    let sources = violation["sources"].as_array().unwrap();
    assert!(!sources.is_empty(), "{violation} cites nothing");
    for source in sources {
        let held = &contract.sources[source["name"].as_str().unwrap()];
        let told = json!({"name": source["name"], "title": held.title, "date": held.date, "grade": held.grade.word()});
        assert_eq!(*source, told);
    }
}

#[tokio::test]
async fn every_vendors_rejections_name_the_member_the_rule_the_clause_and_its_source() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    let image = fixture(&emulator, "side-300.png");
    let mut rules = BTreeSet::new();
    for vendor in newest() {
        let contract = &vendor.contract;
        for (number, model) in contract.models.values().enumerate() {
            let mut seen = BTreeSet::new();
            for bad in just_bad(model, &mut picks(number), &[image.as_str()]) {
                // One body for each rule is enough.
                if !seen.insert(bad.rule) {
                    continue;
                }
                let answer = submit(&emulator, contract, model, &bad.body).await;
                let entry = latest(&emulator).await;
                let of = format!("{} {} {}: {entry}", model.id, bad.pointer, bad.rule);
                assert_eq!(entry["status"], answer.status, "{of}");
                assert_eq!(entry["answer"]["body"], answer.json(), "{of}");
                assert_eq!(entry["vendor"], contract.id.as_str(), "{of}");
                let violation = &entry["violations"][0];
                assert_cited(violation, contract);
                if entry["problem"] != "invalid" {
                    let expected = format!("problems.{}", entry["problem"].as_str().unwrap());
                    assert!(violation["where"].as_str().unwrap().starts_with(&expected), "{of}");
                    continue;
                }
                assert_eq!(violation["pointer"], bad.pointer.as_str(), "{of}");
                assert_eq!(violation["rule"], bad.rule, "{of}");
                let place = violation["where"].as_str().unwrap();
                assert!(place.starts_with("submit.request/"), "{of}");
                assert!(!violation["expected"].as_str().unwrap().is_empty(), "{of}");
                rules.insert(bad.rule);
            }
        }
    }
    for rule in ["required", "enum", "max_length", "type"] {
        assert!(rules.contains(rule), "no body broke `{rule}`: {rules:?}");
    }
}

#[tokio::test]
async fn a_rejected_duration_is_told_with_its_clause() {
    let emulator = quiet().start().await.unwrap();
    let body = json!({"model": "kling-video/v1.6/pro/image-to-video", "image_url": "https://a.test/b.png", "prompt": "x", "duration": 7});
    Caller::with_key(KEY).post(&format!("{}/v2/video/generations", emulator.url("aimlapi")), &body).await;
    let violations = latest(&emulator).await["violations"].clone();
    insta::assert_json_snapshot!(violations, @r#"
    [
      {
        "pointer": "/duration",
        "rule": "enum",
        "expected": "one of 5, 10",
        "received": 7,
        "where": "submit.request/duration",
        "sources": [
          {
            "name": "spec-2026",
            "title": "aimlapi/api-docs, Kling-AI: the OpenAPI file of each model at commit f14fa72f",
            "date": "2026-08-21",
            "grade": "spec"
          },
          {
            "name": "samples",
            "title": "docs.aimlapi.com, sample code on the models' pages, which sends the duration as text, and the logs of its runs",
            "date": "2026-01-20",
            "grade": "obs"
          }
        ]
      }
    ]
    "#);
}

#[tokio::test]
async fn a_problem_that_is_about_no_member_cites_its_own_clause() {
    let emulator = quiet().start().await.unwrap();
    let base = emulator.url("gmicloud");
    let caller = Caller::with_key(KEY);
    let unknown = json!({"model": "Nothing", "payload": {"prompt": "x"}});
    let mut seen = Vec::new();
    Caller::without_key().post(&format!("{base}{QUEUE}"), &json!({})).await;
    seen.push(latest(&emulator).await);
    caller.post(&format!("{base}{QUEUE}"), &unknown).await;
    seen.push(latest(&emulator).await);
    caller.get(&format!("{base}{QUEUE}/no-such-job")).await;
    seen.push(latest(&emulator).await);
    caller.get(&format!("{base}/no/such/path")).await;
    seen.push(latest(&emulator).await);
    caller.send(caller.request(Method::POST, &format!("{base}{QUEUE}")).body("{\"model\": ")).await;
    seen.push(latest(&emulator).await);
    let contract = mockreel_contracts::vendor("gmicloud").unwrap().contract;
    let told: Vec<(&str, &str, &Value)> = seen
        .iter()
        .map(|entry| {
            let violation = &entry["violations"][0];
            assert_cited(violation, &contract);
            assert_eq!(violation["rule"], entry["problem"]);
            (
                violation["where"].as_str().unwrap(),
                violation["expected"].as_str().unwrap(),
                &violation["received"],
            )
        })
        .collect();
    insta::assert_debug_snapshot!(told, @r#"
    [
        (
            "problems.unauthorized",
            "`Authorization: Bearer KEY`",
            Null,
        ),
        (
            "problems.unknown_model",
            "one of Kling-Image2Video-V1.6-Standard, Kling-Image2Video-V1.6-Pro, Kling-Image2Video-V2-Master, Kling-Image2Video-V2.1-Master, Kling-Text2Video-V1.6-Standard, Kling-Image2Video-V2.1-Standard, Kling-Image2Video-V2.1-Pro, Kling-Text2Video-V2.1-Master",
            String("Nothing"),
        ),
        (
            "problems.unknown_job",
            "a job of this account",
            String("no-such-job"),
        ),
        (
            "problems.unknown_route",
            "a path of the contract",
            String("GET /no/such/path"),
        ),
        (
            "problems.malformed",
            "JSON",
            String("EOF while parsing a value at line 1 column 10"),
        ),
    ]
    "#);
}

#[tokio::test]
async fn a_filter_shows_what_it_counts() {
    let emulator = quiet().start().await.unwrap();
    let id = queued(&emulator, KEY, "a").await.json()["request_id"].as_str().unwrap().to_owned();
    queued(&emulator, "other-key", "b").await;
    let base = emulator.url("gmicloud");
    Caller::with_key(KEY).get(&format!("{base}{QUEUE}/{id}")).await;
    emulator.clock(KEY).advance(std::time::Duration::from_secs(60)).await.unwrap();
    Caller::with_key(KEY).get(&format!("{base}{QUEUE}/{id}")).await;
    Caller::with_key(KEY).get(&format!("{base}{QUEUE}/nothing")).await;
    Caller::with_key(KEY).get(&format!("{}/nothing", emulator.url("aimlapi"))).await;
    let cases = [
        (json!({}), 6),
        (json!({"vendor": "gmicloud"}), 5),
        (json!({"vendor": "aimlapi@2025-07"}), 0),
        (json!({"operation": "submit"}), 2),
        (json!({"operation": "poll"}), 3),
        (json!({"operation": "poll", "job": id}), 2),
        (json!({"job": id}), 3),
        (json!({"status": "200"}), 4),
        (json!({"status": "4xx"}), 2),
        (json!({"problem": "unknown_job"}), 1),
        (json!({"problem": "unknown_route"}), 1),
        (json!({"model": "Kling-*"}), 4),
        (json!({"path": "*/nothing"}), 2),
        (json!({"scenario": "none"}), 0),
        (json!({"since": "2026-01-01T00:00:30Z"}), 3),
        (json!({"until": "2026-01-01T00:00:30Z"}), 3),
    ];
    for (wanted, expected) in cases {
        let query: Vec<String> = wanted
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={}", value.as_str().unwrap()))
            .collect();
        let shown = listed(&emulator, &format!("?{}", query.join("&"))).await;
        assert_eq!(shown["total"], expected, "{wanted}");
        assert_eq!(shown["requests"].as_array().unwrap().len(), expected, "{wanted}");
        assert_eq!(counted(&emulator, "", &wanted).await.json(), json!({"count": expected}), "{wanted}");
    }
    assert_eq!(counted(&emulator, "", &json!({"status": 404})).await.json()["count"], 2);
    assert_eq!(counted(&emulator, "?account=other-key", &json!({})).await.json()["count"], 1);
    assert_eq!(listed(&emulator, &format!("?account={KEY}")).await["total"], 5);
    let page = listed(&emulator, "?limit=2&offset=1").await;
    assert_eq!((page["requests"].as_array().unwrap().len(), &page["total"]), (2, &json!(6)));
    let ids: Vec<u64> =
        page["requests"].as_array().unwrap().iter().map(|entry| entry["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [5, 4], "newest first");
}

#[tokio::test]
async fn what_nobody_knows_is_answered_with_what_there_is() {
    let emulator = quiet().start().await.unwrap();
    for (query, told) in [
        ("?phase=queued", "nobody knows the parameter `phase`; there are account, vendor, operation"),
        ("?status=many", "`many` is no status: expected one such as 404, or a class such as 4xx"),
        ("?operation=sumbit", "there is no operation `sumbit`; there are submit"),
        ("?vendor=nobody", "there is no vendor `nobody`; there are"),
        ("?problem=late", "there is no problem `late`; there are"),
        ("?since=noon", "`since` is `noon`: expected a time such as"),
        ("?limit=few", "`limit` is `few`: expected a whole number"),
    ] {
        let answer = admin(&emulator, Method::GET, &format!("requests{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(told), "{}", answer.text());
    }
    for (wanted, told) in [
        (json!({"phase": "queued"}), "nobody knows `phase`; there are vendor"),
        (json!({"job": 7}), "`job` is 7: expected a text"),
        (json!([]), "the body is no JSON object"),
    ] {
        let answer = counted(&emulator, "", &wanted).await;
        assert_eq!(answer.status, 400, "{wanted}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(told), "{}", answer.text());
    }
}

#[tokio::test]
async fn forgetting_wants_an_account_and_a_reset_forgets_too() {
    let emulator = quiet().start().await.unwrap();
    for key in ["one-key", "one-key", "two-key", "three-key"] {
        queued(&emulator, key, "x").await;
    }
    assert_eq!(admin(&emulator, Method::DELETE, "requests").await.status, 400);
    let answer = admin(&emulator, Method::DELETE, "requests?account=one-key").await;
    assert_eq!((answer.status, answer.json()), (200, json!({"forgotten": 2})));
    assert_eq!(listed(&emulator, "").await["total"], 2);
    let reset = format!("{}/__admin/reset?account=two-key", emulator.base());
    assert_eq!(Caller::without_key().post(&reset, &json!({})).await.status, 200);
    assert_eq!(listed(&emulator, "").await["total"], 1);
    let answer = admin(&emulator, Method::DELETE, "requests?account=*").await;
    assert_eq!(answer.json(), json!({"forgotten": 1}));
}

#[tokio::test]
async fn a_noisy_account_loses_its_own_requests_and_is_told_so() {
    let limits = Limits { journal_entries: 10, ..Limits::default() };
    let emulator = quiet().limits(limits).start().await.unwrap();
    queued(&emulator, "quiet-key", "x").await;
    for _ in 0..20 {
        Caller::with_key("noisy-key").get(&format!("{}{QUEUE}", emulator.url("gmicloud"))).await;
    }
    let quiet = listed(&emulator, "?account=quiet-key").await;
    assert_eq!((&quiet["total"], &quiet["dropped"]), (&json!(1), &json!(0)));
    let noisy = listed(&emulator, "?account=noisy-key").await;
    assert_eq!((&noisy["total"], &noisy["dropped"]), (&json!(9), &json!(11)));
    assert_eq!(listed(&emulator, "").await["dropped"], 11);
    let count = counted(&emulator, "?account=noisy-key", &json!({"operation": "list"})).await;
    assert_eq!(count.json(), json!({"count": 9, "dropped": 11}));
    assert_eq!(emulator.requests("noisy-key").dropped().await, 11);
}

#[tokio::test]
async fn downloads_uploads_and_preflights_are_written_down_and_orders_are_not() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    let base = emulator.url("gmicloud");
    let id = queued(&emulator, KEY, "x").await.json()["request_id"].as_str().unwrap().to_owned();
    emulator.clock(KEY).advance_until_job(&id).await.unwrap();
    let record = Caller::with_key(KEY).get(&format!("{base}{QUEUE}/{id}")).await.json();
    let cover = record["outcome"]["thumbnail_image_url"].as_str().unwrap().to_owned();
    assert_eq!(Caller::without_key().get(&cover).await.status, 200);
    let entry = latest(&emulator).await;
    assert_eq!(
        (&entry["operation"], &entry["job"], &entry["vendor"]),
        (&json!("result"), &json!(id), &json!("gmicloud"))
    );
    assert_eq!(entry["account"], &*account::digest(KEY));
    assert!(entry["answer"]["body"].as_str().unwrap().ends_with(" bytes of image/jpeg>"), "{entry}");

    let told = Caller::with_key(KEY)
        .post(&format!("{base}/api/v1/ie/requestqueue/apikey/upload-url"), &json!({"file_type": "png"}))
        .await
        .json();
    let anybody = Caller::without_key();
    let put = anybody.request(Method::PUT, told["upload_url"].as_str().unwrap()).body(b"a file".to_vec());
    assert_eq!(anybody.send(put).await.status, 200);
    let entry = latest(&emulator).await;
    assert_eq!(
        (&entry["operation"], &entry["method"], &entry["vendor"]),
        (&json!("upload"), &json!("PUT"), &Value::Null)
    );
    assert_eq!(entry["account"], &*account::digest(KEY));
    let shown = entry["request"]["body"].as_str().unwrap();
    assert!(shown.starts_with("<file: 6 bytes, sha256 ") && shown.len() == 36, "{shown}");

    let total = listed(&emulator, "").await["total"].as_u64().unwrap();
    let url = format!("{}/v2/video/generations", emulator.url("aimlapi"));
    let preflight = anybody.request(Method::OPTIONS, &url).header("origin", "https://a.test");
    anybody.send(preflight.header("access-control-request-method", "POST")).await;
    let entry = latest(&emulator).await;
    assert_eq!((&entry["operation"], &entry["vendor"]), (&Value::Null, &json!("aimlapi")));
    assert_eq!((&entry["method"], &entry["account"]), (&json!("OPTIONS"), &json!("anonymous")));
    anybody.get(&fixture(&emulator, "side-300.png")).await;
    assert_eq!(listed(&emulator, "").await["total"], total + 1, "orders and fixtures are no requests");
}

#[tokio::test]
async fn what_scenarios_and_images_did_is_noted() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let url = format!("{}{QUEUE}", emulator.url("gmicloud"));
    let order = json!({"name": "full", "then": {"answer": {"problem": "overloaded"}}}).to_string();
    caller.send(caller.request(Method::GET, &url).header("x-mockreel-scenario", order)).await;
    let entry = latest(&emulator).await;
    assert_eq!((&entry["scenario"], &entry["problem"]), (&json!("full"), &json!("overloaded")));
    let notes = json!([
        r#"on the answer: {"problem":"overloaded"}"#,
        "the refusal was ordered: the request itself may be sound"
    ]);
    assert_eq!(entry["notes"], notes);
    let body = json!({"model": MODEL, "payload": {"prompt": "x [mock:nothing=1] [mock:fail=moderation]", "image": "https://far.test/a.png"}});
    caller.post(&url, &body).await;
    let notes = latest(&emulator).await["notes"].clone();
    let told: Vec<&str> = notes.as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
    for part in ["nothing", "the picture at far.test was not fetched", "fails later with moderation"] {
        assert!(told.iter().any(|note| note.contains(part)), "{part} is not in {told:?}");
    }
}
