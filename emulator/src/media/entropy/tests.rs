//! Tests of what is noticed in the data of a JPEG, and what is not.

use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, Luma, Rgb, RgbImage};
use proptest::prelude::*;

use super::*;

fn jpeg(width: u32, height: u32, grey: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let shade = |x: u32, y: u32| ((x * 31) ^ (y * 17)) as u8;
    let mut encoder = JpegEncoder::new(&mut bytes);
    if grey {
        encoder.encode_image(&GrayImage::from_fn(width, height, |x, y| Luma([shade(x, y)]))).unwrap();
    } else {
        let image = RgbImage::from_fn(width, height, |x, y| Rgb([shade(x, y), shade(y, x), x as u8]));
        encoder.encode_image(&image).unwrap();
    }
    bytes
}

fn scan_start(jpeg: &[u8]) -> usize {
    let scan = jpeg.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    scan + 2 + usize::from(u16::from_be_bytes([jpeg[scan + 2], jpeg[scan + 3]]))
}

#[test]
fn an_image_cut_short_is_noticed_even_if_its_end_was_put_back() {
    let whole = jpeg(50, 40, false);
    for length in scan_start(&whole)..whole.len() - 3 {
        let cut = [&whole[..length], b"\xFF\xD9"].concat();
        assert!(!sound(&cut), "{length} of {}", whole.len());
        // What follows the end is no part of the image.
        assert!(!sound(&[&cut, &whole[length..]].concat()), "{length} of {}", whole.len());
    }
}

// libjpeg, and what is built on it, warns of extraneous bytes before a marker and shows the image:
// https://github.com/image-rs/jpeg-decoder/issues/100
#[test]
fn surplus_bytes_before_the_end_are_taken_whatever_they_are() {
    let whole = jpeg(50, 40, false);
    let (scan, end) = (scan_start(&whole), whole.len() - 2);
    for surplus in
        [&b"\x11"[..], &[0x11; 16], &[0x11; 5000], b"\0\0\0\0\xFF\xFF", b"\xFF\x00\x11", &whole[scan..end]]
    {
        assert!(sound(&[&whole[..end], surplus, b"\xFF\xD9"].concat()), "{surplus:?}");
    }
}

#[test]
fn what_breaks_off_is_noticed_also_where_surplus_bytes_stand_for_it() {
    let whole = jpeg(50, 40, false);
    for length in scan_start(&whole)..whole.len() - 20 {
        let cut = [&whole[..length], &[0x11; 16], b"\xFF\xD9"].concat();
        assert!(!sound(&cut), "{length} of {}", whole.len());
    }
}

#[test]
fn what_is_left_over_behind_a_hole_is_not_taken_for_surplus_bytes() {
    let whole = jpeg(50, 40, false);
    let scan = scan_start(&whole);
    // The blocks are cut out of step, and the data of the first ones come again.
    let doubled = [&whole[..scan + 41], &whole[scan + 10..]].concat();
    assert!(!sound(&doubled));
}

#[test]
fn a_height_that_the_data_do_not_fill_is_noticed() {
    let mut taller = jpeg(50, 40, false);
    let frame = taller.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    taller[frame + 6] = 72;
    assert!(!sound(&taller));
}

/// A JPEG whose blocks take two bits each. `frame` and `scan` are SOF0 and SOS without their lengths.
fn handmade(frame: &[u8], restart: u8, scan: &[u8], data: &[u8]) -> Vec<u8> {
    let mut jpeg = b"\xFF\xD8".to_vec();
    let mut segment = |marker: u8, content: &[u8]| {
        jpeg.extend([0xFF, marker, 0, content.len() as u8 + 2]);
        jpeg.extend(content);
    };
    segment(0xC0, frame);
    for place in [0x00, 0x10] {
        segment(0xC4, &[place, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    segment(0xDD, &[0, restart]);
    segment(0xDA, scan);
    [&jpeg, data, b"\xFF\xD9"].concat()
}

/// Two grey blocks side by side, with a restart marker between them.
fn restarting(between: &[u8]) -> Vec<u8> {
    let data = [b"\x3F", between, b"\x3F"].concat();
    handmade(b"\x08\0\x08\0\x10\x01\x01\x11\0", 1, b"\x01\x01\0\0\x3F\0", &data)
}

#[test]
fn a_colour_that_is_sampled_less_has_fewer_blocks() {
    let frame = b"\x08\0\x10\0\x10\x02\x01\x22\0\x02\x11\0";
    let scan = b"\x02\x01\0\x02\0\0\x3F\0";
    assert!(sound(&handmade(frame, 0, scan, b"\0\x3F")));
    assert!(!sound(&handmade(frame, 0, scan, b"\0")));
    assert!(!sound(&handmade(frame, 0, scan, b"\0\0\x3F")), "data, and not filled up");
    assert!(sound(&handmade(frame, 0, scan, b"\0\x3F\x11")), "filled up, and one byte more");
    // The second colour is missing.
    assert!(!sound(&handmade(frame, 0, b"\x01\x01\0\0\x3F\0", b"\0")));
}

#[test]
fn restart_markers_are_followed_and_missed() {
    assert!(sound(&restarting(b"\xFF\xD0")));
    assert!(sound(&restarting(b"\xFF\xFF\xD0")));
    assert!(!sound(&restarting(b"")));
    assert!(sound(&restarting(b"\x11\x11\x11\xFF\xD0")), "surplus before the marker");
    assert!(!sound(&restarting(b"\x11\x11\x11")), "surplus and no marker");
}

fn progressive() -> Vec<u8> {
    crate::fixtures::find("progressive.jpg").unwrap().content().to_vec()
}

#[test]
fn a_progressive_image_is_followed_and_noticed_where_it_is_cut() {
    let whole = progressive();
    assert!(sound(&whole));
    let scans: Vec<usize> = (0..whole.len() - 1).filter(|at| whole[*at..*at + 2] == [0xFF, 0xDA]).collect();
    assert!(scans.len() > 3, "several scans, some of which refine");
    let step = whole.len() / 400 + 1;
    let unnoticed: Vec<usize> = (scan_start(&whole)..whole.len() - 3)
        .step_by(step)
        // Between two scans it is a whole image of less detail.
        .filter(|length| !scans.contains(length) && !scans.contains(&(length - 1)))
        .filter(|length| sound(&[&whole[..*length], b"\xFF\xD9"].concat()))
        .collect();
    assert!(unnoticed.is_empty(), "cut at {unnoticed:?} of {}, scans at {scans:?}", whole.len());
}

#[test]
fn bytes_of_a_progressive_scan_that_were_overwritten_are_noticed() {
    let whole = progressive();
    let start = scan_start(&whole);
    let (mut tried, mut unnoticed) = (0, 0);
    for at in (start..whole.len() - 40).step_by(whole.len() / 200 + 1) {
        let mut damaged = whole.clone();
        for (offset, byte) in damaged[at..at + 24].iter_mut().enumerate() {
            *byte = (at * 31 + offset * 57) as u8 & 0x7F;
        }
        tried += 1;
        unnoticed += u32::from(sound(&damaged));
    }
    // Scans that send one bit more of each first value may hold any bits.
    assert!(unnoticed * 10 <= tried, "{unnoticed} of {tried} went unnoticed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_damage_of_a_progressive_image_makes_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
        at in any::<proptest::sample::Index>(),
    ) {
        let mut damaged = progressive();
        let at = at.index(damaged.len());
        damaged.splice(at.., bytes);
        damaged.extend(b"\xFF\xD9");
        sound(&damaged);
    }
    #[test]
    fn whole_images_are_sound(width in 1_u32..70, height in 1_u32..70, grey in any::<bool>()) {
        prop_assert!(sound(&jpeg(width, height, grey)));
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        from in 0_usize..700,
    ) {
        let mut damaged = jpeg(9, 9, false);
        let from = from.min(damaged.len());
        damaged.splice(from.., bytes);
        sound(&damaged);
    }
}
