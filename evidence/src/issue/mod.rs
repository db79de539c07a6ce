//! Findings as text: what the report formats share, and how each of them escapes text from the wire.

pub mod escape;
pub mod format;
pub mod github;
pub mod json;
pub mod markdown;
pub mod sarif;

/// The most characters of a message that are printed where there is one line for it.
pub const MESSAGE_CHARS: usize = 600;

/// The most characters of a title, a place, a source, a name.
pub const NAME_CHARS: usize = 160;

/// `1 place`, `2 places`.
pub fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
