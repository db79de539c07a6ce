//! Intake of videos and sound: kind, length and size, read from the bytes that a caller hands over.
//!
//! The kind is sniffed; what is inside a container is read by `symphonia`. Nothing is decoded.

mod sniff;
#[cfg(test)]
mod tests;

use std::io::Cursor;

use mockreel_contracts::contract::check::media::{MediaFacts, MediaKind};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::errors::{Error, Result};
use symphonia::core::formats::{FormatOptions, FormatReader, Track};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::default::formats::{AdtsReader, IsoMp4Reader, MpaReader, WavReader};

use self::sniff::{is_whole, skip_tag, sniff};

/// The most bytes of a video or a sound that are looked at: thirty seconds at the 17 Mbit/s of a large clip. Of a
/// longer file nothing is said for which its end is needed.
pub(crate) const MAX_MEDIA_BYTES: usize = 64 * 1024 * 1024;

/// Reads the facts about a file. Takes memory in proportion to the file, and never panics.
pub fn read_media(bytes: &[u8]) -> MediaFacts {
    let is_cut = bytes.len() > MAX_MEDIA_BYTES;
    let mut facts = MediaFacts {
        kind: sniff(bytes),
        bytes: Some(bytes.len() as u64),
        milliseconds: None,
        pixels: None,
        is_readable: true,
    };
    match read_tracks(facts.kind, bytes) {
        Ok(Some(tracks)) => add_tracks(&tracks, &mut facts),
        // Not every codec is known here, and what is not known is not broken.
        Ok(None) | Err(Error::Unsupported(_)) => {}
        Err(_) => facts.is_readable = false,
    }
    let is_boxed = matches!(facts.kind, MediaKind::Mp4 | MediaKind::Mov | MediaKind::M4a);
    facts.is_readable = is_cut || facts.is_readable && (!is_boxed || is_whole(bytes));
    facts
}

/// The tracks of a container, or `None` where it is one that is not looked into.
fn read_tracks(kind: MediaKind, bytes: &[u8]) -> Result<Option<Vec<Track>>> {
    let stream =
        |bytes| MediaSourceStream::new(Box::new(Cursor::new(bytes)), MediaSourceStreamOptions::default());
    let options = FormatOptions::default();
    let tracks = match kind {
        MediaKind::Mp4 | MediaKind::Mov | MediaKind::M4a => {
            IsoMp4Reader::try_new(stream(bytes), options)?.tracks().to_vec()
        }
        MediaKind::Wav => WavReader::try_new(stream(bytes), options)?.tracks().to_vec(),
        MediaKind::Mp3 => MpaReader::try_new(stream(skip_tag(bytes)), options)?.tracks().to_vec(),
        MediaKind::Aac => AdtsReader::try_new(stream(skip_tag(bytes)), options)?.tracks().to_vec(),
        MediaKind::Matroska | MediaKind::Avi | MediaKind::Image | MediaKind::Unknown => return Ok(None),
    };
    Ok(Some(tracks))
}

/// Adds what the tracks say: the length of the longest, and the size of the first with pictures.
fn add_tracks(tracks: &[Track], facts: &mut MediaFacts) {
    let is_sound = |track: &Track| matches!(track.codec_params, Some(CodecParameters::Audio(_)));
    // A track of an unknown codec may be one with pictures.
    if facts.kind == MediaKind::Mp4 && !tracks.is_empty() && tracks.iter().all(is_sound) {
        facts.kind = MediaKind::M4a;
    }
    facts.pixels = tracks.iter().find_map(|track| match &track.codec_params {
        Some(CodecParameters::Video(video)) => {
            let (width, height) = video.width.zip(video.height)?;
            (width > 0 && height > 0).then_some((u32::from(width), u32::from(height)))
        }
        _ => None,
    });
    // The length of a file in fragments without an index stands nowhere, and reads as nothing.
    facts.milliseconds = tracks.iter().filter_map(read_length).max().filter(|length| *length > 0);
}

/// The length of a track in milliseconds.
fn read_length(track: &Track) -> Option<u64> {
    let nanoseconds = track.time_base?.calc_duration(track.duration?)?.as_nanos();
    u64::try_from(nanoseconds / 1_000_000).ok()
}
