//! The changes of a commit.

use std::sync::Arc;

use super::job::{Job, JobKey, Mark};
use super::wallet::Wallet;
use crate::clock::AccountClock;
use crate::scenario::{Counter, CounterKey, Scenarios};

/// A change of an account or of one of its jobs.
#[derive(Clone, Debug)]
pub(crate) enum Change {
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
    /// The account's wallet for a vendor is now this one.
    WalletSet(Arc<str>, Arc<Wallet>),
}
