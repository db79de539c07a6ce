//! Orders about scenarios.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Answer, Order, Whose, Wrong};
use crate::engine::{Command, Outcome};
use crate::scenario::{Scenarios, posted, shipped, with_added, with_dropped};

/// How many scenarios an account may have, and how many all accounts together share.
const MOST: usize = 500;

/// `GET scenarios`: those of one account and of all, or of every account; and the names of the ready-made ones.
pub(super) async fn list(order: &Order<'_>) -> Answer {
    order.only(&[])?;
    let store = &order.shared.store;
    let everywhere = store.everywhere().await;
    let mut told = shown(&everywhere, "*");
    let accounts: Vec<Arc<str>> = match &order.account {
        Whose::One(account) => vec![Arc::clone(account)],
        Whose::Unnamed | Whose::Everybody => store.accounts().await,
    };
    for account in accounts {
        told.extend(shown(&store.account(&account).await.scenarios, &account));
    }
    let ready: Vec<Value> =
        shipped::sets().iter().map(|set| json!({"name": set.name, "summary": set.summary})).collect();
    Ok(json!({"scenarios": told, "ready_made": ready, "seed": order.shared.settings.seed.0}))
}

fn shown(list: &Scenarios, account: &str) -> Vec<Value> {
    let told = list.iter().map(|scenario| {
        let mut told = serde_json::to_value(&**scenario).unwrap_or_default();
        told["account"] = account.into();
        told
    });
    told.collect()
}

/// `POST scenarios`: a scenario, a list of them, or `{"name":"NAME"}` of a ready-made one.
pub(super) async fn add(order: &Order<'_>) -> Answer {
    let added = posted(&order.text).map_err(|error| Wrong::bad(format!("the body, {error}")))?;
    if added.is_empty() {
        return Err(Wrong::bad(
            "the body holds no scenario: expected {\"name\",\"match\",\"then\"} or a list",
        ));
    }
    let too_many = |held: usize| {
        let detail = format!("there are {held} scenarios and at most {MOST}: drop some with DELETE");
        (held + added.len() > MOST).then(|| Wrong::bad(detail))
    };
    match &order.account {
        Whose::Unnamed => return Err(order.unnamed()),
        Whose::One(account) => {
            let held = order.shared.store.account(account).await.scenarios.len();
            too_many(held).map_or(Ok(()), Err)?;
            order.perform(account, &Command::AddScenarios(&added)).await?;
        }
        Whose::Everybody => {
            // One at a time, so that of two orders at once none is lost.
            let _turn = order.shared.everywhere_turn.lock().await;
            let held = order.shared.store.everywhere().await;
            too_many(held.len()).map_or(Ok(()), Err)?;
            let (scenarios, touched) = with_added(&held, &added);
            order.shared.store.set_everywhere(scenarios, &touched).await;
        }
    }
    list_after(order).await
}

/// `DELETE scenarios[?name=NAME]`: one, a set, or all.
pub(super) async fn drop(order: &Order<'_>) -> Answer {
    let name = order.parameter("name");
    let gone = match &order.account {
        Whose::Unnamed => return Err(order.unnamed()),
        Whose::One(account) => {
            let outcome = order.perform(account, &Command::DropScenarios(name)).await?;
            matches!(outcome, Outcome::Changed(true))
        }
        Whose::Everybody => {
            let _turn = order.shared.everywhere_turn.lock().await;
            let store = &order.shared.store;
            let (scenarios, gone) = with_dropped(&store.everywhere().await, name);
            store.set_everywhere(scenarios, &gone).await;
            let mut any = !gone.is_empty();
            for account in store.accounts().await {
                let outcome = order.perform(&account, &Command::DropScenarios(name)).await?;
                any |= matches!(outcome, Outcome::Changed(true));
            }
            any
        }
    };
    match name {
        Some(name) if !gone => {
            let detail =
                format!("there is no scenario `{name}` of this account; GET /__admin/scenarios lists them");
            Err(Wrong::new(axum::http::StatusCode::NOT_FOUND, detail))
        }
        _ => list_after(order).await,
    }
}

/// What a write answers: the scenarios as they are now.
async fn list_after(order: &Order<'_>) -> Answer {
    let store = &order.shared.store;
    let (held, account): (Scenarios, &str) = match &order.account {
        Whose::One(account) => (store.account(account).await.scenarios, account),
        Whose::Unnamed | Whose::Everybody => (store.everywhere().await, "*"),
    };
    Ok(json!({"scenarios": shown(&held, account)}))
}

impl Order<'_> {
    async fn perform(&self, account: &Arc<str>, command: &Command<'_>) -> Result<Outcome, Wrong> {
        let done = self.shared.perform(account, command).await;
        done.map_err(|error| Wrong::new(axum::http::StatusCode::CONFLICT, error.to_string()))
    }
}
