//! Redaction: everything secret is taken out of an exchange before it is kept or shown.
//!
//! - By value: each secret of the run becomes a mark, wherever it is and however it is written: escaped or encoded, also
//!   several times over, backwards, in pieces or letter by letter, over several members, or a half of it where no words
//!   are written like that.
//! - By name: so does what a header, a member or a parameter calls a token, a password, a signature and the like.
//!   Numbers stay: `max_tokens` is no secret.
//! - In addresses: so do parameters that sign them.
//! - In running text: so does what stands behind such a name (`api_key=...`), and behind `Bearer`.
//! - By size: a run of base64 of 256 characters or more that was sent, and what a data URI holds, become
//!   `[base64, N bytes, sha256 D]`, wherever they stand in a text.
//!
//! Names, the order of members and all else stay as they were, so that what is kept is still evidence.
//! [`Secrets`] decides what is hidden, and [`Marks`] how that is shown: [`Redactor`] is for cassettes, where marks are
//! `[key]`, `[redacted]` and `[signed]`; the emulator's journal has marks of its own.

mod addresses;
mod assigned;
mod encoded;
mod marks;
mod members;
mod names;
mod pieces;
#[cfg(test)]
mod tests;
mod values;
mod views;
mod written;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::exchange::{
    Answer, Body, Content, Exchange, KeptAnswer, KeptRequest, Outgoing, Part, PartContent, WireError,
};
pub use encoded::{Encoding, short_digest};
pub use marks::{Clue, Marks, measure_size};
pub use names::{Secrecy, is_credential, split_credential};
pub use values::Secrets;

/// The longest text that is kept of one body, in bytes.
const TEXT_LIMIT_BYTES: usize = 64 * 1024;

/// The most that is kept of a body that is no text, in bytes.
const HEAD_LIMIT_BYTES: usize = 64 * 1024;

/// The shortest secret that can be told from ordinary text, in characters.
const SECRET_LIMIT: usize = 4;

/// Every word that the format itself may hold; a secret that is one of them could not be taken out.
const WORDS_OF_THE_FORMAT: &str = "\"number\":\"case\":\"at_ms\":\"took_ms\":\"request\":\"method\":\"url\":\
    \"headers\":\"body\":\"answer\":\"status\":\"error\":\"kind\":\"unreachable\":\"lost\":\"cassette\":\"why\":\
    \"empty\":\"json\":\"text\":\"bytes\":\"length\":\"head\":\"form\":true false null [key] [redacted] [signed] \
    [base64, N bytes, sha256 N] [percent-encoded, N bytes, sha256 N] [cut: N bytes more]";

/// Why a secret cannot be taken out of what is kept. The secret is not repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedactionError {
    /// Too short to be told from ordinary text.
    #[error(
        "expected a key of at least 4 characters, found {found}; use a longer one, or it cannot be redacted"
    )]
    TooShort {
        /// Its length in characters.
        found: usize,
    },
    /// It would not be told from what the format itself is written in.
    #[error(
        "expected a key that can be told from ordinary text, found one that is a word of the cassette's own or \
         holds a square bracket; use another key"
    )]
    Ordinary,
}

/// Knows the secrets of a run and takes them out of what is to be kept.
#[derive(Clone)]
pub struct Redactor {
    secrets: Secrets,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

/// Base64 in a text of an answer that is longer than this repeats an image that was sent.
const ECHO_BYTES: usize = 1024;

/// Which way a body went.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Sent,
    Received,
}

impl Default for Redactor {
    /// A redactor that knows no secrets and finds them by their names alone.
    fn default() -> Self {
        Self { secrets: Secrets::new::<&str>(&[], Marks::CASSETTE) }
    }
}

impl Redactor {
    /// A redactor for these secrets, which may be none.
    ///
    /// # Errors
    ///
    /// If a secret is too short, or too ordinary, to be found.
    pub fn new(secrets: &[&str]) -> Result<Self, RedactionError> {
        for secret in secrets {
            let found = secret.chars().count();
            if found < SECRET_LIMIT {
                return Err(RedactionError::TooShort { found });
            }
            // With a bracket in it, a secret could come about when another one is replaced.
            let ordinary = secret.contains(['[', ']'])
                || Secrets::new(&[secret], Marks::CASSETTE).are_in(WORDS_OF_THE_FORMAT);
            if ordinary {
                return Err(RedactionError::Ordinary);
            }
        }
        Ok(Self { secrets: Secrets::new(secrets, Marks::CASSETTE) })
    }

    /// What may be kept of an exchange: `number` is its place in the run, `at_ms` and `took_ms` count
    /// milliseconds from the start of the run and from the sending.
    pub fn keep(
        &self,
        number: u32,
        case: &str,
        at_ms: u64,
        took_ms: u64,
        request: &Outgoing,
        answer: &Result<Answer, WireError>,
    ) -> Exchange {
        let request = KeptRequest {
            method: request.method.clone(),
            url: self.text(&request.url),
            headers: self.headers(&request.headers),
            body: self.sent(&request.body),
        };
        let (answer, error) = match answer {
            Ok(answer) => (Some(self.answer(answer)), None),
            Err(error) => (None, Some(self.error(error))),
        };
        Exchange { number, case: case.to_owned(), at_ms, took_ms, request, answer, error }
    }

    /// A text as it may be kept: secrets by value, and what signs the addresses in it, replaced.
    pub fn text(&self, text: &str) -> String {
        self.secrets.hide_text(text).into_owned()
    }

    /// JSON as it may be kept, in its texts and in the names of its members.
    pub fn value(&self, value: &Value) -> Value {
        self.secrets.hide_members(value, Secrecy::None, &|text| self.text(text))
    }

    fn headers(&self, headers: &[(String, String)]) -> Vec<(String, String)> {
        headers.iter().map(|(name, value)| (self.text(name), self.header(name, value))).collect()
    }

    fn header(&self, name: &str, value: &str) -> String {
        self.secrets.hide_header(name, value).unwrap_or_else(|| self.text(value))
    }

    fn error(&self, error: &WireError) -> WireError {
        match error {
            WireError::Unreachable { why } => WireError::Unreachable { why: self.text(why) },
            WireError::Lost { why } => WireError::Lost { why: self.text(why) },
            WireError::Cassette { why } => WireError::Cassette { why: self.text(why) },
        }
    }

    fn sent(&self, body: &Body) -> Content {
        match body {
            Body::None => Content::Empty,
            Body::Json(value) => Content::Json(self.json(value, Way::Sent)),
            Body::Raw { content_type, bytes } => {
                self.content(bytes, content_type.as_deref().unwrap_or_default(), Way::Sent)
            }
            Body::Form(parts) => {
                Content::Form(parts.iter().map(|part| (self.text(&part.name), self.part(part))).collect())
            }
        }
    }

    fn part(&self, part: &Part) -> Content {
        match &part.content {
            PartContent::Text(text) => Content::Text(cut_text(self.named(&part.name, text))),
            PartContent::File { bytes, .. } => {
                Content::Bytes { length: bytes.len() as u64, head: String::new() }
            }
        }
    }

    fn answer(&self, answer: &Answer) -> KeptAnswer {
        let content_type = answer.header("content-type").unwrap_or_default();
        KeptAnswer {
            status: answer.status,
            headers: self.headers(&answer.headers),
            body: self.content(&answer.body, content_type, Way::Received),
        }
    }

    fn content(&self, bytes: &[u8], content_type: &str, way: Way) -> Content {
        if bytes.is_empty() {
            return Content::Empty;
        }
        let content_type = content_type.to_lowercase();
        // An object or a list is JSON whatever it is called; `404` may be a line of text.
        let nested = bytes.trim_ascii_start().first().is_some_and(|first| b"{[".contains(first));
        if (nested || content_type.contains("json"))
            && let Ok(value) = serde_json::from_slice::<Value>(bytes)
        {
            return Content::Json(self.json(&value, way));
        }
        let media = ["image/", "video/", "audio/", "application/octet-stream"];
        let is_media = media.iter().any(|kind| content_type.starts_with(kind));
        match str::from_utf8(bytes) {
            Ok(text) if !is_media && !text.contains('\0') => Content::Text(cut_text(self.string(text, way))),
            Ok(_) | Err(_) => Content::Bytes { length: bytes.len() as u64, head: self.head(bytes, way) },
        }
    }

    /// The beginning of bytes in base64, empty if there is a secret anywhere among them.
    fn head(&self, bytes: &[u8], way: Way) -> String {
        if way == Way::Sent || self.secrets.are_among(bytes) {
            return String::new();
        }
        let head = STANDARD.encode(&bytes[..bytes.len().min(HEAD_LIMIT_BYTES)]);
        // A short secret may be in the base64 by chance.
        if self.secrets.are_in(&head) { String::new() } else { head }
    }

    fn json(&self, value: &Value, way: Way) -> Value {
        self.secrets.hide_members(value, Secrecy::None, &|text| self.string(text, way))
    }

    fn named(&self, name: &str, text: &str) -> String {
        let hidden = self.secrets.hide_named(Secrecy::of(name), text);
        hidden.unwrap_or_else(|| self.string(text, Way::Sent))
    }

    fn string(&self, text: &str, way: Way) -> String {
        let hides_encoded = way == Way::Sent || text.len() > ECHO_BYTES;
        let text = if hides_encoded { self.secrets.hide_encoded(text) } else { text.into() };
        // JSON that is a string of other JSON stays as it is unless something has to be taken out of it by name.
        let inner = self.secrets.hide_quoted(&text, &|text| self.string(text, way));
        self.text(inner.as_deref().unwrap_or(&text))
    }
}

/// A text of at most 64 KiB, with a note if there was more. It is cut when nothing secret is left in it:
/// half a secret would not be found.
fn cut_text(mut text: String) -> String {
    if text.len() > TEXT_LIMIT_BYTES {
        let end = text.floor_char_boundary(TEXT_LIMIT_BYTES);
        let more = text.len() - end;
        text.truncate(end);
        text.push_str(&format!("[cut: {more} bytes more]"));
    }
    text
}
