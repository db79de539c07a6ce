//! What happens to jobs. Pure: state, command and time go in, changes and an outcome come out.
//!
//! Nothing here waits, draws from the system, or knows HTTP. The edge loads the state, asks
//! [`decide`], and commits the changes; if somebody else committed first, it asks again.

mod directive;
mod latency;
mod submit;

use std::sync::Arc;

use stuntdouble_contracts::{Phase, UnixMillis};

pub use self::directive::{Directives, Holding};
pub use self::latency::Latency;
pub use self::submit::Submission;
use crate::clock::AccountClock;
use crate::job::{Ending, Job, Mark};
use crate::random::Seed;
use crate::store::{AccountState, Change};

/// Something that is to happen to an account or one of its jobs.
#[derive(Debug)]
pub enum Command<'a> {
    /// Accept a job.
    Submit(&'a Submission<'a>),
    /// Look at a job.
    Poll(&'a Arc<Job>),
    /// Take a job out of the queue.
    Start(&'a Arc<Job>),
    /// End a job.
    End(&'a Arc<Job>, Ending),
    /// Count a refusal by a vendor.
    Refuse(Arc<str>),
    /// Give out an upload address of a vendor.
    Upload(Arc<str>),
    /// Put the account on a clock.
    SetClock(AccountClock),
}

/// Who decides for whom.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The account, as a digest.
    pub account: &'a Arc<str>,
    /// The run's randomness.
    pub seed: Seed,
    /// The machine's time.
    pub system_now: UnixMillis,
}

/// What came of a command.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A job was accepted.
    Accepted(Arc<Job>),
    /// The job as it is once the changes are made.
    Seen(Arc<Job>),
    /// The number of the refusal or upload.
    Counted(u64),
    /// The clock as it is once the changes are made.
    Clock(AccountClock),
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The job has ended.
    #[error("the job is {} and stays so", .0.name())]
    Ended(Phase),
    /// The job has started.
    #[error("the job is already running")]
    AlreadyRunning,
    /// The clock would go back.
    #[error("the account's clock is at {0} and never goes back")]
    ClockBack(UnixMillis),
}

/// Decides what a command does.
///
/// # Errors
///
/// If the command does not fit where the job or the clock stands; then nothing changes.
pub fn decide(
    state: &AccountState,
    command: &Command<'_>,
    setting: Setting<'_>,
) -> Result<(Vec<Change>, Outcome), Refusal> {
    let now = state.clock.now(setting.system_now);
    match command {
        Command::Submit(submission) => {
            let job = Arc::new(submission.accept(state, setting, now));
            Ok((vec![Change::JobAdded(Arc::clone(&job))], Outcome::Accepted(job)))
        }
        Command::Poll(job) => {
            // Only where looks move a job do they leave a mark; otherwise a look costs no commit.
            if !job.counts_looks() || job.standing(now).phase.is_terminal() {
                return Ok((Vec::new(), Outcome::Seen(Arc::clone(job))));
            }
            Ok(marked(job, Mark::Polled(now)))
        }
        Command::Start(job) => match job.standing(now).phase {
            Phase::Queued => Ok(marked(job, Mark::Started(now))),
            Phase::Running => Err(Refusal::AlreadyRunning),
            ended @ (Phase::Succeeded | Phase::Failed | Phase::Cancelled) => Err(Refusal::Ended(ended)),
        },
        Command::End(job, ending) => match job.standing(now).phase {
            Phase::Queued | Phase::Running => Ok(marked(job, Mark::Ended(now, ending.clone()))),
            ended @ (Phase::Succeeded | Phase::Failed | Phase::Cancelled) => Err(Refusal::Ended(ended)),
        },
        Command::Refuse(vendor) => {
            let number = state.numbers(vendor).refusals;
            Ok((vec![Change::Refused(Arc::clone(vendor))], Outcome::Counted(number)))
        }
        Command::Upload(vendor) => {
            let number = state.numbers(vendor).uploads;
            Ok((vec![Change::UploadGiven(Arc::clone(vendor))], Outcome::Counted(number)))
        }
        Command::SetClock(clock) => {
            if clock.now(setting.system_now) < now {
                return Err(Refusal::ClockBack(now));
            }
            Ok((vec![Change::ClockSet(*clock)], Outcome::Clock(*clock)))
        }
    }
}

fn marked(job: &Arc<Job>, mark: Mark) -> (Vec<Change>, Outcome) {
    let mut seen = Job::clone(job);
    seen.marks.push(mark.clone());
    (vec![Change::JobMarked(job.key.clone(), mark)], Outcome::Seen(Arc::new(seen)))
}
