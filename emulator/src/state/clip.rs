//! The plan of a job's video, fixed when the job is accepted, and the paths of its files.

use std::sync::Arc;

use crate::media::Preview;

/// The file that holds a job's video.
pub(crate) const VIDEO_FILE: &str = "video.mp4";

/// The file that holds its first frame.
pub(crate) const COVER_FILE: &str = "cover.jpg";

/// What the video of a job shows. The clip is made from this when it is first downloaded.
#[derive(Clone, Debug)]
pub struct ClipPlan {
    /// The name of its files under `/__media/`.
    pub name: Arc<str>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
    /// Length in seconds.
    pub seconds: u32,
    /// The first frame.
    pub start: Option<Preview>,
    /// The last frame.
    pub tail: Option<Preview>,
}

impl ClipPlan {
    /// The path of the video, below the base address.
    pub(crate) fn video_path(&self) -> String {
        format!("/__media/{}/{VIDEO_FILE}", self.name)
    }

    /// The path of the first frame, below the base address.
    pub(crate) fn cover_path(&self) -> String {
        format!("/__media/{}/{COVER_FILE}", self.name)
    }
}
