//! Messages on their way: which are pending, whose turn it is, and what became of them. It never waits.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use mockreel_contracts::UnixMillis;

use super::log::{Attempt, Entry, Log, State};
use super::tale::Message;
use super::{CallbackPlan, PENDING};
use crate::job::JobKey;

/// A message that is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// Its number in the log, never given twice.
    number: u64,
    /// What is sent.
    pub(super) message: Message,
    /// How often it was tried.
    tried: u32,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With an answer of this status.
    Answered(u16),
    /// Without one.
    Unanswered(String),
    /// It was not sent: the address may not be called.
    Refused(String),
    /// It was not sent: there is nothing to send.
    Nothing(String),
}

/// Messages on their way, and the log.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queues: HashMap<Arc<str>, Queue>,
    /// The accounts of the messages that are neither delivered nor given up.
    pending: HashMap<u64, Arc<str>>,
    log: Log,
    numbers: u64,
}

/// What is due of one account; there is one as long as its courier works.
#[derive(Debug)]
struct Queue {
    courier: u64,
    waiting: VecDeque<Delivery>,
}

impl Outbox {
    /// How many messages are pending.
    pub(crate) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// What became of callbacks.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    /// Takes a message on. `None` if too many are pending; the log says so.
    pub(crate) fn take(&mut self, message: Message) -> Option<Delivery> {
        let full = self.pending.len() >= PENDING;
        let number = self.note(Entry {
            id: message.id.clone(),
            phase: Some(message.passing.phase),
            copy: message.copy,
            due_at: Some(message.due),
            state: if full { State::Failed } else { State::Pending },
            why: full.then(too_many),
            ..blank(&message.key, &message.plan)
        });
        if full {
            return None;
        }
        self.pending.insert(number, Arc::clone(&message.key.account));
        Some(Delivery { number, message, tried: 0 })
    }

    /// Logs that nothing is sent about a job, because callbacks are off.
    pub(crate) fn note_off(&mut self, key: &JobKey, plan: &CallbackPlan) {
        self.note(Entry { state: State::Off, why: plan.off.clone(), ..blank(key, plan) });
    }

    /// Logs that a job is not followed, because too much is pending.
    pub(crate) fn note_too_many(&mut self, key: &JobKey, plan: &CallbackPlan) {
        self.note(Entry { state: State::Failed, why: Some(too_many()), ..blank(key, plan) });
    }

    fn note(&mut self, entry: Entry) -> u64 {
        self.numbers += 1;
        self.log.add(self.numbers, entry);
        self.numbers
    }

    /// Puts what is due behind what is due already. Answers the courier who has to be sent out, if none is.
    pub(crate) fn enqueue(&mut self, delivery: Delivery) -> Option<u64> {
        let account = Arc::clone(&delivery.message.key.account);
        if let Some(queue) = self.queues.get_mut(&account) {
            queue.waiting.push_back(delivery);
            return None;
        }
        self.numbers += 1;
        let courier = self.numbers;
        self.queues.insert(account, Queue { courier, waiting: VecDeque::from([delivery]) });
        Some(courier)
    }

    /// What a courier takes next; `None` ends its work.
    pub(super) fn next(&mut self, account: &Arc<str>, courier: u64) -> Option<Delivery> {
        let queue = self.queues.get_mut(account).filter(|queue| queue.courier == courier)?;
        let next = queue.waiting.pop_front();
        if next.is_none() {
            self.queues.remove(account);
        }
        next
    }

    /// Whether a message is still to be sent.
    pub(super) fn is_pending(&self, delivery: &Delivery) -> bool {
        self.pending.contains_key(&delivery.number)
    }

    /// Notes how a try ended that began at `at`. Answers the message if it is to be tried again, and when.
    pub(crate) fn settle(
        &mut self,
        mut delivery: Delivery,
        at: UnixMillis,
        outcome: Outcome,
    ) -> Option<(UnixMillis, Delivery)> {
        if !self.is_pending(&delivery) {
            return None;
        }
        let (attempt, state, why) = match outcome {
            Outcome::Answered(status) => {
                let state = if (200..300).contains(&status) { State::Delivered } else { State::Failed };
                (Some(Attempt { at, status: Some(status), error: None }), state, None)
            }
            Outcome::Unanswered(error) => {
                (Some(Attempt { at, status: None, error: Some(error) }), State::Failed, None)
            }
            Outcome::Refused(why) => (None, State::Refused, Some(why)),
            Outcome::Nothing(why) => (None, State::Failed, Some(why)),
        };
        let plan = Arc::clone(&delivery.message.plan);
        delivery.tried += u32::from(attempt.is_some());
        let again = attempt.is_some() && state == State::Failed && delivery.tried <= plan.retries;
        let next = again.then(|| at.after(plan.backoff_millis(delivery.tried)));
        if let Some(entry) = self.log.entry(delivery.number) {
            entry.attempts.extend(attempt);
            entry.state = if again { State::Pending } else { state };
            entry.why = why;
            entry.due_at = next.or(entry.due_at);
        }
        if !again {
            self.pending.remove(&delivery.number);
        }
        next.map(|next| (next, delivery))
    }

    /// Forgets everything, or what concerns one account. What is on the wire is no longer waited for.
    pub(crate) fn forget(&mut self, account: Option<&str>) {
        let others = |held: &Arc<str>| account.is_some_and(|account| **held != *account);
        self.queues.retain(|held, _| others(held));
        self.pending.retain(|_, held| others(held));
        self.log.forget(account);
    }
}

fn blank(key: &JobKey, plan: &CallbackPlan) -> Entry {
    Entry {
        id: String::new(),
        key: key.clone(),
        phase: None,
        copy: 1,
        url: plan.shown_receiver(),
        due_at: None,
        attempts: Vec::new(),
        state: State::Pending,
        why: None,
    }
}

fn too_many() -> String {
    format!("{PENDING} callbacks are pending already; advance the clock or reset, so that some are settled")
}
