//! The handler of `poll`.

use super::{Answered, HandlerRefusal, find_own_job};
use crate::edge::call::answer::VendorAnswer;
use crate::edge::call::check::Checked;
use crate::state::view::view_job;
use crate::transact::LoadedAccount;

/// Answers a poll, and records it where polls move the job.
pub(super) async fn handle_poll(
    checked: &Checked<'_>,
    account: &mut LoadedAccount<'_>,
) -> Result<Answered, HandlerRefusal> {
    let (job, model) = find_own_job(checked)?;
    let job = match checked.context.is_head() {
        true => job.clone(),
        // Without room for a mark the poll is answered all the same.
        false => account.record_poll(job).await.unwrap_or_else(|_| job.clone()),
    };
    let (context, now) = (checked.context, account.now());
    let view = view_job(&job, model, now, context.base);
    let (dialect, exchange) = (&context.served.vendor.dialect, context.exchange(now, job.entropy));
    let write = || dialect.write_job(&exchange, &view);
    let answer =
        VendorAnswer::write(checked.effects.response.as_ref(), write, || dialect.job(&exchange, &view));
    Ok(Answered { answer, job: Some(job) })
}
