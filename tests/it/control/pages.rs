//! Lists of the control API come in pages.

use serde_json::json;

use super::{admin, granted, refused, submitted};
use crate::support::{Caller, KEY, quiet};

#[tokio::test]
async fn scenarios_of_all_accounts_come_in_pages() {
    let emulator = quiet().start().await.unwrap();
    let nobody = Caller::without_key();
    let scenarios = admin(&emulator, "scenarios");
    let all = json!([{"name": "all-1", "then": {}}, {"name": "all-2", "then": {}}]);
    granted(&nobody.post(&format!("{scenarios}?account=*"), &all).await);
    for key in ["a", "b", "c"] {
        let own = json!([{"name": format!("{key}-1"), "then": {}}, {"name": format!("{key}-2"), "then": {}}]);
        granted(&Caller::with_key(key).post(&scenarios, &own).await);
    }
    let whole = granted(&nobody.get(&scenarios).await);
    assert_eq!((whole["scenarios"].as_array().unwrap().len(), &whole["total"]), (8, &json!(8)));
    let mut paged = Vec::new();
    for offset in [0, 3, 6, 9] {
        let page = granted(&nobody.get(&format!("{scenarios}?limit=3&offset={offset}")).await);
        assert_eq!(page["total"], 8);
        paged.extend(page["scenarios"].as_array().unwrap().clone());
    }
    assert_eq!(json!(paged), whole["scenarios"]);
    let own = granted(&Caller::with_key("b").get(&format!("{scenarios}?limit=1&offset=2")).await);
    assert_eq!((&own["scenarios"][0]["name"], &own["total"]), (&json!("b-1"), &json!(4)));
}

#[tokio::test]
async fn a_page_has_at_most_a_thousand_entries() {
    let emulator = quiet().start().await.unwrap();
    submitted(&emulator, KEY, "a cat").await;
    let caller = Caller::without_key();
    for list in ["scenarios", "jobs", "requests", "callbacks", "clock", "account/gmicloud"] {
        let detail = refused(&caller.get(&admin(&emulator, &format!("{list}?limit=1001"))).await, 400);
        assert!(detail.contains("at most 1000"), "{list}: {detail}");
        let page = granted(&caller.get(&admin(&emulator, &format!("{list}?limit=1000&offset=5"))).await);
        assert!(page["total"].is_u64(), "{list}: {page}");
    }
}

#[tokio::test]
async fn accounts_come_in_pages_wherever_all_are_listed() {
    let emulator = quiet().start().await.unwrap();
    for key in ["a", "b", "c"] {
        submitted(&emulator, key, "a cat").await;
    }
    let caller = Caller::without_key();
    for list in ["clock", "account/gmicloud"] {
        let whole = granted(&caller.get(&admin(&emulator, list)).await);
        assert_eq!((whole["accounts"].as_array().unwrap().len(), &whole["total"]), (3, &json!(3)), "{list}");
        let page = granted(&caller.get(&admin(&emulator, &format!("{list}?limit=1&offset=1"))).await);
        assert_eq!(
            (&page["accounts"], &page["total"]),
            (&json!([whole["accounts"][1]]), &json!(3)),
            "{list}"
        );
    }
}

#[tokio::test]
async fn scenarios_of_all_accounts_together_are_bounded() {
    let emulator = quiet().start().await.unwrap();
    let scenarios = admin(&emulator, "scenarios");
    let many: Vec<_> = (0..500).map(|number| json!({"name": format!("s{number}"), "then": {}})).collect();
    for key in 0..20 {
        granted(&Caller::with_key(&format!("key-{key}")).post(&scenarios, &json!(many)).await);
    }
    let one = json!({"name": "one", "then": {}});
    let detail = refused(&Caller::with_key("another").post(&scenarios, &one).await, 409);
    assert!(detail.contains("at most 10000") && detail.contains("DELETE"), "{detail}");
    // What takes the place of another, or comes after some are dropped, is taken.
    granted(&Caller::with_key("key-3").post(&scenarios, &json!({"name": "s1", "then": {}})).await);
    let caller = Caller::with_key("key-3");
    granted(&caller.send(caller.request(reqwest::Method::DELETE, &format!("{scenarios}?name=s2"))).await);
    granted(&Caller::with_key("another").post(&scenarios, &one).await);
    granted(&Caller::with_key("key-4").post(&admin(&emulator, "reset"), &json!({})).await);
    granted(&Caller::with_key("third").post(&scenarios, &json!(many)).await);
}
