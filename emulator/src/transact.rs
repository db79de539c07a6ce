//! The loop around the engine: load an account, decide, commit, and decide again if another request was first.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use mockreel_contracts::UnixMillis;

use crate::app::App;
use crate::engine::{
    self, ClockMove, ClockWouldGoBack, Decision, DecisionContext, JobRefusal, LimitExceeded, Others,
    Submission,
};
use crate::scenario::{Channel, Effects, RequestFacts, Scenario};
use crate::state::account::AccountState;
use crate::state::job::{Ending, Job};
use crate::state::wallet::{Funds, WalletUpdate};
use crate::store::{Dealings, StoreError};

/// The reason why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotCommitted<E: std::error::Error> {
    /// The engine refused it.
    #[error("{0}")]
    Refused(E),
    /// The store has no room.
    #[error("{0}")]
    Store(StoreError),
}

/// An account as it was loaded, for as many commands as a request has. A commit keeps it up to date.
pub(crate) struct LoadedAccount<'a> {
    app: &'a App,
    /// The account, as a digest.
    pub(crate) name: Arc<str>,
    /// Its state.
    pub(crate) state: AccountState,
}

impl fmt::Debug for LoadedAccount<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadedAccount").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The jobs that a command depends on.
#[derive(Clone, Copy)]
enum Subject<'s> {
    /// None.
    Account,
    /// One.
    Job(&'s Arc<Job>),
    /// All with a vendor.
    Jobs(&'s str),
    /// All with a vendor, if the wallet depends on them.
    JobsThatCount(&'s str),
}

impl App {
    /// Loads an account.
    pub(crate) async fn load_account(&self, name: &Arc<str>) -> LoadedAccount<'_> {
        LoadedAccount { app: self, name: Arc::clone(name), state: self.store.account(name).await }
    }

    /// What an account has with a vendor now.
    pub(crate) async fn funds(&self, account: &Arc<str>, vendor: &str) -> Funds {
        let (state, dealings) = self.store.account_and_dealings(account, vendor, self.clock.now()).await;
        let spent = state.counts(vendor).dropped + dealings.spent;
        let wallet = state.wallet(vendor);
        Funds { balance: wallet.left(spent), spent, limits: wallet.limits().clone() }
    }
}

impl LoadedAccount<'_> {
    /// The account's time.
    pub(crate) fn now(&self) -> UnixMillis {
        self.state.clock.now(self.app.clock.now())
    }

    /// Loads the account again.
    pub(crate) async fn reload(&mut self) {
        self.state = self.app.store.account(&self.name).await;
    }

    /// Accepts a job.
    pub(crate) async fn submit(
        &mut self,
        submission: &Submission<'_>,
    ) -> Result<Arc<Job>, NotCommitted<LimitExceeded>> {
        let subject = Subject::JobsThatCount(&submission.contract.id);
        self.decide(subject, |context| engine::accept_submission(context, submission)).await
    }

    /// Records a poll of a job.
    pub(crate) async fn record_poll(&mut self, job: &Arc<Job>) -> Result<Arc<Job>, NotCommitted<Infallible>> {
        self.decide_on_job(job, |context, job| Ok(engine::record_poll(context, job))).await
    }

    /// Cancels a job if it still waits.
    pub(crate) async fn cancel_queued(
        &mut self,
        job: &Arc<Job>,
    ) -> Result<Arc<Job>, NotCommitted<Infallible>> {
        self.decide_on_job(job, |context, job| Ok(engine::cancel_queued(context, job))).await
    }

    /// Takes a job out of the queue.
    pub(crate) async fn start_job(&mut self, job: &Arc<Job>) -> Result<Arc<Job>, NotCommitted<JobRefusal>> {
        self.decide_on_job(job, engine::start_job).await
    }

    /// Ends a job.
    pub(crate) async fn end_job(
        &mut self,
        job: &Arc<Job>,
        ending: &Ending,
    ) -> Result<Arc<Job>, NotCommitted<JobRefusal>> {
        self.decide_on_job(job, |context, job| engine::end_job(context, job, ending)).await
    }

    /// Counts a refusal by a vendor.
    pub(crate) async fn count_refusal(&mut self, vendor: &Arc<str>) -> Result<u64, NotCommitted<Infallible>> {
        self.decide(Subject::Account, |context| Ok(engine::count_refusal(context, vendor))).await
    }

    /// Counts an upload address that a vendor gives out.
    pub(crate) async fn count_upload(&mut self, vendor: &Arc<str>) -> Result<u64, NotCommitted<Infallible>> {
        self.decide(Subject::Account, |context| Ok(engine::count_upload(context, vendor))).await
    }

    /// Moves the account's clock, and answers its time before and after.
    pub(crate) async fn move_clock(
        &mut self,
        step: ClockMove,
    ) -> Result<(UnixMillis, UnixMillis), NotCommitted<ClockWouldGoBack>> {
        self.decide(Subject::Account, |context| engine::move_clock(context, step)).await
    }

    /// Changes the account's wallet for a vendor.
    pub(crate) async fn update_wallet(
        &mut self,
        vendor: &Arc<str>,
        update: &WalletUpdate,
    ) -> Result<(), NotCommitted<Infallible>> {
        self.decide(Subject::Jobs(vendor), |context| Ok(engine::update_wallet(context, vendor, update))).await
    }

    /// Resolves which effects scenarios have on a request, these first.
    pub(crate) async fn resolve_effects(
        &mut self,
        request: &RequestFacts<'_>,
        first: &[(Channel, Arc<Scenario>)],
        others: Others,
    ) -> Result<Effects, NotCommitted<Infallible>> {
        self.decide(Subject::Account, |context| Ok(engine::resolve_effects(context, request, first, others)))
            .await
    }

    /// Adds scenarios of the account's own.
    pub(crate) async fn add_scenarios(
        &mut self,
        added: &[Arc<Scenario>],
    ) -> Result<(), NotCommitted<Infallible>> {
        self.decide(Subject::Account, |context| Ok(engine::add_scenarios(context, added))).await
    }

    /// Drops scenarios of the account's own, and answers whether there were any.
    pub(crate) async fn drop_scenarios(
        &mut self,
        name: Option<&str>,
    ) -> Result<bool, NotCommitted<Infallible>> {
        self.decide(Subject::Account, |context| Ok(engine::drop_scenarios(context, name))).await
    }

    async fn decide_on_job<T, E: std::error::Error>(
        &mut self,
        job: &Arc<Job>,
        decide: impl Fn(&DecisionContext<'_>, &Arc<Job>) -> Result<Decision<T>, E>,
    ) -> Result<T, NotCommitted<E>> {
        let decide = |context: &DecisionContext<'_>| decide(context, context.jobs.first().unwrap_or(job));
        self.decide(Subject::Job(job), decide).await
    }

    /// Decides and commits until no other request comes in between.
    async fn decide<T, E: std::error::Error>(
        &mut self,
        subject: Subject<'_>,
        decide: impl Fn(&DecisionContext<'_>) -> Result<Decision<T>, E>,
    ) -> Result<T, NotCommitted<E>> {
        let App { store, scheduler, clock, settings, .. } = self.app;
        // Also a job that the request has loaded: the account may have been loaded again since, and a decision must not
        // be made on a job that is older than the version it is committed at.
        let mut dealings = self.load_dealings(subject).await;
        loop {
            let context = DecisionContext {
                account: &self.name,
                state: &self.state,
                jobs: &dealings.jobs,
                spent: dealings.spent,
                seed: settings.seed,
                system_now: clock.now(),
            };
            let Decision { changes, result } = decide(&context).map_err(NotCommitted::Refused)?;
            if changes.is_empty() {
                return Ok(result);
            }
            match store.commit(&self.name, self.state.version, &changes, context.system_now).await {
                Ok(state) => {
                    self.state = state;
                    scheduler.note_changes(&self.name, &changes);
                    return Ok(result);
                }
                Err(StoreError::Conflict) => {
                    self.reload().await;
                    dealings = self.load_dealings(subject).await;
                }
                Err(full @ (StoreError::Full | StoreError::TooManyScenarios)) => {
                    return Err(NotCommitted::Store(full));
                }
            }
        }
    }

    /// Loads the jobs that a command depends on. Those of a vendor come with the account's state of the same moment, so that
    /// what is refused was short at that moment.
    async fn load_dealings(&mut self, subject: Subject<'_>) -> Dealings {
        let store = &self.app.store;
        match subject {
            Subject::Account => Dealings::default(),
            Subject::JobsThatCount(vendor) if !self.state.wallet(vendor).depends_on_jobs() => {
                Dealings::default()
            }
            Subject::Job(job) => {
                Dealings { jobs: store.job(&job.key).await.into_iter().collect(), ..Dealings::default() }
            }
            Subject::Jobs(vendor) => {
                let (state, jobs) = store.account_and_jobs(&self.name, vendor).await;
                self.state = state;
                Dealings { jobs, ..Dealings::default() }
            }
            Subject::JobsThatCount(vendor) => {
                let now = self.app.clock.now();
                let (state, dealings) = store.account_and_dealings(&self.name, vendor, now).await;
                self.state = state;
                dealings
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::EmulatorBuilder;
    use crate::auth::Keyring;
    use crate::clock::{MANUAL_START, SystemClock};
    use crate::state::change::Change;
    use crate::state::clip::ClipPlan;
    use crate::state::job::{JobKey, Mark, Timeline};
    use crate::state::progress::Progress;
    use crate::state::wallet::BillingTerms;
    use crate::store::{MemoryStore, Store};

    /// A job that waits for commands.
    fn waiting_job(app: &App) -> Arc<Job> {
        let contract = &app.settings.vendors[0].vendor.contract;
        let name: Arc<str> = Arc::from("clip");
        Arc::new(Job {
            key: JobKey { account: Arc::from("a"), vendor: Arc::from(&*contract.id), id: Arc::from("job") },
            edition: Arc::from(&*contract.edition),
            model: "m".to_owned(),
            tenant: None,
            number: 0,
            submitted_at: MANUAL_START,
            timeline: Timeline { starts_at: None, ends_at: None, ending: Ending::Success },
            progress: Progress::Step,
            marks: Vec::new(),
            echo: Arc::new(Value::Null),
            echo_bytes: 0,
            price: None,
            entropy: [0; 32],
            clip: Arc::new(ClipPlan {
                seed: 1,
                name,
                width: 32,
                height: 32,
                fps: 1,
                frames: 24,
                sound: false,
                real_bytes: 0,
                start: None,
                tail: None,
            }),
            terms: BillingTerms::from(&contract.billing),
            scenarios: Vec::new(),
            callback: None,
            notes: Vec::new(),
            result_fault: None,
        })
    }

    #[tokio::test]
    async fn a_job_that_ended_since_it_was_loaded_is_not_ended_again() {
        let settings = EmulatorBuilder::default().manual_clock(MANUAL_START).settings().unwrap();
        let store = Store::Memory(MemoryStore::new(settings.clock, settings.limits.store));
        let app = App::new(settings, Arc::new(SystemClock::default()), store, Keyring::default());
        let job = waiting_job(&app);
        let account = Arc::clone(&job.key.account);
        app.store.commit(&account, 0, &[Change::JobAdded(Arc::clone(&job))], MANUAL_START).await.unwrap();
        let mut slow = app.load_account(&account).await;
        let mut quick = app.load_account(&account).await;
        quick.cancel_queued(&job).await.unwrap();
        // What the slow request commits first loads its account again, and with it not the job.
        slow.count_refusal(&job.key.vendor).await.unwrap();
        let seen = slow.cancel_queued(&job).await.unwrap();
        let kept = app.store.job(&job.key).await.unwrap();
        let endings = kept.marks.iter().filter(|mark| matches!(mark, Mark::Ended(..))).count();
        assert_eq!((endings, &seen.marks), (1, &kept.marks));
        assert!(slow.end_job(&job, &Ending::Success).await.is_err(), "it stays cancelled");
    }
}
