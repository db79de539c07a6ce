//! Hints for people who speak another protocol to a plain port: TLS, or as to a proxy. Each is given once.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether bytes that were no request are the start of a TLS handshake: its record, and the major version of every TLS.
pub(in crate::edge) fn is_tls(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x16, 0x03])
}

/// Which hints were given.
#[derive(Debug, Default)]
pub(crate) struct ProtocolHints {
    tls: AtomicBool,
    proxy: AtomicBool,
}

impl ProtocolHints {
    /// Warns that somebody speaks TLS.
    pub(in crate::edge) fn warn_of_tls(&self, port: u16) {
        if !self.tls.swap(true, Ordering::Relaxed) {
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
