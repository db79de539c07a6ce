//! The schedule: which jobs are followed, what is due when, and the wake-up of the scheduler's task.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use mockreel_contracts::UnixMillis;
use tokio::sync::{Notify, Semaphore, oneshot};

use super::agenda::{Agenda, Ticket};
use crate::state::change::Change;
use crate::state::job::{Job, JobKey};
use crate::webhook::messages::Messages;
use crate::webhook::outbox::{AttemptEnd, Delivery, Outbox, find_full};

/// How many webhooks are on the wire at once. Those of one account go one after the other, so that a slow receiver
/// takes one place.
const MAX_SENDING: usize = 64;

/// What is to happen, and the wakeup that wakes the task which sees to it.
#[derive(Debug)]
pub(crate) struct Scheduler {
    // One lock for everything: it is held for look-ups and moves, never while waiting.
    state: Mutex<SchedulerState>,
    pub(super) wakeup: Notify,
    /// Turns for sending.
    pub(crate) sending: Semaphore,
}

/// The state of the scheduler.
#[derive(Debug)]
pub(crate) struct SchedulerState {
    pub(super) agenda: Agenda<DueItem>,
    pub(super) followed: HashMap<JobKey, Follower>,
    /// Jobs that something happened to.
    pub(super) changed_jobs: HashSet<JobKey>,
    /// Accounts whose time or agenda has changed.
    pub(super) moved: HashSet<Arc<str>>,
    /// Messages on their way.
    pub(crate) outbox: Outbox,
    numbers: u64,
}

/// An item that is due at a time.
#[derive(Debug)]
pub(super) enum DueItem {
    /// A job that is followed changes phase.
    Change(JobKey),
    /// A message is to be sent.
    Send(Box<Delivery>),
}

/// A job that is followed, and for what.
#[derive(Debug)]
pub(super) struct Follower {
    /// Tells it from one of a job with the same key before a reset.
    pub(super) number: u64,
    /// The next change that is on the agenda.
    pub(super) ticket: Option<Ticket>,
    /// The webhooks about it.
    pub(super) messages: Option<Messages>,
    /// The delayed responses that wait for its end; dropping the sender wakes them.
    waiting: Vec<(u64, oneshot::Sender<()>)>,
}

impl Scheduler {
    /// One with nothing in it.
    pub(crate) fn new() -> Self {
        let state = SchedulerState {
            agenda: Agenda::new(),
            followed: HashMap::new(),
            changed_jobs: HashSet::new(),
            moved: HashSet::new(),
            outbox: Outbox::default(),
            numbers: 0,
        };
        Self { state: Mutex::new(state), wakeup: Notify::new(), sending: Semaphore::new(MAX_SENDING) }
    }

    /// Does something with the state, quickly.
    pub(crate) fn with<T>(&self, what: impl FnOnce(&mut SchedulerState) -> T) -> T {
        // Nothing in here panics half-way, so a poisoned lock still guards sound data.
        what(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes what was committed to an account.
    pub(crate) fn note_changes(&self, account: &Arc<str>, changes: &[Change]) {
        let concerned = self.with(|state| {
            let mut concerned = false;
            for change in changes {
                concerned |= match change {
                    Change::JobAdded(job) => state.follow(job),
                    Change::JobMarked(key, _) => state.mark_changed(key),
                    Change::ClockSet(_) => {
                        state.agenda.has(account) && state.moved.insert(Arc::clone(account))
                    }
                    Change::Refused(_)
                    | Change::UploadGiven(_)
                    | Change::Counted(_)
                    | Change::WalletSet(..)
                    | Change::ScenariosSet(..) => false,
                };
            }
            concerned
        });
        if concerned {
            self.wakeup.notify_one();
        }
    }

    /// Registers a response that waits for the end of a job.
    pub(crate) fn wait_for<'a>(&'a self, key: &'a JobKey) -> EndOfJob<'a> {
        let (sender, ended) = oneshot::channel();
        let number = self.with(|state| {
            let number = state.next_number();
            state.follower(key).waiting.push((number, sender));
            state.changed_jobs.insert(key.clone());
            number
        });
        self.wakeup.notify_one();
        EndOfJob { scheduler: self, key, number, ended }
    }

    /// Notes how a try ended, and enters the next one if there is to be one.
    pub(crate) fn settle_attempt(
        &self,
        account: &Arc<str>,
        delivery: Delivery,
        at: UnixMillis,
        end: AttemptEnd,
    ) {
        let again = self.with(|state| {
            let Some((due, delivery)) = state.outbox.settle_attempt(delivery, at, end) else { return false };
            state.agenda.enter(account, due, DueItem::Send(Box::new(delivery)));
            state.moved.insert(Arc::clone(account))
        });
        if again {
            self.wakeup.notify_one();
        }
    }
}

impl SchedulerState {
    fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// The follower of a job; a new one if there is none.
    fn follower(&mut self, key: &JobKey) -> &mut Follower {
        let number = self.next_number();
        let blank = || Follower { number, ticket: None, messages: None, waiting: Vec::new() };
        self.followed.entry(key.clone()).or_insert_with(blank)
    }

    /// Follows a new job, if webhooks are to be sent about it.
    fn follow(&mut self, job: &Job) -> bool {
        let Some(plan) = &job.callback else { return false };
        if plan.off.is_some() {
            self.outbox.note_off(&job.key, plan);
            return false;
        }
        let account = &job.key.account;
        let own = || {
            let followed = self.followed.keys().filter(|key| key.account == *account).count();
            followed + self.outbox.pending_of(account)
        };
        if let Some(why) = find_full(self.followed.len() + self.outbox.pending(), own) {
            self.outbox.note_too_many(&job.key, plan, why);
            return false;
        }
        self.follower(&job.key).messages.get_or_insert_with(|| Messages::new(Arc::clone(plan)));
        self.mark_changed(&job.key)
    }

    fn mark_changed(&mut self, key: &JobKey) -> bool {
        self.followed.contains_key(key) && self.changed_jobs.insert(key.clone())
    }

    /// Follows a job no longer; the responses that wait for its end are woken.
    pub(super) fn unfollow(&mut self, key: &JobKey) {
        if let Some(ticket) = self.followed.remove(key).and_then(|follower| follower.ticket) {
            self.agenda.cancel(&key.account, ticket);
        }
        self.changed_jobs.remove(key);
    }

    pub(super) fn forget(&mut self, account: Option<&str>) {
        let others = |name: &Arc<str>| account.is_some_and(|account| **name != *account);
        self.followed.retain(|key, _| others(&key.account));
        self.changed_jobs.retain(|key| others(&key.account));
        self.moved.retain(others);
        self.agenda.forget(account);
        self.outbox.forget(account);
    }
}

/// The wait for the end of a job. Dropping it ends the wait and leaves nothing behind.
#[derive(Debug)]
pub(crate) struct EndOfJob<'a> {
    scheduler: &'a Scheduler,
    key: &'a JobKey,
    number: u64,
    ended: oneshot::Receiver<()>,
}

impl EndOfJob<'_> {
    /// Waits until the job has ended, or is gone.
    pub(crate) async fn wait(mut self) {
        // Nothing is ever sent: the other side is dropped when there is something to see.
        let _ = (&mut self.ended).await;
    }
}

impl Drop for EndOfJob<'_> {
    fn drop(&mut self) {
        self.scheduler.with(|state| {
            let Some(follower) = state.followed.get_mut(self.key) else { return };
            follower.waiting.retain(|(number, _)| *number != self.number);
            if follower.waiting.is_empty() && follower.messages.is_none() {
                state.unfollow(self.key);
            }
        });
    }
}
