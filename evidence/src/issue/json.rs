//! JSON documents as report files.

use std::fmt::Write as _;

use serde::Serialize;

use super::escape;

/// Indented JSON without unseen characters; the same document to every parser.
pub fn pretty<T: Serialize>(document: &T) -> String {
    let text = serde_json::to_string_pretty(document).expect("keys are text and no number is infinite");
    let mut out = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        // Outside of strings the only such character is the line feed.
        if character != '\n' && escape::is_unseen(character) {
            let mut units = [0_u16; 2];
            for unit in character.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").expect("a string takes all that is written to it");
            }
        } else {
            out.push(character);
        }
    }
    out.push('\n');
    out
}
