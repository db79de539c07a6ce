//! Serves the contracts.
pub mod media;
