//! Time and orders: a stand-in's clock is moved and its control API is asked; a real vendor is waited for.

use std::time::Duration;

use mockreel_contracts::UnixMillis;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{CaseError, Session};
use crate::profile::{Ask, Credential};
use crate::session::wording::describe;
use mockreel_evidence::exchange::{Answer, Body};

impl Session<'_> {
    /// The header `Authorization` by which a key identifies itself now.
    pub fn auth_header(&self, key: &str) -> String {
        let started = UnixMillis::parse(&self.started).unwrap_or_default();
        self.profile.contract().auth.scheme.header(key, started.after(self.now_ms()))
    }

    /// Lets time pass: on the target's manual clock if it has one, else by waiting.
    ///
    /// # Errors
    ///
    /// If the clock cannot be moved, or the run has to end meanwhile.
    pub fn wait_s(&mut self, seconds: u64) -> Result<(), CaseError> {
        self.wait_ms(seconds * 1000)
    }

    /// The same in milliseconds.
    ///
    /// # Errors
    ///
    /// If the clock cannot be moved.
    pub fn wait_ms(&mut self, millis: u64) -> Result<(), CaseError> {
        if self.target.control.is_none() {
            return self.rest_ms(millis);
        }
        let seconds = if millis.is_multiple_of(1000) {
            json!(millis / 1000)
        } else {
            json!(Duration::from_millis(millis).as_secs_f64())
        };
        self.order("POST", "/__admin/clock/advance", &json!({"seconds": seconds}))?;
        self.moved_ms += millis;
        Ok(())
    }

    /// Whether the target takes orders.
    ///
    /// # Errors
    ///
    /// [`CaseError::NotApplicable`] if it does not.
    pub fn require_control(&self) -> Result<(), CaseError> {
        match self.target.control {
            Some(_) => Ok(()),
            None => Err(CaseError::NotApplicable("needs the control API of the stand-in".to_owned())),
        }
    }

    /// Gives an order to the control API and reads its answer.
    ///
    /// # Errors
    ///
    /// If the target takes no orders, or not this one.
    pub fn order(&mut self, method: &str, path: &str, body: &Value) -> Result<Value, CaseError> {
        let answer = self.order_answer(method, path, body)?;
        require_followed(&answer, &format!("{method} {path}"))?;
        Ok(answer.json().unwrap_or_default())
    }

    /// Gives an order about a job (`cancel`, `fail` ...) on behalf of its account, and hands on whatever is
    /// answered. Ids may hold slashes, so they are encoded.
    ///
    /// # Errors
    ///
    /// If the target takes no orders, or no answer came.
    pub fn order_job(
        &mut self,
        account: Credential,
        id: &str,
        order: &str,
        body: &Value,
    ) -> Result<Answer, CaseError> {
        let path = format!("/__admin/jobs/{}/{order}", utf8_percent_encode(id, NON_ALPHANUMERIC));
        self.order_as(account, "POST", &path, body)
    }

    /// Gives an order and hands on whatever is answered.
    ///
    /// # Errors
    ///
    /// If the target takes no orders, or no answer came.
    pub fn order_answer(&mut self, method: &str, path: &str, body: &Value) -> Result<Answer, CaseError> {
        self.order_as(Credential::Key, method, path, body)
    }

    /// The same for another account.
    ///
    /// # Errors
    ///
    /// If the target takes no orders, or no answer came.
    pub fn order_as(
        &mut self,
        account: Credential,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Answer, CaseError> {
        self.require_control()?;
        let control = self.target.control.clone().unwrap_or_default();
        let mut ask = Ask::get(&format!("{control}{path}")).by(method).from(account);
        if method != "GET" && method != "DELETE" {
            ask = ask.with(Body::Json(body.clone()));
        }
        self.exchange(&ask).map_err(|error| self.explain_loss(&error))
    }
}

/// Whether the control API did as it was told.
///
/// # Errors
///
/// [`CaseError::NotApplicable`] if the target's settings or its state do not allow it (409),
/// [`CaseError::Internal`] if it refused for another reason.
pub fn require_followed(answer: &Answer, order: &str) -> Result<(), CaseError> {
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    if answer.status == 409 {
        return Err(CaseError::NotApplicable(format!(
            "the target's settings do not allow {order}: {}",
            describe(answer)
        )));
    }
    Err(CaseError::Internal(format!("the control API refused {order}: {}", describe(answer))))
}
