//! The line of an entry in the program's log: who was asked for what, the status, and the reason in words.

use std::fmt::Write as _;

use serde_json::Value;

use super::entry::JournalEntry;

/// The longest text of a line that comes from outside, in characters.
const MAX_CHARACTERS: usize = 200;

/// Logs an entry: a line at level `info`, with what was sent and answered at level `debug`.
///
/// What is logged went through the journal's redaction.
pub(super) fn log_entry(entry: &JournalEntry) {
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    tracing::info!("{}", describe_entry(entry));
    if tracing::enabled!(tracing::Level::DEBUG) {
        let whole = entry.json();
        tracing::debug!("#{} request {} answer {}", entry.id, whole["request"], whole["answer"]);
    }
}

/// The line of an entry.
fn describe_entry(entry: &JournalEntry) -> String {
    let vendor = entry.vendor.as_deref().unwrap_or("-");
    let mut line = format!(
        "#{} {vendor} {} {} {} in {}.{:03} ms",
        entry.id,
        entry.method,
        shorten(&entry.path),
        entry.status,
        entry.duration_us / 1_000,
        entry.duration_us % 1_000,
    );
    // Writing to a String cannot fail.
    let _ = match (entry.operation, &entry.job) {
        (Some(operation), Some(job)) => write!(line, " ({operation} {job})"),
        (Some(operation), None) => write!(line, " ({operation})"),
        (None, _) => Ok(()),
    };
    for violation in entry.violations() {
        let _ = write!(line, "; {}", word_reason(&violation));
    }
    for scenario in &entry.scenarios {
        let _ = write!(line, "; scenario {}", shorten(scenario));
    }
    for note in entry.notes() {
        let _ = write!(line, "; note: {}", shorten(&note));
    }
    line
}

/// A broken rule in words: where, what was expected, what came.
fn word_reason(violation: &Value) -> String {
    let text = |name: &str| match &violation[name] {
        Value::Null => None,
        Value::String(text) => Some(shorten(text)),
        other => Some(shorten(&other.to_string())),
    };
    let place = text("pointer").filter(|pointer| !pointer.is_empty()).or_else(|| text("rule"));
    let mut reason = place.unwrap_or_default();
    for (word, name) in [(": expected ", "expected"), (", received ", "received")] {
        if let Some(text) = text(name) {
            reason.push_str(word);
            reason.push_str(&text);
        }
    }
    reason
}

/// A text on one line, and not too long.
fn shorten(text: &str) -> String {
    let mut plain: String = text.chars().map(|each| if each.is_control() { ' ' } else { each }).collect();
    if let Some((end, _)) = plain.char_indices().nth(MAX_CHARACTERS) {
        plain.truncate(end);
        plain.push('…');
    }
    plain
}
