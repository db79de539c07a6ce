//! The addresses under which the emulator is known, and the base URL that a response may contain.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use url::Url;

use crate::served::ServedVendor;

/// A `Host` header taken apart: a name, or an address without its brackets, and a port.
///
/// `None` if it is anything else: what is copied into a URL must not be able to lead that URL elsewhere.
fn host_parts(host: &str) -> Option<(&str, Option<u16>)> {
    let host = host.trim();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let (name, rest) = match host.strip_prefix('[') {
        Some(inner) => inner.split_once(']').filter(|(ip, _)| ip.parse::<Ipv6Addr>().is_ok())?,
        None => {
            let parts = host.split_at(host.find(':').unwrap_or(host.len()));
            Some(parts).filter(|(name, _)| name.bytes().all(is_plain))?
        }
    };
    match rest.strip_prefix(':') {
        None => rest.is_empty().then_some((name, None)),
        Some("") => Some((name, None)),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().map(|port| (name, Some(port)))
        }
        Some(_) => None,
    }
}

/// Whether a text can be a `Host` (RFC 9110, 7.2). It may be empty.
pub(crate) fn is_host(text: &str) -> bool {
    host_parts(text).is_some()
}

pub(super) fn host_name(host: &str) -> Option<&str> {
    host_parts(host).map(|(name, _)| name)
}

/// The addresses under which this emulator is known.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    /// Every address it listens on.
    pub(crate) listening: Vec<SocketAddr>,
    /// The address given at start.
    pub(crate) public_url: Option<String>,
}

impl Addresses {
    /// Whether every address it listens on is a loopback address.
    pub(crate) fn loopback_only(&self) -> bool {
        self.listening.iter().all(|address| address.ip().is_loopback())
    }

    /// Whether a `Host` header names this emulator.
    pub(crate) fn is_ours(&self, host: &str) -> bool {
        let Some(name) = host_name(host) else { return false };
        let public = self.public_url.as_deref().and_then(|url| Url::parse(url).ok());
        if public.is_some_and(|url| url.host_str().is_some_and(|held| held.eq_ignore_ascii_case(name))) {
            return true;
        }
        if name.eq_ignore_ascii_case("localhost") {
            return true;
        }
        let Ok(ip) = name.parse::<IpAddr>() else { return false };
        ip.is_loopback() || self.listening.iter().any(|address| address.ip() == ip)
    }

    /// Whether a page of this origin was served by this emulator, to a browser that names it by `host`.
    pub(crate) fn is_own_origin(&self, origin: &Url, host: &str) -> bool {
        let public = self.public_url.as_deref().and_then(|url| Url::parse(url).ok());
        if origin.origin().is_tuple() && public.is_some_and(|url| url.origin() == origin.origin()) {
            return true;
        }
        // It speaks no TLS itself, so a page of its own has no other scheme.
        if origin.scheme() != "http" {
            return false;
        }
        let Some((name, port)) = host_parts(host) else { return false };
        let Some(from) = origin.host_str() else { return false };
        let same = from.trim_start_matches('[').trim_end_matches(']').eq_ignore_ascii_case(name);
        (same || self.is_ours(from)) && origin.port_or_known_default() == Some(port.unwrap_or(80))
    }

    /// The start of the URLs of everything that has no address of its own, without a slash at its end.
    pub(crate) fn main(&self) -> String {
        let first = || self.listening.first().map(|address| format!("http://{}", reachable(*address)));
        self.public().or_else(first).unwrap_or_default()
    }

    fn public(&self) -> Option<String> {
        self.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned())
    }

    /// The start of every URL in an answer, without a slash at its end.
    ///
    /// A `Host` is copied only if it is ours and not a vendor's.
    pub(crate) fn base(&self, host: Option<&str>, local: SocketAddr) -> String {
        if let Some(url) = self.public() {
            return url;
        }
        match host.filter(|host| self.is_ours(host)) {
            Some(host) => format!("http://{}", host.trim()),
            None => format!("http://{}", reachable(local)),
        }
    }

    /// Where below this emulator a URL leads, if it leads here by any of its names.
    ///
    /// `base` is the start of the addresses in the answer to the present request: what was given
    /// out in answers comes back in requests, also through a mapped port.
    pub(crate) fn own_path<'u>(&self, url: &'u Url, base: &str, vendors: &[ServedVendor]) -> Option<&'u str> {
        let host = url.host_str()?;
        if vendors.iter().any(|served| served.has_host(host)) {
            return url.path().starts_with("/__").then_some(url.path());
        }
        for known in [Some(base), self.public_url.as_deref()].into_iter().flatten() {
            let known = Url::parse(known).ok().filter(|known| known.origin() == url.origin());
            let below = known.and_then(|known| url.path().strip_prefix(known.path().trim_end_matches('/')));
            if below.is_some() {
                return below;
            }
        }
        self.listens_at(url, host).then_some(url.path())
    }

    fn listens_at(&self, url: &Url, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let port = url.port_or_known_default();
        self.listening.iter().any(|address| {
            let same_port = port == Some(address.port());
            let named = bare.eq_ignore_ascii_case("localhost")
                && (address.ip().is_loopback() || address.ip().is_unspecified());
            let literal = bare.parse::<IpAddr>().is_ok_and(|ip| {
                ip == address.ip()
                    || (ip.is_loopback() && (address.ip().is_loopback() || address.ip().is_unspecified()))
            });
            same_port && (named || literal)
        })
    }
}

/// An address that a client on this machine can use: the wildcard address becomes loopback.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from(std::net::Ipv6Addr::LOCALHOST),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Addresses {
        Addresses { listening: vec!["127.0.0.1:4747".parse().unwrap()], public_url: None }
    }

    #[test]
    fn a_host_that_is_not_ours_is_never_copied_into_a_url() {
        let local = "127.0.0.1:4747".parse().unwrap();
        let base = |host| addresses().base(host, local);
        assert_eq!(base(Some("localhost:4747")), "http://localhost:4747");
        assert_eq!(base(Some("[::1]:80")), "http://[::1]:80");
        for foreign in [
            "vendor.example",
            "127.0.0.1:80@evil.example",
            "localhost:80/evil",
            "localhost:+80",
            "[localhost]:80",
            "[::1].evil.example",
            "localhost@evil.example",
            "",
        ] {
            assert_eq!(base(Some(foreign)), "http://127.0.0.1:4747", "{foreign}");
        }
        assert_eq!(base(Some("evil.example")), "http://127.0.0.1:4747");
        assert_eq!(base(None), "http://127.0.0.1:4747");
    }

    #[test]
    fn a_public_url_is_what_answers_name() {
        let addresses = Addresses { public_url: Some("https://stand-in.test/".to_owned()), ..addresses() };
        assert_eq!(
            addresses.base(Some("localhost"), "127.0.0.1:1".parse().unwrap()),
            "https://stand-in.test"
        );
        assert!(addresses.is_ours("stand-in.test:443"));
    }
}
