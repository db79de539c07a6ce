//! The delayed response of a submit: it waits until the job has ended.

use std::sync::Arc;

use crate::app::App;
use crate::state::job::Job;
use crate::transact::LoadedAccount;

/// Waits until a job has ended by its account's clock or by a command, and answers the job as it is then.
///
/// A job that never ends is waited for as long as the caller lives; dropping the future leaves nothing behind.
/// `None` if the job was forgotten meanwhile.
pub(crate) async fn wait_for_end(
    app: &App,
    account: &mut LoadedAccount<'_>,
    job: &Arc<Job>,
) -> Option<Arc<Job>> {
    loop {
        // Registered before the job is loaded, so that no end falls between the two.
        let end = app.scheduler.wait_for(&job.key);
        let current = app.store.job(&job.key).await?;
        account.reload().await;
        if current.standing(account.now()).phase.is_terminal() {
            return Some(current);
        }
        end.wait().await;
    }
}
