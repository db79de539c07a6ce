//! What every connection of one emulator shares, and the loop that turns decisions into commits.

use std::sync::{Arc, OnceLock};

use mockreel_contracts::UnixMillis;
use mockreel_contracts::contract::model::Results;
use tokio::sync::Semaphore;

use crate::callback::Sender;
use crate::clock::Clock;
use crate::engine::{Command, Keyring, Outcome, Refusal, Setting, decide};
use crate::http::fetch::Fetcher;
use crate::http::place::Addresses;
use crate::http::uploads::Uploads;
use crate::job::Job;
use crate::journal::Journal;
use crate::media::{Album, Gallery};
use crate::schedule::Schedule;
use crate::settings::{Chosen, Settings};
use crate::store::{Store, StoreError};
use crate::variants::Variants;

/// One emulator.
#[derive(Debug)]
pub(crate) struct Shared {
    /// What it was started with.
    pub(crate) settings: Settings,
    /// The machine's time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Accounts and jobs.
    pub(crate) store: Store,
    /// Rendered clips.
    pub(crate) gallery: Gallery,
    /// What was asked and answered.
    pub(crate) journal: Arc<Journal>,
    /// Files that callers put.
    pub(crate) uploads: Uploads,
    /// How images are fetched.
    pub(crate) fetcher: Option<Fetcher>,
    /// The images that jobs hold.
    pub(crate) album: Album,
    /// Turns for looking at images.
    pub(crate) inspections: Semaphore,
    /// The turn of whoever changes the scenarios of all accounts.
    pub(crate) everywhere_turn: tokio::sync::Mutex<()>,
    /// Vendors with other options than they were started with.
    pub(crate) variants: Variants,
    /// What happens by itself.
    pub(crate) schedule: Schedule,
    /// How callbacks are sent.
    pub(crate) sender: Sender,
    /// Which keys vendors know.
    pub(crate) keys: Keyring,
    addresses: OnceLock<Addresses>,
}

/// How many images are looked at at once. One can take about 270 MiB while it lasts.
const INSPECTIONS: usize = 2;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotPerformed {
    /// It does not fit.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no room.
    #[error(transparent)]
    Store(StoreError),
}

impl Shared {
    pub(crate) fn new(settings: Settings, clock: Arc<dyn Clock>, store: Store, keys: Keyring) -> Self {
        Self {
            gallery: Gallery::new(settings.limits.clip_bytes),
            journal: Arc::new(Journal::new(&settings.limits)),
            uploads: Uploads::new(settings.limits.upload_bytes),
            fetcher: Fetcher::new(),
            settings,
            clock,
            store,
            album: Album::default(),
            inspections: Semaphore::new(INSPECTIONS),
            everywhere_turn: tokio::sync::Mutex::default(),
            variants: Variants::default(),
            schedule: Schedule::new(),
            sender: Sender::default(),
            keys,
            addresses: OnceLock::new(),
        }
    }

    /// Says where it listens, once that is known.
    pub(crate) fn listening_on(&self, addresses: Addresses) {
        // Told once, before the first connection; a second word changes nothing.
        let _ = self.addresses.set(addresses);
    }

    /// Where it listens.
    pub(crate) fn addresses(&self) -> Addresses {
        self.addresses.get().cloned().unwrap_or_else(|| Addresses {
            listening: Vec::new(),
            public_url: self.settings.public_url.clone(),
        })
    }

    /// Whether orders in prompts are followed: strangers who send prompts must not give orders.
    pub(crate) fn follows_directives(&self) -> bool {
        self.addresses().loopback_only() || self.settings.directives_beyond_loopback
    }

    /// The time of an account.
    pub(crate) async fn account_now(&self, account: &str) -> UnixMillis {
        self.store.account(account).await.clock.now(self.clock.now())
    }

    /// What becomes of a job's result, by the contract it was submitted to.
    pub(crate) fn results(&self, job: &Job) -> Option<Results> {
        self.chosen(job).map(|chosen| chosen.vendor.contract.results.clone())
    }

    /// The edition that a job was submitted to, as it is served.
    pub(crate) fn chosen(&self, job: &Job) -> Option<&Chosen> {
        self.settings.vendors.iter().find(|chosen| {
            let contract = &chosen.vendor.contract;
            contract.id == *job.key.vendor && contract.edition == *job.edition
        })
    }

    /// Carries out a command: decide, commit, and decide again if somebody else was first.
    pub(crate) async fn perform(
        &self,
        account: &Arc<str>,
        command: &Command<'_>,
    ) -> Result<Outcome, NotPerformed> {
        let mut command = Again::new(command);
        loop {
            let mut state = self.store.account(account).await;
            let mut jobs = Vec::new();
            if let Some(vendor) = command.current().looks_at(&state) {
                // Both are of the same moment, so that what is refused was short at that moment.
                (state, jobs) = self.store.account_and_jobs(account, &vendor).await;
            }
            let system_now = self.clock.now();
            let setting = Setting { account, seed: self.settings.seed, system_now, jobs: &jobs };
            let (changes, outcome) = decide(&state, &command.current(), setting)?;
            if changes.is_empty() {
                return Ok(outcome);
            }
            match self.store.commit(account, state.version, &changes, setting.system_now).await {
                Ok(()) => {
                    self.schedule.heard(account, &changes);
                    return Ok(outcome);
                }
                Err(StoreError::Conflict) => command.reload(&self.store).await,
                Err(error @ StoreError::Full) => return Err(NotPerformed::Store(error)),
            }
        }
    }
}

/// A command that may have to be decided again, on the job as it is by then.
struct Again<'a> {
    first: &'a Command<'a>,
    fresh: Option<Arc<Job>>,
}

impl<'a> Again<'a> {
    fn new(first: &'a Command<'a>) -> Self {
        Self { first, fresh: None }
    }

    fn current(&self) -> Command<'_> {
        let job = |held: &'a Arc<Job>| -> &Arc<Job> { self.fresh.as_ref().unwrap_or(held) };
        match self.first {
            Command::Submit(submission) => Command::Submit(submission),
            Command::Poll(held) => Command::Poll(job(held)),
            Command::Start(held) => Command::Start(job(held)),
            Command::End(held, ending) => Command::End(job(held), ending.clone()),
            Command::Cancel(held) => Command::Cancel(job(held)),
            Command::Fill(vendor, order) => Command::Fill(Arc::clone(vendor), order),
            Command::Refuse(vendor) => Command::Refuse(Arc::clone(vendor)),
            Command::Upload(vendor) => Command::Upload(Arc::clone(vendor)),
            Command::SetClock(clock) => Command::SetClock(*clock),
            Command::Consult(request, first) => Command::Consult(request, first),
            Command::AddScenarios(added) => Command::AddScenarios(added),
            Command::DropScenarios(name) => Command::DropScenarios(*name),
        }
    }

    async fn reload(&mut self, store: &Store) {
        let held = match self.first {
            Command::Poll(held) | Command::Start(held) | Command::End(held, _) | Command::Cancel(held) => {
                held
            }
            Command::Submit(_)
            | Command::Fill(..)
            | Command::Refuse(_)
            | Command::Upload(_)
            | Command::SetClock(_)
            | Command::Consult(..)
            | Command::AddScenarios(_)
            | Command::DropScenarios(_) => return,
        };
        self.fresh = store.job(&held.key).await;
    }
}
