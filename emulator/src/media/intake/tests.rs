//! Tests of the intake: good files of each kind, and hostile ones.

use proptest::prelude::*;

use super::*;
use crate::media::{ClipSpec, render};

/// A clip of a second, with or without sound.
fn clip(sound: bool) -> Vec<u8> {
    let spec =
        ClipSpec { width: 320, height: 192, fps: 24, frames: 24, sound, start: None, tail: None, seed: 7 };
    render(&spec).unwrap().to_vec()
}

/// Silent frames of MPEG audio: 128 kbit/s at 44.1 kHz, 417 bytes and 26.1 ms each.
fn mp3(frames: usize) -> Vec<u8> {
    let mut frame = vec![0xFF, 0xFB, 0x90, 0x64];
    frame.resize(417, 0);
    frame.repeat(frames)
}

/// Silent frames of AAC in ADTS: 44.1 kHz, two channels, 1024 samples each.
fn aac(frames: usize) -> Vec<u8> {
    let length: usize = 7 + 6;
    let head = [
        0xFF,
        0xF1,
        0x50,
        0x80 | (length >> 11) as u8,
        (length >> 3) as u8,
        ((length & 7) << 5) as u8 | 0x1F,
        0xFC,
    ];
    [&head[..], &[0x21, 0x10, 0x04, 0x60, 0x8C, 0x1C]].concat().repeat(frames)
}

/// A second and a half of silence at 8 kHz, 16 bits, one channel.
fn wav() -> Vec<u8> {
    let samples = [0_u8; 24_000];
    let mut file = b"RIFF".to_vec();
    file.extend((36 + samples.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(8_000_u32.to_le_bytes());
    file.extend(16_000_u32.to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend((samples.len() as u32).to_le_bytes());
    file.extend(samples);
    file
}

fn mdat_start(file: &[u8]) -> usize {
    file.windows(4).position(|name| name == b"mdat").unwrap() - 4
}

#[test]
fn a_clip_is_as_long_and_as_large_as_it_was_rendered() {
    for sound in [false, true] {
        let file = clip(sound);
        let facts = read_media(&file);
        assert_eq!(facts.kind, MediaKind::Mp4);
        assert_eq!(facts.bytes, Some(file.len() as u64));
        assert_eq!(facts.pixels, Some((320, 192)));
        let length = facts.milliseconds.unwrap();
        assert!((1_000..=1_050).contains(&length), "{length}");
        assert!(facts.is_readable);
    }
}

#[test]
fn a_clip_with_its_index_at_the_end_reads_as_well() {
    let file = crate::media::move_index_last(&clip(true)).unwrap();
    assert_eq!(read_media(&file).pixels, Some((320, 192)));
    assert!(read_media(&file).is_readable);
    assert!(!read_media(&file[..file.len() - 1]).is_readable);
}

#[test]
fn a_truncated_clip_is_unreadable_wherever_it_ends() {
    let file = clip(false);
    for end in [12, 40, mdat_start(&file), mdat_start(&file) + 100, file.len() - 1] {
        let facts = read_media(&file[..end]);
        assert_eq!(facts.kind, MediaKind::Mp4, "{end}");
        // The index stands first; a file that ends with it has all of its boxes.
        assert_eq!(facts.is_readable, end == mdat_start(&file), "{end}");
    }
}

#[test]
fn sound_of_each_kind_has_its_length() {
    let tagged = [b"ID3\x04\0\0\0\0\x01\0".as_slice(), &[0; 128], &mp3(100)].concat();
    for (file, kind, length) in [
        (wav(), MediaKind::Wav, 1_500..=1_500),
        (mp3(100), MediaKind::Mp3, 2_500..=2_700),
        (tagged, MediaKind::Mp3, 2_500..=2_700),
        (aac(100), MediaKind::Aac, 2_200..=2_450),
    ] {
        let facts = read_media(&file);
        assert_eq!((facts.kind, facts.is_readable), (kind, true));
        let read = facts.milliseconds.unwrap();
        assert!(length.contains(&read), "{kind:?}: {read}");
    }
}

#[test]
fn what_is_no_video_and_no_sound_is_named_or_unknown() {
    let page = b"<!doctype html><html><body>gone</body></html>";
    for (file, kind) in [
        (&page[..], MediaKind::Unknown),
        (b"words", MediaKind::Unknown),
        (b"", MediaKind::Unknown),
        (b"\x89PNG\r\n\x1a\n", MediaKind::Image),
        (b"\xFF\xD8\xFF\xE0", MediaKind::Image),
        (b"\x1A\x45\xDF\xA3", MediaKind::Matroska),
        (b"RIFF\0\0\0\0AVI LIST", MediaKind::Avi),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", MediaKind::Mov),
        (b"\0\0\0\x14ftypM4A \0\0\0\0", MediaKind::M4a),
    ] {
        assert_eq!(read_media(file).kind, kind, "{file:?}");
    }
}

#[test]
fn lengths_of_boxes_that_lie_are_noticed_and_end() {
    let file = clip(true);
    let index = file.windows(4).position(|name| name == b"moov").unwrap() - 4;
    for size in [0_u32, 1, 7, 8, u32::MAX] {
        for place in [0, index, index + 8, mdat_start(&file)] {
            let mut broken = file.clone();
            broken[place..place + 4].copy_from_slice(&size.to_be_bytes());
            let _ = read_media(&broken);
        }
    }
    for size in [0_u64, 1, 1 << 63, u64::MAX] {
        let broken = [&file[..24], b"\0\0\0\x01moov", &size.to_be_bytes(), &file[24..]].concat();
        assert!(!read_media(&broken).is_readable, "{size}");
    }
}

#[test]
fn a_file_that_is_cut_at_our_own_limit_is_not_called_broken() {
    let mut file = clip(false);
    let start = mdat_start(&file);
    file[start..start + 4].copy_from_slice(&0x7000_0000_u32.to_be_bytes());
    file.resize(MAX_MEDIA_BYTES + 1, 0);
    let facts = read_media(&file);
    assert!(facts.is_readable);
    assert_eq!(facts.pixels, Some((320, 192)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_stop_the_reader(
        start in prop::sample::select(vec![
            &b""[..], b"\0\0\0\x14ftypisom\0\0\0\0isom", b"RIFF\xFF\xFF\xFF\xFFWAVE", b"ID3\x04\0\0\0\0\0\0",
            b"\xFF\xFB\x90\x64", b"\xFF\xF1\x50\x80", b"\0\0\0\x08ftyp\0\0\0\x01moov",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        let _ = read_media(&[start, &rest[..]].concat());
    }
}

#[test]
fn changed_clips_stop_the_reader_no_more() {
    // Deterministic: each byte of the index once with each of a few values.
    let file = clip(true);
    let end = mdat_start(&file) + 8;
    for place in 0..end {
        for value in [0, 1, 0x7F, 0xFF] {
            let mut broken = file[..end.max(place + 1)].to_vec();
            broken[place] = value;
            let _ = read_media(&broken);
        }
    }
}
