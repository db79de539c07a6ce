//! The suite's reference answers are what the stand-in says now. `INSTA_UPDATE=always cargo test references`
//! writes them anew; `cargo insta review` shows what has changed.

use std::path::PathBuf;

use mockreel_conformance::profile::Profile;
use mockreel_conformance::references::References;

use super::{SURFACES, Stand, check, contract, recorded, wanted};

#[test]
fn the_references_are_what_the_stand_in_answers() {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("conformance/references"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for surface in SURFACES {
        let contract = contract(surface);
        let name = contract.full_id();
        let run = recorded(surface);
        let references = References::taken(&Profile::new(contract), &run.base, &run.report.exchanges);
        settings.bind(|| insta::assert_json_snapshot!(name, references.json()));
    }
}

#[test]
fn a_run_differs_nowhere_from_the_references_and_with_another_seed_neither() {
    let surface = "gmicloud";
    let stand = Stand::start(surface);
    let contract = contract(surface);
    let mut wanted = wanted(contract.clone(), stand.place(&contract));
    wanted.seed = 7;
    for result in check(&wanted).unwrap().results.iter().chain(&recorded(surface).report.results) {
        assert!(result.differences.is_empty(), "{}: {:?}", result.id, result.differences);
        if result.id == "DRIFT-04" {
            assert_eq!(result.outcome.word(), "pass", "{}", result.message);
        }
    }
}
