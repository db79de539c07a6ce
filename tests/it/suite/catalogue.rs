//! The whole catalogue against the stand-in, or against the address that `MOCKREEL_TARGET` names.
//!
//! `MOCKREEL_TARGET` (an address or `live`) with `MOCKREEL_VENDOR`, `MOCKREEL_KEY_ENV`,
//! `MOCKREEL_SECOND_KEY_ENV`, `MOCKREEL_MAX_SPEND`, `MOCKREEL_LEDGER`,
//! `MOCKREEL_ALLOW_UNKNOWN_PRICE` and `MOCKREEL_PAID` runs the same cases there instead.

use std::collections::BTreeSet;

use mockreel_conformance::cases::catalogue;
use mockreel_conformance::check::{CheckOptions, TargetChoice};
use mockreel_conformance::outcome::{Outcome, Report};
use mockreel_conformance::profile::Profile;

use super::{SURFACES, Stand, check, contract, recorded, wanted};

/// What is asked elsewhere than of a stand-in; `None` if the tests are to ask a stand-in.
fn elsewhere(surface: &str) -> Option<CheckOptions> {
    let variable =
        |name: &str| std::env::var(format!("MOCKREEL_{name}")).ok().filter(|text| !text.is_empty());
    let target = variable("TARGET").filter(|target| target != "emulator")?;
    let key =
        |name: &str| variable(name).map(|held| std::env::var(held).expect("the variable of the key is set"));
    let place = if target == "live" { TargetChoice::Live } else { TargetChoice::Address(target) };
    let mut wanted = wanted(contract(surface), place);
    wanted.keys = (key("KEY_ENV"), key("SECOND_KEY_ENV"));
    wanted.max_spend =
        variable("MAX_SPEND").map(|text| text.parse().expect("MOCKREEL_MAX_SPEND is an amount"));
    wanted.ledger = variable("LEDGER").unwrap_or_else(|| "mockreel-ledger.jsonl".to_owned()).into();
    wanted.allow_unknown_price = variable("ALLOW_UNKNOWN_PRICE").is_some();
    wanted.paid = variable("PAID").is_some();
    Some(wanted)
}

/// What went wrong, for the message of a test.
fn wrong(report: &Report) -> Vec<String> {
    let bad = report.results.iter().filter(|result| {
        !matches!(result.outcome, Outcome::Pass | Outcome::NotApplicable | Outcome::ExpectedFail)
    });
    bad.map(|result| format!("{} {}: {}", result.id, result.outcome.word(), result.message)).collect()
}

fn is_green(surface: &'static str) {
    if let Some(wanted) = elsewhere(surface) {
        // One address is one vendor's: the others are not asked there.
        if std::env::var("MOCKREEL_VENDOR").is_ok_and(|named| named != surface) {
            return;
        }
        let report = check(&wanted).unwrap_or_else(|trouble| panic!("{surface}: {trouble}"));
        assert!(wrong(&report).is_empty(), "{surface}:\n  {}", wrong(&report).join("\n  "));
        return;
    }
    let run = recorded(surface);
    let report = &run.report;
    assert!(wrong(report).is_empty(), "{surface}:\n  {}", wrong(report).join("\n  "));
    assert_eq!(report.exit_code, 0);
    // On a stand-in nothing is left out but what the contract excludes, and what is held beside something that this
    // run was not given; and plain http has no TLS.
    let profile = Profile::new(contract(surface));
    let beside = ["DRIFT-01", "DRIFT-03", "NET-01"];
    for result in report.with(Outcome::NotApplicable).filter(|held| !beside.contains(&held.id.as_str())) {
        let case = catalogue().into_iter().find(|case| case.id == result.id).unwrap();
        let excluded = (case.excluded)(&profile);
        assert_eq!(
            excluded.as_deref(),
            Some(result.message.as_str()),
            "{surface}: {} has not run",
            result.id
        );
    }
}

#[test]
fn apilaplas_keeps_its_contract() {
    is_green("apilaplas");
}

#[test]
fn aimlapi_of_july_2025_keeps_its_contract() {
    is_green("aimlapi@2025-07");
}

#[test]
fn aimlapi_keeps_its_contract() {
    is_green("aimlapi");
}

#[test]
fn gmicloud_keeps_its_contract() {
    is_green("gmicloud");
}

#[test]
fn ai302_keeps_its_contract() {
    is_green("302ai");
}

#[test]
fn one_paid_job_feeds_every_case_that_only_reads() {
    let stand = Stand::start("302ai");
    let contract = contract("302ai");
    let mut wanted = wanted(contract.clone(), stand.place(&contract));
    wanted.choice.only = ["POLL", "RES", "AUTH", "LIM-01", "SUB-02", "SUB-05"].map(str::to_owned).into();
    let report = check(&wanted).unwrap();
    assert_eq!(report.exit_code, 0, "{:?}", wrong(&report));
    assert_eq!(stand.jobs(), 1);
    assert!(report.results.iter().any(|result| result.id == "SUB-01"), "what a case needs is run along");
}

#[test]
fn every_surface_has_clauses_for_whatever_can_fail() {
    for surface in SURFACES {
        let profile = Profile::new(contract(surface));
        let mut places = BTreeSet::new();
        for case in catalogue() {
            let clause = (case.clause)(&profile);
            let level = case.level_for(&profile);
            if let Some(clause) = &clause {
                assert!(!clause.quote.is_empty() && !clause.sources.is_empty(), "{surface}: {}", case.id);
                places.insert(clause.place.clone());
            }
            assert!(level <= case.level, "{surface}: {}", case.id);
            let can_fail = level != mockreel_conformance::clause::Level::Info;
            assert!(!can_fail || clause.is_some(), "{surface}: {} can fail without a clause", case.id);
        }
        assert!(places.len() > 15, "{surface} rests on {places:?}");
    }
}
