//! The scheduler, for what happens by itself at the edge: webhooks, and responses that are delayed until a job has ended.
//!
//! It follows the account's clock. One task of the emulator sleeps until the earliest entry of an account on the system
//! clock, or until it is woken because an account's clock was set or something happened to a job. A job is followed only
//! while a webhook or a response waits for it; no other job costs anything here.

mod agenda;
pub(crate) mod run;
pub(crate) mod schedule;
#[cfg(test)]
mod tests;
pub(crate) mod transitions;
