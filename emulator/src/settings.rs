//! The settings that an emulator is started with.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use crate::auth::{KeyRule, Keyring};
use crate::clock::AccountClock;
use crate::edge::bind::ListenAddress;
use crate::engine::Latency;
use crate::random::Seed;
use crate::scenario::Scenarios;
use crate::served::ServedVendor;
use crate::state::progress::Progress;
use crate::store::StoreLimits;
use crate::timeouts::{ANSWER_SILENCE, BODY_SILENCE};
use crate::wallets::WalletSetting;
use crate::webhook::Secret;

/// Whether images named by an address are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Images {
    /// Only from this emulator, and from loopback addresses while it listens on one. All others stand for good images.
    Offline,
    /// From anywhere but private addresses.
    Fetch,
}

/// When an image that breaks a rule, and what the models' maker does not support, is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageBreach {
    /// When the vendor notices.
    Vendor,
    /// At once: the submit is refused.
    Submit,
    /// Late: the job fails.
    Job,
}

/// How much of a result is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClipDetail {
    /// A clip as large as the vendor's.
    #[default]
    Full,
    /// The same clip with a longer side of 320 pixels.
    Small,
    /// One clip for all jobs of a length, 64 x 36 pixels, without their images.
    Off,
}

/// How long the file of a clip is, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClipBytes {
    /// As the encoder leaves it, a fraction of the vendor's.
    #[default]
    Encoded,
    /// About as long as the vendor's, filled up with bytes that no player reads.
    Real,
}

/// What is bounded beside the store, in bytes unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A request's body.
    pub body_bytes: u64,
    /// How long a request's body may be silent: so long without a byte ends the request.
    pub body_silence: Duration,
    /// How long a caller may take nothing of an answer: so long without a byte ends the connection.
    pub answer_silence: Duration,
    /// Uploaded files.
    pub upload_bytes: u64,
    /// Rendered clips.
    pub clip_bytes: u64,
    /// Clips that are rendered before somebody asks for them, a number.
    pub clips_ahead: usize,
    /// Requests in the journal, a number.
    pub journal_entries: u64,
    /// The same, in bytes.
    pub journal_bytes: u64,
    /// Jobs and what they echo.
    pub store: StoreLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 * 1024 * 1024,
            body_silence: BODY_SILENCE,
            answer_silence: ANSWER_SILENCE,
            upload_bytes: 256 * 1024 * 1024,
            clip_bytes: crate::media::CLIPS_LIMIT_BYTES,
            clips_ahead: 0,
            journal_entries: 1_000,
            journal_bytes: 16 * 1024 * 1024,
            store: StoreLimits::default(),
        }
    }
}

/// Everything an emulator is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which vendors are served, of each vendor the newest edition first.
    pub vendors: Vec<ServedVendor>,
    /// The addresses of all vendors, the main one first; none stands for any free port of 127.0.0.1.
    pub listen: Vec<ListenAddress>,
    /// Addresses of single vendors, by `ID` or `ID@EDITION`.
    pub ports: Vec<(String, ListenAddress)>,
    /// The address of the control API, if it is to be apart.
    pub admin_listen: Option<ListenAddress>,
    /// What the control API wants beyond loopback.
    pub admin_token: Option<String>,
    /// How long jobs take.
    pub latency: Latency,
    /// What moves jobs.
    pub progress: Progress,
    /// The clock of new accounts.
    pub clock: AccountClock,
    /// The run's randomness.
    pub seed: Seed,
    /// Whether a request is refused whose orders, in its prompt or header, cannot be followed.
    pub strict_directives: bool,
    /// Whether images are fetched.
    pub images: Images,
    /// When broken rules are noticed.
    pub image_breach: ImageBreach,
    /// How much of a result is made.
    pub clips: ClipDetail,
    /// How long its file is.
    pub clip_bytes: ClipBytes,
    /// Whether orders in prompts are followed also while listening beyond loopback.
    pub directives_beyond_loopback: bool,
    /// Whether callbacks go to any address, and also while listening beyond loopback. Otherwise they stay on this machine.
    pub webhooks_beyond_loopback: bool,
    /// What callbacks are signed with; without one they are not signed.
    pub webhook_secret: Option<Secret>,
    /// The address under which clients reach the emulator, if it is not the one it listens on.
    pub public_url: Option<String>,
    /// The scenarios of all accounts, in the order in which they are tried.
    pub scenarios: Scenarios,
    /// The keys that vendors know; without one for a vendor, it knows every key.
    pub keys: Vec<KeyRule>,
    /// What all accounts begin with, by the vendor's id.
    pub wallets: BTreeMap<String, WalletSetting>,
    /// What is bounded.
    pub limits: Limits,
}

impl Settings {
    /// The keys that vendors know.
    pub(crate) fn keyring(&self) -> Result<Keyring, String> {
        let mut served: Vec<&str> = self.vendors.iter().map(|served| served.vendor.id()).collect();
        served.dedup();
        Keyring::new(&self.keys, &served)
    }
}

impl FromStr for Images {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "offline" => Ok(Self::Offline),
            "fetch" => Ok(Self::Fetch),
            _ => Err(format!("`{text}` is no way to treat picture addresses: expected offline or fetch")),
        }
    }
}

impl FromStr for ImageBreach {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "vendor" => Ok(Self::Vendor),
            "submit" => Ok(Self::Submit),
            "job" => Ok(Self::Job),
            _ => Err(format!("`{text}` is no moment: expected vendor, submit or job")),
        }
    }
}

impl FromStr for ClipDetail {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "full" => Ok(Self::Full),
            "small" => Ok(Self::Small),
            "off" => Ok(Self::Off),
            _ => Err(format!("`{text}` is no kind of clip: expected full, small or off")),
        }
    }
}

impl FromStr for ClipBytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "encoded" => Ok(Self::Encoded),
            "real" => Ok(Self::Real),
            _ => Err(format!("`{text}` is no length of a clip's file: expected encoded or real")),
        }
    }
}
