//! Jobs are followed to their end, by their own account's clock, and nothing is left behind.

use std::sync::Arc;

use mockreel_contracts::{Phase, UnixMillis};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::run::forget_account;
use super::transitions::{PhaseCursor, phase_changes};
use crate::clock::AccountClock;
use crate::edge::call::delayed_response::wait_for_end;
use crate::engine::ClockMove;
use crate::state::job::{Ending, Job, JobKey, Mark, Timeline};
use crate::state::progress::Progress;
use crate::webhook::tests::{PATIENCE, Receiver, Stage, account};

/// Whether nothing is followed and nothing planned.
fn is_idle(stage: &Stage) -> bool {
    stage.app.scheduler.with(|state| {
        let planned = ["a", "b"].into_iter().any(|name| state.agenda.has(name));
        state.followed.is_empty() && state.outbox.pending() == 0 && !planned
    })
}

/// Waits for the end of a job, as a delayed response does.
async fn until_ended(stage: &Stage, job: &Arc<Job>) -> Option<Arc<Job>> {
    let mut account = stage.app.load_account(&job.key.account).await;
    wait_for_end(&stage.app, &mut account, job).await
}

async fn within_patience<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it comes to an end")
}

/// Runs the scheduler's task until it has nothing to do: the tests run on one thread.
async fn quiet() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_held_answer_comes_when_the_accounts_clock_passes_the_end() {
    let stage = Stage::with("");
    let job = stage.submit(&account("a"), None, Progress::Time).await;
    let held = until_ended(&stage, &job);
    tokio::pin!(held);
    stage.set(&account("b"), job.ends_by_time().unwrap().after(1)).await;
    stage.set(&account("a"), UnixMillis(job.ends_by_time().unwrap().0 - 1)).await;
    tokio::select! {
        biased;
        _ = &mut held => panic!("it has not ended"),
        () = quiet() => {}
    }
    stage.finish(&job).await;
    let ended = within_patience(held).await.unwrap();
    assert_eq!(ended.standing(job.ends_by_time().unwrap()).phase, Phase::Succeeded);
    assert!(is_idle(&stage));
}

#[tokio::test]
async fn a_held_answer_comes_when_the_job_is_told_to_end_or_looked_at_often_enough() {
    let stage = Stage::with("");
    let told = stage.submit(&account("a"), None, Progress::Step).await;
    let looked_at = stage.submit(&account("a"), None, Progress::Polls(1)).await;
    let (first, second) = within_patience(async {
        tokio::join!(until_ended(&stage, &told), async {
            let held = until_ended(&stage, &looked_at);
            let looks = async {
                stage.succeed(&told).await;
                for _ in 0..3 {
                    let now = stage.app.store.job(&looked_at.key).await.unwrap();
                    stage.app.load_account(&account("a")).await.record_poll(&now).await.unwrap();
                }
            };
            tokio::join!(held, looks).0
        })
    })
    .await;
    let ends = [first, second].map(|job| job.unwrap().standing(told.submitted_at).phase);
    assert_eq!(ends, [Phase::Succeeded; 2]);
    assert!(is_idle(&stage));
}

#[tokio::test]
async fn a_held_answer_ends_when_its_job_is_forgotten_and_leaves_nothing_when_its_caller_goes() {
    let stage = Stage::with("");
    let job = stage.submit(&account("a"), None, Progress::Time).await;
    {
        let held = until_ended(&stage, &job);
        tokio::pin!(held);
        tokio::select! {
            biased;
            _ = &mut held => panic!("it has not ended"),
            () = quiet() => {}
        }
        assert!(!is_idle(&stage));
    }
    assert!(is_idle(&stage), "the caller has gone");
    let held = until_ended(&stage, &job);
    let reset = async {
        quiet().await;
        stage.app.store.reset(Some("a")).await;
        forget_account(&stage.app, Some("a")).await;
    };
    let (held, ()) = within_patience(async { tokio::join!(held, reset) }).await;
    assert!(held.is_none());
    assert!(is_idle(&stage));
}

#[tokio::test]
async fn on_the_system_clock_things_happen_by_themselves() {
    let stage = Stage::with("");
    let mut receiver = Receiver::answering(&[]).await;
    let now = crate::clock::Clock::now(&*stage.app.clock);
    stage.set(&account("a"), now).await;
    let plan = stage.plan(&receiver.address, &json!({"delay": 0.02}));
    let job = stage.submit(&account("a"), Some(plan), Progress::Immediate).await;
    stage.until(|log| log.len() == 1).await;
    stage
        .app
        .load_account(&account("a"))
        .await
        .move_clock(ClockMove::To(AccountClock::System))
        .await
        .unwrap();
    assert!(receiver.next().await.body.to_string().contains(&*job.key.id));
}

#[tokio::test]
async fn an_accounts_clock_moves_its_own_callbacks_and_no_others() {
    let stage = Stage::with("");
    let mut receiver = Receiver::answering(&[]).await;
    let plan = stage.plan(&receiver.address, &json!({}));
    let first = stage.submit(&account("a"), Some(Arc::clone(&plan)), Progress::Time).await;
    let second = stage.submit(&account("b"), Some(plan), Progress::Time).await;
    stage.set(&account("b"), second.ends_by_time().unwrap().after(1_000_000)).await;
    assert!(receiver.next().await.body.to_string().contains(&*second.key.id));
    stage.until(|log| log.len() == 1).await;
    stage.finish(&first).await;
    assert!(receiver.next().await.body.to_string().contains(&*first.key.id));
}

#[tokio::test]
async fn a_reset_forgets_what_is_pending_of_the_account_and_of_no_other() {
    let stage = Stage::with("");
    let mut receiver = Receiver::answering(&[]).await;
    let plan = stage.plan(&receiver.address, &json!({"delay": 10}));
    for name in ["a", "b"] {
        let job = stage.submit(&account(name), Some(Arc::clone(&plan)), Progress::Time).await;
        stage.finish(&job).await;
    }
    stage.until(|log| log.len() == 2).await;
    stage.app.store.reset(Some("a")).await;
    forget_account(&stage.app, Some("a")).await;
    assert_eq!(stage.log().len(), 1);
    stage.advance(&account("a"), 1_000_000).await;
    stage.advance(&account("b"), 10).await;
    receiver.next().await;
    quiet().await;
    assert!(receiver.is_quiet());
    assert!(is_idle(&stage));
}

/// What may happen to a job, with the time since the last.
fn events() -> impl Strategy<Value = Vec<(u64, u8)>> {
    vec((0_u64..30, 0_u8..4), 0..12)
}

proptest! {
    #[test]
    fn each_phase_is_passed_once_in_order_however_often_somebody_looks(
        wait in 0_u64..50,
        run in 0_u64..50,
        progress in prop_oneof![Just(Progress::Time), Just(Progress::Step), (0_u32..3).prop_map(Progress::Polls)],
        events in events(),
        looks in vec(any::<bool>(), 12),
    ) {
        let mut job = blank(wait, run, progress);
        let (mut often, mut once) = (PhaseCursor::default(), PhaseCursor::default());
        let (mut found, mut seen) = (Vec::new(), Vec::new());
        let mut now = job.submitted_at;
        for ((later, what), look) in events.into_iter().zip(looks) {
            now = now.after(later);
            let before = job.standing(now).phase;
            seen.push(before);
            match what {
                0 if !before.is_terminal() => job.marks.push(Mark::Polled(now)),
                1 if before == Phase::Queued => job.marks.push(Mark::Started(now)),
                2 if !before.is_terminal() => job.marks.push(Mark::Ended(now, Ending::Cancellation)),
                _ => {}
            }
            seen.push(job.standing(now).phase);
            if look {
                found.extend(phase_changes(&job, &mut often, now));
            }
        }
        found.extend(phase_changes(&job, &mut often, now));
        seen.push(job.standing(now).phase);
        let whole = phase_changes(&job, &mut once, now);
        prop_assert_eq!(&found, &whole);
        prop_assert!(whole.is_sorted_by_key(|change| (change.phase, change.at, change.marks)));
        prop_assert_eq!(whole.last().unwrap().phase, job.standing(now).phase);
        for phase in seen {
            prop_assert!(whole.iter().any(|change| change.phase == phase), "{phase:?} was seen: {whole:?}");
        }
        for change in whole {
            let mut then = job.clone();
            then.marks.truncate(change.marks);
            prop_assert_eq!(then.standing(change.at).phase, change.phase);
        }
    }
}

fn blank(wait: u64, run: u64, progress: Progress) -> Job {
    let clip = crate::state::clip::ClipPlan {
        name: Arc::from("clip"),
        seed: 1,
        width: 320,
        height: 320,
        fps: 30,
        frames: 120,
        sound: false,
        real_bytes: 0,
        start: None,
        tail: None,
    };
    let submitted_at = UnixMillis(1_000);
    let starts_at = submitted_at.after(wait);
    Job {
        key: JobKey { account: account("a"), vendor: Arc::from("v"), id: Arc::from("id") },
        edition: Arc::from("2026-01-01"),
        model: "m".to_owned(),
        tenant: None,
        number: 0,
        submitted_at,
        timeline: Timeline {
            starts_at: Some(starts_at),
            ends_at: Some(starts_at.after(run)),
            ending: Ending::Success,
        },
        progress,
        marks: Vec::new(),
        echo: Arc::default(),
        echo_bytes: 0,
        price: None,
        entropy: [0; 32],
        clip: Arc::new(clip),
        terms: crate::state::wallet::BillingTerms {
            charged: mockreel_contracts::contract::model::money::Charged::Submit,
            failed_billed: false,
            cancelled_billed: false,
        },
        scenarios: Vec::new(),
        result_fault: None,
        notes: Vec::new(),
        callback: None,
    }
}
