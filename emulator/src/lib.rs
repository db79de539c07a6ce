//! The emulator of vendors: it serves their contracts over HTTP, with jobs, media, webhooks and a clock for each account.
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

mod admin;
mod app;
mod auth;
mod builder;
pub mod clock;
mod edge;
mod emulator;
mod engine;
pub mod expect;
pub mod fixtures;
mod handles;
pub mod journal;
mod loopback;
pub mod media;
pub mod random;
pub mod scenario;
mod scheduler;
mod served;
mod settings;
mod state;
mod store;
mod timeouts;
mod transact;
mod wallets;
pub mod webhook;

pub use self::auth::{KeyRule, KeyState, account};
pub use self::builder::EmulatorBuilder;
pub use self::edge::bind::{AddressError, ListenAddress};
pub use self::emulator::{Emulator, StartError};
pub use self::engine::Latency;
pub use self::handles::{
    ClockHandle, HandleError, JobsHandle, RequestsHandle, ScenariosHandle, WalletHandle,
};
pub use self::served::ServedVendor;
pub use self::settings::{ClipBytes, ClipDetail, ImageBreach, Images, Limits, Settings};
pub use self::state::job::{Ending, Job};
pub use self::state::limits::{AccountLimits, ModelLimits};
pub use self::state::progress::Progress;
pub use self::state::wallet::Funds;
pub use self::store::StoreLimits;
pub use self::wallets::{Balance, WalletSetting};
