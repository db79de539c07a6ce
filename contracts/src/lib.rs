//! Contracts of vendors: their promises as data with sources, and their dialects.
//!
//! A vendor is a [`contract::Contract`] (facts with sources, from TOML) and a [`dialect::Dialect`]
//! (the shapes that need a branch). This crate does no IO, knows no HTTP library and has no clock.

pub mod amount;
pub mod contract;
pub mod dialect;
pub mod ids;
pub mod image;
pub mod lazy;
pub mod operation;
pub mod phase;
pub mod problem;
pub mod role;
pub mod text;
pub mod time;
pub mod upstream;
pub mod vendor;

mod ai302;
mod aimlapi;
mod apilaplas;
mod gmicloud;

pub use self::amount::Amount;
pub use self::contract::{Contract, ContractError, Model, Options, Selector};
pub use self::dialect::{Credential, Dialect, Exchange, JobView, Reply, ReplyBody, WrittenReply};
pub use self::operation::Operation;
pub use self::phase::Phase;
pub use self::problem::{FailureReason, Problem};
pub use self::role::Role;
pub use self::time::UnixMillis;
pub use self::vendor::{Vendor, vendor, vendors};
