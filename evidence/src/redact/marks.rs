//! Marks: the texts that stand in place of a secret, in a cassette and elsewhere.

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
        measure: |text| {
            let mark = [KEY, REDACTED, SIGNED].into_iter().find(|mark| text.starts_with(mark));
            mark.map_or(0, str::len)
        },
    };

    /// Whether nothing of a text is left to be hidden.
    pub(super) fn cover(self, text: &str) -> bool {
        (self.measure)(text) == text.len()
    }
}
