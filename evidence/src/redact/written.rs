//! One character in all the ways to write it: as it is, escaped, percent-encoded.

use smallvec::SmallVec;

/// Where a character may end: hardly ever in more than one place.
pub(super) type Ends = SmallVec<[usize; 4]>;

/// How many times a percent sign may be percent-encoded itself.
const PERCENTS: usize = 3;

/// How many backslashes may stand before an escaped character: JSON in JSON in JSON has seven.
const BACKSLASHES: usize = 8;

/// Old programs break base64 into lines.
pub(super) fn skip_line_breaks(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// A character in all the ways to write it.
pub(super) fn match_written(bytes: &[u8], at: usize, character: char, ends: &mut Ends) {
    match_literally(bytes, at, character, ends);
    match bytes.get(at) {
        Some(b'%') => match_percent_encoded(bytes, at, character, ends),
        Some(b'\\') => match_escaped(bytes, at, character, ends),
        Some(_) | None => {}
    }
}

pub(super) fn match_literally(bytes: &[u8], at: usize, character: char, ends: &mut Ends) {
    let mut buffer = [0; 4];
    let encoded = character.encode_utf8(&mut buffer).as_bytes();
    if bytes[at..].starts_with(encoded) {
        ends.push(at + encoded.len());
    }
}

fn match_percent_encoded(bytes: &[u8], at: usize, character: char, ends: &mut Ends) {
    let mut buffer = [0; 4];
    let mut starts = Ends::from_slice(&[at]);
    for byte in character.encode_utf8(&mut buffer).bytes() {
        let mut next = Ends::new();
        for start in starts {
            if bytes.get(start) != Some(&b'%') {
                continue;
            }
            let mut digits = start + 1;
            for _ in 0..=PERCENTS {
                if read_hexadecimal(bytes, digits, 2) == Some(u32::from(byte)) {
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
fn match_escaped(bytes: &[u8], at: usize, character: char, ends: &mut Ends) {
    let run = |at: usize| bytes[at..].iter().take(BACKSLASHES).take_while(|byte| **byte == b'\\').count();
    let after = at + run(at);
    let short = match character {
        '\n' => Some(b'n'),
        '\r' => Some(b'r'),
        '\t' => Some(b't'),
        '\u{8}' => Some(b'b'),
        '\u{c}' => Some(b'f'),
        'n' | 'r' | 't' | 'b' | 'f' | 'u' | '\\' => None,
        // JSON escapes two of them, other languages any.
        other => u8::try_from(other).ok().filter(u8::is_ascii),
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
        if !begins || read_hexadecimal(bytes, digits, 4) != Some(u32::from(*unit)) {
            return;
        }
        end = digits + 4;
    }
    ends.push(end);
}

fn read_hexadecimal(bytes: &[u8], at: usize, digits: usize) -> Option<u32> {
    bytes
        .get(at..at + digits)?
        .iter()
        .try_fold(0, |value, byte| Some(value * 16 + char::from(*byte).to_digit(16)?))
}
