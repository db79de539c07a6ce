//! The pattern of a prompt: a regular expression, bounded in size and in what it looks at.

use regex::{Regex, RegexBuilder};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::split_prompt;

/// How large a compiled pattern may be, and what is cached while it is matched, each in bytes. Compiling and matching take time
/// by this size, and patterns come in headers; words of Unicode (`\w+\s\w+`) need 192 KiB.
const PATTERN_BYTES: usize = 256 * 1024;

/// A regular expression, for the first [`PROMPT_CHARACTERS`](super::PROMPT_CHARACTERS) of a prompt.
#[derive(Clone, Debug)]
pub struct PromptPattern(Regex);

impl PromptPattern {
    /// Whether a prompt contains it.
    pub(super) fn fits(&self, prompt: &str) -> bool {
        self.0.is_match(split_prompt(prompt).0)
    }
}

impl Serialize for PromptPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for PromptPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let compiled =
            RegexBuilder::new(&text).size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES).build();
        compiled.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => D::Error::custom(format!(
                "`{text}` is too large: expected a regular expression of at most {PATTERN_BYTES} bytes when compiled; \
                 repeat fewer times"
            )),
            error => D::Error::custom(format!("`{text}` is no regular expression: {error}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::PROMPT_CHARACTERS;

    fn read(pattern: &str) -> Result<PromptPattern, serde_json::Error> {
        serde_json::from_value(pattern.into())
    }

    #[test]
    fn a_pattern_is_bounded_before_it_is_expensive() {
        for pattern in [
            "(?i)cat.*snow",
            r"^\w+ \d{1,4}\b",
            r"\w+\s\w+\s\w+",
            r"\bname\s*=\s*[^\s]+",
            "(?s).{0,200}x",
            "[^a-z]+é",
        ] {
            assert!(read(pattern).is_ok(), "{pattern}: {:?}", read(pattern).unwrap_err());
        }
        for pattern in ["(?s).{0,3000}x", "(a{100}){100}", r"\w{500}", "((a{9}){99}){999}"] {
            let error = read(pattern).unwrap_err().to_string();
            assert!(error.contains("is too large") && error.contains("262144 bytes"), "{pattern}: {error}");
        }
    }

    #[test]
    fn only_the_start_of_a_prompt_is_looked_at() {
        let prompt = format!("{}cat", "é".repeat(PROMPT_CHARACTERS - 3));
        assert!(read("cat$").unwrap().fits(&prompt));
        assert!(!read("cat").unwrap().fits(&format!("é{prompt}")));
    }
}
