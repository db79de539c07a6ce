//! The control API is as its own OpenAPI document says: the same orders, and answers of the same shape.

use std::collections::BTreeSet;

use mockreel_contracts::contract::check::rules::Checker;
use mockreel_contracts::contract::check::schema::resolve;
use mockreel_emulator::Emulator;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::{Answer, Caller, KEY, quiet};

/// The document as it is served.
async fn document(emulator: &Emulator) -> Value {
    Caller::without_key().get(&format!("{}/__admin/openapi.json", emulator.base())).await.json()
}

/// The methods that a path may be tried with.
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

async fn order(emulator: &Emulator, method: &Method, target: &str, body: Option<&Value>) -> Answer {
    let caller = Caller::with_key(KEY);
    let request = caller.request(method.clone(), &format!("{}{target}", emulator.base()));
    // Writes want the content type, also where they have no body.
    let request = request.header("content-type", "application/json");
    caller.send(request.body(body.map(Value::to_string).unwrap_or_default())).await
}

#[tokio::test]
async fn the_document_names_every_order_that_a_path_takes_and_no_other() {
    let emulator = quiet().start().await.unwrap();
    let document = document(&emulator).await;
    for (path, item) in document["paths"].as_object().unwrap() {
        let target = path.replace("{selector}", "gmicloud").replace("{vendor}", "gmicloud");
        let target = target.replace("{id}", "no-such-job");
        for method in METHODS {
            let answer = order(&emulator, &method, &target, None).await;
            let nobody = matches!(answer.status, 404 | 405) && answer.text().contains("nothing answers");
            let named = item.get(method.as_str().to_lowercase()).is_some();
            assert_eq!(named, !nobody, "{method} {path}: {}", answer.text());
        }
    }
}

/// One exchange: the path in the document, the order, and the status that answers it.
struct Exchange {
    path: &'static str,
    method: Method,
    target: String,
    body: Option<Value>,
    status: u16,
}

fn exchange(
    path: &'static str,
    method: Method,
    target: String,
    body: Option<Value>,
    status: u16,
) -> Exchange {
    Exchange { path, method, target, body, status }
}

fn read(path: &'static str, query: &str) -> Exchange {
    exchange(path, Method::GET, format!("{path}{query}"), None, 200)
}

/// Every order, once well and, where that says something new, once badly.
fn exchanges(jobs: &[String]) -> Vec<Exchange> {
    let (clock, advance) = ("/__admin/clock", "/__admin/clock/advance");
    let advanced =
        |body: Value, status| exchange(advance, Method::POST, advance.to_owned(), Some(body), status);
    let put = |query: &str, body: Value, status| {
        exchange(clock, Method::PUT, format!("{clock}{query}"), Some(body), status)
    };
    let told = |path: &'static str, id: &str, body: Option<Value>, status| {
        exchange(path, Method::POST, path.replace("{id}", id), body, status)
    };
    let [first, second, third] = jobs else { panic!("three jobs were submitted") };
    let one = "/__admin/jobs/{id}";
    let openapi = "/__admin/vendors/{selector}/openapi.json";
    let account = "/__admin/account/{vendor}";
    let filled = |vendor: &str, body: Value, status| {
        exchange(account, Method::PUT, format!("/__admin/account/{vendor}"), Some(body), status)
    };
    let (requests, count) = ("/__admin/requests", "/__admin/requests/count");
    let scenarios = "/__admin/scenarios";
    let ordered = |body: &Value, status| {
        exchange(scenarios, Method::POST, scenarios.to_owned(), Some(body.clone()), status)
    };
    vec![
        read("/__admin/health", ""),
        read("/__admin/vendors", ""),
        read("/__admin/openapi.json", ""),
        exchange(openapi, Method::GET, "/__admin/vendors/302ai/openapi.json".to_owned(), None, 200),
        exchange(openapi, Method::GET, "/__admin/vendors/nobody/openapi.json".to_owned(), None, 404),
        told("/__admin/jobs/{id}/start", first, None, 200),
        told("/__admin/jobs/{id}/start", first, None, 409),
        told("/__admin/jobs/{id}/succeed", first, Some(json!({})), 200),
        told("/__admin/jobs/{id}/cancel", second, None, 200),
        told("/__admin/jobs/{id}/fail", third, Some(json!({"reason": "moderation"})), 200),
        told("/__admin/jobs/{id}/fail", third, Some(json!({"reason": "bad luck"})), 400),
        read(clock, ""),
        read(clock, "?account=*"),
        put("", json!({"mode": "manual", "now": "2026-01-01T00:00:01Z"}), 200),
        put("", json!({"now": "2020-01-01T00:00:00Z"}), 409),
        put("", json!({"mode": "sideways"}), 400),
        put("?account=*", json!({"mode": "manual"}), 200),
        advanced(json!({"seconds": 0.5}), 200),
        advanced(json!({"seconds": -1}), 400),
        advanced(json!({"until_job": "no-such-job"}), 404),
        read("/__admin/jobs", "?account=*&vendor=gmicloud&phase=queued&limit=2&offset=1"),
        exchange("/__admin/jobs", Method::GET, "/__admin/jobs?phase=asleep".to_owned(), None, 400),
        advanced(json!({"until_job": first}), 200),
        exchange(one, Method::GET, one.replace("{id}", third), None, 200),
        exchange(one, Method::GET, one.replace("{id}", "no-such-job"), None, 404),
        read("/__admin/jobs", ""),
        read("/__admin/callbacks", "?account=*&limit=5"),
        exchange("/__admin/callbacks", Method::GET, "/__admin/callbacks?state=lost".to_owned(), None, 400),
        exchange(account, Method::GET, account.replace("{vendor}", "gmicloud"), None, 200),
        exchange(account, Method::GET, "/__admin/account/gmicloud?account=*".to_owned(), None, 200),
        exchange(account, Method::GET, account.replace("{vendor}", "nobody"), None, 404),
        filled(
            "gmicloud",
            json!({"balance": {"amount": 1.0, "unit": "usd"}, "limits": {"per_minute": 60}}),
            200,
        ),
        filled("gmicloud?account=*", json!({"balance": null, "limits": null}), 200),
        filled("gmicloud", json!({"balance": {"amount": 1.0, "unit": "credits"}}), 400),
        filled("nobody", json!({}), 404),
        read(scenarios, ""),
        read(scenarios, "?account=*"),
        ordered(
            &json!({"name": "mine", "match": {"calls": {"first": 1}}, "then": {"job": {"queued": 1}}}),
            200,
        ),
        ordered(&json!([{"then": {}}, {"then": [{}, {}]}]), 200),
        ordered(&json!({"name": "rehearsal"}), 200),
        ordered(&json!({"name": "no-such-set"}), 400),
        exchange(scenarios, Method::DELETE, format!("{scenarios}?name=nobody"), None, 404),
        exchange(scenarios, Method::DELETE, scenarios.to_owned(), None, 200),
        read(requests, ""),
        read(requests, "?account=*&vendor=gmicloud&operation=submit&status=2xx&limit=2&offset=1"),
        exchange(requests, Method::GET, format!("{requests}?phase=queued"), None, 400),
        exchange(count, Method::POST, count.to_owned(), None, 200),
        exchange(
            count,
            Method::POST,
            count.to_owned(),
            Some(json!({"status": 200, "model": "Kling-*"})),
            200,
        ),
        exchange(count, Method::POST, count.to_owned(), Some(json!({"status": 7})), 400),
        exchange(requests, Method::DELETE, requests.to_owned(), None, 200),
        exchange(requests, Method::DELETE, format!("{requests}?account=*"), None, 200),
        exchange("/__admin/reset", Method::POST, "/__admin/reset".to_owned(), None, 200),
        exchange("/__admin/reset", Method::POST, "/__admin/reset?account=*".to_owned(), None, 200),
    ]
}

#[tokio::test]
async fn every_answer_has_the_status_and_the_shape_that_the_document_states() {
    let emulator = quiet().start().await.unwrap();
    let document = document(&emulator).await;
    let mut jobs = Vec::new();
    for prompt in ["a", "b", "c"] {
        let url = format!("{}/api/v1/ie/requestqueue/apikey/requests", emulator.url("gmicloud"));
        let body = json!({"model": "Kling-Text2Video-V1.6-Standard", "payload": {"prompt": prompt}});
        let answer = Caller::with_key(KEY).post(&url, &body).await;
        jobs.push(answer.json()["request_id"].as_str().expect("a submit answers with an id").to_owned());
    }
    let told = json!({"prompt": "d", "callback": "http://127.0.0.1:9/hook"});
    let submit = format!("{}/klingai/m2v_txt2video_hq_5s", emulator.url("302ai"));
    assert_eq!(Caller::with_key(KEY).post(&submit, &told).await.status, 200);
    // One that is refused, so that the journal says why.
    Caller::with_key(KEY).get(&format!("{}/no/such/path", emulator.url("gmicloud"))).await;
    let mut done = BTreeSet::new();
    for exchange in exchanges(&jobs) {
        let Exchange { path, method, target, body, status } = exchange;
        let answer = order(&emulator, &method, &target, body.as_ref()).await;
        assert_eq!(answer.status, status, "{method} {target}: {}", answer.text());
        let operation = &document["paths"][path][method.as_str().to_lowercase()];
        let checker = Checker::new(answer_schema(&document, operation, &answer)).unwrap();
        let violations = checker.violations(&answer.json());
        assert!(violations.is_empty(), "{method} {target}: {violations:?} in {}", answer.text());
        done.insert(operation["operationId"].to_string());
    }
    let operations = document["paths"].as_object().unwrap().values();
    let named: BTreeSet<String> = operations
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| operation["operationId"].to_string())
        .collect();
    assert_eq!(done, named, "every operation of the document is tried here");
}

/// The schema of an answer, closed: a member that the document does not name is an error here, though no client should mind it.
fn answer_schema(document: &Value, operation: &Value, answer: &Answer) -> Value {
    let mut response = &operation["responses"][answer.status.to_string()];
    if let Some(name) =
        response["$ref"].as_str().and_then(|name| name.strip_prefix("#/components/responses/"))
    {
        response = &document["components"]["responses"][name];
    }
    let kind = answer.header("content-type").expect("the answer has a type");
    let schema = &response["content"][kind]["schema"];
    assert!(schema.is_object(), "the document knows no {} as {kind} here", answer.status);
    let local = |value: &Value| -> Value {
        let text = value.to_string().replace("#/components/schemas/", "#/$defs/");
        serde_json::from_str(&text).expect("it was JSON before")
    };
    let defs: Map<String, Value> = local(&document["components"]["schemas"]).as_object().unwrap().clone();
    let mut schema = resolve(&local(schema), &defs).unwrap();
    close(&mut schema);
    schema
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            let object = members.get("type") == Some(&json!("object")) && members.contains_key("properties");
            if object && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
