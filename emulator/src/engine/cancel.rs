//! The decision about a vendor's `cancel`: only a queued job can be cancelled.

use std::sync::Arc;

use mockreel_contracts::Phase;

use super::{Decision, DecisionContext, add_mark, leave_unchanged};
use crate::state::job::{Ending, Job, Mark};

/// Cancels a job if it still waits, as its owner asks of the vendor; any other stays as it is.
pub(crate) fn cancel_queued(context: &DecisionContext<'_>, job: &Arc<Job>) -> Decision<Arc<Job>> {
    let now = context.now();
    match job.standing(now).phase {
        Phase::Queued => add_mark(job, Mark::Ended(now, Ending::Cancellation)),
        Phase::Running | Phase::Succeeded | Phase::Failed | Phase::Cancelled => leave_unchanged(job),
    }
}
