//! The writes of the memory store: changes, and the room for them.

use std::sync::Arc;

use mockreel_contracts::UnixMillis;

use super::{Shelf, StoreLimits, forget_counts};
use crate::media::Preview;
use crate::scenario::Scenarios;
use crate::state::account::AccountState;
use crate::state::change::Change;
use crate::state::job::{Job, JobKey};
use crate::state::wallet::Spent;
use crate::store::{MAX_SCENARIO_BYTES, MAX_SCENARIOS, StoreError};

/// How many of the oldest jobs are scanned for a finished one, so that a full store stays quick.
const EVICTION_SCAN_LIMIT: usize = 1_000;

/// From so many places on, in jobs, a quarter of them is left to accounts that have few jobs.
const SMALLEST_SHARED_STORE: usize = 1_000;

/// Counts the bytes that a change adds; `None` if it adds no job.
pub(super) fn added_bytes(change: &Change) -> Option<u64> {
    match change {
        Change::JobAdded(job) => {
            // Images that other jobs hold already cost nothing; here they count, to be on the safe side.
            let images: u64 = images_of(job).map(|image| image.len() as u64).sum();
            Some(job.text_bytes() + images)
        }
        Change::JobMarked(..)
        | Change::Refused(_)
        | Change::UploadGiven(_)
        | Change::ClockSet(_)
        | Change::Counted(_)
        | Change::ScenariosSet(..)
        | Change::WalletSet(..) => None,
    }
}

/// The bytes of the images that a job's clip is made of.
fn images_of(job: &Job) -> impl Iterator<Item = &Arc<[u8]>> {
    [&job.clip.start, &job.clip.tail].into_iter().flatten().map(Preview::shared)
}

/// Where bytes are: jobs with the same image share them, so the place names the image while any of them lives.
fn address_of(image: &Arc<[u8]>) -> usize {
    Arc::as_ptr(image).cast::<u8>() as usize
}

/// How many scenarios there are, and how many bytes they take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ScenarioSum {
    count: usize,
    bytes: u64,
}

impl ScenarioSum {
    fn of(scenarios: &Scenarios) -> Self {
        Self { count: scenarios.len(), bytes: scenarios.iter().map(|scenario| scenario.posted_bytes).sum() }
    }

    /// The sum with one list in the place of another.
    fn exchange(self, old: &Scenarios, new: &Scenarios) -> Self {
        let (old, new) = (Self::of(old), Self::of(new));
        Self { count: self.count - old.count + new.count, bytes: self.bytes - old.bytes + new.bytes }
    }
}

impl Shelf {
    /// Refuses changes by which there would be too many scenarios. To have fewer is always allowed.
    pub(super) fn check_scenarios(&self, account: &str, changes: &[Change]) -> Result<(), StoreError> {
        for change in changes {
            let Change::ScenariosSet(new, _) = change else { continue };
            let old =
                self.accounts.get(account).map(|state| Arc::clone(&state.scenarios)).unwrap_or_default();
            let sum = self.scenarios.exchange(&old, new);
            let grows = sum.count > self.scenarios.count || sum.bytes > self.scenarios.bytes;
            if grows && (sum.count > MAX_SCENARIOS || sum.bytes > MAX_SCENARIO_BYTES) {
                return Err(StoreError::TooManyScenarios);
            }
        }
        Ok(())
    }

    /// Forgets the state of an account.
    pub(super) fn remove_account(&mut self, account: &str) {
        if let Some(state) = self.accounts.remove(account) {
            self.scenarios = self.scenarios.exchange(&state.scenarios, &Scenarios::default());
        }
    }

    /// Whether the account keeps much, with so many bytes more: more than an eighth of what all may keep. Such accounts have
    /// three quarters of the room together, so that those that keep little are not refused for them.
    fn keeps_much(&self, account: &str, limits: StoreLimits, bytes: u64) -> bool {
        // While there is room for all, it does not matter.
        if self.kept_bytes + bytes <= limits.kept_bytes / 4 * 3 {
            return false;
        }
        let own = self.jobs.find_owned(account).map_or(0, |owned| owned.kept_bytes);
        own + bytes > limits.kept_bytes / 8
    }

    /// Whether the account has many jobs: more than an eighth of what all may have. Such accounts have three quarters of the
    /// places together, as with bytes.
    fn has_many_jobs(&self, account: &str, limits: StoreLimits) -> bool {
        let own = self.jobs.find_owned(account).map_or(0, |owned| owned.count);
        limits.jobs >= SMALLEST_SHARED_STORE && own >= limits.jobs / 8
    }

    /// Drops the oldest finished jobs until one more fits; for an account that keeps much, its own.
    pub(super) fn make_room(
        &mut self,
        account: &str,
        limits: StoreLimits,
        bytes: u64,
        system_now: UnixMillis,
    ) -> Result<(), StoreError> {
        let keeps_much = self.keeps_much(account, limits, bytes);
        let has_many = self.has_many_jobs(account, limits);
        let most_bytes = if keeps_much { limits.kept_bytes / 4 * 3 } else { limits.kept_bytes };
        let most_jobs = if has_many { limits.jobs / 4 * 3 } else { limits.jobs };
        while self.jobs.len() >= most_jobs || self.kept_bytes + bytes > most_bytes {
            let own = (keeps_much || has_many).then_some(account);
            let own = own.filter(|account| self.jobs.find_owned(account).is_some());
            let finished = self.jobs.oldest(own).take(EVICTION_SCAN_LIMIT).find_map(|number| {
                let now = self.now_of(self.jobs.account_of(number)?, system_now);
                self.jobs.has_ended(number, now).then_some((number, now))
            });
            let (number, now) = finished.ok_or(StoreError::Full)?;
            let Some(job) = self.remove(number) else { continue };
            self.remember_spent(&job.key, Spent::on(&job, now));
            #[cfg(test)]
            {
                self.dropped += 1;
            }
        }
        Ok(())
    }

    /// Keeps what a dropped job has cost. A request that has loaded the account with that job decides again.
    fn remember_spent(&mut self, dropped: &JobKey, spent: Spent) {
        let state = self.state(&dropped.account);
        state.version += 1;
        let counts = state.counts_mut(&dropped.vendor);
        counts.dropped = counts.dropped + spent;
    }

    /// An account's time.
    fn now_of(&self, account: &str, system_now: UnixMillis) -> UnixMillis {
        self.accounts.get(account).map_or(self.start, |state| state.clock).now(system_now)
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Arc<Job>> {
        let job = self.jobs.remove(number)?;
        self.kept_bytes -= job.text_bytes();
        for image in images_of(&job) {
            let holders = self.images.entry(address_of(image)).or_default();
            *holders = holders.saturating_sub(1);
            if *holders == 0 {
                self.images.remove(&address_of(image));
                self.kept_bytes -= image.len() as u64;
            }
        }
        Some(job)
    }

    pub(super) fn state(&mut self, account: &Arc<str>) -> &mut AccountState {
        let start = self.start;
        let arrival = &mut self.arrival;
        self.accounts.entry(Arc::clone(account)).or_insert_with(|| {
            arrival.push_back(Arc::clone(account));
            AccountState::new(start)
        })
    }

    /// Forgets the oldest accounts that have no jobs, until no more than so many are left.
    ///
    /// Jobs are bounded by themselves, so that accounts with jobs are as well.
    pub(super) fn forget_idle_accounts(&mut self, limit: usize) {
        let mut scanned = 0;
        while self.accounts.len() > limit && scanned < EVICTION_SCAN_LIMIT {
            scanned += 1;
            let Some(account) = self.arrival.pop_front() else { return };
            if self.jobs.find_owned(&account).is_some() {
                self.arrival.push_back(account);
            } else {
                self.remove_account(&account);
            }
        }
    }

    pub(super) fn apply_change(&mut self, account: &Arc<str>, change: &Change) {
        let state = self.state(account);
        match change {
            Change::JobAdded(job) => {
                state.counts_mut(&job.key.vendor).jobs += 1;
                self.kept_bytes += job.text_bytes();
                for image in images_of(job) {
                    let holders = self.images.entry(address_of(image)).or_default();
                    *holders += 1;
                    if *holders == 1 {
                        self.kept_bytes += image.len() as u64;
                    }
                }
                self.jobs.add(job);
            }
            Change::JobMarked(key, mark) => self.jobs.mark(key, mark.clone()),
            Change::Refused(vendor) => state.counts_mut(vendor).refusals += 1,
            Change::UploadGiven(vendor) => state.counts_mut(vendor).uploads += 1,
            Change::ClockSet(clock) => state.clock = *clock,
            Change::Counted(counted) => {
                let counters = Arc::make_mut(&mut state.counters);
                for (key, counter) in counted {
                    counters.set(key.clone(), *counter);
                }
            }
            Change::ScenariosSet(scenarios, forgotten) => {
                let old = std::mem::replace(&mut state.scenarios, Arc::clone(scenarios));
                forget_counts(state, forgotten);
                self.scenarios = self.scenarios.exchange(&old, scenarios);
            }
            Change::WalletSet(vendor, wallet) => {
                Arc::make_mut(&mut state.wallets).insert(Arc::clone(vendor), Arc::clone(wallet));
            }
        }
    }
}
