//! Sorts what goes wrong on the network: never reached, or reached and then lost.
//!
//! The difference is money: a request that never left costs nothing, one that was lost may have been accepted.
//! Whatever is in doubt is lost. Texts name the host, never the path, the query or a header.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::Url;

use super::CONNECT_TIMEOUT;
use mockreel_evidence::exchange::WireError;

/// The host of an address, with its port if that is not the usual one. Name and password are left out.
pub(super) fn host(url: &Url) -> String {
    let name = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}

/// An error and everything that led to it, outermost first.
///
/// An `io::Error` that wraps another error names that error's source as its own, so the wrapped one has to be
/// asked for.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut found = vec![error];
    let mut current = error;
    loop {
        let wrapped = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let next = match wrapped {
            Some(inner) => inner as &(dyn Error + 'static),
            None => match current.source() {
                Some(source) => source,
                None => return found,
            },
        };
        found.push(next);
        current = next;
    }
}

/// What the innermost cause says, on one line.
pub(super) fn deepest(error: &(dyn Error + 'static)) -> String {
    // An error of the client itself would print its address.
    let told = chain(error).into_iter().rev().find(|cause| !cause.is::<reqwest::Error>());
    let text = told.map_or_else(|| "it did not say why".to_owned(), ToString::to_string);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn io_kind(causes: &[&(dyn Error + 'static)]) -> Option<io::ErrorKind> {
    causes
        .iter()
        .rev()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .map(io::Error::kind)
        .find(|kind| *kind != io::ErrorKind::Other)
}

/// Sorts the failure of a request that has no answer yet.
pub(super) fn while_sending(
    error: &reqwest::Error,
    host: &str,
    secure: bool,
    timeout: Duration,
) -> WireError {
    if error.is_connect() {
        WireError::Unreachable { why: unreachable(error, host, secure) }
    } else {
        lost(error, error.is_timeout(), host, timeout)
    }
}

/// Sorts the failure of an answer whose body was being read.
pub(super) fn while_reading(error: &io::Error, host: &str, timeout: Duration) -> WireError {
    let timed_out = chain(error).iter().any(|cause| {
        cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
            || cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::TimedOut)
    });
    lost(error, timed_out, host, timeout)
}

fn unreachable(error: &reqwest::Error, host: &str, secure: bool) -> String {
    let causes = chain(error);
    if error.is_dns() {
        return format!("the name of {host} cannot be resolved; check its spelling and your DNS");
    }
    if error.is_timeout() {
        let seconds = CONNECT_TIMEOUT.as_secs();
        return format!("{host} accepted no connection within {seconds} s; check the address and firewalls");
    }
    let tls = causes.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>());
    if let Some(tls) = tls {
        return untrusted(tls, host);
    }
    match io_kind(&causes) {
        Some(io::ErrorKind::ConnectionRefused) => {
            format!("{host} refused the connection; check that it runs and that the port is right")
        }
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
            if secure =>
        {
            format!(
                "TLS failed: {host} hung up during the handshake; check that it speaks https on this port"
            )
        }
        Some(_) | None => {
            format!("no connection to {host} ({}); check the address and the network", deepest(error))
        }
    }
}

fn untrusted(tls: &rustls::Error, host: &str) -> String {
    match tls {
        rustls::Error::InvalidMessage(_) => {
            format!("TLS failed: {host} did not answer in TLS; check whether it wants http instead of https")
        }
        rustls::Error::InvalidCertificate(why) => {
            let why = one_line(&format!("{why:?}"));
            format!(
                "TLS failed: the certificate of {host} is not trusted ({why}); check the host name, the machine's \
                 date and its root certificates (SSL_CERT_FILE)"
            )
        }
        other => {
            let why = one_line(&other.to_string());
            format!("TLS failed with {host} ({why}); check that it speaks TLS 1.2 or 1.3")
        }
    }
}

fn lost(error: &(dyn Error + 'static), timed_out: bool, host: &str, timeout: Duration) -> WireError {
    let why = if timed_out {
        let seconds = timeout.as_secs_f64();
        format!("{host} gave no whole answer within {seconds} s")
    } else {
        match io_kind(&chain(error)) {
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
                format!("{host} reset the connection")
            }
            Some(_) | None => format!("{host} broke off ({})", deepest(error)),
        }
    };
    WireError::Lost { why: format!("{why}; what became of the request is unknown") }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(160).collect()
}
