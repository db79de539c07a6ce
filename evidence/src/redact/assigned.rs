//! Secrets in running text: what stands behind a name that speaks of one (`api_key=...`, `"token": "..."`), and
//! credentials (`Bearer ...`). Texts that are no whole JSON, and prompts, have them.

use std::borrow::Cow;
use std::ops::Range;

use super::marks::{Clue, Marks};
use super::names::{Secrecy, split_credential};
use super::views::{join_letters, resolve_escapes};

/// The shortest value that is taken for a secret, in bytes.
const MIN_BYTES: usize = 6;

/// How far a scheme may go, with a blank behind it, in bytes.
const LONGEST_SCHEME: usize = 16;

/// How an object in base64 begins: `{"`.
const OBJECT_START: &str = "eyJ";

/// The shortest header of a token behind its beginning, in letters.
const SHORTEST_HEADER: usize = 8;

/// From this length on a value need not look like a key, in bytes.
const LONG_BYTES: usize = 12;

/// The text without values that their names call secret, however it is read.
pub(super) fn hide_assigned(text: &str, marks: Marks) -> Cow<'_, str> {
    let mut stretches = find_assigned(text);
    stretches.extend(find_spelled_tokens(text));
    for view in resolve_escapes(text) {
        let inner = find_assigned(&view.text).into_iter().chain(find_spelled_tokens(&view.text));
        stretches.extend(inner.map(|stretch| view.locate(&stretch)));
    }
    if stretches.is_empty() {
        return Cow::Borrowed(text);
    }
    stretches.sort_by_key(|stretch| stretch.start);
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        match apart.last_mut() {
            Some(last) if stretch.start < last.end => last.end = last.end.max(stretch.end),
            Some(_) | None => apart.push(stretch),
        }
    }
    let mut hidden = String::with_capacity(text.len());
    let mut done = 0;
    for stretch in apart {
        hidden.push_str(&text[done..stretch.start]);
        hidden.push_str(&(marks.write)(&text[stretch.clone()], Clue::Name));
        done = stretch.end;
    }
    hidden.push_str(&text[done..]);
    Cow::Owned(hidden)
}

/// Where values stand that their names call secret, in order.
fn find_assigned(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| is_of_name(**byte)).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let name_end = at + length;
        let value = measure_jwt(text, at, name_end).or_else(|| find_value(text, at, name_end));
        at = name_end;
        if let Some((start, end)) = value {
            found.push(start..end);
            at = end;
        }
    }
    found
}

/// Where the letters of a signed token stand one by one: two objects in base64 begin alike.
pub(super) fn find_spelled_tokens(text: &str) -> Vec<Range<usize>> {
    let rows = join_letters(text).into_iter();
    rows.filter_map(|row| find_token(&row.text).map(|start| row.locate(&(start..row.text.len())))).collect()
}

/// Where a token begins among letters that have lost the signs between them.
fn find_token(letters: &str) -> Option<usize> {
    let start = letters.find(OBJECT_START)?;
    let payload = letters[start + OBJECT_START.len()..].find(OBJECT_START)?;
    (payload >= SHORTEST_HEADER).then_some(start)
}

/// A signed token (JWT, RFC 7519) that begins here: two objects in base64 and a signature.
fn measure_jwt(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let is_jwt = text[start..end].starts_with("eyJ") && text[end..].starts_with(".eyJ");
    let length = text[start..].bytes().take_while(|byte| is_of_name(*byte) || *byte == b'.').count();
    is_jwt.then_some((start, start + length))
}

/// Where the secret behind a name begins and ends, if the name speaks of one and there is one.
fn find_value(text: &str, name_start: usize, name_end: usize) -> Option<(usize, usize)> {
    let name = &text[name_start..name_end];
    let rest = &text[name_end..];
    let is_scheme = name.eq_ignore_ascii_case("bearer");
    let secrecy = if is_scheme { Secrecy::Always } else { Secrecy::of(name) };
    if secrecy == Secrecy::None {
        return None;
    }
    let is_quote = |each: char| matches!(each, '"' | '\'' | '\\');
    let value = if is_scheme {
        [" ", "%20", "+"].into_iter().find_map(|blank| rest.strip_prefix(blank))?
    } else {
        let assigned = rest.trim_start_matches(is_quote).trim_start();
        let behind = assigned.strip_prefix([':', '='])?.trim_start();
        behind.trim_start_matches(is_quote)
    };
    // A scheme is no part of the credential behind it. Only so much is looked at that time stays linear in the text.
    let (scheme, _) = split_credential(&value[..value.floor_char_boundary(LONGEST_SCHEME)]);
    let value = value[scheme.len()..].trim_start();
    let start = text.len() - value.len();
    let length = value.bytes().take_while(|byte| is_of_value(*byte)).count();
    let value = &value[..length];
    let looks_like_key = value.len() >= LONG_BYTES || value.bytes().any(|byte| !byte.is_ascii_lowercase());
    (value.len() >= MIN_BYTES && looks_like_key && secrecy.hides(value)).then_some((start, start + length))
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_of_value(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"'\\&,;<>()[]{}`".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hide(text: &str) -> String {
        hide_assigned(text, Marks::CASSETTE).into_owned()
    }

    #[test]
    fn what_a_name_calls_secret_is_hidden_in_any_text() {
        for (text, hidden) in [
            (r#"{"api_key":"SECRET-1","prompt":"x""#, r#"{"api_key":"[redacted]","prompt":"x""#),
            ("api_key=SECRET-1&model=kling", "api_key=[redacted]&model=kling"),
            (r#"<a key="SECRET-1"> token = abc12345"#, r#"<a key="[redacted]"> token = [redacted]"#),
            ("a boat, Bearer SECRET-1, at dawn", "a boat, Bearer [redacted], at dawn"),
            ("Authorization: Bearer SECRET-1", "Authorization: Bearer [redacted]"),
            ("password: hunter22", "password: [redacted]"),
            ("/Bearer%20sk-REALKEY4", "/Bearer%20[redacted]"),
            ("see eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhayJ9.c2ln-_9 there", "see [redacted] there"),
            (r#"{\"token\": \"abcdef-123\"}"#, r#"{\"token\": \"[redacted]\"}"#),
            ("&quot;api_key&quot;: &quot;SECRET-1&quot;", "&quot;api_key&quot;: &quot;[redacted]&quot;"),
            ("api%255Fkey%253DSECRET-1 there", "api%255Fkey%253D[redacted] there"),
            (
                "see e y J h b G c i O i J I U z I 1 N i J 9 . e y J p c 3 M i O i J h a y J 9 . c 2 l n",
                "see [redacted]",
            ),
            ("see eyJhbGciOiJIUzI1NiJ9%2EeyJpc3MiOiJhayJ9%2Ec2ln there", "see [redacted] there"),
        ] {
            assert_eq!(hide(text), hidden);
        }
    }

    #[test]
    fn ordinary_text_stays() {
        for text in [
            "",
            "the key to the garden: golden light",
            "`Authorization: Bearer KEY`",
            "max_tokens: 120000",
            "a design: blue, signal=strong",
            "Authorization: Bearer [key]",
            "token=[redacted]",
            "Schlüssel: größer",
        ] {
            assert_eq!(hide(text), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken_and_hidden_once(text in ".{0,80}|([a-zA-Z]{0,3}(key|token|Bearer)[\"' ]?[:= ] ?[\"']?[!-~]{0,20}[ é]?){0,4}") {
            let once = hide(&text);
            proptest::prop_assert_eq!(hide(&once), once);
        }
    }
}
