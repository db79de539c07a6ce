//! Markdown that text from the wire cannot break out of.

use super::escape;

/// The most bytes of a comment. GitHub takes 65,536 characters.
pub const MOST_BYTES: usize = 60_000;

/// Text as it is if it is made of plain words; else a code span.
pub fn free(text: &str, limit: usize) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || " ,;'()-".contains(character);
    let starts_plainly = text.starts_with(|character: char| character.is_ascii_alphanumeric());
    if starts_plainly && text.chars().all(is_plain) {
        return escape::one_line(text, limit);
    }
    code(text, limit)
}

/// A code span: its fence is longer than any run of backticks in the text.
pub fn code(text: &str, limit: usize) -> String {
    let line = escape::one_line(text, limit);
    if line.is_empty() {
        return "(empty)".to_owned();
    }
    let longest = line.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // One space on either side is taken away by the reader; it keeps the text's own backticks off the fence.
    let pad = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{line}{pad}{fence}")
}
