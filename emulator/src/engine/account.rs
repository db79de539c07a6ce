//! The decisions about an account beside its jobs: counts, clock, wallets.

use std::sync::Arc;
use std::time::Duration;

use mockreel_contracts::UnixMillis;

use super::{Decision, DecisionContext};
use crate::clock::AccountClock;
use crate::state::change::Change;
use crate::state::wallet::WalletUpdate;

/// The refusal to set a clock back; it names the account's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the account's clock is at {0} and never goes back")]
pub(crate) struct ClockWouldGoBack(pub UnixMillis);

/// Counts a refusal by a vendor. The result is its number.
pub(crate) fn count_refusal(context: &DecisionContext<'_>, vendor: &Arc<str>) -> Decision<u64> {
    let result = context.state.counts(vendor).refusals;
    Decision { changes: vec![Change::Refused(Arc::clone(vendor))], result }
}

/// Counts an upload address that a vendor gives out. The result is its number.
pub(crate) fn count_upload(context: &DecisionContext<'_>, vendor: &Arc<str>) -> Decision<u64> {
    let result = context.state.counts(vendor).uploads;
    Decision { changes: vec![Change::UploadGiven(Arc::clone(vendor))], result }
}

/// A change of an account's clock. What depends on the account's time is reckoned when the change is decided: read before,
/// the time would have gone on meanwhile, or another request would have moved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockMove {
    /// Onto this clock.
    To(AccountClock),
    /// Onto a manual clock that stands where the present one is.
    Stop,
    /// Onto a manual clock that is so much later, at most at [`UnixMillis::LAST`].
    Later(Duration),
    /// Onto a manual clock that is at least at this time.
    Reach(UnixMillis),
}

/// Moves the account's clock. The result is its time before and after.
///
/// # Errors
///
/// If its time would go back.
pub(crate) fn move_clock(
    context: &DecisionContext<'_>,
    step: ClockMove,
) -> Result<Decision<(UnixMillis, UnixMillis)>, ClockWouldGoBack> {
    let now = context.now();
    let clock = match step {
        ClockMove::To(clock) => clock,
        ClockMove::Stop => AccountClock::Manual(now),
        ClockMove::Later(by) => {
            let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
            AccountClock::Manual(now.after(millis).min(UnixMillis::LAST).max(now))
        }
        ClockMove::Reach(moment) => AccountClock::Manual(moment.max(now)),
    };
    let after = clock.now(context.system_now);
    if after < now {
        return Err(ClockWouldGoBack(now));
    }
    Ok(Decision { changes: vec![Change::ClockSet(clock)], result: (now, after) })
}

/// Changes the account's wallet for a vendor, given all its jobs there.
pub(crate) fn update_wallet(
    context: &DecisionContext<'_>,
    vendor: &Arc<str>,
    update: &WalletUpdate,
) -> Decision<()> {
    let now = context.now();
    let spent = context.state.spent(vendor, context.jobs, now);
    let wallet = context.state.wallet(vendor).updated(update, spent, context.jobs, now);
    Decision { changes: vec![Change::WalletSet(Arc::clone(vendor), Arc::new(wallet))], result: () }
}
