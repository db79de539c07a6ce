//! The plan of a job's video, fixed when the job is accepted, and the paths of its files.

use std::sync::Arc;

use crate::media::Preview;

/// The file that holds a job's video.
pub(crate) const VIDEO_FILE: &str = "video.mp4";

/// The file that holds its first frame.
pub(crate) const COVER_FILE: &str = "cover.jpg";

/// What the video of a job shows. The clip is rendered from this when the job is accepted, or when it is first downloaded.
#[derive(Clone, Debug)]
pub struct ClipPlan {
    /// The name of its files under `/__media/`.
    pub name: Arc<str>,
    /// Decides where its camera goes, and its scene.
    pub seed: u64,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
    /// Length in frames.
    pub frames: u32,
    /// Whether it has sound.
    pub sound: bool,
    /// About how long the vendor's file of such a clip is, in bytes, however small the clip is made here.
    pub real_bytes: u64,
    /// The first frame.
    pub start: Option<Preview>,
    /// The last frame.
    pub tail: Option<Preview>,
}

impl ClipPlan {
    /// The length of its pictures in milliseconds, the rest of one left out.
    pub(crate) fn duration_ms(&self) -> u64 {
        u64::from(self.frames) * 1000 / u64::from(self.fps.max(1))
    }

    /// The path of the video, below the base address.
    pub(crate) fn video_path(&self) -> String {
        format!("/__media/{}/{VIDEO_FILE}", self.name)
    }

    /// The path of the first frame, below the base address.
    pub(crate) fn cover_path(&self) -> String {
        format!("/__media/{}/{COVER_FILE}", self.name)
    }
}

/// About how long the vendor's file of a clip is, in bytes: 12 Mbit/s at 1280 x 720 and in proportion to the square
/// root of the pixels, which gives 18 at 1920 x 1080; a tenth more or less, by the seed.
///
/// Seen: 7,270,773 bytes for 5 s at 1216 x 832 (11.6 Mbit/s), and 9.1 to 11.1 million for 5 s at 1920 x 1080
/// (15 to 18 Mbit/s).
pub(crate) fn estimate_bytes((width, height): (u32, u32), duration_ms: u64, seed: u64) -> u64 {
    let pixels = u64::from(width) * u64::from(height);
    let bytes_a_second = 1_500_000 * pixels.isqrt() / 960;
    bytes_a_second * duration_ms / 1000 * (90 + seed % 21) / 100
}
