//! Loopback: whether a URL names this machine.

use std::net::IpAddr;

use url::Url;

/// Whether a URL names this machine: `localhost`, or a loopback address in any spelling.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| host.eq_ignore_ascii_case("localhost"))
        || literal_ip(url).is_some_and(|ip| ip.is_loopback())
}

/// The address that a URL names by its number.
pub(crate) fn literal_ip(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        url::Host::Ipv4(ip) => Some(ip.into()),
        url::Host::Ipv6(ip) => Some(ip.to_ipv4_mapped().map_or(ip.into(), IpAddr::from)),
        url::Host::Domain(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known_by_name_and_number() {
        for here in ["http://localhost:1/x", "http://127.8.9.1/x", "http://[::1]/x", "http://0x7f000001/x"] {
            assert!(is_loopback(&Url::parse(here).unwrap()), "{here}");
        }
        assert!(!is_loopback(&Url::parse("http://localhost.example/x").unwrap()));
    }
}
