//! Sending: every request is recorded, redacted, and refused if it could cost without asking the budget.

use mockreel_contracts::Operation;
use mockreel_evidence::exchange::{Answer, Outgoing, PROBE, WireError};

use super::{CaseError, Session};
use crate::events::Event;
use crate::profile::{Ask, Credential};
use crate::session::wording::describe;
use mockreel_evidence::redact::Redactor;

/// Statuses of gateways that ask for the same request again (RFC 9110, 15.6.3 to 15.6.5).
const OF_GATEWAYS: [u16; 3] = [502, 503, 504];

/// By this status a server asks for fewer requests (RFC 6585, 4).
const TOO_MANY: u16 = 429;

/// How often a request that cannot cost is sent again after such an answer.
const MAX_REPEATS: u32 = 2;

/// The longest that a server can ask to wait before that, in milliseconds.
const LONGEST_RETRY_MS: u64 = 15_000;

/// Whether an answer says nothing of what was asked, but that it is to be asked again.
pub(super) fn asks_again(status: u16) -> bool {
    status == TOO_MANY || OF_GATEWAYS.contains(&status)
}

/// Whether a request only reads.
fn reads(ask: &Ask) -> bool {
    ["GET", "HEAD", "OPTIONS"].contains(&ask.method.as_str())
}

/// Whether somebody's account could be charged for a request.
fn is_charged(ask: &Ask) -> bool {
    matches!(ask.credential, Credential::Key | Credential::SecondKey)
}

impl Session<'_> {
    /// Sends something that cannot cost: it does not submit, or nobody's account could be charged for it.
    ///
    /// What a gateway answers in place of a vendor, and who asks for patience, is asked again a few times, as a vendor's
    /// own clients do.
    ///
    /// # Errors
    ///
    /// If no answer came, it could cost after all, or the server goes on asking for patience.
    pub fn send(&mut self, ask: &Ask) -> Result<Answer, CaseError> {
        let mut answer = self.send_once(ask)?;
        // A stand-in answers so because it was told to.
        let is_patient = self.target.control.is_none() && (reads(ask) || !is_charged(ask));
        let mut repeats = 0;
        while is_patient && asks_again(answer.status) && repeats < MAX_REPEATS {
            repeats += 1;
            self.asked_again += 1;
            let named = answer.header("retry-after").and_then(|text| text.trim().parse::<u64>().ok());
            match named {
                Some(seconds) => self.rest_ms(seconds.saturating_mul(1000).min(LONGEST_RETRY_MS))?,
                None => self.pause()?,
            }
            answer = self.send_once(ask)?;
        }
        if is_patient && answer.status == TOO_MANY {
            return Err(CaseError::Unreachable(format!(
                "the server asks for fewer requests, {} times in a row: {}; nothing follows from it, run again later",
                repeats + 1,
                describe(&answer)
            )));
        }
        Ok(answer)
    }

    /// The same without patience: whatever comes is the answer.
    ///
    /// # Errors
    ///
    /// If no answer came, or it could cost after all.
    pub fn send_once(&mut self, ask: &Ask) -> Result<Answer, CaseError> {
        let submits = self.profile.contract().operations.iter().any(|(name, operation)| {
            *name == Operation::Submit && operation.routes.iter().any(|route| route.path == ask.path)
        });
        if !reads(ask) && is_charged(ask) && submits && ask.method == "POST" {
            return Err(CaseError::Internal(format!(
                "{} was to be sent without asking the budget",
                ask.path
            )));
        }
        self.require_time_left()?;
        self.exchange(ask).map_err(|error| self.explain_loss(&error))
    }

    /// Nothing more is sent once the recording broke: evidence that was asked for would be lost.
    pub(super) fn keeps_recording(&self) -> Result<(), CaseError> {
        self.unrecorded.clone().map_or(Ok(()), |why| Err(CaseError::Internal(why)))
    }

    /// What it means that no answer came.
    pub(super) fn explain_loss(&self, error: &WireError) -> CaseError {
        if let Some(why) = &self.unrecorded {
            return CaseError::Internal(why.clone());
        }
        match error {
            // A recording without anything of this case was made without it.
            WireError::Cassette { .. } if self.current.id != PROBE && self.current.exchanges.len() <= 1 => {
                CaseError::NotApplicable("this case is not in the recording".to_owned())
            }
            WireError::Cassette { .. } | WireError::Unreachable { .. } | WireError::Lost { .. } => {
                CaseError::Unreachable(error.to_string())
            }
        }
    }

    /// Sends a request, keeps its redacted copy, and says what came.
    pub(super) fn exchange(&mut self, ask: &Ask) -> Result<Answer, WireError> {
        if let Some(why) = &self.unrecorded {
            return Err(WireError::Cassette { why: why.clone() });
        }
        let mut headers = ask.headers.clone();
        let credential = match &ask.credential {
            Credential::Key => Some(self.auth_header(&self.target.key)),
            Credential::SecondKey => self.target.second_key.as_ref().map(|key| self.auth_header(key)),
            Credential::OtherScheme => Some(format!("Basic {}", self.target.key)),
            Credential::Nobody => None,
            Credential::Header(text) => Some(text.clone()),
        };
        headers.extend(credential.map(|text| ("authorization".to_owned(), text)));
        let outgoing = Outgoing {
            method: ask.method.clone(),
            url: self.target.url(&ask.target()),
            headers,
            body: ask.body.clone(),
        };
        let at_ms = self.wire.now_ms();
        let request = self.redactor.text(&format!("{} {}", ask.method, ask.path));
        self.reporter.on_event(&Event::Asked { id: self.current.id, request: &request });
        let got = self.wire.send(self.current.id, &outgoing);
        self.reporter.on_event(&Event::Answered);
        let took_ms = self.wire.now_ms().saturating_sub(at_ms);
        let number = u32::try_from(self.exchanges.len()).unwrap_or(u32::MAX).saturating_add(1);
        let kept = self.redactor.keep(number, self.current.id, at_ms, took_ms, &outgoing, &got);
        // What is called a secret is taken out here too, so that it is the same in a replay.
        let received = Redactor::default().keep(number, self.current.id, at_ms, took_ms, &outgoing, &got);
        let recorded = self.recorder.as_mut().map_or(Ok(()), |recorder| recorder.record(&kept));
        self.exchanges.push(kept);
        self.received.push(received);
        self.current.exchanges.push(number);
        if let Err(error) = recorded {
            self.unrecorded = Some(format!("nothing more is sent: {error}"));
            return Err(WireError::Cassette { why: error.to_string() });
        }
        got
    }
}
