//! Requests that may cost: each asks the budget first, and none is ever sent twice.

use mockreel_contracts::{Model, Operation};
use serde_json::Value;

use super::{Accepted, CaseEnd, CaseError, Session};
use crate::budget::{BudgetRefusal, Permit, Settled};
use crate::clause::SHARED;
use crate::profile::Ask;
use crate::session::wording::describe;
use mockreel_contracts::Amount;
use mockreel_evidence::exchange::{Answer, WireError};

impl Session<'_> {
    /// Submits what ought to be accepted; the model's price is put aside first.
    ///
    /// # Errors
    ///
    /// [`CaseError::Failed`] if it is refused.
    pub fn accept(&mut self, model: &Model, body: &Value) -> Result<Accepted, CaseError> {
        let image = self.image.clone();
        let ask = self.profile.submit(model, body, &image);
        self.accept_ask(&ask, self.profile.price(model, body))
    }

    /// The same with a request of one's own.
    ///
    /// # Errors
    ///
    /// [`CaseError::Failed`] if it is refused.
    pub fn accept_ask(&mut self, ask: &Ask, price: Option<Amount>) -> Result<Accepted, CaseError> {
        self.may_have_own_job()?;
        let answer = self.pay(ask, price)?;
        let Some(id) = self.profile.accepted(&answer) else {
            self.require_other_cause(&answer)?;
            self.require_room(&answer)?;
            return Err(CaseError::Failed(match self.explain_submit(&answer) {
                Some(wrong) => format!("{wrong}; found {}", describe(&answer)),
                None => format!("expected the job to be accepted; found {}", describe(&answer)),
            }));
        };
        let number = self.current.exchanges.last().copied().unwrap_or_default();
        Ok(Accepted { id, answer, at_ms: self.now_ms(), number })
    }

    /// Submits what ought to be refused; the worst price is put aside first.
    ///
    /// After one that was not refused where that can cost, the other cases of its class are not run.
    ///
    /// # Errors
    ///
    /// [`CaseError::Failed`] if it is accepted, or answered with neither; [`CaseError::Unreachable`] if it is refused for
    /// another reason than what is wrong with it.
    pub fn refuse(&mut self, ask: &Ask, worst: Option<Amount>) -> Result<Answer, CaseError> {
        self.class_goes_on()?;
        self.current.accepted = None;
        let paid = self.pay(ask, worst);
        if self.current.charged {
            self.stop_class();
        }
        let answer = paid?;
        if let Some(id) = self.profile.accepted(&answer) {
            self.current.accepted = Some(id.clone());
            return Err(CaseError::Failed(format!(
                "expected a refusal; found that it was accepted as job {id}"
            )));
        }
        self.require_other_cause(&answer)?;
        if let Some(id) = self.named_job(&answer) {
            let status = answer.status;
            return Err(CaseError::Failed(format!(
                "expected a refusal without a job; found {status} with job {id}"
            )));
        }
        if self.profile.speaks_of_the_account(answer.status) && self.profile.refuses(&answer) {
            return Err(CaseError::Unreachable(format!(
                "the answer speaks of the account and not of the request, so nothing can be concluded: {}; look \
                 at the key, the balance and the limits, and run again later",
                describe(&answer)
            )));
        }
        if self.profile.refuses(&answer) {
            return Ok(answer);
        }
        self.require_room(&answer)?;
        if self.names_no_job(&answer) {
            self.current.unread = true;
            return Err(CaseError::Failed(format!(
                "expected a refusal by its status (4xx); found no job in the answer either: {}",
                describe(&answer)
            )));
        }
        Err(CaseError::Failed(format!("expected a refusal (4xx); found {}", describe(&answer))))
    }

    /// Whether an answer neither refuses, as far as its form goes, nor names a job: nobody can say what became of the
    /// request.
    fn names_no_job(&self, answer: &Answer) -> bool {
        // A redirect is neither, whatever its body says.
        if (300..400).contains(&answer.status) {
            return true;
        }
        if !(200..300).contains(&answer.status) || self.profile.refuses(answer) {
            return false;
        }
        let schema = &self.profile.contract().problem_schema;
        let says_something =
            schema.get("required").and_then(Value::as_array).is_some_and(|names| !names.is_empty());
        let is_problem = |body: Value| says_something && crate::shape::keeps(schema, &body).is_ok();
        self.named_job(answer).is_none() && !answer.json().is_some_and(is_problem)
    }

    /// What it means that a request which should be refused, or whose job should fail, was not refused and left no
    /// job to follow.
    pub fn leave_open(&self, why: String) -> CaseError {
        let is_good_read = self.shared.as_ref().is_some_and(|shared| shared.job.is_ok());
        if !self.current.unread || is_good_read {
            return CaseError::Failed(why);
        }
        CaseError::Blocked {
            by: SHARED,
            why: format!("cannot be judged, because there is no id by which to follow the job: {why}"),
        }
    }

    /// Nothing follows from an answer that names no job where the good request of the shared job was answered so
    /// too: that case names the fault.
    ///
    /// # Errors
    ///
    /// [`CaseError::Blocked`] if it was.
    fn require_other_cause(&self, answer: &Answer) -> Result<(), CaseError> {
        if self.current.id == SHARED || !self.good_unread || !self.names_no_job(answer) {
            return Ok(());
        }
        Err(CaseError::Blocked {
            by: SHARED,
            why: format!(
                "cannot be judged: {} says neither that the request is refused nor under which id it is accepted, \
                 as with the good request of {SHARED}",
                answer.status
            ),
        })
    }

    /// Nothing follows of a request from an answer that only says that there is no room for it now.
    ///
    /// # Errors
    ///
    /// [`CaseError::Unreachable`] if it says so.
    fn require_room(&self, answer: &Answer) -> CaseEnd {
        if !self.profile.speaks_of_the_moment(answer) {
            return Ok(());
        }
        Err(CaseError::Unreachable(format!(
            "the vendor has no room for the request now, from which nothing follows about it: {}; run again later",
            describe(answer)
        )))
    }

    /// What keeps an answer with a status of success from being an acceptance, the first two things; `None` of
    /// another answer.
    fn explain_submit(&self, answer: &Answer) -> Option<String> {
        let status = answer.status;
        let submit = self.profile.operation(Operation::Submit)?;
        if !(200..300).contains(&status) {
            return None;
        }
        let mut wrong = Vec::new();
        if !submit.status.allows(status) {
            wrong.push(format!("/status: expected {}, received {status}", submit.status.describe()));
        }
        let body = answer.json();
        let place = submit.read.id.clone().unwrap_or_default();
        match &body {
            None => wrong.push("the body: expected JSON, received none".to_owned()),
            Some(body) => match body.pointer(&place) {
                None => wrong.push(format!("{place}: missing")),
                Some(Value::Null) => wrong.push(format!("{place}: null")),
                Some(Value::String(text)) if text.is_empty() => wrong.push(format!("{place}: empty")),
                Some(_) => wrong.push(format!("{place}: no id can be read from it")),
            },
        }
        let broken = body
            .and_then(|body| crate::shape::keeps(&self.profile.reply_schema(Operation::Submit), &body).err());
        // What is said of the id is not said twice.
        wrong.extend(broken.filter(|broken| !broken.starts_with(&place)));
        wrong.truncate(2);
        Some(format!("the answer to submit is {status} without `{place}`: {}", wrong.join("; ")))
    }

    /// Whether the current case may still send a request that ought to be refused.
    ///
    /// # Errors
    ///
    /// [`CaseError::Blocked`] if another case of its class was not refused.
    pub fn class_goes_on(&self) -> Result<(), CaseError> {
        let class = self.current.class;
        match self.stopped.iter().find(|(held, _)| *held == class) {
            Some((_, id)) => Err(CaseError::Blocked {
                by: id,
                why: format!(
                    "not run: {id} was not refused and may have been charged, so the other cases about {class} stop"
                ),
            }),
            None => Ok(()),
        }
    }

    /// The job that an answer to a submit names, whatever its status: an error may come after the acceptance.
    fn named_job(&self, answer: &Answer) -> Option<String> {
        self.profile.observe(Operation::Submit, answer).id
    }

    fn stop_class(&mut self) {
        // Cases without a class are priced each by itself.
        if !self.is_free() && !self.current.class.is_empty() {
            self.stopped.push((self.current.class, self.current.id));
        }
    }

    /// The job that the current case had accepted though it ought to be refused.
    pub fn last_accepted(&self) -> Option<String> {
        self.current.accepted.clone()
    }

    /// Whether the current case may have a job of its own.
    ///
    /// # Errors
    ///
    /// [`CaseError::NotApplicable`] where that would cost and nobody has allowed it.
    pub fn may_have_own_job(&self) -> Result<(), CaseError> {
        if self.is_free() || self.paid || self.current.sharing {
            return Ok(());
        }
        Err(CaseError::NotApplicable("wants a job of its own: --paid allows it".to_owned()))
    }

    /// Asks the budget, sends once, and settles by what came.
    pub(super) fn pay(&mut self, ask: &Ask, worst: Option<Amount>) -> Result<Answer, CaseError> {
        if let Some(planned) = &mut self.planned {
            planned.push(worst);
            return Err(CaseError::Unreachable("a plan sends nothing".to_owned()));
        }
        self.keeps_recording()?;
        self.require_time_left()?;
        let at = self.at();
        let permit = self.budget.reserve(self.current.id, worst, &at).map_err(refuse_spending)?;
        let most = worst.unwrap_or_default();
        self.current.spend.reserved += most;
        match self.exchange(ask) {
            Ok(answer) => {
                self.current.refused = self.profile.refuses(&answer);
                let (actual, settled) = if self.profile.accepted(&answer).is_some() {
                    (most, Settled::Accepted)
                } else if self.profile.refuses(&answer) && self.named_job(&answer).is_none() {
                    (Amount::ZERO, Settled::Refused)
                } else {
                    (most, Settled::Unknown)
                };
                self.settle(permit, actual, settled)?;
                Ok(answer)
            }
            Err(error @ WireError::Unreachable { .. }) => {
                self.settle(permit, Amount::ZERO, Settled::Refused)?;
                Err(CaseError::Unreachable(error.to_string()))
            }
            Err(error @ WireError::Lost { .. }) => {
                self.settle(permit, most, Settled::Unknown)?;
                let newest = self.newest_listed();
                let hint = newest.map_or_else(String::new, |id| {
                    format!("; the newest job in the vendor's listing is {id}, which may be it")
                });
                Err(CaseError::Unreachable(format!(
                    "{error}; what became of the job is unknown, so it counts in full and is not sent again{hint}"
                )))
            }
            Err(error @ WireError::Cassette { .. }) => Err(self.explain_loss(&error)),
        }
    }

    /// The time of day, RFC 3339.
    fn at(&self) -> String {
        let started: Option<jiff::Timestamp> = self.started.parse().ok();
        let passed = std::time::Duration::from_millis(self.wire.now_ms());
        let now = started.and_then(|started| started.checked_add(passed).ok());
        now.map_or_else(|| self.started.clone(), |now| format!("{now:.3}"))
    }

    /// The id of the newest job that the vendor lists, where it has a listing and answers.
    fn newest_listed(&mut self) -> Option<String> {
        let ask = self.profile.ask(Operation::List, &[])?;
        let answer = self.send(&ask).ok()?;
        self.profile.observe(Operation::List, &answer).jobs.into_iter().find_map(|job| job.id)
    }

    fn settle(&mut self, permit: Permit, actual: Amount, settled: Settled) -> Result<(), CaseError> {
        self.current.charged |= settled != Settled::Refused;
        self.current.spend.settled += actual;
        self.budget.settle(permit, actual, settled).map_err(refuse_spending)
    }
}

fn refuse_spending(refusal: BudgetRefusal) -> CaseError {
    match refusal {
        BudgetRefusal::Exhausted { .. } | BudgetRefusal::UnknownPrice => {
            CaseError::OverBudget(refusal.to_string())
        }
        BudgetRefusal::Ledger(why) => CaseError::Internal(why),
    }
}
