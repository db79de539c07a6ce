//! Account loads in a call to a vendor: one, and one more where the account's jobs count.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use mockreel_contracts::Operation;
use mockreel_contracts::contract::model::operation::IdPlace;
use mockreel_contracts::contract::views::examples::minimal;
use serde_json::Value;

use super::dispatch::answer_request;
use super::router::Serves;
use crate::app::App;
use crate::auth::Keyring;
use crate::clock::{MANUAL_START, SystemClock};
use crate::served::ServedVendor;
use crate::state::progress::Progress;
use crate::state::wallet::WalletUpdate;
use crate::store::{JobFilter, MemoryStore, Store};
use crate::{EmulatorBuilder, account};
use mockreel_contracts::amount::Amount;

const KEY: &str = "the key";

fn app(progress: Progress) -> Arc<App> {
    let builder = EmulatorBuilder::default().manual_clock(MANUAL_START).progress(progress);
    let settings = builder.settings().unwrap();
    let store = Store::Memory(MemoryStore::new(settings.clock, settings.limits.store));
    Arc::new(App::new(settings, Arc::new(SystemClock::default()), store, Keyring::default()))
}

/// The status of the answer, and how often an account was loaded for it.
async fn loads_of(app: &Arc<App>, method: &str, path: &str, body: &str) -> (StatusCode, u64) {
    let Store::Memory(memory) = &app.store;
    let before = memory.loads.load(Ordering::Relaxed);
    let request = Request::builder()
        .method(Method::from_bytes(method.as_bytes()).unwrap())
        .uri(path)
        .header("host", "127.0.0.1:1")
        .header("authorization", format!("Bearer {KEY}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let local = "127.0.0.1:1".parse().unwrap();
    let answer = answer_request(app, request, local, Serves::Everything).await;
    (answer.status(), memory.loads.load(Ordering::Relaxed) - before)
}

/// Every served vendor that takes JSON, with a path and a body of its `submit`.
fn submits(app: &App) -> impl Iterator<Item = (&ServedVendor, String, Value)> {
    app.settings.vendors.iter().filter_map(|served| {
        let contract = &served.vendor.contract;
        let operation = contract.operations.get(&Operation::Submit)?;
        operation.media_types.iter().find(|kind| *kind == "application/json")?;
        let route = operation.routes.iter().find(|route| route.option.is_none())?;
        let model = match &route.model {
            Some(id) => contract.models.get(id)?,
            None => contract.models.values().next()?,
        };
        let body = minimal(model, &["https://images.example/first.png"]);
        Some((served, format!("/{}{}", contract.full_id(), route.path), body))
    })
}

#[tokio::test]
async fn a_submit_and_a_poll_load_their_account_once() {
    for progress in [Progress::Time, Progress::Polls(1)] {
        let app = app(progress);
        let mut polled = 0;
        for (served, path, body) in submits(&app) {
            let contract = &served.vendor.contract;
            let submit = loads_of(&app, "POST", &path, &body.to_string()).await;
            assert!(submit.0.is_success(), "{}: {}", contract.full_id(), submit.0);
            assert_eq!(submit.1, 1, "{}", contract.full_id());
            let filter = JobFilter { account: None, vendor: Some(contract.id.clone()) };
            let job = app.store.jobs(&filter).await.first().cloned().unwrap();
            let poll = &contract.operations[&Operation::Poll];
            let path = &poll.routes[0].path;
            let path = match poll.job_id.as_ref().unwrap() {
                IdPlace::Path(name) => path.replace(&format!("{{{name}}}"), &job.key.id),
                IdPlace::Query(name) => format!("{path}?{name}={}", job.key.id),
            };
            let path = format!("/{}{path}", contract.full_id());
            let poll = loads_of(&app, &poll.method, &path, "").await;
            assert!(poll.0.is_success(), "{path}: {}", poll.0);
            assert_eq!(poll.1, 1, "{path}");
            polled += 1;
        }
        assert!(polled > 1, "several vendors take JSON");
    }
}

#[tokio::test]
async fn a_submit_loads_the_jobs_with_the_account_where_there_is_a_balance() {
    let app = app(Progress::Time);
    let (served, path, body) = submits(&app).next().unwrap();
    let vendor: Arc<str> = Arc::from(served.vendor.id());
    let update = WalletUpdate { balance: Some(Some(Amount::nearest(4e9))), limits: None };
    let mut account = app.load_account(&account::digest(KEY)).await;
    account.update_wallet(&vendor, &update).await.unwrap();
    let submit = loads_of(&app, "POST", &path, &body.to_string()).await;
    assert!(submit.0.is_success(), "{}", submit.0);
    assert_eq!(submit.1, 2);
}
