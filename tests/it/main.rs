//! The integration tests: the running emulator, spoken to over HTTP as a client would, and the command as typed.
//!
//! In reading order:
//!
//! 1. A user's first hour: [`walk`] (each vendor from an image to a video), [`tour`] (the tour's commands as
//!    printed), [`command`] (flags, files, exit codes).
//! 2. A client against a vendor: [`routing`] (hosts and addresses), [`vendors`] (each vendor's contract table, row by
//!    row), [`models`] (every model of one vendor), [`images`] (limits, by every way in), [`results`] (videos and
//!    uploads), [`hostile`] (requests that no client should send).
//! 3. A test in charge of the emulator: [`control`] (the control API, time), [`effects`] (scenarios and what they
//!    cause), [`webhooks`], [`money`] (wallets, keys, limits), [`journal`] (what was asked, and expectations).
//! 4. The suite: [`suite`] (`check`: catalogue, money, cassettes), [`mutants`] (each case notices a broken emulator),
//!    [`stubs`] (wrong servers are named, good ones are not accused),
//!    [`recordings`] (real answers against ours), [`drift`] (what changed at a vendor).
//! 5. The house: [`properties`] (what holds for every request and seed), [`docs`] (generated pages are up to date),
//!    [`tidy`] (rules about the tree), [`support`] (what the tests share).

#![expect(clippy::unwrap_used, reason = "a test may panic, and says where")]

mod command;
mod control;
mod docs;
mod drift;
mod effects;
mod hostile;
mod images;
mod journal;
mod models;
mod money;
mod mutants;
mod properties;
mod recordings;
mod results;
mod routing;
mod stubs;
mod suite;
mod support;
mod tidy;
mod tour;
mod vendors;
mod walk;
mod webhooks;
