//! Secrets of one request: the credential and whatever a header or a parameter names one, and how the journal shows them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mockreel_evidence::redact::{
    Encoding, Marks, Secrecy, Secrets, is_credential, measure_size, short_digest, split_credential,
};

use crate::account;

/// The shortest credential that is looked for elsewhere, in bytes: a shorter one is in every other word.
const LEAST: usize = 4;

/// The shortest secret of another header or parameter that is looked for elsewhere, in bytes.
const LEAST_NAMED: usize = 8;

/// How many secrets of one request are looked for elsewhere.
const SOUGHT: usize = 16;

/// The marks of the journal.
const MARKS: Marks = Marks {
    write: |secret, _| marker(secret),
    size: write_size,
    measure: |text| match measure_marker(text) {
        0 => measure_size(text, ["<", ": ", " characters, sha256 ", ">"]),
        length => length,
    },
};

/// What stands for encoded bytes, such as an image.
fn write_size(encoding: Encoding, data: &str) -> String {
    format!("<{}: {} characters, sha256 {}>", encoding.name(), data.len(), short_digest(data.as_bytes()))
}

/// What stands for a secret: the start of the digest that names its account.
pub(super) fn marker(secret: &str) -> String {
    let digest = account::digest(secret);
    format!("key <{}…>", digest.get(..8).unwrap_or_default())
}

/// The length of the marker that a text begins with, in bytes.
fn measure_marker(text: &str) -> usize {
    let digits = text.strip_prefix("key <").and_then(|rest| rest.get(..8));
    let is_marker = digits.is_some_and(|digits| {
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()) && text["key <".len() + 8..].starts_with("…>")
    });
    if is_marker { "key <".len() + 8 + "…>".len() } else { 0 }
}

/// The parameters of a path and query whose name says that they are secret.
fn named_in(target: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    url::form_urlencoded::parse(query.as_bytes()).filter(|(name, value)| Secrecy::of(name).hides(value))
}

/// Gathers the texts that are looked for wherever something is shown.
#[derive(Default)]
pub(super) struct RequestSecrets(Vec<String>);

impl RequestSecrets {
    /// Gathers the secrets that a request carries in its headers and in its query.
    pub(super) fn of(headers: &[(String, String)], target: &str) -> Self {
        let mut secrets = Self::default();
        for (name, value) in headers {
            if is_credential(name) {
                secrets.add_credential(value);
            } else if Secrecy::of(name).hides(value) {
                secrets.add_named(value);
            }
        }
        for (_, value) in named_in(target) {
            secrets.add_named(&value);
        }
        secrets
    }

    /// Whether the query has parameters whose name says that they are secret.
    pub(super) fn has_named(target: &str) -> bool {
        named_in(target).next().is_some()
    }

    fn add_credential(&mut self, value: &str) {
        let (scheme, rest) = split_credential(value);
        self.add(rest, LEAST);
        // Where a scheme that nobody knows stands first, the key follows.
        for (number, word) in rest.split_whitespace().enumerate() {
            self.add(word, if number == 0 { LEAST_NAMED } else { LEAST });
        }
        if scheme.eq_ignore_ascii_case("basic") {
            let decoded = STANDARD.decode(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            if let Some(text) = decoded {
                self.add(text.trim_end_matches(':'), LEAST);
                text.split(':').for_each(|part| self.add(part, LEAST_NAMED));
            }
        }
    }

    fn add_named(&mut self, value: &str) {
        self.add(value.trim(), LEAST_NAMED);
    }

    /// Adds a key that names an account in an order.
    pub(super) fn add_key(&mut self, key: &str) {
        self.add(key, LEAST);
    }

    fn add(&mut self, text: &str, least: usize) {
        let is_known = self.0.iter().any(|secret| secret.eq_ignore_ascii_case(text));
        if text.len() >= least && self.0.len() < SOUGHT && !is_known {
            self.0.push(text.to_owned());
        }
    }

    /// Makes them ready to be found.
    pub(super) fn finish(self) -> Secrets {
        Secrets::new(&self.0, MARKS)
    }
}

#[cfg(test)]
mod tests {
    use mockreel_contracts::contract::check::route::percent_decoded;

    use super::*;

    fn secrets(key: &str) -> Secrets {
        RequestSecrets::of(&[("authorization".to_owned(), format!("Bearer {key}"))], "/").finish()
    }

    #[test]
    fn a_key_is_found_however_it_is_written() {
        let secrets = secrets("Se/cr\"et+1");
        let shown = marker("Se/cr\"et+1");
        assert_eq!(secrets.hide_text("say Se/cr\"et+1!"), format!("say {shown}!"));
        assert_eq!(
            secrets.hide_text("http://SE/CR\"ET+1/x"),
            format!("http://{shown}/x"),
            "hosts lose capitals"
        );
        assert_eq!(secrets.hide_text("/a?b=Se%2Fcr%22et%2B1&c=d"), format!("/a?b={shown}&c=d"));
        assert_eq!(secrets.hide_text("/a?b=Se%252Fcr%2522et%252B1"), format!("/a?b={shown}"));
        for text in [r#"{"a": "Se\/cr\"et+1"}"#, r"Se/cr\u0022et\u002b1", "Se/cr%22et%2B1"] {
            let hidden = secrets.hide_text(text);
            assert!(!hidden.to_lowercase().contains("cr") || hidden.contains("key <"), "{hidden}");
            let plain = hidden.replace('\\', "");
            let decoded = percent_decoded(&plain);
            assert!(!decoded.contains("cr\"et"), "{hidden}");
        }
        assert_eq!(secrets.hide_text("100% of nothing \\ here + there"), "100% of nothing \\ here + there");
    }

    #[test]
    fn the_start_of_a_text_holds_no_start_of_a_key() {
        let secrets = secrets("abcdefgh");
        let shown = marker("abcdefgh");
        assert_eq!(secrets.hide_start("xx abcdefgh yy", 5), Some(format!("xx {shown}")));
        assert_eq!(secrets.hide_start("xx abcdefgh yy", 3), Some("xx ".to_owned()));
        assert_eq!(secrets.hide_start(&"abcdefgh".repeat(3), 12), Some(format!("{shown}{shown}")));
        assert_eq!(secrets.hide_start("abcdefgh%61bcdefgh", 2), None);
    }

    fn hide_credential(value: &str) -> String {
        secrets("unused").hide_header("authorization", value).unwrap()
    }

    #[test]
    fn a_credential_keeps_a_known_scheme_and_nothing_else() {
        assert_eq!(hide_credential("Bearer  abc"), format!("Bearer {}", marker("abc")));
        assert_eq!(hide_credential("sk-abc"), marker("sk-abc"));
        assert_eq!(hide_credential("sk-abc def"), marker("sk-abc def"));
        assert_eq!(hide_credential("Bearer"), "Bearer");
    }

    #[test]
    fn user_and_password_of_a_basic_credential_are_secrets_too() {
        let headers = [("authorization".to_owned(), format!("Basic {}", STANDARD.encode("sk-12345678:")))];
        assert_eq!(
            RequestSecrets::of(&headers, "/").finish().hide_text("sk-12345678"),
            marker("sk-12345678")
        );
    }
}
