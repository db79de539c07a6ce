//! The outbox of webhooks: pending messages, a queue for each account, and the log. It never waits.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use mockreel_contracts::UnixMillis;

use super::log::{Attempt, WebhookLog, WebhookRecord, WebhookState};
use super::messages::WebhookMessage;
use crate::state::job::JobKey;
use crate::state::webhook_plan::WebhookPlan;

/// How many webhooks may be pending in one emulator: jobs that are followed, and messages to be sent.
pub(crate) const MAX_PENDING: usize = 10_000;

/// How many of them may be of one account: it leaves a quarter to the others.
pub(crate) const MAX_PENDING_OF_ONE: usize = MAX_PENDING / 4 * 3;

/// Whether nothing more may be pending, given how much is, and how much of that is the account's own.
pub(crate) fn find_full(pending: usize, own: impl FnOnce() -> usize) -> Option<String> {
    const DO: &str = "advance the clock or reset, so that some are settled";
    if pending >= MAX_PENDING {
        return Some(format!("{MAX_PENDING} callbacks are pending already; {DO}"));
    }
    (pending >= MAX_PENDING_OF_ONE && own() >= MAX_PENDING_OF_ONE)
        .then(|| format!("{MAX_PENDING_OF_ONE} callbacks of this account are pending already; {DO}"))
}

/// A message that is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// Its number in the log, never given twice.
    number: u64,
    /// What is sent.
    pub(super) message: WebhookMessage,
    /// How often it was tried.
    tried: u32,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AttemptEnd {
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
    queues: HashMap<Arc<str>, AccountQueue>,
    /// The accounts of the messages that are neither delivered nor given up.
    pending: HashMap<u64, Arc<str>>,
    log: WebhookLog,
    numbers: u64,
}

/// What is due of one account; there is one as long as its courier works.
#[derive(Debug)]
struct AccountQueue {
    courier: u64,
    waiting: VecDeque<Delivery>,
}

impl Outbox {
    /// How many messages are pending.
    pub(crate) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// How many of those are of an account.
    pub(crate) fn pending_of(&self, account: &str) -> usize {
        self.pending.values().filter(|of| &***of == account).count()
    }

    /// What became of callbacks.
    pub(crate) fn log(&self) -> &WebhookLog {
        &self.log
    }

    /// Takes a message on. `None` if too many are pending; the log says so.
    pub(crate) fn take_on(&mut self, message: WebhookMessage) -> Option<Delivery> {
        let full = find_full(self.pending.len(), || self.pending_of(&message.key.account));
        let is_full = full.is_some();
        let number = self.note(WebhookRecord {
            id: message.id.clone(),
            phase: Some(message.change.phase),
            copy: message.copy,
            due_at: Some(message.due),
            state: if is_full { WebhookState::Failed } else { WebhookState::Pending },
            why: full,
            ..blank_record(&message.key, &message.plan)
        });
        if is_full {
            return None;
        }
        self.pending.insert(number, Arc::clone(&message.key.account));
        Some(Delivery { number, message, tried: 0 })
    }

    /// Logs that nothing is sent about a job, because callbacks are off.
    pub(crate) fn note_off(&mut self, key: &JobKey, plan: &WebhookPlan) {
        self.note(WebhookRecord {
            state: WebhookState::Off,
            why: plan.off.clone(),
            ..blank_record(key, plan)
        });
    }

    /// Logs that a job is not followed, because too much is pending.
    pub(crate) fn note_too_many(&mut self, key: &JobKey, plan: &WebhookPlan, why: String) {
        self.note(WebhookRecord { state: WebhookState::Failed, why: Some(why), ..blank_record(key, plan) });
    }

    fn note(&mut self, entry: WebhookRecord) -> u64 {
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
        self.queues.insert(account, AccountQueue { courier, waiting: VecDeque::from([delivery]) });
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
    pub(crate) fn settle_attempt(
        &mut self,
        mut delivery: Delivery,
        at: UnixMillis,
        end: AttemptEnd,
    ) -> Option<(UnixMillis, Delivery)> {
        if !self.is_pending(&delivery) {
            return None;
        }
        let (attempt, state, why) = match end {
            AttemptEnd::Answered(status) => {
                let state =
                    if (200..300).contains(&status) { WebhookState::Delivered } else { WebhookState::Failed };
                (Some(Attempt { at, status: Some(status), error: None }), state, None)
            }
            AttemptEnd::Unanswered(error) => {
                (Some(Attempt { at, status: None, error: Some(error) }), WebhookState::Failed, None)
            }
            AttemptEnd::Refused(why) => (None, WebhookState::Refused, Some(why)),
            AttemptEnd::Nothing(why) => (None, WebhookState::Failed, Some(why)),
        };
        let plan = Arc::clone(&delivery.message.plan);
        delivery.tried += u32::from(attempt.is_some());
        let again = attempt.is_some() && state == WebhookState::Failed && delivery.tried <= plan.retries;
        let next = again.then(|| at.after(plan.backoff_millis(delivery.tried)));
        if let Some(entry) = self.log.entry(delivery.number) {
            entry.attempts.extend(attempt);
            entry.state = if again { WebhookState::Pending } else { state };
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
        let others = |name: &Arc<str>| account.is_some_and(|account| **name != *account);
        self.queues.retain(|name, _| others(name));
        self.pending.retain(|_, name| others(name));
        self.log.forget(account);
    }
}

fn blank_record(key: &JobKey, plan: &WebhookPlan) -> WebhookRecord {
    WebhookRecord {
        id: String::new(),
        key: key.clone(),
        phase: None,
        copy: 1,
        url: plan.shown.clone(),
        due_at: None,
        attempts: Vec::new(),
        state: WebhookState::Pending,
        why: None,
    }
}
