//! What a test in the same process holds: the clock and the jobs of one account.

use std::sync::Arc;
use std::time::Duration;

use mockreel_contracts::{FailureReason, Phase, UnixMillis};
use thiserror::Error;

use crate::clock::AccountClock;
use crate::engine::{Command, Outcome};
use crate::job::{Ending, Failure, Job};
use crate::scenario::{Scenario, shipped};
use crate::shared::{NotPerformed, Shared};
use crate::store::JobFilter;

/// Why an order to a clock or a job was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OrderError {
    /// The account has no job of that id.
    #[error("the account has no job `{0}`")]
    UnknownJob(String),
    /// The job never ends by time alone.
    #[error("job `{0}` never ends by time alone: it is stuck, or moved by polls or steps")]
    NeverEnds(String),
    /// The order does not fit.
    #[error("{0}")]
    Refused(String),
}

impl From<NotPerformed> for OrderError {
    fn from(error: NotPerformed) -> Self {
        Self::Refused(error.to_string())
    }
}

/// The clock of one account.
#[derive(Clone, Debug)]
pub struct ClockHandle {
    shared: Arc<Shared>,
    account: Arc<str>,
}

impl ClockHandle {
    pub(crate) fn new(shared: Arc<Shared>, account: Arc<str>) -> Self {
        Self { shared, account }
    }

    /// The account's time.
    pub async fn now(&self) -> UnixMillis {
        self.shared.account_now(&self.account).await
    }

    /// The account's clock.
    pub async fn setting(&self) -> AccountClock {
        self.shared.store.account(&self.account).await.clock
    }

    /// Puts the account on a clock.
    ///
    /// # Errors
    ///
    /// If its time would go back.
    pub async fn set(&self, clock: AccountClock) -> Result<UnixMillis, OrderError> {
        let outcome = self.shared.perform(&self.account, &Command::SetClock(clock)).await?;
        match outcome {
            Outcome::Clock(clock) => Ok(clock.now(self.shared.clock.now())),
            Outcome::Accepted(_)
            | Outcome::Seen(_)
            | Outcome::Counted(_)
            | Outcome::Decreed(_)
            | Outcome::Changed(_) => Ok(self.now().await),
        }
    }

    /// Lets so much time pass, on a manual clock of the account's own. Answers the new time.
    ///
    /// # Errors
    ///
    /// None in practice: time only goes on.
    pub async fn advance(&self, by: Duration) -> Result<UnixMillis, OrderError> {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        let until = self.now().await.after(millis);
        self.set(AccountClock::Manual(until)).await
    }

    /// Lets time pass until a job has ended. Answers the new time.
    ///
    /// # Errors
    ///
    /// If there is no such job, or it never ends by time alone.
    pub async fn advance_until_job(&self, id: &str) -> Result<UnixMillis, OrderError> {
        let job = find(&self.shared, &self.account, id).await?;
        let now = self.now().await;
        let ended = job.standing(now).phase.is_terminal();
        let end = job.ends_by_time().filter(|_| !ended).or(ended.then_some(now));
        let end = end.ok_or_else(|| OrderError::NeverEnds(id.to_owned()))?;
        self.set(AccountClock::Manual(end.max(now))).await
    }
}

/// The jobs of one account.
#[derive(Clone, Debug)]
pub struct JobsHandle {
    shared: Arc<Shared>,
    account: Arc<str>,
}

impl JobsHandle {
    pub(crate) fn new(shared: Arc<Shared>, account: Arc<str>) -> Self {
        Self { shared, account }
    }

    /// Every job, newest first.
    pub async fn list(&self) -> Vec<Arc<Job>> {
        self.shared.store.jobs(&JobFilter { account: Some(Arc::clone(&self.account)), vendor: None }).await
    }

    /// Where a job stands.
    ///
    /// # Errors
    ///
    /// If there is no such job.
    pub async fn phase(&self, id: &str) -> Result<Phase, OrderError> {
        let job = find(&self.shared, &self.account, id).await?;
        Ok(job.standing(self.shared.account_now(&self.account).await).phase)
    }

    /// Takes a job out of the queue.
    ///
    /// # Errors
    ///
    /// If there is no such job, or it has started.
    pub async fn start(&self, id: &str) -> Result<(), OrderError> {
        let job = find(&self.shared, &self.account, id).await?;
        self.shared.perform(&self.account, &Command::Start(&job)).await?;
        Ok(())
    }

    /// Ends a job well.
    ///
    /// # Errors
    ///
    /// If there is no such job, or it has ended.
    pub async fn succeed(&self, id: &str) -> Result<(), OrderError> {
        self.end(id, Ending::Success).await
    }

    /// Ends a job badly.
    ///
    /// # Errors
    ///
    /// If there is no such job, or it has ended.
    pub async fn fail(&self, id: &str, reason: FailureReason) -> Result<(), OrderError> {
        self.end(id, Ending::Failure(Failure { reason, detail: None })).await
    }

    /// Ends a job by command.
    ///
    /// # Errors
    ///
    /// If there is no such job, or it has ended.
    pub async fn cancel(&self, id: &str) -> Result<(), OrderError> {
        self.end(id, Ending::Cancellation).await
    }

    async fn end(&self, id: &str, ending: Ending) -> Result<(), OrderError> {
        let job = find(&self.shared, &self.account, id).await?;
        self.shared.perform(&self.account, &Command::End(&job, ending)).await?;
        Ok(())
    }
}

/// The scenarios of one account.
#[derive(Clone, Debug)]
pub struct ScenariosHandle {
    shared: Arc<Shared>,
    account: Arc<str>,
}

impl ScenariosHandle {
    pub(crate) fn new(shared: Arc<Shared>, account: Arc<str>) -> Self {
        Self { shared, account }
    }

    /// Adds a scenario; one of the same name makes room, and its counts begin anew.
    ///
    /// # Errors
    ///
    /// None in practice: the account's list is bounded only for what comes over the network.
    pub async fn add(&self, scenario: Scenario) -> Result<(), OrderError> {
        let added = [Arc::new(scenario)];
        self.shared.perform(&self.account, &Command::AddScenarios(&added)).await?;
        Ok(())
    }

    /// Adds a ready-made set.
    ///
    /// # Errors
    ///
    /// If there is none of that name.
    pub async fn add_set(&self, name: &str) -> Result<(), OrderError> {
        let set = shipped::set(name).map_err(OrderError::Refused)?;
        self.shared.perform(&self.account, &Command::AddScenarios(&set)).await?;
        Ok(())
    }

    /// Drops every scenario of the account's own.
    ///
    /// # Errors
    ///
    /// None in practice.
    pub async fn clear(&self) -> Result<(), OrderError> {
        self.shared.perform(&self.account, &Command::DropScenarios(None)).await?;
        Ok(())
    }
}

async fn find(shared: &Shared, account: &Arc<str>, id: &str) -> Result<Arc<Job>, OrderError> {
    let filter = JobFilter { account: Some(Arc::clone(account)), vendor: None };
    let jobs = shared.store.jobs(&filter).await;
    jobs.into_iter().find(|job| &*job.key.id == id).ok_or_else(|| OrderError::UnknownJob(id.to_owned()))
}
