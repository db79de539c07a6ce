//! Ids that were told, and where they occur in a text.

/// Ids of fewer bytes are only recognised where no letter or digit touches them: `7` is not in `27`.
const SHORT_BYTES: usize = 8;

/// No placeholder is longer, in bytes.
const PLACEHOLDER_BYTES: usize = 40;

/// What stands in placeholders; a text that was normalised before must be left alone.
const WORDS: [&str; 9] =
    ["number id", "id", "uuid", "nanoid", "url", "time", "unix seconds", "unix milliseconds", "date parts"];

/// Ids and their numbers, the longest id first, so that an id within another does not hide it.
#[derive(Debug, Default)]
pub(super) struct Ids(Vec<(String, usize)>);

impl Ids {
    pub(super) fn learn(&mut self, id: &str) {
        if id.is_empty() || self.whole(id).is_some() {
            return;
        }
        let number = self.0.len() + 1;
        let place = self.0.partition_point(|(held, _)| held.len() >= id.len());
        self.0.insert(place, (id.to_owned(), number));
    }

    /// The number of an id that is the whole text.
    pub(super) fn whole(&self, text: &str) -> Option<usize> {
        self.0.iter().find(|(id, _)| id == text).map(|(_, number)| *number)
    }

    /// As [`Ids::whole`], of an integer's digits. A short one is no id: it is too easily a duration or a size.
    pub(super) fn number(&self, digits: &str) -> Option<usize> {
        if digits.len() < SHORT_BYTES { None } else { self.whole(digits) }
    }

    /// The text with all ids replaced, plain or percent-encoded.
    pub(super) fn replaced(&self, text: &str) -> String {
        let mut done = String::with_capacity(text.len());
        let mut at = 0;
        let mut after_placeholder = false;
        while let Some(first) = text[at..].chars().next() {
            let rest = &text[at..];
            if let Some(length) = placeholder_length(rest) {
                done.push_str(&rest[..length]);
                at += length;
                after_placeholder = true;
            } else if let Some((length, number)) = self.found(text, at, after_placeholder) {
                done.push_str(&format!("[id {number}]"));
                at += length;
                // The next id may touch this one, for what was written here before was no placeholder.
                after_placeholder = false;
            } else {
                done.push(first);
                at += first.len_utf8();
                after_placeholder = false;
            }
        }
        done
    }

    fn found(&self, text: &str, at: usize, after_placeholder: bool) -> Option<(usize, usize)> {
        self.0.iter().find_map(|(id, number)| {
            let length = encoded_length(&text[at..], id)?;
            let stands_alone = || {
                let after = &text[at + length..];
                let touched_before = after_placeholder || ends_in_word(&text[..at]);
                let touched_after = placeholder_length(after).is_some() || begins_with_word(after);
                !touched_before && !touched_after
            };
            (id.len() >= SHORT_BYTES || stands_alone()).then_some((length, *number))
        })
    }
}

/// How many bytes of the text spell the id, if it begins with it.
fn encoded_length(text: &str, id: &str) -> Option<usize> {
    if text.starts_with(id) {
        return Some(id.len());
    }
    let mut rest = text.as_bytes();
    for wanted in id.bytes() {
        let length = match rest {
            [b'%', ..] if triplet(rest) == Some(wanted) => 3,
            [byte, ..] if *byte == wanted => 1,
            _ => return None,
        };
        rest = &rest[length..];
    }
    Some(text.len() - rest.len())
}

/// The byte that a percent-encoded triplet at the beginning stands for.
fn triplet(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = bytes else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

fn begins_with_word(text: &str) -> bool {
    match triplet(text.as_bytes()) {
        Some(byte) => byte.is_ascii_alphanumeric(),
        None => text.chars().next().is_some_and(char::is_alphanumeric),
    }
}

fn ends_in_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    match bytes.len().checked_sub(3).and_then(|start| triplet(&bytes[start..])) {
        Some(byte) => byte.is_ascii_alphanumeric(),
        None => text.chars().next_back().is_some_and(char::is_alphanumeric),
    }
}

/// The length of a placeholder at the beginning of the text.
fn placeholder_length(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('[')?;
    let end = inner.bytes().take(PLACEHOLDER_BYTES).position(|byte| byte == b']')?;
    let (word, number) = match inner[..end].rsplit_once(' ') {
        Some((word, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => (word, number),
        _ => (&inner[..end], "1"),
    };
    (WORDS.contains(&word) && !number.is_empty()).then_some(end + 2)
}
