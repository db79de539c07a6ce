//! The headers of requests as texts, with what is reckoned from them. A client sends the same ones again and again, so they
//! are kept for the next request that has them, and for a moment only: they hold keys.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::http::HeaderMap;
use serde_json::Value;

use super::redact::EntryRedactor;
use crate::account;
use crate::edge::headers::list_header_texts;
use crate::random::KeyedHash;

/// How many are kept.
const KNOWN_HEADS: usize = 1_024;

/// The most bytes that one may have to be kept.
const KNOWN_HEAD_BYTES: usize = 8 * 1024;

/// The headers of a request.
#[derive(Default)]
pub(crate) struct RequestHead {
    /// Names in lower case.
    texts: Vec<(String, String)>,
    redactor: OnceLock<Arc<EntryRedactor>>,
    redacted: OnceLock<Value>,
    /// Whether nothing but what the journal shows is left of it.
    is_clean: bool,
    /// A key in them, with the account that it names.
    account: OnceLock<(String, Arc<str>)>,
}

impl fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead").finish_non_exhaustive()
    }
}

impl From<Vec<(String, String)>> for RequestHead {
    fn from(texts: Vec<(String, String)>) -> Self {
        Self { texts, ..Self::default() }
    }
}

impl RequestHead {
    /// Names, in lower case, and values.
    pub(crate) fn texts(&self) -> &[(String, String)] {
        &self.texts
    }

    /// What knows the secrets of a request with this head and this path and query.
    pub(crate) fn redactor(&self, target: &str) -> Arc<EntryRedactor> {
        if EntryRedactor::has_secrets(target) {
            return Arc::new(EntryRedactor::new(&self.texts, target));
        }
        let redactor = || Arc::new(EntryRedactor::new(&self.texts, ""));
        Arc::clone(self.redactor.get_or_init(redactor))
    }

    /// The headers as the journal shows them beside a path and query.
    pub(super) fn redact_headers(&self, target: &str) -> Value {
        if EntryRedactor::has_secrets(target) {
            return self.redactor(target).headers(&self.texts);
        }
        self.redacted.get_or_init(|| self.redactor("").headers(&self.texts)).clone()
    }

    /// A head that shows the same in the journal and holds no key any more.
    pub(super) fn without_keys(&self) -> Self {
        let redacted = OnceLock::from(self.redact_headers(""));
        Self { redacted, is_clean: true, ..Self::default() }
    }

    /// Whether it holds no key.
    pub(super) fn is_clean(&self) -> bool {
        self.is_clean
    }

    /// The account that a key in them names.
    pub(crate) fn name_account(&self, key: &str) -> Arc<str> {
        let (known, name) = self.account.get_or_init(|| (key.to_owned(), account::digest(key)));
        if known == key { Arc::clone(name) } else { account::digest(key) }
    }
}

/// The heads of the latest requests.
#[derive(Default)]
pub(super) struct KnownHeads {
    hash: KeyedHash,
    known: Mutex<HashMap<[u64; 2], Arc<RequestHead>>>,
}

impl fmt::Debug for KnownHeads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownHeads").finish_non_exhaustive()
    }
}

impl KnownHeads {
    /// The head of a request with these headers.
    pub(super) fn find(&self, headers: &HeaderMap) -> Arc<RequestHead> {
        let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if bytes > KNOWN_HEAD_BYTES {
            return Arc::new(list_header_texts(headers).into());
        }
        let parts = headers.iter().flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]);
        let name = self.hash.of(parts);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(head) = known.get(&name) {
            return Arc::clone(head);
        }
        if known.len() == KNOWN_HEADS {
            known.clear();
        }
        let head = Arc::new(RequestHead::from(list_header_texts(headers)));
        known.insert(name, Arc::clone(&head));
        head
    }

    /// Forgets all of them.
    pub(super) fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn equal_headers_are_one_head_until_all_are_forgotten_and_others_are_another() {
        let known = KnownHeads::default();
        let one = known.find(&headers(&[("a", "bc"), ("d", "e")]));
        assert!(Arc::ptr_eq(&one, &known.find(&headers(&[("a", "bc"), ("d", "e")]))));
        for other in [&[("a", "b"), ("d", "ce")][..], &[("d", "e"), ("a", "bc")], &[("a", "bcde")]] {
            assert!(!Arc::ptr_eq(&one, &known.find(&headers(other))), "{other:?}");
        }
        known.forget();
        assert!(!Arc::ptr_eq(&one, &known.find(&headers(&[("a", "bc"), ("d", "e")]))));
    }

    #[test]
    fn only_so_many_heads_are_kept_and_no_long_one() {
        let known = KnownHeads::default();
        let long = HeaderValue::from_str(&"x".repeat(KNOWN_HEAD_BYTES)).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("a", long);
        known.find(&headers);
        assert_eq!(known.known.lock().unwrap().len(), 0);
        for number in 0..KNOWN_HEADS * 2 + 1 {
            headers.insert("a", HeaderValue::from(number));
            known.find(&headers);
            assert!(known.known.lock().unwrap().len() <= KNOWN_HEADS);
        }
    }

    #[test]
    fn an_account_is_that_of_the_key_however_often_it_is_asked_for() {
        let head = RequestHead::default();
        for key in ["one", "two", "one"] {
            assert_eq!(head.name_account(key), account::digest(key));
        }
    }
}
