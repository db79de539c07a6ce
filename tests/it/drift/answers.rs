//! The answers of a running edition beside the contract of another: what shows in them is what the two contracts
//! say, and nothing is invented.

use std::collections::BTreeMap;
use std::sync::Arc;

use mockreel_conformance::check::{CheckOptions, TargetChoice, check};
use mockreel_conformance::drift::live as fresh;
use mockreel_conformance::events::NullReporter;
use mockreel_conformance::run::Choice;
use mockreel_conformance::session::{ComparisonInputs, StopFlag};
use mockreel_contracts::contract::views::openapi::View;
use mockreel_contracts::{Contract, Vendor};
use mockreel_drift::observed::{Observed, Tape};
use mockreel_drift::{Kind, Report, Surface, compare, of_contract};
use mockreel_emulator::Latency;

use crate::support::quiet;

/// What a running edition answers: one job from its submit to its end, and whatever else costs nothing.
fn answered(vendor: &Vendor) -> Surface {
    let contract = Arc::clone(&vendor.contract);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // What may be left out of an answer is in these, so that it can be seen.
    let builder =
        quiet().vendor(vendor.clone()).latency(Latency::REAL).option("aimlapi", "completed_meta", "on");
    let emulator = runtime.block_on(builder.start()).unwrap();
    let base = emulator.url(&contract.id);
    let wanted = CheckOptions {
        contract: Arc::clone(&contract),
        model: None,
        place: TargetChoice::Emulator { base: base.clone(), control: emulator.admin_base() },
        keys: (None, None),
        max_spend: None,
        allow_unknown_price: false,
        paid: false,
        generated: 0,
        wait: None,
        interval: None,
        max_time: None,
        stop: StopFlag::default(),
        choice: Choice { only: fresh::cases(), skip: Vec::new() },
        ledger: "unused".into(),
        baseline: None,
        cassette: None,
        seed: 1,
        image: None,
        inputs: ComparisonInputs::default(),
    };
    let report = check(&wanted, &mut NullReporter).unwrap();
    let tape = Tape {
        contract: &contract,
        base: &base,
        recorded: &report.started,
        stand_in: true,
        stub: None,
        exchanges: &report.exchanges,
        cases: mockreel_conformance::cases::WITHOUT_PROFILE,
    };
    Observed::of(&[tape]).surface(&contract.full_id())
}

/// The places at which good answers about a job differ, whatever their status.
///
/// The balance is told in two forms under one name, so that there one place can differ in two ways.
fn places(report: &Report) -> BTreeMap<String, Kind> {
    let good = |place: &str| place.starts_with("submit.reply/2") || place.starts_with("poll.reply/2");
    let found = report.findings.iter().filter(|finding| finding.is_wire_relevant() && good(&finding.place));
    found.map(|finding| (finding.place.replace("/201", "/200"), finding.kind)).collect()
}

fn enforced(contract: &Contract) -> Surface {
    of_contract(contract, View::Enforced)
}

#[test]
fn the_answers_of_a_running_edition_show_what_the_contracts_say_and_nothing_else() {
    // The editions on both sides of every change of an answer.
    let names = ["2025-08-19", "2025-11-12", "2025-12-10", "2025-12-19", "2026-08-19"];
    let editions = names.map(|day| mockreel_contracts::vendor(&format!("aimlapi@{day}")).unwrap());
    let surfaces: Vec<Surface> = editions.iter().map(|vendor| enforced(&vendor.contract)).collect();
    let answers: Vec<Surface> = editions.iter().map(answered).collect();
    let mut renamed = 0;
    for (own, seen) in answers.iter().enumerate() {
        for (other, contract) in surfaces.iter().enumerate() {
            let documents = places(&compare(contract, &surfaces[own]));
            let running = places(&compare(contract, seen));
            let pair = format!("{} held against {}", names[own], names[other]);
            for (place, kind) in &running {
                assert_eq!(documents.get(place), Some(kind), "{pair}: {place}");
            }
            // What the answer to a poll must hold and does not cannot be overlooked; a submit tells nothing of it.
            let must = |place: &str, kind: Kind| kind == Kind::MemberRenamed && place.starts_with("poll.");
            for (place, kind) in documents.iter().filter(|(place, kind)| must(place, **kind)) {
                assert_eq!(running.get(place), Some(kind), "{pair}: {place}");
                renamed += 1;
            }
        }
    }
    assert!(renamed >= 8, "what a job used has had two names; that was seen {renamed} times");
}
