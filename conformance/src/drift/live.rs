//! A fresh run whose answers are a side: the suite's free and shared cases, by the same way as `check`, so that the
//! same budget, keys and ledger hold.

use std::sync::Arc;

use url::Url;

use super::inputs::{Input, InputKind};
use crate::cases::catalogue;
use crate::check::{CheckOptions, TargetChoice, check};
use crate::clause::Cost;
use crate::clause::SHARED;
use crate::clock::RunClock;
use crate::events::Reporter;
use crate::exit::SuiteError;
use crate::outcome::{Evidence, Report};
use crate::target::is_loopback;
use crate::wire::{HttpSettings, HttpWire};
use mockreel_drift::observed::{Observed, Tape};
use mockreel_evidence::exchange::{Body, Outgoing, PROBE, Wire as _};

/// The ids of the cases that look without costing more than the one shared job.
pub fn cases() -> Vec<String> {
    let looks = |cost: Cost| matches!(cost, Cost::Free | Cost::Shared);
    let all = catalogue().into_iter().filter(|case| looks(case.cost) || case.id == SHARED);
    all.filter(|case| !case.id.starts_with("GEN-")).map(|case| case.id.to_owned()).collect()
}

/// Asks, and answers what was seen with the report of the run.
///
/// # Errors
///
/// If the run could not take place.
pub fn look(
    wanted: &CheckOptions,
    name: &str,
    reporter: &mut dyn Reporter,
) -> Result<(Input, Report), SuiteError> {
    let base = match &wanted.place {
        TargetChoice::Emulator { base, .. } => base.clone(),
        TargetChoice::Address(address) => address.trim_end_matches('/').to_owned(),
        TargetChoice::Live => {
            format!("https://{}", wanted.contract.hosts.first().map(String::as_str).unwrap_or_default())
        }
        TargetChoice::Replay(_) => String::new(),
    };
    let report = check(wanted, reporter)?;
    let tape = Tape {
        contract: &wanted.contract,
        base: &base,
        recorded: &report.started,
        stand_in: report.results.iter().any(|result| result.evidence == Evidence::Emulator),
        stub: Some(base.as_str()).filter(|base| {
            let url = Url::parse(base).ok();
            report.results.iter().all(|result| result.evidence != Evidence::Emulator)
                && url.is_some_and(|url| is_loopback(&url))
        }),
        exchanges: &report.exchanges,
        cases: crate::cases::WITHOUT_PROFILE,
    };
    let seen = Observed::of(&[tape]);
    let what = InputKind::Answers(Box::new(seen), Arc::clone(&wanted.contract));
    Ok((Input { name: name.to_owned(), what, gaps: Vec::new() }, report))
}

/// The vendor's base address, where only that of a stand-in of ours on this machine was given.
pub fn base(address: &str, vendor: &str, edition: &str) -> String {
    let asked = || -> Option<String> {
        let url = Url::parse(address).ok()?;
        if !is_loopback(&url) || url.path() != "/" {
            return None;
        }
        let mut wire = HttpWire::new(&HttpSettings::usual(), RunClock::start()).ok()?;
        let ask = Outgoing {
            method: "GET".to_owned(),
            url: format!("{}/__admin/vendors", url.origin().ascii_serialization()),
            headers: Vec::new(),
            body: Body::None,
        };
        let told = wire.send(PROBE, &ask).ok()?.json()?;
        let served = told.get("vendors")?.as_array()?;
        let is = |held: &&serde_json::Value| held["id"] == vendor && held["edition"] == edition;
        served.iter().find(is)?["base_url"].as_str().map(str::to_owned)
    };
    asked().unwrap_or_else(|| address.to_owned())
}
