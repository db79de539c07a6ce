//! Settings of the emulator, read from flags, variables and the configuration file.
//!
//! A flag wins over its environment variable, that over the file, and that over the default.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use mockreel_contracts::Vendor;
use mockreel_contracts::text::decode_text;
use mockreel_emulator::clock::MANUAL_START;
use mockreel_emulator::media::CLIPS_AHEAD;
use mockreel_emulator::random::Seed;
use mockreel_emulator::scenario::{ReadError, ScenarioEntry};
use mockreel_emulator::{Emulator, ListenAddress, Settings};

use crate::cli::ServeFlags;
use crate::error::CliError;
use crate::files::{read_regular, read_utf8};

/// The configuration file read when none is named and it exists.
const DEFAULT_FILE: &str = "mockreel.toml";

/// The configuration file, or an empty one.
pub(crate) fn read_file(named: Option<&Path>) -> Result<ServeFlags, CliError> {
    let path = named.unwrap_or_else(|| Path::new(DEFAULT_FILE));
    if named.is_none() && !path.exists() {
        return Ok(ServeFlags::default());
    }
    let text = read_utf8(path).map_err(|why| {
        CliError::Usage(format!("cannot read the configuration file {}: {why}", path.display()))
    })?;
    toml::from_str(&text)
        .map_err(|error| CliError::Usage(format!("{}:{}", path.display(), ReadError::of_toml(&error, &text))))
}

/// The text of the configuration file; empty if there is none.
pub(crate) fn config_text(named: Option<&PathBuf>) -> String {
    read_utf8(named.map_or(Path::new(DEFAULT_FILE), PathBuf::as_path)).unwrap_or_default()
}

/// The emulator's settings, of what was typed and what the file says.
pub(crate) fn read_settings(flags: ServeFlags) -> Result<Settings, CliError> {
    let file = read_file(flags.config.as_deref())?;
    let flags = flags.or(file);
    let mut builder = Emulator::builder().seed(flags.seed.unwrap_or_else(|| Seed::fresh().0));
    if flags.listen.is_empty() {
        builder = builder.listen(ListenAddress::DEFAULT);
    }
    for address in flags.listen {
        builder = builder.listen(address);
    }
    for port in &flags.port {
        let (vendor, address) = pair(port, "--port", "VENDOR=ADDR, with an address such as 127.0.0.1:4801")?;
        let address: ListenAddress = address.parse().map_err(|why| refused("--port", why))?;
        builder = builder.port(vendor, address);
    }
    for vendor in read_vendors(&flags.vendor, &flags.contract)? {
        builder = builder.vendor(vendor);
    }
    for option in &flags.option {
        let form = "VENDOR.NAME=VALUE; the control API lists them under /__admin/vendors";
        let (name, value) = pair(option, "--option", form)?;
        let (vendor, name) = name.split_once('.').ok_or_else(|| unexpected("--option", option, form))?;
        builder = builder.option(vendor, name, value);
    }
    if let Some(latency) = parse("--latency", flags.latency)? {
        builder = builder.latency(latency);
    }
    if let Some(progress) = parse("--progress", flags.progress)? {
        builder = builder.progress(progress);
    }
    builder = match flags.clock.as_deref() {
        None | Some("system") => builder,
        Some("manual") => builder.manual_clock(MANUAL_START),
        Some(other) => return Err(unexpected("--clock", other, "system or manual")),
    };
    if let Some(images) = parse("--images", flags.images)? {
        builder = builder.images(images);
    }
    if let Some(moment) = parse("--image-breach", flags.image_breach)? {
        builder = builder.image_breach(moment);
    }
    if let Some(detail) = parse("--clips", flags.clips)? {
        builder = builder.clips(detail);
    }
    if let Some(bytes) = parse("--clip-bytes", flags.clip_bytes)? {
        builder = builder.clip_bytes(bytes);
    }
    builder = builder.clips_ahead(flags.clips_ahead.unwrap_or(CLIPS_AHEAD));
    for entry in flags.scenario {
        builder = builder.scenarios(&match entry {
            ScenarioEntry::Named(name) => crate::scenario::read_scenarios(&name)?,
            ScenarioEntry::Inline(scenario) => vec![Arc::from(scenario)],
        });
    }
    if flags.allow_directives.unwrap_or(false) {
        builder = builder.directives_beyond_loopback();
    }
    if flags.strict_directives.unwrap_or(false) {
        builder = builder.strict_directives();
    }
    if flags.allow_callbacks.unwrap_or(false) {
        builder = builder.webhooks_beyond_loopback();
    }
    if let Some(name) = flags.callback_secret_env {
        let secret = read_secret("--callback-secret-env", &name)?;
        builder =
            builder.webhook_secret(parse("--callback-secret-env", Some(secret))?.expect("it was given"));
    }
    for (vendor, wallet) in flags.account {
        builder = builder.wallet(&vendor, wallet);
    }
    for rule in flags.key {
        let rule = rule.resolved(|name| std::env::var(name).ok());
        builder = builder.key(rule.map_err(|why| refused("[[key]]", why))?);
    }
    if let Some(url) = flags.public_url {
        builder = builder.public_url(&url);
    }
    let token = flags.admin_token_env.map(|name| read_secret("--admin-token-env", &name)).transpose()?;
    builder.admin(flags.admin_listen, token).settings().map_err(CliError::usage)
}

/// The vendors to serve, with the contract files laid over them; none if all are served as they are.
fn read_vendors(names: &[String], contracts: &[PathBuf]) -> Result<Vec<Vendor>, CliError> {
    let mut overlays = Vec::new();
    for path in contracts {
        let unreadable =
            |why: &str| CliError::Usage(format!("cannot read the contract {}: {why}", path.display()));
        let bytes = read_regular(path).map_err(|why| unreadable(&why))?;
        let text = decode_text(&bytes).map_err(|why| unreadable(&why.to_string()))?;
        let overlaid = mockreel_contracts::vendor::overlaid(&path.display().to_string(), text);
        overlays.push(overlaid.map_err(|error| CliError::Usage(one_line(&error.to_string())))?);
    }
    let mut chosen = Vec::new();
    if names.is_empty() {
        // Without names everything is served, and that only has to be spelt out if something is laid over it.
        if overlays.is_empty() {
            return Ok(chosen);
        }
        chosen = mockreel_contracts::vendors().map_err(CliError::internal)?.to_vec();
    }
    for name in names {
        chosen.push(mockreel_contracts::vendor(name).map_err(|why| refused("--vendor", why))?);
    }
    for overlay in overlays {
        let edition = overlay.contract.edition.clone();
        chosen.retain(|vendor| vendor.id() != overlay.id() || vendor.contract.edition != edition);
        chosen.push(overlay);
    }
    Ok(chosen)
}

/// The secret in the environment variable that a flag names.
pub(crate) fn read_secret(flag: &str, name: &str) -> Result<String, CliError> {
    let secret = std::env::var(name).ok().filter(|secret| !secret.trim().is_empty());
    secret.ok_or_else(|| CliError::Usage(format!("{flag} {name}: the variable is not set or empty")))
}

fn parse<T: FromStr<Err: std::fmt::Display>>(
    flag: &str,
    text: Option<String>,
) -> Result<Option<T>, CliError> {
    text.map(|text| text.parse().map_err(|why| refused(flag, why))).transpose()
}

fn pair<'a>(text: &'a str, flag: &str, form: &str) -> Result<(&'a str, &'a str), CliError> {
    text.split_once('=').ok_or_else(|| unexpected(flag, text, form))
}

fn unexpected(flag: &str, found: &str, expected: &str) -> CliError {
    CliError::Usage(format!("{flag} {found}: expected {expected}"))
}

fn refused(flag: &str, why: impl std::fmt::Display) -> CliError {
    CliError::Usage(format!("{flag}: {why}"))
}

/// A message of several lines as one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
