//! Windows let through what they promise, and money is spent once.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use mockreel_contracts::contract::model::money::{Charged, Scope};

use super::*;
use crate::state::clip::ClipPlan;
use crate::state::job::{Ending, Failure, JobKey, Timeline};
use crate::state::limits::{AccountLimits, MAX_LIMIT, ModelLimits};
use crate::state::progress::Progress;
use crate::state::wallet::{BillingTerms, WalletUpdate};

const MODELS: [&str; 2] = ["one", "other"];

fn charge(model: usize, scope: Scope) -> Charge<'static> {
    Charge { scope, model: MODELS[model], price: None }
}

/// A wallet with these limits.
fn wallet(limits: AccountLimits) -> Wallet {
    let order = WalletUpdate { balance: None, limits: Some(limits) };
    Wallet::default().updated(&order, Spent::default(), &[], UnixMillis(0))
}

/// Windows of an account and of one model: how many, how long, which models count.
fn windows(limits: &AccountLimits, scope: Scope) -> Vec<(u32, u64, Vec<&'static [&'static str]>)> {
    let each: Vec<&'static [&'static str]> = match scope {
        Scope::Model => vec![&["one"], &["other"]],
        Scope::Account => vec![&["one", "other"]],
    };
    let own = limits.models.get("one").copied().unwrap_or_default();
    let mut all = Vec::new();
    all.extend(limits.per_minute.map(|allowed| (allowed, 60_000, each.clone())));
    all.extend(limits.per_hour.map(|allowed| (allowed, 3_600_000, each)));
    all.extend(own.per_minute.map(|allowed| (allowed, 60_000, vec![&["one"] as &[&str]])));
    all.extend(own.per_hour.map(|allowed| (allowed, 3_600_000, vec![&["one"] as &[&str]])));
    all
}

fn some_limits() -> impl Strategy<Value = AccountLimits> {
    let limit = || proptest::option::of(1_u32..5);
    (limit(), limit(), limit(), limit()).prop_map(|(per_minute, per_hour, own_minute, own_hour)| {
        let own = ModelLimits { concurrent: None, per_minute: own_minute, per_hour: own_hour };
        let models = [("one".to_owned(), own)].into();
        AccountLimits { concurrent: None, per_minute, per_hour, models }
    })
}

proptest! {
    #[test]
    fn no_window_holds_more_than_is_allowed_and_the_wait_is_exact(
        limits in some_limits(),
        by_model in any::<bool>(),
        steps in vec((prop_oneof![0_u64..30_000, 0_u64..3_000_000], 0_usize..2), 1..60),
    ) {
        let scope = if by_model { Scope::Model } else { Scope::Account };
        let mut wallet = wallet(limits.clone());
        let mut accepted: Vec<(u64, &str)> = Vec::new();
        let mut now = 1_000_000_000_000;
        let asked = |wallet: &Wallet, model, at| {
            check_limits(wallet, &charge(model, scope), Spent::default(), &[], UnixMillis(at))
        };
        for (number, (later, model)) in steps.into_iter().enumerate() {
            now += later;
            match asked(&wallet, model, now) {
                Ok(()) => {
                    accepted.push((now, MODELS[model]));
                    let after = wallet.after_submit(&charge(model, scope), number as u64, UnixMillis(now));
                    wallet = after.unwrap_or(wallet);
                }
                Err(LimitExceeded::Rate { retry_after_ms, .. }) => {
                    prop_assert!(retry_after_ms > 0);
                    let early = asked(&wallet, model, now + retry_after_ms - 1);
                    prop_assert!(early.is_err(), "a millisecond before its time it was let through");
                    prop_assert_eq!(asked(&wallet, model, now + retry_after_ms), Ok(()));
                }
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
        for (allowed, millis, counts) in windows(&limits, scope) {
            for models in counts {
                let times: Vec<u64> =
                    accepted.iter().filter(|(_, model)| models.contains(model)).map(|(at, _)| *at).collect();
                for end in &times {
                    let inside = times.iter().filter(|at| *at <= end && end - **at < millis).count();
                    prop_assert!(inside <= allowed as usize, "{inside} in {millis} ms, {allowed} allowed");
                }
            }
        }
        let bound: u32 = 2 * [limits.per_minute, limits.per_hour].iter().flatten().sum::<u32>()
            + limits.models["one"].per_minute.unwrap_or(0) + limits.models["one"].per_hour.unwrap_or(0);
        prop_assert!(wallet.recent.len() <= bound as usize, "{} are written down", wallet.recent.len());
    }
}

#[test]
fn a_window_that_has_room_turns_nobody_away() {
    let mut held = wallet(AccountLimits { per_minute: Some(2), ..AccountLimits::default() });
    let mut told = Vec::new();
    for (number, at) in [0_u64, 30_000, 59_999, 60_000, 60_001, 90_000].into_iter().enumerate() {
        let now = UnixMillis(at);
        let answer = check_limits(&held, &charge(0, Scope::Account), Spent::default(), &[], now);
        if answer.is_ok() {
            held = held.after_submit(&charge(0, Scope::Account), number as u64, now).unwrap();
        }
        told.push(match answer {
            Ok(()) => 0,
            Err(LimitExceeded::Rate { retry_after_ms, .. }) => retry_after_ms,
            Err(other) => panic!("{other}"),
        });
    }
    assert_eq!(told, [0, 0, 1, 0, 29_999, 0]);
}

fn job(number: u64, terms: BillingTerms, ending: Ending, ends_at: Option<u64>) -> Arc<Job> {
    Arc::new(Job {
        key: JobKey { account: "a".into(), vendor: "v".into(), id: number.to_string().into() },
        edition: "2026-01-01".into(),
        model: MODELS[0].to_owned(),
        tenant: None,
        number,
        submitted_at: UnixMillis(0),
        timeline: Timeline { starts_at: None, ends_at: ends_at.map(UnixMillis), ending },
        progress: Progress::Time,
        marks: Vec::new(),
        echo: Arc::new(Value::Null),
        echo_bytes: 0,
        price: Some(0.3),
        terms,
        entropy: [0; 32],
        clip: Arc::new(ClipPlan {
            name: "c".into(),
            seed: 1,
            width: 1,
            height: 1,
            fps: 1,
            frames: 24,
            sound: false,
            real_bytes: 0,
            start: None,
            tail: None,
        }),
        scenarios: Vec::new(),
        callback: None,
        result_fault: None,
        notes: Vec::new(),
    })
}

#[test]
fn what_a_job_costs_follows_from_its_terms_and_its_end() {
    let failure =
        || Ending::Failure(Failure { reason: mockreel_contracts::FailureReason::Internal, detail: None });
    let told = |charged, failed_billed, ending: Ending| {
        let terms = BillingTerms { charged, failed_billed, cancelled_billed: false };
        let job = job(0, terms, ending, Some(10));
        [9, 10].map(|at| {
            let spent = Spent::on(&job, UnixMillis(at));
            [spent.charged, spent.refunded, spent.held].map(Amount::units)
        })
    };
    use Charged::{Completion, Submit};
    assert_eq!(told(Submit, false, Ending::Success), [[0.3, 0.0, 0.0], [0.3, 0.0, 0.0]]);
    assert_eq!(told(Submit, false, failure()), [[0.3, 0.0, 0.0], [0.3, 0.3, 0.0]]);
    assert_eq!(told(Submit, true, failure()), [[0.3, 0.0, 0.0], [0.3, 0.0, 0.0]]);
    assert_eq!(told(Submit, true, Ending::Cancellation), [[0.3, 0.0, 0.0], [0.3, 0.3, 0.0]]);
    assert_eq!(told(Completion, false, Ending::Success), [[0.0, 0.0, 0.3], [0.3, 0.0, 0.0]]);
    assert_eq!(told(Completion, false, failure()), [[0.0, 0.0, 0.3], [0.0, 0.0, 0.0]]);
    assert_eq!(told(Completion, true, failure()), [[0.0, 0.0, 0.3], [0.3, 0.0, 0.0]]);
    assert_eq!(told(Completion, true, Ending::Cancellation), [[0.0, 0.0, 0.3], [0.0, 0.0, 0.0]]);
}

#[test]
fn a_balance_is_what_is_left_when_it_is_set_and_is_spent_to_nothing() {
    let terms = BillingTerms { charged: Charged::Submit, failed_billed: false, cancelled_billed: false };
    let spent = |jobs: &[Arc<Job>], at| {
        jobs.iter().fold(Spent::default(), |sum, job| sum + Spent::on(job, UnixMillis(at)))
    };
    let order = WalletUpdate { balance: Some(Some(Amount::nearest(0.9))), limits: None };
    let failing =
        Ending::Failure(Failure { reason: mockreel_contracts::FailureReason::Internal, detail: None });
    let mut jobs = vec![job(0, terms, failing, Some(10))];
    let wallet = Wallet::default().updated(&order, spent(&jobs, 0), &jobs, UnixMillis(0));
    assert_eq!(
        wallet.left(spent(&jobs, 0)),
        Some(Amount::nearest(0.9)),
        "what was charged before does not count"
    );
    let charge = Charge { scope: Scope::Account, model: MODELS[0], price: Some(Amount::nearest(0.3)) };
    for number in 1..=3 {
        assert_eq!(check_limits(&wallet, &charge, spent(&jobs, 0), &jobs, UnixMillis(0)), Ok(()));
        jobs.push(job(number, terms, Ending::Success, None));
    }
    assert_eq!(wallet.left(spent(&jobs, 0)), Some(Amount::ZERO));
    assert_eq!(
        check_limits(&wallet, &charge, spent(&jobs, 0), &jobs, UnixMillis(0)),
        Err(LimitExceeded::Credits)
    );
    let unknown = Charge { price: None, ..charge };
    assert_eq!(
        check_limits(&wallet, &unknown, spent(&jobs, 0), &jobs, UnixMillis(0)),
        Err(LimitExceeded::Credits)
    );
    assert_eq!(wallet.left(spent(&jobs, 10)), Some(Amount::nearest(0.3)), "what is given back can be spent");
    assert_eq!(check_limits(&wallet, &unknown, spent(&jobs, 10), &jobs, UnixMillis(10)), Ok(()));
}

#[test]
fn money_is_asked_for_first_then_rates_then_jobs_at_once() {
    let limits = AccountLimits { concurrent: Some(1), per_minute: Some(1), ..AccountLimits::default() };
    let order = WalletUpdate { balance: Some(Some(Amount::ZERO)), limits: Some(limits) };
    let terms = BillingTerms { charged: Charged::Completion, failed_billed: false, cancelled_billed: false };
    let jobs = [job(7, terms, Ending::Success, None)];
    let wallet = Wallet::default().updated(&order, Spent::default(), &jobs, UnixMillis(5));
    let asked = |wallet: &Wallet, at| {
        check_limits(wallet, &charge(0, Scope::Model), Spent::default(), &jobs, UnixMillis(at))
    };
    assert_eq!(asked(&wallet, 5), Err(LimitExceeded::Credits));
    let unlimited = WalletUpdate { balance: Some(None), limits: None };
    let wallet = wallet.updated(&unlimited, Spent::default(), &jobs, UnixMillis(5));
    let rate = LimitExceeded::Rate { limit: 1, window_seconds: 60, retry_after_ms: 59_995, one_model: true };
    assert_eq!(asked(&wallet, 5), Err(rate), "a new limit counts what came before it");
    assert_eq!(asked(&wallet, 60_000), Err(LimitExceeded::Concurrency { limit: 1 }));
}

#[test]
fn numbers_that_limit_nothing_or_everything_are_refused() {
    let limits = |per_minute| AccountLimits { per_minute: Some(per_minute), ..AccountLimits::default() };
    assert!(limits(0).check().unwrap_err().contains("`limits.per_minute` is 0"));
    assert!(limits(MOST + 1).check().is_err() && limits(MOST).check().is_ok());
    let models = [("m".to_owned(), ModelLimits { concurrent: Some(0), ..ModelLimits::default() })].into();
    let why = AccountLimits { models, ..AccountLimits::default() }.check().unwrap_err();
    assert!(
        why.contains("`limits.models.m.concurrent` is 0: expected a whole number from 1 to 10000"),
        "{why}"
    );
}

const MOST: u32 = MAX_LIMIT;
