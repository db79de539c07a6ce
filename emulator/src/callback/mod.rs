//! Callbacks: what a vendor sends to the address that a submit named, when the job changes.
//!
//! What is to be sent is fixed when the job is accepted ([`CallbackPlan`]). The scheduler follows the
//! job and says when a phase has begun; a courier sends what is due, one message of an account after
//! the other, and what the receiver did not take is tried again by the account's clock.

mod courier;
mod log;
mod outbox;
mod post;
mod signature;
mod tale;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mockreel_contracts::{Contract, Options, Phase};
use serde_json::Value;
use url::Url;

pub(crate) use self::courier::carry;
pub(crate) use self::log::{Entry, State};
pub(crate) use self::outbox::{Delivery, Outbox, Outcome};
pub(crate) use self::post::Sender;
pub use self::signature::Secret;
pub(crate) use self::tale::Tale;
use crate::scenario::{CallbackOrder, Span};

/// How many callbacks may be pending in one emulator: jobs that are followed, and messages to be sent.
pub(crate) const PENDING: usize = 10_000;

/// The longest address that is called, in bytes.
const LONGEST_ADDRESS: usize = 8_192;

/// How long a receiver may take to answer where the contract does not say, in seconds of the machine's clock.
const PATIENCE_SECONDS: f64 = 10.0;

/// What is sent about a job, fixed when it is accepted: the contract's word, and over it a scenario's.
#[derive(Clone)]
pub struct CallbackPlan {
    /// The address, or what is wrong with it.
    pub receiver: Result<Url, String>,
    /// The start of every address in what is sent.
    pub base: String,
    /// The phases whose beginning is announced.
    pub phases: Vec<Phase>,
    /// Why nothing is sent, and what turns it on; `None` if it is sent.
    pub off: Option<String>,
    /// How long after the change each message is sent, by the account's clock.
    pub delay: Option<Span>,
    /// How many times each message is sent.
    pub copies: u32,
    /// Whether messages are sent in the opposite order, once the last is due.
    pub reversed: bool,
    /// How many more times a message that failed is tried.
    pub retries: u32,
    /// Seconds of the account's clock before the first retry; each further one waits twice as long.
    pub backoff_seconds: f64,
    /// How long the receiver may take to answer, by the machine's clock.
    pub patience: Duration,
}

impl fmt::Debug for CallbackPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Addresses may hold secrets.
        f.debug_struct("CallbackPlan")
            .field("receiver", &self.shown_receiver())
            .field("phases", &self.phases)
            .field("off", &self.off)
            .finish_non_exhaustive()
    }
}

impl CallbackPlan {
    /// What becomes of the address in the body of a submit; `None` if the vendor knows no callbacks, or none is there.
    ///
    /// `base` is the start of the addresses in the answer to the submit, and `order` what a scenario says.
    pub(crate) fn of(
        contract: &Contract,
        options: &Options,
        body: &Value,
        base: &str,
        order: Option<&CallbackOrder>,
    ) -> Option<Arc<Self>> {
        let facts = contract.callbacks.as_ref()?;
        let address = facts.address(body)?;
        let order = order.cloned().unwrap_or_default();
        let off = match (order.send, facts.are_sent(options), &facts.option) {
            (Some(true), ..) | (None, true, _) => None,
            (Some(false), ..) => Some("callback: not sent, because a scenario says so".to_owned()),
            (None, false, option) => {
                let option = format!("{}.{}", contract.id, option.as_deref().unwrap_or_default());
                Some(format!(
                    "callback: not sent, because option `{option}` is off; start with --option {option}=on"
                ))
            }
        };
        let patience = facts.patience_seconds.unwrap_or(PATIENCE_SECONDS);
        Some(Arc::new(Self {
            receiver: receiver(address),
            base: base.to_owned(),
            phases: facts.phases.clone(),
            off,
            delay: order.delay,
            copies: order.copies.unwrap_or(1),
            reversed: order.reversed,
            retries: order.retries.unwrap_or(facts.retries),
            backoff_seconds: order.backoff.unwrap_or(facts.backoff_seconds),
            patience: Duration::from_secs_f64(patience),
        }))
    }

    /// What a developer should know: that nothing is sent, or cannot be.
    pub(crate) fn note(&self) -> Option<String> {
        self.off.clone().or_else(|| self.receiver.as_ref().err().map(|why| format!("callback: {why}")))
    }

    /// The address, fit to be shown: without who calls, and without the values of its query.
    pub(crate) fn shown_receiver(&self) -> String {
        self.receiver.as_ref().map_or_else(|_| "(no address)".to_owned(), shown)
    }

    /// How long to wait after a try before the next, in milliseconds; `tried` counts from 1.
    fn backoff_millis(&self, tried: u32) -> u64 {
        // A float cast saturates, so that absurd waits end at the end of time.
        (self.backoff_seconds * 1000.0 * f64::from(2_u32.saturating_pow(tried.saturating_sub(1)))).round()
            as u64
    }
}

/// Reads an address. The message does not repeat it, since it may hold a secret.
fn receiver(address: &str) -> Result<Url, String> {
    if address.len() > LONGEST_ADDRESS {
        return Err(format!("the address has more than {LONGEST_ADDRESS} bytes"));
    }
    let expected = "expected an address as in http://127.0.0.1:8080/hook";
    let url = Url::parse(address).map_err(|error| format!("the address is no URL ({error}): {expected}"))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(format!("`{other}:` cannot be called: {expected}")),
    }
}

fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_fragment(None);
    // Both only fail for addresses without a host, which http and https always have.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    if url.query().is_some() {
        let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        shown.query_pairs_mut().clear().extend_pairs(names.iter().map(|name| (name, "REDACTED")));
    }
    shown.into()
}
