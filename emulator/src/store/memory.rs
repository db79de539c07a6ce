//! The store in this process: bounded, and gone with it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stuntdouble_contracts::UnixMillis;

use super::{AccountState, Change, JobFilter, StoreError};
use crate::clock::AccountClock;
use crate::job::{Job, JobKey};

/// What may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Jobs.
    pub jobs: usize,
    /// Bytes of echoed payload.
    pub echo_bytes: u64,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { jobs: 100_000, echo_bytes: 256 * 1024 * 1024 }
    }
}

/// How many of the oldest jobs are looked through for a finished one, so that a full store stays quick.
const LOOKED_THROUGH: usize = 1_000;

/// Accounts and jobs in memory.
#[derive(Debug)]
pub struct MemoryStore {
    limits: StoreLimits,
    given: AccountClock,
    // One lock for everything: it is held for look-ups and pointer copies only, never while waiting.
    shelf: Mutex<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    /// The clock of new accounts.
    start: AccountClock,
    accounts: HashMap<Arc<str>, AccountState>,
    jobs: HashMap<JobKey, (u64, Arc<Job>)>,
    /// Every job by the order in which it came.
    order: BTreeMap<u64, JobKey>,
    /// The same, apart for each account, so that one account's listing does not read the others' jobs.
    by_account: HashMap<Arc<str>, BTreeMap<u64, JobKey>>,
    clips: HashMap<Arc<str>, JobKey>,
    echo_bytes: u64,
    arrivals: u64,
    dropped: u64,
}

impl MemoryStore {
    /// An empty store; new accounts are on the clock `start`.
    pub fn new(start: AccountClock, limits: StoreLimits) -> Self {
        Self { limits, given: start, shelf: Mutex::new(Shelf::new(start)) }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // Nothing in here panics half-way, so a poisoned lock still guards sound data.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn account(&self, account: &str) -> AccountState {
        let shelf = self.shelf();
        shelf.accounts.get(account).cloned().unwrap_or_else(|| AccountState::new(shelf.start))
    }

    pub(super) fn job(&self, key: &JobKey) -> Option<Arc<Job>> {
        self.shelf().jobs.get(key).map(|(_, job)| Arc::clone(job))
    }

    pub(super) fn job_of_clip(&self, name: &str) -> Option<Arc<Job>> {
        let shelf = self.shelf();
        let key = shelf.clips.get(name)?;
        shelf.jobs.get(key).map(|(_, job)| Arc::clone(job))
    }

    pub(super) fn commit(
        &self,
        account: &Arc<str>,
        expected: u64,
        changes: &[Change],
        system_now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut shelf = self.shelf();
        let held = shelf.accounts.get(account).map_or(0, |state| state.version);
        if held != expected {
            return Err(StoreError::Conflict);
        }
        let added: u64 = changes.iter().map(|change| added_bytes(change).unwrap_or(0)).sum();
        if changes.iter().any(|change| added_bytes(change).is_some()) {
            shelf.make_room(self.limits, added, system_now)?;
        }
        for change in changes {
            shelf.carry_out(account, change);
        }
        shelf.state(account).version = expected + 1;
        Ok(())
    }

    pub(super) fn jobs(&self, filter: &JobFilter) -> Vec<Arc<Job>> {
        let shelf = self.shelf();
        let order = match &filter.account {
            Some(account) => match shelf.by_account.get(account) {
                Some(order) => order,
                None => return Vec::new(),
            },
            None => &shelf.order,
        };
        order
            .values()
            .rev()
            .filter(|key| filter.vendor.as_deref().is_none_or(|vendor| &*key.vendor == vendor))
            .filter_map(|key| shelf.jobs.get(key).map(|(_, job)| Arc::clone(job)))
            .collect()
    }

    pub(super) fn accounts(&self) -> Vec<Arc<str>> {
        let mut accounts: Vec<Arc<str>> = self.shelf().accounts.keys().cloned().collect();
        accounts.sort_unstable();
        accounts
    }

    pub(super) fn reset(&self, account: Option<&str>) {
        let mut shelf = self.shelf();
        let Some(account) = account else {
            *shelf = Shelf::new(self.given);
            return;
        };
        let numbers: Vec<u64> =
            shelf.by_account.get(account).map(|order| order.keys().copied().collect()).unwrap_or_default();
        for number in numbers {
            shelf.remove(number);
        }
        shelf.accounts.remove(account);
        shelf.by_account.remove(account);
    }

    pub(super) fn start(&self) -> AccountClock {
        self.shelf().start
    }

    pub(super) fn set_start(&self, clock: AccountClock) {
        self.shelf().start = clock;
    }

    pub(super) fn dropped(&self) -> u64 {
        self.shelf().dropped
    }
}

fn added_bytes(change: &Change) -> Option<u64> {
    match change {
        Change::JobAdded(job) => Some(job.echo_bytes),
        Change::JobMarked(..) | Change::Refused(_) | Change::UploadGiven(_) | Change::ClockSet(_) => None,
    }
}

impl Shelf {
    fn new(start: AccountClock) -> Self {
        Self {
            start,
            accounts: HashMap::new(),
            jobs: HashMap::new(),
            order: BTreeMap::new(),
            by_account: HashMap::new(),
            clips: HashMap::new(),
            echo_bytes: 0,
            arrivals: 0,
            dropped: 0,
        }
    }

    /// Drops the oldest finished jobs until one more fits.
    fn make_room(
        &mut self,
        limits: StoreLimits,
        bytes: u64,
        system_now: UnixMillis,
    ) -> Result<(), StoreError> {
        while self.jobs.len() >= limits.jobs || self.echo_bytes + bytes > limits.echo_bytes {
            let finished = self.order.iter().take(LOOKED_THROUGH).find_map(|(number, key)| {
                let (_, job) = self.jobs.get(key)?;
                let clock = self.accounts.get(&key.account).map_or(self.start, |state| state.clock);
                job.standing(clock.now(system_now)).phase.is_terminal().then_some(*number)
            });
            self.remove(finished.ok_or(StoreError::Full)?);
            self.dropped += 1;
        }
        Ok(())
    }

    fn remove(&mut self, number: u64) {
        let Some(key) = self.order.remove(&number) else { return };
        if let Some(order) = self.by_account.get_mut(&key.account) {
            order.remove(&number);
        }
        if let Some((_, job)) = self.jobs.remove(&key) {
            self.clips.remove(&job.clip.name);
            self.echo_bytes -= job.echo_bytes;
        }
    }

    fn state(&mut self, account: &Arc<str>) -> &mut AccountState {
        let start = self.start;
        self.accounts.entry(Arc::clone(account)).or_insert_with(|| AccountState::new(start))
    }

    fn carry_out(&mut self, account: &Arc<str>, change: &Change) {
        let state = self.state(account);
        match change {
            Change::JobAdded(job) => {
                state.numbers.entry(Arc::clone(&job.key.vendor)).or_default().jobs += 1;
                self.arrivals += 1;
                self.echo_bytes += job.echo_bytes;
                self.clips.insert(Arc::clone(&job.clip.name), job.key.clone());
                self.order.insert(self.arrivals, job.key.clone());
                self.by_account
                    .entry(Arc::clone(account))
                    .or_default()
                    .insert(self.arrivals, job.key.clone());
                self.jobs.insert(job.key.clone(), (self.arrivals, Arc::clone(job)));
            }
            Change::JobMarked(key, mark) => {
                if let Some((_, job)) = self.jobs.get_mut(key) {
                    Arc::make_mut(job).marks.push(mark.clone());
                }
            }
            Change::Refused(vendor) => state.numbers.entry(Arc::clone(vendor)).or_default().refusals += 1,
            Change::UploadGiven(vendor) => state.numbers.entry(Arc::clone(vendor)).or_default().uploads += 1,
            Change::ClockSet(clock) => state.clock = *clock,
        }
    }
}
