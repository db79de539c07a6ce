//! The images of a request, and the facts about them.

use bytes::Bytes;
use mockreel_contracts::contract::check::image::{Finding, ImageRole, Slot, Transport};
use mockreel_contracts::image::ImageFormat;

use super::locate::{FileSource, NamedFile, locate};
use crate::app::App;
use crate::edge::call::own_limit::OwnLimit;
use crate::media::fetch::FetchedKind;
use crate::media::{self, Inspected, Preview, Turning};

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
    pub(in crate::edge::call) own_limit: Option<OwnLimit>,
}

/// Inspects every image that a request names; `base` is the start of the addresses in its answer.
pub(in crate::edge::call) async fn inspect_all(
    app: &App,
    base: &str,
    slots: &[Slot<'_>],
    files: &[Bytes],
    turning: Turning,
) -> ImageFindings {
    let mut images = ImageFindings::default();
    let mut reference = None;
    for slot in slots {
        let file = NamedFile::new(slot, "picture", FetchedKind::Image);
        let is_text = matches!(slot.transport, Transport::DataUri | Transport::Base64);
        let located = if is_text && !slot.rules.transports.contains(&slot.transport) {
            // It is refused for how it comes, whatever is in it.
            FileSource::Assumed(format!("{}: not decoded", slot.pointer))
        } else {
            locate(app, base, file, files).await
        };
        if let FileSource::NotFetched(why) = &located {
            images.own_limit.get_or_insert_with(|| OwnLimit::Fetch(why.clone()));
        }
        let (finding, preview) = match located {
            FileSource::Bytes(bytes) => images.inspect_one(app, slot, bytes, turning).await,
            FileSource::Shared(bytes) => images.inspect_one(app, slot, bytes, turning).await,
            FileSource::Assumed(note) => {
                images.notes.push(note);
                (Finding::Assumed, None)
            }
            FileSource::Unreachable(why) | FileSource::NotFetched(why) => {
                images.notes.push(file.note_absence(&why));
                (Finding::Unreachable(why), None)
            }
            FileSource::Unsound(why) => {
                images.notes.push(file.note_unsound(&why));
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
