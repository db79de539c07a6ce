//! The headers of a request as text, and that by which a response ends its connection.

use axum::http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};

/// The header that applies a scenario to one request.
pub(crate) const SCENARIO_HEADER: &str = "x-mockreel-scenario";

/// The header in which the emulator itself speaks beside a vendor: which orders could not be followed, and which limit of its
/// own was met.
const WARNING_HEADER: HeaderName = HeaderName::from_static("x-mockreel-warning");

/// One header, if it is text.
pub(super) fn header_text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Every header that is text. An order counts as text whatever it is, lest it be passed over in silence.
pub(crate) fn list_header_texts<'h>(
    headers: impl IntoIterator<Item = (&'h HeaderName, &'h HeaderValue)>,
) -> Vec<(String, String)> {
    let text = |name: &HeaderName, value: &HeaderValue| match value.to_str() {
        Ok(text) => Some(text.to_owned()),
        Err(_) if name == SCENARIO_HEADER => Some(String::from_utf8_lossy(value.as_bytes()).into_owned()),
        Err(_) => None,
    };
    headers
        .into_iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), text(name, value)?)))
        .collect()
}

/// Writes a warning of the emulator's own, behind those that there are.
pub(super) fn write_warning(warning: &str, headers: &mut HeaderMap) {
    let before = headers.get(WARNING_HEADER).and_then(|before| before.to_str().ok());
    let text = before.map_or_else(|| warning.to_owned(), |before| format!("{before}; {warning}"));
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert(WARNING_HEADER, value);
    }
}

/// Says that the connection ends with this response.
pub(crate) fn close_connection(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
}
