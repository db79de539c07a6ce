//! What is known of a picture once somebody has looked at its bytes.
//!
//! The contracts only state the rules; the edge decodes, and hands the facts in here.

use std::fmt;

/// The type of a picture, told from its first bytes and never from its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureFormat {
    /// JFIF, Exif or bare JPEG.
    Jpeg,
    /// Portable Network Graphics.
    Png,
    /// Graphics Interchange Format.
    Gif,
    /// WebP.
    Webp,
    /// Windows bitmap.
    Bmp,
    /// Nothing that we know as a picture.
    Unknown,
}

impl PictureFormat {
    /// The word for it in contracts and messages, lower case.
    pub fn word(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Bmp => "bmp",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for PictureFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The facts on which a picture is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureFacts {
    /// Sniffed from the first bytes.
    pub format: PictureFormat,
    /// Decoded length in bytes (after base64).
    pub bytes: u64,
    /// Width and height in pixels as the header says, EXIF orientation ignored; `None` if there is no such header.
    pub pixels: Option<(u32, u32)>,
    /// Whether the whole picture could be decoded within the decoder's limits.
    pub decodes: bool,
}
