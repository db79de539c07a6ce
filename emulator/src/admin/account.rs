//! The wallets of the control API: balances and limits.

use std::sync::Arc;

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::request::{AccountScope, AdminError, AdminRequest, AdminResult};
use crate::handles::HandleError;
use crate::state::account::Wallets;
use crate::state::limits::AccountLimits;
use crate::state::wallet::{Funds, WalletUpdate};
use crate::wallets::{Balance, VendorPricing, fill_new};
use mockreel_contracts::amount::Amount;

/// `GET account/{vendor}`.
pub(super) async fn show_account(request: &AdminRequest<'_>, vendor: &str) -> AdminResult {
    let unit = find_pricing(request, vendor)?.unit();
    match &request.account {
        AccountScope::One(account) => Ok(describe_funds(&request.app.funds(account, vendor).await, unit)),
        AccountScope::Unnamed | AccountScope::All => {
            let page = request.page()?;
            let all = request.app.store.accounts().await;
            let mut accounts = Vec::new();
            for account in page.cut_out(&all) {
                let mut described = describe_funds(&request.app.funds(account, vendor).await, unit);
                described["account"] = Value::from(&**account);
                accounts.push(described);
            }
            Ok(json!({"accounts": accounts, "total": all.len()}))
        }
    }
}

/// `PUT account/{vendor}`. A member that is left out stays as it is, one that is null is unlimited.
pub(super) async fn update_account(request: &AdminRequest<'_>, vendor: &str) -> AdminResult {
    let pricing = find_pricing(request, vendor)?;
    request.allow_members(&["balance", "limits"])?;
    let balance = match request.body.get("balance") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(given) => {
            let balance: Balance = read_member("balance", given)?;
            Some(Some(pricing.amount(&balance).map_err(AdminError::bad)?))
        }
    };
    let limits = match request.body.get("limits") {
        None => None,
        Some(Value::Null) => Some(AccountLimits::default()),
        Some(given) => Some(pricing.limits(read_member("limits", given)?).map_err(AdminError::bad)?),
    };
    let update = WalletUpdate { balance, limits };
    let vendor_name: Arc<str> = Arc::from(vendor);
    let accounts = match &request.account {
        AccountScope::Unnamed => return Err(request.account_missing()),
        AccountScope::One(account) => vec![Arc::clone(account)],
        AccountScope::All => {
            // Accounts that are still to come begin with it too.
            let mut first = Wallets::clone(&*request.app.store.default_wallets().await);
            let wallet = first.entry(Arc::clone(&vendor_name)).or_default();
            *wallet = Arc::new(fill_new(wallet, &update));
            request.app.store.set_default_wallets(Arc::new(first)).await;
            request.app.store.accounts().await
        }
    };
    for account in &accounts {
        let mut loaded = request.app.load_account(account).await;
        loaded.update_wallet(&vendor_name, &update).await.map_err(HandleError::from)?;
    }
    show_account(request, vendor).await
}

fn find_pricing<'o>(request: &'o AdminRequest<'_>, vendor: &'o str) -> Result<VendorPricing<'o>, AdminError> {
    let vendors = &request.app.settings.vendors;
    VendorPricing::of(vendors, vendor).map_err(|why| AdminError::new(StatusCode::NOT_FOUND, why))
}

fn read_member<T: DeserializeOwned>(name: &str, given: &Value) -> Result<T, AdminError> {
    serde_json::from_value(given.clone()).map_err(|why| AdminError::bad(format!("`{name}`: {why}")))
}

fn describe_funds(funds: &Funds, unit: Option<&str>) -> Value {
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
