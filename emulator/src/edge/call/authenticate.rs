//! The authentication of an identified caller: whether the vendor knows its key.

use mockreel_contracts::problem::KeyFault;
use mockreel_contracts::{Credential, Problem};

use crate::account;
use crate::auth::Keyring;

/// Authenticates a credential against the reserved keys and the keys that the vendor knows.
pub(super) fn authenticate(
    keys: &Keyring,
    vendor: &str,
    credential: Result<Credential, KeyFault>,
) -> Result<Credential, Problem> {
    let credential = credential.map_err(Problem::Unauthorized)?;
    match account::reserved(&credential.key) {
        Some(fault @ (KeyFault::Unknown | KeyFault::Disabled)) => Err(Problem::Unauthorized(fault)),
        Some(KeyFault::Missing | KeyFault::WrongScheme) | None => keys.authenticate(vendor, credential),
    }
}
