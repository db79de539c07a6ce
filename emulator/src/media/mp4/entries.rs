//! Sample entries and media headers: the declarations of each kind of track.

use super::boxes::{join_bytes, wrap_box, wrap_full_box};
use super::index::MediaBoxes;
use super::{Colour, SoundTrack, VideoTrack, list_numbers};

/// 72 dots per inch, as all encoders write.
const RESOLUTION: u32 = 72 << 16;

/// The boxes of the video track.
pub(super) fn describe_video(video: &VideoTrack) -> MediaBoxes {
    let config = wrap_box(b"avcC", &[&video.parameter_sets.describe()]);
    // Primaries, transfer and matrix of BT.709, and no full range.
    let colour = match video.colour {
        Some(Colour::Bt709) => wrap_box(b"colr", &[b"nclx", &[0, 1, 0, 1, 0, 1, 0]]),
        None => Vec::new(),
    };
    let shape = wrap_box(b"pasp", &[&list_numbers([1, 1])]);
    let size = [video.width.to_be_bytes(), video.height.to_be_bytes()].concat();
    let entry = wrap_box(
        b"avc1",
        &[
            &[0, 0, 0, 0, 0, 0, 0, 1], // reserved, then the only place where the samples are: this file
            &[0; 16],
            &size,
            &list_numbers([RESOLUTION, RESOLUTION, 0]),
            &[0, 1],  // one picture a sample
            &[0; 32], // no name of the encoder
            &[0, 24, 0xff, 0xff],
            &config,
            &colour,
            &shape,
        ],
    );
    MediaBoxes {
        handler: *b"vide",
        name: b"VideoHandler\0",
        header: wrap_full_box(b"vmhd", 1, &[&[0; 8]]),
        entry,
        size: [u32::from(video.width) << 16, u32::from(video.height) << 16],
        volume: 0,
    }
}

/// The boxes of the sound track.
pub(super) fn describe_sound(sound: &SoundTrack) -> MediaBoxes {
    let entry = wrap_box(
        b"mp4a",
        &[
            &[0, 0, 0, 0, 0, 0, 0, 1],
            &[0; 8],
            &sound.channels.to_be_bytes(),
            &[0, 16, 0, 0, 0, 0],
            &list_numbers([u32::from(sound.rate) << 16]),
            &wrap_full_box(b"esds", 0, &[&describe_stream(sound)]),
        ],
    );
    MediaBoxes {
        handler: *b"soun",
        name: b"SoundHandler\0",
        header: wrap_full_box(b"smhd", 0, &[&[0; 4]]),
        entry,
        size: [0; 2],
        volume: 0x0100,
    }
}

/// The descriptors of an AAC stream (ISO/IEC 14496-1, 7.2.6; 14496-14, 3.1.2: the number is 0 in files).
fn describe_stream(sound: &SoundTrack) -> Vec<u8> {
    // The length of a descriptor takes one byte, as none here has more than 127.
    let descriptor = |tag: u8, parts: &[&[u8]]| {
        let content = join_bytes(parts);
        [&[tag, content.len() as u8], content.as_slice()].concat()
    };
    let rate = |bytes: u64, ticks: u64| {
        u32::try_from(bytes * 8 * u64::from(sound.rate) / ticks.max(1)).unwrap_or(u32::MAX)
    };
    let size = |sample: &super::Sample| (sample.bytes.len() as u64, u64::from(sample.ticks));
    let sizes = || sound.samples.iter().map(size);
    let largest = sizes().map(|(bytes, _)| bytes).max().unwrap_or(0);
    let highest = sizes().map(|(bytes, ticks)| rate(bytes, ticks)).max().unwrap_or(0);
    let (bytes, ticks) = sizes().fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
    let decoder = descriptor(
        4,
        &[
            &[0x40, 0x15], // AAC of MPEG-4, an audio stream
            &(largest as u32).to_be_bytes()[1..],
            &list_numbers([highest, rate(bytes, ticks)]),
            &descriptor(5, &[&sound.config]),
        ],
    );
    descriptor(3, &[&[0, 0, 0], &decoder, &descriptor(6, &[&[2]])])
}
