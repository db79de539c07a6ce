//! Tells from the name of a header, a member or a parameter that its value is a secret.

/// What stands for a secret that was found by its name.
pub(super) const REDACTED: &str = "[redacted]";

/// Parts of names that always speak of a secret, without separators.
const SECRET: [&str; 10] = [
    "secret",
    "password",
    "passwd",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "signature",
    "authorization",
    "cookie",
];

/// Parts of names that speak of a secret unless a quantity follows: `max_tokens`, `session_seconds`.
const SECRET_UNLESS_COUNTED: [&str; 2] = ["token", "session"];

/// Words too short to be looked for inside others: `sig` is in `design`.
const SECRET_WORDS: [&str; 2] = ["sig", "jwt"];

/// Whether a text of this name is a secret.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    let plain: String =
        name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if SECRET.iter().any(|part| plain.contains(part)) {
        return true;
    }
    if SECRET_UNLESS_COUNTED.iter().any(|part| plain.contains(part)) {
        return !is_quantity(value);
    }
    words(name).iter().any(|word| SECRET_WORDS.contains(&word.as_str()))
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
        ] {
            assert!(is_secret(name, "abcdef"), "{name}");
        }
    }

    #[test]
    fn names_that_only_sound_alike_are_no_secrets() {
        for name in
            ["design", "signal", "assigned_to", "keyframe", "id", "image_url", "prompt", "authority", "key"]
        {
            assert!(!is_secret(name, "abcdef"), "{name}");
        }
    }

    #[test]
    fn a_quantity_of_tokens_is_no_secret() {
        for value in ["120", "0.5", "6m0s", "12ms"] {
            assert!(!is_secret("x-ratelimit-remaining-tokens", value), "{value}");
        }
        for value in ["1234567890123", "m5", "", "12a"] {
            assert!(is_secret("token", value), "{value}");
        }
        assert!(is_secret("password", "1234"), "a number can be a password");
    }
}
