//! The mutants, an area of the catalogue to a file.

mod access;
mod failure;
mod images;
mod limits;
mod poll;
mod refusal;
mod result;
mod submit;

use mockreel_evidence::exchange::{Answer, Body, Outgoing};
use serde_json::{Value, json};

use super::mutant::Mutant;

/// The key that the suite asks with.
pub(super) const FIRST_KEY: &str = "suite-00000001-first";

/// The key of another account.
pub(super) const SECOND_KEY: &str = "suite-00000001-second";

/// The surfaces that have mutants: every vendor, and one edition that is not the newest.
pub(super) const SURFACES: &[&str] = &["apilaplas", "aimlapi", "aimlapi@2025-07", "gmicloud", "302ai"];

/// Cases that render clips, move megabytes or lead a client through trouble. They run only on mutants that they ought
/// to notice, and on the true stand-ins of surfaces that have such a mutant.
pub(super) const HEAVY: &[&str] = &[
    "SUB-12", "PIC-01", "PIC-02", "PIC-03", "PIC-04", "PIC-05", "PIC-06", "RES-02", "RES-03", "RES-05",
    "CHAOS-01", "CHAOS-02",
];

/// Cases that run on no surface, and why. The tests fail if one of them does run.
pub(super) const NOT_RUN: &[(&str, &str)] = &[
    ("DRIFT-01", "compares two files of the vendor, and a run has none"),
    ("DRIFT-03", "compares two recorded runs"),
    ("NET-01", "passes over https only; over http it looks at the type of the content and can only fail"),
];

/// Every mutant, in the order of the page.
pub(super) fn mutants() -> Vec<&'static Mutant> {
    [
        access::MUTANTS,
        submit::MUTANTS,
        refusal::MUTANTS,
        images::MUTANTS,
        poll::MUTANTS,
        result::MUTANTS,
        failure::MUTANTS,
        limits::MUTANTS,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The JSON that a request carries.
fn sent(request: &mut Outgoing) -> Option<&mut Value> {
    match &mut request.body {
        Body::Json(body) => Some(body),
        Body::None | Body::Form(_) | Body::Raw { .. } => None,
    }
}

/// Changes the JSON of an answer, if it is any.
fn rewritten(answer: &mut Answer, change: impl FnOnce(&mut Value)) {
    if let Some(mut body) = answer.json() {
        change(&mut body);
        answer.body = serde_json::to_vec(&body).unwrap();
    }
}

/// The credential of a request.
fn credential(request: &Outgoing) -> Option<&str> {
    request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.as_str())
}

/// Lets a request come from the account of the first key.
fn as_first(request: &mut Outgoing) {
    request.headers.retain(|(name, _)| name != "authorization");
    request.headers.push(("authorization".to_owned(), format!("Bearer {FIRST_KEY}")));
}

/// Whether a request leads to a video.
fn is_download(request: &Outgoing) -> bool {
    request.url.contains("/__media/")
}

/// Puts an image that is not fetched, and so is good, where a body has a text.
fn good_image(place: &mut Value) {
    *place = json!("https://example.com/picture.jpg");
}
