//! Facts about an image, read from its bytes.
//!
//! The contracts only state the rules; the edge decodes, and hands the facts in here.

use std::fmt;

/// The type of an image, told from its first bytes and never from its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageFormat {
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
    /// Nothing that we know as an image.
    Unknown,
}

impl ImageFormat {
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

impl fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The facts on which an image is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageFacts {
    /// Sniffed from the first bytes.
    pub format: ImageFormat,
    /// Decoded length in bytes (after base64).
    pub bytes: u64,
    /// Width and height in pixels as the header says, EXIF orientation ignored; `None` if there is no such header.
    pub pixels: Option<(u32, u32)>,
    /// Whether the whole image could be decoded within the decoder's limits.
    pub decodes: bool,
}
