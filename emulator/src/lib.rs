//! Serves the contracts: clock, jobs, media and the HTTP edge.
//!
//! In a test, start one on a port of the system's choice and point the client at it:
//!
//! ```
//! use mockreel_emulator::Emulator;
//! use mockreel_emulator::clock::MANUAL_START;
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let emulator = Emulator::builder().manual_clock(MANUAL_START).seed(7).start().await.unwrap();
//! let vendor = &emulator.settings().vendors[0].vendor;
//! let base_url = emulator.url(vendor.id());
//! assert!(base_url.starts_with("http://127.0.0.1:"));
//! // The account that a key names has a clock of its own, which moves when it is told to.
//! let clock = emulator.clock("the key that the client sends");
//! clock.advance(std::time::Duration::from_secs(60)).await.unwrap();
//! # });
//! ```

pub mod account;
mod admin;
mod builder;
pub mod callback;
pub mod clock;
mod emulator;
pub mod engine;
pub mod expect;
pub mod fixtures;
pub mod handles;
mod http;
pub mod job;
pub mod journal;
pub mod media;
pub mod purses;
pub mod random;
pub mod scenario;
mod schedule;
pub mod settings;
mod shared;
pub mod store;
mod variants;

pub use self::builder::EmulatorBuilder;
pub use self::emulator::{Emulator, StartError};
pub use self::engine::Latency;
pub use self::job::Progress;
pub use self::purses::{Balance, PurseHandle, PurseSetting};
pub use self::settings::{ImageBreach, Images, Limits, Settings};
