//! What happens to jobs. Pure: state, command and time go in, changes and an outcome come out.
//!
//! Nothing here waits, draws from the system, or knows HTTP. The edge loads the state, asks
//! [`decide`], and commits the changes; if somebody else committed first, it asks again.

mod amount;
mod directive;
mod keys;
mod latency;
mod limits;
mod purse;
mod submit;

use std::sync::Arc;

use mockreel_contracts::{Phase, UnixMillis};

pub use self::amount::Amount;
pub use self::directive::{Directives, Holding};
pub(crate) use self::keys::Keyring;
pub use self::keys::{KeyRule, KeyState};
pub use self::latency::Latency;
pub use self::limits::{AccountLimits, MOST_ALLOWED, ModelLimits};
pub use self::purse::{Purse, PurseOrder, Short, Spent, Terms, Wish};
pub use self::submit::Submission;
use crate::clock::AccountClock;
use crate::job::{Ending, Job, Mark};
use crate::random::Seed;
use crate::scenario::{Decree, Request, Scenario, consult, with_added, with_dropped};
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
    /// Cancel a job if it still waits, as its owner asks of the vendor; any other stays as it is.
    Cancel(&'a Arc<Job>),
    /// Put something into the account's purse for a vendor.
    Fill(Arc<str>, &'a PurseOrder),
    /// Count a refusal by a vendor.
    Refuse(Arc<str>),
    /// Give out an upload address of a vendor.
    Upload(Arc<str>),
    /// Put the account on a clock.
    SetClock(AccountClock),
    /// Find out what befalls a request: by these scenarios first, then by the account's own and those of all.
    Consult(&'a Request<'a>, &'a [Arc<Scenario>]),
    /// Add scenarios of the account's own; those of the same names make room.
    AddScenarios(&'a [Arc<Scenario>]),
    /// Drop the account's own scenarios that have one of these names; all of them without names.
    DropScenarios(Option<&'a str>),
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
    /// The account's jobs with the vendor, newest first, where the command looks at them: see [`Command::looks_at`].
    pub jobs: &'a [Arc<Job>],
}

impl Command<'_> {
    /// The vendor with whom the account's jobs have to be known; most commands need none.
    pub fn looks_at(&self, state: &AccountState) -> Option<Arc<str>> {
        match self {
            Self::Submit(submission) => {
                let vendor = submission.contract.id.as_str();
                state.purse(vendor).looks_at_jobs().then(|| Arc::from(vendor))
            }
            Self::Fill(vendor, _) => Some(Arc::clone(vendor)),
            Self::Poll(_)
            | Self::Start(_)
            | Self::End(..)
            | Self::Cancel(_)
            | Self::Refuse(_)
            | Self::Upload(_)
            | Self::SetClock(_)
            | Self::Consult(..)
            | Self::AddScenarios(_)
            | Self::DropScenarios(_) => None,
        }
    }
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
    /// What befalls the request.
    Decreed(Box<Decree>),
    /// Whether anything was changed.
    Changed(bool),
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
    /// The account may not do so much.
    #[error(transparent)]
    Short(#[from] Short),
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
            let (vendor, wish) = (submission.contract.id.as_str(), submission.wish());
            let purse = state.purse(vendor);
            purse.admits(&wish, state.spent(vendor, setting.jobs, now), setting.jobs, now)?;
            let job = Arc::new(submission.accept(state, setting, now));
            let mut changes = vec![Change::JobAdded(Arc::clone(&job))];
            let counted = purse.after(&wish, job.number, now);
            changes.extend(counted.map(|purse| Change::PurseSet(Arc::from(vendor), Arc::new(purse))));
            Ok((changes, Outcome::Accepted(job)))
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
        Command::Cancel(job) => match job.standing(now).phase {
            Phase::Queued => Ok(marked(job, Mark::Ended(now, Ending::Cancellation))),
            Phase::Running | Phase::Succeeded | Phase::Failed | Phase::Cancelled => {
                Ok((Vec::new(), Outcome::Seen(Arc::clone(job))))
            }
        },
        Command::Fill(vendor, order) => {
            let spent = state.spent(vendor, setting.jobs, now);
            let purse = state.purse(vendor).ordered(order, spent, setting.jobs, now);
            Ok((vec![Change::PurseSet(Arc::clone(vendor), Arc::new(purse))], Outcome::Changed(true)))
        }
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
        Command::Consult(request, first) => {
            let shadowed =
                |scenario: &&Arc<Scenario>| !state.scenarios.iter().any(|own| own.name == scenario.name);
            let voices =
                first.iter().chain(state.scenarios.iter()).chain(state.everywhere.iter().filter(shadowed));
            let (decree, counted) = consult(voices, &state.counters, request, setting.seed);
            let changes = if counted.is_empty() { Vec::new() } else { vec![Change::Counted(counted)] };
            Ok((changes, Outcome::Decreed(Box::new(decree))))
        }
        Command::AddScenarios(added) => {
            let (list, names) = with_added(&state.scenarios, added);
            Ok((vec![Change::ScenariosSet(list, names)], Outcome::Changed(true)))
        }
        Command::DropScenarios(name) => {
            let (list, names) = with_dropped(&state.scenarios, *name);
            let changed = !names.is_empty();
            Ok((vec![Change::ScenariosSet(list, names)], Outcome::Changed(changed)))
        }
    }
}

fn marked(job: &Arc<Job>, mark: Mark) -> (Vec<Change>, Outcome) {
    let mut seen = Job::clone(job);
    seen.marks.push(mark.clone());
    (vec![Change::JobMarked(job.key.clone(), mark)], Outcome::Seen(Arc::new(seen)))
}
