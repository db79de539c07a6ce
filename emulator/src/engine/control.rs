//! The decisions about a job's commands: a test starts or ends it.

use std::sync::Arc;

use mockreel_contracts::Phase;

use super::{Decision, DecisionContext, JobRefusal, add_mark};
use crate::state::job::{Ending, Job, Mark};

/// Takes a job out of the queue.
///
/// # Errors
///
/// If it has started or ended.
pub(crate) fn start_job(
    context: &DecisionContext<'_>,
    job: &Arc<Job>,
) -> Result<Decision<Arc<Job>>, JobRefusal> {
    let now = context.now();
    match job.standing(now).phase {
        Phase::Queued => Ok(add_mark(job, Mark::Started(now))),
        Phase::Running => Err(JobRefusal::AlreadyRunning),
        ended @ (Phase::Succeeded | Phase::Failed | Phase::Cancelled) => Err(JobRefusal::Ended(ended)),
    }
}

/// Ends a job.
///
/// # Errors
///
/// If it has ended.
pub(crate) fn end_job(
    context: &DecisionContext<'_>,
    job: &Arc<Job>,
    ending: &Ending,
) -> Result<Decision<Arc<Job>>, JobRefusal> {
    let now = context.now();
    match job.standing(now).phase {
        Phase::Queued | Phase::Running => Ok(add_mark(job, Mark::Ended(now, ending.clone()))),
        ended @ (Phase::Succeeded | Phase::Failed | Phase::Cancelled) => Err(JobRefusal::Ended(ended)),
    }
}
