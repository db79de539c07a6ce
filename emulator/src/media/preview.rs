//! The preview of a caller's image: enough to make a clip of, and little enough to keep many.

use std::fmt;
use std::io::Cursor;
use std::sync::Arc;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, ImageReader, Rgb, RgbImage, Rgba};

/// The most that a preview takes, in bytes.
pub const PREVIEW_LIMIT_BYTES: usize = 192 * 1024;

/// Longest side in pixels and JPEG quality, tried in turn until the preview fits. The last always does: 64 by
/// 64 pixels are no more than 12 KiB even before they are compressed.
const ATTEMPTS: [(u32, u8); 10] = [
    (1280, 90),
    (1280, 78),
    (960, 78),
    (640, 82),
    (512, 80),
    (512, 65),
    (384, 60),
    (256, 55),
    (128, 50),
    (64, 40),
];

/// A small JPEG of an image, and how large the image was. A clone shares the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    jpeg: Arc<[u8]>,
    pixels: (u32, u32),
}

impl Preview {
    /// Takes up a preview that was stored: its [`jpeg`](Self::jpeg) and its [`pixels`](Self::pixels).
    ///
    /// `None` if the bytes are too many or no JPEG of at most 1280 by 1280 pixels, or if a side is nought.
    pub fn restore(jpeg: &[u8], pixels: (u32, u32)) -> Option<Self> {
        let preview = Self { jpeg: jpeg.into(), pixels };
        let sound = jpeg.len() <= PREVIEW_LIMIT_BYTES && pixels.0 > 0 && pixels.1 > 0;
        (sound && preview.image().is_some()).then_some(preview)
    }

    /// Shrinks an image; `pixels` is its own size. `None` only if the encoder fails, which it has no reason
    /// to.
    pub(super) fn shrink(image: &DynamicImage, pixels: (u32, u32)) -> Option<Self> {
        ATTEMPTS.into_iter().find_map(|(longest, quality)| {
            let jpeg = encode(&flatten(shrunk(image, longest)), quality)?;
            (jpeg.len() <= PREVIEW_LIMIT_BYTES).then(|| Self { jpeg: jpeg.into(), pixels })
        })
    }

    /// The preview itself, at most [`PREVIEW_LIMIT_BYTES`].
    pub fn jpeg(&self) -> &[u8] {
        &self.jpeg
    }

    /// Width and height of the original image, in pixels.
    pub fn pixels(&self) -> (u32, u32) {
        self.pixels
    }

    /// The bytes as they are shared between clones.
    pub(crate) fn shared(&self) -> &Arc<[u8]> {
        &self.jpeg
    }

    /// The same preview with bytes that are the same but shared with others.
    pub(super) fn sharing(self, jpeg: Arc<[u8]>) -> Self {
        Self { jpeg, ..self }
    }

    /// The preview's own pixels.
    pub(super) fn image(&self) -> Option<RgbImage> {
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(ATTEMPTS[0].0);
        limits.max_image_height = Some(ATTEMPTS[0].0);
        let mut reader = ImageReader::with_format(Cursor::new(&self.jpeg[..]), ImageFormat::Jpeg);
        reader.limits(limits);
        reader.decode().ok().map(DynamicImage::into_rgb8)
    }
}

impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = self.pixels;
        write!(f, "Preview({width}x{height} in {} bytes)", self.jpeg.len())
    }
}

/// Writes a JPEG; `None` only if the encoder fails (a side of nought or above 65,535).
pub(super) fn encode(image: &RgbImage, quality: u8) -> Option<Vec<u8>> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(image).ok()?;
    Some(jpeg)
}

fn shrunk(image: &DynamicImage, longest: u32) -> DynamicImage {
    if image.width() <= longest && image.height() <= longest {
        image.clone()
    } else {
        image.thumbnail(longest, longest)
    }
}

/// Lays an image with transparency on white, as a viewer would.
fn flatten(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let Rgba([red, green, blue, alpha]) = *image.get_pixel(x, y);
        let over = |channel: u8| {
            let (channel, alpha) = (u32::from(channel), u32::from(alpha));
            ((channel * alpha + 255 * (255 - alpha)) / 255) as u8
        };
        Rgb([over(red), over(green), over(blue)])
    })
}

#[cfg(test)]
mod tests {
    use image::RgbaImage;
    use proptest::prelude::*;

    use super::*;

    fn noise(width: u32, height: u32) -> DynamicImage {
        let mut random = crate::random::sketch(7);
        let bytes = (0..width * height * 3).map(|_| random.below(256) as u8).collect();
        RgbImage::from_raw(width, height, bytes).unwrap().into()
    }

    #[test]
    fn even_noise_fits() {
        for (width, height) in [(1200, 900), (640, 640), (3000, 40)] {
            let preview = Preview::shrink(&noise(width, height), (width, height)).unwrap();
            assert!(preview.jpeg().len() <= PREVIEW_LIMIT_BYTES);
            assert!(preview.jpeg().len() > 2_000, "shrunk further than it had to be");
        }
    }

    #[test]
    fn a_small_image_is_not_blown_up() {
        let preview = Preview::shrink(&noise(30, 20), (30, 20)).unwrap();
        assert_eq!(preview.image().unwrap().dimensions(), (30, 20));
    }

    #[test]
    fn transparency_lies_on_white() {
        let clear = DynamicImage::from(RgbaImage::from_pixel(64, 64, Rgba([200, 0, 0, 0])));
        let shown = Preview::shrink(&clear, (64, 64)).unwrap().image().unwrap();
        assert!(shown.pixels().all(|pixel| pixel.0.iter().all(|&channel| channel > 250)));
    }

    #[test]
    fn a_stored_preview_is_taken_up_again_unless_it_is_damaged() {
        let preview = Preview::shrink(&noise(300, 200), (3000, 2000)).unwrap();
        assert_eq!(Preview::restore(preview.jpeg(), preview.pixels()), Some(preview.clone()));
        assert_eq!(Preview::restore(b"no picture", (3, 2)), None);
        assert_eq!(Preview::restore(preview.jpeg(), (0, 2)), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_aspect_is_kept(width in 1_u32..2000, height in 1_u32..300) {
            let image = DynamicImage::from(RgbImage::new(width, height));
            let (w, h) = Preview::shrink(&image, (width, height)).unwrap().image().unwrap().dimensions();
            prop_assert!(w.max(h) <= 1280);
            let off = (i64::from(w) * i64::from(height) - i64::from(h) * i64::from(width)).unsigned_abs();
            // Rounding a side moves it by less than a pixel, and no side goes below one.
            prop_assert!(off <= u64::from(width.max(height)));
        }
    }
}
