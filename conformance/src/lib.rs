//! The conformance suite: one catalogue of cases, run against the stand-in, a recorded run or a real vendor.
//!
//! The suite knows a target by its address only and reads answers through the contract, never through a
//! dialect. Every request that may cost asks the [`budget`] first; nothing secret is kept.

pub mod baseline;
pub mod budget;
pub mod case;
pub mod cases;
pub mod catalogue;
pub mod check;
pub mod clause;
pub mod clock;
pub mod drift;
pub mod events;
pub mod exit;
mod generated;
mod images;
mod known;
pub mod normalise;
pub mod outcome;
pub mod plan;
pub mod probe;
pub mod profile;
pub mod references;
pub mod report;
pub mod run;
pub mod session;
mod shape;
pub mod target;
pub mod wire;
