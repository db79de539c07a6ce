//! Webhooks: what a vendor sends to the address that a submit named, when the job changes.
//!
//! The messages are fixed when the job is accepted (`WebhookPlan`). The scheduler follows the job and makes
//! `messages` of the phases that have begun; `deliver` sends what is due, one message of an account after the
//! other, and what the receiver did not take is tried again by the account's clock. The control API calls them callbacks,
//! as the vendors do.

pub(crate) mod deliver;
pub(crate) mod log;
pub(crate) mod messages;
pub(crate) mod outbox;
pub(crate) mod send;
mod signature;
#[cfg(test)]
pub(crate) mod tests;

pub use self::signature::Secret;
