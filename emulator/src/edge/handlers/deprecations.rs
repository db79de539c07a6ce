//! The handler of `deprecations`.

use mockreel_contracts::Reply;

use super::revalidate::revalidate;
use crate::edge::call::check::Checked;
use crate::transact::LoadedAccount;

/// Lists the models that have gone or will go.
pub(super) fn handle_deprecations(checked: &Checked<'_>, account: &LoadedAccount<'_>) -> Reply {
    let context = checked.context;
    let reply = context.served.vendor.dialect.deprecations(&context.exchange(account.now(), [0; 32]));
    revalidate(checked, reply)
}
