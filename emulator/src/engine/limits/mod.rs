//! The limits check of a submit: balance, rates, unfinished jobs. Pure.

use std::sync::Arc;

use mockreel_contracts::UnixMillis;

use crate::state::job::Job;
use crate::state::wallet::{Charge, Spent, Wallet};
use mockreel_contracts::amount::Amount;

/// Why a submit is more than an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LimitExceeded {
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

/// Refuses a submit that is more than an account may do that has spent so much on these jobs.
///
/// # Errors
///
/// What it is short of: money first, then rates, then unfinished jobs. Of several full windows it is the one
/// that takes longest.
pub(crate) fn check_limits(
    wallet: &Wallet,
    charge: &Charge<'_>,
    spent: Spent,
    jobs: &[Arc<Job>],
    now: UnixMillis,
) -> Result<(), LimitExceeded> {
    if let Some(left) = wallet.left(spent) {
        // Where no price is known, something must be left: an empty wallet buys nothing.
        let covered = charge.price.map_or(left > Amount::ZERO, |price| price <= left);
        if !covered {
            return Err(LimitExceeded::Credits);
        }
    }
    let full = wallet.limits().windows(charge.model, charge.scope).into_iter().filter_map(|limit| {
        let retry_after_ms = wallet.millis_until_room(&limit, charge.model, now)?;
        Some(LimitExceeded::Rate {
            limit: limit.allowed,
            window_seconds: limit.millis / 1000,
            retry_after_ms,
            one_model: limit.one_model,
        })
    });
    let wait = |exceeded: &LimitExceeded| match exceeded {
        LimitExceeded::Rate { retry_after_ms, .. } => *retry_after_ms,
        LimitExceeded::Credits | LimitExceeded::Concurrency { .. } => 0,
    };
    if let Some(longest) = full.max_by_key(wait) {
        return Err(longest);
    }
    let unfinished = |model: Option<&str>| {
        let unfinished = jobs.iter().filter(|job| {
            model.is_none_or(|model| job.model == model) && !job.standing(now).phase.is_terminal()
        });
        unfinished.count() as u64
    };
    let of_model = wallet.limits().models.get(charge.model).and_then(|limits| limits.concurrent);
    for (allowed, model) in [(wallet.limits().concurrent, None), (of_model, Some(charge.model))] {
        if let Some(limit) = allowed.filter(|limit| unfinished(model) >= u64::from(*limit)) {
            return Err(LimitExceeded::Concurrency { limit });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
