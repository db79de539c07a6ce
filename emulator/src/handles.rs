//! Handles for a test in the same process: the clock, jobs, scenarios, wallets and requests of one account.
//!
//! ```
//! use mockreel_emulator::{AccountLimits, Emulator};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let emulator = Emulator::builder().start().await.unwrap();
//! let vendor = emulator.settings().vendors[0].vendor.id().to_owned();
//! let wallet = emulator.wallet("the key that the client sends", &vendor);
//! wallet.set_balance(Some(1.0)).await.unwrap();
//! wallet.set_limits(AccountLimits { per_minute: Some(2), ..AccountLimits::default() }).await.unwrap();
//! assert_eq!((wallet.balance().await, wallet.spent().await), (Some(1.0), 0.0));
//! # });
//! ```

use std::sync::Arc;
use std::time::Duration;

use mockreel_contracts::{FailureReason, Phase, UnixMillis};
use thiserror::Error;

use crate::app::App;
use crate::clock::AccountClock;
use crate::engine::ClockMove;
use crate::journal::{JournalEntry, RequestFilter};
use crate::scenario::{Scenario, sets};
use crate::state::job::{Ending, Failure, Job};
use crate::state::limits::AccountLimits;
use crate::state::wallet::{Funds, WalletUpdate};
use crate::store::JobFilter;
use crate::transact::NotCommitted;
use crate::wallets::{Balance, VendorPricing};
use mockreel_contracts::amount::Amount;

/// The reason why a command of a handle was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HandleError {
    /// The account has no job of that id.
    #[error("the account has no job `{0}`")]
    UnknownJob(String),
    /// The job never ends by time alone.
    #[error("job `{0}` never ends by time alone: it is stuck, or moved by polls or steps")]
    NeverEnds(String),
    /// The command does not fit.
    #[error("{0}")]
    Refused(String),
}

impl<E: std::error::Error> From<NotCommitted<E>> for HandleError {
    fn from(error: NotCommitted<E>) -> Self {
        Self::Refused(error.to_string())
    }
}

/// The clock of one account.
#[derive(Clone, Debug)]
pub struct ClockHandle {
    app: Arc<App>,
    account: Arc<str>,
}

impl ClockHandle {
    pub(crate) fn new(app: Arc<App>, account: Arc<str>) -> Self {
        Self { app, account }
    }

    /// The account's time.
    pub async fn now(&self) -> UnixMillis {
        self.app.account_now(&self.account).await
    }

    /// The account's clock.
    pub async fn setting(&self) -> AccountClock {
        self.app.store.account(&self.account).await.clock
    }

    /// Puts the account on a clock.
    ///
    /// # Errors
    ///
    /// If its time would go back.
    pub async fn set(&self, clock: AccountClock) -> Result<UnixMillis, HandleError> {
        Ok(self.change(ClockMove::To(clock)).await?.1)
    }

    /// Lets so much time pass, on a manual clock of the account's own. Answers the new time, at most [`UnixMillis::LAST`].
    ///
    /// # Errors
    ///
    /// None in practice: time only goes on.
    pub async fn advance(&self, by: Duration) -> Result<UnixMillis, HandleError> {
        Ok(self.change(ClockMove::Later(by)).await?.1)
    }

    /// Lets time pass until a job has ended. Answers the new time.
    ///
    /// # Errors
    ///
    /// If there is no such job, or it never ends by time alone.
    pub async fn advance_until_job(&self, id: &str) -> Result<UnixMillis, HandleError> {
        let job = find_job(&self.app, &self.account, id).await?;
        let now = self.now().await;
        let ended = job.standing(now).phase.is_terminal();
        let end = job.ends_by_time().filter(|_| !ended).or(ended.then_some(now));
        let end = end.ok_or_else(|| HandleError::NeverEnds(id.to_owned()))?;
        if end > UnixMillis::LAST {
            let text = format!("job `{id}` ends after {}, where the calendar ends", UnixMillis::LAST);
            return Err(HandleError::Refused(text));
        }
        Ok(self.change(ClockMove::Reach(end)).await?.1)
    }

    /// Moves the clock, and answers the account's time before and after.
    pub(crate) async fn change(&self, step: ClockMove) -> Result<(UnixMillis, UnixMillis), HandleError> {
        Ok(self.app.load_account(&self.account).await.move_clock(step).await?)
    }
}

/// The jobs of one account.
#[derive(Clone, Debug)]
pub struct JobsHandle {
    app: Arc<App>,
    account: Arc<str>,
}

impl JobsHandle {
    pub(crate) fn new(app: Arc<App>, account: Arc<str>) -> Self {
        Self { app, account }
    }

    /// Every job, newest first.
    pub async fn list(&self) -> Vec<Arc<Job>> {
        self.app.store.jobs(&JobFilter { account: Some(Arc::clone(&self.account)), vendor: None }).await
    }

    /// Where a job stands.
    ///
    /// # Errors
    ///
    /// If there is no such job.
    pub async fn phase(&self, id: &str) -> Result<Phase, HandleError> {
        let job = find_job(&self.app, &self.account, id).await?;
        Ok(job.standing(self.app.account_now(&self.account).await).phase)
    }

    /// Takes a job out of the queue.
    ///
    /// # Errors
    ///
    /// If there is no such job, or it has started.
    pub async fn start(&self, id: &str) -> Result<(), HandleError> {
        let job = find_job(&self.app, &self.account, id).await?;
        self.app.load_account(&self.account).await.start_job(&job).await?;
        Ok(())
    }

    /// Ends a job well.
    ///
    /// # Errors
    ///
    /// If there is no such job, or it has ended.
    pub async fn succeed(&self, id: &str) -> Result<(), HandleError> {
        self.end(id, Ending::Success).await
    }

    /// Ends a job badly.
    ///
    /// # Errors
    ///
    /// If there is no such job, or it has ended.
    pub async fn fail(&self, id: &str, reason: FailureReason) -> Result<(), HandleError> {
        self.end(id, Ending::Failure(Failure { reason, detail: None })).await
    }

    /// Ends a job by command.
    ///
    /// # Errors
    ///
    /// If there is no such job, or it has ended.
    pub async fn cancel(&self, id: &str) -> Result<(), HandleError> {
        self.end(id, Ending::Cancellation).await
    }

    async fn end(&self, id: &str, ending: Ending) -> Result<(), HandleError> {
        let job = find_job(&self.app, &self.account, id).await?;
        self.app.load_account(&self.account).await.end_job(&job, &ending).await?;
        Ok(())
    }
}

/// The scenarios of one account.
#[derive(Clone, Debug)]
pub struct ScenariosHandle {
    app: Arc<App>,
    account: Arc<str>,
}

impl ScenariosHandle {
    pub(crate) fn new(app: Arc<App>, account: Arc<str>) -> Self {
        Self { app, account }
    }

    /// Adds a scenario; one of the same name makes room, and its counts begin anew.
    ///
    /// # Errors
    ///
    /// None in practice: the account's list is bounded only for what comes over the network.
    pub async fn add(&self, scenario: Scenario) -> Result<(), HandleError> {
        let added = [Arc::new(scenario)];
        self.app.load_account(&self.account).await.add_scenarios(&added).await?;
        Ok(())
    }

    /// Adds a ready-made set.
    ///
    /// # Errors
    ///
    /// If there is none of that name.
    pub async fn add_set(&self, name: &str) -> Result<(), HandleError> {
        let set = sets::set(name).map_err(HandleError::Refused)?;
        self.app.load_account(&self.account).await.add_scenarios(&set).await?;
        Ok(())
    }

    /// Drops every scenario of the account's own.
    ///
    /// # Errors
    ///
    /// None in practice.
    pub async fn clear(&self) -> Result<(), HandleError> {
        self.app.load_account(&self.account).await.drop_scenarios(None).await?;
        Ok(())
    }
}

/// The wallet of one account with one vendor.
#[derive(Clone, Debug)]
pub struct WalletHandle {
    app: Arc<App>,
    account: Arc<str>,
    vendor: Arc<str>,
}

impl WalletHandle {
    pub(crate) fn new(app: Arc<App>, account: Arc<str>, vendor: &str) -> Self {
        Self { app, account, vendor: Arc::from(vendor) }
    }

    /// What it has and what it has spent, all of it of the same moment.
    pub async fn funds(&self) -> Funds {
        self.app.funds(&self.account, &self.vendor).await
    }

    /// What is left, in the unit of the vendor's prices; nothing, if there is no end to it.
    pub async fn balance(&self) -> Option<f64> {
        self.funds().await.balance.map(Amount::units)
    }

    /// What was charged and not given back, in the unit of the vendor's prices. What is put aside for unfinished jobs is not in it.
    pub async fn spent(&self) -> f64 {
        self.funds().await.spent.net().units()
    }

    /// Lets so much be left now, in the unit of the vendor's prices; without an amount there is no end to it.
    ///
    /// # Errors
    ///
    /// If the vendor is not served, or it is no amount.
    pub async fn set_balance(&self, amount: Option<f64>) -> Result<(), HandleError> {
        let pricing = self.pricing()?;
        let amount = amount.map(|amount| pricing.amount(&Balance { amount, unit: None }));
        let balance = Some(amount.transpose().map_err(HandleError::Refused)?);
        self.update(&WalletUpdate { balance, limits: None }).await
    }

    /// Allows this from now on, and nothing beyond it.
    ///
    /// # Errors
    ///
    /// If the vendor is not served, or a number or model is not sound.
    pub async fn set_limits(&self, limits: AccountLimits) -> Result<(), HandleError> {
        let limits = self.pricing()?.limits(limits).map_err(HandleError::Refused)?;
        self.update(&WalletUpdate { balance: None, limits: Some(limits) }).await
    }

    fn pricing(&self) -> Result<VendorPricing<'_>, HandleError> {
        VendorPricing::of(&self.app.settings.vendors, &self.vendor).map_err(HandleError::Refused)
    }

    async fn update(&self, update: &WalletUpdate) -> Result<(), HandleError> {
        let mut account = self.app.load_account(&self.account).await;
        Ok(account.update_wallet(&self.vendor, update).await?)
    }
}

/// The requests of one account.
#[derive(Clone, Debug)]
pub struct RequestsHandle {
    app: Arc<App>,
    account: Arc<str>,
}

#[expect(clippy::unused_async, reason = "as the other handles, so that a journal may be kept elsewhere")]
impl RequestsHandle {
    pub(crate) fn new(app: Arc<App>, account: Arc<str>) -> Self {
        Self { app, account }
    }

    /// Every request that is still in the journal, newest first.
    pub async fn list(&self) -> Vec<Arc<JournalEntry>> {
        self.app.journal.list(&RequestFilter::any().by(Arc::clone(&self.account)))
    }

    /// How many of the account's requests in the journal are meant. Too few, if some were [dropped](Self::dropped).
    pub async fn count(&self, wanted: &RequestFilter) -> usize {
        self.app.journal.list(&wanted.clone().by(Arc::clone(&self.account))).len()
    }

    /// How many of the account's requests had to make room for others.
    pub async fn dropped(&self) -> u64 {
        self.app.journal.dropped(Some(&self.account))
    }
}

async fn find_job(app: &App, account: &Arc<str>, id: &str) -> Result<Arc<Job>, HandleError> {
    let filter = JobFilter { account: Some(Arc::clone(account)), vendor: None };
    let job = app.store.job_of_id(&filter, id).await;
    job.ok_or_else(|| HandleError::UnknownJob(id.to_owned()))
}
