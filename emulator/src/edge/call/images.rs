//! The images of a request: their bytes from a part, a text or an address, and the facts about them.

use std::borrow::Cow;

use bytes::Bytes;
use mockreel_contracts::contract::check::image::{Finding, ImageRole, PART_SCHEME, Slot, Transport};
use mockreel_contracts::image::ImageFormat;
use url::Url;

use super::own_limit::OwnLimit;
use crate::app::App;
use crate::edge::files;
use crate::loopback::is_loopback;
use crate::media::fetch::FetchError;
use crate::media::{self, Inspected, Preview, Turning};
use crate::settings::Images;

/// The findings about the images of a request.
#[derive(Debug, Default)]
pub(in crate::edge) struct ImageFindings {
    /// One for each slot, in order.
    pub(in crate::edge) findings: Vec<Finding>,
    /// The image for the first frame; without one, the first that shows what is to be in the video.
    pub(in crate::edge) start: Option<Preview>,
    /// The image for the last frame.
    pub(in crate::edge) tail: Option<Preview>,
    /// What a developer should know.
    pub(in crate::edge) notes: Vec<String>,
    /// The first limit of the emulator's own for which an image was not looked at.
    pub(super) own_limit: Option<OwnLimit>,
}

/// The bytes of an image, or why there are none.
enum ImageSource {
    Bytes(Cow<'static, [u8]>),
    Shared(Bytes),
    Assumed(String),
    Unreachable(String),
    /// It was not fetched for a limit of the emulator's own.
    NotFetched(String),
    Unsound(String),
}

/// Inspects every image that a request names; `base` is the start of the addresses in its answer.
pub(super) async fn inspect_all(
    app: &App,
    base: &str,
    slots: &[Slot<'_>],
    files: &[Bytes],
    turning: Turning,
) -> ImageFindings {
    let mut images = ImageFindings::default();
    let mut reference = None;
    for slot in slots {
        let located = locate(app, base, slot, files).await;
        if let ImageSource::NotFetched(why) = &located {
            images.own_limit.get_or_insert_with(|| OwnLimit::Fetch(why.clone()));
        }
        let (finding, preview) = match located {
            ImageSource::Bytes(bytes) => images.inspect_one(app, slot, bytes, turning).await,
            ImageSource::Shared(bytes) => images.inspect_one(app, slot, bytes, turning).await,
            ImageSource::Assumed(note) => {
                images.notes.push(note);
                (Finding::Assumed, None)
            }
            ImageSource::Unreachable(why) | ImageSource::NotFetched(why) => {
                images.notes.push(format!("{}: the picture could not be had: {why}", slot.pointer));
                (Finding::Unreachable(why), None)
            }
            ImageSource::Unsound(why) => {
                images.notes.push(format!("{}: the picture could not be decoded: {why}", slot.pointer));
                (Finding::Unsound(why), None)
            }
        };
        match slot.rules.role {
            ImageRole::First => images.start = images.start.or(preview),
            ImageRole::Tail => images.tail = images.tail.or(preview),
            ImageRole::Mask => {}
            ImageRole::Reference => reference = reference.or(preview),
        }
        images.findings.push(finding);
    }
    images.start = images.start.or(reference);
    images
}

impl ImageFindings {
    /// Decoding takes milliseconds to seconds, so it happens off the threads that answer polls; and as
    /// one image can take hundreds of megabytes while it lasts, only a few at once.
    async fn inspect_one<B: AsRef<[u8]> + Send + 'static>(
        &mut self,
        app: &App,
        slot: &Slot<'_>,
        bytes: B,
        turning: Turning,
    ) -> (Finding, Option<Preview>) {
        let _turn = app.inspections.acquire().await;
        let inspection =
            tokio::task::spawn_blocking(move || media::inspect_turning(bytes.as_ref(), turning)).await;
        match inspection {
            Ok(inspected) => {
                self.note_facts(slot, &inspected, turning);
                let preview = inspected.preview.map(|preview| app.album.keep(preview));
                (Finding::Seen(inspected.facts), preview)
            }
            Err(_) => (Finding::Unsound("the picture could not be looked at".to_owned()), None),
        }
    }

    /// Says what a refusal in the vendor's words does not.
    fn note_facts(&mut self, slot: &Slot<'_>, inspected: &Inspected, turning: Turning) {
        let (pointer, format) = (&slot.pointer, inspected.facts.format);
        if !slot.rules.formats.iter().any(|taken| taken == format.word()) {
            let taken = slot.rules.formats.join(", ");
            let found = if format == ImageFormat::Unknown { "of no known type" } else { format.word() };
            self.notes.push(format!("{pointer}: the picture is {found}; types that are taken: {taken}"));
        } else if let Some(limit) = inspected.own_limit {
            self.own_limit.get_or_insert(OwnLimit::Image(limit));
        }
        if inspected.orientation > 1 {
            let shown = match turning {
                Turning::Stored => "it is shown as stored (option `exif_orientation`)",
                Turning::Turned => "it is turned",
            };
            let asked = inspected.orientation;
            self.notes
                .push(format!("{pointer}: this image asks to be turned (orientation {asked}); {shown}"));
        }
    }
}

async fn locate(app: &App, base: &str, slot: &Slot<'_>, files: &[Bytes]) -> ImageSource {
    match slot.transport {
        Transport::Part => {
            let number = slot.text.get(PART_SCHEME.len()..).and_then(|number| number.parse::<usize>().ok());
            match number.and_then(|number| files.get(number)) {
                Some(file) => ImageSource::Shared(file.clone()),
                None => ImageSource::Unreachable("there is no such part".to_owned()),
            }
        }
        Transport::DataUri | Transport::Base64 => {
            if !slot.rules.transports.contains(&slot.transport) {
                // It is refused for how it comes, whatever is in it.
                return ImageSource::Assumed(format!("{}: not decoded", slot.pointer));
            }
            let text = slot.text.to_owned();
            let decoded = tokio::task::spawn_blocking(move || media::decode_text(&text)).await;
            match decoded {
                Ok(Ok(bytes)) => ImageSource::Bytes(Cow::Owned(bytes)),
                Ok(Err(error)) => ImageSource::Unsound(error.to_string()),
                Err(error) => ImageSource::Unsound(error.to_string()),
            }
        }
        Transport::Url => locate_url(app, base, slot).await,
    }
}

async fn locate_url(app: &App, base: &str, slot: &Slot<'_>) -> ImageSource {
    let url = match Url::parse(slot.text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        Ok(url) => {
            return ImageSource::Unreachable(format!("`{}:` is no address of a picture", url.scheme()));
        }
        Err(error) => return ImageSource::Unreachable(error.to_string()),
    };
    if let Some(path) = app.addresses().own_path(&url, base, &app.settings.vendors) {
        return match files::own_content(app, path).await {
            Some(bytes) => ImageSource::Bytes(bytes),
            None => ImageSource::Unreachable("answered with status 404".to_owned()),
        };
    }
    let assumed = |why: &str| {
        let host = url.host_str().unwrap_or_default();
        ImageSource::Assumed(format!(
            "{}: the picture at {host} was not fetched ({why}) and stands for one that keeps every rule",
            slot.pointer
        ))
    };
    let Some(fetcher) = &app.fetcher else { return assumed("no TLS settings") };
    let fetched = if is_loopback(&url) && app.addresses().loopback_only() {
        fetcher.loopback_image(url).await
    } else {
        match app.settings.images {
            Images::Offline => return assumed("--images offline"),
            Images::Fetch => fetcher.public_image(url).await,
        }
    };
    match fetched {
        Ok(bytes) => ImageSource::Shared(bytes),
        Err(FetchError::OwnLimit(why)) => ImageSource::NotFetched(why),
        Err(FetchError::Unreachable(why)) => ImageSource::Unreachable(why),
    }
}
