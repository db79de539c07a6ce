//! The authentication of an identified caller: whether the vendor knows its key.

use mockreel_contracts::problem::KeyFault;
use mockreel_contracts::{Contract, Credential, Problem, UnixMillis};

use crate::account;
use crate::auth::Keyring;

/// Authenticates a credential at the account's time: by the vendor's scheme, against the reserved keys, and against the
/// keys that the vendor knows.
pub(super) fn authenticate(
    keys: &Keyring,
    contract: &Contract,
    credential: Result<Credential, KeyFault>,
    now: UnixMillis,
) -> Result<Credential, Problem> {
    let credential = credential.map_err(Problem::Unauthorized)?;
    contract.auth.scheme.authenticate(&credential, now).map_err(Problem::Unauthorized)?;
    match account::reserved(&credential.key) {
        Some(fault @ (KeyFault::Unknown | KeyFault::Disabled)) => Err(Problem::Unauthorized(fault)),
        Some(KeyFault::Missing | KeyFault::WrongScheme) | None => keys.authenticate(&contract.id, credential),
    }
}
