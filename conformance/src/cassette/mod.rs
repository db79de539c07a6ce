//! Recorded runs: written as a run goes, and played back without a network.

mod redaction;

pub use redaction::{RedactionError, Redactor};
