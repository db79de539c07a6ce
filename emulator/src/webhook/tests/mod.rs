//! Callbacks under a scenario's orders, over the wire, on a manual clock.

mod bounds;
mod orders;
mod receiver;

use std::sync::Arc;
use std::time::Duration;

use mockreel_contracts::contract::check::intent::JobIntent;
use mockreel_contracts::{Operation, UnixMillis, vendor};
use serde_json::{Value, json};
use tokio::sync::watch;

pub(crate) use self::receiver::Receiver;
use super::log::WebhookRecord;
use crate::Emulator;
use crate::app::App;
use crate::auth::Keyring;
use crate::clock::{AccountClock, MANUAL_START, SystemClock};
use crate::edge::addresses::Addresses;
use crate::engine::ClockMove;
use crate::engine::{Latency, Submission};
use crate::served::ServedVendor;
use crate::state::job::{Ending, Job};
use crate::state::progress::Progress;
use crate::state::webhook_plan::WebhookPlan;
use crate::store::{MemoryStore, Store};

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An emulator without listeners: a store, a schedule, and a vendor that calls.
pub(crate) struct Stage {
    pub(crate) app: Arc<App>,
    _stop: watch::Sender<bool>,
}

impl Stage {
    /// A vendor that has callbacks, with this patch of its `[callbacks]`.
    pub(crate) fn with(patch: &str) -> Self {
        let known = mockreel_contracts::vendors().unwrap();
        let calling = known.iter().find(|vendor| vendor.contract.callbacks.is_some()).unwrap();
        let option = calling.contract.callbacks.as_ref().unwrap().option.clone().unwrap();
        let text = format!("id = '{}'\n[callbacks]\n{patch}", calling.id());
        let vendor = vendor::overlaid("patch.toml", &text).unwrap();
        let id = vendor.id().to_owned();
        let builder = Emulator::builder().vendor(vendor).manual_clock(MANUAL_START).seed(1);
        let settings = builder.option(&id, &option, "on").settings().unwrap();
        let store = Store::Memory(MemoryStore::new(settings.clock, settings.limits.store));
        let app = Arc::new(App::new(settings, Arc::new(SystemClock::default()), store, Keyring::default()));
        app.set_addresses(Addresses { listening: vec!["127.0.0.1:1".parse().unwrap()], public_url: None });
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(crate::scheduler::run::run_scheduler(Arc::clone(&app), stopped));
        Self { app, _stop: stop }
    }

    fn served(&self) -> &ServedVendor {
        &self.app.settings.vendors[0]
    }

    /// What becomes of an address under a scenario's order.
    pub(crate) fn plan(&self, address: &str, order: &Value) -> Arc<WebhookPlan> {
        let served = self.served();
        let contract = &served.vendor.contract;
        let member = contract.callbacks.as_ref().unwrap().at.trim_start_matches('/');
        let body = json!({ member: address });
        let order = serde_json::from_value(order.clone()).unwrap();
        WebhookPlan::of(contract, &served.options, &body, "http://127.0.0.1:1", Some(&order), &str::to_owned)
            .unwrap()
    }

    /// Submits a job for the account, whose callbacks go where the plan says.
    pub(crate) async fn submit(
        &self,
        account: &Arc<str>,
        plan: Option<Arc<WebhookPlan>>,
        progress: Progress,
    ) -> Arc<Job> {
        let served = self.served();
        let contract = &served.vendor.contract;
        let submission = Submission {
            contract,
            dialect: &**served.vendor.dialect,
            model: contract.models.values().next().unwrap(),
            asked: &JobIntent { seconds: 5, ..JobIntent::default() },
            echo: Arc::new(Value::Null),
            echo_bytes: 0,
            tenant: None,
            breach: None,
            start: None,
            tail: None,
            effect: None,
            result: None,
            scenarios: Vec::new(),
            progress,
            latency: Latency::REAL,
            clips: crate::settings::ClipDetail::Full,
            has_odd_frames: false,
            notes: Vec::new(),
            callback: plan,
        };
        self.app.load_account(account).await.submit(&submission).await.unwrap()
    }

    pub(crate) async fn set(&self, account: &Arc<str>, now: UnixMillis) {
        self.app
            .load_account(account)
            .await
            .move_clock(ClockMove::To(AccountClock::Manual(now)))
            .await
            .unwrap();
    }

    pub(crate) async fn advance(&self, account: &Arc<str>, seconds: u64) {
        let now = self.app.account_now(account).await;
        self.set(account, now.after(seconds * 1000)).await;
    }

    /// Lets the job's account come to its end.
    pub(crate) async fn finish(&self, job: &Job) {
        self.set(&job.key.account, job.ends_by_time().unwrap()).await;
    }

    pub(crate) async fn start(&self, job: &Arc<Job>) {
        self.app.load_account(&job.key.account).await.start_job(job).await.unwrap();
    }

    pub(crate) async fn succeed(&self, job: &Arc<Job>) {
        let held = self.app.store.job(&job.key).await.unwrap();
        self.app.load_account(&job.key.account).await.end_job(&held, &Ending::Success).await.unwrap();
    }

    /// What the log says, newest first.
    pub(crate) fn log(&self) -> Vec<WebhookRecord> {
        self.app.scheduler.with(|state| state.outbox.log().newest().cloned().collect())
    }

    /// Waits until the log is as it should be.
    pub(crate) async fn until(&self, what: impl Fn(&[WebhookRecord]) -> bool) -> Vec<WebhookRecord> {
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let log = self.log();
                if what(&log) {
                    return log;
                }
                tokio::task::yield_now().await;
            }
        });
        waited.await.unwrap_or_else(|_| panic!("it never came so far: {:?}", self.log()))
    }

    /// The vendor's word for a phase, as a body has it.
    pub(crate) fn word(&self, phase: mockreel_contracts::Phase) -> Value {
        self.served().vendor.contract.word(phase)
    }

    /// The word for the phase in a body that was sent.
    pub(crate) fn word_in(&self, body: &Value) -> Value {
        let read = &self.served().vendor.contract.operations[&Operation::Poll].read;
        body.pointer(read.status.as_ref().unwrap()).cloned().unwrap_or_default()
    }
}

pub(crate) fn account(name: &str) -> Arc<str> {
    Arc::from(name)
}
