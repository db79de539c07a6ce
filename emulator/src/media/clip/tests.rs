//! Clips, read by a decoder and a reader that have not made them.

use std::io::Cursor;

use image::{DynamicImage, Rgb, RgbImage};
use mp4::Mp4Reader;
use openh264::decoder::Decoder;
use openh264::formats::YUVSource;

use super::*;

fn plain(colour: [u8; 3]) -> Option<Preview> {
    let image = DynamicImage::from(RgbImage::from_pixel(64, 36, Rgb(colour)));
    Preview::shrink(&image, (64, 36))
}

fn spec(seconds: u32) -> ClipSpec {
    ClipSpec {
        width: 128,
        height: 72,
        fps: 12,
        frames: seconds * 12,
        sound: false,
        start: None,
        tail: None,
        seed: 5,
    }
}

fn boxes(mp4: &[u8]) -> Vec<String> {
    let mut rest = mp4;
    let mut names = Vec::new();
    while let Some((head, _)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        names.push(String::from_utf8_lossy(&head[4..]).into_owned());
        rest = &rest[length..];
    }
    assert!(rest.is_empty(), "{} bytes after the last box", rest.len());
    names
}

/// The samples from the `first` on (counted from one), as a stream with start codes.
fn stream(mp4: &[u8], first: u32) -> Vec<Vec<u8>> {
    let mut reader = Mp4Reader::read_header(Cursor::new(mp4), mp4.len() as u64).unwrap();
    let count = reader.sample_count(1).unwrap();
    let track = &reader.tracks()[&1];
    let sets = [track.sequence_parameter_set().unwrap(), track.picture_parameter_set().unwrap()];
    let sets: Vec<u8> = sets.iter().flat_map(|set| [&[0, 0, 0, 1], *set].concat()).collect();
    (first..=count)
        .map(|number| {
            let sample = reader.read_sample(1, number).unwrap().unwrap().bytes;
            let mut rest = &sample[..];
            let mut stream = if number == first { sets.clone() } else { Vec::new() };
            while let Some((length, after)) = rest.split_first_chunk::<4>() {
                let (unit, next) = after.split_at(u32::from_be_bytes(*length) as usize);
                stream.extend_from_slice(&[0, 0, 0, 1]);
                stream.extend_from_slice(unit);
                rest = next;
            }
            stream
        })
        .collect()
}

/// The middle sample of each plane of each frame.
fn middles(mp4: &[u8], first: u32) -> Vec<[u8; 3]> {
    let mut decoder = Decoder::new().unwrap();
    let mut seen = Vec::new();
    for sample in stream(mp4, first) {
        let frame = decoder.decode(&sample).unwrap().expect("a frame for every sample");
        assert_eq!(frame.dimensions(), (128, 72));
        let (luma, colour, _) = frame.strides();
        let at = 18 * colour + 32;
        seen.push([frame.y()[36 * luma + 64], frame.u()[at], frame.v()[at]]);
    }
    seen
}

fn near(one: [u8; 3], other: [u8; 3]) -> bool {
    one.iter().zip(other).all(|(one, other)| one.abs_diff(other) <= 4)
}

#[test]
fn the_index_comes_before_the_frames() {
    assert_eq!(boxes(&render(&spec(1)).unwrap()), ["ftyp", "moov", "mdat"]);
}

#[test]
fn a_clip_has_the_frames_that_are_asked_for_and_can_be_entered_every_second() {
    for (frames, fps) in [(24, 24), (73, 24), (93, 30), (125, 25), (10, 1), (1, 24)] {
        let mp4 = render(&ClipSpec { fps, frames, ..spec(1) }).unwrap();
        let reader = Mp4Reader::read_header(Cursor::new(&mp4), mp4.len() as u64).unwrap();
        assert_eq!(reader.duration().as_millis(), u128::from(frames * 1000 / fps));
        assert_eq!((reader.moov.mvhd.creation_time, reader.moov.mvhd.modification_time), (0, 0));
        let track = &reader.tracks()[&1];
        assert_eq!((track.width(), track.height()), (128, 72));
        assert_eq!(track.trak.mdia.mdhd.duration, u64::from(frames * (TICKS / fps)));
        assert_eq!(track.sample_count(), frames);
        let keys: Vec<u32> = (0..frames).step_by(fps as usize).map(|frame| frame + 1).collect();
        let stated = track.trak.mdia.minf.stbl.stss.as_ref().map(|stss| &stss.entries);
        // Where all are key frames, there need be no list.
        assert!(stated.map_or(keys.len() == frames as usize, |stated| *stated == keys), "{stated:?}");
    }
}

#[test]
fn a_player_can_begin_at_any_key_frame() {
    let mp4 = render(&spec(3)).unwrap();
    let all = middles(&mp4, 1);
    assert_eq!(all.len(), 36);
    assert_eq!(middles(&mp4, 13), all[12..]);
    assert_eq!(middles(&mp4, 25), all[24..]);
}

#[test]
fn a_clip_shows_the_image_and_ends_with_the_tail() {
    let (red, blue) = ([63, 102, 240], [32, 240, 118]);
    let mut spec = ClipSpec { start: plain([255, 0, 0]), ..spec(2) };
    let still = middles(&render(&spec).unwrap(), 1);
    assert!(still.iter().all(|&middle| near(middle, red)), "{still:?}");

    spec.tail = plain([0, 0, 255]);
    let changing = middles(&render(&spec).unwrap(), 1);
    assert!(changing[..12].iter().all(|&middle| near(middle, red)), "{changing:?}");
    assert!(near(changing[23], blue), "{changing:?}");
    assert!(
        changing.iter().map(|middle| middle[1]).is_sorted_by(|one, next| *one <= next + 2),
        "{changing:?}"
    );
}

#[test]
fn the_camera_moves() {
    let mp4 = render(&spec(2)).unwrap();
    let frames = stream(&mp4, 1);
    let mut decoder = Decoder::new().unwrap();
    let first = decoder.decode(&frames[0]).unwrap().unwrap().y().to_vec();
    let mut last = Vec::new();
    for frame in &frames[1..] {
        last = decoder.decode(frame).unwrap().unwrap().y().to_vec();
    }
    let moved = first.iter().zip(&last).filter(|(first, last)| first.abs_diff(**last) > 16).count();
    assert!(moved > 100, "{moved} pixels differ");
}

#[test]
fn the_same_specification_gives_the_same_bytes_and_another_seed_others() {
    let spec = ClipSpec { start: plain([9, 99, 200]), ..spec(1) };
    let scene = ClipSpec { start: None, ..spec.clone() };
    for spec in [&spec, &scene] {
        assert_eq!(render(spec).unwrap(), render(spec).unwrap());
        assert_eq!(cover(spec).unwrap(), cover(spec).unwrap());
    }
    assert_ne!(render(&scene).unwrap(), render(&ClipSpec { seed: 6, ..scene.clone() }).unwrap());
}

#[test]
fn a_cover_is_as_large_as_the_clip() {
    for (width, height) in [(1280, 720), (724, 1268), (64, 32)] {
        let spec = ClipSpec { width, height, start: plain([1, 2, 3]), ..spec(5) };
        let cover = image::load_from_memory(&cover(&spec).unwrap()).unwrap();
        assert_eq!((cover.width(), cover.height()), (width, height));
    }
}

#[test]
fn a_cover_shows_the_first_frame() {
    for spec in [spec(1), ClipSpec { tail: plain([9, 9, 9]), start: plain([90, 200, 30]), ..spec(1) }] {
        let cover = image::load_from_memory(&cover(&spec).unwrap()).unwrap().into_rgb8();
        let cover = &Still::of(&cover).planes[0].samples;
        let clip = render(&spec).unwrap();
        let mut decoder = Decoder::new().unwrap();
        let frame = decoder.decode(&stream(&clip, 1)[0]).unwrap().unwrap();
        let rows = frame.y().chunks(frame.strides().0).flat_map(|row| &row[..128]);
        let off: u64 = rows.zip(cover).map(|(shown, cover)| u64::from(shown.abs_diff(*cover))).sum();
        assert!(off / (128 * 72) < 4, "{off}");
    }
}

#[test]
fn what_cannot_be_rendered_is_refused_with_the_rule() {
    let unfit = [
        ClipSpec { width: 127, ..spec(1) },
        ClipSpec { height: 0, ..spec(1) },
        ClipSpec { width: 3842, ..spec(1) },
        ClipSpec { width: 2400, height: 2400, ..spec(1) },
        ClipSpec { fps: 23, ..spec(1) },
        ClipSpec { fps: 0, ..spec(1) },
        spec(0),
        spec(61),
    ];
    for spec in unfit {
        assert!(matches!(render(&spec), Err(MediaError::Unfit { .. })), "{spec:?}");
        assert!(matches!(cover(&spec), Err(MediaError::Unfit { .. })), "{spec:?}");
    }
}
