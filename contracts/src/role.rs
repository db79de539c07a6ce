//! Roles of request members: our names for their meaning, which schemas state with the keyword `x-role`.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// The meaning of one member of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The id of a model.
    Model,
    /// What is to be seen.
    Prompt,
    /// What is not to be seen.
    NegativePrompt,
    /// Prompts for several shots.
    Shots,
    /// The length of the clip.
    Duration,
    /// Width to height.
    AspectRatio,
    /// How closely the prompt is followed.
    CfgScale,
    /// A camera movement with its values.
    Camera,
    /// The name of a camera movement.
    CameraType,
    /// The one value of that movement.
    CameraValue,
    /// A mask for what does not move.
    StaticMask,
    /// Whether the video has sound.
    Sound,
    /// The address that is told of changes.
    Callback,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Model,
        Self::Prompt,
        Self::NegativePrompt,
        Self::Shots,
        Self::Duration,
        Self::AspectRatio,
        Self::CfgScale,
        Self::Camera,
        Self::CameraType,
        Self::CameraValue,
        Self::StaticMask,
        Self::Sound,
        Self::Callback,
    ];

    /// Its name in contracts and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Prompt => "prompt",
            Self::NegativePrompt => "negative_prompt",
            Self::Shots => "shots",
            Self::Duration => "duration",
            Self::AspectRatio => "aspect_ratio",
            Self::CfgScale => "cfg_scale",
            Self::Camera => "camera",
            Self::CameraType => "camera_type",
            Self::CameraValue => "camera_value",
            Self::StaticMask => "static_mask",
            Self::Sound => "sound",
            Self::Callback => "callback",
        }
    }

    /// The role that a member's schema states; `None` if it states none. A contract with an unknown one does not load.
    pub fn of(schema: &Value) -> Option<Self> {
        schema.get("x-role")?.as_str()?.parse().ok()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|role| role.as_str() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            format!("there is no role `{name}`; there are {known}")
        })
    }
}
