//! The headers of a request as text, and that by which a response ends its connection.

use axum::http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};

/// The header that applies a scenario to one request.
pub(crate) const SCENARIO_HEADER: &str = "x-mockreel-scenario";

/// One header, if it is text.
pub(super) fn header_text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Every header that is text.
pub(super) fn header_texts(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}

/// Says that the connection ends with this response.
pub(crate) fn close_connection(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
}
