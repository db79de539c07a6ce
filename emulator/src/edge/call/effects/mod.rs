//! The effects on a request or a download: from its prompt, its header, and the scenarios.

mod orders;
pub(super) mod problem;
pub(super) mod response;

use std::sync::Arc;

use mockreel_contracts::Model;
use mockreel_contracts::contract::check::intent::prompt;
use serde_json::Value;

use self::orders::OrderReader;
pub(in crate::edge) use self::orders::Orders;
use super::notes::Notes;
use crate::app::App;
use crate::edge::call::operation::Routed;
use crate::edge::headers::SCENARIO_HEADER;
use crate::engine::Others;
use crate::scenario::{Effects, RequestFacts, RequestKind, split_prompt};
use crate::state::account::AccountState;
use crate::state::job::Job;
use crate::transact::LoadedAccount;

/// Reads the orders in a request's prompt and header.
pub(super) fn read_orders(
    routed: &Routed<'_>,
    model: Option<&Model>,
    account: &AccountState,
    notes: &mut Notes<'_>,
) -> Orders {
    let context = routed.context;
    let contract = context.contract();
    let prompt = model.and_then(|model| prompt(model, routed.json()));
    let headers = context.request.headers_named(SCENARIO_HEADER);
    let (vendor, edition) = (contract.id.as_str(), contract.edition.as_str());
    OrderReader { app: context.app, account, vendor, edition, notes }.read_orders(prompt.as_deref(), &headers)
}

/// Resolves the effects on a request with these orders.
pub(super) async fn resolve_effects(
    routed: &Routed<'_>,
    model: Option<&Model>,
    account: &mut LoadedAccount<'_>,
    orders: Orders,
) -> Effects {
    let contract = routed.context.contract();
    let body = routed.json();
    let prompt = model.and_then(|model| prompt(model, body));
    let name = Arc::clone(&account.name);
    let request = RequestFacts {
        vendor: &contract.id,
        edition: &contract.edition,
        operation: RequestKind::Operation(routed.matched.name),
        model: model.map(|model| model.id.as_str()).or(routed.job.as_ref().map(|job| job.model.as_str())),
        account: &name,
        prompt: prompt.as_deref().map(|prompt| split_prompt(prompt).0),
        body,
        subject: routed.job_id.as_deref().unwrap_or_default(),
    };
    // Without room for its counts, a request is not affected.
    account.resolve_effects(&request, &orders.first, orders.others).await.unwrap_or_default()
}

/// Reads the orders in the header of a download.
pub(in crate::edge) fn read_download_orders(
    app: &App,
    account: &AccountState,
    job: &Job,
    headers: &[(String, String)],
    notes: &mut Notes<'_>,
) -> Orders {
    let named = headers.iter().filter(|(name, _)| name == SCENARIO_HEADER);
    let headers: Vec<&str> = named.map(|(_, value)| value.as_str()).collect();
    let (vendor, edition) = (&*job.key.vendor, &*job.edition);
    OrderReader { app, account, vendor, edition, notes }.read_orders(None, &headers)
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
    let mut effects =
        account.resolve_effects(&request, &orders.first, orders.others).await.unwrap_or_default();
    if let Some(ordered) = job.result_fault.as_ref().filter(|_| orders.others == Others::Heard)
        && effects.download.as_ref().is_none_or(|now| ordered.channel < now.channel)
    {
        effects.download = Some(ordered.clone());
        effects.scenarios.extend(job.scenarios.iter().cloned());
    }
    effects
}
