//! Settings of a stand-in that change what its jobs do, found out by asking.

use serde_json::Value;

use super::{CaseError, Session};

impl Session<'_> {
    /// What there is to know about the target, for the report.
    pub(crate) fn notices(&self) -> Vec<String> {
        let mut notices = self.notices.clone();
        if self.asked_again > 0 {
            notices.push(format!(
                "{} answers were a gateway's (502, 503, 504) or asked for patience (429), and were asked for again, as clients do",
                self.asked_again
            ));
        }
        notices
    }

    /// Whether time moves the target's jobs.
    ///
    /// # Errors
    ///
    /// [`CaseError::NotApplicable`] if a setting of the stand-in has them moved by something else.
    pub fn require_time(&self) -> Result<(), CaseError> {
        match &self.moved_by {
            Some(progress) => Err(CaseError::NotApplicable(format!(
                "the target's setting: its jobs are moved by `--progress {progress}`, not by time"
            ))),
            None => Ok(()),
        }
    }

    /// Asks a stand-in what moves its jobs, and whether it has scenarios that would spoil answers.
    ///
    /// # Errors
    ///
    /// If no answer came.
    pub(crate) fn look_at_settings(&mut self) -> Result<(), CaseError> {
        let told = self.order_answer("GET", "/__admin/vendors", &Value::Null)?.json().unwrap_or_default();
        let progress = told.get("progress").and_then(Value::as_str);
        self.moved_by = progress.filter(|progress| *progress != "time").map(str::to_owned);
        if let Some(progress) = &self.moved_by {
            self.notices.push(format!(
                "the target's setting `--progress {progress}` moves its jobs: cases about their course do not apply"
            ));
        }
        let told = self.order_answer("GET", "/__admin/scenarios", &Value::Null)?.json().unwrap_or_default();
        let held = told.get("scenarios").and_then(Value::as_array).cloned().unwrap_or_default();
        if !held.is_empty() {
            self.notices.push(format!(
                "the target has scenarios of its own ({}): what fails here may be their doing; without them run it as \
                 `--target emulator`",
                held.len()
            ));
        }
        Ok(())
    }
}
