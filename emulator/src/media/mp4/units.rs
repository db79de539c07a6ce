//! H.264 units: from a stream with start codes to samples with lengths.

use super::{Mp4Error, Sample};

/// Kinds of units (ISO/IEC 14496-10, table 7-1).
const KEY_SLICE: u8 = 5;
const SEQUENCE_SET: u8 = 7;
const PICTURE_SET: u8 = 8;
const DELIMITER: u8 = 9;

/// The sequence and the picture parameter sets of a stream, which stand in the index and not in the samples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::media) struct ParameterSets {
    sequence: Vec<u8>,
    picture: Vec<u8>,
}

impl ParameterSets {
    /// Turns one picture of a stream with start codes (annex B) into a sample, and keeps its parameter sets.
    ///
    /// # Errors
    /// If the parameter sets differ from those of an earlier picture, or there is no picture.
    pub(in crate::media) fn read_picture(&mut self, stream: &[u8], ticks: u32) -> Result<Sample, Mp4Error> {
        let mut sample = Sample { bytes: Vec::with_capacity(stream.len() + 8), ticks, is_key: false };
        for unit in split_units(stream) {
            match unit[0] & 0x1f {
                SEQUENCE_SET => keep_set(&mut self.sequence, unit)?,
                PICTURE_SET => keep_set(&mut self.picture, unit)?,
                DELIMITER => {}
                kind => {
                    sample.is_key |= kind == KEY_SLICE;
                    sample.bytes.extend((unit.len() as u32).to_be_bytes());
                    sample.bytes.extend_from_slice(unit);
                }
            }
        }
        if sample.bytes.is_empty() {
            let found = format!("{} bytes without one", stream.len());
            return Err(Mp4Error::Stream { expected: "a picture after a start code", found });
        }
        Ok(sample)
    }

    /// The content of `avcC` (ISO/IEC 14496-15, 5.3.3.1), lengths of four bytes.
    pub(super) fn describe(&self) -> Vec<u8> {
        let mut bytes = vec![1];
        bytes.extend(self.sequence.iter().skip(1).take(3)); // profile, constraints, level
        bytes.push(0xfc | 3);
        for (count, set) in [(0xe0 | 1, &self.sequence), (1, &self.picture)] {
            bytes.push(count);
            bytes.extend((set.len() as u16).to_be_bytes());
            bytes.extend(set);
        }
        bytes
    }

    /// Whether a track can be described with them.
    pub(super) fn check(&self) -> Result<(), Mp4Error> {
        let fits = |set: &[u8]| (4..=usize::from(u16::MAX)).contains(&set.len());
        if !fits(&self.sequence) || !(1..=usize::from(u16::MAX)).contains(&self.picture.len()) {
            let found = format!("{} and {} bytes", self.sequence.len(), self.picture.len());
            return Err(Mp4Error::Stream { expected: "a sequence and a picture parameter set", found });
        }
        match self.sequence[1] {
            // Other profiles would need more members of `avcC`.
            66 | 77 => Ok(()),
            other => {
                let found = format!("profile {other}");
                Err(Mp4Error::Stream { expected: "the profile Baseline (66) or Main (77)", found })
            }
        }
    }
}

fn keep_set(kept: &mut Vec<u8>, unit: &[u8]) -> Result<(), Mp4Error> {
    if kept.is_empty() {
        kept.extend_from_slice(unit);
    }
    if kept == unit {
        return Ok(());
    }
    let found = "another one later".to_owned();
    Err(Mp4Error::Stream { expected: "one parameter set of each kind for all pictures", found })
}

/// The units between start codes, none of them empty.
fn split_units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = find_start(stream).map_or(&[][..], |(_, after)| &stream[after..]);
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let (end, after) = find_start(rest).unwrap_or((rest.len(), rest.len()));
            let unit = &rest[..end];
            rest = &rest[after..];
            // Zeros before the next start code belong to no unit, which always ends with a one.
            let length = unit.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
            if length > 0 {
                return Some(&unit[..length]);
            }
        }
    })
}

/// Where the next start code begins and ends.
fn find_start(bytes: &[u8]) -> Option<(usize, usize)> {
    bytes.windows(3).position(|three| three == [0, 0, 1]).map(|begin| (begin, begin + 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEQUENCE: [u8; 6] = [0x67, 66, 0xc0, 31, 1, 2];
    const PICTURE: [u8; 3] = [0x68, 0xce, 0x38];

    fn stream(units: &[&[u8]]) -> Vec<u8> {
        units.iter().flat_map(|unit| [&[0, 0, 0, 1], *unit].concat()).collect()
    }

    #[test]
    fn parameter_sets_move_from_the_samples_to_the_index() {
        let mut sets = ParameterSets::default();
        let key = stream(&[&[9, 0xf0], &SEQUENCE, &PICTURE, &[0x65, 7, 0, 0, 3, 1, 0x80]]);
        let sample = sets.read_picture(&key, 3).unwrap();
        let bytes = vec![0, 0, 0, 7, 0x65, 7, 0, 0, 3, 1, 0x80];
        assert_eq!(sample, Sample { bytes, ticks: 3, is_key: true });
        let two = [&[0, 0, 1, 0x41, 9, 0, 0][..], &[0, 0, 1, 0x41, 8]].concat();
        let sample = sets.read_picture(&two, 3).unwrap();
        let bytes = vec![0, 0, 0, 2, 0x41, 9, 0, 0, 0, 2, 0x41, 8];
        assert_eq!(sample, Sample { bytes, ticks: 3, is_key: false });
        sets.check().unwrap();
        let config = [&[1, 66, 0xc0, 31, 0xff, 0xe1, 0, 6][..], &SEQUENCE, &[1, 0, 3], &PICTURE].concat();
        assert_eq!(sets.describe(), config);
    }

    #[test]
    fn a_stream_that_cannot_be_declared_is_refused() {
        let mut sets = ParameterSets::default();
        for empty in [&[][..], &[1, 2, 3], &[0, 0, 1], &stream(&[&SEQUENCE])] {
            assert!(matches!(sets.read_picture(empty, 1), Err(Mp4Error::Stream { .. })), "{empty:?}");
        }
        assert!(sets.check().is_err());
        sets.read_picture(&stream(&[&PICTURE, &[0x65, 1]]), 1).unwrap();
        sets.check().unwrap();
        let other = stream(&[&[0x67, 66, 0xc0, 30, 1, 2], &[0x65, 1]]);
        assert!(matches!(sets.read_picture(&other, 1), Err(Mp4Error::Stream { .. })));
        let high = ParameterSets { sequence: vec![0x67, 100, 0, 31], picture: PICTURE.to_vec() };
        assert!(high.check().is_err());
    }
}
