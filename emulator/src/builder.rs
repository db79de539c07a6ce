//! The builder of settings, for tests and the command.

use std::collections::BTreeMap;
use std::sync::Arc;

use mockreel_contracts::{UnixMillis, Vendor};
use url::Url;

use crate::auth::KeyRule;
use crate::clock::AccountClock;
use crate::edge::bind::ListenAddress;
use crate::emulator::{Emulator, StartError};
use crate::engine::Latency;
use crate::random::Seed;
use crate::scenario::{Scenario, Scenarios, sets, with_added};
use crate::served;
use crate::settings::{ClipBytes, ClipDetail, ImageBreach, Images, Limits, Settings};
use crate::state::progress::Progress;
use crate::wallets::{WalletSetting, default_wallets};
use crate::webhook::Secret;

/// The settings that an emulator is started with, one at a time.
#[derive(Debug)]
pub struct EmulatorBuilder {
    vendors: Vec<Vendor>,
    options: Vec<(String, String, String)>,
    settings: Settings,
}

impl Default for EmulatorBuilder {
    fn default() -> Self {
        let settings = Settings {
            vendors: Vec::new(),
            listen: Vec::new(),
            ports: Vec::new(),
            admin_listen: None,
            admin_token: None,
            latency: Latency::FAST,
            progress: Progress::Time,
            clock: AccountClock::System,
            seed: Seed(0),
            images: Images::Offline,
            image_breach: ImageBreach::Vendor,
            clips: ClipDetail::Full,
            clip_bytes: ClipBytes::Encoded,
            directives_beyond_loopback: false,
            strict_directives: false,
            webhooks_beyond_loopback: false,
            webhook_secret: None,
            public_url: None,
            scenarios: Scenarios::default(),
            keys: Vec::new(),
            wallets: BTreeMap::new(),
            limits: Limits::default(),
        };
        Self { vendors: Vec::new(), options: Vec::new(), settings }
    }
}

impl EmulatorBuilder {
    /// Serves this vendor, and only those named so. Without any, all are served.
    #[must_use]
    pub fn vendor(mut self, vendor: Vendor) -> Self {
        self.vendors.push(vendor);
        self
    }

    /// Chooses a value for an option of a vendor.
    #[must_use]
    pub fn option(mut self, vendor: &str, name: &str, value: &str) -> Self {
        self.options.push((vendor.to_owned(), name.to_owned(), value.to_owned()));
        self
    }

    /// An address of all vendors; may be said more than once. The first is the one that answers name. Without any, a
    /// free port of 127.0.0.1.
    #[must_use]
    pub fn listen(mut self, address: impl Into<ListenAddress>) -> Self {
        self.settings.listen.push(address.into());
        self
    }

    /// An address for one vendor.
    #[must_use]
    pub fn port(mut self, vendor: &str, address: impl Into<ListenAddress>) -> Self {
        self.settings.ports.push((vendor.to_owned(), address.into()));
        self
    }

    /// How long jobs take.
    #[must_use]
    pub fn latency(mut self, latency: Latency) -> Self {
        self.settings.latency = latency;
        self
    }

    /// What moves jobs.
    #[must_use]
    pub fn progress(mut self, progress: Progress) -> Self {
        self.settings.progress = progress;
        self
    }

    /// Puts every account on a manual clock that starts at this time.
    #[must_use]
    pub fn manual_clock(mut self, start: UnixMillis) -> Self {
        self.settings.clock = AccountClock::Manual(start);
        self
    }

    /// The run's randomness.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = Seed(seed);
        self
    }

    /// Whether images are fetched.
    #[must_use]
    pub fn images(mut self, images: Images) -> Self {
        self.settings.images = images;
        self
    }

    /// When broken rules are noticed.
    #[must_use]
    pub fn image_breach(mut self, moment: ImageBreach) -> Self {
        self.settings.image_breach = moment;
        self
    }

    /// How much of a result is made.
    #[must_use]
    pub fn clips(mut self, detail: ClipDetail) -> Self {
        self.settings.clips = detail;
        self
    }

    /// How long the files of clips are.
    #[must_use]
    pub fn clip_bytes(mut self, bytes: ClipBytes) -> Self {
        self.settings.clip_bytes = bytes;
        self
    }

    /// Renders up to so many clips as soon as their jobs are accepted, before anybody asks for one; 0 unless
    /// said otherwise, since a test in this process seldom downloads one. The command has 16.
    #[must_use]
    pub fn clips_ahead(mut self, most: usize) -> Self {
        self.settings.limits.clips_ahead = most;
        self
    }

    /// Follows orders in prompts also while listening beyond loopback.
    #[must_use]
    pub fn directives_beyond_loopback(mut self) -> Self {
        self.settings.directives_beyond_loopback = true;
        self
    }

    /// Refuses a request whose orders, in its prompt or header, cannot be followed: 400, and a text that says what was expected.
    #[must_use]
    pub fn strict_directives(mut self) -> Self {
        self.settings.strict_directives = true;
        self
    }

    /// Sends callbacks to any address, and also while listening beyond loopback.
    #[must_use]
    pub fn webhooks_beyond_loopback(mut self) -> Self {
        self.settings.webhooks_beyond_loopback = true;
        self
    }

    /// Signs callbacks, as Standard Webhooks have it.
    #[must_use]
    pub fn webhook_secret(mut self, secret: Secret) -> Self {
        self.settings.webhook_secret = Some(secret);
        self
    }

    /// The address under which clients reach the emulator.
    #[must_use]
    pub fn public_url(mut self, url: &str) -> Self {
        self.settings.public_url = Some(url.to_owned());
        self
    }

    /// Adds a scenario of all accounts. They are tried in the order in which they are added.
    #[must_use]
    pub fn scenario(self, scenario: Scenario) -> Self {
        self.scenarios(&[Arc::new(scenario)])
    }

    /// Adds scenarios of all accounts.
    #[must_use]
    pub fn scenarios(mut self, scenarios: &[Arc<Scenario>]) -> Self {
        self.settings.scenarios = with_added(&self.settings.scenarios, scenarios).0;
        self
    }

    /// Adds a ready-made set of scenarios, as `rehearsal`, for all accounts.
    ///
    /// # Errors
    ///
    /// If there is none of that name; the message says which there are.
    pub fn scenario_set(self, name: &str) -> Result<Self, StartError> {
        let set = sets::set(name).map_err(StartError::Settings)?;
        Ok(self.scenarios(&set))
    }

    /// What is bounded.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// The address and token of the control API.
    #[must_use]
    pub fn admin(mut self, listen: Option<ListenAddress>, token: Option<String>) -> Self {
        self.settings.admin_listen = listen;
        self.settings.admin_token = token;
        self
    }

    /// What every account has with a vendor at first.
    #[must_use]
    pub fn wallet(mut self, vendor: &str, setting: WalletSetting) -> Self {
        self.settings.wallets.insert(vendor.to_owned(), setting);
        self
    }

    /// Lets vendors know a key. From then on they know no others, but for the reserved ones.
    #[must_use]
    pub fn key(mut self, rule: KeyRule) -> Self {
        self.settings.keys.push(rule);
        self
    }

    /// The settings that all this makes.
    ///
    /// # Errors
    ///
    /// If an embedded contract cannot be read, or an option does not fit; the message says which there are.
    pub fn settings(self) -> Result<Settings, StartError> {
        let vendors = if self.vendors.is_empty() {
            mockreel_contracts::vendors().map_err(|error| StartError::Settings(error.to_string()))?.to_vec()
        } else {
            self.vendors
        };
        let vendors = served::choose_vendors(vendors, &self.options).map_err(StartError::Settings)?;
        if let Some(url) = self.settings.public_url.as_deref().filter(|url| !is_start_of_addresses(url)) {
            return Err(StartError::Settings(format!(
                "--public-url {url}: expected an address that others can follow, as in http://stand-in:4747"
            )));
        }
        let settings = Settings { vendors, ..self.settings };
        settings.keyring().map_err(StartError::Settings)?;
        default_wallets(&settings.vendors, &settings.wallets).map_err(StartError::Settings)?;
        Ok(settings)
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// As [`EmulatorBuilder::settings`] and [`Emulator::start`].
    pub async fn start(self) -> Result<Emulator, StartError> {
        Emulator::start(self.settings()?).await
    }
}

/// Whether paths can be put behind a URL so that the result leads there.
fn is_start_of_addresses(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let plain = url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && plain && anonymous
    })
}
