//! Bounds of the memory store: what is kept, and what goes first.

use mockreel_contracts::contract::model::money::Charged;
use serde_json::Value;

use super::*;
use crate::clock::MANUAL_START;
use crate::media::Preview;
use crate::scenario::{Scenario, Then};
use crate::state::clip::ClipPlan;
use crate::state::job::{Ending, Mark, Timeline};
use crate::state::progress::Progress;
use crate::state::wallet::BillingTerms;
use crate::store::{MAX_SCENARIO_BYTES, MAX_SCENARIOS};
use mockreel_contracts::amount::Amount;

const NOW: UnixMillis = MANUAL_START;

fn job(number: u64, echo_bytes: u64, ends_at: Option<UnixMillis>, start: Option<Preview>) -> Arc<Job> {
    let clip = ClipPlan {
        name: Arc::from(number.to_string()),
        seed: 1,
        width: 320,
        height: 320,
        fps: 30,
        frames: 120,
        sound: false,
        real_bytes: 0,
        start,
        tail: None,
    };
    Arc::new(Job {
        key: JobKey { account: Arc::from("a"), vendor: Arc::from("v"), id: Arc::from(number.to_string()) },
        edition: Arc::from("2026-01-01"),
        model: "m".to_owned(),
        tenant: None,
        number,
        submitted_at: NOW,
        timeline: Timeline { starts_at: ends_at, ends_at, ending: Ending::Success },
        progress: Progress::Time,
        marks: Vec::new(),
        echo: Arc::new(Value::Null),
        echo_bytes,
        price: None,
        terms: BillingTerms { charged: Charged::Submit, failed_billed: false, cancelled_billed: false },
        entropy: [0; 32],
        clip: Arc::new(clip),
        scenarios: Vec::new(),
        notes: Vec::new(),
        callback: None,
        result_fault: None,
    })
}

fn store(jobs: usize, kept_bytes: u64) -> MemoryStore {
    MemoryStore::new(AccountClock::Manual(NOW), StoreLimits { accounts: 3, jobs, kept_bytes })
}

fn add(store: &MemoryStore, job: &Arc<Job>) -> Result<(), StoreError> {
    let account = Arc::clone(&job.key.account);
    let version = store.account(&account).version;
    store.commit(&account, version, &[Change::JobAdded(Arc::clone(job))], NOW).map(drop)
}

#[test]
fn the_oldest_finished_job_makes_room_and_unfinished_ones_stay() {
    let store = store(2, 1000);
    let stuck = job(1, 0, None, None);
    let finished = job(2, 0, Some(NOW), None);
    for held in [&stuck, &finished] {
        add(&store, held).unwrap();
    }
    add(&store, &job(3, 0, None, None)).unwrap();
    assert!(store.job(&stuck.key).is_some() && store.job(&finished.key).is_none());
    assert_eq!(store.dropped(), 1);
    assert_eq!(add(&store, &job(4, 0, None, None)), Err(StoreError::Full));
    assert!(store.job(&stuck.key).is_some(), "a refused job changes nothing");
}

#[test]
fn echoes_count_by_their_bytes_and_images_once_however_many_jobs_hold_them() {
    let bytes = crate::fixtures::find("side-300.png").unwrap().bytes;
    let image = crate::media::inspect(bytes).preview.unwrap();
    let store = store(100, 1_000_000);
    for number in 0..10 {
        add(&store, &job(number, 100, Some(NOW), Some(image.clone()))).unwrap();
    }
    assert_eq!(store.shelf().kept_bytes, 1000 + image.jpeg().len() as u64);
    store.reset(Some("a"));
    assert_eq!(store.shelf().kept_bytes, 0);
    assert!(store.shelf().images.is_empty() && store.shelf().jobs.has_no_clips());
}

#[test]
fn accounts_that_keep_much_leave_room_for_those_that_keep_little() {
    let store = store(1_000, 1_000);
    let owned = |account: &str, number: u64, bytes: u64, ends_at: Option<UnixMillis>| {
        let mut job = Job::clone(&job(number, bytes, ends_at, None));
        job.key.account = Arc::from(account);
        Arc::new(job)
    };
    let mut refused = 0;
    for (number, account) in (0..).zip(["a", "b", "c", "d", "e"].into_iter().cycle().take(20)) {
        refused += u32::from(add(&store, &owned(account, number, 100, None)) == Err(StoreError::Full));
    }
    assert!(store.shelf().kept_bytes <= 750 && refused > 0, "{}", store.shelf().kept_bytes);
    for number in 100..110 {
        add(&store, &owned("small", number, 10, None)).unwrap();
    }
    // What an account that keeps much drops is its own.
    store.reset(None);
    add(&store, &owned("other", 1, 100, Some(NOW))).unwrap();
    for number in 2..30 {
        add(&store, &owned("a", number, 100, Some(NOW))).unwrap();
    }
    assert!(store.job(&owned("other", 1, 0, None).key).is_some());
}

#[test]
fn accounts_without_jobs_are_forgotten_when_there_are_too_many_and_those_with_jobs_stay() {
    let store = store(10, 1000);
    add(&store, &job(1, 0, None, None)).unwrap();
    for number in 0..10 {
        let account: Arc<str> = Arc::from(format!("idle-{number}"));
        store.commit(&account, 0, &[Change::Refused(Arc::from("v"))], NOW).unwrap();
    }
    let left = store.accounts();
    assert_eq!(left.len(), 3, "{left:?}");
    assert!(left.contains(&Arc::from("a")) && left.contains(&Arc::from("idle-9")), "{left:?}");
}

#[test]
fn whoever_commits_on_an_old_version_is_told_to_decide_again() {
    let store = store(10, 1000);
    let first = job(1, 0, None, None);
    add(&store, &first).unwrap();
    let stale =
        store.commit(&first.key.account, 0, &[Change::JobMarked(first.key.clone(), Mark::Polled(NOW))], NOW);
    assert_eq!(stale.map(drop), Err(StoreError::Conflict));
    assert!(store.job(&first.key).unwrap().marks.is_empty());
}

#[test]
fn what_a_dropped_job_has_cost_is_kept_and_whoever_looked_before_looks_again() {
    let store = store(2, 1000);
    let priced = |number| {
        let mut job = Job::clone(&job(number, 0, Some(NOW), None));
        job.price = Some(0.3);
        Arc::new(job)
    };
    let account: Arc<str> = Arc::from("a");
    let spent = || {
        let (state, jobs) = store.account_and_jobs(&account, "v");
        state.spent("v", &jobs, NOW).net()
    };
    for number in 1..=5_u32 {
        let before = store.account(&account).version;
        add(&store, &priced(u64::from(number))).unwrap();
        assert!(store.account(&account).version > before);
        assert_eq!(spent(), (0..number).map(|_| Amount::nearest(0.3)).sum());
    }
    assert_eq!(store.dropped(), 3);
    store.reset(Some("a"));
    assert_eq!(spent(), Amount::ZERO);
}

#[test]
fn notes_take_room_as_an_echo_does() {
    let store = store(10, 1_000);
    let noted = |number: u64| {
        let mut job = Job::clone(&job(number, 0, Some(NOW), None));
        job.notes = vec!["n".repeat(600)];
        Arc::new(job)
    };
    add(&store, &noted(1)).unwrap();
    add(&store, &noted(2)).unwrap();
    assert_eq!(store.dropped(), 1, "two do not fit");
    store.reset(Some("a"));
    add(&store, &noted(3)).unwrap();
    assert_eq!(store.dropped(), 1, "what a job took it gives back");
}

#[test]
fn scenarios_are_counted_over_all_accounts_and_given_back() {
    let store = store(10, 1_000);
    let list = |count: usize, bytes: u64| {
        let one = Scenario { posted_bytes: bytes, ..Scenario::for_every_request("s", Then::default()) };
        Change::ScenariosSet(std::iter::repeat_n(Arc::new(one), count).collect(), Vec::new())
    };
    let set = |account: &str, change: Change| {
        let account: Arc<str> = Arc::from(account);
        store.commit(&account, store.account(&account).version, &[change], NOW).map(drop)
    };
    set("a", list(MAX_SCENARIOS - 1, 0)).unwrap();
    assert_eq!(set("b", list(2, 0)), Err(StoreError::TooManyScenarios));
    set("b", list(1, 0)).unwrap();
    assert_eq!(set("a", list(MAX_SCENARIOS, 0)), Err(StoreError::TooManyScenarios));
    set("a", list(5, 0)).unwrap();
    assert_eq!(set("b", list(1, MAX_SCENARIO_BYTES + 1)), Err(StoreError::TooManyScenarios));
    store.reset(Some("a"));
    set("b", list(MAX_SCENARIOS, 0)).unwrap();
}
