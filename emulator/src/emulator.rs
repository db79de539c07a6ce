//! Starting and stopping an emulator, in a program or in a test.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use stuntdouble_contracts::{Options, UnixMillis, Vendor};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use crate::account;
use crate::clock::{AccountClock, Clock, SystemClock};
use crate::engine::Latency;
use crate::http::place::{Addresses, by_selector, reachable};
use crate::http::{Serves, accept};
use crate::job::Progress;
use crate::random::Seed;
use crate::settings::{Chosen, ImageBreach, Images, Limits, Settings};
use crate::shared::Shared;
use crate::store::{MemoryStore, Store};

/// Why an emulator could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// An address is taken or not this machine's.
    #[error("cannot listen on {address}: {why}; choose another address")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's words.
        why: std::io::Error,
    },
    /// The settings do not fit together.
    #[error("{0}")]
    Settings(String),
}

/// A running emulator. It stops when it is dropped.
pub struct Emulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    ports: Vec<(String, SocketAddr)>,
    admin: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Emulator {
    /// A builder with the defaults of a test: every vendor, a port of the system's choice, seed 0.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// Starts with these settings.
    ///
    /// # Errors
    ///
    /// If an address cannot be listened on, or a vendor's port names none that is served.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        Self::start_on(settings, Arc::new(SystemClock::default())).await
    }

    async fn start_on(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let mut wanted = vec![(settings.listen, Serves::Everything)];
        for (name, address) in &settings.ports {
            let index = by_selector(&settings.vendors, name).ok_or_else(|| {
                StartError::Settings(format!("--port {name}={address}: `{name}` is not served"))
            })?;
            wanted.push((*address, Serves::Vendor(index)));
        }
        wanted.extend(settings.admin_listen.map(|address| (address, Serves::Admin)));
        let mut listeners = Vec::new();
        for (address, serves) in wanted {
            let told = |why| StartError::Listen { address, why };
            let listener = TcpListener::bind(address).await.map_err(told)?;
            let local = listener.local_addr().map_err(told)?;
            listeners.push((listener, local, serves));
        }
        let store = Store::Memory(MemoryStore::new(settings.clock, settings.limits.store));
        let ports = settings
            .ports
            .iter()
            .zip(&listeners[1..])
            .map(|((name, _), (_, local, _))| (name.clone(), *local));
        let ports = ports.collect();
        let shared = Arc::new(Shared::new(settings, clock, store));
        shared.listening_on(Addresses {
            listening: listeners.iter().map(|(_, local, _)| *local).collect(),
            public_url: shared.settings.public_url.clone(),
        });
        let (stop, stopped) = watch::channel(false);
        let address = listeners[0].1;
        let apart = listeners.iter().find(|(_, _, serves)| *serves == Serves::Admin);
        let admin = apart.map_or(address, |(_, local, _)| *local);
        let tasks = listeners
            .into_iter()
            .map(|(listener, _, serves)| {
                tokio::spawn(accept(Arc::clone(&shared), listener, serves, stopped.clone()))
            })
            .collect();
        Ok(Self { shared, address, ports, admin, stop, tasks })
    }

    /// The address of all vendors.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The addresses of single vendors.
    pub fn ports(&self) -> &[(String, SocketAddr)] {
        &self.ports
    }

    /// The start of the control API's addresses, wherever it listens.
    pub fn admin_base(&self) -> String {
        format!("http://{}", reachable(self.admin))
    }

    /// The address of the control API, which is that of all vendors unless it was put apart.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin
    }

    /// The base URL of a vendor, by `ID` or `ID@EDITION`; a client needs nothing else changed.
    pub fn url(&self, vendor: &str) -> String {
        format!("{}/{vendor}", self.base())
    }

    /// The start of every address: of pictures (`/__fixtures/...`) and the control API (`/__admin/...`).
    pub fn base(&self) -> String {
        format!("http://{}", reachable(self.address))
    }

    /// What it was started with.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The clock of the account that a key names.
    pub fn clock(&self, key: &str) -> crate::handles::ClockHandle {
        crate::handles::ClockHandle::new(Arc::clone(&self.shared), account::digest(key))
    }

    /// The jobs of the account that a key names.
    pub fn jobs(&self, key: &str) -> crate::handles::JobsHandle {
        crate::handles::JobsHandle::new(Arc::clone(&self.shared), account::digest(key))
    }

    /// Stops taking connections, lets the open ones finish for two seconds, and ends.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        for task in std::mem::take(&mut self.tasks) {
            let _ = task.await;
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// What an emulator is started with, one thing at a time.
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
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            ports: Vec::new(),
            admin_listen: None,
            admin_token: None,
            latency: Latency::FAST,
            progress: Progress::Time,
            clock: AccountClock::System,
            seed: Seed(0),
            images: Images::Offline,
            image_breach: ImageBreach::Vendor,
            directives_beyond_loopback: false,
            public_url: None,
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

    /// The address of all vendors.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.settings.listen = address;
        self
    }

    /// An address for one vendor.
    #[must_use]
    pub fn port(mut self, vendor: &str, address: SocketAddr) -> Self {
        self.settings.ports.push((vendor.to_owned(), address));
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

    /// Whether pictures are fetched.
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

    /// Follows orders in prompts also while listening beyond loopback.
    #[must_use]
    pub fn directives_beyond_loopback(mut self) -> Self {
        self.settings.directives_beyond_loopback = true;
        self
    }

    /// The address under which clients reach the emulator.
    #[must_use]
    pub fn public_url(mut self, url: &str) -> Self {
        self.settings.public_url = Some(url.to_owned());
        self
    }

    /// What is bounded.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// The address and token of the control API.
    #[must_use]
    pub fn admin(mut self, listen: Option<SocketAddr>, token: Option<String>) -> Self {
        self.settings.admin_listen = listen;
        self.settings.admin_token = token;
        self
    }

    /// The settings that all this makes.
    ///
    /// # Errors
    ///
    /// If an embedded contract cannot be read, or an option does not fit; the message says which there are.
    pub fn settings(self) -> Result<Settings, StartError> {
        let vendors = if self.vendors.is_empty() {
            stuntdouble_contracts::vendors()
                .map_err(|error| StartError::Settings(error.to_string()))?
                .to_vec()
        } else {
            self.vendors
        };
        let vendors = choose(vendors, &self.options).map_err(StartError::Settings)?;
        if let Some(url) = self.settings.public_url.as_deref().filter(|url| !is_start_of_addresses(url)) {
            return Err(StartError::Settings(format!(
                "--public-url {url}: expected an address that others can follow, as in http://stand-in:4747"
            )));
        }
        Ok(Settings { vendors, ..self.settings })
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

/// Applies options to vendors. An option named for a vendor holds for every edition of it that has it.
fn choose(vendors: Vec<Vendor>, options: &[(String, String, String)]) -> Result<Vec<Chosen>, String> {
    for (id, name, value) in options {
        let newest = vendors.iter().find(|vendor| vendor.id() == id);
        let vendor =
            newest.ok_or_else(|| format!("option `{id}.{name}`: the vendor `{id}` is not served"))?;
        Options::defaults(&vendor.contract).set(&vendor.contract, name, value)?;
    }
    let mut chosen: Vec<Chosen> = Vec::new();
    for vendor in vendors {
        let mut held = Options::defaults(&vendor.contract);
        let mine = options.iter().filter(|(id, _, _)| vendor.id() == id);
        for (_, name, value) in mine {
            // An older edition may lack an option that the newest has; then there is nothing to choose.
            let _ = held.set(&vendor.contract, name, value);
        }
        let contract = &vendor.contract;
        let patched = held.iter().any(|(name, value)| contract.options[name].patch.contains_key(value));
        let vendor = if patched {
            let contract = contract.with_options(&held).map_err(|error| error.to_string())?;
            Vendor { contract: Arc::new(contract), ..vendor }
        } else {
            vendor
        };
        chosen.push(Chosen { vendor, options: held });
    }
    // The vendors in the order given; of each the newest first, so that a bare id and a month mean
    // the newest edition that fits.
    let mut order: Vec<String> = chosen.iter().map(|held| held.vendor.id().to_owned()).collect();
    order.dedup();
    chosen.sort_by(|left, right| {
        let place = |held: &Chosen| order.iter().position(|id| id == held.vendor.id());
        place(left)
            .cmp(&place(right))
            .then_with(|| right.vendor.contract.edition.cmp(&left.vendor.contract.edition))
    });
    Ok(chosen)
}
