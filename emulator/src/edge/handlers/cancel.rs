//! The handler of `cancel`.

use super::{Answered, HandlerRefusal, find_own_job};
use crate::edge::call::answer::VendorAnswer;
use crate::edge::call::check::Checked;
use crate::state::view::view_job;
use crate::transact::LoadedAccount;

/// Cancels a job that still waits, and answers with the job as it is then.
pub(super) async fn handle_cancel(
    checked: &Checked<'_>,
    account: &mut LoadedAccount<'_>,
) -> Result<Answered, HandlerRefusal> {
    let (job, model) = find_own_job(checked)?;
    let job = account.cancel_queued(job).await.unwrap_or_else(|_| job.clone());
    let (context, now) = (checked.context, account.now());
    let view = view_job(&job, model, now, context.base);
    let reply = context.served.vendor.dialect.cancelled(&context.exchange(now, job.entropy), &view);
    Ok(Answered { answer: VendorAnswer::Reply(reply), job: Some(job) })
}
