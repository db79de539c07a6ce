//! The image rules of the stub: JPEG or PNG, at most 10 MiB, sides of at least 300 pixels, between 1:2.5 and 2.5:1.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, ImageReader};

/// What is wrong with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImageFault {
    Bytes,
    Format,
    Content,
    /// Both sides are too short.
    Sides,
    Width,
    Height,
    Wide,
    Tall,
}

/// Judges an image that came as an address, a data URI or base64. An address is believed.
pub(super) fn judge_image(text: &str) -> Option<ImageFault> {
    if text.starts_with("http://") || text.starts_with("https://") {
        return None;
    }
    let encoded = match text.strip_prefix("data:") {
        Some(rest) => match rest.split_once(";base64,") {
            Some((_, encoded)) => encoded,
            None => return Some(ImageFault::Content),
        },
        None => text,
    };
    let Ok(bytes) = STANDARD.decode(encoded) else { return Some(ImageFault::Content) };
    if bytes.len() > 10 << 20 {
        return Some(ImageFault::Bytes);
    }
    if bytes.starts_with(b"GIF8") || (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")) {
        return Some(ImageFault::Format);
    }
    let reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format().unwrap();
    match reader.format() {
        Some(ImageFormat::Jpeg | ImageFormat::Png) => {}
        Some(_) => return Some(ImageFault::Format),
        None => return Some(ImageFault::Content),
    }
    let Ok(image) = reader.decode() else { return Some(ImageFault::Content) };
    let (long, short) = (image.width().max(image.height()), image.width().min(image.height()));
    match (image.width() < 300, image.height() < 300) {
        (true, true) => Some(ImageFault::Sides),
        (true, false) => Some(ImageFault::Width),
        (false, true) => Some(ImageFault::Height),
        (false, false) if u64::from(long) * 2 <= u64::from(short) * 5 => None,
        (false, false) if image.width() > image.height() => Some(ImageFault::Wide),
        (false, false) => Some(ImageFault::Tall),
    }
}
