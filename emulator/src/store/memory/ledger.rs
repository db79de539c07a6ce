//! The ledger of an account with a vendor: what its jobs cost, as a sum that is kept up while they come, end and go.

use std::collections::BTreeSet;

use mockreel_contracts::UnixMillis;

use crate::state::job::Job;
use crate::state::wallet::Spent;

/// What jobs cost. Those that have ended cost the same for good, all others what they cost until they end.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    settled: Spent,
    open_sum: Spent,
    /// Jobs that have not ended as far as anybody has looked: when they end by time, and their numbers.
    open: BTreeSet<(u64, u64)>,
}

impl Ledger {
    /// Enters a job that has not ended.
    pub(super) fn enter(&mut self, number: u64, job: &Job) {
        self.open_sum = self.open_sum + Spent::until_ended(job);
        self.open.insert(key_of(number, job));
    }

    /// Settles a job that has ended by a time.
    pub(super) fn settle(&mut self, number: u64, job: &Job, now: UnixMillis) {
        if self.open.remove(&key_of(number, job)) {
            self.open_sum = self.open_sum.less(Spent::until_ended(job));
            self.settled = self.settled + Spent::on(job, now);
        }
    }

    /// Takes a job out again.
    pub(super) fn remove(&mut self, number: u64, job: &Job) {
        if self.open.remove(&key_of(number, job)) {
            self.open_sum = self.open_sum.less(Spent::until_ended(job));
        } else {
            self.settled = self.settled.less(Spent::on(job, UnixMillis::LAST));
        }
    }

    /// A job that has ended by a time, and has not been settled.
    pub(super) fn next_ended(&self, now: UnixMillis) -> Option<u64> {
        self.open.first().filter(|(end, _)| *end <= now.0).map(|(_, number)| *number)
    }

    /// The jobs that have not ended, once all that have are settled.
    pub(super) fn list_open(&self) -> impl Iterator<Item = u64> {
        self.open.iter().map(|(_, number)| *number)
    }

    /// What the jobs cost, once all that have ended are settled.
    pub(super) fn sum(&self) -> Spent {
        self.settled + self.open_sum
    }
}

/// The end of a job by time comes first, so that the next one is found without a search. It never changes.
fn key_of(number: u64, job: &Job) -> (u64, u64) {
    (job.ends_by_time().map_or(u64::MAX, |end| end.0), number)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mockreel_contracts::contract::model::money::Charged;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::tests::{add, job, store};
    use super::*;
    use crate::clock::{AccountClock, MANUAL_START};
    use crate::state::change::Change;
    use crate::state::job::{Ending, Mark};
    use crate::state::wallet::{Wallet, WalletUpdate};

    proptest! {
        #[test]
        fn the_sum_is_that_of_all_jobs_whatever_happens_to_them(
            steps in vec((0_u8..5, 0_u64..40, any::<bool>()), 1..60),
        ) {
            // Few places, so that jobs are dropped as well.
            let store = store(12, 1_000);
            let account: Arc<str> = Arc::from("a");
            let mut now = MANUAL_START;
            let mut numbers = 0;
            let commit = |change: Change, now| {
                store.commit(&account, store.account(&account).version, &[change], now).map(drop)
            };
            let limits = crate::state::limits::AccountLimits { concurrent: Some(3), ..Default::default() };
            let update = WalletUpdate { limits: Some(limits), ..WalletUpdate::default() };
            let wallet = Wallet::default().updated(&update, Spent::default(), &[], now);
            commit(Change::WalletSet(Arc::from("v"), Arc::new(wallet)), now).unwrap();
            for (what, which, at_submit) in steps {
                let keys: Vec<_> = store.account_and_jobs(&account, "v").1;
                let open: Vec<_> =
                    keys.iter().filter(|job| !job.standing(now).phase.is_terminal()).collect();
                match (what, open.get(which as usize % open.len().max(1))) {
                    (0 | 1, _) => {
                        numbers += 1;
                        let mut added = Job::clone(&job(numbers, 0, (which < 30).then(|| now.after(which)), None));
                        added.price = Some(0.3);
                        added.terms.charged = if at_submit { Charged::Submit } else { Charged::Completion };
                        // A store full of unfinished jobs takes no more.
                        let _ = add(&store, &Arc::new(added));
                    }
                    (2, _) => {
                        now = now.after(which);
                        commit(Change::ClockSet(AccountClock::Manual(now)), now).unwrap();
                    }
                    (3, Some(job)) => {
                        let mark = Mark::Ended(now, Ending::Cancellation);
                        commit(Change::JobMarked(job.key.clone(), mark), now).unwrap();
                    }
                    (3.., _) => {}
                }
                let (state, jobs) = store.account_and_jobs(&account, "v");
                let (_, dealings) = store.account_and_dealings(&account, "v", now);
                prop_assert_eq!(state.counts("v").dropped + dealings.spent, state.spent("v", &jobs, now));
                let unfinished = jobs.iter().filter(|job| !job.standing(now).phase.is_terminal()).count();
                prop_assert_eq!(dealings.jobs.len(), unfinished);
            }
        }
    }
}
