//! Purses through the control API.

use serde_json::{Value, json};

use super::{Shop, goods};
use crate::support::{Caller, KEY, quiet};

#[tokio::test]
async fn a_test_says_what_is_left_and_reads_what_was_spent() {
    let shop = Shop::of("gmicloud", quiet()).await;
    let order =
        json!({"balance": {"amount": 1.0, "unit": "usd"}, "limits": {"concurrent": 2, "per_minute": 60}});
    let told = shop.ordered(KEY, &order).await;
    let wanted = json!({
        "balance": {"amount": 1.0, "unit": "usd"},
        "unit": "usd",
        "charged": 0.0,
        "refunded": 0.0,
        "held": 0.0,
        "limits": {"concurrent": 2, "per_minute": 60},
    });
    assert_eq!(told, wanted);
    let id = shop.bought().await;
    let told = shop.told(KEY).await;
    assert_eq!(
        (&told["balance"]["amount"], &told["held"], &told["charged"]),
        (&json!(0.902), &json!(0.098), &json!(0.0))
    );
    shop.emulator.jobs(KEY).succeed(&id).await.unwrap();
    let told = shop.told(KEY).await;
    assert_eq!(
        (&told["balance"]["amount"], &told["held"], &told["charged"]),
        (&json!(0.902), &json!(0.0), &json!(0.098))
    );
}

#[tokio::test]
async fn what_an_order_leaves_out_stays_and_what_is_null_is_unlimited() {
    let shop = Shop::of("302ai", quiet()).await;
    shop.ordered(KEY, &json!({"balance": {"amount": 1}, "limits": {"per_hour": 3}})).await;
    let told = shop.ordered(KEY, &json!({"limits": {"concurrent": 1}})).await;
    assert_eq!(told["balance"]["amount"], 1.0);
    assert_eq!(told["limits"], json!({"concurrent": 1}), "limits are set as a whole");
    let told = shop.ordered(KEY, &json!({"limits": null})).await;
    assert_eq!((&told["limits"], &told["balance"]["amount"]), (&json!({}), &json!(1.0)));
    let told = shop.ordered(KEY, &json!({"balance": null})).await;
    assert_eq!(told["balance"], Value::Null);
    assert_eq!(shop.ordered(KEY, &json!({})).await, told);
}

#[tokio::test]
async fn an_order_that_does_not_fit_is_refused_with_what_was_expected_and_changes_nothing() {
    let shop = Shop::of("gmicloud", quiet()).await;
    let before = shop.ordered(KEY, &json!({"balance": {"amount": 1}, "limits": {"concurrent": 1}})).await;
    for (order, said) in [
        (json!({"balance": {"amount": 5, "unit": "credits"}}), "gmicloud counts in `usd`"),
        (json!({"balance": {"amount": -1}}), "expected a number from 0 to 4000000000"),
        (json!({"balance": {"amount": 5e9}}), "expected a number from 0"),
        (json!({"balance": {"unit": "usd"}}), "`balance` has no `amount`"),
        (json!({"balance": {"amount": 5, "currency": "usd"}}), "nobody knows `balance.currency`"),
        (json!({"balance": 5}), "`balance` is 5: expected "),
        (
            json!({"balance": {"amount": 2}, "limits": {"per_day": 5}}),
            "nobody knows `limits.per_day`; there are concurrent, ",
        ),
        (json!({"balance": {"amount": 2}, "limits": {"per_minute": 0}}), "`limits.per_minute` is 0"),
        (json!({"limits": {"per_minute": 2.5}}), "`limits.per_minute` is 2.5: expected a whole number"),
        (
            json!({"limits": {"models": {"Veo3": {"concurrent": 1}}}}),
            "names `Veo3`, which gmicloud does not have; it has Kling-",
        ),
        (json!({"credit": 5}), "nobody knows `credit`; this order takes balance, limits"),
        (json!([]), "no JSON object"),
    ] {
        let refused = shop.order(KEY, &order).await;
        let detail = refused.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert_eq!(refused.status, 400, "{order}: {detail}");
        assert!(detail.contains(said), "{order}: {detail}");
        assert_eq!(shop.told(KEY).await, before);
    }
    let nobody = Caller::without_key();
    let refused = nobody.put(&shop.account(), &json!({"balance": null})).await;
    assert!(refused.status == 400 && refused.text().contains("?account=*"), "{}", refused.text());
    let unserved = format!("{}/__admin/account/acme", shop.emulator.base());
    assert_eq!(nobody.put(&unserved, &json!({})).await.status, 404);
}

#[tokio::test]
async fn an_order_for_everybody_holds_for_those_there_are_and_those_to_come_until_a_reset() {
    let shop = Shop::of("302ai", quiet()).await;
    let [cheap, dear] = goods("302ai");
    assert_eq!(shop.buy("old", &dear).await.status, 200);
    let everybody = format!("{}?account=*", shop.account());
    let nobody = Caller::without_key();
    let answer = nobody.put(&everybody, &json!({"balance": {"amount": 0.3}})).await;
    assert_eq!(answer.json()["accounts"].as_array().map(Vec::len), Some(1), "{}", answer.text());
    for key in ["old", "new"] {
        assert_eq!(shop.told(key).await["balance"]["amount"], 0.3, "{key}");
        assert_eq!(shop.buy(key, &dear).await.status, 401, "{key}");
        assert_eq!(shop.buy(key, &cheap).await.status, 200, "{key}");
        assert_eq!(shop.told(key).await["balance"]["amount"], 0.0, "{key}");
    }
    let reset = format!("{}/__admin/reset?account=*", shop.emulator.base());
    assert_eq!(nobody.post(&reset, &json!({})).await.status, 200);
    assert_eq!(shop.told("old").await["balance"], Value::Null);
}
