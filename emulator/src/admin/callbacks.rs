//! What became of callbacks.

use mockreel_contracts::{Phase, UnixMillis};
use serde_json::{Value, json};

use super::jobs::{SHOWN, account_of, number};
use super::{Answer, Order, Wrong};
use crate::callback::{Entry, State};

/// `GET callbacks`.
pub(super) fn list(order: &Order<'_>) -> Answer {
    let state = match order.parameter("state") {
        None => None,
        Some(name) => {
            let known = || State::ALL.map(State::name).join(", ");
            Some(
                State::named(name)
                    .ok_or_else(|| Wrong::bad(format!("`state` is `{name}`: expected one of {}", known())))?,
            )
        }
    };
    let limit = number(order, "limit")?.unwrap_or(SHOWN);
    let offset = number(order, "offset")?.unwrap_or(0);
    let account = account_of(order);
    let wanted = |entry: &&Entry| {
        let is = |name: &str, held: &str| order.parameter(name).is_none_or(|wanted| wanted == held);
        account.as_ref().is_none_or(|account| *account == entry.key.account)
            && is("vendor", &entry.key.vendor)
            && is("job", &entry.key.id)
            && state.is_none_or(|state| state == entry.state)
    };
    Ok(order.shared.schedule.with(|schedule| {
        let log = schedule.outbox.log();
        let found: Vec<&Entry> = log.newest().filter(wanted).collect();
        let shown: Vec<Value> = found.iter().skip(offset).take(limit).map(|entry| described(entry)).collect();
        json!({"callbacks": shown, "total": found.len(), "dropped": log.dropped()})
    }))
}

fn described(entry: &Entry) -> Value {
    let attempts: Vec<Value> = entry
        .attempts
        .iter()
        .map(|attempt| json!({"at": attempt.at.rfc3339(), "status": attempt.status, "error": attempt.error}))
        .collect();
    json!({
        "id": entry.id,
        "job": &*entry.key.id,
        "vendor": &*entry.key.vendor,
        "account": &*entry.key.account,
        "phase": entry.phase.map(Phase::name),
        "copy": entry.copy,
        "url": entry.url,
        "due_at": entry.due_at.map(UnixMillis::rfc3339),
        "attempts": attempts,
        "state": entry.state.name(),
        "why": entry.why,
    })
}
