//! The escapes of GitHub's workflow commands.

/// The most annotations of a kind: GitHub shows ten errors, ten warnings and ten notices of a step.
pub const MOST_OF_A_KIND: usize = 10;

/// Escaped as the runner unescapes what stands after the second `::`.
pub fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escaped as the runner unescapes a property's value.
pub fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
