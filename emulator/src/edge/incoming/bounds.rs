//! Bounds on the number of things in a request, counted before memory is taken for each of them.

use thiserror::Error;

/// How many values a JSON body may hold, lists, objects, their elements and members together. As a tree a value takes
/// some 80 bytes however short it was, and a client sends a few dozen; so many take about 10 MiB.
pub(crate) const MAX_JSON_VALUES: usize = 100_000;

/// How deep lists and objects may stand in each other: as deep as the JSON library follows them.
pub(crate) const MAX_JSON_DEPTH: usize = 127;

/// How many parts a form may have. A client sends one for each member, which are a dozen.
pub(crate) const MAX_FORM_PARTS: usize = 1_000;

/// How many parameters a query may have. A client sends one or two.
pub(crate) const MAX_QUERY_PAIRS: usize = 1_000;

/// A bound of the emulator's own that a request exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum BoundExceeded {
    /// Too many values in JSON.
    #[error("more than {MAX_JSON_VALUES} values")]
    JsonValues,
    /// JSON in JSON, too deep.
    #[error("more than {MAX_JSON_DEPTH} lists and objects in each other")]
    JsonDepth,
    /// Too many parts in a form.
    #[error("more than {MAX_FORM_PARTS} parts in a form")]
    FormParts,
    /// Too many parameters in a query.
    #[error("more than {MAX_QUERY_PAIRS} parameters in a query")]
    QueryPairs,
}

/// Checks how many values JSON holds at most, and how deep they stand, without reading them. Of what is no JSON it may say
/// either, but it never lets through what would become more values.
///
/// # Errors
///
/// Says which bound is exceeded.
pub(crate) fn check_json(bytes: &[u8]) -> Result<(), BoundExceeded> {
    let (mut values, mut depth) = (1_usize, 0_usize);
    let mut bytes = bytes.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_text(&mut bytes),
            b',' => values += 1,
            b'[' | b'{' => {
                values += 1;
                depth += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_JSON_DEPTH {
            return Err(BoundExceeded::JsonDepth);
        }
        if values > MAX_JSON_VALUES {
            return Err(BoundExceeded::JsonValues);
        }
    }
    Ok(())
}

/// Goes on behind the end of a text.
fn skip_text(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

/// Checks how many parameters a query has.
///
/// # Errors
///
/// If it has too many.
pub(crate) fn check_query(query: &str) -> Result<(), BoundExceeded> {
    match query.bytes().filter(|byte| *byte == b'&').nth(MAX_QUERY_PAIRS - 1) {
        Some(_) => Err(BoundExceeded::QueryPairs),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn count_values(value: &Value) -> usize {
        1 + match value {
            Value::Array(items) => items.iter().map(count_values).sum(),
            Value::Object(members) => members.values().map(count_values).sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        }
    }

    #[test]
    fn as_many_values_as_the_bound_pass_and_one_more_does_not() {
        let list = |values: usize| format!("[{}1]", "1,".repeat(values - 2));
        assert_eq!(check_json(list(MAX_JSON_VALUES).as_bytes()), Ok(()));
        assert_eq!(count_values(&serde_json::from_str(&list(MAX_JSON_VALUES)).unwrap()), MAX_JSON_VALUES);
        assert_eq!(check_json(list(MAX_JSON_VALUES + 1).as_bytes()), Err(BoundExceeded::JsonValues));
        let objects = format!("[{}{{}}]", "{},".repeat(MAX_JSON_VALUES));
        assert_eq!(check_json(objects.as_bytes()), Err(BoundExceeded::JsonValues));
        let members = format!("{{{}\"a\":1}}", "\"a\":1,".repeat(MAX_JSON_VALUES));
        assert_eq!(check_json(members.as_bytes()), Err(BoundExceeded::JsonValues));
    }

    #[test]
    fn the_depth_is_that_which_the_library_reads() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for (depth, reads) in [(MAX_JSON_DEPTH, true), (MAX_JSON_DEPTH + 1, false)] {
            assert_eq!(check_json(nested(depth).as_bytes()).is_ok(), reads);
            assert_eq!(serde_json::from_str::<Value>(&nested(depth)).is_ok(), reads);
        }
    }

    #[test]
    fn what_stands_in_texts_does_not_count() {
        let text = format!(r#"{{"prompt":"{}\"{}\\","b":"[{{"}}"#, ",".repeat(200_000), "[".repeat(200_000));
        assert!(serde_json::from_str::<Value>(&text).is_ok());
        assert_eq!(check_json(text.as_bytes()), Ok(()));
    }

    #[test]
    fn a_query_of_too_many_parameters_is_refused() {
        assert_eq!(check_query(&"a=b&".repeat(MAX_QUERY_PAIRS - 1)), Ok(()));
        assert_eq!(check_query(&"a=b&".repeat(MAX_QUERY_PAIRS)), Err(BoundExceeded::QueryPairs));
    }

    proptest! {
        #[test]
        fn no_text_holds_more_values_than_are_counted(text in r#"[\[\]{}",:1\\ a]{0,40}"#) {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                let commas_and_brackets = text.bytes().filter(|byte| b",[{".contains(byte)).count();
                prop_assert!(count_values(&value) <= 1 + commas_and_brackets);
            }
        }
    }
}
