//! Speed of clips: the figures to watch are seconds per clip on one core.

#![allow(missing_docs, reason = "the macros below write functions without documentation")]

use std::hint::black_box;
use std::io::Cursor;

use criterion::{Criterion, criterion_group, criterion_main};
use image::{ImageFormat, Rgb, RgbImage};
use mockreel_emulator::media::{ClipSpec, Preview, cover, inspect, render};

/// An image with edges and texture, so that the encoder has something to do.
fn image(width: u32, height: u32) -> Vec<u8> {
    let image = RgbImage::from_fn(width, height, |x, y| {
        let weave = ((x / 40 + y / 40) % 2 * 60) as u8;
        Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8 / 2 + weave, ((x * y) >> 8) as u8])
    });
    let mut jpeg = Cursor::new(Vec::new());
    image.write_to(&mut jpeg, ImageFormat::Jpeg).expect("a JPEG can be written to memory");
    jpeg.into_inner()
}

fn spec(width: u32, height: u32, seconds: u32, start: Option<&Preview>, tail: Option<&Preview>) -> ClipSpec {
    ClipSpec {
        width,
        height,
        fps: 24,
        frames: 24 * seconds + 1,
        sound: false,
        start: start.cloned(),
        tail: tail.cloned(),
        seed: 1,
    }
}

fn clips(criterion: &mut Criterion) {
    let jpeg = image(1600, 900);
    let start = inspect(&jpeg).preview;
    let tail = inspect(&image(900, 1600)).preview;
    let (start, tail) = (start.as_ref(), tail.as_ref());

    let mut group = criterion.benchmark_group("clip");
    group.sample_size(10);
    for (name, spec) in [
        ("5 s 720p, a scene", spec(1280, 720, 5, None, None)),
        ("5 s 720p, a picture", spec(1280, 720, 5, start, None)),
        ("5 s 720p, a picture and a tail", spec(1280, 720, 5, start, tail)),
        ("10 s 1080p, a picture", spec(1920, 1080, 10, start, None)),
    ] {
        group.bench_function(name, |bencher| bencher.iter(|| render(black_box(&spec))));
    }
    group.finish();

    let thumbnail = spec(1280, 720, 5, start, None);
    criterion.bench_function("cover", |bencher| bencher.iter(|| cover(black_box(&thumbnail))));
    criterion.bench_function("inspect, 1.4 megapixels", |bencher| bencher.iter(|| inspect(black_box(&jpeg))));
}

criterion_group!(benches, clips);
criterion_main!(benches);
