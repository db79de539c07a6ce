//! The CORS headers of a vendor: a fact of the contract, the same for every response.

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue,
};
use axum::http::{Method, Response, StatusCode};
use mockreel_contracts::Contract;

/// The answer to a preflight, if this is one and the vendor answers browsers.
pub(super) fn preflight(contract: &Contract, method: &Method, headers: &HeaderMap) -> Option<Response<Body>> {
    let facts = contract.cors.as_ref()?;
    if method != Method::OPTIONS || !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::from_u16(facts.preflight_status).unwrap_or(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    set(headers, ACCESS_CONTROL_ALLOW_ORIGIN, &facts.allow_origin);
    set(headers, ACCESS_CONTROL_ALLOW_METHODS, &facts.allow_methods.join(", "));
    set(headers, ACCESS_CONTROL_ALLOW_HEADERS, &facts.allow_headers.join(", "));
    Some(answer)
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
