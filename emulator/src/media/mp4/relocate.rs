//! The index at the other end of a finished file.

/// The boxes on the way from the index to the offsets of the chunks (ISO/IEC 14496-12, 8.7.5).
const WAY: [&[u8; 4]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];

/// Puts the index (`moov`) of a file that begins with it behind everything else. `None` if the file is no such
/// one as [`super::write_movie`] writes.
pub(crate) fn move_index_last(file: &[u8]) -> Option<Vec<u8>> {
    let (kind, rest) = file.split_at_checked(box_length(file)?)?;
    let (index, rest) = rest.split_at_checked(box_length(rest)?)?;
    if index.get(4..8)? != WAY[0] {
        return None;
    }
    let mut index = index.to_vec();
    let distance = u32::try_from(index.len()).ok()?;
    shift_offsets(&mut index, &WAY, distance)?;
    Some([kind, rest, &index].concat())
}

/// The length of the box that some bytes begin with.
fn box_length(bytes: &[u8]) -> Option<usize> {
    let length = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    (8..=bytes.len()).contains(&length).then_some(length)
}

/// Subtracts a distance from the offsets of all chunks; the boxes outside of the way stay as they are.
fn shift_offsets(mut boxes: &mut [u8], way: &[&[u8; 4]], distance: u32) -> Option<()> {
    while !boxes.is_empty() {
        let (this, rest) = boxes.split_at_mut(box_length(boxes)?);
        let (head, content) = this.split_at_mut(8);
        match way.split_first() {
            Some((name, further)) if head[4..] == name[..] => shift_offsets(content, further, distance)?,
            None if &head[4..] == b"stco" => {
                // Version, flags and the number of entries come first.
                for offset in content.get_mut(8..)?.as_chunks_mut::<4>().0 {
                    *offset = u32::from_be_bytes(*offset).checked_sub(distance)?.to_be_bytes();
                }
            }
            _ => {}
        }
        boxes = rest;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{ClipSpec, render};

    #[test]
    fn a_moved_index_leads_to_the_same_samples() {
        let spec = ClipSpec {
            width: 64,
            height: 36,
            fps: 24,
            frames: 25,
            sound: true,
            start: None,
            tail: None,
            seed: 1,
        };
        let first = render(&spec).unwrap();
        let last = move_index_last(&first).unwrap();
        assert_eq!(last.len(), first.len());
        assert_eq!(&last[last.len() - first.len() + 4..][..4], b"ftyp");
        let samples = |file: &[u8]| {
            let mut reader =
                mp4::Mp4Reader::read_header(std::io::Cursor::new(file), file.len() as u64).unwrap();
            let tracks: Vec<u32> = reader.tracks().keys().copied().collect();
            let mut samples = Vec::new();
            for track in tracks {
                for number in 1..=reader.sample_count(track).unwrap() {
                    samples.push((track, reader.read_sample(track, number).unwrap().unwrap().bytes));
                }
            }
            samples.sort_by_key(|(track, _)| *track);
            samples
        };
        assert_eq!(samples(&last), samples(&first));
        assert_eq!(samples(&last).len(), 25 + 45);
    }

    #[test]
    fn what_does_not_begin_with_its_index_is_left_alone() {
        for file in [&b""[..], b"\0\0\0\x08ftyp", b"\0\0\0\x08ftyp\0\0\0\x08mdat", b"\xff\xff\xff\xffftyp"] {
            assert_eq!(move_index_last(file), None);
        }
    }
}
