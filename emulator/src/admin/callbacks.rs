//! The webhooks of the control API, which calls them callbacks: their log.

use mockreel_contracts::{Phase, UnixMillis};
use serde_json::{Value, json};

use super::request::{AdminError, AdminRequest, AdminResult};
use crate::webhook::log::{WebhookRecord, WebhookState};

/// `GET callbacks`.
pub(super) fn list_webhooks(request: &AdminRequest<'_>) -> AdminResult {
    let state = match request.parameter("state") {
        None => None,
        Some(name) => {
            let known = || WebhookState::ALL.map(WebhookState::name).join(", ");
            Some(WebhookState::named(name).ok_or_else(|| {
                AdminError::bad(format!("`state` is `{name}`: expected one of {}", known()))
            })?)
        }
    };
    let page = request.page()?;
    let account = request.one_account();
    let matches = |entry: &&WebhookRecord| {
        let is = |name: &str, value: &str| request.parameter(name).is_none_or(|wanted| wanted == value);
        account.as_ref().is_none_or(|account| *account == entry.key.account)
            && is("vendor", &entry.key.vendor)
            && is("job", &entry.key.id)
            && state.is_none_or(|state| state == entry.state)
    };
    Ok(request.app.scheduler.with(|scheduler| {
        let log = scheduler.outbox.log();
        let records: Vec<&WebhookRecord> = log.newest().filter(matches).collect();
        let shown: Vec<Value> = page.cut_out(&records).map(|entry| described(entry)).collect();
        json!({"callbacks": shown, "total": records.len(), "dropped": log.dropped()})
    }))
}

fn described(entry: &WebhookRecord) -> Value {
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
