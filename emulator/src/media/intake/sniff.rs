//! The kind of a file by its first bytes, and whether its boxes are whole.
//!
//! Sources: ISO/IEC 14496-12, 4.2 (boxes) and 4.3 (brands); ISO/IEC 11172-3, 2.4.1 (frames of MPEG audio);
//! ISO/IEC 13818-7, 6.2 (ADTS); the informal standard ID3v2.4.0, section 3.1.

use mockreel_contracts::contract::check::media::MediaKind;
use mockreel_contracts::image::ImageFormat;

use crate::media::header;

/// Never panics and never allocates, whatever the bytes.
pub(super) fn sniff(bytes: &[u8]) -> MediaKind {
    if header::read(bytes).format != ImageFormat::Unknown {
        return MediaKind::Image;
    }
    match (bytes.get(4..8), bytes.get(8..12)) {
        (Some(b"ftyp"), Some(b"qt  ")) => return MediaKind::Mov,
        (Some(b"ftyp"), Some(b"M4A " | b"M4B ")) => return MediaKind::M4a,
        (Some(b"ftyp"), Some(b"heic" | b"heix" | b"mif1" | b"avif")) => return MediaKind::Image,
        (Some(b"ftyp"), _) => return MediaKind::Mp4,
        // Files of QuickTime from before there were brands.
        (Some(b"moov" | b"mdat" | b"wide"), _) => return MediaKind::Mov,
        (_, Some(b"WAVE")) if bytes.starts_with(b"RIFF") => return MediaKind::Wav,
        (_, Some(b"AVI ")) if bytes.starts_with(b"RIFF") => return MediaKind::Avi,
        _ => {}
    }
    if bytes.starts_with(&[0x1A, 0x45, 0xDF, 0xA3]) {
        return MediaKind::Matroska;
    }
    match skip_tag(bytes) {
        // Twelve bits of ones, and layer 0: ADTS. Eleven, and layer III: bits 01.
        [0xFF, second, ..] if second & 0xF6 == 0xF0 => MediaKind::Aac,
        [0xFF, second, ..] if second & 0xE6 == 0xE2 => MediaKind::Mp3,
        _ => MediaKind::Unknown,
    }
}

/// The bytes behind an ID3 tag, if there is one.
pub(super) fn skip_tag(bytes: &[u8]) -> &[u8] {
    let Some([b'I', b'D', b'3', _, _, flags, size @ ..]) = bytes.first_chunk::<10>() else { return bytes };
    // Seven bits a byte.
    let size = size.iter().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7F));
    let footer = if flags & 0x10 == 0 { 0 } else { 10 };
    bytes.get(10 + size + footer..).unwrap_or_default()
}

/// Whether every box at the top is there as long as it says, and the index is among them.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut has_index = false;
    while !rest.is_empty() {
        // Some writers end a file with a few zeros that are no box.
        if rest.len() < 8 && has_index {
            return true;
        }
        let (Some(size), Some(name)) = (number(rest, 0..4), rest.get(4..8)) else { return false };
        let (size, head) = if size == 1 { (number(rest, 8..16), 16) } else { (Some(size), 8) };
        has_index |= name == b"moov";
        let length = rest.len() as u64;
        match size {
            // It goes on to the end.
            Some(0) => return has_index,
            Some(size) if size >= head && size <= length => {
                rest = usize::try_from(size).ok().and_then(|size| rest.get(size..)).unwrap_or_default();
            }
            _ => return false,
        }
    }
    has_index
}

/// A number of several bytes, the highest first.
fn number(bytes: &[u8], range: std::ops::Range<usize>) -> Option<u64> {
    Some(bytes.get(range)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
