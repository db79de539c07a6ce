//! Media: images, videos and sound that come in, clips that go out, and the files that callers put.
//!
//! Pure but for [`Gallery`], which renders on threads of its own, and the fetcher of images: no clock, no files.
//! A caller's image is judged with [`inspect`] and kept as a [`Preview`]; [`render`] makes the clip from
//! it. Everything here takes memory in proportion to what is stated as a constant, never to what a header
//! claims.

mod album;
mod clip;
mod entropy;
mod error;
pub(crate) mod fetch;
mod frame;
mod gallery;
mod header;
mod inspect;
mod intake;
mod motion;
mod mp4;
mod preview;
mod scene;
mod sound;
mod still;
mod text;
pub(crate) mod uploads;

pub use album::Album;
pub use clip::{ClipSpec, LONGEST_CLIP_SECONDS, cover, render};
pub use error::MediaError;
pub use frame::{frame_size, shrink_frame};
pub use gallery::{CLIPS_AHEAD, CLIPS_LIMIT_BYTES, Gallery};
pub use inspect::{DecodeLimit, Inspected, Turning, inspect, inspect_turning};
pub use intake::read_media;
pub(crate) use mp4::move_index_last;
pub use preview::{PREVIEW_LIMIT_BYTES, Preview};
pub use text::{TextError, bare_base64, data_uri, decode_text};
