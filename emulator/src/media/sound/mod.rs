//! Sound for clips: a soft chord drawn from a seed, as raw AAC-LC access units.
//!
//! AAC-LC, 44.1 kHz, stereo, 128 kbit/s, one long sine window a frame. The chord is a sum of steady sines, and
//! the spectrum of a sine under the window has a closed form: no sample is ever computed, and every frame can be
//! encoded by itself. Only `+ - * /`, square roots and rounding decide about the bytes, which IEEE 754 defines
//! exactly, so that they are the same on every machine.

mod bits;
#[cfg(test)]
mod decoder;
mod encoder;
mod escape;
mod spectrum;
mod tone;
mod turns;

pub(super) use encoder::{
    AUDIO_SPECIFIC_CONFIG, CHANNELS, FRAME_SAMPLES, SAMPLE_RATE, count_samples, encode_frames,
};
pub(super) use tone::Tone;
