//! An account that is nobody's else: the target's second one, with its own clock and its own jobs.
//!
//! The shared job is the first account's. What is done to the second one, clock and all, does not
//! touch it.

use mockreel_contracts::Operation;
use mockreel_contracts::contract::check::read::Observation;
use serde_json::{Value, json};

use crate::profile::Credential;
use crate::session::wording::describe;
use crate::session::{CaseError, Session};
use mockreel_evidence::exchange::Answer;

/// Proof that there is such an account, and that its clock can be moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Apart(());

impl Apart {
    /// The account apart.
    ///
    /// # Errors
    ///
    /// [`CaseError::NotApplicable`] if the target takes no orders, or there is no second key.
    pub(super) fn of(session: &Session<'_>) -> Result<Self, CaseError> {
        session.require_control()?;
        if session.target.second_key.is_none() {
            return Err(CaseError::NotApplicable(
                "needs a key of another account: --second-key-env".to_owned(),
            ));
        }
        Ok(Self(()))
    }

    /// Who owns its jobs.
    pub(super) fn owner(self) -> Credential {
        Credential::SecondKey
    }

    /// A look at one of its jobs.
    pub(super) fn poll(
        self,
        session: &mut Session<'_>,
        id: &str,
    ) -> Result<(Answer, Observation), CaseError> {
        let answer = session.send(&session.profile.poll(id).from(self.owner()))?;
        let seen = session.profile.observe(Operation::Poll, &answer);
        Ok((answer, seen))
    }

    /// An order about the account.
    pub(super) fn order(
        self,
        session: &mut Session<'_>,
        path: &str,
        body: &Value,
    ) -> Result<Answer, CaseError> {
        let answer = session.order_as(self.owner(), "POST", path, body)?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        Err(CaseError::Internal(format!("the control API refused POST {path}: {}", describe(&answer))))
    }

    /// Lets time pass for the account.
    pub(super) fn pass_s(self, session: &mut Session<'_>, seconds: u64) -> Result<(), CaseError> {
        self.order(session, "/__admin/clock/advance", &json!({"seconds": seconds})).map(|_| ())
    }

    /// Lets time pass until one of its jobs has ended.
    pub(super) fn end(self, session: &mut Session<'_>, id: &str) -> Result<(), CaseError> {
        // A job that never ends is answered with 409; a look then says so in the vendor's words.
        let until = json!({"until_job": id});
        session.order_as(self.owner(), "POST", "/__admin/clock/advance", &until).map(|_| ())
    }
}
