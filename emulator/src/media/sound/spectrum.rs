//! The spectrum of a sine under the window of AAC, in closed form.

use super::encoder::FRAME_SAMPLES;
use super::turns::rotate_by;

/// Samples under one window.
const WINDOW: f64 = 2.0 * FRAME_SAMPLES as f64;

/// Where the transform's cosines begin, in samples (ISO/IEC 14496-3, 4.6.11.3.1: n0).
const OFFSET: f64 = (FRAME_SAMPLES as f64 + 1.0) / 2.0;

/// The lines that a sine of amplitude 1 gives, as complex numbers: turned by the sine's phase at the window's
/// first sample, the real part is the line.
///
/// A line is the sum over `n` of `2 w(n) cos(2 pi (v n + p)) cos(2 pi f (n + n0))`, which is the window's own
/// spectrum at `v - f` and at `v + f`, turned. `cycles` is `v`, the frequency in cycles per sample.
pub(super) fn transform_sine(cycles: f64, lines: usize) -> Vec<(f64, f64)> {
    let line = |index: usize| {
        let line = (index as f64 + 0.5) / WINDOW;
        let (below, above) = (window_spectrum(cycles - line), window_spectrum(cycles + line));
        // The window is symmetric: its spectrum is a real number turned by the way to its middle.
        let (real, imaginary) = rotate_by((cycles - line) * (WINDOW - 1.0) / 2.0 - OFFSET * line);
        let (other_real, other_imaginary) = rotate_by((cycles + line) * (WINDOW - 1.0) / 2.0 + OFFSET * line);
        (below * real + above * other_real, below * imaginary + above * other_imaginary)
    };
    (0..lines).map(line).collect()
}

/// The size of the sine window's spectrum at a frequency in cycles per sample: a sine window is two rotations,
/// so that each half is a geometric series.
fn window_spectrum(cycles: f64) -> f64 {
    let half = 1.0 / (2.0 * WINDOW);
    (sum_rotation(cycles + half) + sum_rotation(cycles - half)) / 2.0
}

/// The size of the sum of as many rotations as the window has samples.
fn sum_rotation(cycles: f64) -> f64 {
    let (_, under) = rotate_by(cycles / 2.0);
    if under.abs() < 1e-12 {
        return WINDOW;
    }
    let (_, above) = rotate_by(cycles * WINDOW / 2.0);
    above / under
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_form_is_the_transform() {
        let pi = std::f64::consts::PI;
        for (cycles, phase) in [(0.01, 0.3), (440.0 / 44_100.0, 0.0), (0.5 / 2048.0, 0.9), (0.2, 0.5)] {
            let lines = transform_sine(cycles, 600);
            for index in [0, 1, 8, 9, 10, 20, 21, 40, 255, 409, 599] {
                let frequency = (index as f64 + 0.5) / 2048.0;
                let sum: f64 = (0..2048)
                    .map(f64::from)
                    .map(|n| {
                        let window = (pi / 2048.0 * (n + 0.5)).sin();
                        let sine = (2.0 * pi * (cycles * n + phase)).cos();
                        2.0 * window * sine * (2.0 * pi * frequency * (n + 512.5)).cos()
                    })
                    .sum();
                let (cosine, sine) = rotate_by(phase);
                let line = lines[index].0 * cosine - lines[index].1 * sine;
                assert!((line - sum).abs() < 1e-6, "{cycles} {index}: {line} for {sum}");
            }
        }
    }
}
