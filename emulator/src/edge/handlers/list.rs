//! The handler of `list`.

use std::sync::Arc;

use mockreel_contracts::contract::check::intent::place_of;
use mockreel_contracts::{JobView, Role};

use super::{Answered, VendorAnswer};
use crate::edge::call::check::Checked;
use crate::state::view::view_job;
use crate::store::JobFilter;
use crate::transact::LoadedAccount;

/// Lists the caller's jobs, newest first; of one model, if the query names one.
pub(super) async fn handle_list(checked: &Checked<'_>, account: &LoadedAccount<'_>) -> Answered {
    let context = checked.context;
    let contract = context.contract();
    let filter = JobFilter { account: Some(Arc::clone(&account.name)), vendor: Some(contract.id.clone()) };
    let jobs = context.app.store.jobs(&filter).await;
    let pointer = checked.matched.operation.query.as_ref().and_then(|schema| place_of(schema, Role::Model));
    let model = pointer.and_then(|pointer| context.request.query().pointer(&pointer)?.as_str());
    let now = account.now();
    let views: Vec<JobView<'_>> = jobs
        .iter()
        .filter(|job| checked.is_own(job) && model.is_none_or(|model| *model == job.model))
        .filter_map(|job| Some(view_job(job, contract.models.get(&job.model)?, now, context.base)))
        .collect();
    let (dialect, exchange) = (&context.served.vendor.dialect, context.exchange(now, [0; 32]));
    // What a scenario changes has to be a tree of values.
    let written = checked.effects.response.is_none().then(|| dialect.write_list(&exchange, &views)).flatten();
    let answer = match written {
        Some(written) => VendorAnswer::Written(written),
        None => VendorAnswer::Reply(dialect.list(&exchange, &views)),
    };
    Answered { answer, job: None }
}
