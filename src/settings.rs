//! Settings of the emulator, read from flags, variables and the configuration file.
//!
//! A flag wins over its environment variable, that over the file, and that over the default.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use mockreel_contracts::Vendor;
use mockreel_contracts::lazy::LazyContract;
use mockreel_contracts::text::decode_text;
use mockreel_emulator::clock::MANUAL_START;
use mockreel_emulator::media::CLIPS_AHEAD;
use mockreel_emulator::random::Seed;
use mockreel_emulator::scenario::{ReadError, ScenarioEntry};
use mockreel_emulator::{Emulator, KeyRule, ListenAddress, Settings};

use crate::cli::ServeFlags;
use crate::error::CliError;
use crate::files::{read_regular, read_utf8};
use crate::output::say_error;
use crate::sources::name_value;
use crate::variables::suggest_word;

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

/// The path of the configuration file.
pub(crate) fn config_path(named: Option<&PathBuf>) -> &Path {
    named.map_or(Path::new(DEFAULT_FILE), PathBuf::as_path)
}

/// The text of the configuration file; empty if there is none.
pub(crate) fn config_text(named: Option<&PathBuf>) -> String {
    read_utf8(config_path(named)).unwrap_or_default()
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
        let (vendor, address) = read_port(port)?;
        builder = builder.port(vendor, address);
    }
    for vendor in read_vendors(&flags.vendor, &flags.contract)? {
        builder = builder.vendor(vendor);
    }
    let mut chosen: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for option in &flags.option {
        let (vendor, name, value) = read_option(option)?;
        if let Some(earlier) = chosen.insert((vendor, name), value).filter(|earlier| *earlier != value) {
            return Err(refused(
                "--option",
                option,
                format!("`{vendor}.{name}` is given `{earlier}` as well: keep one"),
            ));
        }
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
    let mut ordered = Vec::new();
    for entry in flags.scenario {
        let scenarios = match entry {
            ScenarioEntry::Named(name) => crate::scenario::read_scenarios(&name)?,
            ScenarioEntry::Inline(scenario) => vec![Arc::from(scenario)],
        };
        builder = builder.scenarios(&scenarios);
        ordered.extend(scenarios);
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
        // The secret itself stays out of the message.
        let secret = secret.parse().map_err(|why| refused("--callback-secret-env", &name, why))?;
        builder = builder.webhook_secret(secret);
    }
    for (vendor, wallet) in flags.account {
        builder = builder.wallet(&vendor, wallet);
    }
    for rule in flags.key {
        let rule = rule.resolved(|name| std::env::var(name).ok());
        builder = builder.key(rule.map_err(|why| CliError::Usage(format!("[[key]]: {why}")))?);
    }
    if let Some(url) = flags.public_url {
        builder = builder.public_url(&url);
    }
    let token = flags.admin_token_env.map(|name| read_secret("--admin-token-env", &name)).transpose()?;
    let settings = builder.admin(flags.admin_listen, token).settings().map_err(CliError::usage)?;
    let served: Vec<&LazyContract> = settings.vendors.iter().map(|served| &served.vendor.contract).collect();
    check_key_models(&settings.keys, &served)?;
    for line in crate::scenario::list_doubts(&ordered, &served) {
        say_error(&line);
    }
    Ok(settings)
}

/// Checks that the models that keys may or may not use are there: a slip would refuse everything, or nothing.
fn check_key_models(rules: &[KeyRule], served: &[&LazyContract]) -> Result<(), CliError> {
    for (index, rule) in rules.iter().enumerate() {
        if rule.models.is_empty() && rule.lacks.is_empty() {
            continue;
        }
        let is_meant = |contract: &&&LazyContract| rule.vendor.as_ref().is_none_or(|id| *id == contract.id());
        let known: Vec<&str> = served
            .iter()
            .filter(is_meant)
            .flat_map(|contract| contract.models.keys())
            .map(String::as_str)
            .collect();
        for (list, globs) in [("`models`", &rule.models), ("`lacks`", &rule.lacks)] {
            if let Some(glob) = globs.iter().find(|glob| !known.iter().any(|id| glob.fits(id))) {
                let glob = glob.to_string();
                let near = suggest_word(&glob, known.iter().copied());
                return Err(CliError::Usage(format!(
                    "key {}: {list} names `{glob}`, which is no model of a vendor that knows the key{near}",
                    index + 1
                )));
            }
        }
    }
    Ok(())
}

/// Reads `VENDOR=ADDR`.
fn read_port(text: &str) -> Result<(&str, ListenAddress), CliError> {
    let form = "VENDOR=ADDR, with an address such as 127.0.0.1:4801";
    let Some((vendor, address)) = text.split_once('=') else {
        let all = if text.parse::<u16>().is_ok() {
            format!("; for the address of all vendors say --listen {text}")
        } else {
            String::new()
        };
        return Err(unexpected("--port", text, &format!("{form}{all}")));
    };
    check_vendor("--port", text, vendor)?;
    let address = address.parse().map_err(|why| refused("--port", text, why))?;
    Ok((vendor, address))
}

/// Reads `VENDOR.NAME=VALUE`.
fn read_option(text: &str) -> Result<(&str, &str, &str), CliError> {
    let form = "VENDOR.NAME=VALUE";
    let named = text.split_once('=').map_or(text, |(name, _)| name);
    let (id, name) = named.split_once('.').unwrap_or((named, ""));
    let vendor = check_vendor("--option", text, id)?;
    let options = &vendor.contract.options;
    let known: Vec<&str> = options.keys().map(String::as_str).collect();
    if !known.contains(&name) {
        let near = suggest_word(name, known.iter().copied());
        let expected = format!("{form}{near}; {id} has the options {}", known.join(", "));
        return Err(unexpected("--option", text, &expected));
    }
    let Some((_, value)) = text.split_once('=') else {
        return Err(unexpected(
            "--option",
            text,
            &format!("{form}; `mockreel contract show {id}` lists the values"),
        ));
    };
    Ok((id, name, value))
}

/// Finds a vendor by `ID[@EDITION]`; the error has a suggestion.
pub(crate) fn find_vendor(name: &str) -> Result<Vendor, CliError> {
    let all = mockreel_contracts::vendors().map_err(CliError::internal)?;
    let id = name.split('@').next().unwrap_or_default();
    let is_known = all.iter().any(|vendor| vendor.id() == id);
    let near = if is_known { String::new() } else { suggest_word(id, all.iter().map(Vendor::id)) };
    mockreel_contracts::vendor(name).map_err(|why| CliError::Usage(format!("{why}{near}")))
}

/// Checks that a value names a vendor.
fn check_vendor(flag: &str, text: &str, id: &str) -> Result<Vendor, CliError> {
    find_vendor(id).map_err(|why| refused(flag, text, why))
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
        chosen.push(check_vendor("--vendor", name, name)?);
    }
    for overlay in overlays {
        let is_replaced = |vendor: &Vendor| {
            vendor.id() == overlay.id() && vendor.contract.edition() == overlay.contract.edition()
        };
        chosen.retain(|vendor| !is_replaced(vendor));
        chosen.push(overlay);
    }
    Ok(chosen)
}

/// The secret in the environment variable that a flag names.
pub(crate) fn read_secret(flag: &str, name: &str) -> Result<String, CliError> {
    let secret = std::env::var(name).ok().filter(|secret| !secret.trim().is_empty());
    // Who takes the flag for that of the key itself must not find it in a log.
    secret.ok_or_else(|| {
        CliError::Usage(format!(
            "{flag}: expected the name of a variable that holds the secret, found one that is not set or empty (not \
             repeated here, for it may be the secret itself); set one, as in `KEY=... mockreel ... {flag} KEY`"
        ))
    })
}

fn parse<T: FromStr<Err: std::fmt::Display>>(
    flag: &str,
    text: Option<String>,
) -> Result<Option<T>, CliError> {
    text.map(|text| text.parse().map_err(|why| refused(flag, &text, why))).transpose()
}

fn unexpected(flag: &str, found: &str, expected: &str) -> CliError {
    refused(flag, found, format!("expected {expected}"))
}

fn refused(flag: &str, found: &str, why: impl std::fmt::Display) -> CliError {
    CliError::Usage(format!("{}: {why}", name_value(flag, found)))
}

/// A message of several lines as one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
