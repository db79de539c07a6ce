//! Effects of scenarios on webhooks.

use mockreel_contracts::Phase;
use serde_json::json;

use super::super::log::WebhookState;
use super::{Receiver, Stage, account};
use crate::state::progress::Progress;

/// A vendor that announces everything.
const ALL_PHASES: &str = "phases = ['queued', 'running', 'succeeded', 'failed', 'cancelled']";

#[tokio::test]
async fn a_delay_follows_the_accounts_clock() {
    let stage = Stage::with("");
    let mut receiver = Receiver::answering(&[]).await;
    let plan = stage.plan(&receiver.address, &json!({"delay": 30}));
    let job = stage.submit(&account("a"), Some(plan), Progress::Time).await;
    stage.finish(&job).await;
    let due = job.ends_by_time().unwrap().after(30_000);
    let log = stage.until(|log| log.len() == 1).await;
    assert_eq!((log[0].due_at, log[0].state), (Some(due), WebhookState::Pending));
    stage.advance(&account("a"), 29).await;
    // A job without a delay that ends now is told of now: what is late would have come before it.
    let fence = stage.plan(&receiver.address, &json!({}));
    let fence = stage.submit(&account("a"), Some(fence), Progress::Step).await;
    stage.succeed(&fence).await;
    assert!(receiver.next().await.body.to_string().contains(&*fence.key.id));
    stage.advance(&account("a"), 1).await;
    assert!(receiver.next().await.body.to_string().contains(&*job.key.id));
    let log = stage.until(|log| log.iter().all(|entry| entry.state == WebhookState::Delivered)).await;
    assert_eq!(log[1].attempts[0].at, due);
}

#[tokio::test]
async fn a_delay_is_drawn_from_the_seed_for_each_phase() {
    let mut seen = Vec::new();
    for phases in [ALL_PHASES, "phases = ['succeeded']", ALL_PHASES] {
        let stage = Stage::with(phases);
        let plan = stage.plan("http://127.0.0.1:9/", &json!({"delay": {"between": [1, 1000]}}));
        let job = stage.submit(&account("a"), Some(plan), Progress::Time).await;
        stage.finish(&job).await;
        let log = stage.until(|log| log.iter().any(|entry| entry.phase == Some(Phase::Succeeded))).await;
        let told: Vec<_> = log.iter().map(|entry| (entry.phase, entry.due_at, entry.id.clone())).collect();
        seen.push(told);
    }
    assert_eq!(seen[0], seen[2]);
    assert_eq!((seen[0].len(), seen[1].len()), (3, 1));
    let ids: std::collections::BTreeSet<_> = seen[0].iter().map(|(_, _, id)| id).collect();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn copies_are_the_same_message_several_times() {
    let stage = Stage::with("");
    let mut receiver = Receiver::answering(&[]).await;
    let plan = stage.plan(&receiver.address, &json!({"copies": 3}));
    let job = stage.submit(&account("a"), Some(plan), Progress::Time).await;
    stage.finish(&job).await;
    let calls = [receiver.next().await, receiver.next().await, receiver.next().await];
    assert_eq!((&calls[0].body, &calls[1].body), (&calls[1].body, &calls[2].body));
    assert_eq!(calls[0].header("webhook-id"), None, "there is no secret");
    let log = stage.until(|log| log.iter().all(|entry| entry.state == WebhookState::Delivered)).await;
    assert_eq!(log.iter().map(|entry| entry.copy).collect::<Vec<_>>(), [3, 2, 1]);
    assert!(log.iter().all(|entry| entry.id == log[0].id && entry.attempts.len() == 1), "{log:?}");
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn every_announced_phase_is_sent_as_it_was_then_in_order() {
    let stage = Stage::with(ALL_PHASES);
    let mut receiver = Receiver::answering(&[]).await;
    let plan = stage.plan(&receiver.address, &json!({}));
    let job = stage.submit(&account("a"), Some(plan), Progress::Step).await;
    // All three happen at one moment of the account, and perhaps before anybody has looked.
    stage.start(&job).await;
    stage.succeed(&job).await;
    for phase in [Phase::Queued, Phase::Running, Phase::Succeeded] {
        assert_eq!(stage.word_in(&receiver.next().await.body), stage.word(phase));
    }
}

#[tokio::test]
async fn reversed_callbacks_wait_for_the_last_and_come_in_the_opposite_order() {
    let stage = Stage::with(ALL_PHASES);
    let mut receiver = Receiver::answering(&[]).await;
    let plan = stage.plan(&receiver.address, &json!({"reversed": true, "delay": 5}));
    let job = stage.submit(&account("a"), Some(plan), Progress::Time).await;
    stage.set(&account("a"), job.timeline.starts_at.unwrap().after(10_000)).await;
    let fence = stage.plan(&receiver.address, &json!({}));
    let fence = stage.submit(&account("a"), Some(fence), Progress::Step).await;
    assert!(receiver.next().await.body.to_string().contains(&*fence.key.id), "nothing came of the first");
    stage.finish(&job).await;
    stage.advance(&account("a"), 5).await;
    for phase in [Phase::Succeeded, Phase::Running, Phase::Queued] {
        let body = receiver.next().await.body;
        assert!(body.to_string().contains(&*job.key.id));
        assert_eq!(stage.word_in(&body), stage.word(phase));
    }
}

#[tokio::test]
async fn a_receiver_that_fails_is_tried_again_after_twice_as_long() {
    let stage = Stage::with("");
    let mut receiver = Receiver::answering(&[500, 302]).await;
    let plan = stage.plan(&receiver.address, &json!({"retries": 3, "backoff": 10}));
    let job = stage.submit(&account("a"), Some(plan), Progress::Time).await;
    stage.finish(&job).await;
    let end = job.ends_by_time().unwrap();
    let first = receiver.next().await;
    let log = stage.until(|log| log[0].attempts.len() == 1).await;
    assert_eq!((log[0].state, log[0].due_at), (WebhookState::Pending, Some(end.after(10_000))));
    stage.advance(&account("a"), 10).await;
    receiver.next().await;
    let log = stage.until(|log| log[0].attempts.len() == 2).await;
    assert_eq!((log[0].state, log[0].due_at), (WebhookState::Pending, Some(end.after(30_000))));
    stage.advance(&account("a"), 20).await;
    assert_eq!(receiver.next().await.body, first.body, "a retry says what the first try said");
    let log = stage.until(|log| log[0].state != WebhookState::Pending).await;
    let statuses: Vec<_> = log[0].attempts.iter().map(|attempt| attempt.status).collect();
    assert_eq!((log[0].state, statuses), (WebhookState::Delivered, vec![Some(500), Some(302), Some(200)]));
}

#[tokio::test]
async fn a_callback_that_fails_to_the_last_retry_has_failed() {
    let stage = Stage::with("retries = 1\nbackoff_seconds = 2");
    // Nobody listens on a port that was just given back.
    let address = Receiver::answering(&[]).await.address;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_ne!(address, format!("http://{free}/hook"));
    let plan = stage.plan(&format!("http://{free}/hook"), &json!({}));
    let job = stage.submit(&account("a"), Some(plan), Progress::Time).await;
    stage.finish(&job).await;
    stage.until(|log| log.first().is_some_and(|entry| entry.attempts.len() == 1)).await;
    stage.advance(&account("a"), 2).await;
    let log = stage.until(|log| log[0].state != WebhookState::Pending).await;
    assert_eq!((log[0].state, log[0].attempts.len()), (WebhookState::Failed, 2));
    assert!(log[0].attempts.iter().all(|attempt| attempt.status.is_none() && attempt.error.is_some()));
}

#[tokio::test]
async fn a_scenario_turns_callbacks_off_and_on() {
    let stage = Stage::with("");
    let off = stage.plan("http://127.0.0.1:9/", &json!({"send": false}));
    let job = stage.submit(&account("a"), Some(off), Progress::Time).await;
    assert_eq!(job.notes, ["callback: not sent, because a scenario says so"]);
    let log = stage.log();
    assert_eq!((log.len(), log[0].state, log[0].phase), (1, WebhookState::Off, None));
    let on = stage.plan("http://127.0.0.1:9/", &json!({"send": true}));
    assert_eq!(on.off, None);
}
