//! What an account may spend with a vendor, and what it may do at once. Pure.
//!
//! What a job costs follows from the job and the time alone, so a balance is computed when somebody asks:
//! what was granted, less what was charged, plus what was given back, less what is put aside. The store folds the
//! jobs that it drops into a sum, so that nothing is forgotten. Only requests in a window of time are written
//! down, because the jobs that they made may be gone before the window is.

use std::collections::BTreeMap;
use std::ops::Add;
use std::sync::Arc;

use mockreel_contracts::contract::model::money::{Billing, Charged, Scope};
use mockreel_contracts::{Phase, UnixMillis};

use super::Amount;
use super::limits::{AccountLimits, Limit};
use crate::job::Job;

/// How a job is billed: fixed when it is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// When its price is charged.
    pub charged: Charged,
    /// Whether it costs its price if it fails.
    pub failed_billed: bool,
    /// Whether it costs its price if it is cancelled.
    pub cancelled_billed: bool,
}

impl From<&Billing> for Terms {
    fn from(billing: &Billing) -> Self {
        Self {
            charged: billing.charged,
            failed_billed: billing.failed.billed,
            cancelled_billed: billing.cancelled.billed,
        }
    }
}

/// What jobs have cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// What was charged.
    pub charged: Amount,
    /// What of that was given back.
    pub refunded: Amount,
    /// What is put aside for jobs that have not ended.
    pub held: Amount,
}

impl Spent {
    /// What a job has cost at a time of its account. A job without a known price costs nothing.
    pub fn on(job: &Job, now: UnixMillis) -> Self {
        let price = Amount::of(job.price.unwrap_or_default());
        let billed = match job.standing(now).phase {
            Phase::Queued | Phase::Running => None,
            Phase::Succeeded => Some(true),
            Phase::Failed => Some(job.terms.failed_billed),
            Phase::Cancelled => Some(job.terms.cancelled_billed),
        };
        let nothing = Self::default();
        match (job.terms.charged, billed) {
            (Charged::Submit, Some(false)) => Self { charged: price, refunded: price, ..nothing },
            (Charged::Submit, Some(true) | None) | (Charged::Completion, Some(true)) => {
                Self { charged: price, ..nothing }
            }
            (Charged::Completion, None) => Self { held: price, ..nothing },
            (Charged::Completion, Some(false)) => nothing,
        }
    }

    /// What jobs have cost for good, as far as they have ended: charged and not given back.
    pub fn net(self) -> Amount {
        self.charged.less(self.refunded)
    }
}

impl Add for Spent {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            charged: self.charged + other.charged,
            refunded: self.refunded + other.refunded,
            held: self.held + other.held,
        }
    }
}

/// Why a submit is more than an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Short {
    /// The balance does not cover it.
    #[error("the balance does not cover the price")]
    Credits,
    /// A window of time is full.
    #[error("{limit} submits in {window_seconds} seconds are allowed; the next one in {retry_after_ms} ms")]
    Rate {
        /// Submits allowed in the window.
        limit: u32,
        /// Its length.
        window_seconds: u64,
        /// Until one more is let through: neither a millisecond more nor less.
        retry_after_ms: u64,
        /// Whether only submits to the same model count.
        one_model: bool,
    },
    /// Too many jobs have not ended.
    #[error("{limit} unfinished jobs are allowed")]
    Concurrency {
        /// Jobs allowed at once.
        limit: u32,
    },
}

/// What an account may spend with a vendor, and what it may do at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purse {
    /// Everything that was ever put in; nothing, if there is no end to it.
    granted: Option<Amount>,
    limits: AccountLimits,
    /// The submits that may still count in a window, by the number of their job, and so by time.
    recent: BTreeMap<u64, (UnixMillis, Arc<str>)>,
}

/// What is to be put into a purse. What is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PurseOrder {
    /// What is to be left now; without an amount there is no end to it.
    pub balance: Option<Option<Amount>>,
    /// What is allowed from now on.
    pub limits: Option<AccountLimits>,
}

/// A submit, as far as it concerns money and limits.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// What shares one count of requests, by the vendor's contract.
    pub scope: Scope,
    /// The model asked for.
    pub model: &'a str,
    /// What it will cost; nothing, if nobody knows.
    pub price: Option<Amount>,
}

impl Purse {
    /// What is allowed.
    pub fn limits(&self) -> &AccountLimits {
        &self.limits
    }

    /// Whether the jobs of the account matter to it. Only then does a submit have to look at them.
    pub fn looks_at_jobs(&self) -> bool {
        self.granted.is_some() || self.limits.counts_jobs()
    }

    /// What is left after that was spent; nothing, if there is no end to it.
    pub fn left(&self, spent: Spent) -> Option<Amount> {
        self.granted.map(|granted| (granted + spent.refunded).less(spent.charged + spent.held))
    }

    /// The purse after an order, given what was spent by then and on which jobs.
    #[must_use]
    pub fn ordered(&self, order: &PurseOrder, spent: Spent, jobs: &[Arc<Job>], now: UnixMillis) -> Self {
        let mut purse = self.clone();
        if let Some(balance) = order.balance {
            // What is to be left is what was granted less everything spent, so the grant makes up for that.
            purse.granted = balance.map(|left| (left + spent.charged + spent.held).less(spent.refunded));
        }
        if let Some(limits) = &order.limits {
            purse.limits = limits.clone();
            // A new limit counts what came before it.
            let entries =
                jobs.iter().map(|job| (job.number, (job.submitted_at, Arc::from(job.model.as_str()))));
            purse.recent.extend(entries);
        }
        purse.forget_what_no_longer_counts(now);
        purse
    }

    /// Whether a submit may be accepted, by an account that has spent so much on these jobs.
    ///
    /// # Errors
    ///
    /// What it is short of: money first, then rates, then unfinished jobs. Of several full windows it is the one
    /// that takes longest.
    pub fn admits(
        &self,
        wish: &Wish<'_>,
        spent: Spent,
        jobs: &[Arc<Job>],
        now: UnixMillis,
    ) -> Result<(), Short> {
        if let Some(left) = self.left(spent) {
            // Where no price is known, something must be left: an empty purse buys nothing.
            let covered = wish.price.map_or(left > Amount::ZERO, |price| price <= left);
            if !covered {
                return Err(Short::Credits);
            }
        }
        let full = self.limits.windows(wish.model, wish.scope).into_iter().filter_map(|limit| {
            let retry_after_ms = self.wait(&limit, wish.model, now)?;
            Some(Short::Rate {
                limit: limit.allowed,
                window_seconds: limit.millis / 1000,
                retry_after_ms,
                one_model: limit.one_model,
            })
        });
        let wait = |short: &Short| match short {
            Short::Rate { retry_after_ms, .. } => *retry_after_ms,
            Short::Credits | Short::Concurrency { .. } => 0,
        };
        if let Some(longest) = full.max_by_key(wait) {
            return Err(longest);
        }
        let unfinished = |model: Option<&str>| {
            let held = jobs.iter().filter(|job| {
                model.is_none_or(|model| job.model == model) && !job.standing(now).phase.is_terminal()
            });
            held.count() as u64
        };
        let of_model = self.limits.models.get(wish.model).and_then(|held| held.concurrent);
        for (allowed, model) in [(self.limits.concurrent, None), (of_model, Some(wish.model))] {
            if let Some(limit) = allowed.filter(|limit| unfinished(model) >= u64::from(*limit)) {
                return Err(Short::Concurrency { limit });
            }
        }
        Ok(())
    }

    /// How long a window stays full, in milliseconds; nothing, if it has room.
    fn wait(&self, limit: &Limit, model: &str, now: UnixMillis) -> Option<u64> {
        let counts = |(at, of): &&(UnixMillis, Arc<str>)| {
            (!limit.one_model || &**of == model) && now.0.saturating_sub(at.0) < limit.millis
        };
        let inside: Vec<UnixMillis> = self.recent.values().filter(counts).map(|(at, _)| *at).collect();
        // Room comes when so many have left that one less than allowed is inside.
        let leaving = inside.len().checked_sub(usize::try_from(limit.allowed).unwrap_or(usize::MAX))?;
        inside.get(leaving).map(|at| at.0 + limit.millis - now.0)
    }

    /// The purse after a submit was accepted; nothing, if it need not be written down.
    #[must_use]
    pub fn after(&self, wish: &Wish<'_>, number: u64, now: UnixMillis) -> Option<Self> {
        if self.limits.windows(wish.model, wish.scope).is_empty() {
            return None;
        }
        let mut purse = self.clone();
        purse.recent.insert(number, (now, Arc::from(wish.model)));
        purse.forget_what_no_longer_counts(now);
        Some(purse)
    }

    /// Drops the submits that no window has inside any more. What is left is bounded by the limits.
    fn forget_what_no_longer_counts(&mut self, now: UnixMillis) {
        let limits = &self.limits;
        self.recent.retain(|_, (at, model)| {
            let windows = limits.windows(model, Scope::Model).into_iter();
            let longest = windows.map(|limit| limit.millis).max().unwrap_or_default();
            now.0.saturating_sub(at.0) < longest
        });
    }
}

#[cfg(test)]
mod tests;
