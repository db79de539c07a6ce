//! Which phases a job has passed through, when, and after which marks: pure, like the job itself.

use mockreel_contracts::{Phase, UnixMillis};

use crate::job::{Job, Mark, Progress, standing};

/// The beginning of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passing {
    /// The phase.
    pub(crate) phase: Phase,
    /// When it began, by the account's clock.
    pub(crate) at: UnixMillis,
    /// How many marks the job had then: with one more it may stand elsewhere at the same time.
    pub(crate) marks: usize,
}

/// How far somebody has followed a job.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Followed {
    phase: Option<Phase>,
    marks: usize,
}

/// The phases that began since somebody last looked, in order, each once, and follows them.
pub(crate) fn passings(job: &Job, followed: &mut Followed, now: UnixMillis) -> Vec<Passing> {
    let mut moments = vec![(job.submitted_at, 0)];
    for planned in planned(job) {
        // At the same moment the plan comes before what somebody did.
        let before = job.marks.iter().take_while(|mark| moment(mark) < planned).count();
        moments.push((planned, before));
    }
    let since = followed.marks.min(job.marks.len());
    moments.extend(job.marks.iter().enumerate().skip(since).map(|(number, mark)| (moment(mark), number + 1)));
    moments.retain(|(at, _)| *at <= now);
    moments.sort_unstable();
    let mut found = Vec::new();
    for (at, marks) in moments {
        let phase = standing(&job.timeline, job.progress, &job.marks[..marks], at).phase;
        if followed.phase.is_none_or(|before| !before.is_terminal() && before < phase) {
            followed.phase = Some(phase);
            found.push(Passing { phase, at, marks });
        }
    }
    followed.marks = job.marks.iter().take_while(|mark| moment(mark) <= now).count();
    found
}

/// When a job changes next if nobody interferes.
pub(super) fn next_change(job: &Job, now: UnixMillis) -> Option<UnixMillis> {
    planned(job).filter(|at| *at > now).min()
}

/// The changes that time alone brings.
fn planned(job: &Job) -> impl Iterator<Item = UnixMillis> {
    let by_time = match job.progress {
        Progress::Time | Progress::Immediate => [job.timeline.starts_at, job.timeline.ends_at],
        Progress::Polls(_) | Progress::Step => [None, None],
    };
    by_time.into_iter().flatten()
}

fn moment(mark: &Mark) -> UnixMillis {
    match mark {
        Mark::Polled(at) | Mark::Started(at) | Mark::Ended(at, _) => *at,
    }
}
