//! The handler of `models`.

use mockreel_contracts::Reply;

use super::revalidate::revalidate;
use crate::edge::call::check::Checked;
use crate::transact::LoadedAccount;

/// Lists the vendor's models.
pub(super) fn handle_models(checked: &Checked<'_>, account: &LoadedAccount<'_>) -> Reply {
    let context = checked.context;
    let reply = context.served.vendor.dialect.models(&context.exchange(account.now(), [0; 32]));
    revalidate(checked, reply)
}
