//! The store in this process: bounded, and gone with it.

mod jobs;
mod ledger;
mod owned;
mod packed;
mod read;
mod write;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mockreel_contracts::UnixMillis;

pub(crate) use self::jobs::Dealings;
use self::jobs::JobShelf;
use self::write::{ScenarioSum, added_bytes};
use super::{JobFilter, JobWalk, StoreError};
use crate::clock::AccountClock;
use crate::scenario::Scenarios;
use crate::state::account::{AccountState, Wallets};
use crate::state::change::Change;
use crate::state::job::{Job, JobKey};

/// The limits of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Accounts beside those that have jobs.
    pub accounts: usize,
    /// Jobs.
    pub jobs: usize,
    /// Bytes of echoed payload and of notes, and of images kept for clips.
    pub kept_bytes: u64,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { accounts: 100_000, jobs: 100_000, kept_bytes: 256 * 1024 * 1024 }
    }
}

/// How many jobs a walk loads at a time.
const WALK_STEP: usize = 256;

/// Accounts and jobs in memory.
#[derive(Debug)]
pub(crate) struct MemoryStore {
    limits: StoreLimits,
    initial_clock: AccountClock,
    initial_scenarios: Scenarios,
    initial_wallets: Arc<Wallets>,
    /// How often an account was loaded.
    #[cfg(test)]
    pub(crate) loads: std::sync::atomic::AtomicU64,
    // One lock for everything: it is held for look-ups and pointer copies only, never while waiting.
    shelf: Mutex<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    /// The clock of new accounts.
    start: AccountClock,
    /// The scenarios of all accounts.
    everywhere: Scenarios,
    /// Default wallets.
    default_wallets: Arc<Wallets>,
    accounts: HashMap<Arc<str>, AccountState>,
    /// Every account by the order in which it came.
    arrival: VecDeque<Arc<str>>,
    jobs: JobShelf,
    kept_bytes: u64,
    /// The scenarios of all accounts' own.
    scenarios: ScenarioSum,
    /// How many jobs hold an image, by where its bytes are.
    images: HashMap<usize, u64>,
    /// How many jobs were dropped to make room.
    #[cfg(test)]
    dropped: u64,
}

impl MemoryStore {
    /// An empty store; new accounts are on the clock `start`.
    #[cfg(test)]
    pub(crate) fn new(start: AccountClock, limits: StoreLimits) -> Self {
        Self::with_scenarios(start, limits, Scenarios::default())
    }

    /// The same, with scenarios of all accounts.
    pub(crate) fn with_scenarios(start: AccountClock, limits: StoreLimits, scenarios: Scenarios) -> Self {
        let shelf = Mutex::new(Shelf::new(start, Arc::clone(&scenarios), Arc::default()));
        Self {
            limits,
            initial_clock: start,
            initial_scenarios: scenarios,
            initial_wallets: Arc::default(),
            #[cfg(test)]
            loads: std::sync::atomic::AtomicU64::default(),
            shelf,
        }
    }

    /// The same store, with these default wallets.
    #[must_use]
    pub(crate) fn with_default_wallets(mut self, wallets: Arc<Wallets>) -> Self {
        self.shelf().default_wallets = Arc::clone(&wallets);
        self.initial_wallets = wallets;
        self
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // Nothing in here panics half-way, so a poisoned lock still guards sound data.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn account(&self, account: &str) -> AccountState {
        #[cfg(test)]
        self.loads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.shelf().account(account)
    }

    pub(super) fn account_and_jobs(&self, account: &Arc<str>, vendor: &str) -> (AccountState, Vec<Arc<Job>>) {
        #[cfg(test)]
        self.loads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let shelf = self.shelf();
        let filter = JobFilter { account: Some(Arc::clone(account)), vendor: Some(vendor.to_owned()) };
        (shelf.account(account), shelf.jobs(&filter))
    }

    pub(super) fn account_and_dealings(
        &self,
        account: &Arc<str>,
        vendor: &str,
        system_now: UnixMillis,
    ) -> (AccountState, Dealings) {
        #[cfg(test)]
        self.loads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut shelf = self.shelf();
        let state = shelf.account(account);
        let (now, counts_jobs) = (state.clock.now(system_now), state.wallet(vendor).limits().counts_jobs());
        let dealings = shelf.jobs.dealings(account, vendor, now, counts_jobs);
        (state, dealings)
    }

    pub(super) fn job(&self, key: &JobKey) -> Option<Arc<Job>> {
        self.shelf().jobs.find(key)
    }

    pub(super) fn job_of_clip(&self, name: &str) -> Option<Arc<Job>> {
        self.shelf().jobs.find_clip(name)
    }

    pub(super) fn commit(
        &self,
        account: &Arc<str>,
        expected: u64,
        changes: &[Change],
        system_now: UnixMillis,
    ) -> Result<AccountState, StoreError> {
        let mut shelf = self.shelf();
        let version = shelf.accounts.get(account).map_or(0, |state| state.version);
        if version != expected {
            return Err(StoreError::Conflict);
        }
        shelf.check_scenarios(account, changes)?;
        let added: u64 = changes.iter().map(|change| added_bytes(change).unwrap_or(0)).sum();
        if changes.iter().any(|change| added_bytes(change).is_some()) {
            shelf.make_room(account, self.limits, added, system_now)?;
        }
        for change in changes {
            shelf.apply_change(account, change);
        }
        shelf.state(account).version += 1;
        let state = shelf.account(account);
        shelf.forget_idle_accounts(self.limits.accounts);
        Ok(state)
    }

    pub(super) fn jobs(&self, filter: &JobFilter) -> Vec<Arc<Job>> {
        self.shelf().jobs(filter)
    }

    pub(super) fn count_jobs(&self, filter: &JobFilter) -> usize {
        self.shelf().jobs.count(filter)
    }

    pub(super) fn page_of_jobs(&self, filter: &JobFilter, offset: usize, most: usize) -> Vec<Arc<Job>> {
        let shelf = self.shelf();
        let numbers = shelf.jobs.numbers(filter, None).skip(offset).take(most);
        numbers.filter_map(|number| shelf.jobs.load(number)).collect()
    }

    pub(super) fn walk_jobs(&self, filter: &JobFilter, walk: &mut JobWalk) -> Vec<Arc<Job>> {
        let shelf = self.shelf();
        let numbers: Vec<u64> = shelf.jobs.numbers(filter, walk.before).take(WALK_STEP).collect();
        walk.before = numbers.last().copied().or(walk.before);
        numbers.into_iter().filter_map(|number| shelf.jobs.load(number)).collect()
    }

    pub(super) fn job_of_id(&self, filter: &JobFilter, id: &str) -> Option<Arc<Job>> {
        self.shelf().jobs.find_id(filter, id)
    }

    pub(super) fn has_account(&self, account: &str) -> bool {
        let shelf = self.shelf();
        shelf.accounts.contains_key(account) || shelf.jobs.find_owned(account).is_some()
    }

    pub(super) fn accounts(&self) -> Vec<Arc<str>> {
        let mut accounts: Vec<Arc<str>> = self.shelf().accounts.keys().cloned().collect();
        accounts.sort_unstable();
        accounts
    }

    pub(super) fn reset(&self, account: Option<&str>) {
        let mut shelf = self.shelf();
        let Some(account) = account else {
            let (scenarios, wallets) =
                (Arc::clone(&self.initial_scenarios), Arc::clone(&self.initial_wallets));
            *shelf = Shelf::new(self.initial_clock, scenarios, wallets);
            return;
        };
        let numbers: Vec<u64> = shelf.jobs.oldest(Some(account)).collect();
        for number in numbers {
            shelf.remove(number);
        }
        shelf.remove_account(account);
        shelf.arrival.retain(|held| &**held != account);
    }

    pub(super) fn initial_clock(&self) -> AccountClock {
        self.shelf().start
    }

    pub(super) fn set_initial_clock(&self, clock: AccountClock) {
        self.shelf().start = clock;
    }

    pub(super) fn account_scenarios(&self) -> Vec<(Arc<str>, Scenarios)> {
        let shelf = self.shelf();
        let have_some = shelf.accounts.iter().filter(|(_, state)| !state.scenarios.is_empty());
        let mut lists: Vec<(Arc<str>, Scenarios)> =
            have_some.map(|(account, state)| (Arc::clone(account), Arc::clone(&state.scenarios))).collect();
        drop(shelf);
        lists.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        lists
    }

    pub(super) fn global_scenarios(&self) -> Scenarios {
        Arc::clone(&self.shelf().everywhere)
    }

    pub(super) fn set_global_scenarios(&self, scenarios: Scenarios, forgotten: &[Arc<str>]) {
        let mut shelf = self.shelf();
        shelf.everywhere = scenarios;
        for state in shelf.accounts.values_mut() {
            forget_counts(state, forgotten);
        }
    }

    pub(super) fn default_wallets(&self) -> Arc<Wallets> {
        Arc::clone(&self.shelf().default_wallets)
    }

    pub(super) fn set_default_wallets(&self, wallets: Arc<Wallets>) {
        self.shelf().default_wallets = wallets;
    }

    #[cfg(test)]
    pub(super) fn dropped(&self) -> u64 {
        self.shelf().dropped
    }
}

/// Lets an account's counts for some scenarios begin anew.
fn forget_counts(state: &mut AccountState, scenarios: &[Arc<str>]) {
    for scenario in scenarios {
        Arc::make_mut(&mut state.counters).forget(scenario);
    }
}

impl Shelf {
    fn new(start: AccountClock, everywhere: Scenarios, default_wallets: Arc<Wallets>) -> Self {
        Self {
            start,
            everywhere,
            default_wallets,
            accounts: HashMap::new(),
            arrival: VecDeque::new(),
            jobs: JobShelf::default(),
            kept_bytes: 0,
            scenarios: ScenarioSum::default(),
            images: HashMap::new(),
            #[cfg(test)]
            dropped: 0,
        }
    }
}

#[cfg(test)]
mod tests;
