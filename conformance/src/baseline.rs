//! Failures that are expected for a while.
