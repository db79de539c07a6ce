//! Orders about money and limits.

use std::sync::Arc;

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Answer, Order, Whose, Wrong};
use crate::engine::{AccountLimits, Amount, Command, PurseOrder};
use crate::handles::OrderError;
use crate::purses::{Balance, Funds, Till, filled};
use crate::store::Purses;

/// `GET account/{vendor}`.
pub(super) async fn show(order: &Order<'_>, vendor: &str) -> Answer {
    let unit = till(order, vendor)?.unit();
    match &order.account {
        Whose::One(account) => Ok(told(&order.shared.funds(account, vendor).await, unit)),
        Whose::Unnamed | Whose::Everybody => {
            let mut accounts = Vec::new();
            for account in order.shared.store.accounts().await {
                let mut told = told(&order.shared.funds(&account, vendor).await, unit);
                told["account"] = Value::from(&*account);
                accounts.push(told);
            }
            Ok(json!({ "accounts": accounts }))
        }
    }
}

/// `PUT account/{vendor}`. A member that is left out stays as it is, one that is null is unlimited.
pub(super) async fn fill(order: &Order<'_>, vendor: &str) -> Answer {
    let till = till(order, vendor)?;
    order.only(&["balance", "limits"])?;
    let balance = match order.body.get("balance") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(given) => {
            let balance: Balance = member("balance", given)?;
            Some(Some(till.amount(&balance).map_err(Wrong::bad)?))
        }
    };
    let limits = match order.body.get("limits") {
        None => None,
        Some(Value::Null) => Some(AccountLimits::default()),
        Some(given) => Some(till.limits(member("limits", given)?).map_err(Wrong::bad)?),
    };
    let purse = PurseOrder { balance, limits };
    let vendor_name: Arc<str> = Arc::from(vendor);
    let accounts = match &order.account {
        Whose::Unnamed => return Err(order.unnamed()),
        Whose::One(account) => vec![Arc::clone(account)],
        Whose::Everybody => {
            // Accounts that are still to come begin with it too.
            let mut first = Purses::clone(&*order.shared.store.first_purses().await);
            let held = first.entry(Arc::clone(&vendor_name)).or_default();
            *held = Arc::new(filled(held, &purse));
            order.shared.store.set_first_purses(Arc::new(first)).await;
            order.shared.store.accounts().await
        }
    };
    for account in &accounts {
        let command = Command::Fill(Arc::clone(&vendor_name), &purse);
        order
            .shared
            .perform(account, &command)
            .await
            .map_err(|error| Wrong::from(OrderError::from(error)))?;
    }
    show(order, vendor).await
}

fn till<'o>(order: &'o Order<'_>, vendor: &'o str) -> Result<Till<'o>, Wrong> {
    let vendors = &order.shared.settings.vendors;
    Till::of(vendors, vendor).map_err(|why| Wrong::new(StatusCode::NOT_FOUND, why))
}

fn member<T: DeserializeOwned>(name: &str, given: &Value) -> Result<T, Wrong> {
    serde_json::from_value(given.clone()).map_err(|why| Wrong::bad(format!("`{name}`: {why}")))
}

fn told(funds: &Funds, unit: Option<&str>) -> Value {
    let balance = funds.balance.map(|left| json!({"amount": left.units(), "unit": unit}));
    let number = |amount: Amount| amount.units();
    json!({
        "balance": balance,
        "unit": unit,
        "charged": number(funds.spent.charged),
        "refunded": number(funds.spent.refunded),
        "held": number(funds.spent.held),
        "limits": funds.limits,
    })
}
