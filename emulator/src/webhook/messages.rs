//! The messages of a followed job: one for each phase change that is announced, with the time it is due.

use std::sync::Arc;

use mockreel_contracts::{UnixMillis, ids};

use crate::random::{Purpose, Seed};
use crate::scheduler::transitions::{PhaseChange, PhaseCursor, phase_changes};
use crate::state::job::{Job, JobKey};
use crate::state::webhook_plan::WebhookPlan;

/// A message about a job, to be sent at a time of the account.
#[derive(Clone, Debug)]
pub(crate) struct WebhookMessage {
    /// The job.
    pub(crate) key: JobKey,
    /// How it is sent.
    pub(crate) plan: Arc<WebhookPlan>,
    /// Its id, which its copies share.
    pub(crate) id: String,
    /// Which copy it is, from 1.
    pub(crate) copy: u32,
    /// The change that it announces.
    pub(crate) change: PhaseChange,
    /// When it is to be sent.
    pub(crate) due: UnixMillis,
}

/// The messages about one job, as it is followed.
#[derive(Debug)]
pub(crate) struct Messages {
    plan: Arc<WebhookPlan>,
    cursor: PhaseCursor,
    /// Messages that wait for the last one, where the order is reversed.
    held_back: Vec<WebhookMessage>,
}

impl Messages {
    /// None yet.
    pub(crate) fn new(plan: Arc<WebhookPlan>) -> Self {
        Self { plan, cursor: PhaseCursor::default(), held_back: Vec::new() }
    }

    /// Makes the messages of the job's changes since the last time.
    pub(crate) fn advance(&mut self, job: &Job, seed: Seed, now: UnixMillis) -> Vec<WebhookMessage> {
        let mut messages = std::mem::take(&mut self.held_back);
        for change in phase_changes(job, &mut self.cursor, now) {
            if let Some(place) = self.plan.phases.iter().position(|phase| *phase == change.phase) {
                messages.push(self.message_about(job, seed, place, change));
            }
        }
        if self.plan.reversed {
            if !job.standing(now).phase.is_terminal() {
                self.held_back = messages;
                return Vec::new();
            }
            let last = messages.iter().map(|message| message.due).max().unwrap_or(now);
            messages.reverse();
            messages.iter_mut().for_each(|message| message.due = last);
        }
        let copies = 1..=self.plan.copies;
        messages
            .iter()
            .flat_map(|message| copies.clone().map(|copy| WebhookMessage { copy, ..message.clone() }))
            .collect()
    }

    fn message_about(&self, job: &Job, seed: Seed, place: usize, change: PhaseChange) -> WebhookMessage {
        let mut draw = seed.draw(&job.key.account, &job.key.vendor, job.number, Purpose::Callback);
        // The draws of all messages before it come first, so that each has its own whichever are made.
        let mut drawn = ([0; 32], 0);
        for _ in 0..=place {
            drawn = (draw.bytes(), self.plan.delay.map_or(0, |delay| delay.draw(&mut draw)));
        }
        let (random, delay) = drawn;
        WebhookMessage {
            key: job.key.clone(),
            plan: Arc::clone(&self.plan),
            id: format!("msg_{}", ids::hex(&random[..12])),
            copy: 1,
            change,
            due: change.at.after(delay),
        }
    }
}
