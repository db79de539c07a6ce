//! Makes the clip that a job delivers: a camera moving slowly over the caller's picture.

use muxide::api::{Muxer, MuxerBuilder, VideoCodec};
use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, Profile,
    RateControlMode, UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::motion::{Lens, MARGIN, Window, ease};
use super::preview::{self, Preview};
use super::scene::scene;
use super::still::{Still, fill};

/// The longest clip that is rendered, in seconds (our choice: four times the longest that a vendor here offers).
pub const LONGEST_CLIP_SECONDS: u32 = 60;

/// Sides the encoder takes, in pixels: the longer one, the shorter one (OpenH264's README).
const SIDE_LIMITS: (u32, u32) = (3840, 2160);

/// The shortest side, in pixels.
const SHORTEST_SIDE: u32 = 32;

/// Ticks per second of the container; a frame must last a whole number of them.
const TICKS: u32 = 90_000;

/// The longest side of a cover, in pixels.
const COVER_LONGEST: u32 = 640;

/// The most lopsided shape of a clip.
const ASPECT_LIMIT: f64 = 4.0;

/// All that a clip depends on: the same specification gives the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipSpec {
    /// Frame width in pixels, even, at least 32; see [`frame_size`].
    pub width: u32,
    /// Frame height in pixels, even, at least 32. No frame may exceed 3840 x 2160 or 2160 x 3840.
    pub height: u32,
    /// Frames per second, 1 to 60 and a divisor of 90,000 (24, 25, 30, 50, 60, but not 23).
    pub fps: u32,
    /// Duration, 1 to [`LONGEST_CLIP_SECONDS`].
    pub seconds: u32,
    /// What the clip begins with; without it, a scene drawn from the seed.
    pub start: Option<Preview>,
    /// What the clip ends with, if it shall change over in its second half.
    pub tail: Option<Preview>,
    /// Decides where the camera goes, and the scene.
    pub seed: u64,
}

/// Why there is no clip.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// The specification cannot be rendered.
    #[error("expected {expected}, found {found}; change the clip's specification")]
    Unfit {
        /// The rule, as a phrase.
        expected: &'static str,
        /// What it said instead.
        found: String,
    },
    /// A preview is no JPEG; only one that was put together by hand can be.
    #[error("expected a preview that is a JPEG, found something else; inspect the picture again")]
    Preview,
    /// The encoder, the muxer or the runtime gave up.
    #[error("expected a clip, found that rendering failed ({0}); report this with the job's picture")]
    Failed(String),
}

/// The size of a clip in pixels: as many pixels as `area` (the nominal resolution, such as 1280 x 720), in the shape
/// of `aspect`, each side rounded to an even number.
///
/// That is what Kling does: a portrait picture's clip was 724 x 1268, neither the nominal width nor height. Shapes
/// beyond 4:1 get 4:1 (the clip shows the picture's middle), as does an aspect of nought get `area` itself; no side
/// becomes larger than the encoder takes.
pub fn frame_size(area: (u32, u32), aspect: (u32, u32)) -> (u32, u32) {
    let aspect = if aspect.0 == 0 || aspect.1 == 0 { area } else { aspect };
    let ratio = (f64::from(aspect.0) / f64::from(aspect.1)).clamp(1.0 / ASPECT_LIMIT, ASPECT_LIMIT);
    let ratio = if ratio.is_nan() { 1.0 } else { ratio };
    let pixels = f64::from(area.0) * f64::from(area.1);
    let (widest, highest) = if ratio >= 1.0 { SIDE_LIMITS } else { (SIDE_LIMITS.1, SIDE_LIMITS.0) };
    let even = |side: f64, most: u32| ((side / 2.0).round() as u32 * 2).clamp(SHORTEST_SIDE, most);
    (even((pixels * ratio).sqrt(), widest), even((pixels / ratio).sqrt(), highest))
}

/// Renders a clip: H.264 (constrained baseline, 4:2:0, BT.709) in an MP4 whose index comes first, a key frame every
/// second, no sound. Its duration is exact. Takes the calling thread for about a tenth of the clip's duration at
/// 720p, and memory for four frames and the clip.
///
/// # Errors
/// If the specification breaks the rules stated at its members, or if the encoder gives up.
pub fn render(spec: &ClipSpec) -> Result<Vec<u8>, MediaError> {
    check(spec)?;
    let (width, height) = (spec.width as usize, spec.height as usize);
    let margin = |side: u32| (f64::from(side) * MARGIN).ceil() as u32;
    let source = |kept: &Option<Preview>| -> Result<Still, MediaError> {
        let picture = match kept {
            Some(preview) => preview.picture().ok_or(MediaError::Preview)?,
            None => scene(spec.seed, (spec.width, spec.height)),
        };
        Ok(Still::of(&fill(&picture, margin(spec.width), margin(spec.height))))
    };
    let start = source(&spec.start)?;
    let tail = spec.tail.is_some().then(|| source(&spec.tail)).transpose()?;

    let mut camera = Camera::new(spec, &start, tail.as_ref());
    let mut frame = Still::new(width, height);
    let mut encoder = Encoder::with_api_config(OpenH264API::from_source(), encoding(spec)).map_err(failed)?;
    let mut muxer = MuxerBuilder::new(Vec::new())
        .video(VideoCodec::H264, spec.width, spec.height, f64::from(spec.fps))
        .with_fast_start(true)
        .build()
        .map_err(failed)?;
    let frames = spec.fps * spec.seconds;
    for index in 0..frames {
        camera.draw(f64::from(index) / f64::from((frames - 1).max(1)), &mut frame);
        append(&mut muxer, &mut encoder, &frame, f64::from(index) / f64::from(spec.fps))?;
    }
    muxer.finish_in_place().map_err(failed)?;
    Ok(muxer.into_writer())
}

/// A JPEG of a clip's first frame, its longer side at most 640 pixels.
///
/// # Errors
/// As [`render`].
pub fn cover(spec: &ClipSpec) -> Result<Vec<u8>, MediaError> {
    check(spec)?;
    let longest = spec.width.max(spec.height);
    let shrink = |side: u32| (side * COVER_LONGEST.min(longest) / longest).max(1);
    let picture = match &spec.start {
        Some(preview) => preview.picture().ok_or(MediaError::Preview)?,
        None => scene(spec.seed, (spec.width, spec.height)),
    };
    let picture = fill(&picture, shrink(spec.width), shrink(spec.height));
    preview::encode(&picture, 85).ok_or_else(|| failed("the cover could not be written"))
}

fn check(spec: &ClipSpec) -> Result<(), MediaError> {
    let (long, short) = (spec.width.max(spec.height), spec.width.min(spec.height));
    let even = spec.width.is_multiple_of(2) && spec.height.is_multiple_of(2);
    if !even || short < SHORTEST_SIDE || long > SIDE_LIMITS.0 || short > SIDE_LIMITS.1 {
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
    if !(1..=LONGEST_CLIP_SECONDS).contains(&spec.seconds) {
        return Err(MediaError::Unfit {
            expected: "a duration of 1 to 60 seconds",
            found: format!("{} s", spec.seconds),
        });
    }
    Ok(())
}

/// Fixed quality and one thread: nothing depends on the machine's load, and there is nothing to look ahead for.
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

fn append(
    muxer: &mut Muxer<Vec<u8>>,
    encoder: &mut Encoder,
    frame: &Still,
    seconds: f64,
) -> Result<(), MediaError> {
    let [y, u, v] = &frame.planes;
    let yuv = YUVSlices::new(
        (&y.samples, &u.samples, &v.samples),
        (y.width, y.height),
        (y.width, u.width, v.width),
    );
    let stream = encoder.encode(&yuv).map_err(failed)?;
    muxer.write_video(seconds, &stream.to_vec(), stream.frame_type() == FrameType::IDR).map_err(failed)
}

fn failed(error: impl ToString) -> MediaError {
    MediaError::Failed(error.to_string())
}

/// Closes in on the start; where there is a tail, draws back from it while it fades in, so that the last frame is
/// all of the tail.
struct Camera<'a> {
    lens: Lens,
    start: &'a Still,
    tail: Option<(&'a Still, Still)>,
    focus: (f64, f64),
}

impl<'a> Camera<'a> {
    fn new(spec: &ClipSpec, start: &'a Still, tail: Option<&'a Still>) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(spec.seed);
        let mut part = || f64::from(rng.next_u32()) / f64::from(u32::MAX);
        let focus = (part(), part());
        let layer = Still::new(spec.width as usize, spec.height as usize);
        Self { lens: Lens::default(), start, tail: tail.map(|tail| (tail, layer)), focus }
    }

    /// Draws the frame at `progress`, from 0 (the first) to 1 (the last).
    fn draw(&mut self, progress: f64, frame: &mut Still) {
        let window = Window::whole(self.start).towards(Window::close(self.start, self.focus), progress);
        self.lens.draw(self.start, window, frame);
        if let Some((tail, layer)) = &mut self.tail {
            let share = (ease(progress * 2.0 - 1.0) * 256.0).round() as u16;
            if share > 0 {
                let window = Window::close(tail, self.focus).towards(Window::whole(tail), progress);
                self.lens.draw(tail, window, layer);
                frame.mix(layer, share);
            }
        }
    }
}
