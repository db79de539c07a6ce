//! Values of an answer that may be written down: words of a closed set, and nothing that says anything about a caller.

use serde_json::Value;

/// The longest word, in characters.
const LONGEST: usize = 32;
/// The shortest run of letters that is taken for part of a word; ids change their case and their digits sooner.
const HUMP: usize = 2;
/// The greatest number that is taken for a code.
const GREATEST_CODE: u64 = 999;
/// The longest name of a member that is written down, in characters.
const LONGEST_NAME: usize = 64;

/// Whether a text has the form of a word such as `in_progress`, `inProgress` or `FAILED`.
///
/// Letters alone, joined by `_` or `-`, and none of the changes of case that ids are full of. No address, no id, no
/// sentence, no number and no mark of the redactor has this form.
pub(super) fn is_word(text: &str) -> bool {
    let joined = !text.is_empty() && text.len() <= LONGEST;
    joined && text.split(['_', '-']).all(is_part)
}

/// One run of letters: all of one case, or humps of several letters.
fn is_part(part: &str) -> bool {
    if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return false;
    }
    let one_case = part.bytes().all(|byte| byte.is_ascii_uppercase())
        || part.bytes().all(|byte| byte.is_ascii_lowercase());
    one_case || humps(part).all(|length| length >= HUMP)
}

/// The lengths of the pieces that begin with a capital, and of what is before the first.
fn humps(part: &str) -> impl Iterator<Item = usize> + '_ {
    let starts: Vec<usize> = part
        .bytes()
        .enumerate()
        .filter(|(at, byte)| *at == 0 || byte.is_ascii_uppercase())
        .map(|(at, _)| at)
        .collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([part.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| end - start)
}

/// Whether a value could be one of a closed set of words, or of codes where the set holds numbers.
pub(super) fn is_of_a_set(value: &Value, listed: &[Value]) -> bool {
    match value {
        Value::String(text) => is_word(text),
        Value::Number(number) => {
            let codes = listed.iter().any(Value::is_number);
            codes && number.as_u64().is_some_and(|code| code <= GREATEST_CODE)
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// Whether the last part of a place says that an id is there; those are never kept, whatever they look like.
pub(super) fn names_an_id(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower == "id" || lower.ends_with("_id") || lower.ends_with("-id") || name.ends_with("Id")
}

/// Whether the name of a member may be written down. A vendor may key a table by ids.
pub(super) fn is_a_name(name: &str) -> bool {
    let mut letters = name.chars();
    let starts =
        letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_' || first == '$');
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    starts
        && name.len() <= LONGEST_NAME
        && digits <= 4
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.$ ".contains(letter))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_kept_and_nothing_that_could_be_an_id_a_sentence_or_a_number() {
        for word in ["queued", "in_progress", "IN-PROGRESS", "inProgress", "Failed", "url"] {
            assert!(is_word(word), "{word}");
        }
        for other in [
            "",
            "a cat",
            "kling_1",
            "https://x",
            "V1StGXRZfjdHiBmyTabcd",
            "aBcDeF",
            "[key]",
            "2026",
            "é",
            "_",
            "queued_",
            "abcdefghijklmnopqrstuvwxyzabcdefghijk",
        ] {
            assert!(!is_word(other), "{other}");
        }
    }

    #[test]
    fn numbers_are_kept_only_as_codes_beside_other_codes() {
        assert!(is_of_a_set(&json!(50), &[json!(5), json!(99)]));
        assert!(!is_of_a_set(&json!(50), &[json!("done")]));
        assert!(!is_of_a_set(&json!(1000), &[json!(5)]));
        assert!(!is_of_a_set(&json!(-5), &[json!(5)]));
        assert!(!is_of_a_set(&json!(0.5), &[json!(5)]));
        assert!(!is_of_a_set(&json!(true), &[json!(5)]));
    }

    #[test]
    fn members_have_names_and_tables_keyed_by_ids_have_none() {
        for name in ["video", "image_url", "md5", "x-rate", "Content Type", "$ref", "v1.6"] {
            assert!(is_a_name(name), "{name}");
        }
        for name in ["", "8f14e45f-ceea-467f-a1d2-2b5b2b4c0001", "a12345", "a\u{1b}[31m", "ключ", "0"] {
            assert!(!is_a_name(name), "{name}");
        }
        assert!(names_an_id("id") && names_an_id("task_id") && names_an_id("taskId") && !names_an_id("paid"));
    }
}
