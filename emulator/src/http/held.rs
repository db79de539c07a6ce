//! Answers that are held until a job has ended.

use std::sync::Arc;

use crate::job::Job;
use crate::shared::Shared;

/// Waits until a job has ended by its account's clock or by an order, and answers the job as it is then.
///
/// A job that never ends is waited for as long as the caller lives; dropping the future leaves nothing behind.
/// `None` if the job was forgotten meanwhile.
pub(crate) async fn until_ended(shared: &Shared, job: &Arc<Job>) -> Option<Arc<Job>> {
    loop {
        // Registered before the look, so that no end falls between the two.
        let waiting = shared.schedule.wait_for(&job.key);
        let held = shared.store.job(&job.key).await?;
        let now = shared.account_now(&job.key.account).await;
        if held.standing(now).phase.is_terminal() {
            return Some(held);
        }
        waiting.ended().await;
    }
}
