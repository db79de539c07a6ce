//! The integration tests: the running emulator, spoken to over HTTP as a client would.

mod command;
mod control;
mod docs;
mod hostile;
mod pictures;
mod properties;
mod results;
mod routing;
mod support;
mod tidy;
mod walk;
