//! Chord of a clip: two or three soft sines that swell and fade.

/// The highest peak of a tone, as a share of full scale: -24 dBFS.
pub(super) const PEAK: f64 = 0.063;

/// About how long the tone takes to swell and fade once, in samples: five seconds.
const SWELL_SAMPLES: u64 = 220_500;

/// Pure intervals above the root, as numerators and denominators.
const CHORDS: [&[(u32, u32)]; 6] = [
    &[(1, 1), (5, 4), (3, 2)],
    &[(1, 1), (6, 5), (3, 2)],
    &[(1, 1), (4, 3), (3, 2)],
    &[(1, 1), (9, 8), (3, 2)],
    &[(1, 1), (3, 2)],
    &[(1, 1), (4, 3)],
];

/// One steady sine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::media) struct Voice {
    /// Its frequency in hertz.
    pub hertz: f64,
    /// Its highest amplitude on the left, as a share of full scale.
    pub left: f64,
    /// Its highest amplitude on the right, as a share of full scale.
    pub right: f64,
    /// Where in its circle it begins, in turns from 0 to 1.
    pub phase: f64,
}

/// A soft sound: no voice is silence.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::media) struct Tone {
    voices: Vec<Voice>,
}

impl Tone {
    /// Silence.
    #[cfg(test)]
    pub(in crate::media) fn silent() -> Self {
        Self::default()
    }

    /// Draws a chord between 165 and 500 Hz whose amplitudes together are at most -24 dBFS. `below` gives an even
    /// draw from the whole numbers below its argument.
    pub(in crate::media) fn draw(mut below: impl FnMut(usize) -> usize) -> Self {
        let root = 165.0 + below(166) as f64;
        let chord = CHORDS[below(CHORDS.len()).min(CHORDS.len() - 1)];
        let level = PEAK / chord.len() as f64;
        let voices = chord.iter().map(|&(above, under)| {
            let aside = below(31) as f64 / 100.0;
            let (left, right) = if below(2) == 0 { (1.0, 1.0 - aside) } else { (1.0 - aside, 1.0) };
            Voice {
                hertz: root * f64::from(above) / f64::from(under),
                left: level * left,
                right: level * right,
                phase: below(360) as f64 / 360.0,
            }
        });
        Self { voices: voices.collect() }
    }

    /// The sines that it consists of.
    pub(in crate::media) fn voices(&self) -> &[Voice] {
        &self.voices
    }
}

/// How often a tone of so many samples swells: about every five seconds, at least once.
pub(super) fn count_swells(samples: u64) -> u64 {
    ((samples + SWELL_SAMPLES / 2) / SWELL_SAMPLES).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A generator for tests (SplitMix64).
    fn draw(seed: u64) -> Tone {
        let mut state = seed;
        Tone::draw(|below| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = state;
            word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((word ^ word >> 31) % below as u64) as usize
        })
    }

    #[test]
    fn every_chord_is_soft_and_low() {
        for seed in 0..500 {
            let tone = draw(seed);
            assert!((2..=3).contains(&tone.voices().len()));
            for side in [|voice: &Voice| voice.left, |voice: &Voice| voice.right] {
                let peak: f64 = tone.voices().iter().map(side).sum();
                assert!((0.7 * PEAK - 1e-9..=PEAK + 1e-9).contains(&peak), "{peak}");
            }
            assert!(tone.voices().iter().all(|voice| (165.0..500.0).contains(&voice.hertz)), "{tone:?}");
        }
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn a_long_tone_swells_several_times() {
        let counts = [0, 1, 44_100, 222_338, 441_000, 661_500].map(count_swells);
        assert_eq!(counts, [1, 1, 1, 1, 2, 3]);
    }
}
