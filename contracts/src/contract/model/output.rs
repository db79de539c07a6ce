//! The clip that comes out of a model: its nominal size, rate, length and sound.

use serde::Deserialize;

use super::source::Cited;

/// What comes out of a model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Nominal width and height in pixels; the area is kept and the aspect follows the image.
    pub pixels: [u32; 2],
    /// Frames a second.
    pub fps: u32,
    /// Length in seconds where no member of the request says it.
    pub seconds: u32,
    /// Frames beyond those of the whole seconds: the maker's clips last a little longer than was asked for.
    pub extra_frames: u32,
    /// When it has sound.
    #[serde(default)]
    pub sound: SoundRule,
    /// Where it is from.
    pub source: Cited,
}

impl Output {
    /// How many frames a clip has for which so many seconds were asked.
    pub fn frames(&self, seconds: u32) -> u32 {
        seconds.saturating_mul(self.fps).saturating_add(self.extra_frames)
    }
}

/// When a video has a sound track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SoundRule {
    /// If the request asks for it by a member of the role `sound`; never, where it has no such member.
    #[default]
    ByRequest,
    /// Always.
    Always,
}

impl SoundRule {
    /// Whether a video has sound, for a request that asks for it or does not.
    pub fn applies(self, is_asked: bool) -> bool {
        match self {
            Self::ByRequest => is_asked,
            Self::Always => true,
        }
    }
}
