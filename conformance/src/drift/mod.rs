//! Drift against live targets: inputs that are read or asked, and their comparison.
//!
//! [`inputs`] reads what was named on the command line, [`live`] runs the suite so that its responses can be compared,
//! [`probe`] finds out what an emulator accepts, and [`compare`] holds two inputs against each other.

pub mod answers;
pub mod compare;
pub mod inputs;
pub mod live;
pub mod probe;
