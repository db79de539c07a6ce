//! MP4 files: one H.264 track, and perhaps one AAC track, in chunks that alternate.
//!
//! Only what a finished clip needs (ISO/IEC 14496-12, -14 and -15): no fragments, no edit lists, no pictures
//! out of order, all times 0. The same movie gives the same bytes.

mod boxes;
mod entries;
mod index;
mod relocate;
mod units;

use boxes::{join_bytes, wrap_box};
use index::{Chunk, alternate_chunks, build_index};
pub(crate) use relocate::move_index_last;
pub(in crate::media) use units::ParameterSets;

/// The longest chunk: a player that reads the file from its beginning never waits for more than half a second
/// of the other track.
const CHUNKS_PER_SECOND: u64 = 2;

/// A picture, or the sound of an access unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::media) struct Sample {
    /// H.264: units, each after its length in four bytes. AAC: a raw access unit without ADTS header.
    pub bytes: Vec<u8>,
    /// How long it lasts, in ticks of its track.
    pub ticks: u32,
    /// Whether a player can begin here; always so with sound.
    pub is_key: bool,
}

/// What is declared about the colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::media) enum Colour {
    /// BT.709 with limited range.
    Bt709,
}

/// The pictures: Baseline or Main profile of H.264, in the order in which they are shown.
#[derive(Clone, Debug)]
pub(in crate::media) struct VideoTrack {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Ticks per second, such as 90,000.
    pub timescale: u32,
    /// How to decode the pictures.
    pub parameter_sets: ParameterSets,
    /// The colours; without it, the stream alone says what they mean.
    pub colour: Option<Colour>,
    /// The pictures; the first is a key frame.
    pub samples: Vec<Sample>,
}

/// The sound: AAC-LC with 16 bits.
#[derive(Clone, Debug)]
pub(in crate::media) struct SoundTrack {
    /// Samples per second and channel, which are the track's ticks; at most 65,535.
    pub rate: u16,
    /// Channels.
    pub channels: u16,
    /// The AudioSpecificConfig, at most 64 bytes.
    pub config: Vec<u8>,
    /// The access units.
    pub samples: Vec<Sample>,
}

/// All that an MP4 file holds.
#[derive(Clone, Debug)]
pub(in crate::media) struct Movie {
    /// The pictures.
    pub video: VideoTrack,
    /// The sound; without it, there is no such track.
    pub sound: Option<SoundTrack>,
}

impl Movie {
    /// Ticks per second of the movie as a whole: the sound's, if there is any, as it decides about the duration.
    fn timescale(&self) -> u32 {
        self.sound.as_ref().map_or(self.video.timescale, |sound| u32::from(sound.rate))
    }

    /// A time of a track in ticks of the movie, rounded up: the movie is never shorter than its tracks.
    fn convert_ticks(&self, ticks: u64, timescale: u32) -> u64 {
        (ticks * u64::from(self.timescale())).div_ceil(u64::from(timescale.max(1)))
    }
}

/// Why there is no MP4 file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::media) enum Mp4Error {
    /// A track has no samples, or does not begin with a key frame.
    #[error("expected a {0} track that begins with a key frame, found none; append at least one sample")]
    NoBeginning(&'static str),
    /// A track counts nothing per second, or is longer than its counters.
    #[error("expected a {0} track of 1 to 4,294,967,295 ticks, found another number; shorten the clip")]
    Duration(&'static str),
    /// The pictures cannot be declared.
    #[error("expected {expected}, found {found}; encode the pictures anew")]
    Stream {
        /// The rule, as a phrase.
        expected: &'static str,
        /// What there was instead.
        found: String,
    },
    /// The AudioSpecificConfig is too long.
    #[error("expected an AudioSpecificConfig of 1 to 64 bytes, found {0}; use the encoder's own")]
    Config(usize),
    /// The file would be larger than its offsets can tell.
    #[error("expected a file of less than 4 GiB, found {0} bytes; shorten the clip")]
    TooLarge(u64),
}

/// Writes a movie: `ftyp`, `moov` and `mdat`. Takes memory for the file.
///
/// # Errors
/// If the movie breaks a rule that is stated at its members, or has 4 GiB or more.
pub(in crate::media) fn write_movie(movie: &Movie) -> Result<Vec<u8>, Mp4Error> {
    check_tracks(movie)?;
    let tracks = list_tracks(movie);
    let chunks = alternate_chunks(movie, &tracks);
    let kind = wrap_box(b"ftyp", &[b"isom", &512_u32.to_be_bytes(), b"isomiso2avc1mp41"]);
    // The index is as long with the right offsets as with any others.
    let payload: u64 = chunks.iter().map(|chunk| chunk.bytes).sum();
    let before = (kind.len() + build_index(movie, &tracks, &chunks, 0).len()) as u64;
    let total = before + 8 + payload;
    let Ok(capacity) = u32::try_from(total) else { return Err(Mp4Error::TooLarge(total)) };

    let mut file = Vec::with_capacity(capacity as usize);
    file.extend(kind);
    file.extend(build_index(movie, &tracks, &chunks, before as u32 + 8));
    file.extend((payload as u32 + 8).to_be_bytes());
    file.extend(b"mdat");
    for Chunk { track, samples, .. } in chunks {
        for sample in &tracks[track].samples[samples] {
            file.extend_from_slice(&sample.bytes);
        }
    }
    Ok(file)
}

/// What both kinds of tracks have in common.
struct Track<'a> {
    number: u32,
    timescale: u32,
    samples: &'a [Sample],
    /// The boxes that only this kind has.
    media: index::MediaBoxes,
}

fn list_tracks(movie: &Movie) -> Vec<Track<'_>> {
    let Movie { video, sound, .. } = movie;
    let mut tracks = vec![Track {
        number: 1,
        timescale: video.timescale,
        samples: &video.samples,
        media: entries::describe_video(video),
    }];
    tracks.extend(sound.as_ref().map(|sound| Track {
        number: 2,
        timescale: u32::from(sound.rate),
        samples: &sound.samples,
        media: entries::describe_sound(sound),
    }));
    tracks
}

fn check_tracks(movie: &Movie) -> Result<(), Mp4Error> {
    movie.video.parameter_sets.check()?;
    if let Some(sound) = &movie.sound
        && !(1..=64).contains(&sound.config.len())
    {
        return Err(Mp4Error::Config(sound.config.len()));
    }
    let sound = movie.sound.as_ref().map(|sound| ("audio", u32::from(sound.rate), &sound.samples));
    let video = ("video", movie.video.timescale, &movie.video.samples);
    let tracks = || [Some(video), sound].into_iter().flatten();
    if let Some((name, ..)) = tracks().find(|&(_, timescale, _)| timescale == 0) {
        return Err(Mp4Error::Duration(name));
    }
    for (name, timescale, samples) in tracks() {
        if !samples.first().is_some_and(|sample| sample.is_key) {
            return Err(Mp4Error::NoBeginning(name));
        }
        let ticks: u64 = samples.iter().map(|sample| u64::from(sample.ticks)).sum();
        let fits = |ticks: u64| (1..=u64::from(u32::MAX)).contains(&ticks);
        if !fits(ticks) || !fits(movie.convert_ticks(ticks, timescale)) {
            return Err(Mp4Error::Duration(name));
        }
    }
    Ok(())
}

/// The bytes of numbers, one after the other.
fn list_numbers(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    join_bytes(&numbers.into_iter().map(u32::to_be_bytes).collect::<Vec<_>>())
}
