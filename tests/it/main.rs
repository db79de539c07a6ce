//! The integration tests: the running emulator, spoken to over HTTP as a client would.

#![expect(clippy::unwrap_used, reason = "a test may panic, and says where")]

mod callbacks;
mod command;
mod control;
mod control_openapi;
mod docs;
mod drift;
mod drift_judged;
mod drift_sides;
mod drift_tapes;
mod drift_watch;
mod hostile;
mod images;
mod journal;
mod models;
mod money;
mod mutants;
mod orders;
mod properties;
mod recordings;
mod results;
mod routing;
mod rows;
mod suite;
mod support;
mod tidy;
mod tour;
mod walk;
