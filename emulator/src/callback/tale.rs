//! Following a job for its receiver: which messages its changes make, and when each is due.

use std::sync::Arc;

use mockreel_contracts::{UnixMillis, ids};

use super::CallbackPlan;
use crate::job::{Job, JobKey};
use crate::random::{Purpose, Seed};
use crate::schedule::passings::{Followed, Passing, passings};

/// A message about a job, to be sent at a time of the account.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The job.
    pub(crate) key: JobKey,
    /// What is ordered about it.
    pub(crate) plan: Arc<CallbackPlan>,
    /// Its id, which its copies share.
    pub(crate) id: String,
    /// Which copy it is, from 1.
    pub(crate) copy: u32,
    /// What it announces.
    pub(crate) passing: Passing,
    /// When it is to be sent.
    pub(crate) due: UnixMillis,
}

/// What a receiver was and will be told of a job.
#[derive(Debug)]
pub(crate) struct Tale {
    plan: Arc<CallbackPlan>,
    followed: Followed,
    /// Messages that wait for the last one, where the order is reversed.
    held_back: Vec<Message>,
}

impl Tale {
    /// One that has not begun.
    pub(crate) fn new(plan: Arc<CallbackPlan>) -> Self {
        Self { plan, followed: Followed::default(), held_back: Vec::new() }
    }

    /// The messages that the job's changes since the last time make.
    pub(crate) fn go_on(&mut self, job: &Job, seed: Seed, now: UnixMillis) -> Vec<Message> {
        let mut told = std::mem::take(&mut self.held_back);
        for passing in passings(job, &mut self.followed, now) {
            if let Some(place) = self.plan.phases.iter().position(|phase| *phase == passing.phase) {
                told.push(self.message(job, seed, place, passing));
            }
        }
        if self.plan.reversed {
            if !job.standing(now).phase.is_terminal() {
                self.held_back = told;
                return Vec::new();
            }
            let last = told.iter().map(|message| message.due).max().unwrap_or(now);
            told.reverse();
            told.iter_mut().for_each(|message| message.due = last);
        }
        let copies = 1..=self.plan.copies;
        told.iter()
            .flat_map(|message| copies.clone().map(|copy| Message { copy, ..message.clone() }))
            .collect()
    }

    fn message(&self, job: &Job, seed: Seed, place: usize, passing: Passing) -> Message {
        let mut draw = seed.draw(&job.key.account, &job.key.vendor, job.number, Purpose::Callback);
        // The draws of all messages before it come first, so that each has its own whichever are made.
        let mut drawn = ([0; 32], 0);
        for _ in 0..=place {
            drawn = (draw.bytes(), self.plan.delay.map_or(0, |delay| delay.draw(&mut draw)));
        }
        let (random, delay) = drawn;
        Message {
            key: job.key.clone(),
            plan: Arc::clone(&self.plan),
            id: format!("msg_{}", ids::hex(&random[..12])),
            copy: 1,
            passing,
            due: passing.at.after(delay),
        }
    }
}
