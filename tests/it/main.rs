//! The integration tests: the running emulator, spoken to over HTTP as a client would.

mod control_openapi;
mod docs;
mod properties;
mod support;
mod tour;
mod walk;
