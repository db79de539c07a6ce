//! The handler of `list`.

use std::sync::Arc;

use mockreel_contracts::contract::check::intent::place_of;
use mockreel_contracts::{JobView, Role, UnixMillis};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

use super::Answered;
use crate::edge::call::answer::VendorAnswer;
use crate::edge::call::check::Checked;
use crate::state::job::Job;
use crate::state::view::view_job;
use crate::store::{JobFilter, JobWalk};
use crate::transact::LoadedAccount;

/// From so many jobs on a list is long: it is written while other requests are answered by other threads, one at a time.
const LONG_LIST: usize = 1_000;

/// Lists the caller's jobs, newest first; of one model, if the query names one.
pub(super) async fn handle_list(checked: &Checked<'_>, account: &LoadedAccount<'_>) -> Answered {
    let context = checked.context;
    let store = &context.app.store;
    let vendor = Some(context.contract().id.clone());
    let filter = JobFilter { account: Some(Arc::clone(&account.name)), vendor };
    if store.count_jobs(&filter).await < LONG_LIST {
        return write_list(checked, &store.jobs(&filter).await, account.now());
    }
    // Nobody closes it; without a turn it would only be slower.
    let _turn = context.app.long_lists.acquire().await;
    let (mut jobs, mut walk) = (Vec::new(), JobWalk::default());
    loop {
        let step = store.walk_jobs(&filter, &mut walk).await;
        if step.is_empty() {
            break;
        }
        jobs.extend(step.into_iter().filter(|job| checked.is_own(job)));
        tokio::task::yield_now().await;
    }
    let now = account.now();
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(|| write_list(checked, &jobs, now)),
        _ => write_list(checked, &jobs, now),
    }
}

fn write_list(checked: &Checked<'_>, jobs: &[Arc<Job>], now: UnixMillis) -> Answered {
    let context = checked.context;
    let contract = context.contract();
    let pointer = checked.matched.operation.query.as_ref().and_then(|schema| place_of(schema, Role::Model));
    let model = pointer.and_then(|pointer| context.request.query().pointer(&pointer)?.as_str());
    let views: Vec<JobView<'_>> = jobs
        .iter()
        .filter(|job| checked.is_own(job) && model.is_none_or(|model| *model == job.model))
        .filter_map(|job| Some(view_job(job, contract.models.get(&job.model)?, now, context.base)))
        .collect();
    let (dialect, exchange) = (&context.served.vendor.dialect, context.exchange(now, [0; 32]));
    let write = || dialect.write_list(&exchange, &views);
    let answer =
        VendorAnswer::write(checked.effects.response.as_ref(), write, || dialect.list(&exchange, &views));
    Answered { answer, job: None }
}
