//! Hints for people who speak another protocol to a plain port: TLS, or as to a proxy. Each is given once.

use std::sync::atomic::{AtomicBool, Ordering};

/// Which hints were given.
#[derive(Debug, Default)]
pub(crate) struct ProtocolHints {
    tls: AtomicBool,
    proxy: AtomicBool,
}

impl ProtocolHints {
    /// Warns if bytes that were no request are the start of a TLS handshake.
    pub(in crate::edge) fn look_for_tls(&self, bytes: &[u8], port: u16) {
        // The record of a handshake, and the major version that every TLS has.
        if bytes.starts_with(&[0x16, 0x03]) && !self.tls.swap(true, Ordering::Relaxed) {
            tracing::warn!("somebody spoke TLS to the plain port {port}; use http:// instead of https://");
        }
    }

    /// Warns that somebody takes a port for that of a proxy.
    pub(in crate::edge) fn warn_of_proxy(&self, port: u16) {
        if !self.proxy.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "somebody used port {port} as a proxy (CONNECT); use http://127.0.0.1:{port} as the base address instead"
            );
        }
    }
}
