//! The scene of a clip without a caller's image: evening skies over hills, drawn from a seed.
//!
//! Only sums, products and square roots, which are exact to the bit everywhere; sines are not.

use crate::random::{Draw, sketch};
use image::{Rgb, RgbImage};

/// The longest side of a scene, in pixels; for larger frames it is blown up, like a caller's preview.
const LONGEST: u64 = 640;

type Colour = [f64; 3];

/// Sky above, sky at the horizon, sun, farthest hill, nearest hill.
const PALETTES: [[Colour; 5]; 5] = [
    [[38., 52., 96.], [244., 166., 128.], [255., 226., 178.], [150., 112., 138.], [34., 36., 62.]],
    [[70., 130., 180.], [232., 226., 206.], [255., 250., 226.], [136., 168., 172.], [36., 72., 76.]],
    [[24., 28., 58.], [120., 96., 158.], [246., 214., 232.], [86., 76., 130.], [18., 18., 40.]],
    [[94., 164., 168.], [250., 218., 160.], [255., 244., 208.], [178., 164., 122.], [70., 78., 52.]],
    [[112., 84., 126.], [250., 190., 176.], [255., 236., 214.], [190., 130., 142.], [74., 42., 66.]],
];

const HILLS: usize = 4;

/// One ridge: two waves laid over each other.
struct Ridge {
    height: f64,
    swell: [f64; 2],
    waves: [f64; 2],
    shift: [f64; 2],
}

/// Draws the scene of a seed in the shape of the given frame (in pixels, neither side nought).
pub(super) fn scene(seed: u64, (width, height): (u32, u32)) -> RgbImage {
    let longest = u64::from(width.max(height));
    let side = |side: u32| (u64::from(side) * longest.min(LONGEST) / longest).max(2) as u32;
    let (width, height) = (side(width), side(height));
    let mut random = sketch(seed);
    let palette = PALETTES[random.below(PALETTES.len())];
    let [sky, horizon, sun, far, near] = palette;
    let sun_at = (random.between(0.2, 0.8), random.between(0.25, 0.5));
    let ridges: Vec<Ridge> = (0..HILLS).map(|at| ridge(&mut random, at)).collect();
    // A pixel's share of the shorter side: edges are softened over that length.
    let grain = 1.0 / f64::from(width.min(height));

    RgbImage::from_fn(width, height, |column, row| {
        let (x, y) = (f64::from(column) / f64::from(width), f64::from(row) / f64::from(height));
        let mut colour = blend(sky, horizon, (y / 0.7).min(1.0));
        // Distances are taken in pixels, so that the sun is round in every shape.
        let (dx, dy) = ((x - sun_at.0) * f64::from(width), (y - sun_at.1) * f64::from(height));
        let distance = (dx * dx + dy * dy).sqrt() * grain;
        let glow = 1.0 / (1.0 + 14.0 * distance * distance);
        colour = blend(colour, sun, glow * 0.5);
        colour = blend(colour, sun, ((0.09 - distance) / (2.0 * grain) + 0.5).clamp(0.0, 1.0));
        for (at, ridge) in ridges.iter().enumerate() {
            let hill = blend(far, near, at as f64 / (HILLS - 1) as f64);
            let covered = (y - ridge.top(x)) * f64::from(height) * 0.7 + 0.5;
            colour = blend(colour, hill, covered.clamp(0.0, 1.0));
        }
        Rgb(colour.map(|channel| channel.round().clamp(0.0, 255.0) as u8))
    })
}

impl Ridge {
    fn top(&self, x: f64) -> f64 {
        let rise = |at: usize| self.swell[at] * wave(x * self.waves[at] + self.shift[at]);
        self.height - rise(0) - rise(1)
    }
}

fn ridge(random: &mut Draw, at: usize) -> Ridge {
    let depth = at as f64 / HILLS as f64;
    Ridge {
        height: 0.62 + 0.34 * depth,
        swell: [random.between(0.04, 0.1), random.between(0.01, 0.03)],
        waves: [random.between(0.6, 1.4), random.between(2.0, 4.0)],
        shift: [random.between(0.0, 1.0), random.between(0.0, 1.0)],
    }
}

/// A smooth wave between -1 and 1 with period 1, made of parabolas.
fn wave(x: f64) -> f64 {
    let part = (x - x.floor()) * 2.0;
    if part < 1.0 { 4.0 * part * (1.0 - part) } else { -4.0 * (part - 1.0) * (2.0 - part) }
}

fn blend(one: Colour, other: Colour, share: f64) -> Colour {
    [0, 1, 2].map(|at| one[at] + (other[at] - one[at]) * share)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_scene_has_the_shape_of_the_frame() {
        assert_eq!(scene(1, (1280, 720)).dimensions(), (640, 360));
        assert_eq!(scene(1, (720, 1280)).dimensions(), (360, 640));
        assert_eq!(scene(1, (2, 4000)).dimensions(), (2, 640));
    }

    #[test]
    fn a_seed_always_draws_the_same_and_another_something_else() {
        assert_eq!(scene(9, (64, 36)), scene(9, (64, 36)));
        let scenes: HashSet<Vec<u8>> = (0..50).map(|seed| scene(seed, (32, 18)).into_raw()).collect();
        assert_eq!(scenes.len(), 50);
    }

    #[test]
    fn a_wave_stays_within_its_bounds_and_repeats() {
        for step in 0..1000 {
            let x = f64::from(step) / 128.0;
            assert!((-1.0..=1.0).contains(&wave(x)));
            assert!((wave(x) - wave(x + 1.0)).abs() < 1e-9);
        }
    }
}
