//! A stand-in asked for everything that some edition takes, and held beside a description.

use mockreel_contracts::UnixMillis;
use mockreel_contracts::contract::views::openapi::View;
use mockreel_drift::{Report, Surface, compare, of_contract};

use crate::check::{CheckOptions, connect};
use crate::clock::RunClock;
use crate::exit::SuiteError;
use crate::probe;
use crate::profile::{Ask, Credential, Profile};
use crate::target::Target;
use crate::wire::{HttpSettings, HttpWire};
use mockreel_evidence::exchange::{Outgoing, PROBE, Wire as _};

/// How a description differs from what a stand-in takes.
///
/// # Errors
///
/// If the target is no stand-in of ours, or does not answer.
pub fn probe_stand_in(wanted: &CheckOptions, docs: &Surface) -> Result<Report, SuiteError> {
    let target = connect(wanted, RunClock::start())?.target;
    if target.control.is_none() {
        return Err(no_stand_in(&target));
    }
    let all = mockreel_contracts::vendors().map_err(|why| SuiteError::Internal(why.to_string()))?;
    let editions = all.iter().filter(|held| held.id() == wanted.contract.id);
    let mut lexicon: Vec<Surface> =
        editions.map(|held| of_contract(&held.contract, View::Enforced)).collect();
    lexicon.push(docs.clone());
    let (auth, clock) = (&wanted.contract.auth.scheme, RunClock::start());
    let settings = HttpSettings { keeps_open: true, ..HttpSettings::usual() };
    let mut wire = HttpWire::new(&settings, clock).map_err(|why| SuiteError::Internal(why.to_string()))?;
    let profile = Profile::new(wanted.contract.clone());
    let mut send = |ask: &Ask| {
        let mut headers = ask.headers.clone();
        if ask.credential == Credential::Key {
            headers.push(("authorization".to_owned(), auth.header(&target.key, UnixMillis(clock.unix_ms()))));
        }
        let url = target.url(&ask.target());
        wire.send(PROBE, &Outgoing { method: ask.method.clone(), url, headers, body: ask.body.clone() })
    };
    let mut found = probe::surface(&profile, &lexicon, &mut send)
        .map_err(|why| SuiteError::Unreachable(why.to_string()))?;
    found.name.clone_from(&target.name);
    Ok(compare(&probe::askable(docs), &found))
}

fn no_stand_in(target: &Target) -> SuiteError {
    let line = format!(
        "{}: expected a stand-in on this machine, for hundreds of submits are sent for each model; found somebody else",
        target.name
    );
    SuiteError::Usage(line)
}
