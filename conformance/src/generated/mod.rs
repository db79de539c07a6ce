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

use self::bodies::good_bodies;
use self::commands::sequences;
use self::faults::just_bad_bodies;
use self::images::around_limits;
use crate::case::{Case, Cost, Level, Stage};
use crate::profile::{Credential, Image, Profile};
use crate::session::{Session, Stop};
use mockreel_contracts::Operation;

/// Least pixels of a side (what every vendor states that states one).
const SIDE: u32 = 300;

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

/// Whether generated requests may go out without limit: nothing costs, and it is this machine.
fn is_unlimited(session: &Session<'_>) -> bool {
    session.is_free() && session.target.loopback
}

/// Ends a case whose generated requests make jobs where that could cost.
fn only_unlimited(session: &Session<'_>) -> Result<(), Stop> {
    if is_unlimited(session) {
        return Ok(());
    }
    Err(Stop::NotApplicable(
        "generated requests that make jobs go only to this machine, and only where nothing costs".to_owned(),
    ))
}

/// Whose jobs generated ones are: the second account's where the target is steered, so that the shared
/// job's clock and listing know nothing of them.
fn account(session: &Session<'_>) -> Credential {
    match (&session.target.control, &session.target.second_key) {
        (Some(_), Some(_)) => Credential::SecondKey,
        (Some(_) | None, _) => Credential::Key,
    }
}

/// How many values are drawn: the usual number, or more if more was asked for.
fn tries(session: &Session<'_>, usual: u32) -> u32 {
    usual.max(session.generated())
}

/// The image of generated requests: as small as every vendor takes, because many are looked at. At its
/// address a stand-in has one of the same size.
fn image(session: &Session<'_>) -> Image {
    let own = session.target.control.as_ref().map(|control| format!("{control}/__fixtures/side-300.png"));
    let url = own.or_else(|| session.image().url.clone());
    Image { url, ..crate::images::jpeg(SIDE, SIDE) }
}
