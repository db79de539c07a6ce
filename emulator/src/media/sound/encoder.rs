//! Access units: quantised lines, written as AAC-LC.

use super::bits::BitWriter;
use super::escape::{LARGEST, write_pair};
use super::spectrum::transform_sine;
use super::tone::{Tone, count_swells};
use super::turns::rotate_by;

/// Samples per second.
pub(in crate::media) const SAMPLE_RATE: u32 = 44_100;

/// Left and right.
pub(in crate::media) const CHANNELS: u16 = 2;

/// Samples per channel in one access unit.
pub(in crate::media) const FRAME_SAMPLES: u32 = 1024;

/// Samples that a decoder gives before the first one of the tone, as with common encoders.
#[cfg(test)]
pub(in crate::media) const PRIMING_SAMPLES: u32 = FRAME_SAMPLES;

/// The rate of a tone; silence takes less.
pub(in crate::media) const BITS_PER_SECOND: u32 = 128_000;

/// The longest sound, in samples per channel: ten minutes.
pub(in crate::media) const LONGEST_SOUND: u64 = 600 * SAMPLE_RATE as u64;

/// What a decoder must know (ISO/IEC 14496-3, 1.6.2.1): AAC-LC, 44.1 kHz, two channels, 1024 samples a frame.
pub(in crate::media) const AUDIO_SPECIFIC_CONFIG: [u8; 2] = [0b0001_0010, 0b0001_0000];

/// How many bands of lines are written, of the 49 of this sample rate: up to 5.7 kHz. What a soft tone has
/// above it is far below a step of the quantiser.
const BANDS: usize = 27;

/// Where these bands begin and end, in lines (ISO/IEC 14496-3, table 4.129).
pub(super) const BAND_EDGES: [usize; BANDS + 1] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 88, 96, 108, 120, 132, 144, 160, 176, 196,
    216, 240, 264,
];

/// Lines that are written.
pub(super) const LINES: usize = BAND_EDGES[BANDS];

/// The one scale factor of all bands, and the step that it stands for: two to the power of
/// (`SCALE` - 100) / 4. The noise of this step lies more than 55 dB under the tone.
pub(super) const SCALE: u32 = 124;
pub(super) const STEP: f64 = 64.0;

/// What is added before a line is cut to a whole number, as with common encoders.
const ROUND: f64 = 0.4054;

/// Full scale of the lines, which count in units of 16-bit samples.
const FULL_SCALE: f64 = 32_768.0;

/// Why there is no sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::media) enum SoundError {
    /// The sound is longer than [`LONGEST_SOUND`].
    #[error("expected at most {LONGEST_SOUND} samples of sound, found {0}; ask for a shorter clip")]
    TooLong(u64),
}

/// How many samples per channel last as long as so many pictures, rounded up; `fps` is at least 1.
pub(in crate::media) fn count_samples(pictures: u32, fps: u32) -> u64 {
    (u64::from(pictures) * u64::from(SAMPLE_RATE)).div_ceil(u64::from(fps.max(1)))
}

/// How many access units cover so many samples per channel: the track is up to 23 ms longer than they are.
pub(in crate::media) fn count_frames(samples: u64) -> u64 {
    samples.div_ceil(u64::from(FRAME_SAMPLES))
}

/// Encodes a tone as [`count_frames`] raw access units, without ADTS headers. Takes about 3 ms for ten seconds,
/// and memory for the access units.
///
/// # Errors
/// If it shall last longer than [`LONGEST_SOUND`].
pub(in crate::media) fn encode_frames(tone: &Tone, samples: u64) -> Result<Vec<Vec<u8>>, SoundError> {
    let encoder = Encoder::new(tone, samples)?;
    Ok((0..count_frames(samples) as u32).map(|index| encoder.encode_frame(index)).collect())
}

/// One steady sine, in cycles per sample.
#[derive(Debug)]
struct Partial {
    cycles: f64,
    phase: f64,
    left: f64,
    right: f64,
    lines: Vec<(f64, f64)>,
}

/// A tone of a given length, of which any access unit can be had.
#[derive(Debug)]
pub(in crate::media) struct Encoder {
    partials: Vec<Partial>,
}

impl Encoder {
    /// Prepares a tone that lasts so many samples per channel and is silent at both its ends.
    ///
    /// # Errors
    /// If it shall last longer than [`LONGEST_SOUND`].
    pub(in crate::media) fn new(tone: &Tone, samples: u64) -> Result<Self, SoundError> {
        if samples > LONGEST_SOUND {
            return Err(SoundError::TooLong(samples));
        }
        // A sine that swells as (1 - cos) / 2 is the sum of three steady ones.
        let swell = count_swells(samples) as f64 / samples.max(1) as f64;
        let mut partials = Vec::new();
        for voice in tone.voices() {
            for (aside, share) in [(0.0, 0.5), (swell, -0.25), (-swell, -0.25)] {
                let cycles = voice.hertz / f64::from(SAMPLE_RATE) + aside;
                partials.push(Partial {
                    cycles,
                    phase: voice.phase,
                    left: voice.left * share * FULL_SCALE,
                    right: voice.right * share * FULL_SCALE,
                    lines: transform_sine(cycles, LINES),
                });
            }
        }
        Ok(Self { partials })
    }

    /// One raw access unit, counted from zero: 371 or 372 bytes, or 6 of silence. After the end, the tone goes on.
    pub(in crate::media) fn encode_frame(&self, index: u32) -> Vec<u8> {
        let [left, right] = self.quantise(index);
        let mut bits = BitWriter::default();
        write_pair_element(&mut bits, [&left, &right]);
        if !self.partials.is_empty() {
            fill_frame(&mut bits, count_bytes(index) * 8);
        }
        bits.put(3, 7);
        bits.into_bytes()
    }

    /// The lines of both channels under the window that begins one frame before the index.
    fn quantise(&self, index: u32) -> [[i32; LINES]; 2] {
        let first = (f64::from(index) - 1.0) * f64::from(FRAME_SAMPLES);
        let mut lines = [[0.0; LINES]; 2];
        for partial in &self.partials {
            let (cosine, sine) = rotate_by(partial.phase + partial.cycles * first);
            let [left, right] = &mut lines;
            for ((real, imaginary), (left, right)) in partial.lines.iter().zip(left.iter_mut().zip(right)) {
                let line = real * cosine - imaginary * sine;
                *left += line * partial.left;
                *right += line * partial.right;
            }
        }
        lines.map(|lines| lines.map(quantise_line))
    }
}

/// A line in the quantiser's own measure: the size to the power of 3/4, in whole numbers.
fn quantise_line(line: f64) -> i32 {
    let root = (line.abs() / STEP).sqrt();
    let size = (root * root.sqrt() + ROUND).floor().min(f64::from(LARGEST)) as i32;
    if line < 0.0 { -size } else { size }
}

/// Writes a channel pair with a common window (ISO/IEC 14496-3, 4.4.2.1).
fn write_pair_element(bits: &mut BitWriter, channels: [&[i32; LINES]; 2]) {
    let used = |band: usize| channels.iter().any(|lines| is_used(lines, band));
    let bands = (0..BANDS).rev().find(|&band| used(band)).map_or(0, |last| last + 1);
    bits.put(3, 1); // a channel pair
    bits.put(4, 0); // its number
    bits.put(1, 1); // common window
    bits.put(1, 0); // reserved
    bits.put(2, 0); // one long window
    bits.put(1, 0); // of sine shape
    bits.put(6, bands as u32);
    bits.put(1, 0); // no prediction
    bits.put(2, 0); // left and right, not middle and side
    for lines in channels {
        bits.put(8, SCALE);
        write_sections(bits, lines, bands);
        for _ in (0..bands).filter(|&band| is_used(lines, band)) {
            bits.put(1, 0); // the same scale factor as before
        }
        bits.put(3, 0); // no pulses, no noise shaping, no gain control
        for band in (0..bands).filter(|&band| is_used(lines, band)) {
            for pair in lines[BAND_EDGES[band]..BAND_EDGES[band + 1]].chunks_exact(2) {
                write_pair(bits, [pair[0], pair[1]]);
            }
        }
    }
}

/// Whether a band has a line that is not zero.
fn is_used(lines: &[i32; LINES], band: usize) -> bool {
    lines[BAND_EDGES[band]..BAND_EDGES[band + 1]].iter().any(|&line| line != 0)
}

/// Writes which bands use codebook 11 and which are zero.
fn write_sections(bits: &mut BitWriter, lines: &[i32; LINES], bands: usize) {
    let mut band = 0;
    while band < bands {
        let kind = is_used(lines, band);
        let length = (band..bands).take_while(|&next| is_used(lines, next) == kind).count();
        bits.put(4, if kind { 11 } else { 0 });
        // A length of 31 and more goes on in the next five bits; there are no more than 27 bands.
        bits.put(5, length as u32);
        band += length;
    }
}

/// How many bytes a frame takes at the nominal rate.
fn count_bytes(index: u32) -> usize {
    let until = |frames: u64| {
        frames * u64::from(BITS_PER_SECOND / 8) * u64::from(FRAME_SAMPLES) / u64::from(SAMPLE_RATE)
    };
    (until(u64::from(index) + 1) - until(u64::from(index))) as usize
}

/// Writes elements that decoders skip, until only the end element is missing to so many bits.
fn fill_frame(bits: &mut BitWriter, until: usize) {
    // An element takes seven bits before its bytes, eight more if it has 15 bytes or more; at most 269.
    while bits.length() + 3 + 7 <= until {
        let room = until - bits.length() - 3;
        let long = room >= 15 + 15 * 8;
        let bytes = if long { ((room - 15) / 8).min(269) } else { ((room - 7) / 8).min(14) };
        bits.put(3, 6);
        if long {
            bits.put(4, 15);
            bits.put(8, bytes as u32 - 14);
        } else {
            bits.put(4, bytes as u32);
        }
        for place in 0..bytes {
            // The kind "fill" and then its pattern (ISO/IEC 14496-3, table 4.57).
            bits.put(8, if place == 0 { 0 } else { 0b1010_0101 });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::super::decoder::{decode_channel, read_frame};
    use super::super::tone::Voice;
    use super::*;

    fn chord() -> Tone {
        Tone::draw(|below| 7 % below)
    }

    /// FNV-1a of 64 bits.
    fn digest(frames: &[Vec<u8>]) -> u64 {
        frames.iter().flatten().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }

    #[test]
    fn whole_frames_cover_the_pictures() {
        let cases =
            [(121, 24, 218), (241, 24, 433), (361, 24, 648), (73, 24, 131), (150, 30, 216), (0, 24, 0)];
        for (pictures, fps, frames) in cases {
            assert_eq!(count_frames(count_samples(pictures, fps)), frames, "{pictures} at {fps}");
        }
    }

    #[test]
    fn a_tone_keeps_to_its_rate_and_silence_takes_next_to_nothing() {
        let frames = encode_frames(&chord(), 661_500).unwrap();
        assert!(frames.iter().all(|frame| matches!(frame.len(), 371 | 372)));
        let bytes: usize = frames.iter().map(Vec::len).sum();
        assert_eq!(bytes, 646 * 1024 * 16_000 / 44_100);
        let silence = encode_frames(&Tone::silent(), 661_500).unwrap();
        assert!(silence.iter().all(|frame| frame == &silence[0] && frame.len() == 6));
    }

    #[test]
    fn the_quantiser_has_room_for_the_loudest_tone() {
        for swing in 0..60 {
            let tone = Tone::draw(|below| swing % below);
            let encoder = Encoder::new(&tone, 220_500).unwrap();
            for index in 0..216 {
                let lines = encoder.quantise(index);
                assert!(lines.iter().flatten().all(|line| line.unsigned_abs() < LARGEST));
                let mut bits = BitWriter::default();
                write_pair_element(&mut bits, [&lines[0], &lines[1]]);
                assert!(bits.length() + 3 <= 371 * 8, "{} bits", bits.length());
            }
        }
    }

    #[test]
    fn what_is_written_can_be_read_and_is_the_tone() {
        let samples = 30_000;
        let encoder = Encoder::new(&chord(), samples).unwrap();
        let frames = encode_frames(&chord(), samples).unwrap();
        for (index, frame) in (0..).zip(&frames) {
            assert_eq!(read_frame(frame), encoder.quantise(index));
        }
        let heard = decode_channel(&frames, 0);
        let (mut tone, mut noise) = (0.0, 0.0);
        for (index, heard) in heard.iter().enumerate().skip(1024) {
            let at = index as f64 - f64::from(PRIMING_SAMPLES);
            let swell = (1.0 - (TAU * at / samples as f64).cos()) / 2.0;
            let wave = |voice: &Voice| {
                voice.left * (TAU * (voice.hertz / f64::from(SAMPLE_RATE) * at + voice.phase)).cos()
            };
            let expected = FULL_SCALE * swell * chord().voices().iter().map(wave).sum::<f64>();
            tone += expected * expected;
            noise += (heard - expected) * (heard - expected);
        }
        let decibels = 10.0 * (tone / noise).log10();
        assert!(decibels > 55.0, "{decibels} dB above the noise");
        let silence = encode_frames(&Tone::silent(), samples).unwrap();
        assert!(decode_channel(&silence, 1).iter().all(|&sample| sample == 0.0));
    }

    #[test]
    fn every_frame_can_be_encoded_by_itself() {
        let encoder = Encoder::new(&chord(), 100_000).unwrap();
        let frames = encode_frames(&chord(), 100_000).unwrap();
        for index in [97, 3, 50] {
            assert_eq!(encoder.encode_frame(index), frames[index as usize]);
        }
    }

    #[test]
    fn the_same_tone_gives_the_same_bytes_on_every_machine() {
        let frames = encode_frames(&chord(), 222_338).unwrap();
        assert_eq!(digest(&frames), 12_006_832_136_478_753_065);
        assert_eq!(digest(&encode_frames(&Tone::silent(), 222_338).unwrap()), 11_072_125_844_207_969_077);
    }

    #[test]
    fn a_sound_without_end_is_refused() {
        assert_eq!(
            Encoder::new(&chord(), LONGEST_SOUND + 1).unwrap_err(),
            SoundError::TooLong(LONGEST_SOUND + 1)
        );
        assert_eq!(encode_frames(&chord(), 0), Ok(Vec::new()));
        assert_eq!(encode_frames(&chord(), 1).map(|frames| frames.len()), Ok(1));
    }
}
