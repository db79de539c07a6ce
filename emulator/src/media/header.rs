//! Reads what an image says of itself, without decoding a pixel.
//!
//! Sources: ITU-T T.81 annex B (JPEG markers), the PNG specification sections 5 and 11 (chunks), the GIF89a
//! specification section 18, RFC 9649 (WebP) and the layout of `BITMAPFILEHEADER`.

use mockreel_contracts::image::ImageFormat;

/// What the first bytes, and a walk over the segments, tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Sniffed from the first bytes.
    pub(super) format: ImageFormat,
    /// Width and height in pixels; `None` if absent or zero.
    pub(super) pixels: Option<(u32, u32)>,
    /// Whether the end of the image (EOI, IEND, the end of the container) was found; `false` for GIF and BMP, which
    /// are not walked.
    pub(super) complete: bool,
    /// Whether decoding needs all coefficients in memory at once, in addition to the pixels.
    pub(super) progressive: bool,
    /// Whether it is a JPEG that is lossless, hierarchical or arithmetic-coded.
    pub(super) rare_jpeg: bool,
}

/// Never panics and never allocates, whatever the bytes.
pub(super) fn read(bytes: &[u8]) -> Header {
    let format = sniff(bytes);
    let mut header = Header { format, pixels: None, complete: false, progressive: false, rare_jpeg: false };
    match format {
        ImageFormat::Jpeg => walk_jpeg(bytes, &mut header),
        ImageFormat::Png => walk_png(bytes, &mut header),
        ImageFormat::Gif => header.pixels = gif_pixels(bytes),
        ImageFormat::Webp => {
            header.pixels = webp_pixels(bytes);
            // The container says how long the rest is (RFC 9649, 2.3).
            let rest = le32(bytes, 4).and_then(|length| usize::try_from(length).ok());
            header.complete = rest.is_some_and(|length| length <= bytes.len().saturating_sub(8));
        }
        ImageFormat::Bmp => header.pixels = bmp_pixels(bytes),
        ImageFormat::Unknown => {}
    }
    header.pixels = header.pixels.filter(|&(width, height)| width > 0 && height > 0);
    header
}

fn sniff(bytes: &[u8]) -> ImageFormat {
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        ImageFormat::Jpeg
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        ImageFormat::Png
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        ImageFormat::Gif
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        ImageFormat::Webp
    } else if bytes.starts_with(b"BM") && bytes.len() >= 18 && big_enough_bmp_header(bytes) {
        ImageFormat::Bmp
    } else {
        ImageFormat::Unknown
    }
}

/// Two letters are too little to call something a bitmap, so the size of its second header must be a known
/// one.
fn big_enough_bmp_header(bytes: &[u8]) -> bool {
    matches!(le32(bytes, 14), Some(12 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// Follows the markers up to EOI. Bytes between segments that are no marker are skipped, as decoders do.
fn walk_jpeg(bytes: &[u8], header: &mut Header) {
    let mut at = 2;
    while let Some((marker, after)) = next_marker(bytes, at) {
        match marker {
            0xD9 => {
                header.complete = true;
                return;
            }
            // TEM and the restart markers stand alone, and so does a stray SOI.
            0x01 | 0xD0..=0xD8 => at = after,
            _ => {
                let Some(length) = be16(bytes, after).filter(|&length| length >= 2) else { return };
                if matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
                    frame_header(bytes, after, marker, header);
                }
                at = after + length as usize;
            }
        }
    }
}

/// The next marker at or after `at`, and where its segment begins. Stuffed zeros and fill bytes are no
/// markers.
fn next_marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let rest = bytes.get(at..)?;
    let found = rest.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xFF))?;
    Some((rest[found + 1], at + found + 2))
}

fn frame_header(bytes: &[u8], after: usize, marker: u8, header: &mut Header) {
    if header.pixels.is_none()
        && let (Some(height), Some(width)) = (be16(bytes, after + 3), be16(bytes, after + 5))
    {
        header.pixels = Some((width, height));
        header.progressive = matches!(marker, 0xC2 | 0xC6 | 0xCA | 0xCE);
        header.rare_jpeg = !matches!(marker, 0xC0..=0xC2);
    }
}

/// The last chunk of every PNG: no data, its name, its check sum, which the decoder does not read.
const PNG_END: &[u8; 12] = b"\0\0\0\0IEND\xAE\x42\x60\x82";

/// Follows the chunks up to IEND; the decoder checks the sums of the others.
fn walk_png(bytes: &[u8], header: &mut Header) {
    if bytes.get(12..16) == Some(b"IHDR")
        && let (Some(width), Some(height)) = (be32(bytes, 16), be32(bytes, 20))
    {
        header.pixels = Some((width, height));
    }
    let mut at = 8_usize;
    while let (Some(length), Some(name)) = (be32(bytes, at), bytes.get(at + 4..at + 8)) {
        let Some(next) = at.checked_add(12).and_then(|end| end.checked_add(length as usize)) else { return };
        if next > bytes.len() {
            return;
        }
        if name == b"IEND" {
            header.complete = bytes[at..next] == *PNG_END;
            return;
        }
        at = next;
    }
}

fn gif_pixels(bytes: &[u8]) -> Option<(u32, u32)> {
    Some((le16(bytes, 6)?, le16(bytes, 8)?))
}

fn bmp_pixels(bytes: &[u8]) -> Option<(u32, u32)> {
    if le32(bytes, 14)? == 12 {
        return Some((le16(bytes, 18)?, le16(bytes, 20)?));
    }
    // Both are signed; a negative height only says that the rows run downwards.
    Some((le32(bytes, 18)?.cast_signed().unsigned_abs(), le32(bytes, 22)?.cast_signed().unsigned_abs()))
}

fn webp_pixels(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8 " if bytes.get(23..26)? == [0x9D, 0x01, 0x2A] => {
            Some((le16(bytes, 26)? & 0x3FFF, le16(bytes, 28)? & 0x3FFF))
        }
        b"VP8L" if *bytes.get(20)? == 0x2F => {
            let packed = le32(bytes, 21)?;
            Some(((packed & 0x3FFF) + 1, ((packed >> 14) & 0x3FFF) + 1))
        }
        b"VP8X" => Some((le24(bytes, 24)? + 1, le24(bytes, 27)? + 1)),
        _ => None,
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    let two = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u32::from(u16::from_be_bytes(*two)))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|four| u32::from_be_bytes(*four))
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    let two = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u32::from(u16::from_le_bytes(*two)))
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    let three = bytes.get(at..)?.first_chunk::<3>()?;
    Some(u32::from_le_bytes([three[0], three[1], three[2], 0]))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|four| u32::from_le_bytes(*four))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(bytes: &[u8]) -> (ImageFormat, Option<(u32, u32)>) {
        let header = read(bytes);
        (header.format, header.pixels)
    }

    #[test]
    fn a_gif_tells_its_logical_screen() {
        assert_eq!(facts(b"GIF89a\x40\x01\xF0\x00\x00\x00\x00"), (ImageFormat::Gif, Some((320, 240))));
    }

    #[test]
    fn a_bitmap_tells_its_size_even_if_its_rows_run_downwards() {
        let mut bytes = vec![0_u8; 54];
        bytes[..2].copy_from_slice(b"BM");
        bytes[14..18].copy_from_slice(&40_u32.to_le_bytes());
        bytes[18..22].copy_from_slice(&640_i32.to_le_bytes());
        bytes[22..26].copy_from_slice(&(-480_i32).to_le_bytes());
        assert_eq!(facts(&bytes), (ImageFormat::Bmp, Some((640, 480))));
    }

    #[test]
    fn a_text_that_begins_like_a_bitmap_is_none() {
        assert_eq!(facts(b"BMW is a maker of cars").0, ImageFormat::Unknown);
    }

    #[test]
    fn all_three_kinds_of_webp_tell_their_size() {
        let mut lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9D\x01\x2A".to_vec();
        lossy.extend([0x20, 0x03, 0x58, 0x02]);
        assert_eq!(facts(&lossy), (ImageFormat::Webp, Some((800, 600))));

        let mut lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2F".to_vec();
        lossless.extend((799_u32 | (599 << 14)).to_le_bytes());
        assert_eq!(facts(&lossless), (ImageFormat::Webp, Some((800, 600))));

        let mut extended = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0".to_vec();
        extended.extend([0x1F, 0x03, 0x00, 0x57, 0x02, 0x00]);
        assert_eq!(facts(&extended), (ImageFormat::Webp, Some((800, 600))));
    }

    #[test]
    fn a_size_of_nought_is_no_size() {
        assert_eq!(facts(b"GIF89a\x00\x00\xF0\x00"), (ImageFormat::Gif, None));
    }
}
