//! The body of a request as JSON, or multipart as JSON with handles.

use bytes::Bytes;
use futures_util::FutureExt;
use mockreel_contracts::Problem;
use mockreel_contracts::contract::check::image::PART_SCHEME;
use mockreel_contracts::contract::check::rules::kind_of;
use mockreel_contracts::problem::Malformation;
use serde_json::{Map, Value};
use tokio::sync::OwnedSemaphorePermit;

use super::own_limit::OwnLimit;
use super::request::CallContext;
use crate::edge::incoming::Received;
use crate::edge::incoming::bounds::{self, BoundExceeded, MAX_FORM_PARTS};
use crate::edge::incoming::large::{is_large, work_elsewhere};
use crate::journal::FormPart;

/// A body as JSON, with the files that came beside it.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// An object; files stand in it as handles (`cid:0`).
    pub(crate) json: Value,
    /// The files, by the number in their handle.
    pub(crate) files: Vec<Bytes>,
    /// The members in which they stand.
    names: Vec<String>,
    /// The names that came more than once.
    repeated: Vec<String>,
    /// Everything that stood in a form, as it came.
    pub(crate) parts: Vec<FormPart>,
    /// How long the body was, in bytes.
    pub(super) length: usize,
    /// The turn of a large body, until its members are judged.
    pub(super) turn: Option<OwnedSemaphorePermit>,
}

/// Why a body cannot be read.
#[derive(Debug, PartialEq, Eq)]
enum Unreadable {
    /// It is not what it claims to be.
    Malformed(Malformation),
    /// It may be, but holds more than the emulator reads.
    Beyond(BoundExceeded, Malformation),
}

impl From<Malformation> for Unreadable {
    fn from(malformation: Malformation) -> Self {
        Self::Malformed(malformation)
    }
}

/// What a part of a form is for, by the schema of the body.
enum PartUse {
    /// An image: it stays a file.
    Image,
    /// Another member: its content is the text of the member, for some clients send every part as a file.
    Text,
    /// A member that the vendor refuses to have: what is in it does not matter.
    Forbidden,
    /// Nothing that the schema knows.
    Undeclared,
}

impl PartUse {
    fn of(schema: Option<&Value>, name: &str) -> Self {
        let member = schema.and_then(|schema| schema.get("properties")?.get(name));
        match member {
            None => Self::Undeclared,
            Some(member) if member.get("x-image").is_some() => Self::Image,
            Some(member) if member.get("not").is_some() => Self::Forbidden,
            Some(_) => Self::Text,
        }
    }
}

impl Parsed {
    /// Puts the content of files back where no image is meant. Of a file that the schema does not declare, what
    /// is no text is dropped, as any member is that the vendor does not know.
    ///
    /// # Errors
    ///
    /// If the content of a member that is a text is none.
    pub(crate) fn restore_texts(&mut self, schema: Option<&Value>) -> Result<(), Malformation> {
        for (number, name) in self.names.iter().enumerate() {
            let handle = format!("{PART_SCHEME}{number}");
            if self.json.get(name).and_then(Value::as_str) != Some(handle.as_str()) {
                continue;
            }
            let text = std::str::from_utf8(&self.files[number]);
            match (PartUse::of(schema, name), text) {
                (PartUse::Image | PartUse::Forbidden, _) => {}
                (PartUse::Text | PartUse::Undeclared, Ok(text)) => self.json[name.as_str()] = text.into(),
                (PartUse::Text, Err(_)) => return Err(Malformation::NotUtf8),
                (PartUse::Undeclared, Err(_)) => {
                    if let Value::Object(members) = &mut self.json {
                        members.shift_remove(name);
                    }
                }
            }
        }
        Ok(())
    }

    /// A note about each part of a form that is not read as its client may think: a name that came more than once, a file
    /// that stands for a text, and one that the schema of the body does not declare.
    pub(crate) fn note_parts(&self, schema: Option<&Value>) -> Vec<String> {
        if self.names.is_empty() && self.repeated.is_empty() {
            return Vec::new();
        }
        let undeclared = |name: &&String| matches!(PartUse::of(schema, name), PartUse::Undeclared);
        let members = schema.and_then(|schema| schema.get("properties")?.as_object());
        let images = members.into_iter().flatten().filter(|(_, member)| member.get("x-image").is_some());
        let images: Vec<&str> = images.map(|(name, _)| name.as_str()).collect();
        let known = if images.is_empty() { "no file".to_owned() } else { images.join(", ") };
        let show = |name: &str| name.chars().take(NOTED_CHARACTERS).collect::<String>();
        let is_text = |name: &&String| matches!(PartUse::of(schema, name), PartUse::Text);
        let unexpected = self
            .names
            .iter()
            .filter(undeclared)
            .map(|name| format!("unexpected file part \"{}\"; the contract has {known}", show(name)));
        let texts = self.names.iter().filter(is_text).map(|name| {
            format!(
                "the file part \"{}\" is read as the text of that member; send it as a plain part",
                show(name)
            )
        });
        let repeated = self
            .repeated
            .iter()
            .map(|name| format!("the part \"{}\" came more than once: only the last is read", show(name)));
        let mut notes: Vec<String> = Vec::new();
        for note in unexpected.chain(texts).chain(repeated) {
            if notes.len() < NOTED_PARTS && !notes.contains(&note) {
                notes.push(note);
            }
        }
        notes
    }
}

/// The most parts of one form that are noted.
const NOTED_PARTS: usize = 10;

/// The most characters of a part's name that are noted.
const NOTED_CHARACTERS: usize = 100;

/// Parses the body of a request as what it claims to be. A large one waits for its turn, and is read elsewhere.
pub(super) async fn parse_received(
    context: CallContext<'_>,
    media_types: &[String],
) -> Result<Parsed, Problem> {
    let CallContext { app, request, limit_bytes, .. } = context;
    let bytes = match &request.body {
        Received::Whole(bytes) => bytes.clone(),
        Received::TooLarge => {
            if context.contract().answers.max_body_bytes.is_none_or(|vendors| limit_bytes < vendors) {
                request.meet_limit(OwnLimit::BodyBytes(limit_bytes));
            }
            return Err(Problem::TooLarge { limit_bytes });
        }
        Received::Encoded(encoding, _) => {
            return Err(Problem::Malformed(Malformation::Encoding(encoding.clone())));
        }
        Received::Undecodable(why) => return Err(Problem::Malformed(Malformation::Json(why.clone()))),
        // Such a request is refused before its operation is looked at.
        Received::Broken | Received::Silent(_) | Received::Slow(..) => {
            return Err(Problem::Malformed(Malformation::Empty));
        }
    };
    let length = bytes.len();
    let turn = app.large_bodies.take_turn(length).await;
    let content_type = request.header("content-type");
    let parsed = if is_large(length) {
        let (content_type, taken) = (content_type.map(str::to_owned), media_types.to_vec());
        work_elsewhere(move || parse(bytes, content_type.as_deref(), &taken)).await
    } else {
        parse(bytes, content_type, media_types)
    };
    match parsed {
        Ok(parsed) => Ok(Parsed { length, turn, ..parsed }),
        Err(Unreadable::Malformed(malformation)) => Err(Problem::Malformed(malformation)),
        Err(Unreadable::Beyond(bound, malformation)) => {
            request.meet_limit(OwnLimit::Bound(bound));
            Err(Problem::Malformed(malformation))
        }
    }
}

/// Reads a body as one of the media types that an operation takes.
fn parse(body: Bytes, content_type: Option<&str>, taken: &[String]) -> Result<Parsed, Unreadable> {
    let essence = content_type.map(|text| text.split(';').next().unwrap_or_default().trim());
    let named = match essence {
        // Without a content type, a body is read as the JSON it most often is.
        None if taken.iter().any(|content| content == "application/json") => "application/json",
        None => taken.first().map_or("", String::as_str),
        Some(essence) => essence,
    };
    if body.is_empty() {
        return Err(Malformation::Empty.into());
    }
    let Some(named) = taken.iter().find(|content| content.eq_ignore_ascii_case(named)) else {
        return Err(Malformation::MediaType(content_type.map(str::to_owned)).into());
    };
    match named.as_str() {
        "multipart/form-data" => {
            // All of it is there, so that there is nothing to wait for.
            let form = parse_form(body, content_type.unwrap_or_default()).now_or_never();
            form.unwrap_or_else(|| Err(Malformation::Multipart("it does not end".to_owned()).into()))
        }
        _ => parse_json(&body),
    }
}

fn parse_json(body: &[u8]) -> Result<Parsed, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|_| Malformation::NotUtf8)?;
    let bound = bounds::check_json(body).err();
    if let Some(bound @ BoundExceeded::JsonValues) = bound {
        return Err(Unreadable::Beyond(bound, Malformation::Json(bound.to_string())));
    }
    let json: Value = serde_json::from_str(text).map_err(|error| {
        let malformation = Malformation::Json(error.to_string());
        match bound {
            Some(bound) => Unreadable::Beyond(bound, malformation),
            None => Unreadable::Malformed(malformation),
        }
    })?;
    if json.is_object() {
        Ok(Parsed { json, ..Parsed::default() })
    } else {
        Err(Malformation::NotAnObject(kind_of(&json)).into())
    }
}

/// A part is a file if it has a file name, or a type that is not text, or is no UTF-8: some clients leave the name out.
async fn parse_form(body: Bytes, content_type: &str) -> Result<Parsed, Unreadable> {
    let broken = |error: multer::Error| Malformation::Multipart(error.to_string());
    let boundary = multer::parse_boundary(content_type).map_err(broken)?;
    let whole = futures_util::stream::iter([Ok::<Bytes, std::convert::Infallible>(body)]);
    let mut form = multer::Multipart::new(whole, boundary);
    let mut json = Map::new();
    let mut files = Vec::new();
    let mut names = Vec::new();
    let mut parts = Vec::new();
    let mut repeated = Vec::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if parts.len() == MAX_FORM_PARTS {
            let bound = BoundExceeded::FormParts;
            return Err(Unreadable::Beyond(bound, Malformation::Multipart(bound.to_string())));
        }
        let Some(name) = field.name().map(str::to_owned) else {
            return Err(Malformation::Multipart("a part has no name".to_owned()).into());
        };
        let typed = field
            .content_type()
            .is_some_and(|kind| kind.type_() != "text" && kind.essence_str() != "application/json");
        let named = field.file_name().is_some();
        let content = field.bytes().await.map_err(broken)?;
        let text = std::str::from_utf8(&content).ok().filter(|_| !named && !typed);
        parts.push(FormPart { name: name.clone(), content: content.clone(), is_file: text.is_none() });
        if json.contains_key(&name) && !repeated.contains(&name) && repeated.len() < NOTED_PARTS {
            repeated.push(name.clone());
        }
        match text {
            Some(text) => json.insert(name, text.into()),
            None => {
                files.push(content);
                names.push(name.clone());
                json.insert(name, format!("{PART_SCHEME}{}", files.len() - 1).into())
            }
        };
    }
    Ok(Parsed { json: Value::Object(json), files, names, repeated, parts, ..Parsed::default() })
}

/// About how much memory a value takes: its texts, and a flat rate for everything else.
pub(in crate::edge) fn approximate_bytes(value: &Value) -> u64 {
    const FLAT: u64 = 32;
    FLAT + match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len() as u64,
        Value::Array(items) => items.iter().map(approximate_bytes).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len() as u64 + approximate_bytes(value)).sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn json_only() -> Vec<String> {
        vec!["application/json".to_owned()]
    }

    fn parsed(body: &'static [u8], kind: Option<&str>, taken: &[String]) -> Result<Parsed, Malformation> {
        parse(Bytes::from_static(body), kind, taken).map_err(|why| match why {
            Unreadable::Malformed(malformation) | Unreadable::Beyond(_, malformation) => malformation,
        })
    }

    #[test]
    fn whatever_is_no_object_is_told_apart() {
        let taken = json_only();
        assert_eq!(parsed(b"", None, &taken).unwrap_err(), Malformation::Empty);
        assert_eq!(parsed(b"[1]", None, &taken).unwrap_err(), Malformation::NotAnObject("array"));
        assert_eq!(parsed(b"\xff\xfe", None, &taken).unwrap_err(), Malformation::NotUtf8);
        assert!(matches!(parsed(b"{\"model\":", None, &taken).unwrap_err(), Malformation::Json(_)));
        assert!(matches!(parsed(b"{}", Some("text/plain"), &taken).unwrap_err(), Malformation::MediaType(_)));
        let deep: &'static [u8] = Box::leak(vec![b'['; 100_000].into_boxed_slice());
        assert!(matches!(parsed(deep, None, &taken).unwrap_err(), Malformation::Json(_)));
    }

    #[test]
    fn a_form_becomes_json_with_handles_for_its_files() {
        let form = b"--b\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na cat\r\n\
            --b\r\nContent-Disposition: form-data; name=\"input_image\"\r\n\r\n\x89PNG\xff\r\n\
            --b\r\nContent-Disposition: form-data; name=\"tail_image\"; filename=\"t.png\"\r\n\r\ntext\r\n--b--\r\n";
        let taken = vec!["multipart/form-data".to_owned()];
        let read = parsed(form, Some("multipart/form-data; boundary=b"), &taken).unwrap();
        assert_eq!(read.json, json!({"prompt": "a cat", "input_image": "cid:0", "tail_image": "cid:1"}));
        assert_eq!(read.files, [Bytes::from_static(b"\x89PNG\xff"), Bytes::from_static(b"text")]);
        let mut settled = read;
        let image = json!({"properties": {"input_image": {"x-image": {}}}});
        settled.restore_texts(Some(&image)).unwrap();
        assert_eq!(settled.json, json!({"prompt": "a cat", "input_image": "cid:0", "tail_image": "text"}));
        let forbidden = json!({"properties": {"input_image": {"not": {}}}});
        settled.restore_texts(Some(&forbidden)).unwrap();
        assert_eq!(settled.json["input_image"], "cid:0", "it is there, and is refused for that");
        let text = json!({"properties": {"input_image": {"type": "string"}}});
        assert_eq!(settled.restore_texts(Some(&text)).unwrap_err(), Malformation::NotUtf8);
        settled.restore_texts(Some(&json!({"properties": {}}))).unwrap();
        assert_eq!(settled.json, json!({"prompt": "a cat", "tail_image": "text"}));
        let broken = parsed(b"--b\r\nnonsense", Some("multipart/form-data; boundary=b"), &taken);
        assert!(matches!(broken.unwrap_err(), Malformation::Multipart(_)));
        let without = parsed(b"x", Some("multipart/form-data"), &taken);
        assert!(matches!(without.unwrap_err(), Malformation::Multipart(_)));
    }
}
