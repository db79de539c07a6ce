//! Where accounts and jobs are kept: load, commit with the expected version, pages of jobs.

mod memory;

use std::sync::Arc;

use mockreel_contracts::UnixMillis;
use thiserror::Error;

pub use self::memory::{MemoryStore, StoreLimits};
use crate::clock::AccountClock;
use crate::engine::{Purse, Spent};
use crate::job::{Job, JobKey, Mark};
use crate::scenario::{Counter, CounterKey, Counters, Scenarios};

/// How often a vendor was used by an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Jobs accepted.
    pub jobs: u64,
    /// Requests that were refused.
    pub refusals: u64,
    /// Upload addresses given out.
    pub uploads: u64,
    /// What the jobs have cost that were dropped to make room.
    pub dropped: Spent,
}

/// What accounts have with vendors, by the vendor's id.
pub type Purses = std::collections::BTreeMap<Arc<str>, Arc<Purse>>;

/// What is kept of an account beside its jobs.
#[derive(Clone, Debug)]
pub struct AccountState {
    /// Grows with every commit.
    pub version: u64,
    /// What it takes for the time.
    pub clock: AccountClock,
    /// The counters, by vendor.
    pub numbers: std::collections::BTreeMap<Arc<str>, Numbers>,
    /// Its own scenarios, in the order in which they are tried.
    pub scenarios: Scenarios,
    /// The scenarios of all accounts, tried after its own. Not part of the account: the store fills them in.
    pub everywhere: Scenarios,
    /// What it has counted for both.
    pub counters: Arc<Counters>,
    /// What it may spend and do, by vendor, where that is another than what all accounts begin with.
    pub purses: Purses,
    /// What all accounts begin with. Not part of the account: the store fills it in.
    pub first_purses: Arc<Purses>,
}

impl AccountState {
    /// A new account on the clock given at start.
    pub fn new(clock: AccountClock) -> Self {
        Self {
            version: 0,
            clock,
            numbers: std::collections::BTreeMap::new(),
            scenarios: Scenarios::default(),
            everywhere: Scenarios::default(),
            counters: Arc::default(),
            purses: Purses::new(),
            first_purses: Arc::default(),
        }
    }

    /// What it may spend and do with a vendor.
    pub fn purse(&self, vendor: &str) -> Arc<Purse> {
        self.purses.get(vendor).or_else(|| self.first_purses.get(vendor)).cloned().unwrap_or_default()
    }

    /// What it has spent with a vendor by a time of its own, given its jobs there.
    pub fn spent(&self, vendor: &str, jobs: &[Arc<Job>], now: UnixMillis) -> Spent {
        jobs.iter().fold(self.numbers(vendor).dropped, |sum, job| sum + Spent::on(job, now))
    }

    /// The counters for a vendor.
    pub fn numbers(&self, vendor: &str) -> Numbers {
        self.numbers.get(vendor).copied().unwrap_or_default()
    }
}

/// What a commit does.
#[derive(Clone, Debug)]
pub enum Change {
    /// A job was accepted; the vendor's count of jobs goes up.
    JobAdded(Arc<Job>),
    /// Something happened to a job.
    JobMarked(JobKey, Mark),
    /// A request was refused.
    Refused(Arc<str>),
    /// An upload address was given out.
    UploadGiven(Arc<str>),
    /// The account's clock was set.
    ClockSet(AccountClock),
    /// Requests fitted scenarios.
    Counted(Vec<(CounterKey, Counter)>),
    /// The account's own scenarios are now these; the counts of those named are gone.
    ScenariosSet(Scenarios, Vec<Arc<str>>),
    /// The account's purse for a vendor is now this one.
    PurseSet(Arc<str>, Arc<Purse>),
}

/// Which jobs are wanted. What is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Of one account.
    pub account: Option<Arc<str>>,
    /// Of one vendor.
    pub vendor: Option<String>,
}

/// Why a commit was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Somebody else committed first: load and decide again.
    #[error("the account has changed since it was loaded")]
    Conflict,
    /// There is no room, and nothing finished that could go.
    #[error("the store is full of unfinished jobs")]
    Full,
}

/// A store. An enum, so that the ways to keep things are known and the calls stay plain.
#[derive(Debug)]
pub enum Store {
    /// In this process.
    Memory(MemoryStore),
}

#[expect(clippy::unused_async, reason = "the file and network stores to come need to wait")]
impl Store {
    /// The state of an account; a new one if nobody has heard of it.
    pub async fn account(&self, account: &str) -> AccountState {
        match self {
            Self::Memory(memory) => memory.account(account),
        }
    }

    /// The state of an account and its jobs with a vendor, newest first, both of the same moment.
    pub async fn account_and_jobs(&self, account: &Arc<str>, vendor: &str) -> (AccountState, Vec<Arc<Job>>) {
        match self {
            Self::Memory(memory) => memory.account_and_jobs(account, vendor),
        }
    }

    /// A job.
    pub async fn job(&self, key: &JobKey) -> Option<Arc<Job>> {
        match self {
            Self::Memory(memory) => memory.job(key),
        }
    }

    /// The job whose clip has this name.
    pub async fn job_of_clip(&self, name: &str) -> Option<Arc<Job>> {
        match self {
            Self::Memory(memory) => memory.job_of_clip(name),
        }
    }

    /// Carries out changes, all or none.
    ///
    /// # Errors
    ///
    /// If the account is not at the expected version, or there is no room.
    pub async fn commit(
        &self,
        account: &Arc<str>,
        expected: u64,
        changes: &[Change],
        system_now: UnixMillis,
    ) -> Result<(), StoreError> {
        match self {
            Self::Memory(memory) => memory.commit(account, expected, changes, system_now),
        }
    }

    /// Jobs, newest first.
    pub async fn jobs(&self, filter: &JobFilter) -> Vec<Arc<Job>> {
        match self {
            Self::Memory(memory) => memory.jobs(filter),
        }
    }

    /// Every account that has been heard of.
    pub async fn accounts(&self) -> Vec<Arc<str>> {
        match self {
            Self::Memory(memory) => memory.accounts(),
        }
    }

    /// Forgets one account, or all of them.
    pub async fn reset(&self, account: Option<&str>) {
        match self {
            Self::Memory(memory) => memory.reset(account),
        }
    }

    /// The clock of accounts that nobody has heard of yet.
    pub async fn start(&self) -> AccountClock {
        match self {
            Self::Memory(memory) => memory.start(),
        }
    }

    /// Sets the clock of accounts that nobody has heard of yet.
    pub async fn set_start(&self, clock: AccountClock) {
        match self {
            Self::Memory(memory) => memory.set_start(clock),
        }
    }

    /// The scenarios of all accounts.
    pub async fn everywhere(&self) -> Scenarios {
        match self {
            Self::Memory(memory) => memory.everywhere(),
        }
    }

    /// Makes these the scenarios of all accounts; the counts of those named are gone.
    pub async fn set_everywhere(&self, scenarios: Scenarios, forgotten: &[Arc<str>]) {
        match self {
            Self::Memory(memory) => memory.set_everywhere(scenarios, forgotten),
        }
    }

    /// What accounts begin with that nobody has given anything yet.
    pub async fn first_purses(&self) -> Arc<Purses> {
        match self {
            Self::Memory(memory) => memory.first_purses(),
        }
    }

    /// Makes this what such accounts begin with.
    pub async fn set_first_purses(&self, purses: Arc<Purses>) {
        match self {
            Self::Memory(memory) => memory.set_first_purses(purses),
        }
    }

    /// How many jobs were dropped to make room.
    pub async fn dropped(&self) -> u64 {
        match self {
            Self::Memory(memory) => memory.dropped(),
        }
    }
}
