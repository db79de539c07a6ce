//! Decoder for tests: reads what the encoder writes, and nothing else.

use std::f64::consts::TAU;

use super::encoder::{BAND_EDGES, LINES, SCALE, STEP};
use super::escape::WORDS;

struct BitReader<'a> {
    bytes: &'a [u8],
    place: usize,
}

impl BitReader<'_> {
    fn take(&mut self, count: usize) -> u32 {
        (0..count).fold(0, |number, _| {
            let bit = self.bytes[self.place / 8] >> (7 - self.place % 8) & 1;
            self.place += 1;
            number << 1 | u32::from(bit)
        })
    }

    fn expect(&mut self, count: usize, number: u32, what: &str) {
        assert_eq!(self.take(count), number, "{what} before bit {}", self.place);
    }

    fn take_pair(&mut self) -> [i32; 2] {
        let (mut word, mut length) = (0, 0);
        let index = loop {
            word = word << 1 | self.take(1) as u16;
            length += 1;
            assert!(length <= 12, "no such word");
            if let Some(index) = WORDS.iter().position(|&known| known == length << 12 | word) {
                break index;
            }
        };
        let sizes = [index / 17, index % 17];
        let signs = sizes.map(|size| if size != 0 && self.take(1) == 1 { -1 } else { 1 });
        let sizes = sizes.map(|size| {
            if size < 16 {
                return size as i32;
            }
            let mut places = 4;
            while self.take(1) == 1 {
                places += 1;
            }
            (1 << places) + self.take(places) as i32
        });
        [sizes[0] * signs[0], sizes[1] * signs[1]]
    }

    fn take_channel(&mut self, bands: usize) -> [i32; LINES] {
        self.expect(8, SCALE, "scale");
        let mut codebooks = Vec::new();
        while codebooks.len() < bands {
            let codebook = self.take(4);
            let length = self.take(5);
            assert!(length > 0 && length < 31 && matches!(codebook, 0 | 11));
            codebooks.extend((0..length).map(|_| codebook));
        }
        assert_eq!(codebooks.len(), bands);
        for _ in codebooks.iter().filter(|&&codebook| codebook == 11) {
            self.expect(1, 0, "the same scale factor");
        }
        self.expect(3, 0, "no tools");
        let mut lines = [0; LINES];
        for (edges, _) in BAND_EDGES.windows(2).zip(codebooks).filter(|(_, codebook)| *codebook == 11) {
            for pair in lines[edges[0]..edges[1]].chunks_exact_mut(2) {
                pair.copy_from_slice(&self.take_pair());
            }
        }
        lines
    }
}

/// The quantised lines of both channels of an access unit.
pub(super) fn read_frame(bytes: &[u8]) -> [[i32; LINES]; 2] {
    let mut bits = BitReader { bytes, place: 0 };
    bits.expect(3, 1, "a channel pair");
    bits.expect(4, 0, "its number");
    bits.expect(5, 0b10000, "a common long window of sine shape");
    let bands = bits.take(6) as usize;
    bits.expect(3, 0, "no prediction, left and right");
    let channels = [bits.take_channel(bands), bits.take_channel(bands)];
    loop {
        match bits.take(3) {
            7 => break,
            6 => {
                let count = match bits.take(4) {
                    15 => bits.take(8) + 14,
                    count => count,
                };
                for place in 0..count {
                    bits.expect(8, if place == 0 { 0 } else { 0xa5 }, "what decoders skip");
                }
            }
            other => panic!("element {other}"),
        }
    }
    assert!(bits.place.div_ceil(8) == bytes.len(), "{} bits of {} bytes", bits.place, bytes.len());
    channels
}

/// The samples of one channel, in units of 16-bit samples; the first 1024 come before the tone.
pub(super) fn decode_channel(frames: &[Vec<u8>], channel: usize) -> Vec<f64> {
    // Cosines of all angles that occur, by the eight thousand one hundred and ninety-second turn.
    let cosines: Vec<f64> = (0..8192).map(|step| (TAU * f64::from(step) / 8192.0).cos()).collect();
    let mut samples = vec![0.0; (frames.len() + 1) * 1024];
    for (index, frame) in frames.iter().enumerate() {
        let lines = read_frame(frame)[channel];
        for (n, sample) in samples[index * 1024..][..2048].iter_mut().enumerate() {
            let window = (TAU / 4096.0 * (n as f64 + 0.5)).sin();
            for (k, &line) in lines.iter().enumerate().filter(|(_, line)| **line != 0) {
                let size = f64::from(line.abs()).powf(4.0 / 3.0) * STEP * f64::from(line.signum());
                *sample += window * size * cosines[(2 * n + 1025) * (2 * k + 1) % 8192] / 1024.0;
            }
        }
    }
    samples.truncate(frames.len() * 1024);
    samples
}
