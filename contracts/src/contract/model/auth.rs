//! Authentication of callers: a vendor's scheme, read in two steps, and its header for clients.

use serde::Deserialize;

use crate::contract::model::source::Cited;
use crate::dialect::Credential;
use crate::problem::KeyFault;
use crate::time::UnixMillis;

/// How callers identify themselves, as a contract states it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthFact {
    /// The scheme.
    pub scheme: Auth,
    /// Where it is from.
    pub source: Cited,
}

/// What stands in the header `Authorization`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Auth {
    /// A bearer token, which is the key.
    Bearer,
    /// The key after another word.
    Scheme(String),
}

impl From<String> for Auth {
    fn from(word: String) -> Self {
        if word == Self::Bearer.word() { Self::Bearer } else { Self::Scheme(word) }
    }
}

impl Auth {
    /// The word before the key.
    pub fn word(&self) -> &str {
        match self {
            Self::Bearer => "Bearer",
            Self::Scheme(word) => word,
        }
    }

    /// The header by which a client identifies itself at a moment.
    pub fn header(&self, key: &str, _now: UnixMillis) -> String {
        match self {
            Self::Bearer | Self::Scheme(_) => format!("{} {key}", self.word()),
        }
    }

    /// The header as pages and messages show it: `Authorization: Bearer KEY`.
    pub fn shown(&self) -> String {
        format!("Authorization: {}", self.header("KEY", UnixMillis::default()))
    }

    /// Names the account that a header speaks for. Nothing is trusted yet: see [`Auth::authenticate`].
    ///
    /// # Errors
    ///
    /// If there is no header, or none of the scheme, whose case does not matter (RFC 9110, section 11.1).
    pub fn identify(&self, header: Option<&str>) -> Result<Credential, KeyFault> {
        let header = header.map(str::trim).filter(|text| !text.is_empty()).ok_or(KeyFault::Missing)?;
        let (scheme, key) = header.split_once(' ').unwrap_or((header, ""));
        if !scheme.eq_ignore_ascii_case(self.word()) {
            return Err(KeyFault::WrongScheme);
        }
        let key = key.trim();
        if key.is_empty() {
            return Err(KeyFault::Missing);
        }
        Ok(Credential { key: key.to_owned(), tenant: None })
    }

    /// Checks at a moment of the account's clock that a credential is genuine. Whether the vendor knows the account
    /// is not decided here.
    ///
    /// # Errors
    ///
    /// If it is forged or out of date. A bare key cannot be: it is the secret itself.
    pub fn authenticate(&self, _credential: &Credential, _now: UnixMillis) -> Result<(), KeyFault> {
        match self {
            Self::Bearer | Self::Scheme(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sends_names_its_account_and_another_scheme_does_not() {
        for word in ["Bearer", "Key"] {
            let auth = Auth::from(word.to_owned());
            assert_eq!((auth.word(), auth.shown()), (word, format!("Authorization: {word} KEY")));
            let header = auth.header("a key", UnixMillis(5));
            let named = auth.identify(Some(&header)).unwrap();
            assert_eq!(named, Credential { key: "a key".to_owned(), tenant: None });
            assert_eq!(auth.authenticate(&named, UnixMillis(5)), Ok(()));
            assert_eq!(auth.identify(Some(&header.to_uppercase())).unwrap().key, "A KEY");
            assert_eq!(auth.identify(None), Err(KeyFault::Missing));
            assert_eq!(auth.identify(Some(word)), Err(KeyFault::Missing));
            assert_eq!(auth.identify(Some("Basic x")), Err(KeyFault::WrongScheme));
        }
    }
}
