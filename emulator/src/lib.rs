//! Serves the contracts: clock, jobs, media and the HTTP edge.
//!
//! In a test: `Emulator::builder().start().await`, then point a client at `emulator.url("...")`.

pub mod account;
mod admin;
pub mod clock;
mod emulator;
pub mod engine;
pub mod fixtures;
pub mod handles;
mod http;
pub mod job;
pub mod media;
pub mod random;
pub mod settings;
mod shared;
pub mod store;

pub use self::emulator::{Emulator, EmulatorBuilder, StartError};
pub use self::engine::Latency;
pub use self::job::Progress;
pub use self::settings::{ImageBreach, Images, Limits, Settings};
