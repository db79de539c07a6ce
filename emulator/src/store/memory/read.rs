//! The reads of the memory store: accounts and jobs.

use std::sync::Arc;

use super::Shelf;
use crate::state::account::AccountState;
use crate::state::job::Job;
use crate::store::JobFilter;

impl Shelf {
    /// The state of an account; of an unknown one that of a new account.
    pub(super) fn account(&self, account: &str) -> AccountState {
        let known = self.accounts.get(account).cloned();
        AccountState {
            everywhere: Arc::clone(&self.everywhere),
            default_wallets: Arc::clone(&self.default_wallets),
            ..known.unwrap_or_else(|| AccountState::new(self.start))
        }
    }

    /// Jobs, newest first.
    pub(super) fn jobs(&self, filter: &JobFilter) -> Vec<Arc<Job>> {
        self.jobs.numbers(filter, None).filter_map(|number| self.jobs.load(number)).collect()
    }
}
