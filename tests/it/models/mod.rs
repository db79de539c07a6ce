//! Every model of the vendor that publishes most of them: submitted, refused, followed to its video, checked by
//! the suite, and held against the vendor's own files where those are at hand.

mod bodies;
mod checked;
mod clips;
mod command;
mod specs;
mod together;
mod videos;

use std::fmt::Write as _;

use mockreel_contracts::contract::check::read::{Observation, observe};
use mockreel_contracts::vendor::overlaid;
use mockreel_contracts::{Contract, Operation, Vendor};
use mockreel_emulator::{Emulator, Latency};
use serde_json::Value;

use crate::support::{Answer, Caller, quiet};

const VENDOR: &str = "aimlapi";

/// The newest edition with videos of a few pixels, so that dozens of them are made in a moment.
fn small() -> Vendor {
    let newest = mockreel_contracts::vendor(VENDOR).unwrap();
    let mut patch = format!("id = '{VENDOR}'\n");
    for id in newest.contract.models.keys() {
        writeln!(patch, "[models.\"{id}\".output]\npixels = [64, 36]\nfps = 2\nextra_frames = 0").unwrap();
    }
    overlaid("small.toml", &patch).unwrap()
}

/// An emulator of it whose jobs take no time.
async fn instant() -> (Emulator, Vendor) {
    let vendor = small();
    let emulator = quiet().vendor(vendor.clone()).latency(Latency::INSTANT).start().await.unwrap();
    (emulator, vendor)
}

/// Submits a body.
async fn submit(emulator: &Emulator, caller: &Caller, contract: &Contract, body: &Value) -> Answer {
    let path = &contract.operations[&Operation::Submit].routes[0].path;
    caller.post(&format!("{}{path}", emulator.url(VENDOR)), body).await
}

/// Submits a body that is accepted, and looks at its job, which has ended by then.
async fn ended(emulator: &Emulator, caller: &Caller, contract: &Contract, body: &Value) -> Observation {
    let answer = submit(emulator, caller, contract, body).await;
    assert_eq!(answer.status, 200, "{}: {body}", answer.text());
    let id = observe(&contract.operations[&Operation::Submit], contract, &answer.json()).id.unwrap();
    let path = &contract.operations[&Operation::Poll].routes[0].path;
    let looked = caller.get(&format!("{}{path}?generation_id={id}", emulator.url(VENDOR))).await;
    assert_eq!(looked.status, 200, "{}", looked.text());
    observe(&contract.operations[&Operation::Poll], contract, &looked.json())
}
