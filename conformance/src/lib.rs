//! The conformance suite: one catalogue of cases, run against the emulator or a real vendor.
//!
//! This crate is not built yet: it holds its place in the workspace, so that the direction of
//! imports (`contracts <- conformance`, never `emulator`) is fixed from the first day.
