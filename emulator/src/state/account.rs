//! The state of an account beside its jobs: clock, counts, scenarios, wallets.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use mockreel_contracts::UnixMillis;

use super::job::Job;
use super::wallet::{Spent, Wallet};
use crate::clock::AccountClock;
use crate::scenario::{Counters, Scenarios};

/// How often an account has used a vendor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct VendorCounts {
    /// Jobs accepted.
    pub jobs: u64,
    /// Requests that were refused.
    pub refusals: u64,
    /// Upload addresses given out.
    pub uploads: u64,
    /// What the jobs have cost that were dropped to make room.
    pub dropped: Spent,
}

/// The wallets of an account, by the vendor's id.
pub(crate) type Wallets = BTreeMap<Arc<str>, Arc<Wallet>>;

/// The state of an account, beside its jobs.
#[derive(Clone, Debug)]
pub(crate) struct AccountState {
    /// Grows with every commit.
    pub version: u64,
    /// The account's clock.
    pub clock: AccountClock,
    /// The counters, by vendor.
    pub counts: Arc<BTreeMap<Arc<str>, VendorCounts>>,
    /// Its own scenarios, in the order in which they are tried.
    pub scenarios: Scenarios,
    /// The scenarios of all accounts, tried after its own. Not part of the account: the store fills them in.
    pub everywhere: Scenarios,
    /// What it has counted for both.
    pub counters: Arc<Counters>,
    /// Its wallets, where they are others than the default ones.
    pub wallets: Arc<Wallets>,
    /// Default wallets, for vendors with which it has none of its own. Not part of the account: the store fills it in.
    pub default_wallets: Arc<Wallets>,
}

impl AccountState {
    /// A new account on the clock given at start.
    pub(crate) fn new(clock: AccountClock) -> Self {
        Self {
            version: 0,
            clock,
            counts: Arc::default(),
            scenarios: Scenarios::default(),
            everywhere: Scenarios::default(),
            counters: Arc::default(),
            wallets: Arc::default(),
            default_wallets: Arc::default(),
        }
    }

    /// Its wallet with a vendor.
    pub(crate) fn wallet(&self, vendor: &str) -> Arc<Wallet> {
        static NEW: OnceLock<Arc<Wallet>> = OnceLock::new();
        let known = self.wallets.get(vendor).or_else(|| self.default_wallets.get(vendor));
        Arc::clone(known.unwrap_or_else(|| NEW.get_or_init(Arc::default)))
    }

    /// What it has spent with a vendor by a time of its own, given its jobs there.
    pub(crate) fn spent(&self, vendor: &str, jobs: &[Arc<Job>], now: UnixMillis) -> Spent {
        jobs.iter().fold(self.counts(vendor).dropped, |sum, job| sum + Spent::on(job, now))
    }

    /// The counters for a vendor, to be changed.
    pub(crate) fn counts_mut(&mut self, vendor: &Arc<str>) -> &mut VendorCounts {
        Arc::make_mut(&mut self.counts).entry(Arc::clone(vendor)).or_default()
    }

    /// The counters for a vendor.
    pub(crate) fn counts(&self, vendor: &str) -> VendorCounts {
        self.counts.get(vendor).copied().unwrap_or_default()
    }
}
