//! Finds secrets by their value, however they are written.
//!
//! A key does not only come back as it was sent: error pages quote it escaped, addresses percent-encoded,
//! and `Basic` hides it somewhere inside base64. All of these are looked for, several times over if need be.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What stands for a secret that was found by its value.
pub(super) const KEY: &str = "[key]";

/// How many backslashes may stand before an escaped character: JSON in JSON in JSON has seven.
const BACKSLASHES: usize = 8;

/// How many times a percent sign may be percent-encoded itself.
const PERCENTS: usize = 3;

/// Texts to be found.
#[derive(Clone)]
pub(super) struct Secrets {
    patterns: Vec<Pattern>,
    /// Bytes at which one of them may begin; others are passed over, for bodies are long.
    begins: [bool; 256],
}

/// One text to be found, character by character.
#[derive(Clone)]
struct Pattern {
    characters: Vec<char>,
    /// Set if it is base64.
    base64: Option<Edges>,
}

/// Which neighbours of a stretch of base64 hold some bits of the secret as well.
#[derive(Clone, Copy)]
struct Edges {
    before: bool,
    after: bool,
}

impl Secrets {
    /// The patterns of all ways to write these secrets.
    pub(super) fn new(secrets: &[&str]) -> Self {
        let mut patterns = Vec::new();
        for secret in secrets {
            patterns.push(Pattern { characters: secret.chars().collect(), base64: None });
            patterns.extend((0..3).map(|offset| stretch(secret, offset)));
        }
        let mut begins = [false; 256];
        // Escapes of any character, a space in a form, and the other alphabet of base64.
        for byte in b"%\\+-_" {
            begins[usize::from(*byte)] = true;
        }
        for first in patterns.iter().filter_map(|pattern| pattern.characters.first()) {
            for first in [first.to_ascii_lowercase(), first.to_ascii_uppercase()] {
                begins[usize::from(first.encode_utf8(&mut [0; 4]).as_bytes()[0])] = true;
            }
        }
        Self { patterns, begins }
    }

    /// The text with each secret replaced.
    pub(super) fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let spans = self.spans(text);
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut hidden = String::with_capacity(text.len());
        let mut told = 0;
        for span in spans {
            hidden.push_str(&text[told..span.start]);
            hidden.push_str(KEY);
            told = span.end;
        }
        hidden.push_str(&text[told..]);
        Cow::Owned(hidden)
    }

    /// Whether one of the secrets is in the text.
    pub(super) fn are_in(&self, text: &str) -> bool {
        !self.spans(text).is_empty()
    }

    /// Whether one of the secrets is among the bytes, which need not be text.
    pub(super) fn are_among(&self, bytes: &[u8]) -> bool {
        // Whatever is no UTF-8 is replaced by a character that is in no pattern.
        self.are_in(&String::from_utf8_lossy(bytes))
    }

    /// Where secrets are: in order, none overlapping another. Overlapping finds become one, lest the rest of
    /// one be left beside another.
    fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for (at, byte) in text.bytes().enumerate() {
            // No character begins with a byte that continues one, so that each find is at a character.
            if !self.begins[usize::from(byte)] {
                continue;
            }
            let longest = self
                .patterns
                .iter()
                .filter_map(|pattern| pattern.span(text, at))
                .reduce(|one, other| one.start.min(other.start)..one.end.max(other.end));
            let Some(span) = longest else { continue };
            match found.last_mut() {
                Some(last) if span.start < last.end => {
                    last.start = last.start.min(span.start);
                    last.end = last.end.max(span.end);
                }
                Some(_) | None => found.push(span),
            }
        }
        found
    }
}

/// The base64 characters that depend on the secret alone when so many bytes stand before it.
fn stretch(secret: &str, offset: usize) -> Pattern {
    let mut bytes = vec![0; offset];
    bytes.extend_from_slice(secret.as_bytes());
    let bits = 8 * bytes.len();
    let start = (8 * offset).div_ceil(6);
    let encoded = STANDARD.encode(&bytes);
    let characters = encoded[start..bits / 6].chars().collect();
    Pattern { characters, base64: Some(Edges { before: offset > 0, after: !bits.is_multiple_of(6) }) }
}

impl Pattern {
    /// The stretch that begins here, if one does; a little more at its edges if these betray something.
    fn span(&self, text: &str, at: usize) -> Option<Range<usize>> {
        let bytes = text.as_bytes();
        let (first, rest) = self.characters.split_first()?;
        let mut ends = Vec::new();
        self.step(bytes, at, *first, &mut ends);
        for character in rest {
            let mut next = Vec::new();
            for end in ends {
                let end = if self.base64.is_some() { after_line_break(bytes, end) } else { end };
                self.step(bytes, end, *character, &mut next);
            }
            next.sort_unstable();
            next.dedup();
            ends = next;
        }
        let mut span = at..*ends.last()?;
        if let Some(edges) = self.base64 {
            let in_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
            if edges.before && at > 0 && bytes.get(at - 1).is_some_and(in_alphabet) {
                span.start -= 1;
            }
            if edges.after && bytes.get(span.end).is_some_and(in_alphabet) {
                span.end += 1;
            }
        }
        Some(span)
    }

    /// Where one character of the pattern may end if it begins here.
    fn step(&self, bytes: &[u8], at: usize, character: char, ends: &mut Vec<usize>) {
        written(bytes, at, character, ends);
        match (self.base64, character) {
            // Forms write a space as a plus sign.
            (None, ' ') => literally(bytes, at, '+', ends),
            // Names of headers and of hosts lose their capitals on the way.
            (None, letter) if letter.is_ascii_lowercase() => {
                written(bytes, at, letter.to_ascii_uppercase(), ends);
            }
            (None, letter) if letter.is_ascii_uppercase() => {
                written(bytes, at, letter.to_ascii_lowercase(), ends);
            }
            // Base64 for addresses has an alphabet of its own.
            (Some(_), '+') => written(bytes, at, '-', ends),
            (Some(_), '/') => written(bytes, at, '_', ends),
            (None | Some(_), _) => {}
        }
    }
}

/// Old programs break base64 into lines.
fn after_line_break(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// A character in all the ways to write it.
fn written(bytes: &[u8], at: usize, character: char, ends: &mut Vec<usize>) {
    literally(bytes, at, character, ends);
    match bytes.get(at) {
        Some(b'%') => percent_encoded(bytes, at, character, ends),
        Some(b'\\') => escaped(bytes, at, character, ends),
        Some(_) | None => {}
    }
}

fn literally(bytes: &[u8], at: usize, character: char, ends: &mut Vec<usize>) {
    let mut buffer = [0; 4];
    let encoded = character.encode_utf8(&mut buffer).as_bytes();
    if bytes[at..].starts_with(encoded) {
        ends.push(at + encoded.len());
    }
}

fn percent_encoded(bytes: &[u8], at: usize, character: char, ends: &mut Vec<usize>) {
    let mut buffer = [0; 4];
    let mut starts = vec![at];
    for byte in character.encode_utf8(&mut buffer).bytes() {
        let mut next = Vec::new();
        for start in starts {
            if bytes.get(start) != Some(&b'%') {
                continue;
            }
            let mut digits = start + 1;
            for _ in 0..=PERCENTS {
                if hexadecimal(bytes, digits, 2) == Some(u32::from(byte)) {
                    next.push(digits + 2);
                }
                if !bytes[digits..].starts_with(b"25") {
                    break;
                }
                digits += 2;
            }
        }
        starts = next;
    }
    ends.extend(starts);
}

/// A character as JSON escapes it, also if the JSON was escaped again.
fn escaped(bytes: &[u8], at: usize, character: char, ends: &mut Vec<usize>) {
    let run = |at: usize| bytes[at..].iter().take(BACKSLASHES).take_while(|byte| **byte == b'\\').count();
    let after = at + run(at);
    let short = match character {
        '\n' => Some(b'n'),
        '\r' => Some(b'r'),
        '\t' => Some(b't'),
        '\u{8}' => Some(b'b'),
        '\u{c}' => Some(b'f'),
        '"' => Some(b'"'),
        '/' => Some(b'/'),
        _ => None,
    };
    if short.is_some() && bytes.get(after).copied() == short {
        ends.push(after + 1);
    }
    if character == '\\' {
        ends.extend([2, 4, 8].into_iter().filter(|many| *many <= after - at).map(|many| at + many));
    }
    let mut buffer = [0; 2];
    let mut end = at;
    for unit in character.encode_utf16(&mut buffer) {
        let digits = end + run(end) + 1;
        let begins = digits > end + 1 && bytes.get(digits - 1) == Some(&b'u');
        if !begins || hexadecimal(bytes, digits, 4) != Some(u32::from(*unit)) {
            return;
        }
        end = digits + 4;
    }
    ends.push(end);
}

fn hexadecimal(bytes: &[u8], at: usize, digits: usize) -> Option<u32> {
    bytes
        .get(at..at + digits)?
        .iter()
        .try_fold(0, |value, byte| Some(value * 16 + char::from(*byte).to_digit(16)?))
}
