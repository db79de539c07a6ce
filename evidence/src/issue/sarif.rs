//! The message object of SARIF 2.1.0.

use serde_json::{Value, json};

use super::{MESSAGE_CHARS, escape};

/// A message's text: on one line, and escaped so that it forms neither a link nor a placeholder
/// (SARIF 2.1.0, sections 3.11.5 and 3.11.6).
pub fn message(text: &str) -> Value {
    let line = escape::one_line(text, MESSAGE_CHARS * 2);
    let mut escaped = String::with_capacity(line.len());
    for character in line.chars() {
        match character {
            '\\' | '[' | ']' => escaped.extend(['\\', character]),
            '{' | '}' => escaped.extend([character, character]),
            other => escaped.push(other),
        }
    }
    json!({"text": escaped})
}
