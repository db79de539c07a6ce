//! The application state: everything that the connections of one emulator share.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use mockreel_contracts::UnixMillis;
use mockreel_contracts::contract::model::Results;
use tokio::sync::Semaphore;

use crate::auth::Keyring;
use crate::clock::Clock;
use crate::edge::addresses::Addresses;
use crate::edge::incoming::hints::ProtocolHints;
use crate::edge::incoming::large::LargeBodies;
use crate::journal::Journal;
use crate::media::fetch::LazyFetcher;
use crate::media::uploads::Uploads;
use crate::media::{Album, Gallery};
use crate::scheduler::schedule::Scheduler;
use crate::served::{ServedVendor, Variants};
use crate::settings::Settings;
use crate::state::job::Job;
use crate::store::Store;
use crate::webhook::send::Sender;

/// The application state of one emulator.
#[derive(Debug)]
pub(crate) struct App {
    /// Its settings.
    pub(crate) settings: Settings,
    /// The machine's time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Accounts and jobs.
    pub(crate) store: Store,
    /// Rendered clips.
    pub(crate) gallery: Gallery,
    /// Requests and responses.
    pub(crate) journal: Arc<Journal>,
    /// Files that callers put.
    pub(crate) uploads: Uploads,
    /// How images are fetched.
    pub(crate) fetcher: LazyFetcher,
    /// The images that jobs keep.
    pub(crate) album: Album,
    /// Turns for looking at images.
    pub(crate) inspections: Semaphore,
    /// Turns for reading and judging large bodies.
    pub(crate) large_bodies: LargeBodies,
    /// The turn of the one request that writes a long list of jobs.
    pub(crate) long_lists: Semaphore,
    /// The turn of the one request that changes the scenarios of all accounts.
    pub(crate) global_scenarios_turn: tokio::sync::Mutex<()>,
    /// Vendors with other options than they were started with.
    pub(crate) variants: Variants,
    /// What happens by itself.
    pub(crate) scheduler: Scheduler,
    /// How webhooks are sent.
    pub(crate) sender: Sender,
    /// Which keys vendors know.
    pub(crate) keys: Keyring,
    /// Which hints to people who speak another protocol were given.
    pub(crate) hints: ProtocolHints,
    addresses: Arc<OnceLock<Addresses>>,
}

/// How many images are looked at at once. One can take about 270 MiB while it lasts.
const INSPECTIONS: usize = 2;

impl App {
    pub(crate) fn new(settings: Settings, clock: Arc<dyn Clock>, store: Store, keys: Keyring) -> Self {
        let addresses = Arc::new(OnceLock::new());
        Self {
            gallery: Gallery::new(settings.limits.clip_bytes, settings.limits.clips_ahead),
            journal: Arc::new(Journal::new(&settings.limits)),
            uploads: Uploads::new(settings.limits.upload_bytes),
            fetcher: LazyFetcher::new(Arc::clone(&addresses), &settings.vendors),
            settings,
            clock,
            store,
            album: Album::default(),
            inspections: Semaphore::new(INSPECTIONS),
            large_bodies: LargeBodies::default(),
            long_lists: Semaphore::new(1),
            global_scenarios_turn: tokio::sync::Mutex::default(),
            variants: Variants::default(),
            scheduler: Scheduler::new(),
            sender: Sender::default(),
            keys,
            hints: ProtocolHints::default(),
            addresses,
        }
    }

    /// Sets where it listens, once that is known.
    pub(crate) fn set_addresses(&self, addresses: Addresses) {
        // Set once, before the first connection; a second time changes nothing.
        let _ = self.addresses.set(addresses);
    }

    /// Where it listens.
    pub(crate) fn addresses(&self) -> Cow<'_, Addresses> {
        let unknown = || Addresses { listening: Vec::new(), public_url: self.settings.public_url.clone() };
        self.addresses.get().map_or_else(|| Cow::Owned(unknown()), Cow::Borrowed)
    }

    /// Whether directives in prompts and headers are followed: strangers who send prompts must not cause faults.
    pub(crate) fn follows_directives(&self) -> bool {
        self.addresses().loopback_only() || self.settings.directives_beyond_loopback
    }

    /// The time of an account.
    pub(crate) async fn account_now(&self, account: &str) -> UnixMillis {
        self.store.account(account).await.clock.now(self.clock.now())
    }

    /// Whether an account has been seen: in a request that the journal has or had, or by what is kept of it.
    pub(crate) async fn knows_account(&self, account: &str) -> bool {
        self.journal.knows_account(account) || self.store.has_account(account).await
    }

    /// The facts about the result of a job, by the contract it was submitted to.
    pub(crate) fn result_facts(&self, job: &Job) -> Option<Results> {
        self.served_vendor(job).map(|served| served.vendor.contract.results.clone())
    }

    /// The edition that a job was submitted to, as it is served.
    pub(crate) fn served_vendor(&self, job: &Job) -> Option<&ServedVendor> {
        self.settings.vendors.iter().find(|served| {
            let contract = &served.vendor.contract;
            contract.id() == &*job.key.vendor && contract.edition() == &*job.edition
        })
    }
}
