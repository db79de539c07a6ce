//! The files that a request names: images, videos and sound, where their bytes are, and what a broken rule does.

pub(in crate::edge) mod images;
mod locate;
pub(super) mod media;
pub(super) mod policy;
