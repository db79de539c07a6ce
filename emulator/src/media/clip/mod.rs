//! Makes the clip that a job delivers: a camera moving slowly over the caller's image.

#[cfg(test)]
mod tests;

use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, IntraFramePeriod, Profile, RateControlMode,
    UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;

use crate::media::error::MediaError;
use crate::media::frame::encodable;
use crate::media::motion::{CropWindow, Lens, ease};
use crate::media::mp4::{Colour, Movie, ParameterSets, Sample, SoundTrack, VideoTrack, write_movie};
use crate::media::preview::{self, Preview};
use crate::media::scene::scene;
use crate::media::sound::{
    AUDIO_SPECIFIC_CONFIG, CHANNELS, FRAME_SAMPLES, SAMPLE_RATE, Tone, count_samples, encode_frames,
};
use crate::media::still::{Still, fill};
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
