//! Parameters and members of orders: names that nobody knows, empty values, and values of the wrong kind.

use reqwest::Method;
use serde_json::{Value, json};

use super::{admin, granted, refused, submitted};
use crate::support::{Caller, KEY, quiet};

#[tokio::test]
async fn a_parameter_that_nobody_knows_is_refused_with_those_that_there_are() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for (path, known, meant) in [
        ("jobs?phaze=queued", "account, vendor, phase, limit, offset", Some("phase")),
        ("jobs?Vendor=gmicloud", "account, vendor, phase", None),
        ("callbacks?sate=due", "account, vendor, job, state", Some("state")),
        ("clock?acount=a", "account, limit, offset", Some("account")),
        ("scenarios?names=x", "account, limit, offset", None),
        ("requests?pth=/x", "path, since, until", Some("path")),
        ("account/gmicloud?limits=1", "account, limit, offset", Some("limit")),
        ("vendors?vendor=gmicloud", "takes no parameters", None),
        ("openapi.json?x", "takes no parameters", None),
    ] {
        let detail = refused(&caller.get(&admin(&emulator, path)).await, 400);
        assert!(detail.contains("nobody knows the parameter") && detail.contains(known), "{path}: {detail}");
        let suggested = meant.map(|name| format!("(did you mean `{name}`?)"));
        assert!(suggested.is_none_or(|text| detail.contains(&text)), "{path}: {detail}");
    }
    let answer = caller.post(&admin(&emulator, "reset?acount=other"), &json!({})).await;
    assert!(refused(&answer, 400).contains("(did you mean `account`?)"));
}

#[tokio::test]
async fn an_empty_value_never_means_everything() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let id = submitted(&emulator, KEY, "a cat").await;
    for (method, path) in [
        (Method::POST, "reset?account="),
        (Method::POST, "reset?account"),
        (Method::POST, "reset?account=*&account="),
        (Method::DELETE, "requests?account="),
        (Method::DELETE, "scenarios?account=*&name="),
        (Method::PUT, "clock?account="),
        (Method::GET, "jobs?vendor="),
        (Method::GET, "callbacks?state="),
    ] {
        let request = caller.request(method.clone(), &admin(&emulator, path));
        let request = request.header("content-type", "application/json").body("{}");
        let detail = refused(&caller.send(request).await, 400);
        assert!(detail.contains("is empty") || detail.contains("given twice"), "{method} {path}: {detail}");
    }
    assert_eq!(granted(&caller.get(&admin(&emulator, &format!("jobs/{id}"))).await)["id"], id.as_str());
}

#[tokio::test]
async fn a_wallet_of_the_wrong_kind_is_refused_with_what_was_expected() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let put =
        async |body: &Value| refused(&caller.put(&admin(&emulator, "account/gmicloud"), body).await, 400);
    for (body, found, expected) in [
        (json!({"balance": 5}), "`balance` is 5", "expected {\"amount\": NUMBER}"),
        (json!({"balance": {}}), "`balance` has no `amount`", "expected {\"amount\": NUMBER}"),
        (json!({"balance": {"amount": "5"}}), "`balance.amount` is \"5\"", "expected a number"),
        (json!({"balance": {"amount": 5, "unit": 1}}), "`balance.unit` is 1", "expected a text"),
        (json!({"balance": {"amout": 5}}), "`balance.amout`", "did you mean `amount`?"),
        (json!({"limits": 5}), "`limits` is 5", "expected {\"concurrent\": N"),
        (
            json!({"limits": {"per_minute": "2"}}),
            "`limits.per_minute` is \"2\"",
            "whole number from 1 to 10000",
        ),
        (json!({"limits": {"per_hour": 1.5}}), "`limits.per_hour` is 1.5", "whole number from 1 to 10000"),
        (json!({"limits": {"per_hour": -1}}), "`limits.per_hour` is -1", "whole number from 1 to 10000"),
        (
            json!({"limits": {"per_hour": 99999999999_u64}}),
            "`limits.per_hour` is 99999999999",
            "from 1 to 10000",
        ),
        (json!({"limits": {"per_second": 1}}), "`limits.per_second`", "there are concurrent, per_minute"),
        (json!({"limits": {"models": []}}), "`limits.models` is []", "a model's id"),
        (json!({"limits": {"models": {"x": 1}}}), "`limits.models.x` is 1", "expected {\"concurrent\": N"),
    ] {
        let detail = put(&body).await;
        assert!(detail.contains(found) && detail.contains(expected), "{body}: {detail}");
        for jargon in ["invalid type", "struct", "map", "u32", "f64", "unknown field"] {
            assert!(!detail.contains(jargon), "{body}: {detail}");
        }
    }
    let huge = put(&json!({"balance": "x".repeat(100_000)})).await;
    assert!(huge.len() < 300, "{huge}");
    granted(
        &caller
            .put(
                &admin(&emulator, "account/gmicloud"),
                &json!({"balance": {"amount": 5}, "limits": {"per_hour": null}}),
            )
            .await,
    );
}

#[tokio::test]
async fn an_order_that_is_no_json_is_refused_with_the_place_where_it_breaks() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for (body, expected) in [
        ("{\"mode\":", "it breaks off at line 1, column 8"),
        ("{\n  mode: 1}", "at line 2, column 3"),
        ("hello", "at line 1, column 1"),
    ] {
        let request = caller.request(Method::PUT, &admin(&emulator, "clock"));
        let request = request.header("content-type", "application/json").body(body);
        let detail = refused(&caller.send(request).await, 400);
        assert!(detail.contains("the body is no JSON") && detail.contains(expected), "{body}: {detail}");
    }
}
