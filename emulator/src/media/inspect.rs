//! Judges a caller's image by its bytes.

use std::fmt;
use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};
use mockreel_contracts::image::{ImageFacts, ImageFormat};

use super::entropy;
use super::header::{self, Header};
use super::preview::Preview;

/// The largest image that is decoded, in pixels (our choice: more than today's cameras commonly give).
const PIXELS_LIMIT: u64 = 64 << 20;

/// The same for a progressive JPEG, whose decoder keeps six more bytes per pixel than that of other images.
const PROGRESSIVE_PIXELS_LIMIT: u64 = 32 << 20;

/// The most memory that the decoded pixels may take, in bytes.
const DECODED_LIMIT_BYTES: u64 = 256 << 20;

/// What [`inspect`] found.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The facts on which the contracts judge.
    pub facts: ImageFacts,
    /// What is kept of the image; present exactly if it decodes.
    pub preview: Option<Preview>,
    /// How the image asks to be shown, as Exif counts it: 1 is as it is stored, 8 the last.
    pub orientation: u8,
    /// Set if it does not decode because of a limit that is ours and no vendor's.
    pub own_limit: Option<DecodeLimit>,
}

/// A limit of the emulator that no vendor states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeLimit {
    /// More pixels than this.
    Pixels(u64),
    /// More memory for the pixels than this, in bytes.
    Memory(u64),
    /// A lossless, hierarchical or arithmetic-coded JPEG.
    JpegKind,
}

impl fmt::Display for DecodeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pixels(limit) => {
                write!(f, "an image of more than {} Mi pixels is not decoded", limit >> 20)
            }
            Self::Memory(limit) => {
                write!(f, "an image whose pixels take more than {} MiB is not decoded", limit >> 20)
            }
            Self::JpegKind => f.write_str("a lossless, hierarchical or arithmetic-coded JPEG is not decoded"),
        }
    }
}

/// What becomes of an image that asks to be turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turning {
    /// It is shown as it is stored.
    Stored,
    /// It is turned.
    Turned,
}

/// Looks at an image: sniffs its type, reads its size from the header, decodes it, and keeps a preview.
///
/// Works for as long as decoding takes (a 12 megapixel photograph: about a tenth of a second), so call it off
/// the async threads. Takes at most some 350 MiB, and nothing in proportion to what a header merely claims:
/// images of more than 64 Mi pixels (progressive JPEG: 32 Mi) or 256 MiB of pixels do not decode.
///
/// `decodes` is `false` for GIF and BMP, which are not decoded here: judge `format` first. A JPEG or PNG
/// must have its end (EOI, IEND); what follows that is ignored. Damage inside a PNG is noticed by its check sums
/// (those of chunks that only describe the image are not looked at). A JPEG has none: missing data and impossible codes
/// are noticed, and surplus bytes before a marker are skipped as libjpeg does; no one can tell a flipped bit from another
/// colour.
///
pub fn inspect(bytes: &[u8]) -> Inspected {
    inspect_turning(bytes, Turning::Stored)
}

/// The same, with the image turned as it asks, if that is chosen. The facts are those of the image as it is stored.
pub fn inspect_turning(bytes: &[u8], turning: Turning) -> Inspected {
    let header = header::read(bytes);
    let decoded = decode(bytes, &header);
    let own_limit = decoded.as_ref().err().copied().flatten();
    let (image, orientation) =
        decoded.map_or((None, Orientation::NoTransforms), |(image, asked)| (Some(image), asked));
    let preview = image.zip(header.pixels).and_then(|(mut image, mut pixels)| {
        if turning == Turning::Turned {
            image.apply_orientation(orientation);
            pixels = (image.width(), image.height());
        }
        Preview::shrink(&image, pixels)
    });
    let facts = ImageFacts {
        format: header.format,
        bytes: bytes.len() as u64,
        pixels: header.pixels,
        decodes: preview.is_some(),
    };
    Inspected { facts, preview, orientation: orientation.to_exif(), own_limit }
}

/// The image, and how it asks to be shown; where it does not decode, the limit of ours that is to blame, if one is.
fn decode(bytes: &[u8], header: &Header) -> Result<(DynamicImage, Orientation), Option<DecodeLimit>> {
    let format = match header.format {
        ImageFormat::Jpeg => image::ImageFormat::Jpeg,
        ImageFormat::Png => image::ImageFormat::Png,
        ImageFormat::Webp => image::ImageFormat::WebP,
        ImageFormat::Gif | ImageFormat::Bmp | ImageFormat::Unknown => return Err(None),
    };
    let (width, height) = header.pixels.filter(|_| header.complete).ok_or(None)?;
    let most = if header.progressive { PROGRESSIVE_PIXELS_LIMIT } else { PIXELS_LIMIT };
    if u64::from(width) * u64::from(height) > most {
        return Err(Some(DecodeLimit::Pixels(most)));
    }
    if header.rare_jpeg {
        return Err(Some(DecodeLimit::JpegKind));
    }
    if format == image::ImageFormat::Jpeg && !entropy::sound(bytes) {
        return Err(None);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(width);
    limits.max_image_height = Some(height);
    limits.max_alloc = Some(DECODED_LIMIT_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let blame = |error: ImageError| match error {
        ImageError::Limits(_) => Some(DecodeLimit::Memory(DECODED_LIMIT_BYTES)),
        _ => None,
    };
    let mut decoder = reader.into_decoder().map_err(blame)?;
    // What cannot be read asks for nothing.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    if decoder.total_bytes() > DECODED_LIMIT_BYTES {
        return Err(Some(DecodeLimit::Memory(DECODED_LIMIT_BYTES)));
    }
    let image = DynamicImage::from_decoder(decoder).map_err(blame)?;
    if (image.width(), image.height()) == (width, height) { Ok((image, orientation)) } else { Err(None) }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use image::codecs::png::{CompressionType, FilterType, PngEncoder};
    use image::{ExtendedColorType, ImageEncoder, RgbImage};
    use proptest::prelude::*;

    use super::*;

    fn drawing(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 7) as u8, (y * 5) as u8, (x * y) as u8]))
    }

    fn encoded(width: u32, height: u32, format: image::ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        drawing(width, height).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    static JPEG: LazyLock<Vec<u8>> = LazyLock::new(|| encoded(40, 30, image::ImageFormat::Jpeg));
    static PNG: LazyLock<Vec<u8>> = LazyLock::new(|| encoded(40, 30, image::ImageFormat::Png));

    /// 8 by 8 pixels of grey, progressive, three components; written by hand with every table as short as can
    /// be.
    fn sof(marker: u8, width: u16, height: u16) -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, marker, 0, 17, 8];
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
        bytes.extend([0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0, 0xFF, 0xD9]);
        bytes
    }

    #[test]
    fn a_sound_image_decodes_and_leaves_a_preview() {
        for (bytes, format) in [(&*JPEG, ImageFormat::Jpeg), (&*PNG, ImageFormat::Png)] {
            let seen = inspect(bytes);
            let facts =
                ImageFacts { format, bytes: bytes.len() as u64, pixels: Some((40, 30)), decodes: true };
            assert_eq!(seen.facts, facts);
            assert_eq!(seen.preview.unwrap().pixels(), (40, 30));
        }
    }

    #[test]
    fn no_strict_prefix_of_an_image_decodes() {
        for bytes in [&*JPEG, &*PNG] {
            for length in 0..bytes.len() {
                assert!(!inspect(&bytes[..length]).facts.decodes, "{length} of {} bytes", bytes.len());
            }
        }
    }

    #[test]
    fn a_truncated_image_still_tells_its_size() {
        for bytes in [&*JPEG, &*PNG] {
            assert_eq!(inspect(&bytes[..bytes.len() - 5]).facts.pixels, Some((40, 30)));
        }
    }

    #[test]
    fn what_follows_the_end_of_an_image_is_ignored() {
        for bytes in [&*JPEG, &*PNG] {
            let longer = [bytes.as_slice(), b"\xFF\xD8 and more"].concat();
            assert!(inspect(&longer).facts.decodes);
        }
    }

    #[test]
    fn surplus_bytes_before_the_end_of_a_jpeg_do_not_spoil_it() {
        let (data, end) = JPEG.split_at(JPEG.len() - 2);
        let clean = inspect(&JPEG).preview.unwrap();
        for surplus in [&b"\x11"[..], &[0x11; 16], &[0x11; 70_000], &[0; 16], b"\xFF\x00\x11\x22"] {
            let seen = inspect(&[data, surplus, end].concat());
            assert!(seen.facts.decodes, "{} bytes", surplus.len());
            assert_eq!(seen.preview.unwrap().pixels(), clean.pixels());
        }
    }

    #[test]
    fn an_end_without_an_image_does_not_decode() {
        assert!(!inspect(b"\xFF\xD8\xFF\xD9").facts.decodes);
        assert!(!inspect(b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\xAE\x42\x60\x82").facts.decodes);
        assert!(!inspect(b"").facts.decodes);
    }

    #[test]
    fn a_header_that_claims_too_much_is_believed_but_not_decoded() {
        for marker in [0xC0, 0xC2] {
            let facts = inspect(&sof(marker, 60_000, 60_000)).facts;
            assert_eq!((facts.pixels, facts.decodes), (Some((60_000, 60_000)), false));
        }
        let mut png = PNG.clone();
        png[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        png[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        let facts = inspect(&png).facts;
        assert_eq!((facts.pixels, facts.decodes), (Some((60_000, 60_000)), false));
    }

    #[test]
    fn a_sound_image_with_too_many_pixels_is_measured_but_not_decoded() {
        let side = 8_200;
        let mut png = Vec::new();
        PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::NoFilter)
            .write_image(&vec![0; side * side], side as u32, side as u32, ExtendedColorType::L8)
            .unwrap();
        let facts = inspect(&png).facts;
        assert_eq!((facts.pixels, facts.decodes), (Some((8_200, 8_200)), false));
    }

    fn fixture(name: &str) -> Vec<u8> {
        crate::fixtures::find(name).unwrap().content().to_vec()
    }

    #[test]
    fn an_image_that_asks_to_be_turned_is_turned_only_where_that_is_chosen() {
        let jpeg = fixture("exif-rotated.jpg");
        let (stored, turned) = (inspect(&jpeg), inspect_turning(&jpeg, Turning::Turned));
        let (width, height) = stored.facts.pixels.unwrap();
        assert_eq!((stored.orientation, turned.orientation), (6, 6));
        assert_eq!(stored.facts, turned.facts, "rules are about the image as it is stored");
        assert_eq!(stored.preview.unwrap().pixels(), (width, height));
        assert_eq!(turned.preview.unwrap().pixels(), (height, width));
        assert_eq!(inspect(&JPEG).orientation, 1);
        // The same for a PNG with the chunk `eXIf`.
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0";
        encoder.set_exif_metadata(exif.to_vec()).unwrap();
        encoder.write_image(&drawing(40, 30), 40, 30, ExtendedColorType::Rgb8).unwrap();
        assert_eq!(inspect(&png).orientation, 3);
    }

    #[test]
    fn a_limit_of_our_own_is_named_and_damage_is_not_blamed_on_one() {
        let mut arithmetic = JPEG.clone();
        let frame = arithmetic.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        arithmetic[frame + 1] = 0xC9;
        assert_eq!(inspect(&arithmetic).own_limit, Some(DecodeLimit::JpegKind));
        assert_eq!(inspect(&sof(0xC0, 9_000, 9_000)).own_limit, Some(DecodeLimit::Pixels(64 << 20)));
        assert_eq!(inspect(&sof(0xC2, 8_000, 8_000)).own_limit, Some(DecodeLimit::Pixels(32 << 20)));
        for damaged in [&JPEG[..JPEG.len() - 9], &PNG[..PNG.len() - 3], b"GIF89a\x40\x01\xF0\x00\x00\x00\x00"]
        {
            assert_eq!(inspect(damaged).own_limit, None);
        }
        assert_eq!((inspect(&JPEG).own_limit, inspect(&PNG).own_limit), (None, None));
    }

    #[test]
    fn a_damaged_byte_inside_a_png_is_always_noticed() {
        for at in 8..PNG.len() {
            let mut bytes = PNG.clone();
            bytes[at] ^= 0x10;
            assert!(!inspect(&bytes).facts.decodes, "byte {at} of {}", PNG.len());
        }
    }

    #[test]
    fn a_jpeg_without_its_tables_does_not_decode() {
        let tables = JPEG.windows(2).position(|pair| pair == [0xFF, 0xC4]).unwrap();
        let scan = JPEG.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        let bytes = [&JPEG[..tables], &JPEG[scan..]].concat();
        assert!(!inspect(&bytes).facts.decodes);
    }

    #[test]
    fn a_jpeg_with_a_part_missing_does_not_decode() {
        let middle = JPEG.len() - 200;
        let bytes = [&JPEG[..middle], &JPEG[middle + 100..]].concat();
        assert!(!inspect(&bytes).facts.decodes);
    }

    #[test]
    fn a_webp_decodes_and_one_that_breaks_off_does_not() {
        let webp = encoded(40, 30, image::ImageFormat::WebP);
        let seen = inspect(&webp);
        assert_eq!((seen.facts.format, seen.facts.pixels), (ImageFormat::Webp, Some((40, 30))));
        assert_eq!(seen.preview.unwrap().pixels(), (40, 30));
        for length in 0..webp.len() {
            assert!(!inspect(&webp[..length]).facts.decodes, "{length} of {} bytes", webp.len());
        }
        let fixture = crate::fixtures::find("picture.webp").unwrap().content();
        assert!(inspect(&fixture).facts.decodes);
    }

    #[test]
    fn other_formats_are_named_and_measured_but_not_decoded() {
        let facts = inspect(b"GIF89a\x40\x01\xF0\x00\x00\x00\x00").facts;
        assert_eq!((facts.format, facts.pixels, facts.decodes), (ImageFormat::Gif, Some((320, 240)), false));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
            start in 0_usize..6,
        ) {
            let starts: [&[u8]; 6] =
                [b"", b"\xFF\xD8\xFF", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X", b"GIF89a", b"BM"];
            let seen = inspect(&[starts[start], &bytes].concat());
            prop_assert_eq!(seen.facts.decodes, seen.preview.is_some());
        }

        #[test]
        fn no_damage_makes_it_panic(
            png in any::<bool>(),
            damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..12),
        ) {
            let mut bytes = if png { PNG.clone() } else { JPEG.clone() };
            for (at, value) in damage {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            let seen = inspect(&bytes);
            prop_assert_eq!(seen.facts.bytes, bytes.len() as u64);
        }
    }
}
