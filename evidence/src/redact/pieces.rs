//! Secrets in pieces: parts that betray one, the gaps between pieces, and texts that stand side by side.

use serde_json::Value;

use super::assigned::find_spelled_tokens;
use super::values::Secrets;

/// The shortest part of a secret that is taken for it, in characters.
const SHORTEST_PART: usize = 12;

/// The longest text that is looked for in parts, in characters: each place in it begins one.
const LONGEST_IN_PARTS: usize = 256;

/// The longest gap between two pieces, in bytes.
const LONGEST_GAP: usize = 8;

/// One character in so many of a part must be followed by one of another kind, or it could be ordinary text:
/// names of models and of accounts are words with hyphens.
const CHARACTERS_PER_TURN: usize = 4;

/// The parts of a text that betray it: all of half its length that no words are written like. None, if it is short or
/// no more random than words.
pub(super) fn find_parts(characters: &[char]) -> Vec<Vec<char>> {
    if characters.len() > LONGEST_IN_PARTS {
        return Vec::new();
    }
    let length = characters.len().div_ceil(2).max(SHORTEST_PART);
    characters.windows(length).filter(|part| is_random(part)).map(<[char]>::to_vec).collect()
}

/// Whether letters and digits, small letters and capitals take turns as in no word.
fn is_random(part: &[char]) -> bool {
    let turns = part.windows(2).filter(|pair| match (pair[0], pair[1]) {
        (one, other) if one.is_ascii_digit() => other.is_ascii_alphabetic(),
        (one, other) if one.is_ascii_lowercase() => other.is_ascii_uppercase() || other.is_ascii_digit(),
        (one, other) if one.is_ascii_uppercase() => other.is_ascii_digit(),
        _ => false,
    });
    turns.count() * CHARACTERS_PER_TURN >= part.len()
}

/// The length of what separates two pieces, in bytes: blanks, ends of lines, also escaped ones, and a sign; 0 if there
/// is nothing like it.
pub(super) fn measure_gap(bytes: &[u8]) -> usize {
    let mut length = 0;
    while length < LONGEST_GAP {
        let rest = &bytes[length..];
        let slashes = rest.iter().take(LONGEST_GAP).take_while(|byte| **byte == b'\\').count();
        length += match rest.get(slashes) {
            Some(b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b';' | b'|') if slashes == 0 => 1,
            Some(b'n' | b'r' | b't') if slashes > 0 => slashes + 1,
            Some(_) | None => break,
        };
    }
    length
}

impl Secrets {
    /// Which of the texts beside each other make a secret together, one way or the other.
    pub(super) fn split_over(&self, values: &[&Value]) -> Vec<bool> {
        let mut split = vec![false; values.len()];
        let mut texts: Vec<(usize, &str)> = values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| Some((index, value.as_str()?)))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        for _ in 0..2 {
            let joined: String = texts.iter().map(|(_, text)| *text).collect();
            let mut spans = if texts.len() > 1 { self.find_ranges(&joined) } else { Vec::new() };
            if texts.len() > 1 && texts.iter().all(|(_, text)| text.chars().count() == 1) {
                // A token whose letters are items of a list is one in a row of letters.
                let row: String = joined.chars().flat_map(|letter| [letter, ' ']).collect();
                spans.extend((!find_spelled_tokens(&row).is_empty()).then_some(0..joined.len()));
            }
            let mut start = 0;
            for (index, text) in &texts {
                let end = start + text.len();
                let crosses = |span: &std::ops::Range<usize>| {
                    span.start < end && span.end > start && (span.start < start || span.end > end)
                };
                split[*index] |= spans.iter().any(crosses);
                start = end;
            }
            texts.reverse();
        }
        split
    }
}
