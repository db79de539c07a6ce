//! Accounts with different scenarios and clocks, all at once.

use std::sync::Arc;

use mockreel_contracts::{Operation, Phase, UnixMillis};
use mockreel_emulator::clock::{AccountClock, MANUAL_START};
use serde_json::json;

use super::Surface;
use crate::support::quiet;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_accounts_with_scenarios_and_clocks_of_their_own_never_influence_each_other() {
    let emulator = Arc::new(quiet().start().await.unwrap());
    let mut running = tokio::task::JoinSet::new();
    for number in 0..200_u64 {
        let emulator = Arc::clone(&emulator);
        running.spawn(async move {
            let key = format!("account-{number}");
            let vendor = ["gmicloud", "aimlapi", "302ai", "apilaplas"][number as usize % 4];
            let surface = Surface::named(&emulator, vendor, &key);
            let start = UnixMillis(MANUAL_START.0 + number * 86_400_000);
            emulator.clock(&key).set(AccountClock::Manual(start)).await.unwrap();
            // Every account has refusals of its own number, and jobs of its own length.
            let refused = number % 5;
            let seconds = 10 + number;
            surface
                .scenario(&json!([
                    {"name": "refusals", "match": {"operation": "submit", "calls": {"first": refused}}, "then": {"answer": {"problem": "internal"}}},
                    {"name": "length", "match": {"operation": "submit"}, "then": {"job": {"queued": 0, "running": seconds}}},
                    {"name": "word", "match": {"operation": "poll", "calls": {"nth": [1 + number % 3]}}, "then": {"answer": {"word": key}}},
                ]))
                .await;
            let mut refusals = 0;
            let accepted = loop {
                let answer = surface.submit().await;
                if answer.status < 300 {
                    break answer;
                }
                assert_eq!(answer.status, surface.contract().problems["internal"].status);
                refusals += 1;
            };
            assert_eq!(refusals, refused, "{key}");
            let id = surface.seen(Operation::Submit, &accepted).id.unwrap();
            let mut words = Vec::new();
            for _ in 0..3 {
                words.push(surface.look(&id).await.status.unwrap() == json!(key));
            }
            let expected: Vec<bool> = (0..3).map(|at| at == number % 3).collect();
            assert_eq!(words, expected, "{key}");
            surface.wait(seconds as f64 - 0.001).await;
            assert_eq!(surface.look(&id).await.phase, Some(Phase::Running), "{key}");
            surface.wait(0.001).await;
            assert_eq!(surface.look(&id).await.phase, Some(Phase::Succeeded), "{key}");
            let told = surface.told(&id).await;
            assert_eq!(told["submitted_at"], start.rfc3339(), "{key}");
            assert_eq!(told["scenario"], "length");
            assert_eq!(emulator.jobs(&key).list().await.len(), 1);
        });
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
}
