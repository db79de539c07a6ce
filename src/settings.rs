//! What was meant: flags, environment and configuration file become the emulator's settings.
//!
//! A flag wins over its environment variable, that over the file, and that over the default.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mockreel_contracts::Vendor;
use mockreel_emulator::KeyRule;
use mockreel_emulator::clock::MANUAL_START;
use mockreel_emulator::random::Seed;
use mockreel_emulator::scenario::{ReadError, Scenario, ScenarioEntry};
use mockreel_emulator::{Emulator, EmulatorBuilder, Settings, WalletSetting};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Failed;
use crate::check::flags::CheckTable;
use crate::cli::Serve;
use crate::drift::flags::DriftTable;

/// The configuration file read when none is named and it exists.
const DEFAULT_FILE: &str = "mockreel.toml";

/// The default address.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4747);

/// The configuration file: the flags' names with underscores; lists where a flag may be repeated.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "mockreel.toml")]
struct File {
    #[schemars(with = "Option<String>")]
    listen: Option<SocketAddr>,
    port: Vec<String>,
    vendor: Vec<String>,
    contract: Vec<PathBuf>,
    option: Vec<String>,
    latency: Option<String>,
    progress: Option<String>,
    clock: Option<String>,
    seed: Option<u64>,
    images: Option<String>,
    image_breach: Option<String>,
    scenario: Vec<ScenarioEntry>,
    allow_directives: Option<bool>,
    allow_callbacks: Option<bool>,
    callback_secret_env: Option<String>,
    /// What every account has with a vendor at first.
    account: BTreeMap<String, WalletSetting>,
    /// The keys that vendors know; without one for a vendor, it knows every key.
    key: Vec<KeyRule>,
    public_url: Option<String>,
    #[schemars(with = "Option<String>")]
    admin_listen: Option<SocketAddr>,
    admin_token_env: Option<String>,
    check: CheckTable,
    drift: DriftTable,
}

/// The JSON Schema of the configuration file.
pub(crate) fn schema() -> serde_json::Value {
    schemars::schema_for!(File).to_value()
}

/// The table of `check` in the configuration file.
pub(crate) fn file(named: Option<&Path>) -> Result<CheckTable, Failed> {
    read(named).map(|file| file.check)
}

/// The table of `drift` in the configuration file.
pub(crate) fn drift_file(named: Option<&Path>) -> Result<DriftTable, Failed> {
    read(named).map(|file| file.drift)
}

/// What was meant.
pub(crate) fn settings(typed: Serve) -> Result<Settings, Failed> {
    let file = read(typed.config.as_deref())?;
    let list = |typed: Vec<String>, held: Vec<String>| if typed.is_empty() { held } else { typed };
    let mut builder = Emulator::builder()
        .listen(typed.listen.or(file.listen).unwrap_or(DEFAULT_LISTEN))
        .seed(typed.seed.or(file.seed).unwrap_or_else(|| Seed::fresh().0));
    for port in list(typed.ports, file.port) {
        let (vendor, address) = pair(&port, "--port", "VENDOR=ADDR, with an address such as 127.0.0.1:4801")?;
        let address =
            address.parse().map_err(|_| usage("--port", address, "an address such as 127.0.0.1:4801"))?;
        builder = builder.port(vendor, address);
    }
    let contracts = if typed.contracts.is_empty() { file.contract } else { typed.contracts };
    for vendor in chosen_vendors(&list(typed.vendors, file.vendor), &contracts)? {
        builder = builder.vendor(vendor);
    }
    for option in list(typed.options, file.option) {
        let form = "VENDOR.NAME=VALUE; the control API lists them under /__admin/vendors";
        let (name, value) = pair(&option, "--option", form)?;
        let (vendor, name) = name.split_once('.').ok_or_else(|| usage("--option", &option, form))?;
        builder = builder.option(vendor, name, value);
    }
    if let Some(text) = typed.latency.or(file.latency) {
        builder = builder.latency(text.parse().map_err(|why: String| flag("--latency", &why))?);
    }
    if let Some(text) = typed.progress.or(file.progress) {
        builder = builder.progress(text.parse().map_err(|why: String| flag("--progress", &why))?);
    }
    if let Some(text) = typed.clock.or(file.clock) {
        builder = match text.as_str() {
            "system" => builder,
            "manual" => builder.manual_clock(MANUAL_START),
            _ => return Err(usage("--clock", &text, "system or manual")),
        };
    }
    if let Some(text) = typed.images.or(file.images) {
        builder = builder.images(text.parse().map_err(|why: String| flag("--images", &why))?);
    }
    if let Some(text) = typed.image_breach.or(file.image_breach) {
        builder = builder.image_breach(text.parse().map_err(|why: String| flag("--image-breach", &why))?);
    }
    for scenario in scenarios(&typed.scenarios, file.scenario)? {
        builder = builder.scenarios(&scenario);
    }
    if typed.allow_directives.or(file.allow_directives).unwrap_or(false) {
        builder = builder.directives_beyond_loopback();
    }
    if typed.allow_callbacks.or(file.allow_callbacks).unwrap_or(false) {
        builder = builder.webhooks_beyond_loopback();
    }
    if let Some(name) = typed.callback_secret_env.or(file.callback_secret_env) {
        let secret = token("--callback-secret-env", &name)?.parse::<mockreel_emulator::webhook::Secret>();
        builder = builder.webhook_secret(secret.map_err(|why| flag("--callback-secret-env", &why))?);
    }
    for (vendor, purse) in file.account {
        builder = builder.wallet(&vendor, purse);
    }
    for rule in file.key {
        let rule = rule.resolved(|name| std::env::var(name).ok());
        builder = builder.key(rule.map_err(|why| flag("[[key]]", &why))?);
    }
    if let Some(url) = typed.public_url.or(file.public_url) {
        builder = builder.public_url(&url);
    }
    let token = typed
        .admin_token_env
        .or(file.admin_token_env)
        .map(|name| token("--admin-token-env", &name))
        .transpose()?;
    finish(builder.admin(typed.admin_listen.or(file.admin_listen), token))
}

fn finish(builder: EmulatorBuilder) -> Result<Settings, Failed> {
    builder.settings().map_err(|error| Failed::Usage(error.to_string()))
}

fn read(named: Option<&Path>) -> Result<File, Failed> {
    let path = named.unwrap_or_else(|| Path::new(DEFAULT_FILE));
    if named.is_none() && !path.exists() {
        return Ok(File::default());
    }
    let text = std::fs::read_to_string(path).map_err(|why| {
        Failed::Usage(format!("cannot read the configuration file {}: {why}", path.display()))
    })?;
    let told = |error| Failed::Usage(format!("{}:{}", path.display(), ReadError::of_toml(&error, &text)));
    toml::from_str(&text).map_err(told)
}

/// So large may a file be that is read whole, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// The bytes of a regular file. It is looked at before it is opened, because opening a pipe waits for its other
/// end.
///
/// # Errors
///
/// Says what was found instead of such a file, or why it cannot be read.
pub(crate) fn read_regular(path: &Path) -> Result<Vec<u8>, String> {
    let told = |why: std::io::Error| why.to_string();
    let kind = std::fs::metadata(path).map_err(told)?;
    if !kind.is_file() {
        let found = if kind.is_dir() { "a folder" } else { "a pipe, socket or device" };
        return Err(format!("expected a file, found {found}; check the path"));
    }
    let too_large = || format!("expected at most {} MiB, found more; check the path", MAX_FILE >> 20);
    if kind.len() > MAX_FILE {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(told)?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(told)?;
    // It may have grown meanwhile.
    if bytes.len() as u64 > MAX_FILE { Err(too_large()) } else { Ok(bytes) }
}

fn chosen_vendors(names: &[String], contracts: &[PathBuf]) -> Result<Vec<Vendor>, Failed> {
    let mut overlays = Vec::new();
    for path in contracts {
        let unreadable =
            |why: &str| Failed::Usage(format!("cannot read the contract {}: {why}", path.display()));
        let bytes = read_regular(path).map_err(|why| unreadable(&why))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| unreadable("expected UTF-8 text, found other bytes; check the path"))?;
        let overlaid = mockreel_contracts::vendor::overlaid(&path.display().to_string(), &text);
        overlays.push(overlaid.map_err(|error| Failed::Usage(one_line(&error.to_string())))?);
    }
    let mut chosen = Vec::new();
    if names.is_empty() {
        // Without names everything is served, and that only has to be spelt out if something is laid over it.
        if overlays.is_empty() {
            return Ok(chosen);
        }
        chosen = mockreel_contracts::vendors().map_err(|error| Failed::Internal(error.to_string()))?.to_vec();
    }
    for name in names {
        chosen.push(mockreel_contracts::vendor(name).map_err(|why: String| flag("--vendor", &why))?);
    }
    for overlay in overlays {
        let edition = overlay.contract.edition.clone();
        chosen.retain(|vendor| vendor.id() != overlay.id() || vendor.contract.edition != edition);
        chosen.push(overlay);
    }
    Ok(chosen)
}

/// The scenarios that were asked for, in that order; a flag wins over the file.
fn scenarios(typed: &[String], held: Vec<ScenarioEntry>) -> Result<Vec<Vec<Arc<Scenario>>>, Failed> {
    if !typed.is_empty() {
        return typed.iter().map(|named| crate::scenario::named(named)).collect();
    }
    let read = |entry| match entry {
        ScenarioEntry::Named(named) => crate::scenario::named(&named),
        ScenarioEntry::Inline(scenario) => Ok(vec![Arc::from(scenario)]),
    };
    held.into_iter().map(read).collect()
}

/// What the environment variable holds that a flag names.
fn token(flag: &str, name: &str) -> Result<String, Failed> {
    let held = std::env::var(name).ok().filter(|token| !token.is_empty());
    held.ok_or_else(|| Failed::Usage(format!("{flag} {name}: the variable is not set or empty")))
}

fn pair<'a>(text: &'a str, name: &str, form: &str) -> Result<(&'a str, &'a str), Failed> {
    text.split_once('=').ok_or_else(|| usage(name, text, form))
}

fn usage(name: &str, found: &str, expected: &str) -> Failed {
    Failed::Usage(format!("{name} {found}: expected {expected}"))
}

fn flag(name: &str, why: &str) -> Failed {
    Failed::Usage(format!("{name}: {why}"))
}

/// A message of several lines as one.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
