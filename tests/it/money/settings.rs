//! Default wallets and limits of accounts, and the handles that a test in the same process has.

use mockreel_emulator::AccountLimits;
use mockreel_emulator::WalletSetting;
use serde_json::{Value, json};

use super::{Shop, goods};
use crate::support::{Caller, KEY, quiet};

fn setting(value: Value) -> WalletSetting {
    serde_json::from_value(value).unwrap()
}

#[tokio::test]
async fn every_account_begins_with_what_the_settings_say_and_a_reset_gives_it_back() {
    let begins = setting(json!({"balance": {"amount": 0.6, "unit": "PTC"}, "limits": {"per_minute": 5}}));
    let shop = Shop::of("302ai", quiet().wallet("302ai", begins)).await;
    let [cheap, _] = goods("302ai");
    for key in ["a", "b"] {
        assert_eq!(shop.buy(key, &cheap).await.status, 200);
        assert_eq!(shop.told(key).await["balance"]["amount"], 0.3);
        assert_eq!(shop.told(key).await["limits"], json!({"per_minute": 5}));
    }
    shop.ordered("a", &json!({"limits": {"concurrent": 9}})).await;
    assert_eq!(shop.told("a").await["balance"]["amount"], 0.3, "what was not ordered stays as it began");
    let caller = Caller::with_key("a");
    caller.post(&format!("{}/__admin/reset", shop.emulator.base()), &json!({})).await;
    let told = shop.told("a").await;
    assert_eq!((&told["balance"]["amount"], &told["limits"]), (&json!(0.6), &json!({"per_minute": 5})));
    assert_eq!(shop.told("b").await["balance"]["amount"], 0.3);
}

#[test]
fn settings_that_do_not_fit_stop_the_start_with_a_reason() {
    for (vendor, value, said) in [
        ("acme", json!({}), "what accounts have with `acme`: `acme` is not served"),
        ("302ai", json!({"balance": {"amount": 1, "unit": "usd"}}), "302ai counts in `PTC`"),
        ("302ai", json!({"limits": {"concurrent": 0}}), "`limits.concurrent` is 0"),
        ("302ai", json!({"limits": {"models": {"x": {}}}}), "names `x`"),
    ] {
        let why = quiet().wallet(vendor, setting(value)).settings().unwrap_err().to_string();
        assert!(why.contains(said), "{why}");
    }
    let unknown = serde_json::from_value::<WalletSetting>(json!({"credit": 1})).unwrap_err().to_string();
    assert!(unknown.contains("unknown field `credit`"), "{unknown}");
}

#[tokio::test]
async fn a_handle_sets_and_reads_a_purse_and_says_what_does_not_fit() {
    let shop = Shop::of("302ai", quiet()).await;
    let purse = shop.emulator.wallet(KEY, "302ai");
    assert_eq!((purse.balance().await, purse.spent().await), (None, 0.0));
    purse.set_balance(Some(0.6)).await.unwrap();
    purse.set_limits(AccountLimits { concurrent: Some(9), ..AccountLimits::default() }).await.unwrap();
    let (first, _) = (shop.bought().await, shop.bought().await);
    assert_eq!((purse.balance().await, purse.spent().await), (Some(0.0), 0.6));
    shop.emulator.jobs(KEY).fail(&first, mockreel_contracts::FailureReason::Timeout).await.unwrap();
    assert_eq!((purse.balance().await, purse.spent().await), (Some(0.3), 0.3));
    assert_eq!(purse.funds().await.limits.concurrent, Some(9));
    let why = purse.set_balance(Some(f64::NAN)).await.unwrap_err().to_string();
    assert!(why.contains("expected a number"), "{why}");
    let why = shop.emulator.wallet(KEY, "acme").set_balance(None).await.unwrap_err().to_string();
    assert!(why.contains("`acme` is not served"), "{why}");
}
