//! The file of a video: whether all of what its boxes and its index speak of is there (ISO 14496-12).

use std::io::{Cursor, Read, Seek, SeekFrom};

use super::download::{PART_BYTES, RemoteFile, fetch};
use crate::session::{CaseEnd, CaseError, Session};

/// The most boxes at the top of a file that are looked at.
const MAX_BOXES: usize = 64;

/// The largest index that is read, in bytes.
const MAX_INDEX_BYTES: u64 = 1024 * 1024;

/// A box at the top of a file.
struct TopBox {
    kind: [u8; 4],
    start: u64,
    /// Bytes before its content.
    header: u64,
    /// Bytes of all of it.
    size: u64,
}

impl TopBox {
    /// Reads a box by the bytes at its start; `rest` is what the file has from there on, if that is known.
    fn parse(bytes: &[u8], start: u64, rest: Option<u64>) -> Option<Self> {
        let kind: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
        let (header, size) = match u64::from(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?)) {
            0 => (8, rest?),
            1 => (16, u64::from_be_bytes(bytes.get(8..16)?.try_into().ok()?)),
            size => (8, size),
        };
        Some(Self { kind, start, header, size })
    }

    fn end(&self) -> u64 {
        self.start.saturating_add(self.size)
    }

    fn name(&self) -> String {
        String::from_utf8_lossy(&self.kind).into_owned()
    }
}

/// Demands that a file is whole: its boxes end where it ends, and all samples of its index are in it. Gives its index,
/// with the box that says what the file is before it; `None` if that could not be read.
pub(super) fn require_whole(
    session: &mut Session<'_>,
    file: &mut RemoteFile,
) -> Result<Option<Vec<u8>>, CaseError> {
    let boxes = list_boxes(session, file)?;
    let Some(index) = boxes.iter().find(|each| each.kind == *b"moov") else { return Ok(None) };
    if index.size > MAX_INDEX_BYTES {
        return Ok(None);
    }
    let Some(index) = file.read_bytes(session, index.start, index.size)? else { return Ok(None) };
    let whole = [kind_of_file(file.start()), &index].concat();
    // What is written in fragments has its samples in boxes of their own.
    let is_fragmented = boxes.iter().any(|each| each.kind == *b"moof");
    if let (false, Some(length)) = (is_fragmented, file.length) {
        require_samples(&whole, &boxes, length)?;
    }
    Ok(Some(whole))
}

/// The boxes at the top of a file, as far as they can be read.
fn list_boxes(session: &mut Session<'_>, file: &mut RemoteFile) -> Result<Vec<TopBox>, CaseError> {
    let mut boxes: Vec<TopBox> = Vec::new();
    let mut at = 0;
    while boxes.len() < MAX_BOXES {
        let rest = file.length.map(|length| length.saturating_sub(at));
        if rest.is_some_and(|rest| rest < 8) {
            break;
        }
        let Some(bytes) = file.read_bytes(session, at, rest.unwrap_or(16).min(16))? else { break };
        let Some(found) = TopBox::parse(&bytes, at, rest) else { break };
        if found.size < found.header {
            return Err(CaseError::Failed(format!(
                "expected a playable MP4; found the box `{}` at byte {at}, which claims a size of {}",
                found.name(),
                found.size
            )));
        }
        if let Some(length) = file.length.filter(|length| found.end() > *length) {
            return Err(CaseError::Failed(format!(
                "expected a whole MP4; found the box `{}` at byte {at}, which claims {} bytes, though the file ends after \
                 {length}: it is cut off",
                found.name(),
                found.size
            )));
        }
        at = found.end();
        boxes.push(found);
    }
    Ok(boxes)
}

/// Demands that the samples of each track lie within the file, in a box for them.
fn require_samples(index: &[u8], boxes: &[TopBox], length: u64) -> CaseEnd {
    let Some(reader) = read_index(index) else { return Ok(()) };
    let media: Vec<&TopBox> = boxes.iter().filter(|each| each.kind == *b"mdat").collect();
    for (id, track) in reader.tracks() {
        for (start, end) in list_chunks(track) {
            if end > length {
                return Err(CaseError::Failed(format!(
                    "expected a whole MP4; found samples of track {id} up to byte {end}, though the file ends after {length}: \
                     it is cut off"
                )));
            }
            let is_in = |each: &&TopBox| each.start + each.header <= start && end <= each.end();
            if !media.iter().any(is_in) {
                return Err(CaseError::Failed(format!(
                    "expected the samples of track {id} in a box `mdat`; found those from byte {start} to {end} outside of it"
                )));
            }
        }
    }
    Ok(())
}

/// Where the chunks of a track begin and end.
fn list_chunks(track: &mp4::Mp4Track) -> Vec<(u64, u64)> {
    let table = &track.trak.mdia.minf.stbl;
    let offsets: Vec<u64> = match (&table.stco, &table.co64) {
        (Some(short), _) => short.entries.iter().map(|offset| u64::from(*offset)).collect(),
        (None, Some(long)) => long.entries.clone(),
        (None, None) => Vec::new(),
    };
    let sizes = &table.stsz;
    let size_of = |sample: usize| match sizes.sample_size {
        0 => sizes.sample_sizes.get(sample).copied().unwrap_or(0),
        size if sample < sizes.sample_count as usize => size,
        _ => 0,
    };
    let mut chunks = Vec::with_capacity(offsets.len());
    let mut runs = table.stsc.entries.iter().peekable();
    let (mut sample, mut per_chunk) = (0_usize, 0_usize);
    for (number, offset) in offsets.into_iter().enumerate() {
        while let Some(run) = runs.next_if(|run| run.first_chunk as usize <= number + 1) {
            per_chunk = run.samples_per_chunk as usize;
        }
        let last = sample.saturating_add(per_chunk).min(sizes.sample_count as usize);
        let bytes: u64 = (sample..last).map(|sample| u64::from(size_of(sample))).sum();
        chunks.push((offset, offset.saturating_add(bytes)));
        sample = last;
    }
    chunks
}

/// The length of a file's video in seconds, by its index; `None` if there is none that can be read.
pub(super) fn measure_length(
    session: &mut Session<'_>,
    file: &mut RemoteFile,
    url: &str,
) -> Result<Option<f64>, CaseError> {
    if let Some(index) = require_whole(session, file)? {
        return Ok(length_by(&index));
    }
    let kind = kind_of_file(file.start()).to_vec();
    let found = find_length(&kind, file.start());
    if found.is_some() {
        return Ok(found);
    }
    // Its index may be at its end, where many encoders write it.
    let last = fetch(session, url, Some(&format!("-{PART_BYTES}")))?;
    Ok(find_length(&kind, &last.body))
}

/// The box at the start of an MP4 that says what it is (`ftyp`).
fn kind_of_file(bytes: &[u8]) -> &[u8] {
    let size = bytes.get(..4).and_then(|size| <[u8; 4]>::try_from(size).ok()).map_or(0, u32::from_be_bytes);
    usize::try_from(size).ok().and_then(|size| bytes.get(..size)).unwrap_or_default()
}

/// The index of an MP4 (its `moov` box) among the bytes of its end.
fn index_in(bytes: &[u8]) -> Option<&[u8]> {
    let place = bytes.windows(4).rposition(|window| window == b"moov")?.checked_sub(4)?;
    let size = u32::from_be_bytes(bytes.get(place..place + 4)?.try_into().ok()?);
    bytes.get(place..place.checked_add(usize::try_from(size).ok()?)?)
}

/// The length of an MP4 in seconds by the index among its bytes; `None` if there is none that can be read.
fn find_length(kind: &[u8], bytes: &[u8]) -> Option<f64> {
    length_by(&[kind, index_in(bytes)?].concat())
}

fn length_by(index: &[u8]) -> Option<f64> {
    let reader = read_index(index)?;
    (!reader.tracks().is_empty()).then(|| reader.duration().as_secs_f64())
}

/// Reads a file of the two boxes alone, so that no sample is needed.
fn read_index(index: &[u8]) -> Option<mp4::Mp4Reader<Finite<'_>>> {
    mp4::Mp4Reader::read_header(Finite::new(index), index.len() as u64).ok()
}

/// Bytes that come to an end even for a reader that goes round in circles, as the one of MP4 does where a
/// box inside another claims to be empty. Of a sound file each byte is read once.
struct Finite<'a> {
    bytes: Cursor<&'a [u8]>,
    left: usize,
}

impl<'a> Finite<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: Cursor::new(bytes), left: bytes.len().saturating_mul(2) }
    }
}

impl Read for Finite<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let most = into.len().min(self.left);
        let read = self.bytes.read(&mut into[..most])?;
        self.left -= read;
        Ok(read)
    }
}

impl Seek for Finite<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.bytes.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_mp4_has_no_length_and_breaks_nothing() {
        for bytes in [&b""[..], b"moov", b"\0\0\0\x08moov", b"\xff\xff\xff\xffmoov1234", b"\0\0\0\0moov"] {
            assert_eq!(find_length(kind_of_file(bytes), bytes), None);
        }
    }

    #[test]
    fn an_index_that_leads_in_circles_is_read_to_an_end() {
        let kind = b"\0\0\0\x10ftypisom\0\0\0\0";
        assert_eq!(
            find_length(kind_of_file(kind), b"\0\0\0\x20moov\0\0\0\0trak\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            None
        );
        assert_eq!(
            find_length(kind_of_file(kind), b"\0\0\0\x20moov\0\0\0\0free\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            None
        );
    }
}
