//! Fetching images: only where that is allowed, only over GET, bounded in bytes and time.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use url::Url;

/// The largest image that is fetched, in bytes; one more than what vendors take, so that too much can be seen.
const IMAGE_BYTES: usize = 10 * 1024 * 1024 + 1;

/// How long a fetch may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many times an image's host may send us on, with `--images fetch`.
const HOPS: usize = 3;

/// Two ways to fetch: from loopback, and from everywhere that is not private.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    loopback: reqwest::Client,
    public: reqwest::Client,
}

impl Fetcher {
    /// Both clients. `None` if the machine's TLS settings cannot be read; then nothing is fetched.
    pub(crate) fn new() -> Option<Self> {
        // An error means that somebody has installed a provider before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || reqwest::Client::builder().timeout(PATIENCE).no_proxy().user_agent("mockreel");
        let loopback = builder().redirect(Policy::none()).build().ok()?;
        let hops = Policy::custom(|attempt| {
            if attempt.previous().len() > HOPS || literal(attempt.url()).is_some_and(is_private) {
                attempt.stop()
            } else {
                attempt.follow()
            }
        });
        let public = builder().redirect(hops).dns_resolver(Arc::new(PublicNames)).build().ok()?;
        Some(Self { loopback, public })
    }

    /// Fetches from a loopback address.
    pub(crate) async fn loopback_image(&self, url: Url) -> Result<Bytes, String> {
        get(&self.loopback, url).await
    }

    /// Fetches from anywhere but a private address.
    pub(crate) async fn public_image(&self, url: Url) -> Result<Bytes, String> {
        if literal(&url).is_some_and(is_private) {
            return Err("the address is private".to_owned());
        }
        get(&self.public, url).await
    }
}

/// Whether a URL names this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| host.eq_ignore_ascii_case("localhost"))
        || literal(url).is_some_and(|ip| ip.is_loopback())
}

fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        url::Host::Ipv4(ip) => Some(ip.into()),
        url::Host::Ipv6(ip) => Some(ip.to_ipv4_mapped().map_or(ip.into(), IpAddr::from)),
        url::Host::Domain(_) => None,
    }
}

/// Whether an address belongs to a network that strangers have no business in.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_broadcast()
                || ip.is_multicast()
                || ip.is_documentation()
                || first == 0
                || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(ip) => {
            let [first, second, third, .., seventh, eighth] = ip.segments();
            // A gateway may carry an IPv4 address inside: mapped, NAT64 (RFC 6052) or 6to4 (RFC 3056).
            let embedded = match (first, second) {
                (0x64, 0xff9b) => Some(joined(seventh, eighth)),
                (0x2002, _) => Some(joined(second, third)),
                _ => ip.to_ipv4_mapped().map(IpAddr::from),
            };
            embedded.is_some_and(is_private)
                || ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                || (first & 0xfe00) == 0xfc00
                || (first & 0xffc0) == 0xfe80
        }
    }
}

/// The IPv4 address in two segments.
fn joined(high: u16, low: u16) -> IpAddr {
    IpAddr::from(((u32::from(high) << 16) | u32::from(low)).to_be_bytes())
}

/// A resolver that leaves private addresses out, so that a public name cannot lead to one.
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| !is_private(address.ip())).collect();
            if public.is_empty() {
                return Err("the name leads to no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

async fn get(client: &reqwest::Client, url: Url) -> Result<Bytes, String> {
    let told = |error: reqwest::Error| {
        // The address may hold a signature, so it stays out of the message.
        let error = error.without_url();
        if error.is_timeout() { "no answer in time".to_owned() } else { error.to_string() }
    };
    let mut answer = client.get(url).send().await.map_err(told)?;
    if !answer.status().is_success() {
        return Err(format!("answered with status {}", answer.status().as_u16()));
    }
    let mut held = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(told)? {
        let room = IMAGE_BYTES - held.len();
        held.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if held.len() == IMAGE_BYTES {
            break;
        }
    }
    Ok(held.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known_in_every_spelling() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:a00:1::1",
        ] {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in ["8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8", "172.32.0.1", "100.128.0.1"] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn loopback_is_known_by_name_and_number() {
        for here in ["http://localhost:1/x", "http://127.8.9.1/x", "http://[::1]/x", "http://0x7f000001/x"] {
            assert!(is_loopback(&Url::parse(here).unwrap()), "{here}");
        }
        assert!(!is_loopback(&Url::parse("http://localhost.example/x").unwrap()));
    }
}
