//! The errors of rendering.

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
    /// The emulator stops, and nobody gets what is rendered.
    #[error("expected time to render, found that the emulator stops; ask again when it runs")]
    Stopped,
    /// The encoder, the muxer or the runtime gave up.
    #[error("expected a clip, found that rendering failed ({0}); report this with the job's picture")]
    Failed(String),
}
