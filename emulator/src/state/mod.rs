//! The state of accounts and jobs: plain data and pure functions of it.

pub(crate) mod account;
pub(crate) mod change;
pub(crate) mod clip;
pub(crate) mod job;
pub(crate) mod limits;
pub(crate) mod progress;
pub(crate) mod view;
pub(crate) mod wallet;
pub(crate) mod webhook_plan;
