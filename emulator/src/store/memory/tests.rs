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

pub(super) fn job(
    number: u64,
    echo_bytes: u64,
    ends_at: Option<UnixMillis>,
    start: Option<Preview>,
) -> Arc<Job> {
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

pub(super) fn store(jobs: usize, kept_bytes: u64) -> MemoryStore {
    MemoryStore::new(AccountClock::Manual(NOW), StoreLimits { accounts: 3, jobs, kept_bytes })
}

pub(super) fn add(store: &MemoryStore, job: &Arc<Job>) -> Result<(), StoreError> {
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

fn of_account(account: &str, number: u64, ends_at: Option<UnixMillis>) -> Arc<Job> {
    let mut job = Job::clone(&job(number, 0, ends_at, None));
    job.key.account = Arc::from(account);
    Arc::new(job)
}

#[test]
fn one_account_leaves_a_quarter_of_the_places_to_the_others() {
    let store = store(1_000, 1_000);
    let accepted = |account: &str, numbers: std::ops::Range<u64>| {
        numbers.filter(|number| add(&store, &of_account(account, *number, None)).is_ok()).count()
    };
    assert_eq!(accepted("a", 0..2_000), 750);
    assert_eq!(accepted("b", 2_000..2_300), 125, "by then it has many itself");
    assert_eq!(accepted("c", 3_000..3_200), 125);
    // What an account with many jobs drops is its own.
    store.reset(None);
    add(&store, &of_account("b", 1, Some(NOW))).unwrap();
    for number in 0..2_000 {
        add(&store, &of_account("a", number, Some(NOW))).unwrap();
    }
    assert_eq!(store.count_jobs(&JobFilter::default()), 750);
    assert!(store.job(&of_account("b", 1, None).key).is_some());
}

#[test]
fn pages_and_walks_show_each_job_once_and_the_newest_first() {
    let store = store(10_000, 1_000);
    for number in 0..1_500 {
        let mut job = Job::clone(&of_account(["a", "b"][number as usize % 2], number, None));
        job.key.vendor = Arc::from(["v", "w", "x"][number as usize % 3]);
        add(&store, &Arc::new(job)).unwrap();
    }
    let filters = [
        (None, None, 1),
        (Some("a"), None, 2),
        (None, Some("w"), 3),
        (Some("b"), Some("x"), 6),
        (Some("nobody"), None, 0),
    ];
    for (account, vendor, every) in filters {
        let filter = JobFilter { account: account.map(Arc::from), vendor: vendor.map(str::to_owned) };
        let numbers = |jobs: &[Arc<Job>]| jobs.iter().map(|job| job.number).collect::<Vec<u64>>();
        let all = numbers(&store.jobs(&filter));
        assert_eq!(all.len(), 1_500_usize.checked_div(every).unwrap_or_default(), "{filter:?}");
        assert!(all.is_sorted_by(|one, other| one > other), "{filter:?}");
        assert_eq!(store.count_jobs(&filter), all.len());
        let page = store.page_of_jobs(&filter, 10, 7);
        assert_eq!(numbers(&page), all.iter().skip(10).take(7).copied().collect::<Vec<u64>>());
        let (mut walked, mut walk) = (Vec::new(), JobWalk::default());
        loop {
            let step = store.walk_jobs(&filter, &mut walk);
            if step.is_empty() {
                break;
            }
            walked.extend(numbers(&step));
        }
        assert_eq!(walked, all, "{filter:?}");
        if let Some(number) = all.get(3) {
            let job = store.job_of_id(&filter, &number.to_string()).unwrap();
            assert_eq!(job.number, *number);
        }
    }
}

/// Prints how long the store takes for a job and for a page, with more and more jobs of one account.
#[test]
#[ignore = "prints and cannot fail; for docs/performance.md: add `--nocapture`"]
#[expect(clippy::print_stdout, reason = "the figures, with `--nocapture`")]
fn print_times_by_number_of_jobs() {
    const AT_ONCE: u64 = 10_000;
    let limits = StoreLimits { accounts: 10, jobs: 2_000_000, kept_bytes: u64::MAX };
    let store = MemoryStore::new(AccountClock::Manual(NOW), limits);
    let mut number = 0;
    for jobs in [1_000, 10_000, 100_000, 1_000_000] {
        while number < jobs {
            add(&store, &job(number, 0, None, None)).unwrap();
            number += 1;
        }
        let filter = JobFilter { account: Some(Arc::from("a")), vendor: Some("v".to_owned()) };
        let time = |what: &dyn Fn(u64)| {
            let watch = crate::clock::Stopwatch::start();
            (0..AT_ONCE).for_each(what);
            watch.micros() * 1_000 / AT_ONCE
        };
        let newest = job(number - 1, 0, None, None).key.clone();
        let hot = time(&|_| assert!(store.job(&newest).is_some()));
        let any = time(&|turn| {
            let key = job(turn * 7_919 % jobs, 0, None, None).key.clone();
            assert!(store.job(&key).is_some());
        });
        let made = time(&|turn| drop(job(turn, 0, None, None)));
        let page = time(&|_| assert_eq!(store.page_of_jobs(&filter, 0, 100).len(), 100));
        let any = any.saturating_sub(made);
        println!("{jobs} jobs: a job polled before {hot} ns, any job {any} ns, a page of 100 {page} ns");
    }
}
