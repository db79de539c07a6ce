//! Patterns in which `*` stands for any characters.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// A text in which `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Glob(Vec<String>);

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("*"))
    }
}

impl Serialize for Glob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Glob {
    /// The longest one, in bytes: of a longer one each request would cost more than it should.
    const MAX_BYTES: usize = 1_000;

    /// Reads one.
    pub(crate) fn new(text: &str) -> Self {
        Self(text.split('*').map(str::to_owned).collect())
    }

    /// Reads one that came from outside.
    ///
    /// # Errors
    ///
    /// If it is too long.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if text.len() > Self::MAX_BYTES {
            return Err(format!(
                "expected a pattern of at most {} bytes, found {}",
                Self::MAX_BYTES,
                text.len()
            ));
        }
        Ok(Self::new(text))
    }

    /// Whether a text is one of those meant.
    pub fn fits(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.0.as_slice() else {
            return self.0.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for piece in middle {
            let Some(at) = rest.find(piece.as_str()) else { return false };
            rest = &rest[at + piece.len()..];
        }
        rest.ends_with(last.as_str())
    }
}

impl TryFrom<String> for Glob {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::read(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_as_long_as_any_request_may_cost() {
        assert!(Glob::read(&"*a".repeat(500)).is_ok());
        let error = Glob::read(&"*a".repeat(501)).expect_err("it is too long");
        assert_eq!(error, "expected a pattern of at most 1000 bytes, found 1002");
    }
}
