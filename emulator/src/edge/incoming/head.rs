//! The head of a request that never became one, as far as it can be read, and the flaw for which it is refused.

use std::fmt;

use axum::http::header::{
    AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, TRANSFER_ENCODING,
};
use axum::http::{Method, StatusCode, Uri, Version};
use mockreel_contracts::Problem;
use mockreel_contracts::problem::Malformation;

use super::bounds::check_query;
use crate::edge::addresses::is_host;

/// How many bytes of headers a request may have. The library has a bound of about this size, but looks at it only
/// between two reads.
const MAX_HEADER_BYTES: usize = 400 * 1024;

/// The reason of a head that is larger.
const TOO_LARGE: &str = "its head is larger, or has more headers, than is read";

/// Why the head of a request is refused, whoever it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::edge) enum HeadFlaw {
    /// The HTTP library refused it with this status.
    Unreadable(StatusCode, &'static str),
    /// It is no HTTP at all but TLS.
    Tls,
    /// Its path alone is the trouble: it has a character that no path may have.
    Target,
    /// It has more than one `Host`.
    TwoHosts,
    /// It has more than one `Origin`.
    TwoOrigins,
    /// It has more than one `Authorization`: whose request it is depends on who reads it.
    TwoCredentials,
    /// Its target names another scheme than HTTP (RFC 9112, 3.2.2).
    Scheme,
    /// Its target has a user or a password, which no HTTP target has (RFC 9110, 4.2.4).
    UserInfo,
    /// Its target has a fragment, which is never sent (RFC 9110, 7.1).
    Fragment,
    /// Its query has too many parameters.
    QueryPairs,
    /// It has no `Host`, which HTTP/1.1 demands (RFC 9112, 3.2).
    NoHost,
    /// Its `Host` is no host with a port.
    BadHost,
    /// It has a length and chunks: where its body ends is anybody's guess.
    TwoLengths,
    /// It has a transfer coding that is not `chunked` alone, so that what its body says is not known (RFC 9112, 6.1).
    Coding,
}

impl HeadFlaw {
    /// The flaw of a target that the library let pass.
    pub(in crate::edge) fn of_target(target: &Uri) -> Option<Self> {
        let is_http =
            |scheme: &str| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        let has_user = target.authority().is_some_and(|authority| authority.as_str().contains('@'));
        let flaws = [
            (target.scheme_str().is_some_and(|scheme| !is_http(scheme)), Self::Scheme),
            (has_user, Self::UserInfo),
            (check_query(target.query().unwrap_or_default()).is_err(), Self::QueryPairs),
        ];
        flaws.into_iter().find_map(|(is_there, flaw)| is_there.then_some(flaw))
    }

    /// The flaw of a head, as it came, that the library hides.
    pub(in crate::edge) fn of_bytes(head: &[u8], method: &Method, is_coded: bool) -> Option<Self> {
        if is_coded && has_two_lengths(head) {
            return Some(Self::TwoLengths);
        }
        // What was sent before the last answer is not known; then the first line is another.
        let line = head.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty())?;
        let (name, rest) = cut(line, |byte| byte == b' ');
        (name == method.as_str().as_bytes() && rest.contains(&b'#')).then_some(Self::Fragment)
    }

    /// The flaw of headers that the library let pass.
    pub(in crate::edge) fn of_headers(version: Version, headers: &HeaderMap) -> Option<Self> {
        let bytes = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len();
        if headers.iter().map(bytes).sum::<usize>() > MAX_HEADER_BYTES {
            return Some(Self::Unreadable(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, TOO_LARGE));
        }
        let repeated = |name: &HeaderName| headers.get_all(name).iter().nth(1).is_some();
        let host = headers.get(HOST);
        let coding = headers.get(TRANSFER_ENCODING);
        let is_chunked = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"chunked");
        let flaws = [
            (repeated(&HOST), Self::TwoHosts),
            (host.is_none() && version == Version::HTTP_11, Self::NoHost),
            (host.is_some_and(|host| !host.to_str().is_ok_and(is_host)), Self::BadHost),
            (repeated(&ORIGIN), Self::TwoOrigins),
            (repeated(&AUTHORIZATION), Self::TwoCredentials),
            (repeated(&TRANSFER_ENCODING) || coding.is_some_and(|coding| !is_chunked(coding)), Self::Coding),
        ];
        flaws.into_iter().find_map(|(is_there, flaw)| is_there.then_some(flaw))
    }

    /// The status of the refusal, where no vendor has a status of its own.
    pub(in crate::edge) fn status(self) -> StatusCode {
        match self {
            Self::Unreadable(status, _) => status,
            Self::Tls
            | Self::Target
            | Self::TwoHosts
            | Self::TwoOrigins
            | Self::TwoCredentials
            | Self::Scheme
            | Self::UserInfo
            | Self::Fragment
            | Self::QueryPairs
            | Self::NoHost
            | Self::BadHost
            | Self::TwoLengths
            | Self::Coding => StatusCode::BAD_REQUEST,
        }
    }

    /// The problem that a vendor refuses it with.
    pub(in crate::edge) fn problem(self) -> Problem {
        match self {
            Self::Target => Problem::UnknownRoute { allowed: Vec::new() },
            Self::Unreadable(..)
            | Self::Tls
            | Self::TwoHosts
            | Self::TwoOrigins
            | Self::TwoCredentials
            | Self::Scheme
            | Self::UserInfo
            | Self::Fragment
            | Self::QueryPairs
            | Self::NoHost
            | Self::BadHost
            | Self::TwoLengths
            | Self::Coding => Problem::Malformed(Malformation::Http {
                status: self.status().as_u16(),
                detail: self.reason().to_owned(),
            }),
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Unreadable(_, reason) => reason,
            Self::Tls => "it is TLS, and the port is plain; use http:// instead of https://",
            Self::Target => "its path has a character that no path may have",
            Self::TwoHosts => "it has more than one Host",
            Self::TwoOrigins => "it has more than one Origin",
            Self::TwoCredentials => "it has more than one Authorization",
            Self::Scheme => "its target has another scheme than http",
            Self::UserInfo => "its target has a user or a password before the host",
            Self::Fragment => "its target has a fragment (#), which is never sent",
            Self::QueryPairs => "its query has more than 1000 parameters",
            Self::NoHost => "it has no Host, which HTTP/1.1 demands",
            Self::BadHost => "its Host is no host with a port",
            Self::Coding => "its transfer coding is not `chunked` alone",
            Self::TwoLengths => "it has both Content-Length and Transfer-Encoding",
        }
    }
}

impl fmt::Display for HeadFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the head of the request was refused: {}; it was not carried out, and the connection is closed",
            self.reason()
        )
    }
}

/// A head as far as it can be read. Nothing in it is trusted to be well-formed.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::edge) struct Head {
    /// The method as sent; empty if there is none.
    pub(in crate::edge) method: String,
    /// Path and query, percent-encoded where they were not.
    pub(in crate::edge) target: String,
    /// Names in lower case; what is no text is left out.
    pub(in crate::edge) headers: Vec<(String, String)>,
    /// The first thing that is wrong with it, the path aside.
    fault: Option<&'static str>,
    /// Whether its path has only what a path may have.
    is_target_sound: bool,
}

impl Head {
    /// Reads what can be read.
    pub(in crate::edge) fn read(bytes: &[u8]) -> Self {
        let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
        let first = lines.next().unwrap_or_default();
        let (method, rest) = cut(first, |byte| byte == b' ');
        let end = rest.windows(6).rposition(|six| six == b" HTTP/").unwrap_or(rest.len());
        let raw = &rest[..end];
        let mut target = String::new();
        for byte in raw {
            if byte.is_ascii_graphic() {
                target.push(char::from(*byte));
            } else {
                target.push_str(&format!("%{byte:02X}"));
            }
        }
        if !target.starts_with('/') {
            target.insert(0, '/');
        }
        let lines: Vec<&[u8]> = lines.take_while(|line| !line.is_empty()).collect();
        let headers = lines.iter().filter_map(|line| {
            let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
            Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        });
        let headers = headers.collect();
        let fault = fault_of_line(method, &rest[end..]).or_else(|| fault_of_headers(&lines));
        let is_target_sound = raw.iter().all(u8::is_ascii_graphic) && Uri::try_from(raw).is_ok();
        Self { method: String::from_utf8_lossy(method).into_owned(), target, headers, fault, is_target_sound }
    }

    /// A header's value.
    pub(in crate::edge) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The flaw for which the library refused it with this status.
    pub(in crate::edge) fn flaw(&self, status: StatusCode) -> HeadFlaw {
        match status {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => HeadFlaw::Unreadable(status, TOO_LARGE),
            StatusCode::URI_TOO_LONG => HeadFlaw::Unreadable(status, "its path is longer than is read"),
            _ => match self.fault {
                Some(fault) => HeadFlaw::Unreadable(status, fault),
                None if !self.is_target_sound => HeadFlaw::Target,
                None => HeadFlaw::Unreadable(status, "it is no HTTP/1.1"),
            },
        }
    }
}

/// Whether a head has both a length and chunks, of which the library takes the chunks and forgets the length.
fn has_two_lengths(head: &[u8]) -> bool {
    let lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let mut lines = lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    lines.any(|line| cut(line, |byte| byte == b':').0.eq_ignore_ascii_case(b"content-length"))
}

/// What is wrong with the first line, its path aside.
fn fault_of_line(method: &[u8], version: &[u8]) -> Option<&'static str> {
    if Method::from_bytes(method).is_err() {
        return Some("it begins with no method");
    }
    let is_known = matches!(version, b" HTTP/1.1" | b" HTTP/1.0");
    (!is_known).then_some("its version is neither HTTP/1.1 nor HTTP/1.0")
}

/// What is wrong with the lines of headers.
fn fault_of_headers(lines: &[&[u8]]) -> Option<&'static str> {
    let fault_of = |line: &&[u8]| {
        if line.first().is_some_and(u8::is_ascii_whitespace) {
            return Some("a header is folded over two lines");
        }
        if !line.contains(&b':') {
            return Some("a line is no header: it has no colon");
        }
        let (name, value) = cut(line, |byte| byte == b':');
        if HeaderName::from_bytes(name).is_err() {
            return Some("the name of a header has a character that no name may have, such as a blank");
        }
        HeaderValue::from_bytes(value.trim_ascii())
            .is_err()
            .then_some("the value of a header has a character that no value may have")
    };
    let is_length = |line: &&[u8]| {
        let name = cut(line, |byte| byte == b':').0;
        name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"transfer-encoding")
    };
    let length = || lines.iter().any(is_length).then_some("where its body ends is not clear");
    lines.iter().find_map(fault_of).or_else(length)
}

/// What stands before and after the first byte of a kind.
fn cut(bytes: &[u8], is_it: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| is_it(*byte)) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_however_broken_it_is() {
        let head =
            Head::read(b"GET /v/\xff a HTTP/1.1\r\nHost: h\r\nbroken\r\nX: \xff\r\nY:  z \r\n\r\nBody: b");
        assert_eq!((head.method.as_str(), head.target.as_str()), ("GET", "/v/%FF%20a"));
        assert_eq!(head.headers, [("host".to_owned(), "h".to_owned()), ("y".to_owned(), "z".to_owned())]);
        assert_eq!(head.header("host"), Some("h"));
        for (bytes, method, target) in [
            (&b""[..], "", "/"),
            (b"\n\n\n", "", "/"),
            (b"GET", "GET", "/"),
            (b"A b", "A", "/b"),
            (b" x", "", "/x"),
        ] {
            let head = Head::read(bytes);
            assert_eq!((head.method.as_str(), head.target.as_str()), (method, target));
        }
    }

    #[test]
    fn a_refused_head_says_what_is_wrong_with_it() {
        let bad = StatusCode::BAD_REQUEST;
        for (head, reason) in [
            ("GET / HTTP/9.9\r\n\r\n", "neither HTTP/1.1"),
            ("GET / http/1.1\r\n\r\n", "neither HTTP/1.1"),
            (" / HTTP/1.1\r\n\r\n", "no method"),
            ("GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n", "folded"),
            ("GET / HTTP/1.1\r\na : b\r\n\r\n", "name of a header"),
            ("GET / HTTP/1.1\r\n: b\r\n\r\n", "name of a header"),
            ("GET / HTTP/1.1\r\na\r\n\r\n", "no colon"),
            ("GET / HTTP/1.1\r\na: \x01\r\n\r\n", "value of a header"),
            ("GET / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n", "where its body ends"),
            ("GET / HTTP/1.1\r\na: b\r\n\r\n", "no HTTP/1.1"),
        ] {
            let flaw = Head::read(head.as_bytes()).flaw(bad);
            assert!(matches!(flaw, HeadFlaw::Unreadable(..)), "{head:?}: {flaw:?}");
            assert!(flaw.to_string().contains(reason), "{head:?}: {flaw}");
        }
        for head in [&b"GET /\xff HTTP/1.1\r\na: b\r\n\r\n"[..], b"GET /<a> HTTP/1.1\r\n\r\n"] {
            assert_eq!(Head::read(head).flaw(bad), HeadFlaw::Target);
        }
        let both = Head::read(b"GET /\xff HTTP/1.1\r\na : b\r\n\r\n").flaw(bad);
        assert!(matches!(both, HeadFlaw::Unreadable(..)), "the path is not alone in being wrong");
        let long = Head::read(b"GET /\xff HTTP/1.1\r\n\r\n").flaw(StatusCode::URI_TOO_LONG);
        assert_eq!(long.status(), StatusCode::URI_TOO_LONG);
    }

    #[test]
    fn a_length_is_seen_in_the_head_only() {
        assert!(has_two_lengths(b"\r\nPOST / HTTP/1.1\r\nContent-LENGTH: 1\r\n\r\n"));
        assert!(!has_two_lengths(b"POST / HTTP/1.1\r\na: b\r\n\r\ncontent-length: 1"));
    }
}
