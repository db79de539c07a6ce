//! The writes of the memory store: changes, and the room for them.

use std::collections::BTreeMap;
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
        // Looked at only where it matters: it takes as long as the account has jobs.
        if self.kept_bytes + bytes <= limits.kept_bytes / 4 * 3 {
            return false;
        }
        let jobs = self.by_account.get(account).into_iter().flat_map(BTreeMap::values);
        let own: u64 = jobs.filter_map(|key| self.jobs.get(key)).map(|(_, job)| job.text_bytes()).sum();
        own + bytes > limits.kept_bytes / 8
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
        let most_bytes = if keeps_much { limits.kept_bytes / 4 * 3 } else { limits.kept_bytes };
        while self.jobs.len() >= limits.jobs || self.kept_bytes + bytes > most_bytes {
            let order = self.by_account.get(account).filter(|_| keeps_much).unwrap_or(&self.order);
            let finished = order.iter().take(EVICTION_SCAN_LIMIT).find_map(|(number, key)| {
                let (_, job) = self.jobs.get(key)?;
                let now =
                    self.accounts.get(&key.account).map_or(self.start, |state| state.clock).now(system_now);
                job.standing(now).phase.is_terminal().then(|| (*number, key.clone(), Spent::on(job, now)))
            });
            let (number, key, spent) = finished.ok_or(StoreError::Full)?;
            self.remove(number);
            self.remember_spent(&key, spent);
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

    pub(super) fn remove(&mut self, number: u64) {
        let Some(key) = self.order.remove(&number) else { return };
        if let Some(order) = self.by_account.get_mut(&key.account) {
            order.remove(&number);
        }
        if let Some((_, job)) = self.jobs.remove(&key) {
            self.clips.remove(&job.clip.name);
            self.kept_bytes -= job.text_bytes();
            for image in images_of(&job) {
                let holders = self.images.entry(address_of(image)).or_default();
                *holders = holders.saturating_sub(1);
                if *holders == 0 {
                    self.images.remove(&address_of(image));
                    self.kept_bytes -= image.len() as u64;
                }
            }
        }
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
            if self.by_account.get(&account).is_some_and(|order| !order.is_empty()) {
                self.arrival.push_back(account);
            } else {
                self.by_account.remove(&account);
                self.remove_account(&account);
            }
        }
    }

    pub(super) fn apply_change(&mut self, account: &Arc<str>, change: &Change) {
        let state = self.state(account);
        match change {
            Change::JobAdded(job) => {
                state.counts_mut(&job.key.vendor).jobs += 1;
                self.arrivals += 1;
                self.kept_bytes += job.text_bytes();
                for image in images_of(job) {
                    let holders = self.images.entry(address_of(image)).or_default();
                    *holders += 1;
                    if *holders == 1 {
                        self.kept_bytes += image.len() as u64;
                    }
                }
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
