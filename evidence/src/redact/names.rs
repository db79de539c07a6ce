//! Names of headers, members and parameters that speak of a secret.

/// Parts of names that always speak of a secret, without separators.
const SECRET_PARTS: [&str; 15] = [
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
    "appkey",
    "subscriptionkey",
    "bearer",
    "authentication",
];

/// Whole names of secrets, without separators.
const SECRET_NAMES: [&str; 13] =
    ["key", "xkey", "auth", "xauth", "sig", "jwt", "session", "sessionid", "dpop", "ak", "sk", "xak", "xsk"];

/// Parts of names that speak of a secret unless a quantity follows: `max_tokens`, `session_seconds`.
const COUNTABLE_PARTS: [&str; 2] = ["token", "session"];

/// Words too short to be looked for inside others: `sig` is in `design`.
const SECRET_WORDS: [&str; 2] = ["sig", "jwt"];

/// Words with which a name that ends with `key` speaks of a secret (`x-fal-key`, `app-key`); other keys open nothing
/// (`cache-key`, `sort_key`).
const KEY_WORDS: [&str; 9] =
    ["x", "app", "ocp", "subscription", "service", "client", "license", "master", "admin"];

/// Words in front of a credential that are no part of it.
const SCHEMES: [&str; 9] =
    ["basic", "bearer", "digest", "hmac", "key", "negotiate", "token", "apikey", "jwt"];

/// The secrecy that the name of a header, a member or a parameter speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Secrecy {
    /// None at all.
    #[default]
    None,
    /// What is called so is a secret unless it is a quantity.
    UnlessCounted,
    /// Whatever is called so is a secret.
    Always,
}

impl Secrecy {
    /// Reads a name.
    pub fn of(name: &str) -> Self {
        let plain: String =
            name.chars().flat_map(char::to_lowercase).filter(char::is_ascii_alphanumeric).collect();
        let has = |part: &&str| plain.contains(*part);
        if SECRET_NAMES.contains(&plain.as_str()) || SECRET_PARTS.iter().any(has) {
            Self::Always
        } else if COUNTABLE_PARTS.iter().any(has) {
            Self::UnlessCounted
        } else if is_key(&words(name)) || words(name).iter().any(|word| SECRET_WORDS.contains(&word.as_str()))
        {
            Self::Always
        } else {
            Self::None
        }
    }

    /// Whether a text is to be hidden that is called so, or is inside of what is called so.
    pub fn hides(self, text: &str) -> bool {
        match self {
            Self::None => false,
            Self::UnlessCounted => !is_quantity(text),
            Self::Always => true,
        }
    }
}

/// Whether the words of a name end with `key` and say a kind of it that is secret.
fn is_key(words: &[String]) -> bool {
    words.last().is_some_and(|last| last == "key")
        && words.iter().any(|word| KEY_WORDS.contains(&word.as_str()))
}

/// Whether a header of this name carries the credential.
pub fn is_credential(header: &str) -> bool {
    header.to_lowercase().ends_with("authorization")
}

/// A credential's scheme, empty unless it is a known one, and the rest.
pub fn split_credential(value: &str) -> (&str, &str) {
    let value = value.trim();
    let (scheme, rest) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
    let known = SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if known { (scheme, rest.trim()) } else { ("", value) }
}

/// A number, perhaps with units of time, as in `x-ratelimit-reset-tokens: 6m0s`.
fn is_quantity(value: &str) -> bool {
    value.len() <= 12
        && value.starts_with(|first: char| first.is_ascii_digit())
        && value.bytes().all(|byte| byte.is_ascii_digit() || b".smhd".contains(&byte))
}

/// The words of a name, in lower case: `keyPairId` has three, `max_tokens` two.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in name.chars() {
        let starts = !character.is_alphanumeric() || (after_lower && character.is_uppercase());
        if starts && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
        after_lower = character.is_lowercase() || character.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_however_they_are_spelt() {
        for name in [
            "X-Api-Key",
            "api_key",
            "apikey",
            "apiKey",
            "access_token",
            "refreshToken",
            "client-secret",
            "Password",
            "credentials",
            "X-Amz-Signature",
            "sig",
            "x_sig",
            "session_id",
            "SessionId",
            "set-cookie",
            "cookie",
            "proxy-authorization",
            "authorization",
            "ksSecret",
            "x-api-key",
            "API_KEY",
            "Cookie",
            "x-goog-signature",
            "key",
            "X-Auth-Key",
            "ks-jwt",
            "user_session",
            "x-fal-key",
            "Ocp-Apim-Subscription-Key",
            "x-302-key",
            "app-key",
            "appkey",
            "X-Bearer",
            "Authentication",
            "dpop",
            "x-ak",
            "sk",
        ] {
            assert!(Secrecy::of(name).hides("abcdef"), "{name}");
        }
    }

    #[test]
    fn names_that_only_sound_alike_are_no_secrets() {
        for name in [
            "design",
            "signal",
            "assigned_to",
            "keyframe",
            "id",
            "image_url",
            "prompt",
            "authority",
            "idempotency-key",
            "cacheKey",
            "task",
            "break",
            "x-request-id",
            "model",
        ] {
            assert!(!Secrecy::of(name).hides("abcdef"), "{name}");
        }
    }

    #[test]
    fn a_quantity_of_tokens_is_no_secret() {
        for value in ["120", "0.5", "6m0s", "12ms"] {
            assert!(!Secrecy::of("x-ratelimit-remaining-tokens").hides(value), "{value}");
        }
        for value in ["1234567890123", "m5", "", "12a"] {
            assert!(Secrecy::of("token").hides(value), "{value}");
        }
        assert!(Secrecy::of("password").hides("1234"), "a number can be a password");
    }
}
