//! Makes the clip that a job delivers: a camera moving slowly over the caller's image.

use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, IntraFramePeriod, Profile, RateControlMode,
    UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;

use super::error::MediaError;
use super::frame::encodable;
use super::motion::{CropWindow, Lens, ease};
use super::mp4::{Colour, Movie, ParameterSets, Sample, SoundTrack, VideoTrack, write_movie};
use super::preview::{self, Preview};
use super::scene::scene;
use super::sound::{
    AUDIO_SPECIFIC_CONFIG, CHANNELS, FRAME_SAMPLES, SAMPLE_RATE, Tone, count_samples, encode_frames,
};
use super::still::{Still, fill};
use crate::random::sketch;

/// The longest clip that is rendered, in seconds (our choice: four times the longest that a vendor here
/// offers).
pub const LONGEST_CLIP_SECONDS: u32 = 60;

/// Ticks per second of the container; a frame must last a whole number of them.
const TICKS: u32 = 90_000;

/// Every second frame repeats the one before: the camera is slow, and what does not change costs next to
/// nothing to encode.
const DRAWN_EVERY: u32 = 2;

/// All that a clip depends on: the same specification gives the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipSpec {
    /// Frame width in pixels, even, at least 32; see [`super::frame_size`].
    pub width: u32,
    /// Frame height in pixels, even, at least 32. No frame may exceed 3840 x 2160 or 2160 x 3840.
    pub height: u32,
    /// Frames per second, 1 to 60 and a divisor of 90,000 (24, 25, 30, 50, 60, but not 23).
    pub fps: u32,
    /// How many frames it has: at least one, and no more than last [`LONGEST_CLIP_SECONDS`].
    pub frames: u32,
    /// Whether it has a sound track.
    pub sound: bool,
    /// What the clip begins with; without it, a scene drawn from the seed.
    pub start: Option<Preview>,
    /// What the clip ends with, if it shall change over in its second half.
    pub tail: Option<Preview>,
    /// Decides where the camera goes, and the scene.
    pub seed: u64,
}

/// Renders a clip: H.264 (constrained baseline, 4:2:0, BT.709) in an MP4 whose index comes first, a key frame
/// every second; AAC beside it where there is sound. Takes the calling thread for about a tenth of the clip's duration at 720p, and memory
/// for four frames and the clip.
///
/// # Errors
/// If the specification breaks the rules stated at its members, or if the encoder gives up.
pub fn render(spec: &ClipSpec) -> Result<Vec<u8>, MediaError> {
    render_unless(spec, &|| false)
}

/// Renders a clip, unless it is to stop meanwhile, which is asked before each frame.
///
/// # Errors
/// As [`render`], and [`MediaError::Stopped`].
pub(super) fn render_unless(spec: &ClipSpec, is_stopped: &dyn Fn() -> bool) -> Result<Vec<u8>, MediaError> {
    check(spec)?;
    let (width, height) = (spec.width as usize, spec.height as usize);
    let source = |kept: &Option<Preview>| -> Result<Still, MediaError> {
        let image = match kept {
            Some(preview) => preview.image().ok_or(MediaError::Preview)?,
            None => scene(spec.seed, (spec.width, spec.height)),
        };
        Ok(Still::of(&fill(&image, spec.width, spec.height)))
    };
    let start = source(&spec.start)?;
    let tail = spec.tail.is_some().then(|| source(&spec.tail)).transpose()?;

    let mut camera = Camera::new(spec, &start, tail.as_ref());
    let mut frame = Still::new(width, height);
    let mut encoder = Encoder::with_api_config(OpenH264API::from_source(), encoding(spec)).map_err(failed)?;
    let mut parameter_sets = ParameterSets::default();
    let mut samples = Vec::with_capacity(spec.frames as usize);
    let last = spec.frames - 1;
    for index in 0..spec.frames {
        if is_stopped() {
            return Err(MediaError::Stopped);
        }
        if index.is_multiple_of(DRAWN_EVERY) || index == last {
            camera.draw(f64::from(index) / f64::from(last.max(1)), &mut frame);
        }
        let stream = encode_frame(&mut encoder, &frame)?;
        samples.push(parameter_sets.read_picture(&stream, TICKS / spec.fps).map_err(failed)?);
    }
    let movie = Movie {
        video: VideoTrack {
            width: side(spec.width)?,
            height: side(spec.height)?,
            timescale: TICKS,
            parameter_sets,
            colour: Some(Colour::Bt709),
            samples,
        },
        sound: spec.sound.then(|| sound_track(spec)).transpose()?,
    };
    write_movie(&movie).map_err(failed)
}

/// A side of the frame as the container counts it, in pixels.
fn side(pixels: u32) -> Result<u16, MediaError> {
    u16::try_from(pixels).map_err(failed)
}

/// A soft chord drawn from the seed, as long as the pictures and a little longer: it has whole access units.
fn sound_track(spec: &ClipSpec) -> Result<SoundTrack, MediaError> {
    let mut random = sketch(spec.seed);
    let tone = Tone::draw(|below| random.below(below));
    let units = encode_frames(&tone, count_samples(spec.frames, spec.fps)).map_err(failed)?;
    let sample = |bytes| Sample { bytes, ticks: FRAME_SAMPLES, is_key: true };
    Ok(SoundTrack {
        rate: u16::try_from(SAMPLE_RATE).map_err(failed)?,
        channels: CHANNELS,
        config: AUDIO_SPECIFIC_CONFIG.to_vec(),
        samples: units.into_iter().map(sample).collect(),
    })
}

/// A JPEG of a clip's first frame, as large as the clip.
///
/// # Errors
/// As [`render`].
pub fn cover(spec: &ClipSpec) -> Result<Vec<u8>, MediaError> {
    check(spec)?;
    let image = match &spec.start {
        Some(preview) => preview.image().ok_or(MediaError::Preview)?,
        None => scene(spec.seed, (spec.width, spec.height)),
    };
    let image = fill(&image, spec.width, spec.height);
    preview::encode(&image, 85).ok_or_else(|| failed("the cover could not be written"))
}

fn check(spec: &ClipSpec) -> Result<(), MediaError> {
    if !encodable(spec.width, spec.height) {
        return Err(MediaError::Unfit {
            expected: "a frame with even sides from 32 x 32 up to 3840 x 2160",
            found: format!("{} x {}", spec.width, spec.height),
        });
    }
    if !(1..=60).contains(&spec.fps) || !TICKS.is_multiple_of(spec.fps) {
        return Err(MediaError::Unfit {
            expected: "1 to 60 frames a second, a divisor of 90,000",
            found: spec.fps.to_string(),
        });
    }
    if !(1..=LONGEST_CLIP_SECONDS * spec.fps).contains(&spec.frames) {
        return Err(MediaError::Unfit {
            expected: "at least one frame, and no more than 60 seconds of them",
            found: format!("{} frames at {} a second", spec.frames, spec.fps),
        });
    }
    Ok(())
}

/// Fixed quality and one thread: nothing depends on the machine's load, and there is nothing to look ahead
/// for.
fn encoding(spec: &ClipSpec) -> EncoderConfig {
    EncoderConfig::new()
        .num_threads(1)
        .complexity(Complexity::Low)
        .usage_type(UsageType::CameraVideoRealTime)
        .rate_control_mode(RateControlMode::Off)
        .bitrate(BitRate::from_bps(8_000_000))
        .max_frame_rate(FrameRate::from_hz(spec.fps as f32))
        .intra_frame_period(IntraFramePeriod::from_num_frames(spec.fps))
        .profile(Profile::Baseline)
        .skip_frames(false)
        .scene_change_detect(false)
        .adaptive_quantization(false)
        .background_detection(false)
        .vui(VuiConfig::bt709())
}

/// Encodes a frame as a stream with start codes.
fn encode_frame(encoder: &mut Encoder, frame: &Still) -> Result<Vec<u8>, MediaError> {
    let [y, u, v] = &frame.planes;
    let yuv = YUVSlices::new(
        (&y.samples, &u.samples, &v.samples),
        (y.width, y.height),
        (y.width, u.width, v.width),
    );
    Ok(encoder.encode(&yuv).map_err(failed)?.to_vec())
}

fn failed(error: impl std::fmt::Display) -> MediaError {
    MediaError::Failed(error.to_string())
}

/// Closes in on the start; where there is a tail, draws back from it while it fades in, so that the last
/// frame is all of the tail.
struct Camera<'a> {
    lens: Lens,
    start: &'a Still,
    tail: Option<(&'a Still, Still)>,
    focus: (f64, f64),
}

impl<'a> Camera<'a> {
    fn new(spec: &ClipSpec, start: &'a Still, tail: Option<&'a Still>) -> Self {
        let mut random = sketch(spec.seed);
        let mut part = || random.between(0.0, 1.0);
        let focus = (part(), part());
        let layer = Still::new(spec.width as usize, spec.height as usize);
        Self { lens: Lens::default(), start, tail: tail.map(|tail| (tail, layer)), focus }
    }

    /// Draws the frame at `progress`, from 0 (the first) to 1 (the last).
    fn draw(&mut self, progress: f64, frame: &mut Still) {
        let window =
            CropWindow::whole(self.start).towards(CropWindow::close(self.start, self.focus), progress);
        self.lens.draw(self.start, window, frame);
        if let Some((tail, layer)) = &mut self.tail {
            let share = (ease(progress * 2.0 - 1.0) * 256.0).round() as u16;
            if share > 0 {
                let window = CropWindow::close(tail, self.focus).towards(CropWindow::whole(tail), progress);
                self.lens.draw(tail, window, layer);
                frame.mix(layer, share);
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
}
