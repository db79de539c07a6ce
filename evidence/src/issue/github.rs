//! Annotations for GitHub's workflows: one command a line on standard output.

use super::{Issue, IssueLevel, NAME_CHARS, escape};

/// The most annotations of a kind: GitHub shows ten errors, ten warnings and ten notices of a step.
pub const MOST_OF_A_KIND: usize = 10;

/// Writes issues as workflow commands, at most [`MOST_OF_A_KIND`] of each level. If some are left out, the last is a
/// notice that `sum_up` makes of how many there are of each level; it counts among the notices.
///
/// Texts must be on one line each.
pub fn write_annotations(
    issues: &[Issue],
    sum_up: impl FnOnce(&[(IssueLevel, usize)]) -> (String, String),
) -> String {
    let mut out = String::new();
    let mut left_out = Vec::new();
    for level in IssueLevel::ALL {
        let of_level: Vec<&Issue> = issues.iter().filter(|issue| issue.level == level).collect();
        // One notice may be needed to say what was left out.
        let most = if level == IssueLevel::Note { MOST_OF_A_KIND - 1 } else { MOST_OF_A_KIND };
        for issue in of_level.iter().take(most) {
            let at = issue.place.as_ref().map_or_else(String::new, |(path, line)| {
                format!("file={},line={line},", escape_property(&escape::terminal(path)))
            });
            out.push_str(&write_command(level, &at, &issue.title, &issue.text));
        }
        if of_level.len() > most {
            left_out.push((level, of_level.len() - most));
        }
    }
    if !left_out.is_empty() {
        let (title, text) = sum_up(&left_out);
        out.push_str(&write_command(IssueLevel::Note, "", &title, &text));
    }
    out
}

/// The word of GitHub for a level.
pub fn command_of(level: IssueLevel) -> &'static str {
    match level {
        IssueLevel::Error | IssueLevel::Warning => level.as_str(),
        IssueLevel::Note => "notice",
    }
}

/// One command and its line feed.
fn write_command(level: IssueLevel, at: &str, title: &str, text: &str) -> String {
    let title = escape_property(&escape::one_line(title, NAME_CHARS));
    format!("::{} {at}title={title}::{}\n", command_of(level), escape_data(text))
}

/// Escapes as the runner unescapes what stands after the second `::`.
fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes as the runner unescapes a property's value.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}
