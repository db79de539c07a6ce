//! Bodies as the journal shows them: JSON as JSON, read straight from the bytes into what is kept.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use bytes::Bytes;
use mockreel_evidence::redact::{Secrecy, short_digest};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::redact::{EntryRedactor, file};

/// About how much of a body is kept, in bytes. What goes beyond is counted.
const SHOWN_BYTES: usize = 64 * 1024;

/// How much of a body that cannot be read is shown, in characters.
const GLIMPSE_CHARACTERS: usize = 300;

/// What every value costs beside its text, in bytes.
const FLAT_BYTES: usize = 8;

/// A body on its way into the journal.
#[derive(Clone, Debug)]
pub(crate) enum LoggedBody {
    /// The bytes.
    Bytes(Bytes),
    /// The parts of a form.
    Form(Vec<FormPart>),
    /// A text in place of bytes that were not kept.
    Told(String),
}

/// A part of a form.
#[derive(Clone, Debug)]
pub(crate) struct FormPart {
    /// Its name.
    pub(crate) name: String,
    /// Its content.
    pub(crate) content: Bytes,
    /// Whether it is a file, as opposed to a text.
    pub(crate) is_file: bool,
}

impl LoggedBody {
    /// How many bytes have to be looked at.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Form(parts) => parts.iter().map(|part| part.content.len()).sum(),
            Self::Told(_) => 0,
        }
    }

    /// What is kept of it.
    pub(super) fn shown(&self, redactor: &EntryRedactor) -> Value {
        match self {
            Self::Told(text) => text.as_str().into(),
            Self::Form(parts) => form(parts, redactor),
            Self::Bytes(bytes) if bytes.is_empty() => Value::Null,
            Self::Bytes(bytes) => json(bytes, redactor).unwrap_or_else(|_| glimpse(bytes, redactor).into()),
        }
    }
}

fn form(parts: &[FormPart], redactor: &EntryRedactor) -> Value {
    let mut members = Map::new();
    let mut room = SHOWN_BYTES;
    for (index, part) in parts.iter().enumerate() {
        if room == 0 {
            members.insert("…".to_owned(), format!("<{} more parts>", parts.len() - index).into());
            break;
        }
        let shown = match std::str::from_utf8(&part.content) {
            Ok(text) if !part.is_file => redactor.named(Secrecy::of(&part.name), text),
            _ => file(&part.content),
        };
        room = room.saturating_sub(FLAT_BYTES + part.name.len() + shown.len());
        members.insert(redactor.text(&part.name), shown.into());
    }
    Value::Object(members)
}

fn json(bytes: &[u8], redactor: &EntryRedactor) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let room = Cell::new(SHOWN_BYTES);
    let shown = ShownJson { redactor, room: &room, secrecy: Secrecy::None }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(shown)
}

/// What can be said about bytes that are no JSON: how many, their digest, and how they begin if they are text.
fn glimpse(bytes: &[u8], redactor: &EntryRedactor) -> String {
    let summary = format!("<{} bytes, sha256 {}>", bytes.len(), short_digest(bytes));
    let text: Cow<'_, str> = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => String::from_utf8_lossy(&bytes[..bytes.len().min(4 * SHOWN_BYTES)]),
    };
    let text = redactor.hide_encoded(&text);
    let start: Vec<char> = text.chars().take(GLIMPSE_CHARACTERS).collect();
    let odd = |value: &&char| {
        **value == char::REPLACEMENT_CHARACTER || value.is_control() && !value.is_whitespace()
    };
    // A stray byte or two among letters is text that was damaged; more of them are no text.
    if start.iter().filter(odd).count() * 10 > start.len() {
        return summary;
    }
    let end = text.char_indices().nth(GLIMPSE_CHARACTERS).map_or(text.len(), |(at, _)| at);
    let more = if end < text.len() { "…" } else { "" };
    format!("{summary}: {}{more}", redactor.start(&text, end))
}

/// Reads one value into what is kept of it.
#[derive(Clone, Copy)]
struct ShownJson<'r> {
    redactor: &'r EntryRedactor,
    /// What may still be kept, in bytes.
    room: &'r Cell<usize>,
    /// That of the members in which it stands.
    secrecy: Secrecy,
}

impl ShownJson<'_> {
    fn take(&self, bytes: usize) {
        self.room.set(self.room.get().saturating_sub(FLAT_BYTES + bytes));
    }

    fn is_full(&self) -> bool {
        self.room.get() == 0
    }

    fn number(&self, number: Number) -> Value {
        self.take(0);
        self.redactor.number(number)
    }
}

impl<'de> DeserializeSeed<'de> for ShownJson<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ShownJson<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.take(0);
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.take(0);
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(self.number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(self.number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, |number| self.number(number)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        let shown = self.redactor.named(self.secrecy, text);
        self.take(shown.len());
        Ok(shown.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        self.take(0);
        let mut items = Vec::new();
        while !self.is_full() {
            match list.next_element_seed(self)? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
        let mut more = 0_usize;
        while list.next_element::<IgnoredAny>()?.is_some() {
            more += 1;
        }
        if more > 0 {
            items.push(format!("<{more} more items>").into());
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        self.take(0);
        let mut members = Map::new();
        while !self.is_full() {
            let Some(name) = map.next_key::<String>()? else { return Ok(Value::Object(members)) };
            self.take(name.len());
            // Whatever is in a member called so is as secret as a text would be.
            let secrecy = self.secrecy.max(Secrecy::of(&name));
            let value = map.next_value_seed(ShownJson { secrecy, ..self })?;
            members.insert(self.redactor.text(&name), value);
        }
        let mut more = 0_usize;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            more += 1;
        }
        if more > 0 {
            members.insert("…".to_owned(), format!("<{more} more members>").into());
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::journal::secrets::marker;

    fn redactor() -> EntryRedactor {
        EntryRedactor::new(&[("authorization".to_owned(), "Bearer 12345678".to_owned())], "/")
    }

    fn shown(text: &str) -> Value {
        LoggedBody::Bytes(Bytes::from(text.to_owned())).shown(&redactor())
    }

    #[test]
    fn json_is_shown_as_json_without_keys_in_names_texts_and_numbers() {
        let body = json!({"prompt": "a 12345678", "12345678": 12345678, "n": 5, "cfg": 0.5, "none": null,
            "api_key": "short", "list": [true, {"token": ["x"]}], "max_tokens": "120"});
        let key = marker("12345678");
        let mut expected = json!({"prompt": format!("a {key}")});
        expected[key.as_str()] = key.as_str().into();
        for (name, value) in [("n", json!(5)), ("cfg", json!(0.5)), ("none", Value::Null)] {
            expected[name] = value;
        }
        expected["api_key"] = marker("short").into();
        expected["list"] = json!([true, {"token": [marker("x")]}]);
        expected["max_tokens"] = "120".into();
        assert_eq!(shown(&body.to_string()), expected);
        assert_eq!(shown(""), Value::Null);
    }

    #[test]
    fn what_is_no_json_is_shown_by_size_digest_and_a_glimpse() {
        let text = r#"{"prompt": "a cat, 12345678"#;
        let told = format!(
            r#"<{} bytes, sha256 {}>: {{"prompt": "a cat, {}"#,
            text.len(),
            short_digest(text.as_bytes()),
            marker("12345678")
        );
        assert_eq!(shown(text), told);
        let bytes: Vec<u8> = (0..=255).collect();
        let told = format!("<256 bytes, sha256 {}>", short_digest(&bytes));
        assert_eq!(LoggedBody::Bytes(Bytes::from(bytes)).shown(&redactor()), told);
        let long = "word ".repeat(100);
        let told = shown(&long);
        assert!(told.as_str().unwrap().ends_with("word word …"), "{told}");
    }

    #[test]
    fn files_of_a_form_become_their_length_and_digest() {
        let part = |name: &str, content: &'static [u8], is_file| FormPart {
            name: name.to_owned(),
            content: Bytes::from_static(content),
            is_file,
        };
        let parts = vec![part("prompt", b"a 12345678", false), part("image", b"\x89PNG", true)];
        let shown = LoggedBody::Form(parts).shown(&redactor());
        let told = format!("<file: 4 bytes, sha256 {}>", short_digest(b"\x89PNG"));
        assert_eq!(shown, json!({"prompt": format!("a {}", marker("12345678")), "image": told}));
    }

    #[test]
    fn a_body_of_many_small_values_is_kept_in_part_and_counted() {
        let many = json!({"list": vec![0; 100_000], "after": 1});
        let shown = shown(&many.to_string());
        let list = shown["list"].as_array().unwrap();
        let kept = list.len() - 1;
        assert!(kept < 10_000, "{kept}");
        assert_eq!(list[kept], format!("<{} more items>", 100_000 - kept));
        assert_eq!(shown["…"], "<1 more members>");
    }
}
