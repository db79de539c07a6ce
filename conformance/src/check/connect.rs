//! The connection of a run: the target, and the wire to it.

use std::time::Duration;

use url::Url;

use super::options::{CheckOptions, MOST_GENERATED, TargetChoice};
use crate::clock::RunClock;
use crate::exit::SuiteError;
use crate::outcome::{Evidence, RecordedRun};
use crate::session::patience::Patience;
use crate::target::{Target, is_loopback};
use crate::wire::{HttpSettings, HttpWire};
use mockreel_evidence::cassette::{Cassette, CassetteHeader, ReplayWire};
use mockreel_evidence::exchange::{Body, Outgoing, PROBE, Wire};
use mockreel_evidence::redact::Redactor;

/// How long a stub on this machine may take to answer: what has not come by then will not come.
const LOOPBACK_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a stand-in on this machine may take to answer: it may have to render a video first.
const STAND_IN_TIMEOUT: Duration = Duration::from_secs(30);

/// How long is waited to find out whether it is a stand-in.
const CONTROL_TIMEOUT: Duration = Duration::from_secs(3);

/// Whom to ask and by which wire.
pub(crate) struct Connection {
    pub(crate) target: Target,
    pub(super) wire: Box<dyn Wire>,
    pub(super) seed: u64,
    /// What the recorded run was allowed, if it is one.
    pub(super) recorded: Option<Allowed>,
    /// The recorded run, for the report.
    pub(super) recording: Option<RecordedRun>,
}

/// What a run was allowed: whether nothing cost, jobs of their own, and generated requests.
#[derive(Clone, Copy)]
pub(super) struct Allowed {
    pub(super) free: bool,
    pub(super) paid: bool,
    pub(super) generated: u32,
    pub(super) patience: Patience,
}

pub(crate) fn connect(wanted: &CheckOptions, clock: RunClock) -> Result<Connection, SuiteError> {
    let wire_of = |settings: &HttpSettings| {
        HttpWire::new(settings, clock).map(Box::new).map_err(|why| SuiteError::Internal(why.to_string()))
    };
    let wire = || wire_of(&HttpSettings::usual());
    match &wanted.place {
        TargetChoice::Emulator { base, control } => {
            let target = stand_in(wanted, "emulator", base, Some(control.clone()));
            Ok(Connection { target, wire: wire()?, seed: wanted.seed, recorded: None, recording: None })
        }
        TargetChoice::Address(text) => {
            let (url, loopback) = parse_address(text)?;
            if !loopback {
                require_key_and_cap(wanted, text)?;
                if url.scheme() != "https" {
                    let line =
                        format!("--target {text}: the key would be sent in the clear; give an https address");
                    return Err(SuiteError::Usage(line));
                }
            }
            let within = |timeout| wire_of(&HttpSettings { timeout, ..HttpSettings::usual() });
            let control = if loopback { control_of(&url, within(CONTROL_TIMEOUT)?.as_mut()) } else { None };
            let wire = match (loopback, &control) {
                (false, _) => wire()?,
                (true, Some(_)) => within(STAND_IN_TIMEOUT)?,
                (true, None) => within(LOOPBACK_TIMEOUT)?,
            };
            let target = target_at(wanted, text, &url, loopback, control);
            Ok(Connection { target, wire, seed: wanted.seed, recorded: None, recording: None })
        }
        TargetChoice::Live => {
            require_key_and_cap(wanted, "live")?;
            Ok(Connection {
                target: live_target(wanted),
                wire: wire()?,
                seed: wanted.seed,
                recorded: None,
                recording: None,
            })
        }
        TargetChoice::Replay(dir) => {
            let contract = &wanted.contract;
            let cassette = Cassette::open(dir, &contract.id, &contract.edition)
                .map_err(|why| SuiteError::Usage(why.to_string()))?;
            let header = cassette.header().clone();
            let target = target_of_recording(&header, clock.unix_ms());
            let generated = header.generated.min(MOST_GENERATED);
            let patience = header.wait_ms.map_or_else(
                || Patience::of_old_recording(&target),
                |wait_ms| Patience::of_recording(&target, wait_ms, header.interval_ms),
            );
            let recorded = Allowed { free: header.free, paid: header.paid, generated, patience };
            let wire = Box::new(ReplayWire::new(&cassette));
            let recording = Some(RecordedRun {
                target: header.target.clone(),
                started: header.recorded.clone(),
                gap: cassette.gap(),
            });
            Ok(Connection { target, seed: header.seed, wire, recorded: Some(recorded), recording })
        }
    }
}

/// A target that costs nothing unless it is beyond this machine.
pub(super) fn stand_in(wanted: &CheckOptions, name: &str, base: &str, control: Option<String>) -> Target {
    let steered = control.is_some();
    let own = |which: &str| steered.then(|| format!("suite-{:08x}-{which}", wanted.seed));
    let image = control.as_ref().map(|control| format!("{control}/__fixtures/landscape.jpg"));
    Target {
        name: name.to_owned(),
        base: base.to_owned(),
        evidence: if steered { Evidence::Emulator } else { Evidence::Live },
        evidence_age_s: None,
        loopback: true,
        key: wanted.keys.0.clone().or_else(|| own("first")).unwrap_or_else(|| "suite-key".to_owned()),
        second_key: wanted.keys.1.clone().or_else(|| own("second")),
        image_url: wanted.image.clone().or(image),
        control,
    }
}

/// A target at an address that was given.
pub(super) fn target_at(
    wanted: &CheckOptions,
    text: &str,
    url: &Url,
    loopback: bool,
    control: Option<String>,
) -> Target {
    Target { loopback, ..stand_in(wanted, text, url.as_str().trim_end_matches('/'), control) }
}

pub(super) fn live_target(wanted: &CheckOptions) -> Target {
    let host = wanted.contract.hosts.first().cloned().unwrap_or_default();
    Target {
        name: "live".to_owned(),
        base: format!("https://{host}"),
        control: None,
        loopback: false,
        evidence: Evidence::Live,
        evidence_age_s: None,
        key: wanted.keys.0.clone().unwrap_or_default(),
        second_key: wanted.keys.1.clone(),
        image_url: wanted.image.clone(),
    }
}

pub(super) fn target_of_recording(header: &CassetteHeader, now_ms: u64) -> Target {
    let recorded_ms = header
        .recorded
        .parse::<jiff::Timestamp>()
        .ok()
        .and_then(|at| u64::try_from(at.as_millisecond()).ok());
    Target {
        name: "replay".to_owned(),
        base: header.base.clone(),
        control: header.control.clone(),
        loopback: !header.beyond_loopback,
        evidence: Evidence::Cassette,
        evidence_age_s: recorded_ms.map(|recorded| now_ms.saturating_sub(recorded) / 1000),
        key: "replayed-key".to_owned(),
        second_key: header.second_key_given.then(|| "replayed-second-key".to_owned()),
        image_url: header.image.clone(),
    }
}

/// What a target beyond this machine wants before anything is sent.
pub(super) fn require_key_and_cap(wanted: &CheckOptions, target: &str) -> Result<(), SuiteError> {
    if wanted.keys.0.is_none() {
        let line = format!("--target {target} wants a key: name the variable that holds it with --key-env");
        return Err(SuiteError::Usage(line));
    }
    if wanted.max_spend.is_none() {
        let line = format!(
            "--target {target} may cost: say the most that may be spent with --max-spend; `mockreel plan` tells what a run could cost"
        );
        return Err(SuiteError::Usage(line));
    }
    Ok(())
}

/// An address that was given, and whether it is this machine.
pub(super) fn parse_address(text: &str) -> Result<(Url, bool), SuiteError> {
    let wrong = |why: &str| {
        // What was typed may hold a password.
        let text = Redactor::default().text(text);
        SuiteError::Usage(format!(
            "--target {text}: {why}; expected emulator, live, or an address such as http://127.0.0.1:4747/VENDOR"
        ))
    };
    let url = Url::parse(text).map_err(|why| wrong(&why.to_string()))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(wrong("its scheme is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(wrong("it holds a user, a password or a query, which would be kept in reports"));
    }
    if url.host().is_none() {
        return Err(wrong("it names no host"));
    }
    let loopback = is_loopback(&url);
    Ok((url, loopback))
}

/// The control API beside an address of this machine, if a stand-in of ours answers there.
pub(super) fn control_of(url: &Url, wire: &mut dyn Wire) -> Option<String> {
    let origin = url.origin().ascii_serialization();
    let ask = Outgoing {
        method: "GET".to_owned(),
        url: format!("{origin}/__admin/vendors"),
        headers: Vec::new(),
        body: Body::None,
    };
    let answer = wire.send(PROBE, &ask).ok()?;
    (answer.status == 200 && answer.json()?.get("vendors").is_some()).then_some(origin)
}
