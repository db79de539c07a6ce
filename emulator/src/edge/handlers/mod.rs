//! The handlers of a vendor's operations, one file for each.

mod balance;
mod cancel;
mod deprecations;
mod list;
mod model;
mod models;
mod poll;
mod revalidate;
mod submit;
mod upload;

use std::sync::Arc;

use mockreel_contracts::{Model, Operation, Problem, Reply};

use super::call::answer::VendorAnswer;
use super::call::check::Checked;
use crate::state::job::Job;
use crate::transact::LoadedAccount;

/// The answer of a handler.
pub(super) struct Answered {
    /// The answer, as the vendor's dialect writes it.
    pub(super) answer: VendorAnswer,
    /// The job that the request turned out to be about.
    pub(super) job: Option<Arc<Job>>,
}

impl From<Reply> for Answered {
    fn from(reply: Reply) -> Self {
        Self { answer: VendorAnswer::Reply(reply), job: None }
    }
}

/// A refusal by a handler or a check.
pub(super) struct HandlerRefusal {
    /// The problem.
    pub(super) problem: Problem,
    /// The job that the request turned out to be about.
    pub(super) job: Option<Arc<Job>>,
}

impl From<Problem> for HandlerRefusal {
    fn from(problem: Problem) -> Self {
        Self { problem, job: None }
    }
}

/// Hands a request to the handler of its operation.
pub(super) async fn handle(
    checked: Checked<'_>,
    account: &mut LoadedAccount<'_>,
) -> Result<Answered, HandlerRefusal> {
    match checked.matched.name {
        Operation::Submit => submit::handle_submit(checked, account).await,
        Operation::Poll => poll::handle_poll(&checked, account).await,
        Operation::List => Ok(list::handle_list(&checked, account).await),
        Operation::Models => Ok(models::handle_models(&checked, account).into()),
        Operation::Model => model::handle_model(&checked, account),
        Operation::Upload => upload::handle_upload(&checked, account).await,
        Operation::Deprecations => Ok(deprecations::handle_deprecations(&checked, account).into()),
        Operation::Balance => Ok(balance::handle_balance(&checked, account).await.into()),
        Operation::Cancel => cancel::handle_cancel(&checked, account).await,
    }
}

/// Finds the caller's job that a request names, and its model.
fn find_own_job<'c>(checked: &'c Checked<'_>) -> Result<(&'c Arc<Job>, &'c Model), HandlerRefusal> {
    let id = checked.job_id.clone().unwrap_or_default();
    let Some(job) = checked.own_job() else { return Err(Problem::UnknownJob { id }.into()) };
    match checked.context.contract().models.get(&job.model) {
        Some(model) => Ok((job, model)),
        None => Err(HandlerRefusal { problem: Problem::UnknownJob { id }, job: Some(Arc::clone(job)) }),
    }
}
