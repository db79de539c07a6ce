//! The effects on a request or a download: from its prompt, its header, and the scenarios.

mod orders;
mod overlaps;
pub(super) mod problem;
pub(super) mod response;

use std::sync::Arc;

use mockreel_contracts::contract::check::intent::prompt;
use mockreel_contracts::{Model, Operation};
use serde_json::Value;

pub(in crate::edge) use self::orders::Orders;
use self::orders::{NO_SCENARIO, OrderReader, Unheard};
use super::notes::Notes;
use crate::app::App;
use crate::edge::call::operation::Routed;
use crate::edge::headers::SCENARIO_HEADER;
use crate::engine::{Directives, Others};
use crate::scenario::{Effects, RequestFacts, RequestKind, split_prompt};
use crate::state::account::AccountState;
use crate::state::job::Job;
use crate::transact::LoadedAccount;

/// The headers of the emulator's own that a request may have.
const OWN_HEADERS: [&str; 3] = [SCENARIO_HEADER, "x-mockreel-token", "x-mockreel-warning"];

/// Reads the orders in a request's prompt and header.
pub(super) fn read_orders(
    routed: &Routed<'_>,
    model: Option<&Model>,
    account: &LoadedAccount<'_>,
    notes: &mut Notes<'_>,
) -> Orders {
    let context = routed.context;
    let prompt = model.and_then(|model| prompt(model, routed.json()));
    let headers = context.request.headers_named(SCENARIO_HEADER);
    let facts = describe_request(routed, model, prompt.as_deref(), &account.name);
    if context.app.follows_directives() {
        warn_of_misspelt(context.request.head.texts(), notes);
    }
    let unheard = count_unheard(routed, prompt.as_deref());
    OrderReader { app: context.app, account: &account.state, facts, notes }.read_orders(
        prompt.as_deref(),
        unheard,
        &headers,
    )
}

/// The facts about a request that scenarios match.
fn describe_request<'a>(
    routed: &'a Routed<'_>,
    model: Option<&'a Model>,
    prompt: Option<&'a str>,
    account: &'a str,
) -> RequestFacts<'a> {
    let contract = routed.context.contract();
    RequestFacts {
        vendor: &contract.id,
        edition: &contract.edition,
        operation: RequestKind::Operation(routed.matched.name),
        model: model.map(|model| model.id.as_str()).or(routed.job.as_ref().map(|job| job.model.as_str())),
        account,
        prompt: prompt.map(|prompt| split_prompt(prompt).0),
        body: routed.json(),
        subject: routed.job_id.as_deref().unwrap_or_default(),
    }
}

/// Where directives in a body stand that are not followed.
fn count_unheard(routed: &Routed<'_>, prompt: Option<&str>) -> Option<Unheard> {
    if routed.matched.name != Operation::Submit {
        return None;
    }
    let all = match routed.context.request.unread_text(routed.json()) {
        Some(text) => Directives::count_in(text),
        None => count_in(routed.json()),
    };
    match prompt {
        None => (all > 0).then_some(Unheard::WithoutPrompt),
        Some(prompt) => (all > Directives::count_in(prompt)).then_some(Unheard::OutsidePrompt),
    }
}

/// How many directives the texts of a value have.
fn count_in(value: &Value) -> usize {
    match value {
        Value::String(text) => Directives::count_in(text),
        Value::Array(items) => items.iter().map(count_in).sum(),
        Value::Object(members) => members.values().map(count_in).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// Resolves the effects on a request with these orders.
pub(super) async fn resolve_effects(
    routed: &Routed<'_>,
    model: Option<&Model>,
    account: &mut LoadedAccount<'_>,
    orders: Orders,
) -> Effects {
    let prompt = model.and_then(|model| prompt(model, routed.json()));
    let name = Arc::clone(&account.name);
    let request = describe_request(routed, model, prompt.as_deref(), &name);
    // Without room for its counts, a request is not affected.
    account.resolve_effects(&request, &orders.first, orders.others).await.unwrap_or_default()
}

/// Warns that a request's header cannot be followed, since what it asks for is nothing that a scenario meets.
pub(in crate::edge) fn warn_of_header(headers: &[(String, String)], why: &str, notes: &mut Notes<'_>) {
    let mut values =
        headers.iter().filter(|(name, _)| name == SCENARIO_HEADER).map(|(_, value)| value.trim());
    if values.any(|value| value != NO_SCENARIO) {
        notes.add_warning(&format!("`{SCENARIO_HEADER}` is not followed: {why}"));
    }
}

/// Warns of headers that were probably meant to be one of the emulator's, and are spelt otherwise.
fn warn_of_misspelt(headers: &[(String, String)], notes: &mut Notes<'_>) {
    for (name, _) in headers {
        let is_alike = name.contains("mock") && (name.contains("mockreel") || name.contains("scenario"));
        if is_alike && !OWN_HEADERS.contains(&name.as_str()) {
            let name = notes.quote_start(name);
            notes.add_warning(&format!("`{name}` is no header of Mockreel: expected `{SCENARIO_HEADER}`"));
        }
    }
}

/// Reads the orders in the header of a download.
pub(in crate::edge) fn read_download_orders(
    app: &App,
    account: &AccountState,
    job: &Job,
    headers: &[(String, String)],
    notes: &mut Notes<'_>,
) -> Orders {
    if app.follows_directives() {
        warn_of_misspelt(headers, notes);
    }
    let named = headers.iter().filter(|(name, _)| name == SCENARIO_HEADER);
    let headers: Vec<&str> = named.map(|(_, value)| value.as_str()).collect();
    let facts = describe_download(job, "");
    OrderReader { app, account, facts, notes }.read_orders(None, None, &headers)
}

/// The facts about the download of one of a job's files.
fn describe_download<'a>(job: &'a Job, subject: &'a str) -> RequestFacts<'a> {
    RequestFacts {
        vendor: &job.key.vendor,
        edition: &job.edition,
        operation: RequestKind::Download,
        model: Some(&job.model),
        account: &job.key.account,
        prompt: None,
        body: &Value::Null,
        subject,
    }
}

/// Resolves the effects on the download of one of a job's files. Of what was ordered at submit and what applies now the
/// closer one is heard; of two as close, what applies now.
pub(in crate::edge) async fn resolve_download_effects(
    account: &mut LoadedAccount<'_>,
    job: &Job,
    file: &str,
    orders: Orders,
) -> Effects {
    let subject = format!("{} {file}", job.key.id);
    let request = describe_download(job, &subject);
    let mut effects =
        account.resolve_effects(&request, &orders.first, orders.others).await.unwrap_or_default();
    if let Some(ordered) = job.result_fault.as_ref().filter(|_| orders.others == Others::Heard)
        && effects.download.as_ref().is_none_or(|now| ordered.channel.outlives(now.channel))
    {
        effects.download = Some(ordered.clone());
        effects.scenarios.extend(job.scenarios.iter().cloned());
    }
    effects
}
