//! The decision about a poll: whether it leaves a mark on the job.

use std::sync::Arc;

use super::{Decision, DecisionContext, add_mark, leave_unchanged};
use crate::state::job::{Job, Mark};

/// Records a poll. Only where polls move a job do they leave a mark; any other poll costs no commit.
pub(crate) fn record_poll(context: &DecisionContext<'_>, job: &Arc<Job>) -> Decision<Arc<Job>> {
    let now = context.now();
    if !job.counts_polls() || job.standing(now).phase.is_terminal() {
        return leave_unchanged(job);
    }
    add_mark(job, Mark::Polled(now))
}
