//! The suite tests itself: each case must notice at least one stand-in that is broken on purpose.
//!
//! All runs are made once and shared by the tests. `UPDATE=1 cargo test --test it mutants` writes the page anew.

mod list;
mod mutant;
mod page;
mod run;

use std::collections::BTreeSet;
use std::path::Path;

use mockreel_conformance::cases::catalogue;
use mockreel_conformance::clause::Level;
use mockreel_conformance::outcome::Outcome;

use self::list::{HEAVY, NOT_RUN, SURFACES, mutants};
use self::run::{Results, table};

#[test]
fn nothing_fails_on_the_true_stand_ins() {
    for (surface, results) in &table().truth {
        let bad: Vec<String> = results
            .iter()
            .filter(|(_, told)| !matches!(told.outcome, Outcome::Pass | Outcome::NotApplicable))
            .map(|(id, told)| format!("{id} {}: {}", told.outcome.word(), told.message))
            .collect();
        assert!(bad.is_empty(), "{surface}: {bad:#?}");
    }
}

#[test]
fn every_mutant_is_noticed_by_the_cases_that_ought_to() {
    let table = table();
    let mut missed = Vec::new();
    for ((mutant, noticed), results) in mutants().iter().zip(&table.noticed).zip(&table.mutated) {
        for id in mutant.caught_by.iter().filter(|id| !noticed.contains(**id)) {
            let found = results.get(*id).map_or_else(
                || "was not run".to_owned(),
                |told| format!("{} ended {} {}", told.level.word(), told.outcome.word(), told.message),
            );
            missed.push(format!("{} ({}): {id} {found}", mutant.name, mutant.surface));
        }
    }
    assert!(missed.is_empty(), "these cases do not notice: {missed:#?}");
}

#[test]
fn every_case_that_runs_has_a_mutant_that_it_must_notice() {
    let table = table();
    let mut without = Vec::new();
    for case in catalogue() {
        let highest = |results: &Results| {
            results.get(case.id).filter(|told| told.outcome.was_executed()).map(|told| told.level)
        };
        // A case that can fail somewhere must fail somewhere: writing something else down is not enough.
        let Some(level) = table.truth.values().filter_map(highest).max() else { continue };
        let fits = |surface: &str| {
            highest(&table.truth[surface]).is_some_and(|held| level == Level::Info || held > Level::Info)
        };
        if !mutants().iter().any(|mutant| mutant.caught_by.contains(&case.id) && fits(mutant.surface)) {
            without.push(format!("{} ({})", case.id, level.word()));
        }
    }
    assert!(without.is_empty(), "write mutants that these cases notice: {without:?}");
}

#[test]
fn cases_said_to_run_nowhere_do_not_run_and_all_others_do() {
    let table = table();
    let runs = |id: &str| {
        table.truth.values().filter_map(|results| results.get(id)).any(|told| told.outcome.was_executed())
    };
    let idle: BTreeSet<&str> = catalogue().iter().map(|case| case.id).filter(|id| !runs(id)).collect();
    let said: BTreeSet<&str> = NOT_RUN.iter().map(|(id, _)| *id).collect();
    assert_eq!(idle, said, "left: run nowhere; right: said to in tests/it/mutants/list/mod.rs");
}

#[test]
fn mutants_have_names_of_their_own_and_name_cases_and_surfaces_that_there_are() {
    let ids: BTreeSet<&str> = catalogue().iter().map(|case| case.id).collect();
    let mut names = BTreeSet::new();
    for mutant in mutants() {
        assert!(names.insert(mutant.name), "{} is there twice", mutant.name);
        assert!(!mutant.what.ends_with('.'), "{}", mutant.name);
        assert!(SURFACES.contains(&mutant.surface), "{}: {}", mutant.name, mutant.surface);
        assert!(!mutant.caught_by.is_empty(), "{} is to be noticed by no case", mutant.name);
        assert!(
            mutant.caught_by.iter().all(|id| ids.contains(id)),
            "{}: {:?}",
            mutant.name,
            mutant.caught_by
        );
    }
    for surface in SURFACES {
        assert!(mutants().iter().any(|mutant| mutant.surface == *surface), "{surface} has no mutant");
    }
    assert!(HEAVY.iter().all(|id| ids.contains(id)), "{HEAVY:?}");
}

#[test]
fn the_page_of_mutants_says_who_notices_what() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mutants.md");
    let text = page::page(table());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let held = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        held == text,
        "docs/mutants.md is stale: write it anew with `UPDATE=1 cargo test --test it mutants`"
    );
}
