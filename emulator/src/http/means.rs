//! What an account has and may: rights to models, money, limits, and its own orders to cancel.

use mockreel_contracts::contract::check::route::Matched;
use mockreel_contracts::dialect::BalanceView;
use mockreel_contracts::{Model, Problem, Reply, UnixMillis};

use super::checks::Checked;
use super::vendor::Call;
use super::view::view;
use crate::account;
use crate::engine::{Amount, Command, Outcome, Refusal, Short};
use crate::shared::NotPerformed;

impl Call<'_> {
    /// Whether the key may use the model, and is not reserved for an account without a balance.
    pub(super) fn may_submit(&self, checked: &Checked<'_>, model: &Model) -> Result<(), Problem> {
        let Some(credential) = &checked.credential else { return Ok(()) };
        if !self.shared.keys.entitles(&self.contract().id, &credential.key, &model.id) {
            return Err(Problem::NotEntitled { model: model.id.clone() });
        }
        if account::is_broke(&credential.key) {
            return Err(Problem::InsufficientCredits);
        }
        Ok(())
    }

    /// `balance`.
    pub(super) async fn balance(&self, checked: &Checked<'_>) -> Reply {
        let contract = self.contract();
        let broke = checked.credential.as_ref().is_some_and(|held| account::is_broke(&held.key));
        let left = if broke {
            Some(Amount::ZERO)
        } else {
            self.shared.funds(&checked.account, &contract.id).await.balance
        };
        let unlimited = contract.billing.unlimited.as_ref().map_or(0.0, |fact| fact.amount);
        let view = BalanceView { left: left.map_or(unlimited, Amount::units) };
        let now = self.now(checked).await;
        self.chosen.vendor.dialect.balance(&self.exchange(now, [0; 32]), &view)
    }

    /// `cancel`.
    pub(super) async fn cancel(
        &self,
        matched: &Matched<'_>,
        checked: &Checked<'_>,
    ) -> Result<Reply, Problem> {
        let id = self.job_named(matched).unwrap_or_default();
        let unknown = || Problem::UnknownJob { id: id.clone() };
        let job = self.own_job(checked, &id).await.ok_or_else(unknown)?;
        let _ = self.job.set(job.key.id.clone());
        let model = self.contract().models.get(&job.model).ok_or_else(unknown)?;
        let outcome = self.shared.perform(&checked.account, &Command::Cancel(&job)).await;
        let Ok(Outcome::Seen(job)) = outcome else { return Err(unknown()) };
        let now: UnixMillis = self.now(checked).await;
        let exchange = self.exchange(now, job.entropy);
        Ok(self.chosen.vendor.dialect.cancelled(&exchange, &view(&job, model, now, &self.base)))
    }
}

/// Why a submit that passed every check of its own was not accepted, as the vendor would see it.
pub(super) fn turned_away(why: &NotPerformed, model: &Model) -> Problem {
    match why {
        NotPerformed::Refused(Refusal::Short(Short::Credits)) => Problem::InsufficientCredits,
        NotPerformed::Refused(Refusal::Short(Short::Rate {
            limit,
            window_seconds,
            retry_after_ms,
            one_model,
        })) => Problem::RateLimited {
            limit: u64::from(*limit),
            window_seconds: *window_seconds,
            retry_after_ms: *retry_after_ms,
            model: one_model.then(|| model.id.clone()),
        },
        NotPerformed::Refused(Refusal::Short(Short::Concurrency { limit })) => {
            Problem::ConcurrencyLimited { limit: u64::from(*limit) }
        }
        NotPerformed::Refused(Refusal::Ended(_) | Refusal::AlreadyRunning | Refusal::ClockBack(_))
        | NotPerformed::Store(_) => Problem::Overloaded,
    }
}
