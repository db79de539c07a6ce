//! Secrets found by their value, however they are written.
//!
//! A key does not only come back as it was sent: error pages quote it escaped, addresses percent-encoded,
//! and `Basic` hides it somewhere inside base64. All of these are looked for, several times over if need be.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::addresses::clean_addresses;
use super::assigned::hide_assigned;
use super::marks::{Clue, Marks};
use super::pieces::{find_parts, measure_gap};
use super::views::{join_letters, resolve_escapes};
use super::written::{Ends, match_literally, match_written, skip_line_breaks};

/// How many bytes a byte of a secret takes when it is written in another way: `\u0041` is long.
const WIDEST: usize = 6;

/// How many characters of secrets are compared for each byte of a text, and for any text at the least. Who sends a long
/// secret and a text full of its beginnings must not hold up anybody; then the rest of the text is hidden.
const STEPS_PER_BYTE: usize = 8;
const MIN_STEPS: usize = 64 * 1024;

/// The shortest secret that is also looked for from its end, in characters.
const SHORTEST_REVERSED: usize = 8;

/// The shortest stretch of base64 that is also found in pieces, in letters.
const SHORTEST_IN_PIECES: usize = 12;

/// Texts to be found, and the marks that stand in their place.
#[derive(Clone)]
pub struct Secrets {
    pub(super) marks: Marks,
    patterns: Vec<Writing>,
    /// The length of the longest, in bytes.
    longest: usize,
    /// For each byte the patterns that may begin at it; bodies are long.
    begins: Arc<[Vec<usize>]>,
    /// The letters and digits of each secret, for texts in which they stand one by one.
    spelled: Arc<[(String, Arc<str>)]>,
}

/// One text to be found, character by character.
#[derive(Clone)]
struct Writing {
    characters: Vec<char>,
    /// What stands for the secret.
    mark: Arc<str>,
    /// Set if it is base64.
    base64: Option<Edges>,
    /// Whether it is found in pieces, with blanks and the like between them.
    in_pieces: bool,
}

/// Which neighbours of a stretch of base64 hold some bits of the secret as well.
#[derive(Clone, Copy)]
struct Edges {
    before: bool,
    after: bool,
}

/// A stretch of a text that is a secret.
struct SecretSpan {
    range: Range<usize>,
    mark: Arc<str>,
    /// Whether the secret stands there as it is, whatever its case.
    is_plain: bool,
}

impl SecretSpan {
    fn join(self, other: &Self) -> Self {
        let range = self.range.start.min(other.range.start)..self.range.end.max(other.range.end);
        Self { range, is_plain: self.is_plain && other.is_plain, ..self }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Secrets {
    /// The patterns of all ways to write these secrets.
    pub fn new<S: AsRef<str>>(secrets: &[S], marks: Marks) -> Self {
        let mut patterns = Vec::new();
        let mut spelled = Vec::new();
        for secret in secrets.iter().map(AsRef::as_ref) {
            let mark: Arc<str> = (marks.write)(secret, Clue::Value).into();
            spelled.extend(spell(secret).into_iter().map(|letters| (letters, Arc::clone(&mark))));
            let characters: Vec<char> = secret.chars().collect();
            patterns.push(Writing::plain(characters.clone(), &mark));
            if characters.len() >= SHORTEST_REVERSED {
                patterns.push(Writing::plain(characters.iter().rev().copied().collect(), &mark));
            }
            let parts = find_parts(&characters);
            patterns.extend(parts.into_iter().map(|part| Writing::plain(part, &mark)));
            let stretches = (0..3).map(|offset| encode_stretch(secret, offset, &mark));
            for stretch in stretches {
                let part = |characters| Writing { characters, ..stretch.clone() };
                let parts: Vec<Writing> = find_parts(&stretch.characters).into_iter().map(part).collect();
                patterns.push(stretch);
                patterns.extend(parts);
            }
        }
        let longest = secrets.iter().map(|secret| secret.as_ref().len()).max().unwrap_or_default();
        let mut begins = vec![Vec::new(); 256];
        for (index, pattern) in patterns.iter().enumerate() {
            let Some(first) = pattern.characters.first() else { continue };
            // Escapes of any character, a space in a form, and the other alphabet of base64.
            let mut bytes = b"%\\+-_".to_vec();
            for first in [first.to_ascii_lowercase(), first.to_ascii_uppercase()] {
                bytes.push(first.encode_utf8(&mut [0; 4]).as_bytes()[0]);
            }
            bytes.sort_unstable();
            bytes.dedup();
            for byte in bytes {
                begins[usize::from(byte)].push(index);
            }
        }
        Self { marks, patterns, longest, begins: begins.into(), spelled: spelled.into() }
    }

    /// A text without secrets, and without what gives access in its addresses.
    pub fn hide_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let hidden = match self.hide_values(text) {
            Cow::Borrowed(same) => clean_addresses(same, self.marks),
            Cow::Owned(hidden) => Cow::Owned(clean_addresses(&hidden, self.marks).into_owned()),
        };
        match hidden {
            Cow::Borrowed(same) => hide_assigned(same, self.marks),
            Cow::Owned(hidden) => Cow::Owned(hide_assigned(&hidden, self.marks).into_owned()),
        }
    }

    /// The first so many bytes of a text without secrets, also without one that only begins there. Nothing, if one
    /// that is written in another way is in them or soon after: how far it goes is not known.
    pub fn hide_start(&self, text: &str, bytes: usize) -> Option<String> {
        let beyond = bytes.saturating_add(self.longest.saturating_mul(WIDEST)).min(text.len());
        let window = &text[..text.floor_char_boundary(beyond)];
        let until = window.floor_char_boundary(bytes);
        let spans = self.spans(window);
        let known = spans.iter().all(|span| span.is_plain);
        known.then(|| {
            let start = replace_spans(window, &spans, until);
            hide_assigned(&clean_addresses(&start, self.marks), self.marks).into_owned()
        })
    }

    /// A text with each secret replaced.
    fn hide_values<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let spans = self.spans(text);
        if spans.is_empty() {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(replace_spans(text, &spans, text.len()))
        }
    }

    /// Where secrets are in a text, in bytes.
    pub(super) fn find_ranges(&self, text: &str) -> Vec<Range<usize>> {
        self.spans(text).into_iter().map(|span| span.range).collect()
    }

    /// Whether one of the secrets is in the text.
    pub fn are_in(&self, text: &str) -> bool {
        !self.spans(text).is_empty()
    }

    /// Whether one of the secrets is among the bytes, which need not be text.
    pub(super) fn are_among(&self, bytes: &[u8]) -> bool {
        // Whatever is no UTF-8 is replaced by a character that is in no pattern.
        self.are_in(&String::from_utf8_lossy(bytes))
    }

    /// Where secrets are, however the text is read: in order, none overlapping another. Overlapping finds become one, lest
    /// the rest of one be left beside another.
    fn spans(&self, text: &str) -> Vec<SecretSpan> {
        if self.patterns.is_empty() {
            return Vec::new();
        }
        let mut spans = self.spans_as_read(text);
        spans.extend(self.spelled_spans(text));
        for view in resolve_escapes(text) {
            let inner = self.spans_as_read(&view.text).into_iter().chain(self.spelled_spans(&view.text));
            spans.extend(inner.map(|span| SecretSpan {
                range: view.locate(&span.range),
                is_plain: false,
                ..span
            }));
        }
        // Where a secret stands as it is, another reading finds it there as well.
        spans.sort_by_key(|span| (span.range.start, !span.is_plain));
        let mut apart: Vec<SecretSpan> = Vec::with_capacity(spans.len());
        for span in spans {
            match apart.pop() {
                Some(last) if span.range == last.range => apart.push(last),
                Some(last) if span.range.start < last.range.end => apart.push(last.join(&span)),
                last => {
                    apart.extend(last);
                    apart.push(span);
                }
            }
        }
        apart
    }

    /// Where the letters of a secret stand one by one.
    fn spelled_spans(&self, text: &str) -> Vec<SecretSpan> {
        let mut spans = Vec::new();
        if self.spelled.is_empty() {
            return spans;
        }
        for row in join_letters(text) {
            let letters = row.text.to_ascii_lowercase();
            for (secret, mark) in self.spelled.iter() {
                spans.extend(letters.match_indices(secret.as_str()).map(|(at, found)| SecretSpan {
                    range: row.locate(&(at..at + found.len())),
                    mark: Arc::clone(mark),
                    is_plain: false,
                }));
            }
        }
        spans
    }

    /// Where secrets are in a text as it is: in order, none overlapping another.
    fn spans_as_read(&self, text: &str) -> Vec<SecretSpan> {
        let mut spans: Vec<SecretSpan> = Vec::new();
        let mut steps = text.len().saturating_mul(STEPS_PER_BYTE).saturating_add(MIN_STEPS);
        for (at, byte) in text.bytes().enumerate() {
            // No character begins with a byte that continues one, so that each find is at a character.
            let begins = self.begins[usize::from(byte)].iter();
            let finds = begins.filter_map(|index| self.patterns[*index].span(text, at, &mut steps));
            let span = finds.reduce(|one, other| one.join(&other));
            let rest = (steps == 0).then(|| self.patterns[0].rest_of(text, at));
            let Some(span) = rest.or(span) else { continue };
            match spans.pop() {
                Some(last) if span.range.start < last.range.end => spans.push(last.join(&span)),
                last => {
                    spans.extend(last);
                    spans.push(span);
                }
            }
            if steps == 0 {
                break;
            }
        }
        spans
    }
}

/// The first so many bytes of a text, with the mark of each span that begins in them.
fn replace_spans(text: &str, spans: &[SecretSpan], until: usize) -> String {
    let mut replaced = String::with_capacity(until);
    let mut done = 0;
    for span in spans.iter().take_while(|span| span.range.start < until) {
        replaced.push_str(&text[done..span.range.start]);
        replaced.push_str(&span.mark);
        done = span.range.end;
    }
    replaced.push_str(text.get(done..until).unwrap_or_default());
    replaced
}

/// The letters and digits of a secret, from its start and from its end; nothing of one that has few.
fn spell(secret: &str) -> Vec<String> {
    let letters: String = secret
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    if letters.len() < SHORTEST_REVERSED {
        return Vec::new();
    }
    let reversed = letters.chars().rev().collect();
    vec![letters, reversed]
}

/// The base64 characters that depend on the secret alone when so many bytes stand before it.
fn encode_stretch(secret: &str, offset: usize, mark: &Arc<str>) -> Writing {
    let mut bytes = vec![0; offset];
    bytes.extend_from_slice(secret.as_bytes());
    let bits = 8 * bytes.len();
    let start = (8 * offset).div_ceil(6);
    let encoded = STANDARD.encode(&bytes);
    let characters: Vec<char> = encoded[start..bits / 6].chars().collect();
    let base64 = Some(Edges { before: offset > 0, after: !bits.is_multiple_of(6) });
    let in_pieces = characters.len() >= SHORTEST_IN_PIECES;
    Writing { characters, mark: Arc::clone(mark), base64, in_pieces }
}

impl Writing {
    /// A secret, or a part of one, as it is.
    fn plain(characters: Vec<char>, mark: &Arc<str>) -> Self {
        // In pieces a short word, or one of letters alone, could be ordinary text.
        let in_pieces = !find_parts(&characters).is_empty();
        Self { characters, mark: Arc::clone(mark), base64: None, in_pieces }
    }

    /// The stretch that begins here, if one does; a little more at its edges if these betray something.
    fn span(&self, text: &str, at: usize, steps: &mut usize) -> Option<SecretSpan> {
        let bytes = text.as_bytes();
        if bytes.len() - at < self.characters.len() {
            return None;
        }
        let (first, rest) = self.characters.split_first()?;
        let mut ends = Ends::new();
        self.step(bytes, at, *first, &mut ends);
        for character in rest {
            *steps = steps.saturating_sub(ends.len());
            if ends.is_empty() || *steps == 0 {
                return None;
            }
            let mut next = Ends::new();
            for end in ends {
                let end = if self.base64.is_some() { skip_line_breaks(bytes, end) } else { end };
                self.step(bytes, end, *character, &mut next);
                let gap = if self.in_pieces { measure_gap(&bytes[end..]) } else { 0 };
                if gap > 0 {
                    self.step(bytes, end + gap, *character, &mut next);
                }
            }
            next.sort_unstable();
            next.dedup();
            ends = next;
        }
        let mut range = at..*ends.last()?;
        let is_plain = self.base64.is_none() && self.is_plain(&text[range.clone()]);
        if let Some(edges) = self.base64 {
            let in_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
            if edges.before && at > 0 && bytes.get(at - 1).is_some_and(in_alphabet) {
                range.start -= 1;
            }
            if edges.after && bytes.get(range.end).is_some_and(in_alphabet) {
                range.end += 1;
            }
        }
        Some(SecretSpan { range, mark: Arc::clone(&self.mark), is_plain })
    }

    /// All that follows in a text, hidden because it cannot be searched in reasonable time.
    fn rest_of(&self, text: &str, at: usize) -> SecretSpan {
        SecretSpan { range: at..text.len(), mark: Arc::clone(&self.mark), is_plain: false }
    }

    /// Whether a text is the pattern as it is, whatever its case.
    fn is_plain(&self, text: &str) -> bool {
        text.chars()
            .map(|one| one.to_ascii_lowercase())
            .eq(self.characters.iter().map(char::to_ascii_lowercase))
    }

    /// Where one character of the pattern may end if it begins here.
    fn step(&self, bytes: &[u8], at: usize, character: char, ends: &mut Ends) {
        match_written(bytes, at, character, ends);
        match (self.base64, character) {
            // Forms write a space as a plus sign.
            (None, ' ') => match_literally(bytes, at, '+', ends),
            // Names of headers and of hosts lose their capitals on the way.
            (None, letter) if letter.is_ascii_lowercase() => {
                match_written(bytes, at, letter.to_ascii_uppercase(), ends);
            }
            (None, letter) if letter.is_ascii_uppercase() => {
                match_written(bytes, at, letter.to_ascii_lowercase(), ends);
            }
            // Base64 for addresses has an alphabet of its own.
            (Some(_), '+') => match_written(bytes, at, '-', ends),
            (Some(_), '/') => match_written(bytes, at, '_', ends),
            (None | Some(_), _) => {}
        }
    }
}
