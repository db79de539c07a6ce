//! The transitions of a job: its phase changes so far, and the next one. Pure, like the job itself.

use mockreel_contracts::{Phase, UnixMillis};

use crate::state::job::{Job, standing};
use crate::state::progress::Progress;

/// A phase change: the beginning of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PhaseChange {
    /// The phase.
    pub(crate) phase: Phase,
    /// When it began, by the account's clock.
    pub(crate) at: UnixMillis,
    /// How many marks the job had then: with one more it may stand elsewhere at the same time.
    pub(crate) marks: usize,
}

/// How far a job has been followed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PhaseCursor {
    phase: Option<Phase>,
    marks: usize,
}

/// Lists the phases that began since the cursor, in order, each once, and moves the cursor on.
pub(crate) fn phase_changes(job: &Job, cursor: &mut PhaseCursor, now: UnixMillis) -> Vec<PhaseChange> {
    let mut moments = vec![(job.submitted_at, 0)];
    for planned in planned_changes(job) {
        // At the same moment the plan comes before what a command did.
        let before = job.marks.iter().take_while(|mark| mark.moment() < planned).count();
        moments.push((planned, before));
    }
    let since = cursor.marks.min(job.marks.len());
    moments
        .extend(job.marks.iter().enumerate().skip(since).map(|(number, mark)| (mark.moment(), number + 1)));
    moments.retain(|(at, _)| *at <= now);
    moments.sort_unstable();
    let mut changes = Vec::new();
    for (at, marks) in moments {
        let phase = standing(&job.timeline, job.progress, &job.marks[..marks], at).phase;
        if cursor.phase.is_none_or(|before| !before.is_terminal() && before < phase) {
            cursor.phase = Some(phase);
            changes.push(PhaseChange { phase, at, marks });
        }
    }
    cursor.marks = job.marks.iter().take_while(|mark| mark.moment() <= now).count();
    changes
}

/// Computes when a job changes next if no command interferes.
pub(super) fn next_change(job: &Job, now: UnixMillis) -> Option<UnixMillis> {
    planned_changes(job).filter(|at| *at > now).min()
}

/// Lists the changes that time alone brings.
fn planned_changes(job: &Job) -> impl Iterator<Item = UnixMillis> {
    let by_time = match job.progress {
        Progress::Time | Progress::Immediate => [job.timeline.starts_at, job.timeline.ends_at],
        Progress::Polls(_) | Progress::Step => [None, None],
    };
    by_time.into_iter().flatten()
}
