//! Keys: which ones vendors know, and the rights of each.

use mockreel_emulator::EmulatorBuilder;
use mockreel_emulator::KeyRule;
use serde_json::{Value, json};

use super::{Shop, goods};
use crate::support::{Answer, Caller, quiet};

const ORGANISATION: &str = "5a7a5466-7948-47d8-8578-cff4b9581feb";

/// A builder with these rules.
fn with_keys(rules: Value) -> EmulatorBuilder {
    let rules: Vec<KeyRule> = serde_json::from_value(rules).unwrap();
    rules.into_iter().fold(quiet(), EmulatorBuilder::key)
}

async fn buy(shop: &Shop, key: &str) -> Answer {
    shop.buy(key, &goods(shop.vendor)[0]).await
}

#[tokio::test]
async fn a_vendor_with_a_list_of_keys_knows_no_others_and_the_reserved_ones_still_work() {
    let shop = Shop::of(
        "302ai",
        with_keys(json!([
            {"key": "known", "vendor": "302ai"},
            {"key": "off", "vendor": "302ai", "state": "disabled"},
            {"key": "never", "vendor": "302ai", "state": "unknown"},
        ])),
    )
    .await;
    assert_eq!(buy(&shop, "known").await.status, 200);
    for (key, code) in [
        ("other", -10_002),
        ("never", -10_002),
        ("not-a-key", -10_002),
        ("off", -10_002),
        ("mock-broke-1", -10_004),
    ] {
        let refused = buy(&shop, key).await;
        assert_eq!((refused.status, &refused.json()["error"]["err_code"]), (401, &json!(code)), "{key}");
    }
    let off = buy(&shop, "off").await.text();
    assert_eq!(off, buy(&shop, "mock-revoked-1").await.text(), "it was switched off, like the reserved one");
    let url = format!("{}{}", shop.emulator.url("gmicloud"), goods("gmicloud")[0].path);
    let elsewhere = Caller::with_key("other").post(&url, &goods("gmicloud")[0].body).await;
    assert_eq!(elsewhere.status, 200, "a vendor without rules knows every key");
}

#[tokio::test]
async fn a_key_of_one_organisation_may_not_act_for_another() {
    let shop =
        Shop::of("gmicloud", with_keys(json!([{"key": "member", "organization": ORGANISATION}]))).await;
    let good = &goods("gmicloud")[0];
    let id = buy(&shop, "member").await.json()["request_id"].as_str().unwrap().to_owned();
    let caller = Caller::with_key("member");
    let look = async |organisation: Option<&str>| {
        let request = caller.request(reqwest::Method::GET, &shop.url(&format!("{}/{id}", good.path)));
        caller
            .send(match organisation {
                Some(named) => request.header("x-organization-id", named),
                None => request,
            })
            .await
    };
    assert_eq!(look(None).await.json()["org_id"], ORGANISATION);
    assert_eq!(look(Some(ORGANISATION)).await.status, 200);
    let refused = look(Some("00000000-0000-4000-8000-000000000000")).await;
    assert_eq!((refused.status, refused.text().as_str()), (403, r#"{"error":"Forbidden"}"#));
    assert_eq!(look(Some("not a UUID")).await.status, 200, "what names no organisation is ignored");
    let refused = buy(&shop, "stranger").await;
    assert_eq!((refused.status, refused.text().as_str()), (401, r#"{"error":"Unauthorized"}"#));
}

#[tokio::test]
async fn a_key_without_the_right_to_a_model_is_told_so_once_the_request_is_sound() {
    let rules = json!([{"key": "some", "models": ["Kling-*"], "lacks": ["*V1.6-Pro"]}]);
    let shop = Shop::of("gmicloud", with_keys(rules)).await;
    let [pro, master] = goods("gmicloud");
    let refused = shop.buy("some", &pro).await;
    let body = r#"{"error":"you do not have access to model Kling-Image2Video-V1.6-Pro"}"#;
    assert_eq!((refused.status, refused.text().as_str()), (404, body));
    assert_eq!(shop.buy("some", &master).await.status, 200);
    let mut unsound = pro.clone();
    unsound.body["payload"] = json!({});
    assert_eq!(shop.buy("some", &unsound).await.status, 400);
    shop.ordered("some", &json!({"balance": {"amount": 0}})).await;
    assert_eq!(shop.buy("some", &pro).await.status, 404, "the right is asked for before the money");
    let rules = json!([{"key": "some", "vendor": "aimlapi", "lacks": ["*/pro/*"]}]);
    let shop = Shop::of("aimlapi", with_keys(rules)).await;
    let [standard, pro] = goods("aimlapi");
    assert_eq!(shop.buy("some", &standard).await.status, 200);
    let refused = shop.buy("some", &pro).await;
    assert_eq!((refused.status, &refused.json()["message"]), (403, &json!("Forbidden resource")));
}

#[test]
fn rules_that_do_not_fit_stop_the_start_with_a_reason() {
    for (rules, said) in [
        (json!([{"key": "k", "vendor": "nobody"}]), "`nobody` is not served; there are apilaplas, aimlapi"),
        (json!([{"key": "k", "organization": "acme"}]), "`organization` is `acme`: expected a UUID"),
        (json!([{"key_env": "KEY"}]), "nobody has read `key_env` KEY"),
    ] {
        let why = with_keys(rules).settings().unwrap_err().to_string();
        assert!(why.contains(said), "{why}");
    }
    let settings = with_keys(json!([{"key": "s3cret"}])).settings().unwrap();
    assert!(!format!("{settings:?}").contains("s3cret"), "a key is kept as its digest only");
}
