//! The scenarios of the control API.

use std::sync::Arc;

use mockreel_contracts::lazy::LazyContract;
use serde_json::{Value, json};

use super::request::{AccountScope, AdminError, AdminRequest, AdminResult};
use crate::handles::HandleError;
use crate::journal::EntryRedactor;
use crate::scenario::{Scenario, Scenarios, parse_posted, sets, with_added, with_dropped};

/// How many scenarios an account may have, and how many all accounts together share.
const MAX_SCENARIOS: usize = 500;

/// How many warnings an order is answered with.
const MAX_WARNINGS: usize = 20;

/// `GET scenarios`: those of one account and of all, or of every account; and the names of the ready-made ones.
pub(super) async fn list_scenarios(request: &AdminRequest<'_>) -> AdminResult {
    request.allow_members(&[])?;
    let page = request.page()?;
    let store = &request.app.store;
    let mut lists = vec![(Arc::from("*"), store.global_scenarios().await)];
    match &request.account {
        AccountScope::One(account) => {
            lists.push((Arc::clone(account), store.account(account).await.scenarios));
        }
        AccountScope::Unnamed | AccountScope::All => lists.extend(store.account_scenarios().await),
    }
    let total: usize = lists.iter().map(|(_, list)| list.len()).sum();
    let all = lists.iter().flat_map(|(account, list)| list.iter().map(move |scenario| (account, scenario)));
    let scenarios: Vec<Value> =
        page.cut_out(all).map(|(account, scenario)| describe(scenario, account)).collect();
    let ready: Vec<Value> =
        sets::sets().iter().map(|set| json!({"name": set.name, "summary": set.summary})).collect();
    let seed = request.app.settings.seed.0;
    Ok(json!({"scenarios": scenarios, "total": total, "ready_made": ready, "seed": seed}))
}

fn describe(scenario: &Scenario, account: &str) -> Value {
    let as_it_is = || serde_json::to_value(scenario).unwrap_or_default();
    let mut described = scenario.shown.as_deref().cloned().unwrap_or_else(as_it_is);
    described["account"] = account.into();
    described
}

/// A scenario as it is kept: what is shown of it has nothing of the key that names the account.
fn prepare_posted(scenario: &Scenario, redactor: &EntryRedactor) -> Scenario {
    let value = serde_json::to_value(scenario).unwrap_or_default();
    let posted_bytes = value.to_string().len() as u64;
    let shown = redactor.hide_json(&value).map(Arc::new);
    let name = if shown.is_some() { redactor.text(&scenario.name) } else { scenario.name.clone() };
    Scenario { name, shown, posted_bytes, ..Scenario::clone(scenario) }
}

/// `POST scenarios`: a scenario, a list of them, or `{"name":"NAME"}` of a ready-made one.
pub(super) async fn add_scenarios(request: &AdminRequest<'_>) -> AdminResult {
    let added = parse_posted(&request.text).map_err(|error| AdminError::bad(format!("the body, {error}")))?;
    if added.is_empty() {
        return Err(AdminError::bad(
            "the body holds no scenario: expected {\"name\",\"match\",\"then\"} or a list",
        ));
    }
    let warnings = list_warnings(request, &added);
    let added: Vec<Arc<Scenario>> =
        added.iter().map(|scenario| Arc::new(prepare_posted(scenario, &request.redactor))).collect();
    let too_many = |present: &Scenarios| {
        // What takes the place of another needs no room of its own.
        let fits = added.len() <= MAX_SCENARIOS && with_added(present, &added).0.len() <= MAX_SCENARIOS;
        let present = present.len();
        let detail =
            format!("there are {present} scenarios and at most {MAX_SCENARIOS}: drop some with DELETE");
        (!fits).then(|| AdminError::bad(detail))
    };
    match &request.account {
        AccountScope::Unnamed => return Err(request.account_missing()),
        AccountScope::One(account) => {
            let present = request.app.store.account(account).await.scenarios;
            too_many(&present).map_or(Ok(()), Err)?;
            let mut loaded = request.app.load_account(account).await;
            loaded.add_scenarios(&added).await.map_err(HandleError::from)?;
        }
        AccountScope::All => {
            // One at a time, so that of two orders at once none is lost.
            let _turn = request.app.global_scenarios_turn.lock().await;
            let present = request.app.store.global_scenarios().await;
            too_many(&present).map_or(Ok(()), Err)?;
            let (scenarios, touched) = with_added(&present, &added);
            request.app.store.set_global_scenarios(scenarios, &touched).await;
        }
    }
    let mut answer = list_after(request).await?;
    if !warnings.is_empty() {
        answer["warnings"] = warnings.into();
    }
    Ok(answer)
}

/// What is suspicious in scenarios that can be read: they may meet nothing.
fn list_warnings(request: &AdminRequest<'_>, added: &[Arc<Scenario>]) -> Vec<String> {
    let served: Vec<&LazyContract> =
        request.app.settings.vendors.iter().map(|served| &served.vendor.contract).collect();
    let mut warnings = Vec::new();
    for scenario in added {
        let mut doubts = scenario.list_doubts(&served);
        if let (Some(named), AccountScope::One(account)) = (&scenario.matcher.account, &request.account)
            && *named.digest() != **account
        {
            doubts.push("`account` names another account than the one that it is ordered for".to_owned());
        }
        let name = match scenario.name.as_str() {
            "" => "a scenario without a name".to_owned(),
            name => format!("scenario `{name}`"),
        };
        for doubt in doubts {
            let warning = request.redactor.text(&format!("{name}: {doubt}"));
            if warnings.len() < MAX_WARNINGS && !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    warnings
}

/// `DELETE scenarios[?name=NAME]`: one, a set, or all.
pub(super) async fn drop_scenarios(request: &AdminRequest<'_>) -> AdminResult {
    let name = request.parameter("name").map(|name| request.redactor.text(name));
    let name = name.as_deref();
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
            for (account, _) in store.account_scenarios().await {
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
    let shown: Vec<Value> = present.iter().map(|scenario| describe(scenario, account)).collect();
    Ok(json!({"scenarios": shown}))
}
