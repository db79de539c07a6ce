//! Limits of the emulator's own that a request can meet. The vendor's words answer it, so a header and the journal say whose
//! limit it was.

use std::fmt;

use axum::http::HeaderMap;

use crate::edge::headers::write_warning;
use crate::edge::incoming::bounds::BoundExceeded;
use crate::media::DecodeLimit;
use crate::store::StoreError;

/// A limit of the emulator's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::edge) enum OwnLimit {
    /// A body of more bytes than are read.
    BodyBytes(u64),
    /// A body that is silent for too long, or too slow.
    BodyTime,
    /// A head that is larger than is read.
    Head,
    /// More of something than is read.
    Bound(BoundExceeded),
    /// No room in the store.
    Store(StoreError),
    /// A job that had to make room before its submit was answered.
    Forgotten,
    /// An image that was not fetched, and why.
    Fetch(String),
    /// An image that is not decoded.
    Image(DecodeLimit),
}

impl OwnLimit {
    /// Says so in a response, and on standard error.
    pub(in crate::edge) fn announce_in(&self, headers: &mut HeaderMap) {
        let warning = self.to_string();
        tracing::warn!("{warning}");
        write_warning(&warning, headers);
    }
}

impl fmt::Display for OwnLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a limit of the emulator's own, not of the vendor: ")?;
        match self {
            Self::BodyBytes(limit) => write!(
                f,
                "a body has at most {limit} bytes; in Rust `.limits(Limits {{ body_bytes, .. }})` raises it"
            ),
            Self::BodyTime => write!(
                f,
                "a body may be silent for so long and take so long; in Rust `.limits(Limits {{ body_silence, .. }})` raises both"
            ),
            Self::Head => write!(
                f,
                "a head has at most 400 headers and about 400 KiB, and a path 64 KiB; nothing raises it"
            ),
            Self::Bound(bound) => write!(f, "{bound}; send fewer, nothing raises it"),
            Self::Store(why @ (StoreError::Full | StoreError::Conflict)) => write!(
                f,
                "{why}; POST /__admin/reset makes room, and in Rust `.limits(Limits {{ store, .. }})` raises it"
            ),
            Self::Store(why @ StoreError::TooManyScenarios) => why.fmt(f),
            Self::Forgotten => write!(
                f,
                "the job had to make room for others before it ended; in Rust `.limits(Limits {{ store, .. }})` raises it"
            ),
            Self::Fetch(why) => write!(f, "a file was not fetched: {why}; send it in the body instead"),
            Self::Image(limit) => write!(f, "{limit}; send a smaller or a plainer one"),
        }
    }
}
