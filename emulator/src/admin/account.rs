//! The wallets of the control API: balances and limits.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::request::{AccountScope, AdminError, AdminRequest, AdminResult};
use crate::handles::HandleError;
use crate::scenario::suggest_name;
use crate::state::account::Wallets;
use crate::state::limits::{AccountLimits, MAX_LIMIT};
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
            let balance = read_balance(given)?;
            Some(Some(pricing.amount(&balance).map_err(AdminError::bad)?))
        }
    };
    let limits = match request.body.get("limits") {
        None => None,
        Some(Value::Null) => Some(AccountLimits::default()),
        Some(given) => Some(pricing.limits(read_limits(given)?).map_err(AdminError::bad)?),
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

/// Reads what an account is to have.
fn read_balance(given: &Value) -> Result<Balance, AdminError> {
    const EXPECTED: &str = "expected {\"amount\": NUMBER}, with \"unit\" if you like, or null for no limit";
    let members = read_members("balance", given, &["amount", "unit"], EXPECTED)?;
    let amount = members
        .get("amount")
        .ok_or_else(|| AdminError::bad(format!("`balance` has no `amount`: {EXPECTED}")))?;
    let amount =
        amount.as_f64().ok_or_else(|| describe_mismatch("balance.amount", amount, "expected a number"))?;
    let unit = match members.get("unit") {
        None | Some(Value::Null) => None,
        Some(Value::String(unit)) => Some(unit.clone()),
        Some(other) => {
            return Err(describe_mismatch("balance.unit", other, "expected a text, or leave it out"));
        }
    };
    Ok(Balance { amount, unit })
}

/// Reads what an account may do.
fn read_limits(given: &Value) -> Result<AccountLimits, AdminError> {
    const EXPECTED: &str = "expected {\"concurrent\": N, \"per_minute\": N, \"per_hour\": N, \"models\": {\"ID\": {...}}}, or null for no limits";
    let members =
        read_members("limits", given, &["concurrent", "per_minute", "per_hour", "models"], EXPECTED)?;
    check_numbers("limits", members)?;
    if let Some(models) = members.get("models") {
        let expected = "expected an object with a model's id as the name of each member";
        let models =
            models.as_object().ok_or_else(|| describe_mismatch("limits.models", models, expected))?;
        for (id, limits) in models {
            let name = format!("limits.models.{id}");
            let expected = "expected {\"concurrent\": N, \"per_minute\": N, \"per_hour\": N}";
            check_numbers(
                &name,
                read_members(&name, limits, &["concurrent", "per_minute", "per_hour"], expected)?,
            )?;
        }
    }
    serde_json::from_value(given.clone()).map_err(|_| describe_mismatch("limits", given, EXPECTED))
}

/// The members of an object that has no others than these.
fn read_members<'v>(
    name: &str,
    given: &'v Value,
    known: &[&str],
    expected: &str,
) -> Result<&'v Map<String, Value>, AdminError> {
    let members = given.as_object().ok_or_else(|| describe_mismatch(name, given, expected))?;
    match members.keys().find(|member| !known.contains(&member.as_str())) {
        None => Ok(members),
        Some(unknown) => {
            let nearest = suggest_name(unknown, known.iter().copied());
            let detail = format!("nobody knows `{name}.{unknown}`{nearest}; there are {}", known.join(", "));
            Err(AdminError::bad(detail))
        }
    }
}

/// Checks that limits are whole numbers, or null for none.
fn check_numbers(name: &str, members: &Map<String, Value>) -> Result<(), AdminError> {
    let is_number = |value: &Value| value.as_u64().is_some_and(|number| u32::try_from(number).is_ok());
    let wrong =
        members.iter().find(|(member, value)| *member != "models" && !value.is_null() && !is_number(value));
    wrong.map_or(Ok(()), |(member, value)| {
        let expected = format!("expected a whole number from 1 to {MAX_LIMIT}, or null for no limit");
        Err(describe_mismatch(&format!("{name}.{member}"), value, &expected))
    })
}

/// Says what a member is, and what was expected.
fn describe_mismatch(name: &str, given: &Value, expected: &str) -> AdminError {
    let text = given.to_string();
    let shown: String = text.chars().take(60).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    AdminError::bad(format!("`{name}` is {shown}{more}: {expected}"))
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
