//! Finding out about the images of a request: bytes from wherever they are, then facts.

use std::borrow::Cow;

use bytes::Bytes;
use mockreel_contracts::contract::check::image::{Finding, ImageRole, PART_SCHEME, Slot, Transport};
use url::Url;

use super::{Shared, fetch};
use crate::media::{self, Preview};
use crate::settings::Images;

/// What was found out about the images of a request.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// One for each slot, in order.
    pub(crate) findings: Vec<Finding>,
    /// The image for the first frame; without one, the first that shows what is to be in the video.
    pub(crate) start: Option<Preview>,
    /// The image for the last frame.
    pub(crate) tail: Option<Preview>,
    /// What a developer should know.
    pub(crate) notes: Vec<String>,
}

/// The bytes of an image, or why there are none.
enum Located {
    Bytes(Cow<'static, [u8]>),
    Held(Bytes),
    Assumed(String),
    Unreachable(String),
    Unsound(String),
}

/// Looks at every image that a request names; `base` is the start of the addresses in its answer.
pub(crate) async fn look(shared: &Shared, base: &str, slots: &[Slot<'_>], files: &[Bytes]) -> Looked {
    let mut looked = Looked::default();
    let mut reference = None;
    for slot in slots {
        let located = locate(shared, base, slot, files).await;
        let (finding, preview) = match located {
            Located::Bytes(bytes) => inspected(shared, bytes).await,
            Located::Held(bytes) => inspected(shared, bytes).await,
            Located::Assumed(note) => {
                looked.notes.push(note);
                (Finding::Assumed, None)
            }
            Located::Unreachable(why) => {
                looked.notes.push(format!("{}: the picture could not be had: {why}", slot.pointer));
                (Finding::Unreachable(why), None)
            }
            Located::Unsound(why) => {
                looked.notes.push(format!("{}: the picture could not be decoded: {why}", slot.pointer));
                (Finding::Unsound(why), None)
            }
        };
        match slot.rules.role {
            ImageRole::First => looked.start = looked.start.or(preview),
            ImageRole::Tail => looked.tail = looked.tail.or(preview),
            ImageRole::Mask => {}
            ImageRole::Reference => reference = reference.or(preview),
        }
        looked.findings.push(finding);
    }
    looked.start = looked.start.or(reference);
    looked
}

/// Decoding takes milliseconds to seconds, so it happens off the threads that answer polls; and as
/// one image can take hundreds of megabytes while it lasts, only a few at once.
async fn inspected<B: AsRef<[u8]> + Send + 'static>(shared: &Shared, bytes: B) -> (Finding, Option<Preview>) {
    let _turn = shared.inspections.acquire().await;
    let looked = tokio::task::spawn_blocking(move || media::inspect(bytes.as_ref())).await;
    match looked {
        Ok(inspected) => {
            let preview = inspected.preview.map(|preview| shared.album.keep(preview));
            (Finding::Seen(inspected.facts), preview)
        }
        Err(_) => (Finding::Unsound("the picture could not be looked at".to_owned()), None),
    }
}

async fn locate(shared: &Shared, base: &str, slot: &Slot<'_>, files: &[Bytes]) -> Located {
    match slot.transport {
        Transport::Part => {
            let number = slot.text.get(PART_SCHEME.len()..).and_then(|number| number.parse::<usize>().ok());
            match number.and_then(|number| files.get(number)) {
                Some(file) => Located::Held(file.clone()),
                None => Located::Unreachable("there is no such part".to_owned()),
            }
        }
        Transport::DataUri | Transport::Base64 => {
            if !slot.rules.transports.contains(&slot.transport) {
                // It is refused for how it comes, whatever is in it.
                return Located::Assumed(format!("{}: not decoded", slot.pointer));
            }
            let text = slot.text.to_owned();
            let decoded = tokio::task::spawn_blocking(move || media::decode_text(&text)).await;
            match decoded {
                Ok(Ok(bytes)) => Located::Bytes(Cow::Owned(bytes)),
                Ok(Err(error)) => Located::Unsound(error.to_string()),
                Err(error) => Located::Unsound(error.to_string()),
            }
        }
        Transport::Url => by_url(shared, base, slot).await,
    }
}

async fn by_url(shared: &Shared, base: &str, slot: &Slot<'_>) -> Located {
    let url = match Url::parse(slot.text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        Ok(url) => return Located::Unreachable(format!("`{}:` is no address of a picture", url.scheme())),
        Err(error) => return Located::Unreachable(error.to_string()),
    };
    if let Some(path) = shared.addresses().own_path(&url, base, &shared.settings) {
        return match super::media::content(shared, path).await {
            Some(bytes) => Located::Bytes(bytes),
            None => Located::Unreachable("answered with status 404".to_owned()),
        };
    }
    let assumed = |why: &str| {
        let host = url.host_str().unwrap_or_default();
        Located::Assumed(format!(
            "{}: the picture at {host} was not fetched ({why}) and stands for one that keeps every rule",
            slot.pointer
        ))
    };
    let Some(fetcher) = &shared.fetcher else { return assumed("no TLS settings") };
    let fetched = if fetch::is_loopback(&url) && shared.addresses().loopback_only() {
        fetcher.loopback_image(url).await
    } else {
        match shared.settings.images {
            Images::Offline => return assumed("--images offline"),
            Images::Fetch => fetcher.public_image(url).await,
        }
    };
    match fetched {
        Ok(bytes) => Located::Held(bytes),
        Err(why) => Located::Unreachable(why),
    }
}
