//! Issues as text: the writers that all reports share, and the escapes of each format for text from the wire.

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

/// The weight of an issue, the heaviest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueLevel {
    /// It breaks something.
    Error,
    /// It may.
    Warning,
    /// It is worth knowing.
    Note,
}

impl IssueLevel {
    /// Every level, the heaviest first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Note];

    /// The word of code scanning.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing that a report has to say, as far as formats share it.
#[derive(Clone, Debug)]
pub struct Issue {
    /// The id of the rule that it is about.
    pub rule: String,
    /// Its weight.
    pub level: IssueLevel,
    /// Its title, not escaped.
    pub title: String,
    /// Its text, not escaped.
    pub text: String,
    /// The path and the line, from 1, at which it is to be looked at.
    pub place: Option<(String, usize)>,
    /// Stays the same as long as it is the same issue.
    pub fingerprint: String,
}

/// `1 place`, `2 places`.
pub fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
