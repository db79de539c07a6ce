//! Encoded bytes within a text: data URIs and runs of base64, which are kept as their size and digest.
//!
//! An image is one whatever stands around it: a blank, quotation marks, Markdown, JSON that is quoted in JSON.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::pieces::measure_gap;
use super::values::Secrets;

/// From this length on, in bytes, a run of letters of base64 is taken for base64.
const SHORTEST_RUN: usize = 256;

/// How many different bytes a run of base64 has at least: a letter over and over is a prompt that is too long on purpose.
const LEAST_VARIETY: usize = 16;

/// The shortest line of base64 that is written in lines or pieces, in bytes; mail has 76, PEM 64. Words of prose are
/// shorter.
const SHORTEST_LINE: usize = 12;

/// The shortest piece of base64 that is written in short pieces, in bytes.
const SHORTEST_PIECE: usize = 3;

/// The longest start of a data URI before its content, in bytes.
const LONGEST_HEAD: usize = 200;

/// How many backslashes may stand before an escaped character: JSON in JSON in JSON has seven.
const BACKSLASHES: usize = 8;

/// The ways to write bytes as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Four letters for three bytes.
    Base64,
    /// As in addresses.
    Percent,
}

impl Encoding {
    /// Every one.
    pub(super) const ALL: [Self; 2] = [Self::Base64, Self::Percent];

    /// The word in marks.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Percent => "percent-encoded",
        }
    }
}

/// Twelve hexadecimal digits of the SHA-256 of bytes.
pub fn short_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Secrets {
    /// A text in which the content of each data URI, and each long run of base64, is replaced by its size and digest.
    pub fn hide_encoded<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let bytes = text.as_bytes();
        let mut hidden = String::new();
        let (mut done, mut at) = (0, 0);
        while at < bytes.len() {
            let mut next = at + 1;
            let (start, end, encoding) = match measure_data_uri(text, at) {
                Some(content) => content,
                None if is_letter(bytes[at]) => {
                    let pieces = measure_pieces(bytes, at);
                    // Of pieces that are no base64 together, none that begins later is: each is looked at once.
                    next = next.max(pieces.last);
                    (at, measure_run(bytes, at).max(pieces.end), Encoding::Base64)
                }
                None => {
                    at = next;
                    continue;
                }
            };
            // The content of a data URI is what it says; elsewhere only what is long and varied is base64.
            let is_content = start > at;
            if is_content || end - start >= SHORTEST_RUN && Variety::of(&bytes[start..end]).is_large() {
                hidden.push_str(&text[done..start]);
                hidden.push_str(&(self.marks.size)(encoding, &text[start..end]));
                done = end;
            }
            // A data URI may begin at the end of a word.
            let in_word = end >= at + 5 && done < end && bytes[..end].ends_with(b"data");
            at = if in_word { end - 4 } else { end.max(next) };
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        hidden.push_str(&text[done..]);
        Cow::Owned(hidden)
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}

/// Which letters a text has.
struct Variety([bool; 256]);

impl Variety {
    fn of(bytes: &[u8]) -> Self {
        let mut variety = Self([false; 256]);
        variety.add(bytes);
        variety
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0[usize::from(*byte)] = true;
        }
    }

    /// Whether there are as many different ones as in base64.
    fn is_large(&self) -> bool {
        self.0.iter().filter(|seen| **seen).count() >= LEAST_VARIETY
    }

    /// Whether small letters, capitals and digits are among them.
    fn is_mixed(&self) -> bool {
        let has = |kind: fn(&u8) -> bool| (0..=u8::MAX).any(|byte| self.0[usize::from(byte)] && kind(&byte));
        has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit)
    }
}

/// Where a run of base64 ends that begins here. Its letters may be escaped, as in JSON or in an address, and stand in lines.
fn measure_run(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut line) = (start, start);
    loop {
        let rest = &bytes[at..];
        match rest.first() {
            Some(byte) if is_letter(*byte) => at += 1,
            Some(b'=') => return at + rest.iter().take_while(|byte| **byte == b'=').count(),
            Some(b'%') => match rest.get(1..3) {
                Some(b"2B" | b"2b" | b"2F" | b"2f" | b"3D" | b"3d" | b"25") => at += 3,
                _ => return at,
            },
            Some(b'\\' | b'\r' | b'\n' | b' ' | b'\t' | b'.' | b',') => {
                let is_gap = matches!(rest[0], b' ' | b'\t' | b'.' | b',');
                let (length, breaks) = if is_gap { (1, true) } else { measure_escape(rest) };
                // Behind a blank the next word must be as long: a sentence goes on after an image.
                let needed = if is_gap { SHORTEST_LINE } else { 1 };
                let next = rest[length.min(rest.len())..].iter().take(needed);
                let goes_on = next.take_while(|byte| is_letter(**byte)).count() == needed;
                if length == 0 || breaks && (!goes_on || at - line < SHORTEST_LINE) {
                    return at;
                }
                at += length;
                if breaks {
                    line = at;
                }
            }
            Some(_) | None => return at,
        }
    }
}

/// Pieces of one length, side by side.
struct Pieces {
    /// Where they end, if they are base64 together; otherwise where they begin.
    end: usize,
    /// Where the last of them begins.
    last: usize,
}

/// Measures pieces of one length that begin here. They are base64 if small letters, capitals and digits are among
/// them: words are of many lengths.
fn measure_pieces(bytes: &[u8], start: usize) -> Pieces {
    let measure =
        |at: usize, most: usize| bytes[at..].iter().take(most).take_while(|byte| is_letter(**byte)).count();
    let length = measure(start, SHORTEST_LINE);
    if !(SHORTEST_PIECE..SHORTEST_LINE).contains(&length) {
        return Pieces { end: start, last: start };
    }
    let (mut at, mut count, mut variety) = (start, 0, Variety::of(&[]));
    let last = loop {
        let piece = measure(at, length);
        variety.add(&bytes[at..at + piece]);
        count += piece;
        let begin = at;
        at += piece;
        let gap = measure_gap(&bytes[at..]);
        if piece < length || gap == 0 || !bytes.get(at + gap).is_some_and(|byte| is_letter(*byte)) {
            break begin;
        }
        at += gap;
    };
    if count < SHORTEST_RUN || !variety.is_mixed() || !variety.is_large() {
        return Pieces { end: start, last };
    }
    Pieces { end: at + bytes[at..].iter().take_while(|byte| **byte == b'=').count(), last }
}

/// The length of an escaped letter or of the end of a line, 0 if it is neither; and whether it ends a line.
fn measure_escape(rest: &[u8]) -> (usize, bool) {
    let mut length = 0;
    while let Some(byte) = rest.get(length) {
        let slashes = rest[length..].iter().take(BACKSLASHES).take_while(|byte| **byte == b'\\').count();
        match (byte, rest.get(length + slashes)) {
            (b'\r' | b'\n', _) => length += 1,
            (b'\\', Some(b'n' | b'r')) => length += slashes + 1,
            _ => break,
        }
    }
    if length > 0 {
        return (length, true);
    }
    let slashes = rest.iter().take(BACKSLASHES).take_while(|byte| **byte == b'\\').count();
    match rest.get(slashes) {
        Some(b'/') => (slashes + 1, false),
        // Cut off in the middle it is none, and what follows is not to be torn apart.
        Some(b'u') => {
            let digits = rest.get(slashes + 1..slashes + 5).filter(|digits| digits.starts_with(b"00"));
            let is_letter = digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
            if is_letter { (slashes + 5, false) } else { (0, false) }
        }
        Some(_) | None => (0, false),
    }
}

/// The content of a data URI that begins here, and how it is written.
fn measure_data_uri(text: &str, at: usize) -> Option<(usize, usize, Encoding)> {
    let bytes = text.as_bytes();
    let scheme = bytes.get(at..at + 5)?;
    if !scheme.eq_ignore_ascii_case(b"data:") {
        return None;
    }
    let in_head = |byte: &u8| byte.is_ascii_alphanumeric() || b"/+-.;=_* \t".contains(byte);
    let head = bytes[at + 5..].iter().take(LONGEST_HEAD).take_while(|byte| in_head(byte)).count();
    let comma = at + 5 + head;
    if bytes.get(comma) != Some(&b',') {
        return None;
    }
    let kind = text[at + 5..comma].trim_ascii().to_ascii_lowercase();
    let blanks = bytes[comma + 1..].iter().take_while(|byte| b" \t".contains(byte)).count();
    if kind.ends_with(";base64") {
        let start = comma + 1 + blanks;
        return Some((start, measure_run(bytes, start), Encoding::Base64))
            .filter(|(start, end, _)| end > start);
    }
    let in_address = |byte: &u8| byte.is_ascii_alphanumeric() || b"%-._~!$&'()*+,;=:@/?#".contains(byte);
    let start = comma + 1;
    let length = bytes[start..].iter().take_while(|byte| in_address(byte)).count();
    let is_media = ["image/", "video/", "audio/", "application/octet-stream"]
        .iter()
        .any(|media| kind.starts_with(media));
    let hides = length > 0 && is_media || length >= SHORTEST_RUN;
    hides.then_some((start, start + length, Encoding::Percent))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Marks;
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_taken_and_hidden_once(
            run in "[a-zA-Z0-9+/]{0,300}",
            odd in "(\\\\u00|\\\\|%2|%|\\u00e9|data:|,|;base64|\n|=|a){0,12}",
            end in "[\\\\u0é%= ]{0,8}",
        ) {
            for text in [format!("{run}{odd}{end}"), format!("{odd}{run}{end}"), format!("{end}{odd}{run}{odd}")] {
                let once = hidden(&text);
                prop_assert_eq!(hidden(&once), once);
            }
        }
    }

    fn hidden(text: &str) -> String {
        Secrets::new::<&str>(&[], Marks::CASSETTE).hide_encoded(text).into_owned()
    }

    fn base64() -> String {
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/".chars().cycle().take(300).collect()
    }

    #[track_caller]
    fn becomes(before: &str, data: &str, after: &str) {
        let told =
            format!("[base64, {} bytes, sha256 {}]", data.len() * 3 / 4, short_digest(data.as_bytes()));
        let text = format!("{before}{data}{after}");
        assert_eq!(hidden(&text), format!("{before}{told}{after}"));
        assert_eq!(hidden(&hidden(&text)), hidden(&text), "hiding twice changes nothing");
    }

    #[test]
    fn a_run_of_base64_is_found_whatever_stands_around_it() {
        let data = base64();
        for (before, after) in [
            ("", ""),
            (" ", "!!!"),
            ("a cat ", " in the snow"),
            ("\"", "\""),
            ("base64:", ""),
            ("data:image/png;base64,", ""),
            ("![a](data:image/png;base64 ,", ") and more"),
            ("{\\\"image\\\":\\\"", "\\\"}"),
            ("{\"image\": \"", ""),
        ] {
            becomes(before, &data, after);
        }
        becomes("data:image/png;base64, ", "iVBORw0KGgo", "\"");
        becomes("mydata:image/png;base64,", "iVBORw0KGgo", " and more");
    }

    #[test]
    fn letters_may_be_escaped_and_stand_in_lines() {
        let data = base64();
        for escaped in [
            data.replace('/', "\\/"),
            data.replace('/', "\\\\\\/"),
            data.replace('+', "\\u002b"),
            data.replace('+', "%2B").replace('/', "%2F"),
        ] {
            assert!(
                hidden(&escaped).starts_with("[base64, ") && !hidden(&escaped).contains("abc"),
                "{escaped}"
            );
        }
        for end in ["\n", "\r\n", "\\n", "\\r\\n", "\\\\n"] {
            let lines: Vec<String> =
                data.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
            let text = format!("see {}{end}", lines.join(end));
            assert!(hidden(&text).starts_with("see [base64, ") && !hidden(&text).contains("abc"), "{text}");
        }
    }

    #[test]
    fn percent_encoded_images_are_found_and_short_texts_are_not() {
        let told = hidden("see data:image/png,%89PNG%0D%0A and data:text/plain,hello");
        assert_eq!(
            told,
            format!(
                "see data:image/png,[percent-encoded, 14 bytes, sha256 {}] and data:text/plain,hello",
                short_digest(b"%89PNG%0D%0A")
            )
            .replace("14 bytes", &format!("{} bytes", "%89PNG%0D%0A".len()))
        );
    }

    #[test]
    fn base64_in_short_pieces_is_found_and_words_of_any_length_stay() {
        let data = base64();
        for length in [3, 4, 7, 8, 11] {
            let pieces: Vec<&str> =
                data.as_bytes().chunks(length).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
            for gap in [" ", "\n", ", ", "\\n", "\r\n"] {
                let text = format!("see: {}.", pieces.join(gap));
                let shown = hidden(&text);
                assert!(shown.starts_with("see: [base64, ") && !shown.contains(pieces[1]), "{shown}");
                assert_eq!(hidden(&shown), shown);
            }
        }
        let codes: String = (0..200).map(|number| format!("{number:04x} ")).collect();
        let words = "Four Fine1 Cats Walk Past ".repeat(40);
        for text in [codes, words, "abcd ".repeat(300)] {
            assert_eq!(hidden(&text), text);
        }
    }

    /// Without bound this would take hours.
    #[test]
    fn a_long_text_of_words_of_one_length_is_read_once() {
        for word in ["word ", "fou ", "1a2b3c, ", "eleven-long\n"] {
            let text = word.repeat(2_000_000);
            assert_eq!(hidden(&text), text);
        }
    }

    #[test]
    fn what_is_no_base64_stays() {
        let words = "a-cat-in-the-snow/".repeat(10);
        let paragraphs = "word\n".repeat(200);
        for text in [
            "",
            "data: none",
            "data:text/plain,hello",
            "a cat",
            &"a".repeat(5_000),
            &words,
            &paragraphs,
            &"é".repeat(600),
        ] {
            assert_eq!(hidden(text), text);
        }
    }
}
