//! Properties that hold for every request, every seed and every interleaving.

use std::collections::BTreeMap;
use std::time::Duration;

use mockreel_contracts::contract::check::rules::Checker;
use mockreel_contracts::contract::model::Model;
use mockreel_contracts::contract::model::operation::OperationFacts;
use mockreel_contracts::contract::views::examples::{good, just_bad};
use mockreel_contracts::{Contract, Operation, UnixMillis};
use mockreel_emulator::clock::{AccountClock, MANUAL_START};
use mockreel_emulator::{Emulator, Latency};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, KEY, fixture, newest, quiet};

/// A source of choices that repeats itself for the same seed (splitmix64).
fn picks(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % below.max(1) as u64).unwrap_or(0)
    }
}

/// The path that submits to a model.
fn submit_path(operation: &OperationFacts, model: &Model) -> String {
    let fits = |held: &Option<String>| held.as_ref().is_none_or(|id| *id == model.id);
    operation.routes.iter().find(|route| fits(&route.model)).expect("every model has a path").path.clone()
}

async fn submit(emulator: &Emulator, contract: &Contract, model: &Model, body: &Value) -> Answer {
    let path = submit_path(&contract.operations[&Operation::Submit], model);
    Caller::with_key(KEY).post(&format!("{}{path}", emulator.url(&contract.id)), body).await
}

#[test]
fn good_bodies_are_accepted_and_just_bad_ones_are_refused_in_the_vendors_own_form() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let emulator = runtime.block_on(quiet().latency(Latency::INSTANT).start()).unwrap();
    let image = fixture(&emulator, "side-300.png");
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&any::<u64>(), |seed| {
        for vendor in newest() {
            let contract = &vendor.contract;
            let refusals = Checker::new(contract.problem_schema.clone()).unwrap();
            for model in contract.models.values() {
                let images = [image.as_str()];
                let body = good(model, &mut picks(seed), &images);
                let answer = runtime.block_on(submit(&emulator, contract, model, &body));
                let accepted = contract.operations[&Operation::Submit].status.enforced;
                prop_assert_eq!(answer.status, accepted, "{}: {} for {}", model.id, answer.text(), body);
                let bad = just_bad(model, &mut picks(seed), &images);
                // One of them each time; over the cases every rule gets its turn.
                let Some(bad) = bad.get(seed as usize % bad.len().max(1)) else { continue };
                let answer = runtime.block_on(submit(&emulator, contract, model, &bad.body));
                prop_assert!(
                    (400..500).contains(&answer.status),
                    "{} {}: {}",
                    bad.rule,
                    bad.pointer,
                    answer.text()
                );
                prop_assert!(refusals.accepts(&answer.json()), "{}", answer.text());
            }
        }
        Ok(())
    });
    outcome.unwrap();
}

/// One account's steps, in order: each is a request whose answer belongs to the transcript.
fn script(account: usize) -> Vec<Step> {
    let vendor = |index: usize| newest()[index % newest().len()].id().to_owned();
    let mut steps = vec![Step::Clock(1000 * account as u64)];
    for round in 0..2 {
        steps.push(Step::Submit(vendor(account + round)));
        steps.push(Step::Advance(1 + account as u64));
        steps.push(Step::Poll);
        steps.push(Step::Refused(vendor(account + round)));
    }
    steps
}

#[derive(Clone, Debug)]
enum Step {
    Clock(u64),
    Submit(String),
    Advance(u64),
    Poll,
    Refused(String),
}

/// Carries out one step and notes what came back, the `Date` header aside.
async fn step(emulator: &Emulator, account: usize, step: &Step, last: &mut Option<String>) -> String {
    let key = format!("account-{account}");
    let caller = Caller::with_key(&key);
    let noted = |answer: Answer| {
        let headers: BTreeMap<_, _> =
            answer.headers.iter().filter(|(name, _)| name != "date").cloned().collect();
        format!("{} {headers:?} {}", answer.status, answer.text())
    };
    match step {
        Step::Clock(offset) => {
            let at = AccountClock::Manual(MANUAL_START.after(*offset));
            format!("{}", emulator.clock(&key).set(at).await.unwrap())
        }
        Step::Advance(seconds) => {
            format!("{}", emulator.clock(&key).advance(Duration::from_secs(*seconds)).await.unwrap())
        }
        Step::Submit(id) => {
            let vendor = mockreel_contracts::vendor(id).unwrap();
            let contract = &vendor.contract;
            let model = &contract.models[0];
            let image =
                format!("{}/__fixtures/side-300.png", emulator.settings().public_url.as_deref().unwrap());
            let body = good(model, &mut picks(account as u64), &[image.as_str()]);
            let path = submit_path(&contract.operations[&Operation::Submit], model);
            let answer = caller.post(&format!("{}{path}", emulator.url(id)), &body).await;
            let read = mockreel_contracts::contract::check::read::observe(
                &contract.operations[&Operation::Submit],
                contract,
                &answer.json(),
            );
            let poll = &contract.operations[&Operation::Poll];
            let job = read.id.expect("a good body is accepted");
            *last = Some(poll_url(emulator, contract, poll, &job));
            noted(answer)
        }
        Step::Poll => noted(caller.get(last.as_deref().expect("polls follow submits")).await),
        Step::Refused(id) => {
            let url = format!("{}/no/such/path", emulator.url(id));
            noted(caller.send(caller.request(Method::PATCH, &url)).await)
        }
    }
}

fn poll_url(emulator: &Emulator, contract: &Contract, poll: &OperationFacts, id: &str) -> String {
    use mockreel_contracts::contract::model::operation::IdPlace;
    let base = emulator.url(&contract.id);
    let path = &poll.routes[0].path;
    match poll.job_id.as_ref().expect("a poll names its job") {
        IdPlace::Path(name) => format!("{base}{}", path.replace(&format!("{{{name}}}"), id)),
        IdPlace::Query(name) => format!("{base}{path}?{name}={id}"),
    }
}

/// Runs every account's script, the accounts taking turns as `turns` says; one transcript an account.
async fn transcripts(accounts: usize, turns: &[usize]) -> Vec<Vec<String>> {
    let emulator = quiet().public_url("http://stand-in.test").start().await.unwrap();
    let scripts: Vec<Vec<Step>> = (0..accounts).map(script).collect();
    let mut told: Vec<Vec<String>> = vec![Vec::new(); accounts];
    let mut last: Vec<Option<String>> = vec![None; accounts];
    let rest = (0..accounts).flat_map(|account| std::iter::repeat_n(account, scripts[account].len()));
    let order: Vec<usize> = turns.iter().map(|turn| turn % accounts).chain(rest).collect();
    for account in order {
        if let Some(next) = scripts[account].get(told[account].len()) {
            let line = step(&emulator, account, next, &mut last[account]).await;
            told[account].push(line);
        }
    }
    told
}

#[test]
fn the_same_seed_gives_the_same_transcripts_whatever_the_interleaving() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let in_turn = runtime.block_on(transcripts(4, &[]));
    let mut runner = TestRunner::new(Config { cases: 8, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&proptest::collection::vec(0_usize..4, 0..40), |turns| {
        let mixed = runtime.block_on(transcripts(4, &turns));
        let differs =
            mixed.iter().flatten().zip(in_turn.iter().flatten()).find(|(mixed, alone)| mixed != alone);
        prop_assert!(differs.is_none(), "{differs:?}");
        prop_assert_eq!(mixed.len(), in_turn.len());
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test]
async fn two_hundred_accounts_with_clocks_of_their_own_never_see_each_other() {
    let emulator = std::sync::Arc::new(quiet().start().await.unwrap());
    let image = fixture(&emulator, "side-300.png");
    let base = format!("{}/api/v1/ie/requestqueue/apikey/requests", emulator.url("gmicloud"));
    let mut running = tokio::task::JoinSet::new();
    for number in 0..200_u64 {
        let (emulator, base, image) = (std::sync::Arc::clone(&emulator), base.clone(), image.clone());
        running.spawn(async move {
            let key = format!("account-{number}");
            let caller = Caller::with_key(&key);
            let start = UnixMillis(MANUAL_START.0 + number * 86_400_000);
            emulator.clock(&key).set(AccountClock::Manual(start)).await.unwrap();
            let body = json!({"model": "Kling-Image2Video-V1.6-Standard", "payload": {"image": image, "prompt": key}});
            let accepted = caller.post(&base, &body).await.json();
            assert_eq!(accepted["created_at"], start.seconds());
            let id = accepted["request_id"].as_str().unwrap().to_owned();
            // Every second account lets its job finish; the others' must not move.
            if number.is_multiple_of(2) {
                emulator.clock(&key).advance_until_job(&id).await.unwrap();
            }
            (key, id)
        });
    }
    let mut jobs = Vec::new();
    while let Some(done) = running.join_next().await {
        jobs.push(done.unwrap());
    }
    for (index, (key, id)) in jobs.iter().enumerate() {
        let caller = Caller::with_key(key);
        let listed = caller.get(&base).await.json();
        assert_eq!(listed["total"], 1);
        assert_eq!(listed["requests"][0]["request_id"], id.as_str());
        assert_eq!(listed["requests"][0]["payload"]["prompt"], key.as_str());
        let number: u64 = key.trim_start_matches("account-").parse().unwrap();
        let wanted = if number.is_multiple_of(2) { "success" } else { "queued" };
        assert_eq!(listed["requests"][0]["status"], wanted, "{key}");
        let (_, foreign) = &jobs[(index + 1) % jobs.len()];
        assert_eq!(caller.get(&format!("{base}/{foreign}")).await.status, 404);
    }
}
