//! What happens by itself, at the edge: callbacks, and answers that are held until a job has ended.
//!
//! It follows the account's clock. One task of the emulator sleeps until the earliest entry of an
//! account on the system clock, or until it is woken because an account's clock was set or something
//! happened to a job. A job is followed only while somebody wants to know of it; no other job costs
//! anything here.

mod agenda;
pub(crate) mod passings;
mod run;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use mockreel_contracts::UnixMillis;
use tokio::sync::{Notify, Semaphore, oneshot};

use self::agenda::{Agenda, Ticket};
pub(crate) use self::run::run;
use crate::callback::{Delivery, Outbox, Outcome, PENDING, Tale};
use crate::job::{Job, JobKey};
use crate::shared::Shared;
use crate::store::{Change, JobFilter};

/// How many callbacks are on the wire at once. Those of one account go one after the other, so that a slow receiver
/// takes one place.
const SENDING: usize = 64;

/// What is to happen, and the bell that wakes the task which sees to it.
#[derive(Debug)]
pub(crate) struct Schedule {
    // One lock for everything: it is held for look-ups and moves, never while waiting.
    state: Mutex<State>,
    bell: Notify,
    /// Turns for sending.
    pub(crate) sending: Semaphore,
}

/// What is to happen.
#[derive(Debug)]
pub(crate) struct State {
    agenda: Agenda<Effect>,
    followed: HashMap<JobKey, Follower>,
    /// Jobs that something happened to.
    stirred: HashSet<JobKey>,
    /// Accounts whose time or agenda has changed.
    moved: HashSet<Arc<str>>,
    /// Messages on their way.
    pub(crate) outbox: Outbox,
    numbers: u64,
}

/// Something that is due at a time.
#[derive(Debug)]
enum Effect {
    /// A job that is followed changes.
    Look(JobKey),
    /// A message is to be sent.
    Send(Box<Delivery>),
}

/// Who wants to know of a job.
#[derive(Debug)]
struct Follower {
    /// Tells it from one of a job with the same key before a reset.
    number: u64,
    /// The look that is on the agenda.
    ticket: Option<Ticket>,
    /// What its receiver is told.
    tale: Option<Tale>,
    /// Whoever waits for its end; dropping the sender wakes them.
    waiting: Vec<(u64, oneshot::Sender<()>)>,
}

impl Schedule {
    /// One with nothing in it.
    pub(crate) fn new() -> Self {
        let state = State {
            agenda: Agenda::new(),
            followed: HashMap::new(),
            stirred: HashSet::new(),
            moved: HashSet::new(),
            outbox: Outbox::default(),
            numbers: 0,
        };
        Self { state: Mutex::new(state), bell: Notify::new(), sending: Semaphore::new(SENDING) }
    }

    /// Does something with the state, quickly.
    pub(crate) fn with<T>(&self, what: impl FnOnce(&mut State) -> T) -> T {
        // Nothing in here panics half-way, so a poisoned lock still guards sound data.
        what(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Is told what was committed to an account.
    pub(crate) fn heard(&self, account: &Arc<str>, changes: &[Change]) {
        let concerned = self.with(|state| {
            let mut concerned = false;
            for change in changes {
                concerned |= match change {
                    Change::JobAdded(job) => state.follow(job),
                    Change::JobMarked(key, _) => state.stir(key),
                    Change::ClockSet(_) => {
                        state.agenda.has(account) && state.moved.insert(Arc::clone(account))
                    }
                    Change::Refused(_)
                    | Change::UploadGiven(_)
                    | Change::Counted(_)
                    | Change::PurseSet(..)
                    | Change::ScenariosSet(..) => false,
                };
            }
            concerned
        });
        if concerned {
            self.bell.notify_one();
        }
    }

    /// Registers somebody who waits for the end of a job.
    pub(crate) fn wait_for<'a>(&'a self, key: &'a JobKey) -> Waiting<'a> {
        let (sender, ended) = oneshot::channel();
        let number = self.with(|state| {
            let number = state.number();
            state.follower(key).waiting.push((number, sender));
            state.stirred.insert(key.clone());
            number
        });
        self.bell.notify_one();
        Waiting { schedule: self, key, number, ended }
    }

    /// Notes how a try ended, and enters the next one if there is to be one.
    pub(crate) fn settle(&self, account: &Arc<str>, delivery: Delivery, at: UnixMillis, outcome: Outcome) {
        let again = self.with(|state| {
            let Some((due, delivery)) = state.outbox.settle(delivery, at, outcome) else { return false };
            state.agenda.enter(account, due, Effect::Send(Box::new(delivery)));
            state.moved.insert(Arc::clone(account))
        });
        if again {
            self.bell.notify_one();
        }
    }
}

/// Forgets everything, or what concerns one account; called when the store has.
pub(crate) async fn forget(shared: &Shared, account: Option<&str>) {
    shared.schedule.with(|state| state.forget(account));
    // A job that was accepted between the two is a new one, and was forgotten with the old ones.
    let filter = JobFilter { account: account.map(Arc::from), vendor: None };
    for job in shared.store.jobs(&filter).await {
        shared.schedule.heard(&job.key.account, &[Change::JobAdded(Arc::clone(&job))]);
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Whoever wants to know of a job.
    fn follower(&mut self, key: &JobKey) -> &mut Follower {
        let number = self.number();
        let blank = || Follower { number, ticket: None, tale: None, waiting: Vec::new() };
        self.followed.entry(key.clone()).or_insert_with(blank)
    }

    /// Follows a new job, if somebody is to be told of it.
    fn follow(&mut self, job: &Job) -> bool {
        let Some(plan) = &job.callback else { return false };
        if plan.off.is_some() {
            self.outbox.note_off(&job.key, plan);
            return false;
        }
        if self.followed.len() + self.outbox.pending() >= PENDING {
            self.outbox.note_too_many(&job.key, plan);
            return false;
        }
        self.follower(&job.key).tale.get_or_insert_with(|| Tale::new(Arc::clone(plan)));
        self.stir(&job.key)
    }

    fn stir(&mut self, key: &JobKey) -> bool {
        self.followed.contains_key(key) && self.stirred.insert(key.clone())
    }

    /// Follows a job no longer; whoever waits for its end is woken.
    fn leave(&mut self, key: &JobKey) {
        if let Some(ticket) = self.followed.remove(key).and_then(|follower| follower.ticket) {
            self.agenda.cancel(&key.account, ticket);
        }
        self.stirred.remove(key);
    }

    fn forget(&mut self, account: Option<&str>) {
        let others = |held: &Arc<str>| account.is_some_and(|account| **held != *account);
        self.followed.retain(|key, _| others(&key.account));
        self.stirred.retain(|key| others(&key.account));
        self.moved.retain(others);
        self.agenda.forget(account);
        self.outbox.forget(account);
    }
}

/// Somebody who waits for the end of a job. Dropping it ends the wait and leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    schedule: &'a Schedule,
    key: &'a JobKey,
    number: u64,
    ended: oneshot::Receiver<()>,
}

impl Waiting<'_> {
    /// Waits until the job has ended, or is gone.
    pub(crate) async fn ended(mut self) {
        // Nothing is ever sent: the other side is dropped when there is something to see.
        let _ = (&mut self.ended).await;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.schedule.with(|state| {
            let Some(follower) = state.followed.get_mut(self.key) else { return };
            follower.waiting.retain(|(number, _)| *number != self.number);
            if follower.waiting.is_empty() && follower.tale.is_none() {
                state.leave(self.key);
            }
        });
    }
}
