//! Listening addresses: the forms in which people write them, and the sockets that are opened for them.

use std::fmt;
use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use serde::Deserialize;
use tokio::net::{TcpListener, lookup_host};

/// The port of an address that names none.
const DEFAULT_PORT: u16 = 4747;

/// How many free ports are tried until one is free on both loopback addresses.
const PORT_ATTEMPTS: usize = 16;

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum ListenAddress {
    /// One address and port; port 0 stands for any that is free.
    Socket(SocketAddr),
    /// `127.0.0.1` and, where the machine has it, `::1`: some clients try one first, some the other.
    Loopback(u16),
    /// A host name and a port; the system knows its addresses.
    Name(String, u16),
}

impl ListenAddress {
    /// Both loopback addresses at port 4747.
    pub const DEFAULT: Self = Self::Loopback(DEFAULT_PORT);

    /// What an address must look like, for messages.
    pub const FORM: &'static str =
        "ADDR:PORT, as in 127.0.0.1:4747, [::1]:4747 or localhost:4747, or a port alone";

    /// Opens the sockets, the first of which is the main one.
    ///
    /// # Errors
    ///
    /// If an address is taken or not this machine's, or a name has no address.
    pub(crate) async fn bind(&self) -> Result<Vec<TcpListener>, Error> {
        match self {
            Self::Socket(address) => Ok(vec![TcpListener::bind(address).await?]),
            Self::Loopback(0) => bind_free_loopback().await,
            Self::Loopback(port) => bind_loopback(*port).await,
            Self::Name(name, port) => {
                let mut listeners = Vec::new();
                for address in lookup_host((name.as_str(), *port)).await? {
                    listeners.push(TcpListener::bind(address).await?);
                }
                if listeners.is_empty() {
                    return Err(Error::new(ErrorKind::NotFound, "the name has no address"));
                }
                Ok(listeners)
            }
        }
    }
}

async fn bind_loopback(port: u16) -> Result<Vec<TcpListener>, Error> {
    let main = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = main.local_addr()?.port();
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
        Ok(other) => Ok(vec![main, other]),
        Err(why) if why.kind() == ErrorKind::AddrInUse => Err(why),
        // A machine or container without IPv6 is served all the same.
        Err(_) => Ok(vec![main]),
    }
}

/// Lets the system choose a port, until one is free on both addresses.
async fn bind_free_loopback() -> Result<Vec<TcpListener>, Error> {
    let mut result = bind_loopback(0).await;
    for _ in 1..PORT_ATTEMPTS {
        match result {
            Err(why) if why.kind() == ErrorKind::AddrInUse => result = bind_loopback(0).await,
            other => return other,
        }
    }
    result
}

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> Self {
        Self::Socket(address)
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(address) => write!(f, "{address}"),
            Self::Loopback(port) => write!(f, "localhost:{port}"),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

/// The text was no address to listen on.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is no address: expected {}{}", ListenAddress::FORM, suggest_brackets(text))]
pub struct AddressError {
    text: String,
}

/// The words that suggest the brackets of a common IPv6 address before a port; empty if it is none.
fn suggest_brackets(text: &str) -> String {
    let (address, port) = text.rsplit_once(':').unwrap_or_default();
    match (address, port.parse::<u16>()) {
        ("::1" | "::", Ok(_)) => format!("; write `[{address}]:{port}`"),
        _ => String::new(),
    }
}

impl TryFrom<String> for ListenAddress {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl FromStr for ListenAddress {
    type Err = AddressError;

    /// Reads `ADDR:PORT`, `NAME:PORT`, `ADDR`, `localhost`, `PORT` or `:PORT`. A port alone is one of loopback: nothing
    /// is open to the network unless an address says so. A name needs its port, so that a mistyped word is no name.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let refuse = || AddressError { text: text.to_owned() };
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self::Socket(address));
        }
        // `::1:80` is an IPv6 address by itself, and hardly meant as one.
        if !suggest_brackets(text).is_empty() {
            return Err(refuse());
        }
        let bare = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(text);
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Ok(Self::Socket(SocketAddr::new(ip, DEFAULT_PORT)));
        }
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (name, port) = match text.split_once(':') {
            None if is_number(text) => ("", text.parse().map_err(|_| refuse())?),
            None if text.eq_ignore_ascii_case("localhost") => (text, DEFAULT_PORT),
            None => return Err(refuse()),
            Some((name, port)) if is_number(port) => (name, port.parse().map_err(|_| refuse())?),
            Some(_) => return Err(refuse()),
        };
        if name.is_empty() || name.eq_ignore_ascii_case("localhost") {
            return Ok(Self::Loopback(port));
        }
        if is_host_name(name) { Ok(Self::Name(name.to_owned(), port)) } else { Err(refuse()) }
    }
}

/// Whether a text can be the name of a host, as RFC 1123 (2.1) has it. A number is none: it would be a mistyped address.
fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        plain && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.split('.').all(is_label) && !last.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<ListenAddress> {
        text.parse().ok()
    }

    fn socket(text: &str) -> Option<ListenAddress> {
        Some(ListenAddress::Socket(text.parse().unwrap()))
    }

    #[test]
    fn an_address_is_read_in_the_forms_in_which_people_type_it() {
        assert_eq!(read("127.0.0.1:4747"), socket("127.0.0.1:4747"));
        assert_eq!(read("[::1]:80"), socket("[::1]:80"));
        assert_eq!(read("0.0.0.0"), socket("0.0.0.0:4747"));
        assert_eq!(read("::"), socket("[::]:4747"));
        assert_eq!(read("[::1]"), socket("[::1]:4747"));
        for text in ["4748", ":4748", "localhost:4748", "LOCALHOST:4748"] {
            assert_eq!(read(text), Some(ListenAddress::Loopback(4748)), "{text}");
        }
        assert_eq!(read("localhost"), Some(ListenAddress::DEFAULT));
        assert_eq!(read("stand-in:1"), Some(ListenAddress::Name("stand-in".to_owned(), 1)));
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_forms_that_are() {
        let texts = [
            "",
            ":",
            "nowhere",
            "65536",
            ":70000",
            "localhost:",
            "localhost:x",
            "1.2.3:80",
            "127.0.0.1:99999",
            "a b:1",
            "http://127.0.0.1:4747",
            "-x:1",
            "::1:80:x",
            "::1:80",
            ":::80",
            "[::1",
            "127.0.0.1:4747/",
        ];
        for text in texts {
            let error = text.parse::<ListenAddress>().expect_err(text).to_string();
            assert!(error.contains("expected ADDR:PORT, as in 127.0.0.1:4747"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_free_port_of_loopback_is_the_same_on_both_addresses() {
        let listeners = ListenAddress::Loopback(0).bind().await.unwrap();
        let ports: Vec<u16> = listeners.iter().map(|each| each.local_addr().unwrap().port()).collect();
        assert!(ports.windows(2).all(|pair| pair[0] == pair[1]), "{ports:?}");
        assert!(listeners[0].local_addr().unwrap().is_ipv4());
    }

    #[tokio::test]
    async fn a_port_that_somebody_else_has_on_the_other_loopback_address_is_taken() {
        let Ok(other) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await else { return };
        let port = other.local_addr().unwrap().port();
        let error = ListenAddress::Loopback(port).bind().await.expect_err("it is taken");
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    }
}
