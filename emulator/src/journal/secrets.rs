//! What must not be shown: where secrets stand in a request, and finding them wherever else they are.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mockreel_contracts::contract::check::route::percent_decoded;

use crate::account;

/// The shortest credential that is looked for elsewhere, in bytes: a shorter one is in every other word.
const LEAST: usize = 4;

/// The shortest secret of another header or parameter that is looked for elsewhere, in bytes.
const LEAST_NAMED: usize = 8;

/// How many secrets of one request are looked for elsewhere.
const SOUGHT: usize = 16;

/// How often a text may be percent-encoded or escaped over and over.
const LAYERS: usize = 3;

/// How many bytes a byte of a secret takes at most when it is written in another way: `\u0041` is the longest.
const WIDEST: usize = 6;

/// Words before a credential that are no part of it.
const SCHEMES: [&str; 8] = ["bearer", "basic", "digest", "token", "key", "apikey", "negotiate", "jwt"];

/// Parts of names, without separators, that speak of a secret.
const PARTS: [&str; 12] = [
    "secret",
    "password",
    "passwd",
    "apikey",
    "accesskey",
    "privatekey",
    "authkey",
    "credential",
    "signature",
    "authorization",
    "cookie",
    "token",
];

/// Whole names of secrets.
const NAMES: [&str; 8] = ["key", "xkey", "auth", "xauth", "sig", "jwt", "sessionid", "session"];

/// What stands for a secret: the start of the digest that names its account.
pub(super) fn marker(secret: &str) -> String {
    let digest = account::digest(secret);
    format!("key <{}…>", digest.get(..8).unwrap_or_default())
}

/// Whether a text of this name is a secret. Quantities of tokens are none.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|held| held.to_ascii_lowercase()).collect();
    let quantity = value.len() <= 12
        && value.starts_with(|first: char| first.is_ascii_digit())
        && value.bytes().all(|byte| byte.is_ascii_digit() || b".smhd".contains(&byte));
    let speaks = |part: &str| plain.contains(part) && (part != "token" || !quantity);
    !value.is_empty() && (NAMES.contains(&plain.as_str()) || PARTS.into_iter().any(speaks))
}

/// Whether a header is one of those that carry the credential.
pub(super) fn is_credential(header: &str) -> bool {
    header.eq_ignore_ascii_case("authorization") || header.eq_ignore_ascii_case("proxy-authorization")
}

/// A credential as it may be shown: its scheme, if that is a known one, and the digest of the rest.
pub(super) fn credential(value: &str) -> String {
    let (scheme, rest) = parts(value);
    match (scheme, rest) {
        (scheme, "") => scheme.to_owned(),
        ("", rest) => marker(rest),
        (scheme, rest) => format!("{scheme} {}", marker(rest)),
    }
}

fn parts(value: &str) -> (&str, &str) {
    let value = value.trim();
    let (scheme, rest) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
    let known = SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if known { (scheme, rest.trim()) } else { ("", value) }
}

/// Texts that are looked for wherever something is shown.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    held: Vec<Secret>,
    /// In bytes.
    shortest: usize,
    /// In bytes.
    longest: usize,
}

#[derive(Debug)]
struct Secret {
    /// In lower case: hosts lose their capitals on the way.
    text: String,
    shown: String,
}

impl Secrets {
    /// The secrets that a request carries in its headers and in its query.
    pub(super) fn of(headers: &[(String, String)], target: &str) -> Self {
        let mut secrets = Self::default();
        for (name, value) in headers {
            if is_credential(name) {
                secrets.add_credential(value);
            } else if is_secret(name, value) {
                secrets.add_named(value);
            }
        }
        let query = target.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if is_secret(&name, &value) {
                secrets.add_named(&value);
            }
        }
        secrets
    }

    fn add_credential(&mut self, value: &str) {
        let (scheme, rest) = parts(value);
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

    /// A key that names an account in an order.
    pub(super) fn add_key(&mut self, key: &str) {
        self.add(key, LEAST);
    }

    fn add(&mut self, text: &str, least: usize) {
        let lower = text.to_ascii_lowercase();
        if text.len() < least
            || self.held.len() == SOUGHT
            || self.held.iter().any(|secret| secret.text == lower)
        {
            return;
        }
        self.longest = self.longest.max(text.len());
        self.shortest = if self.held.is_empty() { text.len() } else { self.shortest.min(text.len()) };
        self.held.push(Secret { text: lower, shown: marker(text) });
    }

    /// The text without secrets, however they are written.
    pub(super) fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.held.is_empty() || text.len() < self.shortest {
            return Cow::Borrowed(text);
        }
        let plain = self.replaced(text, text.len());
        if !self.are_disguised_in(&plain) {
            return plain;
        }
        let mut words = String::with_capacity(plain.len());
        for word in plain.split_inclusive(|held: char| held.is_whitespace() || "/?&=#;,\"'".contains(held)) {
            if self.are_disguised_in(word) {
                words.push_str(&self.held[0].shown);
                words.extend(word.chars().next_back().filter(|last| !last.is_alphanumeric()));
            } else {
                words.push_str(word);
            }
        }
        // A secret may itself hold what words are parted at.
        let hidden = self.replaced(&words, words.len()).into_owned();
        if self.are_disguised_in(&hidden) { Cow::Owned(concealed(text)) } else { Cow::Owned(hidden) }
    }

    /// The first so many bytes of a text without secrets, also without one that only begins there.
    pub(super) fn hide_start(&self, text: &str, bytes: usize) -> String {
        let beyond = bytes.saturating_add(self.longest.saturating_mul(WIDEST)).min(text.len());
        let window = &text[..text.floor_char_boundary(beyond)];
        let until = window.floor_char_boundary(bytes);
        if self.are_disguised_in(&self.replaced(window, window.len())) {
            return concealed(&text[..until]);
        }
        self.replaced(window, until).into_owned()
    }

    /// Whether a secret stands in a text as it is.
    pub(super) fn are_in(&self, text: &str) -> bool {
        let lower = text.to_ascii_lowercase();
        self.held.iter().any(|secret| lower.contains(&secret.text))
    }

    /// Overlapping finds become one, lest the rest of one be left beside another.
    fn replaced<'t>(&self, text: &'t str, until: usize) -> Cow<'t, str> {
        // Lower case of ASCII takes as many bytes, so places stay the same.
        let lower = text.to_ascii_lowercase();
        let mut spans: Vec<(Range<usize>, &Secret)> = Vec::new();
        for secret in &self.held {
            let found = lower.match_indices(&secret.text);
            spans.extend(found.map(|(at, same)| (at..at + same.len(), secret)));
        }
        if spans.is_empty() {
            return Cow::Borrowed(&text[..until]);
        }
        spans.sort_by_key(|(span, _)| span.start);
        let mut told = String::with_capacity(until);
        let mut end = 0;
        for (span, secret) in spans.iter().take_while(|(span, _)| span.start < until) {
            if span.start >= end {
                told.push_str(&text[end..span.start]);
                told.push_str(&secret.shown);
            }
            end = end.max(span.end);
        }
        told.push_str(text.get(end..until).unwrap_or_default());
        Cow::Owned(told)
    }

    /// Whether there is a secret in a text once percent-encoding or escapes are undone.
    fn are_disguised_in(&self, text: &str) -> bool {
        if self.held.is_empty() {
            return false;
        }
        // Forms write a space as a plus sign.
        self.are_below(text, '%', percent_decoded)
            || self.are_below(text, '\\', unescaped)
            || text.contains('+')
                && (self.are_in(&text.replace('+', " "))
                    || self.are_below(&text.replace('+', " "), '%', percent_decoded))
    }

    /// Whether there is a secret below some layers of a way to write characters, which a sign gives away.
    fn are_below(&self, text: &str, sign: char, undone: fn(&str) -> String) -> bool {
        let mut layer = Cow::Borrowed(text);
        for _ in 0..LAYERS {
            if !layer.contains(sign) {
                return false;
            }
            layer = Cow::Owned(undone(&layer));
            if self.are_in(&layer) {
                return true;
            }
        }
        false
    }
}

fn concealed(text: &str) -> String {
    format!("<{} characters with a key in them, written in another way>", text.chars().count())
}

/// A text with the escapes of JSON undone wherever there are some, in or out of quotes.
fn unescaped(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        told.push_str(before);
        let unit = after.strip_prefix('u').and_then(|digits| u32::from_str_radix(digits.get(..4)?, 16).ok());
        rest = match (unit.and_then(char::from_u32), after.chars().next()) {
            (Some(character), _) => {
                told.push(character);
                &after[5..]
            }
            (None, Some(escaped)) => {
                told.push(match escaped {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    other => other,
                });
                &after[escaped.len_utf8()..]
            }
            (None, None) => "",
        };
    }
    told.push_str(rest);
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(key: &str) -> Secrets {
        Secrets::of(&[("authorization".to_owned(), format!("Bearer {key}"))], "/")
    }

    #[test]
    fn a_key_is_found_however_it_is_written() {
        let secrets = secrets("Se/cr\"et+1");
        let shown = marker("Se/cr\"et+1");
        assert_eq!(secrets.hide("say Se/cr\"et+1!"), format!("say {shown}!"));
        assert_eq!(secrets.hide("http://SE/CR\"ET+1/x"), format!("http://{shown}/x"), "hosts lose capitals");
        assert_eq!(secrets.hide("/a?b=Se%2Fcr%22et%2B1&c=d"), format!("/a?b={shown}&c=d"));
        assert_eq!(secrets.hide("/a?b=Se%252Fcr%2522et%252B1"), format!("/a?b={shown}"));
        for text in [r#"{"a": "Se\/cr\"et+1"}"#, r"Se/cr\u0022et\u002b1", "Se/cr%22et%2B1"] {
            let hidden = secrets.hide(text);
            assert!(!hidden.to_lowercase().contains("cr") || hidden.contains("key <"), "{hidden}");
            assert!(!unescaped(&hidden).contains("cr\"et"), "{hidden}");
        }
        assert_eq!(secrets.hide("100% of nothing \\ here + there"), "100% of nothing \\ here + there");
    }

    #[test]
    fn the_start_of_a_text_holds_no_start_of_a_key() {
        let secrets = secrets("abcdefgh");
        let shown = marker("abcdefgh");
        assert_eq!(secrets.hide_start("xx abcdefgh yy", 5), format!("xx {shown}"));
        assert_eq!(secrets.hide_start("xx abcdefgh yy", 3), "xx ");
        assert_eq!(secrets.hide_start(&"abcdefgh".repeat(3), 12), format!("{shown}{shown}"));
        assert_eq!(secrets.hide_start("abcdefgh%61bcdefgh", 2), concealed("ab"));
    }

    #[test]
    fn names_of_secrets_are_known_and_quantities_are_none() {
        for name in ["x-api-key", "API_KEY", "apiKey", "access_token", "Cookie", "x-goog-signature", "key"] {
            assert!(is_secret(name, "abcdefgh"), "{name}");
        }
        for name in ["idempotency-key", "x-request-id", "keyframe", "design", "model"] {
            assert!(!is_secret(name, "abcdefgh"), "{name}");
        }
        assert!(!is_secret("x-ratelimit-remaining-tokens", "120"));
    }

    #[test]
    fn a_credential_keeps_a_known_scheme_and_nothing_else() {
        assert_eq!(credential("Bearer  abc"), format!("Bearer {}", marker("abc")));
        assert_eq!(credential("sk-abc"), marker("sk-abc"));
        assert_eq!(credential("sk-abc def"), marker("sk-abc def"));
        assert_eq!(credential("Bearer"), "Bearer");
    }

    #[test]
    fn user_and_password_of_a_basic_credential_are_secrets_too() {
        let headers = [("authorization".to_owned(), format!("Basic {}", STANDARD.encode("sk-12345678:")))];
        assert_eq!(Secrets::of(&headers, "/").hide("sk-12345678"), marker("sk-12345678"));
    }
}
