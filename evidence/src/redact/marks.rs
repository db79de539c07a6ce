//! Marks: the texts that stand in place of a secret or of encoded bytes, in a cassette and elsewhere.

use super::encoded::{Encoding, short_digest};

/// The mark of a secret of the run in a cassette.
pub(super) const KEY: &str = "[key]";

/// The mark of a secret that was found by its name, in a cassette.
pub(super) const REDACTED: &str = "[redacted]";

/// The mark of a part of a signature in a cassette.
pub(super) const SIGNED: &str = "[signed]";

/// The reason for which a text is taken for a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clue {
    /// It is one of the secrets that are looked for.
    Value,
    /// The name of its header, member or parameter says so.
    Name,
    /// It signs an address.
    Signature,
}

/// A way to write marks. Whoever reads them must be able to tell them from other text.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    /// Writes the mark of a secret.
    pub write: fn(secret: &str, clue: Clue) -> String,
    /// Writes the mark of encoded bytes.
    pub size: fn(encoding: Encoding, data: &str) -> String,
    /// Measures the mark that a text begins with, in bytes; 0 if it begins with none.
    pub measure: fn(text: &str) -> usize,
}

impl Marks {
    /// The marks of cassettes. They say why a text is hidden, and nothing of the text.
    pub const CASSETTE: Self = Self {
        write: |_, clue| {
            let mark = match clue {
                Clue::Value => KEY,
                Clue::Name => REDACTED,
                Clue::Signature => SIGNED,
            };
            mark.to_owned()
        },
        size: |encoding, data| {
            let bytes = match encoding {
                Encoding::Base64 => data.bytes().filter(|byte| !b"=\r\n".contains(byte)).count() * 3 / 4,
                Encoding::Percent => data.len(),
            };
            format!("[{}, {bytes} bytes, sha256 {}]", encoding.name(), short_digest(data.as_bytes()))
        },
        measure: |text| {
            let mark = [KEY, REDACTED, SIGNED].into_iter().find(|mark| text.starts_with(mark));
            mark.map_or_else(|| measure_size(text, ["[", ", ", " bytes, sha256 ", "]"]), str::len)
        },
    };

    /// Whether nothing of a text is left to be hidden.
    pub(super) fn cover(self, text: &str) -> bool {
        (self.measure)(text) == text.len()
    }
}

/// Measures the mark of encoded bytes that a text begins with: name, number and digest, between these four texts.
pub fn measure_size(text: &str, [before_name, before_number, before_digest, end]: [&str; 4]) -> usize {
    let measure = |encoding: Encoding| {
        let rest =
            text.strip_prefix(before_name)?.strip_prefix(encoding.name())?.strip_prefix(before_number)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let digest = rest.get(digits..).filter(|_| digits > 0)?.strip_prefix(before_digest)?;
        let after = digest.get(12..)?.strip_prefix(end)?;
        let is_digest = digest.bytes().take(12).all(|byte| byte.is_ascii_hexdigit());
        is_digest.then_some(text.len() - after.len())
    };
    Encoding::ALL.into_iter().find_map(measure).unwrap_or_default()
}
