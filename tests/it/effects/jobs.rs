//! Effects on jobs: their phases, times, failures and results.

use mockreel_contracts::{FailureReason, Operation, Phase};
use serde_json::json;

use super::Surface;
use crate::support::{KEY, newest, quiet};

#[tokio::test]
async fn a_job_waits_and_runs_as_long_as_was_ordered() {
    let emulator = quiet().start().await.unwrap();
    for vendor in newest() {
        let surface = Surface::new(&emulator, &vendor, KEY);
        surface.order(Operation::Submit, &json!({"job": {"queued": 30, "running": 60}})).await;
        let id = surface.accepted().await;
        for (wait, phase) in [
            (29.999, Phase::Queued),
            (0.001, Phase::Running),
            (59.999, Phase::Running),
            (0.001, Phase::Succeeded),
        ] {
            surface.wait(wait).await;
            assert_eq!(surface.look(&id).await.phase, Some(phase), "{}", vendor.id());
        }
        assert_eq!(surface.told(&id).await["scenario"], "ordered");
    }
}

#[tokio::test]
async fn an_ordered_time_holds_also_where_looks_or_steps_move_jobs() {
    for progress in ["polls=5", "step", "immediate"] {
        let emulator = quiet().progress(progress.parse().unwrap()).start().await.unwrap();
        let surface = Surface::named(&emulator, "gmicloud", KEY);
        surface.order(Operation::Submit, &json!({"job": {"queued": 1, "running": 1}})).await;
        let id = surface.accepted().await;
        assert_eq!(surface.look(&id).await.phase, Some(Phase::Queued), "{progress}");
        surface.wait(2.0).await;
        assert_eq!(surface.look(&id).await.phase, Some(Phase::Succeeded), "{progress}");
    }
}

#[tokio::test]
async fn a_job_that_is_slowed_goes_by_time_also_where_looks_or_steps_move_jobs() {
    for progress in ["polls=2", "step", "immediate"] {
        let settings = quiet().progress(progress.parse().unwrap()).latency("instant".parse().unwrap());
        let emulator = settings.start().await.unwrap();
        let surface = Surface::named(&emulator, "gmicloud", KEY);
        let by_prompt = surface.submit_saying("a cat [mock:slow=600]").await;
        let by_header = surface.submit_with(r#"{"then":{"job":{"slower":600}}}"#).await;
        for answer in [by_prompt, by_header] {
            let id = surface.seen(Operation::Submit, &answer).id.unwrap();
            for _ in 0..4 {
                assert_eq!(surface.look(&id).await.phase, Some(Phase::Running), "{progress}");
            }
            assert!(surface.told(&id).await["ends_at"].as_str() > Some("2026-01-01T00:10"), "{progress}");
        }
        let id = surface.accepted().await;
        let told = surface.told(&id).await;
        assert!(told["ends_at"].as_str() < Some("2026-01-01T00:10"), "{progress}: others go as ever, {told}");
    }
}

#[tokio::test]
async fn a_drawn_time_is_the_same_with_the_same_seed_and_lies_between_its_bounds() {
    let mut drawn = Vec::new();
    for _ in 0..2 {
        let emulator = quiet().start().await.unwrap();
        let surface = Surface::named(&emulator, "gmicloud", KEY);
        surface
            .order(
                Operation::Submit,
                &json!({"job": {"queued": {"between": [10, 20]}, "running": {"exponential": 5}}}),
            )
            .await;
        let mut times = Vec::new();
        for _ in 0..5 {
            let id = surface.accepted().await;
            let told = surface.told(&id).await;
            times.push((told["starts_at"].clone(), told["ends_at"].clone()));
            let start = told["starts_at"].as_str().unwrap();
            assert!(("2026-01-01T00:00:10".."2026-01-01T00:00:20.001").contains(&start), "{start}");
        }
        drawn.push(times);
    }
    assert_eq!(drawn[0], drawn[1]);
    assert_ne!(drawn[0][0], drawn[0][1], "each job draws its own");
}

#[tokio::test]
async fn a_held_job_stays_where_it_is_until_it_is_told() {
    let emulator = quiet().start().await.unwrap();
    for (hold, phase) in [("queued", Phase::Queued), ("running", Phase::Running)] {
        let surface = Surface::named(&emulator, "302ai", KEY);
        surface.order(Operation::Submit, &json!({"job": {"hold": hold}})).await;
        let id = surface.accepted().await;
        surface.wait(1e8).await;
        assert_eq!(surface.look(&id).await.phase, Some(phase));
        emulator.jobs(KEY).succeed(&id).await.unwrap();
        assert_eq!(surface.look(&id).await.phase, Some(Phase::Succeeded));
    }
}

#[tokio::test]
async fn a_job_fails_for_every_reason_in_the_vendors_words() {
    let emulator = quiet().start().await.unwrap();
    for vendor in newest() {
        let surface = Surface::new(&emulator, &vendor, KEY);
        for reason in FailureReason::ALL {
            surface.order(Operation::Submit, &json!({"job": {"reason": reason.name()}})).await;
            let id = surface.accepted().await;
            emulator.clock(KEY).advance_until_job(&id).await.unwrap();
            let seen = surface.look(&id).await;
            assert_eq!(seen.phase, Some(Phase::Failed));
            let text = surface.contract().failure(reason).0;
            assert_eq!(seen.failure.as_deref(), Some(text), "{} {}", vendor.id(), reason.name());
        }
        surface.order(Operation::Submit, &json!({"job": {"end": "failed", "detail": "no luck today"}})).await;
        let id = surface.accepted().await;
        emulator.clock(KEY).advance_until_job(&id).await.unwrap();
        assert_eq!(surface.look(&id).await.failure.as_deref(), Some("no luck today"));
    }
}

#[tokio::test]
async fn a_failure_comes_one_second_after_acceptance() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    surface
        .order(Operation::Submit, &json!({"job": {"queued": 0, "running": 1, "reason": "upstream_error"}}))
        .await;
    let id = surface.accepted().await;
    surface.wait(0.999).await;
    assert_eq!(surface.look(&id).await.phase, Some(Phase::Running));
    surface.wait(0.001).await;
    assert_eq!(surface.look(&id).await.phase, Some(Phase::Failed));
}

#[tokio::test]
async fn an_ordered_end_wins_over_a_broken_rule() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    let mut body = surface.body("a cat");
    body["payload"]["image"] = crate::support::fixture(&emulator, "side-299-wide.png").into();
    for (order, phase) in [
        (json!({}), Phase::Failed),
        (json!({"job": {"end": "succeeded"}}), Phase::Succeeded),
        (json!({"job": {"end": "cancelled"}}), Phase::Cancelled),
    ] {
        surface.order(Operation::Submit, &order).await;
        let answer = surface.caller.post(&surface.submit_url(), &body).await;
        let id = surface.seen(Operation::Submit, &answer).id.unwrap();
        emulator.clock(KEY).advance_until_job(&id).await.unwrap();
        assert_eq!(surface.look(&id).await.phase, Some(phase), "{order}");
    }
}
