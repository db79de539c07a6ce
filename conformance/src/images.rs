//! Images that the suite makes itself, of any size and weight.

use std::io::Cursor;
use std::sync::OnceLock;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use crate::profile::Image;

/// Bytes that a JPEG comment segment adds to the bytes it holds: marker and length.
const COMMENT_HEAD: usize = 4;

/// The most that a comment segment holds: its length, itself included, is written in two bytes.
const COMMENT_MOST: usize = 0xFFFF - 2;

/// An image that keeps every rule of every vendor: a JPEG of 640 by 480 pixels, a few kilobytes.
pub(crate) fn plain() -> Image {
    static MADE: OnceLock<Image> = OnceLock::new();
    MADE.get_or_init(|| jpeg(640, 480)).clone()
}

/// A JPEG of a size in pixels: a slope of colours.
pub(crate) fn jpeg(width: u32, height: u32) -> Image {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 60);
    slope(width, height).write_with_encoder(encoder).expect("a JPEG of sane size can be written to memory");
    Image { bytes, content_type: "image/jpeg", url: None }
}

/// A PNG of a size in pixels.
pub(crate) fn png(width: u32, height: u32) -> Image {
    let mut bytes = Cursor::new(Vec::new());
    slope(width, height)
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("a PNG of sane size can be written to memory");
    Image { bytes: bytes.into_inner(), content_type: "image/png", url: None }
}

/// The same JPEG made to weigh exactly so many bytes, by comments behind its first marker.
///
/// A target nearer than one empty comment to what it weighs already cannot be met; then it is met from below.
#[must_use]
pub(crate) fn weighing(mut image: Image, bytes: usize) -> Image {
    let mut missing = bytes.saturating_sub(image.bytes.len());
    let mut comments = Vec::with_capacity(missing);
    while missing >= COMMENT_HEAD {
        let mut held = (missing - COMMENT_HEAD).min(COMMENT_MOST);
        // What is left must be nothing, or enough for another comment.
        let left = missing - COMMENT_HEAD - held;
        if left > 0 && left < COMMENT_HEAD {
            held -= COMMENT_HEAD;
        }
        let length = u16::try_from(held + 2).expect("a comment is at most 65,533 bytes");
        comments.extend_from_slice(&[0xFF, 0xFE]);
        comments.extend_from_slice(&length.to_be_bytes());
        comments.resize(comments.len() + held, b' ');
        missing -= COMMENT_HEAD + held;
    }
    image.bytes.splice(2..2, comments);
    image
}

fn slope(width: u32, height: u32) -> DynamicImage {
    let shade =
        |place: u32, of: u32| u8::try_from(u64::from(place) * 255 / u64::from(of.max(1))).unwrap_or(255);
    let pixels = RgbImage::from_fn(width, height, |x, y| Rgb([shade(x, width), shade(y, height), 128]));
    DynamicImage::ImageRgb8(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_the_size_and_the_weight_asked_for() {
        for made in [jpeg(300, 750), png(1, 1), weighing(jpeg(40, 30), 10 * 1024 * 1024)] {
            image::load_from_memory(&made.bytes).unwrap();
        }
        for bytes in [70_000, 70_001, 131_072, 10 * 1024 * 1024, 10 * 1024 * 1024 + 1] {
            assert_eq!(weighing(jpeg(40, 30), bytes).bytes.len(), bytes);
        }
        let decoded = image::load_from_memory(&jpeg(300, 750).bytes).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (300, 750));
    }
}
