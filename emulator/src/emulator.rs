//! Starting and stopping an emulator, in a program or in a test.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::account;
use crate::app::App;
use crate::builder::EmulatorBuilder;
use crate::clock::{Clock, SystemClock};
use crate::edge::addresses::{Addresses, reachable};
use crate::edge::bind::ListenAddress;
use crate::edge::listen::accept;
use crate::edge::router::{Serves, by_selector};
use crate::expect::{Expectation, Unmet};
use crate::handles::{ClockHandle, JobsHandle, RequestsHandle, ScenariosHandle, WalletHandle};
use crate::scheduler::run::run_scheduler;
use crate::settings::Settings;
use crate::store::{MemoryStore, Store};
use crate::wallets::default_wallets;

/// The reason why an emulator could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// An address is taken or not this machine's.
    #[error("cannot listen on {address}: {why}; choose another address with {flag}, as in {flag} {example}")]
    Listen {
        /// The address.
        address: ListenAddress,
        /// The flag that names it.
        flag: &'static str,
        /// What may stand behind the flag.
        example: String,
        /// The system's words.
        why: std::io::Error,
    },
    /// The settings do not fit together.
    #[error("{0}")]
    Settings(String),
}

/// The sockets of an emulator, and the address of each by which it is told.
struct OpenListeners {
    listeners: Vec<(TcpListener, SocketAddr, Serves)>,
    main: SocketAddr,
    ports: Vec<(String, SocketAddr)>,
    admin: SocketAddr,
}

impl OpenListeners {
    /// Opens all addresses of the settings.
    async fn of(settings: &Settings) -> Result<Self, StartError> {
        let mut listeners = Vec::new();
        let any = [ListenAddress::from(SocketAddr::from(([127, 0, 0, 1], 0)))];
        let named = if settings.listen.is_empty() { &any[..] } else { &settings.listen };
        let mut locals = Vec::new();
        for address in named {
            locals.push(open_address(&mut listeners, address, Serves::Everything, "--listen", "4748").await?);
        }
        let mut ports = Vec::new();
        for (name, address) in &settings.ports {
            let index = by_selector(&settings.vendors, name).ok_or_else(|| {
                StartError::Settings(format!("--port {name}={address}: `{name}` is not served"))
            })?;
            let example = format!("{name}=4748");
            let local =
                open_address(&mut listeners, address, Serves::Vendor(index), "--port", &example).await?;
            ports.push((name.clone(), local));
        }
        let main = locals[0];
        let admin = match &settings.admin_listen {
            Some(address) => {
                open_address(&mut listeners, address, Serves::Admin, "--admin-listen", "4748").await?
            }
            None => main,
        };
        Ok(Self { listeners, main, ports, admin })
    }
}

/// Opens the sockets of one address; gives the first one's.
async fn open_address(
    listeners: &mut Vec<(TcpListener, SocketAddr, Serves)>,
    address: &ListenAddress,
    serves: Serves,
    flag: &'static str,
    example: &str,
) -> Result<SocketAddr, StartError> {
    let refuse =
        |why| StartError::Listen { address: address.clone(), flag, example: example.to_owned(), why };
    let first = listeners.len();
    for listener in address.bind().await.map_err(refuse)? {
        let local = listener.local_addr().map_err(refuse)?;
        listeners.push((listener, local, serves));
    }
    Ok(listeners[first].1)
}

/// A running emulator. It stops when it is dropped, and panics then if requests were [expected](Self::expect)
/// that did not come and the test did not verify that.
pub struct Emulator {
    pub(crate) app: Arc<App>,
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
        let opened = OpenListeners::of(&settings).await?;
        let keys = settings.keyring().map_err(StartError::Settings)?;
        let wallets = default_wallets(&settings.vendors, &settings.wallets).map_err(StartError::Settings)?;
        let scenarios = Arc::clone(&settings.scenarios);
        let store = MemoryStore::with_scenarios(settings.clock, settings.limits.store, scenarios);
        let store = Store::Memory(store.with_default_wallets(Arc::new(wallets)));
        let app = Arc::new(App::new(settings, clock, store, keys));
        app.set_addresses(Addresses {
            listening: opened.listeners.iter().map(|(_, local, _)| *local).collect(),
            public_url: app.settings.public_url.clone(),
        });
        let (stop, stopped) = watch::channel(false);
        let OpenListeners { listeners, main: address, ports, admin } = opened;
        let mut tasks: Vec<JoinHandle<()>> = listeners
            .into_iter()
            .map(|(listener, _, serves)| {
                tokio::spawn(accept(Arc::clone(&app), listener, serves, stopped.clone()))
            })
            .collect();
        tasks.push(tokio::spawn(run_scheduler(Arc::clone(&app), stopped)));
        Ok(Self { app, address, ports, admin, stop, tasks })
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

    /// Whether another machine may reach it: whether any of its addresses is no loopback address.
    pub fn is_open_to_network(&self) -> bool {
        !self.app.addresses().loopback_only()
    }

    /// The base URL of a vendor, by `ID` or `ID@EDITION`; a client needs nothing else changed.
    pub fn url(&self, vendor: &str) -> String {
        format!("{}/{vendor}", self.base())
    }

    /// The start of every address: of images (`/__fixtures/...`) and the control API (`/__admin/...`).
    pub fn base(&self) -> String {
        format!("http://{}", reachable(self.address))
    }

    /// What it was started with.
    pub fn settings(&self) -> &Settings {
        &self.app.settings
    }

    /// The clock of the account that a key names.
    pub fn clock(&self, key: &str) -> ClockHandle {
        ClockHandle::new(Arc::clone(&self.app), account::digest(key))
    }

    /// The jobs of the account that a key names.
    pub fn jobs(&self, key: &str) -> JobsHandle {
        JobsHandle::new(Arc::clone(&self.app), account::digest(key))
    }

    /// The scenarios of the account that a key names.
    pub fn scenarios(&self, key: &str) -> ScenariosHandle {
        ScenariosHandle::new(Arc::clone(&self.app), account::digest(key))
    }

    /// The wallet that the account that a key names has with a vendor, named by its id.
    pub fn wallet(&self, key: &str, vendor: &str) -> WalletHandle {
        WalletHandle::new(Arc::clone(&self.app), account::digest(key), vendor)
    }

    /// The requests of the account that a key names.
    pub fn requests(&self, key: &str) -> RequestsHandle {
        RequestsHandle::new(Arc::clone(&self.app), account::digest(key))
    }

    /// Expects requests from now on; whether they came is found out by [`Emulator::verify`].
    ///
    /// Dropping an emulator with an expectation that is not met and was not verified panics, unless
    /// the thread is panicking already: a test that forgets to verify must not pass.
    pub fn expect(&self, expectation: impl Into<Expectation>) {
        self.app.journal.expect(expectation.into());
    }

    /// Finds out whether everything that was expected so far has come. It is not expected any more afterwards.
    ///
    /// # Errors
    ///
    /// Tells what was expected and what came instead.
    #[expect(clippy::unused_async, reason = "as the handles, so that a journal may be kept elsewhere")]
    pub async fn verify(&self) -> Result<(), Unmet> {
        self.app.journal.verify()
    }

    /// Stops taking connections, lets the open ones finish for two seconds, and ends. Clips that are not rendered by then
    /// are not rendered at all.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        for task in std::mem::take(&mut self.tasks) {
            let _ = task.await;
        }
        self.app.gallery.close_down();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        for task in &self.tasks {
            task.abort();
        }
        self.app.gallery.close_down();
        match self.app.journal.verify() {
            Err(unmet) if !std::thread::panicking() => panic!("{unmet}"),
            Err(_) | Ok(()) => {}
        }
    }
}
