//! The handler of `balance`.

use mockreel_contracts::Reply;
use mockreel_contracts::dialect::BalanceView;

use crate::account;
use crate::edge::call::check::Checked;
use crate::transact::LoadedAccount;
use mockreel_contracts::amount::Amount;

/// Answers what is left in the account's wallet; nothing for a key that is reserved for accounts without a balance.
pub(super) async fn handle_balance(checked: &Checked<'_>, account: &LoadedAccount<'_>) -> Reply {
    let context = checked.context;
    let contract = context.contract();
    let broke = checked.credential.as_ref().is_some_and(|credential| account::is_broke(&credential.key));
    let left =
        if broke { Some(Amount::ZERO) } else { context.app.funds(&account.name, &contract.id).await.balance };
    let unlimited = contract.billing.unlimited.as_ref().map_or(0.0, |fact| fact.amount);
    let view = BalanceView { left: left.map_or(unlimited, Amount::units) };
    context.served.vendor.dialect.balance(&context.exchange(account.now(), [0; 32]), &view)
}
