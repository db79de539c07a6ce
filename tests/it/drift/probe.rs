//! A running emulator of one edition, asked what it takes, differs from the contract of another edition as the two
//! contracts differ.

use std::collections::BTreeSet;

use mockreel_conformance::probe;
use mockreel_conformance::profile::{Ask, Credential, Profile};
use mockreel_contracts::contract::views::openapi::View;
use mockreel_contracts::{Contract, Vendor};
use mockreel_drift::{Report, Surface, compare, of_contract};
use mockreel_emulator::Emulator;
use mockreel_evidence::exchange::{Answer, Body, WireError};

use crate::support::KEY;

/// A stand-in of one edition, asked over connections that stay open.
struct Asked {
    emulator: Emulator,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    base: String,
}

impl Asked {
    fn start(vendor: Vendor) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let id = vendor.id().to_owned();
        let emulator = runtime.block_on(Emulator::builder().vendor(vendor).seed(1).start()).unwrap();
        let base = emulator.url(&id);
        Self { emulator, runtime, client: reqwest::Client::new(), base }
    }

    fn send(&mut self, ask: &Ask) -> Result<Answer, WireError> {
        let method = ask.method.parse().unwrap();
        let mut request = self.client.request(method, format!("{}{}", self.base, ask.target()));
        if ask.credential == Credential::Key {
            request = request.bearer_auth(KEY);
        }
        request = match &ask.body {
            Body::Json(body) => request.json(body),
            Body::None => request,
            other => panic!("no such body here: {}", matches!(other, Body::Form(_))),
        };
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            Ok(Answer { status, headers: Vec::new(), body: answer.bytes().await.unwrap().to_vec() })
        })
    }

    fn probe_stand_in(&mut self, profile: &Profile, lexicon: &[Surface]) -> Surface {
        let found = probe::surface(profile, lexicon, &mut |ask| self.send(ask)).unwrap();
        assert!(self.emulator.address().ip().is_loopback());
        found
    }
}

fn enforced(contract: &Contract) -> Surface {
    of_contract(contract, View::Enforced)
}

fn told(report: &Report) -> Vec<String> {
    let line = |held: &mockreel_drift::Finding| {
        let models = held.models.join(",");
        format!("{} {} {:?} -> {:?} [{models}]", held.kind.name(), held.place, held.from, held.to)
    };
    report.findings.iter().map(line).collect()
}

/// The editions of a vendor, and each as a surface.
fn editions(id: &str) -> Vec<(Vendor, Surface)> {
    let all = mockreel_contracts::vendors().unwrap().iter().filter(|held| held.id() == id);
    all.map(|held| (held.clone(), enforced(&held.contract))).collect()
}

/// The models whose bodies are not the same in all editions.
fn changing(editions: &[(Vendor, Surface)]) -> BTreeSet<String> {
    let body =
        |contract: &Contract, model: &str| contract.models.get(model).map(|held| held.request.to_string());
    let models = editions.iter().flat_map(|(held, _)| held.contract.models.keys());
    let differs = |model: &&String| {
        let bodies: BTreeSet<_> = editions.iter().map(|(held, _)| body(&held.contract, model)).collect();
        bodies.len() > 1
    };
    models.filter(differs).cloned().collect()
}

/// A surface with these models only.
fn cut(surface: &Surface, models: &BTreeSet<String>) -> Surface {
    let mut cut = surface.clone();
    for endpoint in &mut cut.endpoints {
        endpoint.requests.retain(|model, _| models.contains(model));
    }
    cut
}

/// Holds the running editions of a share against every edition's contract.
fn every_pair(share: usize, shares: usize) {
    let editions = editions("aimlapi");
    let models = changing(&editions);
    let surfaces: Vec<Surface> = editions.iter().map(|(_, surface)| cut(surface, &models)).collect();
    let mut differing = 0;
    for (index, (vendor, _)) in editions.iter().enumerate().filter(|(index, _)| index % shares == share) {
        let profile = Profile::new(vendor.contract.clone());
        let probed = Asked::start(vendor.clone()).probe_stand_in(&profile, &surfaces);
        for (other, (held, _)) in surfaces.iter().zip(&editions) {
            let documents = compare(&probe::askable(other), &probe::askable(&surfaces[index]));
            let running = compare(&probe::askable(other), &probed);
            let names = (vendor.contract.full_id(), held.contract.full_id());
            assert_eq!(told(&running), told(&documents), "{} running, held against {}", names.0, names.1);
            differing += usize::from(running.has_drift());
        }
    }
    assert!(differing > 3 * editions.len() / shares, "only {differing} pairs differ at all");
}

#[test]
fn a_running_edition_differs_from_every_other_contract_as_the_contracts_differ_first_half() {
    every_pair(0, 2);
}

#[test]
fn a_running_edition_differs_from_every_other_contract_as_the_contracts_differ_second_half() {
    every_pair(1, 2);
}

#[test]
fn what_a_running_vendor_takes_is_what_its_contract_says() {
    for id in ["aimlapi", "apilaplas", "gmicloud"] {
        let vendor = mockreel_contracts::vendor(id).unwrap();
        let own = enforced(&vendor.contract);
        let profile = Profile::new(vendor.contract.clone());
        let probed = Asked::start(vendor).probe_stand_in(&profile, std::slice::from_ref(&own));
        let report = compare(&probe::askable(&own), &probed);
        assert_eq!(told(&report), Vec::<String>::new(), "{id}");
    }
}
