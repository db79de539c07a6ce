//! The state of a job, and the pure function that says where it stands.
//!
//! The whole future of a job is fixed when it is accepted (its timeline); polls and commands leave
//! marks. Where it stands is computed from both whenever it is asked for: nothing runs per job.

use std::sync::Arc;

use mockreel_contracts::{FailureReason, Phase, UnixMillis};
use serde_json::Value;

use super::clip::ClipPlan;
use super::progress::Progress;
use super::wallet::BillingTerms;
use super::webhook_plan::WebhookPlan;
use crate::scenario::DownloadOrder;

/// A job's place in the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobKey {
    /// The account, as a digest.
    pub account: Arc<str>,
    /// The vendor's id.
    pub vendor: Arc<str>,
    /// The vendor's id for the job.
    pub id: Arc<str>,
}

/// How a job ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a video.
    Success,
    /// Without one.
    Failure(Failure),
    /// By command.
    Cancellation,
}

/// Why a job fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The reason, whose text is in the contract.
    pub reason: FailureReason,
    /// What exactly was wrong, where we know more.
    pub detail: Option<String>,
}

impl Ending {
    /// The phase in which a job ends so.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Success => Phase::Succeeded,
            Self::Failure(_) => Phase::Failed,
            Self::Cancellation => Phase::Cancelled,
        }
    }
}

/// The whole future of a job, fixed when it is accepted. Times are the account's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// When it leaves the queue; `None` if it never does.
    pub starts_at: Option<UnixMillis>,
    /// When it ends, not before `starts_at`; `None` if it never does.
    pub ends_at: Option<UnixMillis>,
    /// How.
    pub ending: Ending,
}

/// Something that happened to a job after it was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It was polled.
    Polled(UnixMillis),
    /// It was told to start.
    Started(UnixMillis),
    /// It was told to end.
    Ended(UnixMillis, Ending),
}

impl Mark {
    /// When it happened.
    pub(crate) fn moment(&self) -> UnixMillis {
        match self {
            Self::Polled(at) | Self::Started(at) | Self::Ended(at, _) => *at,
        }
    }
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Its phase.
    pub phase: Phase,
    /// When it left the queue, if it has.
    pub started_at: Option<UnixMillis>,
    /// When it ended, if it has.
    pub ended_at: Option<UnixMillis>,
    /// How it ended, if it has.
    pub ending: Option<&'a Ending>,
}

/// A job. Everything but the marks is fixed when it is accepted.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its place in the store.
    pub key: JobKey,
    /// The edition that it was submitted to.
    pub edition: Arc<str>,
    /// The vendor's id of the model.
    pub model: String,
    /// The tenant inside the account.
    pub tenant: Option<String>,
    /// How many jobs the account had given the vendor before.
    pub number: u64,
    /// When it was accepted.
    pub submitted_at: UnixMillis,
    /// Its future.
    pub timeline: Timeline,
    /// What moves it.
    pub progress: Progress,
    /// What happened to it.
    pub marks: Vec<Mark>,
    /// What the vendor echoes; shared, because it can be megabytes.
    pub echo: Arc<Value>,
    /// About how much memory the echo takes, in bytes.
    pub echo_bytes: u64,
    /// What it costs, in the unit of the model's price.
    pub price: Option<f64>,
    /// When it is charged, and which endings cost nothing.
    pub terms: BillingTerms,
    /// Random bytes of its own.
    pub entropy: [u8; 32],
    /// What the video shows.
    pub clip: Arc<ClipPlan>,
    /// The scenarios that touched it, in the order in which they were heard.
    pub scenarios: Vec<Arc<str>>,
    /// What a developer should know about it: images that were not fetched, unknown directives.
    pub notes: Vec<String>,
    /// What its receiver is told, if the submit named one.
    pub callback: Option<Arc<WebhookPlan>>,
    /// What goes wrong when its result is downloaded.
    pub result_fault: Option<DownloadOrder>,
}

impl Job {
    /// About how much memory its texts take, in bytes.
    pub(crate) fn text_bytes(&self) -> u64 {
        let notes: usize = self.notes.iter().map(String::len).sum();
        let scenarios: usize = self.scenarios.iter().map(|name| name.len()).sum();
        let detail = match &self.timeline.ending {
            Ending::Failure(failure) => failure.detail.as_ref().map_or(0, String::len),
            Ending::Success | Ending::Cancellation => 0,
        };
        let address = self.callback.as_ref().map_or(0, |plan| plan.shown.len());
        self.echo_bytes + (notes + scenarios + detail + address) as u64
    }

    /// Where the job stands at a time of its account.
    pub fn standing(&self, now: UnixMillis) -> Standing<'_> {
        standing(&self.timeline, self.progress, &self.marks, now)
    }

    /// Whether one more poll can still move it. A job that never ends must not grow with every poll.
    pub fn counts_polls(&self) -> bool {
        match self.progress {
            Progress::Time | Progress::Immediate | Progress::Step => false,
            Progress::Polls(each) => {
                let polls = self.marks.iter().filter(|mark| matches!(mark, Mark::Polled(_))).count();
                (polls as u64) <= 2 * u64::from(each)
            }
        }
    }

    /// When the job will end if no command interferes; `None` if it never does, or not by time.
    pub fn ends_by_time(&self) -> Option<UnixMillis> {
        match self.progress {
            Progress::Time | Progress::Immediate => self.timeline.ends_at,
            Progress::Polls(_) | Progress::Step => None,
        }
    }
}

/// Where a job stands: a pure function of its future, what happened to it, and the time.
pub(crate) fn standing<'a>(
    timeline: &'a Timeline,
    progress: Progress,
    marks: &'a [Mark],
    now: UnixMillis,
) -> Standing<'a> {
    let (mut started_at, mut ended_at) = match progress {
        Progress::Time | Progress::Immediate => (timeline.starts_at, timeline.ends_at),
        Progress::Polls(each) => moments_by_polls(timeline, each, marks),
        Progress::Step => (None, None),
    };
    let mut ending = &timeline.ending;
    for mark in marks {
        match mark {
            Mark::Polled(_) => {}
            Mark::Started(at) => started_at = Some(started_at.map_or(*at, |before| before.min(*at))),
            Mark::Ended(at, by_command) => {
                if ended_at.is_none_or(|before| *at < before) {
                    ended_at = Some(*at);
                    ending = by_command;
                }
            }
        }
    }
    let started_at = started_at.filter(|at| *at <= now && ended_at.is_none_or(|end| *at <= end));
    let ended_at = ended_at.filter(|at| *at <= now);
    match (started_at, ended_at) {
        (_, Some(_)) => Standing { phase: ending.phase(), started_at, ended_at, ending: Some(ending) },
        (Some(_), None) => Standing { phase: Phase::Running, started_at, ended_at, ending: None },
        (None, None) => Standing { phase: Phase::Queued, started_at, ended_at, ending: None },
    }
}

/// With `polls=N`: the times of the poll after the N-th and of the poll after the 2N-th.
fn moments_by_polls(
    timeline: &Timeline,
    each: u32,
    marks: &[Mark],
) -> (Option<UnixMillis>, Option<UnixMillis>) {
    let each = usize::try_from(each).unwrap_or(usize::MAX);
    let mut polls = marks.iter().filter_map(|mark| match mark {
        Mark::Polled(at) => Some(*at),
        Mark::Started(_) | Mark::Ended(..) => None,
    });
    let start = polls.nth(each);
    // `nth` has used up the polls before it, so the end is `each` polls further on.
    let end = if each == 0 { start } else { polls.nth(each - 1) };
    (start.filter(|_| timeline.starts_at.is_some()), end.filter(|_| timeline.ends_at.is_some()))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn timeline(wait: u64, run: u64) -> Timeline {
        Timeline {
            starts_at: Some(UnixMillis(wait)),
            ends_at: Some(UnixMillis(wait + run)),
            ending: Ending::Success,
        }
    }

    fn failed() -> Ending {
        Ending::Failure(Failure { reason: FailureReason::Internal, detail: None })
    }

    proptest! {
        #[test]
        fn a_job_never_goes_back(
            wait in 0_u64..5_000,
            run in 0_u64..5_000,
            each in 0_u32..4,
            by_polls in any::<bool>(),
            mut events in vec((0_u64..20_000, 0_u8..4), 1..30),
        ) {
            let timeline = timeline(wait, run);
            let progress = if by_polls { Progress::Polls(each) } else { Progress::Time };
            events.sort_unstable();
            let mut marks = Vec::new();
            let mut seen = Vec::new();
            for (at, what) in events {
                let now = UnixMillis(at);
                let before = standing(&timeline, progress, &marks, now).phase;
                // The engine refuses commands that do not fit, so they leave no marks.
                match what {
                    0 => marks.push(Mark::Polled(now)),
                    1 if before == Phase::Queued => marks.push(Mark::Started(now)),
                    2 if !before.is_terminal() => marks.push(Mark::Ended(now, failed())),
                    3 if !before.is_terminal() => marks.push(Mark::Ended(now, Ending::Cancellation)),
                    _ => {}
                }
                seen.push(standing(&timeline, progress, &marks, now).phase);
            }
            prop_assert!(seen.is_sorted(), "{seen:?}");
            let ends: Vec<_> = seen.iter().filter(|phase| phase.is_terminal()).collect();
            prop_assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
        }
    }

    #[test]
    fn polls_see_it_queued_then_running_then_at_its_end() {
        let timeline = timeline(1_000_000, 1);
        let mut marks = Vec::new();
        let mut seen = Vec::new();
        for at in 1..=6 {
            marks.push(Mark::Polled(UnixMillis(at)));
            seen.push(standing(&timeline, Progress::Polls(2), &marks, UnixMillis(at)).phase);
        }
        use Phase::{Queued, Running, Succeeded};
        assert_eq!(seen, [Queued, Queued, Running, Running, Succeeded, Succeeded]);
    }

    #[test]
    fn with_no_polls_to_wait_for_the_first_poll_sees_the_end() {
        let marks = [Mark::Polled(UnixMillis(5))];
        let standing = standing(&timeline(0, 0), Progress::Polls(0), &marks, UnixMillis(5)).phase;
        assert_eq!(standing, Phase::Succeeded);
    }

    #[test]
    fn a_step_job_waits_for_commands() {
        let timeline = timeline(0, 0);
        let at = |marks: &[Mark]| standing(&timeline, Progress::Step, marks, UnixMillis(9)).phase;
        assert_eq!(at(&[]), Phase::Queued);
        assert_eq!(at(&[Mark::Started(UnixMillis(1))]), Phase::Running);
        assert_eq!(at(&[Mark::Started(UnixMillis(1)), Mark::Ended(UnixMillis(2), failed())]), Phase::Failed);
    }

    #[test]
    fn a_job_cancelled_in_the_queue_never_started() {
        let marks = [Mark::Ended(UnixMillis(5), Ending::Cancellation)];
        let timeline = timeline(10, 10);
        let standing = standing(&timeline, Progress::Time, &marks, UnixMillis(100));
        assert_eq!((standing.phase, standing.started_at), (Phase::Cancelled, None));
    }
}
