//! The answer of a vendor before it is a response.

use mockreel_contracts::{Reply, WrittenReply};

use crate::scenario::ResponseEffect;

/// An answer of a vendor's.
pub(in crate::edge) enum VendorAnswer {
    /// With a body that can still be changed.
    Reply(Reply),
    /// Ready to be sent.
    Written(WrittenReply),
}

impl VendorAnswer {
    /// Writes a good answer: at once, if the dialect can, unless a scenario changes it, which wants a tree of values.
    pub(in crate::edge) fn write(
        effect: Option<&ResponseEffect>,
        write: impl FnOnce() -> Option<WrittenReply>,
        reply: impl FnOnce() -> Reply,
    ) -> Self {
        let written = effect.is_none().then(write).flatten();
        written.map_or_else(|| Self::Reply(reply()), Self::Written)
    }
}
