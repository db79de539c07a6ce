//! The suite, model by model.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use mockreel_conformance::check::{CheckOptions, TargetChoice, check};
use mockreel_conformance::events::NullReporter;
use mockreel_conformance::outcome::{Outcome, Report};
use mockreel_conformance::report::{Format, render};
use mockreel_conformance::run::Choice;
use mockreel_contracts::Vendor;
use mockreel_contracts::contract::check::rules::Checker;
use mockreel_emulator::Latency;

use mockreel_conformance::session::{ComparisonInputs, StopFlag};

use super::{VENDOR, small};
use crate::support::quiet;

/// Runs the suite for one model against a stand-in of its own.
fn report(vendor: &Vendor, model: &str, images: bool) -> Report {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let started = quiet().vendor(vendor.clone()).latency(Latency::REAL).start();
    let emulator = runtime.block_on(started).unwrap();
    let wanted = CheckOptions {
        contract: Arc::clone(&vendor.contract),
        model: Some(model.to_owned()),
        place: TargetChoice::Emulator { base: emulator.url(VENDOR), control: emulator.admin_base() },
        keys: (None, None),
        max_spend: None,
        allow_unknown_price: false,
        paid: false,
        generated: 0,
        wait: None,
        interval: None,
        max_time: None,
        stop: StopFlag::default(),
        choice: Choice { only: Vec::new(), skip: if images { Vec::new() } else { heavy() } },
        ledger: PathBuf::from("unused"),
        baseline: None,
        cassette: None,
        seed: 1,
        image: None,
        inputs: ComparisonInputs::default(),
    };
    check(&wanted, &mut NullReporter).unwrap_or_else(|trouble| panic!("{model}: {trouble}"))
}

/// The cases that send many or heavy images, which is slow, and the same wherever the rules for them are.
fn heavy() -> Vec<String> {
    ["PIC", "GEN-04"].map(str::to_owned).to_vec()
}

/// Models of one shape differ in nothing that a case looks at but their names, so one of each shape is checked.
fn one_of_each_shape(vendor: &Vendor) -> Vec<String> {
    let mut shapes: BTreeMap<String, String> = BTreeMap::new();
    for model in vendor.contract.models.values() {
        let mut shape = model.request.clone();
        shape["properties"]["model"].take();
        shapes.entry(format!("{shape} {:?}", model.maker)).or_insert_with(|| model.id.clone());
    }
    let mut ids: Vec<String> = shapes.into_values().collect();
    ids.sort();
    ids
}

#[test]
fn the_suite_is_green_for_each_model() {
    let vendor = small();
    let ids = one_of_each_shape(&vendor);
    assert!(ids.len() >= 25, "{ids:?}");
    let mut rules = BTreeSet::new();
    let runs: Vec<(&String, bool)> = ids
        .iter()
        .map(|id| {
            let image = vendor.contract.models[id].request["properties"]["image_url"]["x-image"].to_string();
            (id, rules.insert(image))
        })
        .collect();
    let reports: Vec<Report> = std::thread::scope(|scope| {
        let vendor = &vendor;
        let of = move |runs: &[(&String, bool)]| {
            runs.iter().map(|(id, images)| report(vendor, id, *images)).collect::<Vec<_>>()
        };
        let halves = runs.chunks(runs.len().div_ceil(2)).map(|half| scope.spawn(move || of(half)));
        let halves: Vec<_> = halves.collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    let mut passed = 0;
    for (report, id) in reports.iter().zip(&ids) {
        assert_eq!(report.model.as_deref(), Some(id.as_str()));
        for result in &report.results {
            let fine = [Outcome::Pass, Outcome::NotApplicable].contains(&result.outcome);
            assert!(fine, "{id} {}: {}", result.id, result.message);
        }
        let submits = report.exchanges.iter().filter(|exchange| exchange.case == "SUB-01");
        let text = submits.map(|exchange| format!("{exchange:?}")).collect::<String>();
        assert!(text.contains(id.as_str()), "{id} was not what was submitted");
        passed += report.with(Outcome::Pass).count();
    }
    assert!(passed > 45 * ids.len(), "only {passed} passed");
    let json: serde_json::Value = serde_json::from_str(&render(Format::Json, &reports)).unwrap();
    let schema: serde_json::Value = serde_json::from_str(mockreel_conformance::report::json::SCHEMA).unwrap();
    let schema = Checker::new(schema).unwrap();
    for report in json.as_array().unwrap() {
        assert!(schema.accepts(report), "{:?}", schema.violations(report));
    }
}
