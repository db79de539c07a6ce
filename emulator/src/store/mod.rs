//! The store of accounts and jobs: load, commit with the expected version, pages of jobs.

mod memory;

use std::sync::Arc;

use mockreel_contracts::UnixMillis;
use thiserror::Error;

pub use self::memory::StoreLimits;
pub(crate) use self::memory::{Dealings, MemoryStore};
use crate::clock::AccountClock;
use crate::scenario::Scenarios;
use crate::state::account::{AccountState, Wallets};
use crate::state::change::Change;
use crate::state::job::{Job, JobKey};

/// How many scenarios of their own all accounts together may have.
pub(crate) const MAX_SCENARIOS: usize = 10_000;

/// How many bytes those may take, as they were posted.
pub(crate) const MAX_SCENARIO_BYTES: u64 = 64 * 1024 * 1024;

/// Which jobs are wanted. What is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub(crate) struct JobFilter {
    /// Of one account.
    pub account: Option<Arc<str>>,
    /// Of one vendor.
    pub vendor: Option<String>,
}

impl JobFilter {
    /// Whether jobs of a vendor are wanted.
    fn admits_vendor(&self, vendor: &str) -> bool {
        self.vendor.as_deref().is_none_or(|wanted| wanted == vendor)
    }
}

/// A walk over jobs, a few at a time, so that nobody waits for the store meanwhile.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JobWalk {
    /// The number of the job that was seen last.
    before: Option<u64>,
}

/// Why a commit was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum StoreError {
    /// Another request committed first: load and decide again.
    #[error("the account has changed since it was loaded")]
    Conflict,
    /// There is no room, and nothing finished that could go.
    #[error("the store is full of unfinished jobs")]
    Full,
    /// There are too many scenarios of accounts.
    #[error(
        "all accounts together have at most {MAX_SCENARIOS} scenarios of {} MiB in all: drop some with DELETE",
        MAX_SCENARIO_BYTES / 1024 / 1024
    )]
    TooManyScenarios,
}

/// A store. An enum, so that the ways to keep things are known and the calls stay plain.
#[derive(Debug)]
pub(crate) enum Store {
    /// In this process.
    Memory(MemoryStore),
}

#[expect(clippy::unused_async, reason = "the file and network stores to come need to wait")]
impl Store {
    /// Loads the state of an account; of an unknown one that of a new account.
    pub(crate) async fn account(&self, account: &str) -> AccountState {
        match self {
            Self::Memory(memory) => memory.account(account),
        }
    }

    /// The state of an account and its jobs with a vendor, newest first, both of the same moment.
    pub(crate) async fn account_and_jobs(
        &self,
        account: &Arc<str>,
        vendor: &str,
    ) -> (AccountState, Vec<Arc<Job>>) {
        match self {
            Self::Memory(memory) => memory.account_and_jobs(account, vendor),
        }
    }

    /// The state of an account and what it has had from a vendor, both of the same moment. However many jobs it has, only
    /// those are looked at that have not ended since this was last asked.
    pub(crate) async fn account_and_dealings(
        &self,
        account: &Arc<str>,
        vendor: &str,
        system_now: UnixMillis,
    ) -> (AccountState, Dealings) {
        match self {
            Self::Memory(memory) => memory.account_and_dealings(account, vendor, system_now),
        }
    }

    /// A job.
    pub(crate) async fn job(&self, key: &JobKey) -> Option<Arc<Job>> {
        match self {
            Self::Memory(memory) => memory.job(key),
        }
    }

    /// The job whose clip has this name.
    pub(crate) async fn job_of_clip(&self, name: &str) -> Option<Arc<Job>> {
        match self {
            Self::Memory(memory) => memory.job_of_clip(name),
        }
    }

    /// Carries out changes, all or none. Answers the state of the account afterwards.
    ///
    /// # Errors
    ///
    /// If the account is not at the expected version, or there is no room.
    pub(crate) async fn commit(
        &self,
        account: &Arc<str>,
        expected: u64,
        changes: &[Change],
        system_now: UnixMillis,
    ) -> Result<AccountState, StoreError> {
        match self {
            Self::Memory(memory) => memory.commit(account, expected, changes, system_now),
        }
    }

    /// Jobs, newest first.
    pub(crate) async fn jobs(&self, filter: &JobFilter) -> Vec<Arc<Job>> {
        match self {
            Self::Memory(memory) => memory.jobs(filter),
        }
    }

    /// How many jobs there are.
    pub(crate) async fn count_jobs(&self, filter: &JobFilter) -> usize {
        match self {
            Self::Memory(memory) => memory.count_jobs(filter),
        }
    }

    /// A page of jobs, newest first, from a place in the list on.
    pub(crate) async fn page_of_jobs(&self, filter: &JobFilter, offset: usize, most: usize) -> Vec<Arc<Job>> {
        match self {
            Self::Memory(memory) => memory.page_of_jobs(filter, offset, most),
        }
    }

    /// The next jobs of a walk over all of them, newest first; empty at its end. What comes meanwhile is left out.
    pub(crate) async fn walk_jobs(&self, filter: &JobFilter, walk: &mut JobWalk) -> Vec<Arc<Job>> {
        match self {
            Self::Memory(memory) => memory.walk_jobs(filter, walk),
        }
    }

    /// The newest job with an id.
    pub(crate) async fn job_of_id(&self, filter: &JobFilter, id: &str) -> Option<Arc<Job>> {
        match self {
            Self::Memory(memory) => memory.job_of_id(filter, id),
        }
    }

    /// Every account that has been heard of.
    pub(crate) async fn accounts(&self) -> Vec<Arc<str>> {
        match self {
            Self::Memory(memory) => memory.accounts(),
        }
    }

    /// Whether an account has been heard of.
    pub(crate) async fn has_account(&self, account: &str) -> bool {
        match self {
            Self::Memory(memory) => memory.has_account(account),
        }
    }

    /// Forgets one account, or all of them.
    pub(crate) async fn reset(&self, account: Option<&str>) {
        match self {
            Self::Memory(memory) => memory.reset(account),
        }
    }

    /// The clock of new accounts.
    pub(crate) async fn initial_clock(&self) -> AccountClock {
        match self {
            Self::Memory(memory) => memory.initial_clock(),
        }
    }

    /// Sets the clock of new accounts.
    pub(crate) async fn set_initial_clock(&self, clock: AccountClock) {
        match self {
            Self::Memory(memory) => memory.set_initial_clock(clock),
        }
    }

    /// The scenarios of all accounts.
    pub(crate) async fn global_scenarios(&self) -> Scenarios {
        match self {
            Self::Memory(memory) => memory.global_scenarios(),
        }
    }

    /// The accounts that have scenarios of their own, in order, with these.
    pub(crate) async fn account_scenarios(&self) -> Vec<(Arc<str>, Scenarios)> {
        match self {
            Self::Memory(memory) => memory.account_scenarios(),
        }
    }

    /// Makes these the scenarios of all accounts; the counts of those named are gone.
    pub(crate) async fn set_global_scenarios(&self, scenarios: Scenarios, forgotten: &[Arc<str>]) {
        match self {
            Self::Memory(memory) => memory.set_global_scenarios(scenarios, forgotten),
        }
    }

    /// Default wallets, for accounts that have none of their own.
    pub(crate) async fn default_wallets(&self) -> Arc<Wallets> {
        match self {
            Self::Memory(memory) => memory.default_wallets(),
        }
    }

    /// Sets the default wallets.
    pub(crate) async fn set_default_wallets(&self, wallets: Arc<Wallets>) {
        match self {
            Self::Memory(memory) => memory.set_default_wallets(wallets),
        }
    }
}
