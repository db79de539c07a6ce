//! Serves the contracts.

pub mod fixtures;
