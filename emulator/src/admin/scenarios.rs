//! The scenarios of the control API.

use std::sync::Arc;

use serde_json::{Value, json};

use super::request::{AccountScope, AdminError, AdminRequest, AdminResult};
use crate::handles::HandleError;
use crate::scenario::{Scenarios, parse_posted, sets, with_added, with_dropped};

/// How many scenarios an account may have, and how many all accounts together share.
const MAX_SCENARIOS: usize = 500;

/// `GET scenarios`: those of one account and of all, or of every account; and the names of the ready-made ones.
pub(super) async fn list_scenarios(request: &AdminRequest<'_>) -> AdminResult {
    request.allow_members(&[])?;
    let store = &request.app.store;
    let everywhere = store.global_scenarios().await;
    let mut scenarios = describe_all(&everywhere, "*");
    let accounts: Vec<Arc<str>> = match &request.account {
        AccountScope::One(account) => vec![Arc::clone(account)],
        AccountScope::Unnamed | AccountScope::All => store.accounts().await,
    };
    for account in accounts {
        scenarios.extend(describe_all(&store.account(&account).await.scenarios, &account));
    }
    let ready: Vec<Value> =
        sets::sets().iter().map(|set| json!({"name": set.name, "summary": set.summary})).collect();
    Ok(json!({"scenarios": scenarios, "ready_made": ready, "seed": request.app.settings.seed.0}))
}

fn describe_all(list: &Scenarios, account: &str) -> Vec<Value> {
    let described = list.iter().map(|scenario| {
        let mut described = serde_json::to_value(&**scenario).unwrap_or_default();
        described["account"] = account.into();
        described
    });
    described.collect()
}

/// `POST scenarios`: a scenario, a list of them, or `{"name":"NAME"}` of a ready-made one.
pub(super) async fn add_scenarios(request: &AdminRequest<'_>) -> AdminResult {
    let added = parse_posted(&request.text).map_err(|error| AdminError::bad(format!("the body, {error}")))?;
    if added.is_empty() {
        return Err(AdminError::bad(
            "the body holds no scenario: expected {\"name\",\"match\",\"then\"} or a list",
        ));
    }
    let too_many = |present: usize| {
        let detail =
            format!("there are {present} scenarios and at most {MAX_SCENARIOS}: drop some with DELETE");
        (present + added.len() > MAX_SCENARIOS).then(|| AdminError::bad(detail))
    };
    match &request.account {
        AccountScope::Unnamed => return Err(request.account_missing()),
        AccountScope::One(account) => {
            let present = request.app.store.account(account).await.scenarios.len();
            too_many(present).map_or(Ok(()), Err)?;
            let mut loaded = request.app.load_account(account).await;
            loaded.add_scenarios(&added).await.map_err(HandleError::from)?;
        }
        AccountScope::All => {
            // One at a time, so that of two orders at once none is lost.
            let _turn = request.app.global_scenarios_turn.lock().await;
            let present = request.app.store.global_scenarios().await;
            too_many(present.len()).map_or(Ok(()), Err)?;
            let (scenarios, touched) = with_added(&present, &added);
            request.app.store.set_global_scenarios(scenarios, &touched).await;
        }
    }
    list_after(request).await
}

/// `DELETE scenarios[?name=NAME]`: one, a set, or all.
pub(super) async fn drop_scenarios(request: &AdminRequest<'_>) -> AdminResult {
    let name = request.parameter("name");
    let gone = match &request.account {
        AccountScope::Unnamed => return Err(request.account_missing()),
        AccountScope::One(account) => {
            let mut loaded = request.app.load_account(account).await;
            loaded.drop_scenarios(name).await.map_err(HandleError::from)?
        }
        AccountScope::All => {
            let _turn = request.app.global_scenarios_turn.lock().await;
            let store = &request.app.store;
            let (scenarios, gone) = with_dropped(&store.global_scenarios().await, name);
            store.set_global_scenarios(scenarios, &gone).await;
            let mut any = !gone.is_empty();
            for account in store.accounts().await {
                let mut loaded = request.app.load_account(&account).await;
                any |= loaded.drop_scenarios(name).await.map_err(HandleError::from)?;
            }
            any
        }
    };
    match name {
        Some(name) if !gone => {
            let detail =
                format!("there is no scenario `{name}` of this account; GET /__admin/scenarios lists them");
            Err(AdminError::new(axum::http::StatusCode::NOT_FOUND, detail))
        }
        _ => list_after(request).await,
    }
}

/// What a write answers: the scenarios as they are now.
async fn list_after(request: &AdminRequest<'_>) -> AdminResult {
    let store = &request.app.store;
    let (present, account): (Scenarios, &str) = match &request.account {
        AccountScope::One(account) => (store.account(account).await.scenarios, account),
        AccountScope::Unnamed | AccountScope::All => (store.global_scenarios().await, "*"),
    };
    Ok(json!({"scenarios": describe_all(&present, account)}))
}
