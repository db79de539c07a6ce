//! The guard of the control API: no page of another origin, and beyond loopback only callers with the token.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, ORIGIN};
use axum::http::{Method, StatusCode};
use url::Url;

use super::request::AdminError;
use crate::app::App;
use crate::edge::addresses::is_host;

/// The header that carries the token.
const TOKEN: &str = "x-mockreel-token";

/// Lets a request in, or says why not.
pub(super) fn admit_request(
    app: &Arc<App>,
    headers: &HeaderMap,
    host: Option<&str>,
    local: SocketAddr,
) -> Result<(), AdminError> {
    let forbidden = |detail: String| AdminError::new(StatusCode::FORBIDDEN, detail);
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let addresses = app.addresses();
    let local_only = local.ip().is_loopback();
    let token = app.settings.admin_token.as_deref();
    let given = text(TOKEN);
    let trusted = token.is_some()
        && given.zip(token).is_some_and(|(given, token)| equal_in_constant_time(given, token));
    if !local_only && !trusted {
        return Err(match token {
            Some(_) => AdminError::new(
                StatusCode::UNAUTHORIZED,
                format!("beyond loopback the control API wants its token in `{TOKEN}`"),
            ),
            None => forbidden(
                "beyond loopback the control API is off; start with --admin-token-env VAR".to_owned(),
            ),
        });
    }
    // A page that a browser was lured to can name any host; a caller with the token is no such page.
    let ours = host.is_some_and(|host| addresses.is_ours(host));
    if !ours && !trusted {
        return Err(forbidden("the Host is not this emulator's; use its own address".to_owned()));
    }
    admit_origin(app, headers, host)
}

/// Lets a body in by its headers: JSON as it is, which no form of another page can send.
pub(super) fn admit_form(method: &Method, headers: &HeaderMap) -> Result<(), AdminError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text(CONTENT_ENCODING.as_str()).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(AdminError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "orders come as they are: send the body without a content-encoding",
        ));
    }
    let writes = method == Method::POST || method == Method::PUT;
    let kind = text(CONTENT_TYPE.as_str()).and_then(|text| text.split(';').next());
    if writes && !kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
        return Err(AdminError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "orders come as `content-type: application/json`, also without a body",
        ));
    }
    Ok(())
}

/// Lets a request in unless a page of another origin sent it.
pub(super) fn admit_origin(
    app: &Arc<App>,
    headers: &HeaderMap,
    host: Option<&str>,
) -> Result<(), AdminError> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().ok().and_then(read_origin);
    if origin.zip(host).is_some_and(|(origin, host)| app.addresses().is_own_origin(&origin, host)) {
        return Ok(());
    }
    Err(AdminError::new(StatusCode::FORBIDDEN, "a page of another origin may not give orders"))
}

/// Reads an origin as browsers write it (RFC 6454, 6.2): a scheme, a host and a port, and nothing else.
fn read_origin(text: &str) -> Option<Url> {
    let (_, host) = text.split_once("://")?;
    if is_host(host) { Url::parse(text).ok() } else { None }
}

/// Compares without telling by the time it takes how much was right.
fn equal_in_constant_time(given: &str, token: &str) -> bool {
    given.len() == token.len()
        && given.bytes().zip(token.bytes()).fold(0, |difference, (left, right)| difference | (left ^ right))
            == 0
}
