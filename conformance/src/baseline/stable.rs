//! The part of a message that should be the same when the same thing fails again.

/// Longest text taken from a message, in characters.
const LIMIT_CHARS: usize = 120;

/// The longest run of words that do not look as if they varied, at most 120 characters; the beginning of the
/// message if all of them do. What is returned stands in the message as it is.
pub(super) fn stable_part(message: &str) -> &str {
    let mut longest = "";
    let mut run_start = 0;
    for word in message.split_whitespace() {
        // Words are slices of the message, so the distance is a place in it.
        let start = word.as_ptr().addr() - message.as_ptr().addr();
        if varies(word) {
            longest = longer(longest, message[run_start..start].trim());
            run_start = start + word.len();
        }
    }
    longest = longer(longest, message[run_start..].trim());
    let chosen = if longest.is_empty() { message.trim() } else { longest };
    let end = chosen.char_indices().nth(LIMIT_CHARS).map_or(chosen.len(), |(end, _)| end);
    chosen[..end].trim_end()
}

fn longer<'a>(one: &'a str, other: &'a str) -> &'a str {
    if other.chars().count() > one.chars().count() { other } else { one }
}

/// Whether a word may differ from run to run: an address, an id, a time, a long number.
fn varies(word: &str) -> bool {
    let is_inner = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    word.contains("://")
        || word.split(|character| !is_inner(character)).any(|piece| {
            let digits = piece.bytes().filter(u8::is_ascii_digit).count();
            let letters = piece.bytes().filter(u8::is_ascii_alphabetic).count();
            digits >= 4 || (piece.len() >= 16 && digits > 0 && letters > 0)
        })
}
