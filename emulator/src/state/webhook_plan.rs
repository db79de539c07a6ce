//! The plan of a job's webhooks: receiver, phases, copies, delays, retries.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mockreel_contracts::{Contract, Options, Phase};
use serde_json::Value;
use url::Url;

use crate::scenario::{Span, WebhookEffect};
use crate::timeouts::RECEIVER_TIMEOUT_SECONDS;

/// The longest address that is called, in bytes.
const MAX_ADDRESS_BYTES: usize = 8_192;

/// The plan of a job's webhooks, fixed when it is accepted: the contract's word, and over it a scenario's.
#[derive(Clone)]
pub struct WebhookPlan {
    /// The address, or what is wrong with it.
    pub receiver: Result<Url, String>,
    /// The address, fit to be shown: without who calls, without the values of its query, and without keys.
    pub shown: String,
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
    pub timeout: Duration,
}

impl fmt::Debug for WebhookPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Addresses may hold secrets.
        f.debug_struct("WebhookPlan")
            .field("receiver", &self.shown)
            .field("phases", &self.phases)
            .field("off", &self.off)
            .finish_non_exhaustive()
    }
}

impl WebhookPlan {
    /// What becomes of the address in the body of a submit; `None` if the vendor knows no callbacks, or none is there.
    ///
    /// `base` is the start of the addresses in the answer to the submit, `effect` what a scenario says, and `hide` takes the
    /// caller's secrets out of a text.
    pub(crate) fn of(
        contract: &Contract,
        options: &Options,
        body: &Value,
        base: &str,
        effect: Option<&WebhookEffect>,
        hide: &dyn Fn(&str) -> String,
    ) -> Option<Arc<Self>> {
        let facts = contract.callbacks.as_ref()?;
        let address = facts.address(body)?;
        let effect = effect.cloned().unwrap_or_default();
        let off = match (effect.send, facts.are_sent(options), &facts.option) {
            (Some(true), ..) | (None, true, _) => None,
            (Some(false), ..) => Some("callback: not sent, because a scenario says so".to_owned()),
            (None, false, option) => {
                let option = format!("{}.{}", contract.id, option.as_deref().unwrap_or_default());
                Some(format!(
                    "callback: not sent, because option `{option}` is off; start with --option {option}=on"
                ))
            }
        };
        let receiver = parse_receiver(address).map_err(|why| hide(&why));
        let timeout = facts.patience_seconds.unwrap_or(RECEIVER_TIMEOUT_SECONDS);
        Some(Arc::new(Self {
            shown: receiver
                .as_ref()
                .map_or_else(|_| "(no address)".to_owned(), |url| redact_receiver(url, hide)),
            receiver,
            base: base.to_owned(),
            phases: facts.phases.clone(),
            off,
            delay: effect.delay,
            copies: effect.copies.unwrap_or(1),
            reversed: effect.reversed,
            retries: effect.retries.unwrap_or(facts.retries),
            backoff_seconds: effect.backoff.unwrap_or(facts.backoff_seconds),
            timeout: Duration::from_secs_f64(timeout),
        }))
    }

    /// What a developer should know: that nothing is sent, or cannot be.
    pub(crate) fn note(&self) -> Option<String> {
        self.off.clone().or_else(|| self.receiver.as_ref().err().map(|why| format!("callback: {why}")))
    }

    /// How long to wait after a try before the next, in milliseconds; `tried` counts from 1.
    pub(crate) fn backoff_millis(&self, tried: u32) -> u64 {
        // A float cast saturates, so that absurd waits end at the end of time.
        (self.backoff_seconds * 1000.0 * f64::from(2_u32.saturating_pow(tried.saturating_sub(1)))).round()
            as u64
    }
}

/// Reads an address. The message does not repeat it, since it may hold a secret.
pub(crate) fn parse_receiver(address: &str) -> Result<Url, String> {
    if address.len() > MAX_ADDRESS_BYTES {
        return Err(format!("the address has more than {MAX_ADDRESS_BYTES} bytes"));
    }
    let expected = "expected an address as in http://127.0.0.1:8080/hook";
    let url = Url::parse(address).map_err(|error| format!("the address is no URL ({error}): {expected}"))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(format!("`{other}:` cannot be called: {expected}")),
    }
}

fn redact_receiver(url: &Url, hide: &dyn Fn(&str) -> String) -> String {
    let mut shown = url.clone();
    shown.set_fragment(None);
    // Both only fail for addresses without a host, which http and https always have.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    if url.query().is_some() {
        let names: Vec<String> = url.query_pairs().map(|(name, _)| hide(&name)).collect();
        shown.query_pairs_mut().clear().extend_pairs(names.iter().map(|name| (name, "REDACTED")));
    }
    let shown = String::from(shown);
    match shown.split_once('?') {
        Some((address, query)) => format!("{}?{query}", hide(address)),
        None => hide(&shown),
    }
}
