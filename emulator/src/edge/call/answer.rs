//! The answer of a vendor before it is a response.

use mockreel_contracts::{Reply, WrittenReply};

/// An answer of a vendor's.
pub(in crate::edge) enum VendorAnswer {
    /// With a body that can still be changed.
    Reply(Reply),
    /// Ready to be sent.
    Written(WrittenReply),
}
