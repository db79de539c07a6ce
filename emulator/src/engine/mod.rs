//! The engine: pure decisions about jobs and accounts, one function for each command.
//!
//! A function takes the state of an account and the time, and answers with a [`Decision`]: the changes to commit and the
//! result of the command. Nothing here waits, draws from the system, or knows HTTP. The loop around it, which loads,
//! commits and decides again if another request was first, is `transact.rs`.

mod account;
mod cancel;
mod control;
mod directive;
mod effects;
mod latency;
mod limits;
mod lookalike;
mod poll;
mod submit;

use std::sync::Arc;

use mockreel_contracts::{Phase, UnixMillis};

pub(crate) use self::account::{
    ClockMove, ClockWouldGoBack, count_refusal, count_upload, move_clock, update_wallet,
};
pub(crate) use self::cancel::cancel_queued;
pub(crate) use self::control::{end_job, start_job};
pub(crate) use self::directive::Directives;
pub(crate) use self::effects::{Others, add_scenarios, drop_scenarios, resolve_effects};
pub use self::latency::Latency;
pub(crate) use self::limits::{LimitExceeded, check_limits};
pub(crate) use self::poll::record_poll;
pub(crate) use self::submit::{Submission, accept_submission};
use crate::random::Seed;
use crate::state::account::AccountState;
use crate::state::change::Change;
use crate::state::job::{Job, Mark};
use crate::state::wallet::Spent;

/// The moment of an account that a decision is made on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DecisionContext<'a> {
    /// The account, as a digest.
    pub account: &'a Arc<str>,
    /// Its state.
    pub state: &'a AccountState,
    /// Its jobs with the vendor, where the command depends on them: for a submit those that have not ended, for a change of
    /// limits all, newest first.
    pub jobs: &'a [Arc<Job>],
    /// What its jobs with the vendor have cost, but for those that were dropped; where the command depends on it.
    pub spent: Spent,
    /// The run's randomness.
    pub seed: Seed,
    /// The machine's time.
    pub system_now: UnixMillis,
}

impl DecisionContext<'_> {
    /// The account's time.
    pub(crate) fn now(&self) -> UnixMillis {
        self.state.clock.now(self.system_now)
    }
}

/// The changes that a command makes, and its result once they are committed.
#[derive(Clone, Debug)]
pub(crate) struct Decision<T> {
    /// The changes; without any nothing is committed.
    pub changes: Vec<Change>,
    /// The result.
    pub result: T,
}

/// The reason why a command on a job does not fit where the job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JobRefusal {
    /// The job has ended.
    #[error("the job is {} and stays so", .0.name())]
    Ended(Phase),
    /// The job has started.
    #[error("the job is already running")]
    AlreadyRunning,
}

/// Leaves a job as it is.
fn leave_unchanged(job: &Arc<Job>) -> Decision<Arc<Job>> {
    Decision { changes: Vec::new(), result: Arc::clone(job) }
}

/// Adds a mark to a job.
fn add_mark(job: &Arc<Job>, mark: Mark) -> Decision<Arc<Job>> {
    let mut marked = Job::clone(job);
    marked.marks.push(mark.clone());
    Decision { changes: vec![Change::JobMarked(job.key.clone(), mark)], result: Arc::new(marked) }
}
