//! An image the way the encoder wants it: brightness and two half-size planes of colour.

use image::RgbImage;
use image::imageops::{self, FilterType};

/// One plane of samples, row by row without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) samples: Vec<u8>,
}

impl Plane {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, samples: vec![0; width * height] }
    }
}

/// An image in 4:2:0, BT.709, limited range: planes Y, U and V. Both sides are even.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Still {
    pub(super) planes: [Plane; 3],
}

impl Still {
    /// A still to be drawn on. Sides are in pixels; an odd one loses its last pixel.
    pub(super) fn new(width: usize, height: usize) -> Self {
        let (columns, rows) = (width / 2, height / 2);
        Self {
            planes: [Plane::new(columns * 2, rows * 2), Plane::new(columns, rows), Plane::new(columns, rows)],
        }
    }

    /// Converts an image; of an odd side the last pixel is left out.
    pub(super) fn of(image: &RgbImage) -> Self {
        let mut still = Self::new(image.width() as usize, image.height() as usize);
        let row_bytes = image.width() as usize * 3;
        let [luma, blue, red] = &mut still.planes;
        let (width, columns) = (luma.width, blue.width);
        let rows = image.as_raw().chunks_exact(row_bytes * 2);
        for (at, pair) in rows.enumerate() {
            let (top, bottom) = pair.split_at(row_bytes);
            brightness(top, &mut luma.samples[at * 2 * width..][..width]);
            brightness(bottom, &mut luma.samples[(at * 2 + 1) * width..][..width]);
            let us = &mut blue.samples[at * columns..][..columns];
            let vs = &mut red.samples[at * columns..][..columns];
            colour(top, bottom, us, vs);
        }
        still
    }

    /// Mixes `other` in, in 256ths: 0 keeps this one, 256 is the other one. Both must be of one size.
    pub(super) fn mix(&mut self, other: &Self, share: u16) {
        for (mine, theirs) in self.planes.iter_mut().zip(&other.planes) {
            for (sample, other) in mine.samples.iter_mut().zip(&theirs.samples) {
                *sample = ((u16::from(*sample) * (256 - share) + u16::from(*other) * share) >> 8) as u8;
            }
        }
    }
}

/// Cuts the middle out of an image so that it has the given shape, and scales it to that size in pixels.
pub(super) fn fill(image: &RgbImage, width: u32, height: u32) -> RgbImage {
    let (w, h) = (u64::from(image.width()), u64::from(image.height()));
    let (wide, high) = (u64::from(width), u64::from(height));
    let cut_width = (h * wide / high).clamp(1, w) as u32;
    let cut_height = (w * high / wide).clamp(1, h) as u32;
    let left = (image.width() - cut_width) / 2;
    let top = (image.height() - cut_height) / 2;
    let cut = imageops::crop_imm(image, left, top, cut_width, cut_height);
    imageops::resize(&*cut, width, height, FilterType::CatmullRom)
}

/// The weights are those of ITU-R BT.709 for limited range, in 65,536ths.
fn brightness(pixels: &[u8], samples: &mut [u8]) {
    for (pixel, sample) in pixels.chunks_exact(3).zip(samples) {
        let [r, g, b] = [i32::from(pixel[0]), i32::from(pixel[1]), i32::from(pixel[2])];
        *sample = ((11_966 * r + 40_254 * g + 4_064 * b + (16 << 16) + (1 << 15)) >> 16) as u8;
    }
}

/// Each sample is made of four pixels, two above two. Weights as for [`brightness`].
fn colour(top: &[u8], bottom: &[u8], us: &mut [u8], vs: &mut [u8]) {
    let pixels = top.chunks_exact(6).zip(bottom.chunks_exact(6));
    for ((above, below), (u, v)) in pixels.zip(us.iter_mut().zip(vs)) {
        let sum = |at: usize| {
            [above[at], above[at + 3], below[at], below[at + 3]].map(i32::from).iter().sum::<i32>()
        };
        let (r, g, b) = (sum(0), sum(1), sum(2));
        *u = ((28_785 * b - 6_596 * r - 22_189 * g + (128 << 18) + (1 << 17)) >> 18) as u8;
        *v = ((28_785 * r - 26_145 * g - 2_640 * b + (128 << 18) + (1 << 17)) >> 18) as u8;
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn samples(colour: [u8; 3]) -> [u8; 3] {
        let still = Still::of(&RgbImage::from_pixel(4, 2, Rgb(colour)));
        still.planes.map(|plane| {
            assert!(plane.samples.iter().all(|&sample| sample == plane.samples[0]));
            plane.samples[0]
        })
    }

    /// Values from the BT.709 colour bars.
    #[test]
    fn colours_are_those_of_bt_709() {
        assert_eq!(samples([0, 0, 0]), [16, 128, 128]);
        assert_eq!(samples([255, 255, 255]), [235, 128, 128]);
        assert_eq!(samples([255, 0, 0]), [63, 102, 240]);
        assert_eq!(samples([0, 255, 0]), [173, 42, 26]);
        assert_eq!(samples([0, 0, 255]), [32, 240, 118]);
    }

    #[test]
    fn an_odd_side_loses_its_last_pixel() {
        let still = Still::of(&RgbImage::new(7, 5));
        assert_eq!(
            still.planes.each_ref().map(|plane| (plane.width, plane.height)),
            [(6, 4), (3, 2), (3, 2)]
        );
    }

    #[test]
    fn a_mixture_goes_all_the_way() {
        let dark = Still::of(&RgbImage::from_pixel(4, 4, Rgb([10, 20, 30])));
        let light = Still::of(&RgbImage::from_pixel(4, 4, Rgb([200, 190, 180])));
        let mixed = |share| {
            let mut still = dark.clone();
            still.mix(&light, share);
            still
        };
        assert_eq!(mixed(0), dark);
        assert_eq!(mixed(256), light);
    }

    #[test]
    fn filling_keeps_the_middle() {
        // Red, green, blue thirds side by side: a square cut shows only green.
        let image = RgbImage::from_fn(300, 100, |x, _| {
            let mut pixel = [0; 3];
            pixel[(x / 100) as usize] = 255;
            Rgb(pixel)
        });
        let cut = fill(&image, 50, 50);
        assert_eq!(cut.dimensions(), (50, 50));
        assert!(cut.pixels().all(|pixel| pixel.0[1] > 200));
        assert_eq!(fill(&RgbImage::new(1, 500), 64, 36).dimensions(), (64, 36));
    }
}
