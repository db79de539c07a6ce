//! Other readings of a text: with its escapes resolved, and with letters joined that stand one by one.
//!
//! Whoever looks for something in a text looks for it in each reading, and takes out what stands for it in the text as it
//! is. Each reading is made in one pass, and there are few of them, so that time stays linear in the text.

use std::ops::Range;

/// How often what an escape stands for is read again: HTML in JSON in an address has three.
const LAYERS: usize = 3;

/// The fewest letters that are joined, each with something else around it.
const FEWEST_LETTERS: usize = 8;

/// The most that may stand between two of them, in bytes.
const LONGEST_GAP: usize = 16;

/// The longest name or number of a character in HTML, in bytes.
const LONGEST_ENTITY: usize = 10;

/// Characters that HTML has names for and secrets are written with.
const ENTITIES: [(&str, char); 24] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("sol", '/'),
    ("bsol", '\\'),
    ("lowbar", '_'),
    ("hyphen", '-'),
    ("dash", '-'),
    ("period", '.'),
    ("comma", ','),
    ("colon", ':'),
    ("semi", ';'),
    ("plus", '+'),
    ("equals", '='),
    ("num", '#'),
    ("commat", '@'),
    ("excl", '!'),
    ("percnt", '%'),
    ("dollar", '$'),
];

/// A reading of a text.
#[derive(Default)]
pub(super) struct View {
    pub(super) text: String,
    /// For each byte where it begins in the original.
    starts: Vec<usize>,
    /// For each byte where it ends there.
    ends: Vec<usize>,
}

impl View {
    /// What a stretch of the reading is in the original.
    pub(super) fn locate(&self, stretch: &Range<usize>) -> Range<usize> {
        let start = self.starts.get(stretch.start).copied().unwrap_or_default();
        let last = stretch.end.checked_sub(1).and_then(|last| self.ends.get(last));
        start..last.copied().unwrap_or(start).max(start)
    }

    /// Adds what stands for itself.
    fn copy(&mut self, text: &str, stretch: Range<usize>) {
        self.text.push_str(&text[stretch.clone()]);
        self.starts.extend(stretch.clone());
        self.ends.extend(stretch.map(|at| at + 1));
    }

    /// Adds a character that a stretch of the original stands for.
    fn push(&mut self, character: char, stretch: &Range<usize>) {
        self.text.push(character);
        self.starts.extend(std::iter::repeat_n(stretch.start, character.len_utf8()));
        self.ends.extend(std::iter::repeat_n(stretch.end, character.len_utf8()));
    }
}

/// A text with its escapes resolved, once and then again; nothing if it has none.
pub(super) fn resolve_escapes(text: &str) -> Vec<View> {
    let mut views: Vec<View> = Vec::new();
    for _ in 0..LAYERS {
        let held = views.last().map_or(text, |view| view.text.as_str());
        let Some(mut next) = resolve_once(held) else { break };
        if let Some(before) = views.last() {
            for (start, end) in next.starts.iter_mut().zip(&mut next.ends) {
                let whole = before.locate(&(*start..*end));
                (*start, *end) = (whole.start, whole.end);
            }
        }
        views.push(next);
    }
    views
}

fn resolve_once(text: &str) -> Option<View> {
    let bytes = text.as_bytes();
    let mut view: Option<View> = None;
    let (mut done, mut at) = (0, 0);
    while let Some(found) = bytes[at..].iter().position(|byte| matches!(byte, b'%' | b'&' | b'\\')) {
        at += found;
        let Some((character, length)) = read_escape(&text[at..]) else {
            at += 1;
            continue;
        };
        let view = view.get_or_insert_default();
        view.copy(text, done..at);
        view.push(character, &(at..at + length));
        at += length;
        done = at;
    }
    let mut view = view?;
    view.copy(text, done..text.len());
    Some(view)
}

/// The character that an escape at the start of a text stands for, and the length of the escape in bytes.
fn read_escape(text: &str) -> Option<(char, usize)> {
    match text.as_bytes().first()? {
        b'%' => read_percent(text.as_bytes()),
        b'&' => read_entity(text),
        _ => read_backslash(text.as_bytes()),
    }
}

fn read_hexadecimal(digits: Option<&[u8]>) -> Option<u32> {
    digits?.iter().try_fold(0, |value, byte| Some(value * 16 + char::from(*byte).to_digit(16)?))
}

/// A character of one byte or of several, percent-encoded (RFC 3986, 2.1).
fn read_percent(bytes: &[u8]) -> Option<(char, usize)> {
    let byte_at = |at: usize| {
        let is_escape = bytes.get(at) == Some(&b'%');
        read_hexadecimal(bytes.get(at + 1..at + 3))
            .filter(|_| is_escape)
            .and_then(|byte| u8::try_from(byte).ok())
    };
    let first = byte_at(0)?;
    let count = match first {
        0..=0x7f => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => return None,
    };
    let encoded: Option<Vec<u8>> = (0..count).map(|number| byte_at(3 * number)).collect();
    let encoded = encoded?;
    let character = str::from_utf8(&encoded).ok()?.chars().next()?;
    Some((character, 3 * count))
}

/// A character as HTML escapes it: by a number, or by a name.
fn read_entity(text: &str) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    let length = bytes[1..]
        .iter()
        .take(LONGEST_ENTITY)
        .take_while(|byte| **byte == b'#' || byte.is_ascii_alphanumeric());
    let end = 1 + length.count();
    let ends_well = bytes.get(end) == Some(&b';');
    let name = text.get(1..end)?;
    if let Some(number) = name.strip_prefix('#') {
        let number = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        let character = char::from_u32(number.ok()?)?;
        // Browsers do without the semicolon of a number.
        return Some((character, end + usize::from(ends_well)));
    }
    let known = ENTITIES.iter().find(|(known, _)| *known == name).filter(|_| ends_well)?;
    Some((known.1, end + 1))
}

/// A character as JSON and most languages escape it.
fn read_backslash(bytes: &[u8]) -> Option<(char, usize)> {
    let next = *bytes.get(1)?;
    let numbered = |digits: usize| {
        let number = read_hexadecimal(bytes.get(2..2 + digits))?;
        Some((char::from_u32(number)?, 2 + digits))
    };
    match next {
        b'u' => numbered(4),
        b'x' => numbered(2),
        b'n' => Some(('\n', 2)),
        b'r' => Some(('\r', 2)),
        b't' => Some(('\t', 2)),
        _ if next.is_ascii_punctuation() => Some((char::from(next), 2)),
        _ => None,
    }
}

/// The letters and digits that stand one by one in a text (`s k - 1 2`, `"s","k"`), joined: a reading for each row.
pub(super) fn join_letters(text: &str) -> Vec<View> {
    let bytes = text.as_bytes();
    let mut rows: Vec<View> = Vec::new();
    let mut row: Vec<usize> = Vec::new();
    let mut at = 0;
    let mut end_row = |row: &mut Vec<usize>| {
        if row.len() >= FEWEST_LETTERS {
            let mut view = View::default();
            for place in row.iter() {
                view.copy(text, *place..place + 1);
            }
            rows.push(view);
        }
        row.clear();
    };
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let is_near = row.last().is_some_and(|last| at - last <= LONGEST_GAP + 1);
        if length > 1 || !is_near {
            end_row(&mut row);
        }
        if length == 1 {
            row.push(at);
        }
        at += length;
    }
    end_row(&mut row);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_in_layers_and_lead_back_to_the_text() {
        for (text, expected) in [
            ("a%2Db", "a-b"),
            ("a%252Db", "a-b"),
            ("a%25%32%44b", "a-b"),
            ("a&#45;b", "a-b"),
            ("a&#x2d;b", "a-b"),
            ("a&amp;#45;b", "a-b"),
            ("a&hyphen;b", "a-b"),
            (r"a\u002db", "a-b"),
            (r"a\\u002db", "a-b"),
            (r"a\x2db", "a-b"),
            ("%C3%A9%", "é%"),
        ] {
            let views = resolve_escapes(text);
            let last = views.last().unwrap();
            assert_eq!(last.text, expected, "{text}");
            assert_eq!(last.locate(&(0..last.text.len())), 0..text.len(), "{text}");
        }
        let view = resolve_escapes("x&quot;key&quot;y").remove(0);
        let key = view.text.find("key").unwrap();
        assert_eq!(view.locate(&(key..key + 3)), 7..10);
        for plain in ["", "100% sure", "a & b", r"C:\dir", "&unknown;", "%", "\\"] {
            assert!(resolve_escapes(plain).is_empty(), "{plain}");
        }
    }

    #[test]
    fn letters_that_stand_one_by_one_are_joined() {
        let text = "the key s k - 1 2 a b c d is bad";
        let rows = join_letters(text);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].text, "sk12abcd");
        assert_eq!(&text[rows[0].locate(&(0..8))], "s k - 1 2 a b c d");
        assert_eq!(&text[rows[0].locate(&(2..4))], "1 2");
        assert_eq!(join_letters(r#"["s","k","1","2","3","4","5","6"]"#)[0].text, "sk123456");
        for plain in ["", "a b c", "I am a boat on a lake", "é é é é é é é é é"] {
            assert!(join_letters(plain).is_empty(), "{plain}");
        }
    }

    #[test]
    fn a_long_text_is_read_once() {
        for text in [
            "a ".repeat(1_000_000),
            "&#97;".repeat(400_000),
            "%2525".repeat(400_000),
            "\\\\".repeat(1_000_000),
        ] {
            let views = resolve_escapes(&text);
            assert!(views.len() <= LAYERS && join_letters(&text).len() <= 1);
        }
    }
}
