//! Notes about a request: what a developer should know, without secrets and bounded as soon as they are written.

use std::sync::{Arc, OnceLock};

use crate::journal::EntryRedactor;
use crate::journal::RequestHead;

/// How many different warnings are kept of one request. Jobs keep them, and a prompt may have megabytes.
const MAX_WARNINGS: usize = 10;

/// How many notes are kept of one request beside its warnings.
const MAX_NOTES: usize = 20;

/// The longest note, in characters.
const NOTE_CHARACTERS: usize = 600;

/// How much of a text of the caller's is repeated in a note, in characters.
const QUOTED_CHARACTERS: usize = 60;

/// The longest line of warnings, in bytes: it goes into a header.
const LINE_BYTES: usize = 1_000;

/// How much of a note the line of warnings has, in characters.
const LINE_CHARACTERS: usize = 300;

/// The notes about one request. Warnings are those about orders that cannot be followed.
#[derive(Debug)]
pub(in crate::edge) struct Notes<'a> {
    head: &'a RequestHead,
    target: &'a str,
    redactor: OnceLock<Arc<EntryRedactor>>,
    warnings: Vec<String>,
    others: Vec<String>,
    dropped: usize,
}

impl<'a> Notes<'a> {
    /// Those about a request with this head and this path and query.
    pub(in crate::edge) fn about(head: &'a RequestHead, target: &'a str) -> Self {
        let redactor = OnceLock::new();
        Self { head, target, redactor, warnings: Vec::new(), others: Vec::new(), dropped: 0 }
    }

    /// Adds that an order cannot be followed. The same is said once.
    pub(in crate::edge) fn add_warning(&mut self, text: &str) {
        let text = self.write_note(text);
        if self.warnings.contains(&text) {
            return;
        }
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(text);
        } else {
            self.dropped += 1;
        }
    }

    /// Adds what else is worth knowing.
    pub(in crate::edge) fn add_note(&mut self, text: &str) {
        if self.others.len() < MAX_NOTES {
            let text = self.write_note(text);
            self.others.push(text);
        }
    }

    /// A text without the secrets of the request.
    pub(in crate::edge) fn hide_secrets(&self, text: &str) -> String {
        self.redactor().text(text)
    }

    /// The start of a text of the caller's, without secrets.
    pub(in crate::edge) fn quote_start(&self, text: &str) -> String {
        match text.char_indices().nth(QUOTED_CHARACTERS) {
            None => self.hide_secrets(text),
            Some((end, _)) => format!("{}…", self.redactor().start(text, end)),
        }
    }

    /// Every note, the warnings first.
    pub(in crate::edge) fn list_texts(&self) -> Vec<String> {
        let mut texts = self.warnings.clone();
        texts.extend(self.more_text());
        texts.extend(self.others.iter().cloned());
        texts
    }

    /// The warnings as one line of ASCII, as it may stand in a header.
    pub(in crate::edge) fn write_line(&self) -> Option<String> {
        let mut line = String::new();
        for warning in &self.warnings {
            let text = to_ascii(&cut_text(warning, LINE_CHARACTERS));
            let joint = if line.is_empty() { "" } else { "; " };
            if line.len() + joint.len() + text.len() > LINE_BYTES - 100 {
                line.push_str("; and more, see the journal");
                return Some(line);
            }
            line.push_str(joint);
            line.push_str(&text);
        }
        line.extend(self.more_text().map(|more| format!("; {more}")));
        (!line.is_empty()).then_some(line)
    }

    fn more_text(&self) -> Option<String> {
        (self.dropped > 0).then(|| format!("and {} more orders that cannot be followed", self.dropped))
    }

    fn write_note(&self, text: &str) -> String {
        cut_text(&self.hide_secrets(text), NOTE_CHARACTERS)
    }

    fn redactor(&self) -> &EntryRedactor {
        self.redactor.get_or_init(|| self.head.redactor(self.target))
    }
}

fn cut_text(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// A text in which everything but visible ASCII is escaped.
fn to_ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' '..='~' => plain.push(character),
            '…' => plain.push_str("..."),
            '\n' | '\r' | '\t' => plain.push(' '),
            other => plain.extend(other.escape_unicode()),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers() -> Vec<(String, String)> {
        vec![("authorization".to_owned(), "Bearer my-secret-key".to_owned())]
    }

    #[test]
    fn a_note_holds_no_key_wherever_it_is_cut() {
        let head = RequestHead::from(headers());
        for before in 0..70 {
            let mut notes = Notes::about(&head, "/");
            let text = format!("{}my-secret-key", "x".repeat(before));
            let quoted = notes.quote_start(&text);
            notes.add_warning(&format!("no `{quoted}`"));
            notes.add_note(&text.repeat(30));
            let told = notes.list_texts().join("\n");
            for part in ["my-secret", "my-s", "secret-key"] {
                assert!(!told.contains(part), "{before}: {told}");
            }
        }
    }

    #[test]
    fn warnings_are_said_once_and_counted_beyond_ten() {
        let head = RequestHead::from(headers());
        let mut notes = Notes::about(&head, "/");
        for number in 0..1_000 {
            notes.add_warning("the same");
            notes.add_warning(&format!("{number} {}", "é\n".repeat(1_000)));
        }
        let texts = notes.list_texts();
        assert_eq!(texts.len(), 11);
        assert_eq!(
            (texts[0].as_str(), texts[10].as_str()),
            ("the same", "and 991 more orders that cannot be followed")
        );
        let line = notes.write_line().unwrap();
        assert!(line.len() <= LINE_BYTES && line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        assert_eq!(Notes::about(&head, "/").write_line(), None);
    }
}
