//! The wallet of an account with a vendor: balance, limits, and the submits that still count. Pure.
//!
//! The cost of a job follows from the job and the time alone, so a balance is computed when it is asked for:
//! what was granted, less what was charged, plus what was given back, less what is put aside. The store folds the
//! jobs that it drops into a sum, so that nothing is forgotten. Only requests in a window of time are written
//! down, because the jobs that they made may be gone before the window is.

use std::collections::BTreeMap;
use std::ops::Add;
use std::sync::Arc;

use mockreel_contracts::contract::model::money::{Billing, Charged, Scope};
use mockreel_contracts::{Phase, UnixMillis};

use super::job::Job;
use super::limits::{AccountLimits, RateWindow};
use mockreel_contracts::amount::Amount;

/// How a job is billed: fixed when it is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillingTerms {
    /// When its price is charged.
    pub charged: Charged,
    /// Whether it costs its price if it fails.
    pub failed_billed: bool,
    /// Whether it costs its price if it is cancelled.
    pub cancelled_billed: bool,
}

impl From<&Billing> for BillingTerms {
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
        let price = Amount::nearest(job.price.unwrap_or_default());
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

    /// What a job costs as long as it has not ended.
    pub(crate) fn until_ended(job: &Job) -> Self {
        let price = Amount::nearest(job.price.unwrap_or_default());
        match job.terms.charged {
            Charged::Submit => Self { charged: price, ..Self::default() },
            Charged::Completion => Self { held: price, ..Self::default() },
        }
    }

    /// The sum without a part of it.
    pub(crate) fn less(self, part: Self) -> Self {
        Self {
            charged: self.charged.less(part.charged),
            refunded: self.refunded.less(part.refunded),
            held: self.held.less(part.held),
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

/// What an account may spend with a vendor, and what it may do at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wallet {
    /// Everything that was ever put in; nothing, if there is no end to it.
    granted: Option<Amount>,
    limits: AccountLimits,
    /// The submits that may still count in a window, by the number of their job, and so by time.
    pub(crate) recent: BTreeMap<u64, (UnixMillis, Arc<str>)>,
}

/// A change of a wallet. What is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WalletUpdate {
    /// What is to be left now; without an amount there is no end to it.
    pub balance: Option<Option<Amount>>,
    /// What is allowed from now on.
    pub limits: Option<AccountLimits>,
}

/// What a submit takes from a wallet: its price, and a place in the windows of its model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charge<'a> {
    /// What shares one count of requests, by the vendor's contract.
    pub scope: Scope,
    /// The model asked for.
    pub model: &'a str,
    /// What it will cost; nothing, if no price is known.
    pub price: Option<Amount>,
}

impl Wallet {
    /// What is allowed.
    pub(crate) fn limits(&self) -> &AccountLimits {
        &self.limits
    }

    /// Whether the jobs of the account matter to it. Only then does a submit have to load them.
    pub(crate) fn depends_on_jobs(&self) -> bool {
        self.granted.is_some() || self.limits.counts_jobs()
    }

    /// What is left after that was spent; nothing, if there is no end to it.
    pub(crate) fn left(&self, spent: Spent) -> Option<Amount> {
        self.granted.map(|granted| (granted + spent.refunded).less(spent.charged + spent.held))
    }

    /// The wallet after an update, given what was spent by then and on which jobs.
    #[must_use]
    pub(crate) fn updated(
        &self,
        update: &WalletUpdate,
        spent: Spent,
        jobs: &[Arc<Job>],
        now: UnixMillis,
    ) -> Self {
        let mut wallet = self.clone();
        if let Some(balance) = update.balance {
            // What is to be left is what was granted less everything spent, so the grant makes up for that.
            wallet.granted = balance.map(|left| (left + spent.charged + spent.held).less(spent.refunded));
        }
        if let Some(limits) = &update.limits {
            wallet.limits = limits.clone();
            // A new limit counts what came before it.
            let entries =
                jobs.iter().map(|job| (job.number, (job.submitted_at, Arc::from(job.model.as_str()))));
            wallet.recent.extend(entries);
        }
        wallet.forget_past_submits(now);
        wallet
    }

    /// How long a window stays full, in milliseconds; nothing, if it has room.
    pub(crate) fn millis_until_room(&self, limit: &RateWindow, model: &str, now: UnixMillis) -> Option<u64> {
        let counts = |(at, of): &&(UnixMillis, Arc<str>)| {
            (!limit.one_model || &**of == model) && now.0.saturating_sub(at.0) < limit.millis
        };
        let inside: Vec<UnixMillis> = self.recent.values().filter(counts).map(|(at, _)| *at).collect();
        // Room comes when so many have left that one less than allowed is inside.
        let leaving = inside.len().checked_sub(usize::try_from(limit.allowed).unwrap_or(usize::MAX))?;
        inside.get(leaving).map(|at| at.0 + limit.millis - now.0)
    }

    /// The wallet after a submit was accepted; nothing, if it need not be written down.
    #[must_use]
    pub(crate) fn after_submit(&self, charge: &Charge<'_>, number: u64, now: UnixMillis) -> Option<Self> {
        if self.limits.windows(charge.model, charge.scope).is_empty() {
            return None;
        }
        let mut wallet = self.clone();
        wallet.recent.insert(number, (now, Arc::from(charge.model)));
        wallet.forget_past_submits(now);
        Some(wallet)
    }

    /// Drops the submits that no window has inside any more. What is left is bounded by the limits.
    fn forget_past_submits(&mut self, now: UnixMillis) {
        let limits = &self.limits;
        self.recent.retain(|_, (at, model)| {
            let windows = limits.windows(model, Scope::Model).into_iter();
            let longest = windows.map(|limit| limit.millis).max().unwrap_or_default();
            now.0.saturating_sub(at.0) < longest
        });
    }
}

/// The funds of an account with a vendor: its wallet at a moment, and what it has spent.
#[derive(Clone, Debug, PartialEq)]
pub struct Funds {
    /// What is left; nothing, if there is no end to it.
    pub balance: Option<Amount>,
    /// What its jobs have cost.
    pub spent: Spent,
    /// What it may do.
    pub limits: AccountLimits,
}
