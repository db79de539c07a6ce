//! The decisions about an account beside its jobs: counts, clock, wallets.

use std::sync::Arc;

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

/// Puts the account on a clock. The result is its time by that clock.
///
/// # Errors
///
/// If its time would go back.
pub(crate) fn set_clock(
    context: &DecisionContext<'_>,
    clock: AccountClock,
) -> Result<Decision<UnixMillis>, ClockWouldGoBack> {
    let (now, result) = (context.now(), clock.now(context.system_now));
    if result < now {
        return Err(ClockWouldGoBack(now));
    }
    Ok(Decision { changes: vec![Change::ClockSet(clock)], result })
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
