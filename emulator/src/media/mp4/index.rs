//! The index (`moov`): when each sample is due, and where in the file it stands.

use std::ops::Range;

use super::boxes::{wrap_box, wrap_full_box};
use super::{CHUNKS_PER_SECOND, Movie, Sample, Track, list_numbers};

/// What only one kind of track has.
pub(super) struct MediaBoxes {
    pub(super) handler: [u8; 4],
    pub(super) name: &'static [u8],
    /// `vmhd` or `smhd`.
    pub(super) header: Vec<u8>,
    /// The sample entry.
    pub(super) entry: Vec<u8>,
    /// Width and height in 65,536ths of a pixel.
    pub(super) size: [u32; 2],
    /// In 256ths.
    pub(super) volume: u16,
}

/// Samples of one track that stand together.
pub(super) struct Chunk {
    /// Which track, from 0.
    pub(super) track: usize,
    pub(super) samples: Range<usize>,
    pub(super) bytes: u64,
    /// When it begins, in ticks of the movie.
    begin: u64,
}

/// The plane that is shown as it is (ISO/IEC 14496-12, 8.2.2).
const MATRIX: [u32; 9] = [1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30];

/// The language "und" in three times five bits (ISO/IEC 14496-12, 8.4.2).
const UNDETERMINED: u32 = 0x55c4;

/// The chunks of all tracks in the order of their times, none longer than half a second unless a single sample
/// is; at the same time the first track comes first.
pub(super) fn alternate_chunks(movie: &Movie, tracks: &[Track<'_>]) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    for (track, Track { timescale, samples, .. }) in tracks.iter().enumerate() {
        let (mut first, mut begin, mut now) = (0, 0, 0);
        let mut close = |samples: Range<usize>, all: &[Sample], begin: u64| {
            let bytes = all[samples.clone()].iter().map(|sample| sample.bytes.len() as u64).sum();
            let begin = movie.convert_ticks(begin, *timescale);
            chunks.push(Chunk { track, samples, bytes, begin });
        };
        for (place, sample) in samples.iter().enumerate() {
            let end = now + u64::from(sample.ticks);
            if place > first && (end - begin) * CHUNKS_PER_SECOND > u64::from(*timescale) {
                close(first..place, samples, begin);
                (first, begin) = (place, now);
            }
            now = end;
        }
        close(first..samples.len(), samples, begin);
    }
    chunks.sort_by_key(|chunk| (chunk.begin, chunk.track));
    chunks
}

/// The index, if the samples begin at an offset of the file.
pub(super) fn build_index(movie: &Movie, tracks: &[Track<'_>], chunks: &[Chunk], offset: u32) -> Vec<u8> {
    let mut offsets: Vec<Vec<(u32, usize)>> = vec![Vec::new(); tracks.len()];
    let mut next = u64::from(offset);
    for chunk in chunks {
        // The caller has seen that the whole file is smaller than 4 GiB, or only asks for the length.
        offsets[chunk.track].push((next as u32, chunk.samples.len()));
        next += chunk.bytes;
    }
    let lasts = |track: &Track<'_>| movie.convert_ticks(count_ticks(track), track.timescale) as u32;
    let duration = tracks.iter().map(lasts).max().unwrap_or(0);
    let next_track = 2 + u32::from(movie.sound.is_some());
    let header = wrap_full_box(
        b"mvhd",
        0,
        &[
            &list_numbers([0, 0, movie.timescale(), duration, 1 << 16]),
            &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // full volume, reserved
            &list_numbers(MATRIX),
            &[0; 24],
            &list_numbers([next_track]),
        ],
    );
    let tracks: Vec<Vec<u8>> = tracks
        .iter()
        .zip(&offsets)
        .map(|(track, offsets)| build_track(track, lasts(track), offsets))
        .collect();
    wrap_box(b"moov", &[&header, &tracks.concat()])
}

fn count_ticks(track: &Track<'_>) -> u64 {
    track.samples.iter().map(|sample| u64::from(sample.ticks)).sum()
}

fn build_track(track: &Track<'_>, duration: u32, offsets: &[(u32, usize)]) -> Vec<u8> {
    let media = &track.media;
    let header = wrap_full_box(
        b"tkhd",
        3, // to be played, in this movie
        &[
            &list_numbers([0, 0, track.number, 0, duration, 0, 0, 0]),
            &media.volume.to_be_bytes(),
            &[0, 0],
            &list_numbers(MATRIX),
            &list_numbers(media.size),
        ],
    );
    let times = [0, 0, track.timescale, count_ticks(track) as u32, UNDETERMINED << 16];
    let media_header = wrap_full_box(b"mdhd", 0, &[&list_numbers(times)]);
    let handler = wrap_full_box(b"hdlr", 0, &[&[0; 4], &media.handler, &[0; 12], media.name]);
    let here = wrap_full_box(b"url ", 1, &[]);
    let places = wrap_box(b"dinf", &[&wrap_full_box(b"dref", 0, &[&list_numbers([1]), &here])]);
    let table = build_table(track, offsets);
    let information = wrap_box(b"minf", &[&media.header, &places, &table]);
    wrap_box(b"trak", &[&header, &wrap_box(b"mdia", &[&media_header, &handler, &information])])
}

fn build_table(track: &Track<'_>, offsets: &[(u32, usize)]) -> Vec<u8> {
    let samples = track.samples;
    let table = |kind: &[u8; 4], rows: u32, numbers: Vec<u8>| {
        wrap_full_box(kind, 0, &[&list_numbers([rows]), &numbers])
    };
    // Equal durations that follow each other share a row, and so do chunks of as many samples.
    let durations: Vec<[u32; 2]> = samples
        .chunk_by(|one, next| one.ticks == next.ticks)
        .map(|run| [run.len() as u32, run[0].ticks])
        .collect();
    let mut counts: Vec<[u32; 3]> = Vec::new();
    for (chunk, &(_, samples)) in (1..).zip(offsets) {
        if counts.last().is_none_or(|last| last[1] != samples as u32) {
            counts.push([chunk, samples as u32, 1]);
        }
    }
    let keys: Vec<u32> =
        (1..).zip(samples).filter(|(_, sample)| sample.is_key).map(|(number, _)| number).collect();
    let keys = if keys.len() == samples.len() {
        Vec::new() // without the box, every sample is a key
    } else {
        table(b"stss", keys.len() as u32, list_numbers(keys.iter().copied()))
    };
    let sizes = samples.iter().map(|sample| sample.bytes.len() as u32);
    wrap_box(
        b"stbl",
        &[
            &table(b"stsd", 1, track.media.entry.clone()),
            &table(b"stts", durations.len() as u32, list_numbers(durations.into_iter().flatten())),
            &keys,
            &table(b"stsc", counts.len() as u32, list_numbers(counts.into_iter().flatten())),
            // A zero says that each sample has its own size.
            &table(b"stsz", 0, list_numbers([samples.len() as u32].into_iter().chain(sizes))),
            &table(b"stco", offsets.len() as u32, list_numbers(offsets.iter().map(|&(offset, _)| offset))),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::super::{ParameterSets, SoundTrack, VideoTrack, list_tracks};
    use super::*;

    fn samples(count: usize, ticks: u32) -> Vec<Sample> {
        vec![Sample { bytes: vec![1; 10], ticks, is_key: true }; count]
    }

    #[test]
    fn no_chunk_lasts_longer_than_half_a_second_and_none_is_out_of_turn() {
        let fps = [1, 2, 3, 24, 30, 60];
        for fps in fps {
            let video = VideoTrack {
                width: 64,
                height: 64,
                timescale: 90_000,
                parameter_sets: ParameterSets::default(),
                colour: None,
                samples: samples(5 * fps + 1, 90_000 / fps as u32),
            };
            let sound =
                SoundTrack { rate: 44_100, channels: 2, config: vec![18, 16], samples: samples(218, 1024) };
            let movie = Movie { video, sound: Some(sound) };
            let chunks = alternate_chunks(&movie, &list_tracks(&movie));
            for chunk in &chunks {
                let lasts = if chunk.track == 0 {
                    chunk.samples.len() as f64 / fps as f64
                } else {
                    chunk.samples.len() as f64 * 1024.0 / 44_100.0
                };
                assert!(lasts <= 0.5 || chunk.samples.len() == 1, "{lasts} s at {fps}");
                assert_eq!(chunk.bytes, 10 * chunk.samples.len() as u64);
            }
            assert!(chunks.is_sorted_by_key(|chunk| chunk.begin));
            for (track, count) in [(0, 5 * fps + 1), (1, 218)] {
                let own: Vec<usize> = chunks
                    .iter()
                    .filter(|chunk| chunk.track == track)
                    .flat_map(|chunk| chunk.samples.clone())
                    .collect();
                assert_eq!(own, (0..count).collect::<Vec<usize>>());
            }
        }
    }
}
