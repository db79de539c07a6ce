//! Evidence: exchanges with a target, fit to be kept and shown.
//!
//! [`exchange`] has what was sent and answered, [`redact`] takes out what is secret, [`cassette`] records and
//! plays back, and [`issue`] has what report formats share.

pub mod cassette;
pub mod exchange;
pub mod issue;
pub mod redact;
