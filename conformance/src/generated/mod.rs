//! Requests drawn at random: bodies, images, and sequences of commands.
//!
//! Everything is drawn from the run's seed, and answers decide what comes next; so a run can be repeated
//! by its seed, and replayed from a cassette. Where nothing costs, what breaks a claim is made as small as
//! it can be. Where it can cost, bad bodies go out one by one and only as many as were allowed, and good
//! ones never.

mod apart;
mod bodies;
mod commands;
mod faults;
mod images;
mod life;
mod property;
mod random;
mod scope;

use self::bodies::good_bodies;
use self::commands::sequences;
use self::faults::just_bad_bodies;
use self::images::around_limits;
use crate::case::Case;
use crate::clause::{Cost, Level, Stage};
use crate::profile::Profile;
use mockreel_contracts::Operation;

/// The cases of this area.
pub(crate) const CASES: &[Case] = &[
    Case::new(
        "GEN-01",
        "generated good bodies are accepted",
        Level::Must,
        Cost::Emulator,
        Stage::Own,
        good_bodies,
    )
    .on(|profile| profile.operation_clause(Operation::Submit)),
    Case::new(
        "GEN-02",
        "generated bodies with one fault are refused",
        Level::Must,
        Cost::Rejectable,
        Stage::Refused,
        just_bad_bodies,
    )
    .of_class("generated")
    .on(|profile| profile.problem_clause("invalid")),
    Case::new(
        "GEN-03",
        "pictures around every limit are judged by it",
        Level::Should,
        Cost::Emulator,
        Stage::Own,
        around_limits,
    )
    .on(images::clause)
    .unless(images::silent),
    Case::new(
        "GEN-04",
        "any sequence of commands leaves what a simple model says",
        Level::Should,
        Cost::Emulator,
        Stage::Own,
        sequences,
    )
    .on(Profile::phases_clause),
];
