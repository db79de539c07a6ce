//! The ready-made sets do what they say.

use mockreel_contracts::Phase;
use mockreel_emulator::scenario::sets;
use serde_json::{Value, json};

use super::{Surface, with_stamps};
use crate::support::{KEY, quiet};

/// What one account sees of a vendor: three submits, and each job from its start to its end.
async fn seen(vendor: &str, set: Option<&str>) -> Vec<String> {
    let stamps = with_stamps(&mockreel_contracts::vendor(vendor).unwrap());
    let emulator = quiet().vendor(stamps).public_url("http://stand-in.test").start().await.unwrap();
    let surface = Surface::named(&emulator, vendor, KEY);
    if let Some(name) = set {
        surface.scenario(&json!({ "name": name })).await;
    }
    let mut told = Vec::new();
    for number in 0..4 {
        // Whoever holds the answer back is waited for in vain; its job is seen in the control API.
        let submit = tokio::time::timeout(std::time::Duration::from_millis(300), surface.submit());
        let Ok(answer) = submit.await else {
            told.push("no answer".to_owned());
            continue;
        };
        told.push(format!("{} {}", answer.status, answer.text()));
        let Some(id) = emulator.jobs(KEY).list().await.first().map(|job| job.key.id.to_string()) else {
            continue;
        };
        for seconds in [0.0, 1.0, 500.0] {
            surface.wait(seconds).await;
            let poll = surface.poll(&id).await;
            told.push(format!(
                "{number} after {seconds}: {} {}",
                poll.status,
                String::from_utf8_lossy(&poll.bytes)
            ));
        }
        let clip = emulator.jobs(KEY).list().await[0].clip.name.clone();
        let video = format!("{}/__media/{clip}/video.mp4", emulator.base());
        let head = surface.caller.send(surface.caller.request(reqwest::Method::HEAD, &video)).await;
        told.push(format!("{number} video: {}", head.status));
    }
    let strange = surface.poll("no-such-job").await;
    told.push(format!("strange: {} {}", strange.status, strange.text()));
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn every_set_can_be_seen_on_the_wire_of_its_vendor() {
    for set in sets::sets() {
        // The rehearsal is a matter of luck and breaks connections; it has tests of its own.
        let Some((vendor, name)) = set.name.split_once('/').filter(|(_, name)| *name != "rehearsal") else {
            continue;
        };
        let (with, without) = tokio::join!(seen(vendor, Some(&set.name)), seen(vendor, None));
        assert_ne!(with, without, "{vendor}/{name} changes nothing");
    }
}

#[tokio::test]
async fn a_stuck_queue_is_stuck_for_ever() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    surface.scenario(&json!({"name": "gmicloud/stuck-queue"})).await;
    let id = surface.accepted().await;
    surface.wait(1_000_000.0).await;
    assert_eq!(surface.look(&id).await.phase, Some(Phase::Queued));
    let told = surface.told(&id).await;
    assert_eq!((&told["scenario"], &told["ends_at"]), (&json!("gmicloud/stuck-queue"), &Value::Null));
}

#[tokio::test]
async fn a_burst_of_429_counts_down_and_passes() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    surface.scenario(&json!({"name": "gmicloud/rate-burst"})).await;
    let mut waits = Vec::new();
    for _ in 0..3 {
        waits.push(surface.submit().await.json()["rate_limit"]["retry_after_ms"].clone());
    }
    assert_eq!(waits, [29970, 14985, 40]);
    assert_eq!(surface.submit().await.status, 200);
}
