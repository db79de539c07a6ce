//! The integration tests: the running emulator, spoken to over HTTP as a client would.

mod properties;
mod recordings;
mod rows;
mod support;
mod walk;
