//! Serves the contracts.
