//! Things that a stub may do: `check` accuses none of them.

use super::stub::KEYS;

/// Something that the stub does and may do: no case may accuse it of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// Models of text refuse a payload without a prompt.
    PromptNeeded,
    /// The second poll of each job is answered by a gateway: 503.
    PollsStumble,
    /// Every tenth request that reads is answered 429.
    AsksForPatience,
    /// Videos are moved to another address.
    ClipRedirected,
    /// A key is a word of the answers.
    KeyIsAWord,
}

impl Right {
    pub(super) const ALL: [Self; 5] = [
        Self::PromptNeeded,
        Self::PollsStumble,
        Self::AsksForPatience,
        Self::ClipRedirected,
        Self::KeyIsAWord,
    ];

    /// What it does, for the page.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::PromptNeeded => "refuses a payload of a model of text without a prompt",
            Self::PollsStumble => "answers one poll of each job with a gateway's 503",
            Self::AsksForPatience => "answers every tenth request that reads with 429",
            Self::ClipRedirected => "leads from the address of a video to another",
            Self::KeyIsAWord => "knows a key that is a word of its answers (`payload`)",
        }
    }

    /// The key that the first account has then.
    pub(super) fn key(this: Option<Self>) -> &'static str {
        if this == Some(Self::KeyIsAWord) { "payload" } else { KEYS[0] }
    }
}
