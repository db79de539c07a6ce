//! Accounts: a credential names one, and only its digest is kept.

use std::sync::Arc;

use mockreel_contracts::ids;
use mockreel_contracts::problem::KeyFault;
use sha2::{Digest, Sha256};

/// The account of requests without a usable credential.
pub const ANONYMOUS: &str = "anonymous";

/// Goes before the key into its digest. The bytes are arbitrary, but must never change: ids, timings and faults are
/// drawn by the digest, so other bytes would give every seed another transcript.
const SALT: [u8; 19] = [
    0x73, 0x74, 0x75, 0x6e, 0x74, 0x64, 0x6f, 0x75, 0x62, 0x6c, 0x65, 0x20, 0x61, 0x63, 0x63, 0x6f, 0x75,
    0x6e, 0x74,
];

/// The digest that stands for a key.
pub fn digest(key: &str) -> Arc<str> {
    let mut name = Sha256::new();
    name.update(SALT);
    name.update(key.as_bytes());
    Arc::from(ids::hex(&name.finalize()[..16]))
}

/// The key in the value of an `Authorization` header of the scheme `Bearer`.
pub(crate) fn bearer_key(authorization: &str) -> Option<&str> {
    let (scheme, key) = authorization.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
}

/// Sixteen bytes that name an account in a vendor's answers.
pub(crate) fn bytes(account: &str) -> [u8; 16] {
    let digest = Sha256::digest(account.as_bytes());
    std::array::from_fn(|index| digest[index])
}

/// Whether a key is one of those reserved for refusals; any other is accepted.
pub(crate) fn reserved(key: &str) -> Option<KeyFault> {
    if key == "not-a-key" || key.starts_with("mock-bad-") {
        Some(KeyFault::Unknown)
    } else if key.starts_with("mock-revoked-") {
        Some(KeyFault::Disabled)
    } else {
        None
    }
}

/// Whether a key is one of those reserved for accounts without a balance.
pub(crate) fn is_broke(key: &str) -> bool {
    key.starts_with("mock-broke-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_does_not_show_its_key_and_differs_from_key_to_key() {
        assert_eq!(digest("secret").len(), 32);
        assert!(!digest("secret").contains("secret"));
        assert_ne!(digest("secret"), digest("secreT"));
    }

    #[test]
    fn reserved_keys_are_refused_and_others_are_not() {
        assert_eq!(reserved("not-a-key"), Some(KeyFault::Unknown));
        assert_eq!(reserved("mock-bad-1"), Some(KeyFault::Unknown));
        assert_eq!(reserved("mock-revoked-1"), Some(KeyFault::Disabled));
        assert_eq!(reserved("anything"), None);
    }
}
