//! The bounds of generated requests: where they may go, from which account, how many, and with which image.

use crate::profile::{Credential, Image};
use crate::session::{CaseError, Session};

/// Least pixels of a side (what every vendor states that states one).
pub(super) const SIDE: u32 = 300;

/// Whether generated requests may go out without limit: nothing costs, and it is this machine.
pub(super) fn is_unlimited(session: &Session<'_>) -> bool {
    session.is_free() && session.target.loopback
}

/// Ends a case whose generated requests make jobs where that could cost.
pub(super) fn require_unlimited(session: &Session<'_>) -> Result<(), CaseError> {
    if is_unlimited(session) {
        return Ok(());
    }
    Err(CaseError::NotApplicable(
        "generated requests that make jobs go only to this machine, and only where nothing costs".to_owned(),
    ))
}

/// Whose jobs generated ones are: the second account's where the target is steered, so that the shared
/// job's clock and listing know nothing of them.
pub(super) fn account(session: &Session<'_>) -> Credential {
    match (&session.target.control, &session.target.second_key) {
        (Some(_), Some(_)) => Credential::SecondKey,
        (Some(_) | None, _) => Credential::Key,
    }
}

/// How many values are drawn: the usual number, or more if more was asked for.
pub(super) fn tries(session: &Session<'_>, usual: u32) -> u32 {
    usual.max(session.generated())
}

/// The image of generated requests: as small as every vendor takes, because many are looked at. At its
/// address a stand-in has one of the same size.
pub(super) fn image(session: &Session<'_>) -> Image {
    let own = session.target.control.as_ref().map(|control| format!("{control}/__fixtures/side-300.png"));
    let url = own.or_else(|| session.image().url.clone());
    Image { url, ..crate::images::jpeg(SIDE, SIDE) }
}
