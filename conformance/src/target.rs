//! Whom the suite asks: an address, and the keys that it is asked with.

use std::fmt;

use url::{Host, Url};

use crate::outcome::Evidence;

/// A target. Its keys appear in no `Debug` output.
#[derive(Clone)]
pub struct Target {
    /// `emulator`, `live`, `replay`, or the address as it was given.
    pub name: String,
    /// The start of the vendor's addresses, without a slash at its end.
    pub base: String,
    /// The start of the control API's addresses, if the target is a stand-in that takes our orders.
    pub control: Option<String>,
    /// Whether it is this machine: then nothing costs and https is not demanded.
    pub loopback: bool,
    /// What answers from it are worth.
    pub evidence: Evidence,
    /// How old they are, in seconds, if they were recorded.
    pub evidence_age_s: Option<u64>,
    /// The key.
    pub key: String,
    /// A key of another account.
    pub second_key: Option<String>,
    /// An image's address that the target can read.
    pub image_url: Option<String>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("name", &self.name).field("base", &self.base).finish_non_exhaustive()
    }
}

impl Target {
    /// The address of a path, or the address itself if it is a whole one.
    pub fn url(&self, path: &str) -> String {
        if path.starts_with("http://") || path.starts_with("https://") {
            return path.to_owned();
        }
        // Without a slash between them a path could change the host: `@elsewhere`, `.elsewhere`, `80`.
        let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
        format!("{}{slash}{path}", self.base)
    }

    /// Whether an address is one of the target's vendor paths (not of its control API, not of a result).
    pub fn is_vendor_path(&self, url: &str) -> bool {
        mockreel_evidence::exchange::is_vendor_path(&self.base, url)
    }
}

/// Whether an address is of this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
