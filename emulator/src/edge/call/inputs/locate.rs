//! The bytes of a file that a request names: from a part, a text or an address.

use std::borrow::Cow;

use bytes::Bytes;
use mockreel_contracts::contract::check::image::{PART_SCHEME, Slot, Transport};
use url::Url;

use crate::app::App;
use crate::edge::files;
use crate::loopback::is_loopback;
use crate::media;
use crate::media::fetch::{FetchError, FetchedKind};
use crate::settings::Images;

/// A file that a request names.
#[derive(Clone, Copy)]
pub(super) struct NamedFile<'a> {
    /// JSON Pointer into the request.
    pub(super) pointer: &'a str,
    /// The member's text.
    pub(super) text: &'a str,
    /// How it comes.
    pub(super) transport: Transport,
    /// The word for it in notes.
    pub(super) noun: &'static str,
    /// How it is fetched.
    pub(super) kind: FetchedKind,
}

impl<'a> NamedFile<'a> {
    /// The file in a slot.
    pub(super) fn new<R>(slot: &'a Slot<'_, R>, noun: &'static str, kind: FetchedKind) -> Self {
        Self { pointer: &slot.pointer, text: slot.text, transport: slot.transport, noun, kind }
    }

    /// Says that it could not be had.
    pub(super) fn note_absence(&self, why: &str) -> String {
        format!("{}: the {} could not be had: {why}", self.pointer, self.noun)
    }

    /// Says that its text could not be decoded.
    pub(super) fn note_unsound(&self, why: &str) -> String {
        format!("{}: the {} could not be decoded: {why}", self.pointer, self.noun)
    }
}

/// The bytes of a file, or why there are none.
pub(super) enum FileSource {
    Bytes(Cow<'static, [u8]>),
    Shared(Bytes),
    Assumed(String),
    Unreachable(String),
    /// It was not fetched for a limit of the emulator's own.
    NotFetched(String),
    Unsound(String),
}

/// Locates a file; `base` is the start of the addresses in the answer to the request, and `parts` are the files of
/// a form.
pub(super) async fn locate(app: &App, base: &str, file: NamedFile<'_>, parts: &[Bytes]) -> FileSource {
    match file.transport {
        Transport::Part => {
            let number = file.text.get(PART_SCHEME.len()..).and_then(|number| number.parse::<usize>().ok());
            match number.and_then(|number| parts.get(number)) {
                Some(part) => FileSource::Shared(part.clone()),
                None => FileSource::Unreachable("there is no such part".to_owned()),
            }
        }
        Transport::DataUri | Transport::Base64 => {
            let text = file.text.to_owned();
            let decoded = tokio::task::spawn_blocking(move || media::decode_text(&text)).await;
            match decoded {
                Ok(Ok(bytes)) => FileSource::Bytes(Cow::Owned(bytes)),
                Ok(Err(error)) => FileSource::Unsound(error.to_string()),
                Err(error) => FileSource::Unsound(error.to_string()),
            }
        }
        Transport::Url => locate_url(app, base, file).await,
    }
}

/// The path of one of the emulator's own addresses, if a text is one.
pub(super) fn find_own_path(app: &App, base: &str, text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    app.addresses().own_path(&url, base, &app.settings.vendors).map(str::to_owned)
}

async fn locate_url(app: &App, base: &str, file: NamedFile<'_>) -> FileSource {
    let noun = file.noun;
    let url = match Url::parse(file.text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        Ok(url) => {
            return FileSource::Unreachable(format!("`{}:` is no address of a {noun}", url.scheme()));
        }
        Err(error) => return FileSource::Unreachable(error.to_string()),
    };
    if let Some(path) = app.addresses().own_path(&url, base, &app.settings.vendors) {
        return match files::own_content(app, path).await {
            Some(bytes) => FileSource::Bytes(bytes),
            None => FileSource::Unreachable("answered with status 404".to_owned()),
        };
    }
    let assumed = |why: &str| {
        let host = url.host_str().unwrap_or_default();
        FileSource::Assumed(format!(
            "{}: the {noun} at {host} was not fetched ({why}) and stands for one that keeps every rule",
            file.pointer
        ))
    };
    let Some(fetcher) = app.fetcher.get() else { return assumed("no TLS settings") };
    let fetched = if is_loopback(&url) && app.addresses().loopback_only() {
        fetcher.fetch_loopback(url, file.kind).await
    } else {
        match app.settings.images {
            Images::Offline => return assumed("--images offline"),
            Images::Fetch => fetcher.fetch_public(url, file.kind).await,
        }
    };
    match fetched {
        Ok(bytes) => FileSource::Shared(bytes),
        Err(FetchError::OwnLimit(why)) => FileSource::NotFetched(why),
        Err(FetchError::Unreachable(why)) => FileSource::Unreachable(why),
    }
}
