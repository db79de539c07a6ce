//! Addresses in a text without what gives access: signatures, keys, passwords.
//!
//! Names of parameters stay, for they are evidence; so do host, path and everything that is no secret.

use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::marks::{Clue, Marks};
use super::names::{self, Secrecy};

/// Beginnings of parameters by which clouds sign addresses, in lower case.
const SIGNED_BEGINNINGS: [&str; 5] = ["x-amz-", "x-goog-", "x-oss-", "x-tos-", "q-sign-"];

/// Parameters by which clouds and content networks sign addresses, in lower case.
const SIGNED_NAMES: [&str; 15] = [
    "signature",
    "expires",
    "key-pair-id",
    "policy",
    "awsaccesskeyid",
    "googleaccessid",
    "ossaccesskeyid",
    "auth_key",
    "token",
    "sig",
    "se",
    "sp",
    "sv",
    "q-ak",
    "q-signature",
];

/// The shortest value that is taken for a signature whatever its name, in characters.
const SIGNATURE_LENGTH: usize = 32;

/// What is written as it is when an address within an address is put back.
const UNRESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'[').remove(b']');

/// The text with every address in it cleaned.
pub(super) fn clean_addresses(text: &str, marks: Marks) -> Cow<'_, str> {
    if text.starts_with('/') && measure_address(text, marks) == text.len() {
        return clean_address(text, marks);
    }
    let mut cleaned = String::new();
    let mut done = 0;
    while let Some(address) = find_address(text, done, marks) {
        cleaned.push_str(&text[done..address.start]);
        cleaned.push_str(&clean_address(&text[address.clone()], marks));
        done = address.end;
    }
    if done == 0 || cleaned == text[..done] {
        return Cow::Borrowed(text);
    }
    cleaned.push_str(&text[done..]);
    Cow::Owned(cleaned)
}

/// The next address from here on.
fn find_address(text: &str, from: usize, marks: Marks) -> Option<Range<usize>> {
    let mut searched = from;
    loop {
        let rest = &text[searched..];
        // JSON that is only quoted may write its slashes escaped.
        let (offset, separator) =
            [rest.find("://").map(|at| (at, 3)), rest.find(":\\/\\/").map(|at| (at, 5))]
                .into_iter()
                .flatten()
                .min()?;
        let colon = searched + offset;
        let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let scheme = text.as_bytes()[from..colon].iter().rev().take_while(|byte| is_scheme(byte)).count();
        searched = colon + separator;
        if scheme > 0 {
            return Some(colon - scheme..searched + measure_address(&text[searched..], marks));
        }
    }
}

/// How far an address goes: to a space, a quotation mark or an angle bracket that is in no mark.
fn measure_address(text: &str, marks: Marks) -> usize {
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let mark = (marks.measure)(&text[at..]);
        let next = text[at..].chars().nth(1);
        let escaped = character == '\\' && matches!(next, Some('"' | '\\' | 'n' | 'r' | 't'));
        let ends =
            character.is_whitespace() || character.is_control() || matches!(character, '"' | '<' | '>');
        if mark == 0 && (escaped || ends) {
            return at;
        }
        at += mark.max(character.len_utf8());
    }
    text.len()
}

fn clean_address(address: &str, marks: Marks) -> Cow<'_, str> {
    let (front, rest) = address.split_at(address.find(['?', '#']).unwrap_or(address.len()));
    let mut cleaned = hide_password(front, marks).into_owned();
    let mut rest = rest;
    while let Some(first) = rest.chars().next() {
        // A delimiter, then a parameter up to the next one.
        let delimiter = ["&amp;", "\\u0026"]
            .into_iter()
            .find(|long| rest.starts_with(long))
            .map_or(first.len_utf8(), str::len);
        let (mark, after) = rest.split_at(delimiter);
        let end = ["&", "#", "\\u0026"].into_iter().filter_map(|next| after.find(next)).min();
        let (parameter, remainder) = after.split_at(end.unwrap_or(after.len()));
        cleaned.push_str(mark);
        cleaned.push_str(&clean_parameter(parameter, marks));
        rest = remainder;
    }
    if cleaned == address { Cow::Borrowed(address) } else { Cow::Owned(cleaned) }
}

/// What comes before the query, with the password in front of the host replaced.
fn hide_password(front: &str, marks: Marks) -> Cow<'_, str> {
    let Some(start) = front.find("://").map(|at| at + 3) else { return Cow::Borrowed(front) };
    let end = front[start..].find('/').map_or(front.len(), |at| start + at);
    let Some(at) = front[start..end].rfind('@').map(|at| start + at) else { return Cow::Borrowed(front) };
    let secret = front[start..at].find(':').map_or(start, |colon| start + colon + 1);
    let password = &front[secret..at];
    if marks.cover(password) {
        return Cow::Borrowed(front);
    }
    let mark = (marks.write)(password, Clue::Name);
    Cow::Owned(format!("{}{mark}{}", &front[..secret], &front[at..]))
}

fn clean_parameter(parameter: &str, marks: Marks) -> Cow<'_, str> {
    let Some((name, value)) = parameter.split_once('=') else {
        return if is_signature(parameter) {
            Cow::Owned((marks.write)(parameter, Clue::Signature))
        } else {
            Cow::Borrowed(parameter)
        };
    };
    if marks.cover(value) {
        return Cow::Borrowed(parameter);
    }
    // Forms write a space as a plus sign; elsewhere it is one.
    let hide = |clue| {
        let meant = value.replace('+', " ");
        let mark = (marks.write)(&percent_decode_str(&meant).decode_utf8_lossy(), clue);
        Cow::Owned(format!("{name}={mark}"))
    };
    let plain_name = percent_decode_str(name).decode_utf8_lossy();
    let lower_name = plain_name.to_lowercase();
    let signs = SIGNED_NAMES.contains(&lower_name.as_str())
        || SIGNED_BEGINNINGS.iter().any(|beginning| lower_name.starts_with(beginning));
    if signs {
        return hide(Clue::Signature);
    }
    let plain = percent_decode_str(value).decode_utf8_lossy();
    // The control API names an account by its key, also on a path that is mistyped.
    if Secrecy::of(&plain_name).hides(&plain) || lower_name == "account" {
        return hide(Clue::Name);
    }
    if plain.contains("://") {
        return match clean_addresses(&plain, marks) {
            Cow::Borrowed(_) => Cow::Borrowed(parameter),
            Cow::Owned(cleaned) if value.contains('%') => {
                Cow::Owned(format!("{name}={}", utf8_percent_encode(&cleaned, UNRESERVED)))
            }
            Cow::Owned(cleaned) => Cow::Owned(format!("{name}={cleaned}")),
        };
    }
    // What names a thing is evidence, not a signature, however long it is.
    let names_a_thing = names::words(name).last().is_some_and(|word| word == "id");
    if !names_a_thing && is_signature(&plain) {
        return hide(Clue::Signature);
    }
    Cow::Borrowed(parameter)
}

/// Long and with no order in it: one word of letters mixed with digits, or of both cases, all different.
fn is_signature(value: &str) -> bool {
    let in_one_word = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.~%".contains(&byte);
    let has = |class: fn(&u8) -> bool| value.as_bytes().iter().any(class);
    value.len() >= SIGNATURE_LENGTH
        && value.bytes().all(in_one_word)
        && (has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
            || has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase))
        && entropy(value) >= 3.0
}

/// Bits per character (Shannon). English words have about 4, thirty-two random hexadecimal digits 3.5.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = text.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn becomes(text: &str, expected: &str) {
        assert_eq!(clean_addresses(text, Marks::CASSETTE), expected);
        assert_eq!(clean_addresses(expected, Marks::CASSETTE), expected, "cleaning twice changes nothing");
    }

    #[test]
    fn the_parameters_of_signed_addresses_keep_their_names() {
        becomes(
            "https://b.example/v.mp4?X-Amz-Algorithm=AWS4&X-Amz-Signature=0a1b&x=1#t=3",
            "https://b.example/v.mp4?X-Amz-Algorithm=[signed]&X-Amz-Signature=[signed]&x=1#t=3",
        );
        becomes(
            "see <a href=\"https://c.example/a?Expires=17&amp;Key-Pair-Id=K2&amp;w=5\">it</a> or http://d.example/?sv=1&sig=a%2Bb",
            "see <a href=\"https://c.example/a?Expires=[signed]&amp;Key-Pair-Id=[signed]&amp;w=5\">it</a> or http://d.example/?sv=[signed]&sig=[signed]",
        );
        becomes(
            r#"{"url":"https:\/\/c.example\/a?auth_key=17-0\u0026w=5"#,
            r#"{"url":"https:\/\/c.example\/a?auth_key=[signed]\u0026w=5"#,
        );
        becomes("/media/a.mp4?token=abc?d;e&w=5", "/media/a.mp4?token=[signed]&w=5");
        becomes(
            "https://e.example/cb#access_token=abc&x=1",
            "https://e.example/cb#access_token=[redacted]&x=1",
        );
    }

    #[test]
    fn a_long_random_value_is_a_signature_whatever_its_name() {
        becomes(
            "https://f.example/a.mp4?cacheKey=ChtzZWN1cml0eS5rbGluZy5tZXRh0aXM&x-pid=112781",
            "https://f.example/a.mp4?cacheKey=[signed]&x-pid=112781",
        );
        becomes("https://f.example/?0123456789abcdef0123456789abcdef", "https://f.example/?[signed]");
    }

    #[test]
    fn an_address_within_an_address_is_cleaned_as_well() {
        becomes(
            "https://g.example/?to=https%3A%2F%2Fh.example%2Fa%3Fsig%3Dabc%26w%3D5&x=1",
            "https://g.example/?to=https%3A%2F%2Fh.example%2Fa%3Fsig%3D[signed]%26w%3D5&x=1",
        );
        becomes(
            "https://g.example/?to=https://h.example/a?sig=abc",
            "https://g.example/?to=https://h.example/a?sig=[signed]",
        );
    }

    #[test]
    fn a_password_in_front_of_the_host_goes() {
        becomes("http://me:open@h.example/a@b", "http://me:[redacted]@h.example/a@b");
        becomes("http://open@h.example?x=1", "http://[redacted]@h.example?x=1");
    }

    #[test]
    fn what_gives_no_access_stays() {
        for text in [
            "",
            "https://acme.example/v2/jobs",
            "https://acme.example/v2/jobs?generation_id=60ac7c34-3224-4b14-8e7d-0aa0db708325:acme/standard",
            "https://acme.example/v2/jobs?limit=20&max_tokens=5&prompt=a%20red%20boat%20sails%20on%20the%20sea%20at%20dawn",
            "https://acme.example/a/0123456789abcdef0123456789abcdef.png",
            "no address: a?sig=1, :// neither",
            "/a/b?page=2",
            "https://",
            "x://?",
        ] {
            let cleaned = clean_addresses(text, Marks::CASSETTE);
            assert!(matches!(cleaned, Cow::Borrowed(same) if same == text), "{text} -> {cleaned}");
        }
    }
}
