//! The slow camera: windows that wander over a still, and what is seen through them.

use super::still::{Plane, Still};

/// How far the camera closes in: so much of a side it sees in the end, as a divisor.
const MARGIN: f64 = 1.125;

/// A part of a still, in pixels of its first plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CropWindow {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl CropWindow {
    /// The whole still.
    pub(super) fn whole(still: &Still) -> Self {
        let [luma, ..] = &still.planes;
        Self { x: 0.0, y: 0.0, width: luma.width as f64, height: luma.height as f64 }
    }

    /// As close as the camera goes; `focus` tells where, each of its numbers from 0 (left, top) to 1.
    pub(super) fn close(still: &Still, focus: (f64, f64)) -> Self {
        let whole = Self::whole(still);
        let (width, height) = (whole.width / MARGIN, whole.height / MARGIN);
        Self { x: (whole.width - width) * focus.0, y: (whole.height - height) * focus.1, width, height }
    }

    /// Between this window (`progress` 0) and another (1).
    pub(super) fn towards(self, other: Self, progress: f64) -> Self {
        let between = |from: f64, to: f64| from + (to - from) * progress;
        Self {
            x: between(self.x, other.x),
            y: between(self.y, other.y),
            width: between(self.width, other.width),
            height: between(self.height, other.height),
        }
    }
}

/// Starts and stops gently: 0 to 1 as `progress` goes from 0 to 1, and no further.
pub(super) fn ease(progress: f64) -> f64 {
    let progress = progress.clamp(0.0, 1.0);
    progress * progress * (3.0 - 2.0 * progress)
}

/// Where a sample is taken: between `at` and the next one, in 256ths of the way.
#[derive(Clone, Copy)]
struct Tap {
    at: usize,
    weight: u16,
}

/// How many samples side by side are read in one piece.
const LANES: usize = 8;

/// Samples before the row that no sample is mixed from, so that a group near the row's start can be read in one
/// piece as well.
const LEAD: usize = 1;

/// How many neighbours a sample is mixed from. Two would do if each were looked up by itself; so that a whole
/// group can be read in one piece, its members may lag one pixel behind.
const TAPS: usize = 3;

/// Where the samples of a row come from: a group of [`LANES`] begins at one of `bases`, and each sample is
/// mixed from [`TAPS`] neighbours, in 128ths.
#[derive(Default)]
struct Columns {
    bases: Vec<usize>,
    weights: [Vec<u16>; TAPS],
    /// The neighbours of every sample of the row at hand.
    neighbours: [Vec<u16>; TAPS],
}

impl Columns {
    fn prepare(&mut self, width: usize, tap: impl Fn(usize) -> Tap) {
        let padded = width.next_multiple_of(LANES);
        self.bases.clear();
        for row in self.weights.iter_mut().chain(&mut self.neighbours) {
            row.clear();
            row.resize(padded, 0);
        }
        for start in (0..width).step_by(LANES) {
            let group = start..width.min(start + LANES);
            let place = |x: usize| (tap(x).at + LEAD).saturating_sub(x - start);
            let base = group.clone().map(place).min().unwrap_or_default();
            self.bases.push(base);
            for x in group {
                let Tap { at, weight } = tap(x);
                let lag = (at + LEAD).saturating_sub(base + x - start).min(TAPS - 2);
                let next = weight / 2;
                self.weights[lag][x] = 128 - next;
                self.weights[lag + 1][x] = next;
            }
        }
    }

    /// Mixes a row from a row of the source, which begins after `LEAD` samples and goes on for `LANES + TAPS`
    /// after its end.
    fn mix(&mut self, source: &[u16], row: &mut [u8]) {
        for (shift, neighbours) in self.neighbours.iter_mut().enumerate() {
            for (group, &base) in neighbours.as_chunks_mut::<LANES>().0.iter_mut().zip(&self.bases) {
                if let Some(near) = source.get(base + shift..).and_then(<[u16]>::first_chunk) {
                    *group = *near;
                }
            }
        }
        // One plain loop over slices of one length: the compiler makes vectors of it.
        let width = row.len();
        let [first, second, third] = self.neighbours.each_ref().map(|row| &row[..width]);
        let [one, two, three] = self.weights.each_ref().map(|row| &row[..width]);
        for x in 0..width {
            let sum = first[x] * one[x] + second[x] * two[x] + third[x] * three[x];
            row[x] = ((sum + 64) >> 7) as u8;
        }
    }
}

/// Looks through windows; keeps its working memory from frame to frame.
///
/// A window may be a seventh larger or smaller than what is drawn of it, and [`MARGIN`] is less; beyond, it would
/// be drawn squeezed.
#[derive(Default)]
pub(super) struct Lens {
    columns: Columns,
    strip: Vec<u16>,
}

impl Lens {
    /// Draws what is seen of `source` through `window` onto all of `target`.
    pub(super) fn draw(&mut self, source: &Still, window: CropWindow, target: &mut Still) {
        let full = source.planes[0].width as f64;
        for (from, onto) in source.planes.iter().zip(&mut target.planes) {
            let scale = from.width as f64 / full;
            self.draw_plane(from, window, scale, onto);
        }
    }

    fn draw_plane(&mut self, from: &Plane, window: CropWindow, scale: f64, onto: &mut Plane) {
        let width = onto.width;
        self.columns.prepare(width, |x| tap(x, width, window.x * scale, window.width * scale, from.width));
        self.strip.clear();
        self.strip.resize(LEAD + from.width + LANES + TAPS, 0);
        let height = onto.height;
        for (y, row) in onto.samples.chunks_exact_mut(width).enumerate() {
            let tap = tap(y, height, window.y * scale, window.height * scale, from.height);
            let (above, below) = from.samples[tap.at * from.width..][..from.width * 2].split_at(from.width);
            for ((mixed, &above), &below) in self.strip[LEAD..].iter_mut().zip(above).zip(below) {
                *mixed = (u16::from(above) * (256 - tap.weight) + u16::from(below) * tap.weight + 128) >> 8;
            }
            self.columns.mix(&self.strip, row);
        }
    }
}

/// The place of sample `index` of `count` that are spread over `length` pixels from `origin`; pixels are
/// taken at their middles. `size` is how many there are, at least two.
fn tap(index: usize, count: usize, origin: f64, length: f64, size: usize) -> Tap {
    let place = origin + (index as f64 + 0.5) * length / count as f64 - 0.5;
    let place = (place.clamp(0.0, (size - 1) as f64) * 256.0).round() as usize;
    let at = (place / 256).min(size - 2);
    Tap { at, weight: (place - at * 256) as u16 }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};
    use proptest::prelude::*;

    use super::*;

    fn ramp(width: u32, height: u32) -> Still {
        Still::of(&RgbImage::from_fn(width, height, |x, y| Rgb([(x * 3) as u8, (y * 3) as u8, 90])))
    }

    #[test]
    fn the_whole_at_the_same_size_is_the_same() {
        let source = ramp(48, 32);
        let mut seen = Still::new(48, 32);
        Lens::default().draw(&source, CropWindow::whole(&source), &mut seen);
        assert_eq!(seen, source);
    }

    #[test]
    fn closer_shows_the_corner_it_closes_in_on() {
        let source = ramp(72, 36);
        let mut seen = Still::new(64, 32);
        Lens::default().draw(&source, CropWindow::close(&source, (0.0, 0.0)), &mut seen);
        for (row, expected) in seen.planes[0].samples.chunks(64).zip(source.planes[0].samples.chunks(72)) {
            assert_eq!(row, &expected[..64]);
        }
    }

    proptest! {
        #[test]
        fn no_window_shows_what_is_not_there(
            focus in (0.0..=1.0_f64, 0.0..=1.0_f64),
            progress in 0.0..=1.0_f64,
            size in (22_usize..26, 18_usize..21),
        ) {
            let source = Still::of(&RgbImage::from_pixel(50, 40, Rgb([130, 60, 200])));
            let mut seen = Still::new(size.0 * 2, size.1 * 2);
            let window = CropWindow::whole(&source).towards(CropWindow::close(&source, focus), progress);
            Lens::default().draw(&source, window, &mut seen);
            for (plane, original) in seen.planes.iter().zip(&source.planes) {
                prop_assert!(plane.samples.iter().all(|&sample| sample == original.samples[0]));
            }
        }

        #[test]
        fn easing_never_turns_back(one in 0.0..1.0_f64, other in 0.0..1.0_f64) {
            prop_assert!((one <= other) == (ease(one) <= ease(other)));
        }
    }
}
