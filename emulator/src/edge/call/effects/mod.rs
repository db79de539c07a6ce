//! The effects on a request or a download: from its prompt, its header, and the scenarios.

pub(super) mod problem;
pub(super) mod response;

use std::sync::Arc;

use axum::http::HeaderMap;
use mockreel_contracts::Model;
use mockreel_contracts::contract::check::intent::prompt;
use serde_json::Value;

use crate::account;
use crate::app::App;
use crate::edge::call::operation::Routed;
use crate::edge::headers::SCENARIO_HEADER;
use crate::engine::Directives;
use crate::scenario::{Effects, RequestFacts, RequestKind, Scenario, sets};
use crate::state::account::AccountState;
use crate::state::job::Job;
use crate::transact::LoadedAccount;

/// The header's value when no scenario is to affect a request.
const NO_SCENARIO: &str = "none";

/// Resolves the effects on a request, with notes for a developer.
pub(super) async fn resolve_effects(
    routed: &Routed<'_>,
    model: Option<&Model>,
    account: &mut LoadedAccount<'_>,
) -> (Effects, Vec<String>) {
    let mut notes = Vec::new();
    let context = routed.context;
    let header = context.request.header(SCENARIO_HEADER);
    let followed = context.app.follows_directives();
    if !followed && header.is_some() {
        notes.push(format!("`{SCENARIO_HEADER}` is followed on loopback only; see --allow-directives"));
    }
    let header = header.filter(|_| followed);
    let body = routed.json();
    let prompt = model.and_then(|model| prompt(model, body));
    let prompt = prompt.as_deref();
    let mut first = scenarios_of_prompt(prompt, followed, &account.state, &mut notes);
    if header.is_some_and(|text| text.trim() == NO_SCENARIO) {
        return (Effects::default(), notes);
    }
    if let Some(text) = header {
        match scenarios_of_header(text, &account.state) {
            Ok(scenarios) => first.extend(scenarios),
            Err(why) => notes.push(format!("`{SCENARIO_HEADER}`: {why}")),
        }
    }
    let contract = context.contract();
    let name = Arc::clone(&account.name);
    let request = RequestFacts {
        vendor: &contract.id,
        edition: &contract.edition,
        operation: RequestKind::Operation(routed.matched.name),
        model: model.map(|model| model.id.as_str()).or(routed.job.as_ref().map(|job| job.model.as_str())),
        account: &name,
        prompt,
        body,
        subject: routed.job_id.as_deref().unwrap_or_default(),
    };
    // Without room for its counts, a request is not affected.
    (account.resolve_effects(&request, &first).await.unwrap_or_default(), notes)
}

/// Resolves the effects on the download of one of a job's files. What applies now wins over what applied at submit.
pub(in crate::edge) async fn resolve_download_effects(
    app: &App,
    account: &mut LoadedAccount<'_>,
    job: &Job,
    file: &str,
    headers: &HeaderMap,
) -> Effects {
    let followed = app.follows_directives();
    let header = headers.get(SCENARIO_HEADER).and_then(|value| value.to_str().ok()).filter(|_| followed);
    if header.is_some_and(|text| text.trim() == NO_SCENARIO) {
        return Effects::default();
    }
    let first = match header {
        // A mistake in it changes nothing, as on a vendor's path.
        Some(text) => scenarios_of_header(text, &account.state).unwrap_or_default(),
        None => Vec::new(),
    };
    let subject = format!("{} {file}", job.key.id);
    let request = RequestFacts {
        vendor: &job.key.vendor,
        edition: &job.edition,
        operation: RequestKind::Download,
        model: Some(&job.model),
        account: &job.key.account,
        prompt: None,
        body: &Value::Null,
        subject: &subject,
    };
    let mut effects = account.resolve_effects(&request, &first).await.unwrap_or_default();
    if effects.download.is_none() && job.result_fault.is_some() {
        effects.download.clone_from(&job.result_fault);
        effects.scenarios.extend(job.scenarios.iter().cloned());
    }
    effects
}

/// Reads the scenarios of a prompt, which come before all others.
fn scenarios_of_prompt(
    prompt: Option<&str>,
    followed: bool,
    account: &AccountState,
    notes: &mut Vec<String>,
) -> Vec<Arc<Scenario>> {
    let Some(prompt) = prompt.filter(|prompt| prompt.contains("[mock:")) else { return Vec::new() };
    if !followed {
        notes.push("orders in prompts are followed on loopback only; see --allow-directives".to_owned());
        return Vec::new();
    }
    let directives = Directives::read(prompt);
    notes.extend(directives.warnings.iter().cloned());
    let mut first = vec![Arc::new(Scenario::for_every_request("prompt", directives.then()))];
    for name in &directives.scenarios {
        match scenarios_named(name, account) {
            Ok(scenarios) => first.extend(scenarios),
            Err(why) => notes.push(format!("directive `[mock:scenario={name}]`: {why}")),
        }
    }
    first
}

/// Reads the scenarios of a header: a name, or a scenario in JSON.
fn scenarios_of_header(text: &str, account: &AccountState) -> Result<Vec<Arc<Scenario>>, String> {
    let text = text.trim();
    if !text.starts_with('{') {
        return scenarios_named(text, account);
    }
    let mut scenario = Scenario::from_json(text).map_err(|error| error.to_string())?;
    if scenario.name.is_empty() {
        // What is counted for it is counted under its text, so that repeated requests are told apart by number.
        scenario.name = format!("header {}", account::digest(text).get(..8).unwrap_or_default());
    }
    Ok(vec![Arc::new(scenario)])
}

/// Finds the scenarios of a name: the account's own, those of all accounts, or a ready-made set.
fn scenarios_named(name: &str, account: &AccountState) -> Result<Vec<Arc<Scenario>>, String> {
    let all = account.scenarios.iter().chain(account.everywhere.iter());
    let own: Vec<Arc<Scenario>> = all.filter(|scenario| scenario.is_called(name)).cloned().collect();
    if own.is_empty() { sets::set(name).map(|set| set.to_vec()) } else { Ok(own) }
}
