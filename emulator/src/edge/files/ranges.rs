//! The response of a file, with what downloads and players need: length, ranges, a tag.

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap,
    IF_NONE_MATCH, IF_RANGE, RANGE,
};
use axum::http::{HeaderValue, Method, Response, StatusCode};
use bytes::Bytes;

/// Answers with a file, or with the range of it that is requested.
pub(super) fn answer_file(
    method: &Method,
    headers: &HeaderMap,
    kind: &str,
    tag: &str,
    content: Bytes,
) -> Response<Body> {
    let etag = format!("\"{tag}\"");
    let mut answer = Response::new(Body::empty());
    let answer_headers = answer.headers_mut();
    let mut set = |name: axum::http::HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer_headers.insert(name, value);
        }
    };
    set(ETAG, etag.clone());
    set(ACCEPT_RANGES, "bytes".to_owned());
    set(CACHE_CONTROL, "no-cache".to_owned());
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    // A weak tag is as good here (RFC 9110, section 13.1.2).
    let is_same = |tag: &str| tag.trim().trim_start_matches("W/") == etag;
    if known.is_some_and(|tags| tags == "*" || tags.split(',').any(is_same)) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        return answer;
    }
    set(CONTENT_TYPE, kind.to_owned());
    let length = content.len() as u64;
    let unchanged = headers.get(IF_RANGE).is_none_or(|tag| tag.as_bytes() == etag.as_bytes());
    let range = headers.get(RANGE).filter(|_| method == Method::GET && unchanged);
    let range = range.and_then(|value| value.to_str().ok());
    let (status, part) = match range.map(|text| parse_range(text, length)) {
        None | Some(RequestedRange::All) => (StatusCode::OK, content),
        Some(RequestedRange::Part(first, last)) => {
            set(CONTENT_RANGE, format!("bytes {first}-{last}/{length}"));
            (StatusCode::PARTIAL_CONTENT, content.slice(first as usize..=last as usize))
        }
        Some(RequestedRange::Nothing) => {
            set(CONTENT_RANGE, format!("bytes */{length}"));
            (StatusCode::RANGE_NOT_SATISFIABLE, Bytes::new())
        }
    };
    set(CONTENT_LENGTH, part.len().to_string());
    *answer.status_mut() = status;
    if method != Method::HEAD {
        *answer.body_mut() = Body::from(part);
    }
    answer
}

/// The part of a file that is requested.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RequestedRange {
    All,
    Part(u64, u64),
    Nothing,
}

/// Reads a `Range` header of one range (RFC 9110, section 14). Several ranges, or none that we know, mean the whole file.
pub(super) fn parse_range(text: &str, length: u64) -> RequestedRange {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return RequestedRange::All;
    };
    let (first, last) = (first.trim(), last.trim());
    match (whole_number(first), whole_number(last)) {
        (Some(first), None) if last.is_empty() && first < length => RequestedRange::Part(first, length - 1),
        (Some(first), Some(last)) if first <= last && first < length => {
            RequestedRange::Part(first, last.min(length - 1))
        }
        (Some(first), Some(last)) if first > last => RequestedRange::All,
        (Some(_), Some(_)) => RequestedRange::Nothing,
        (Some(_), None) if last.is_empty() => RequestedRange::Nothing,
        (None, Some(0)) if first.is_empty() => RequestedRange::Nothing,
        (None, Some(count)) if first.is_empty() && length > 0 => {
            RequestedRange::Part(length.saturating_sub(count), length - 1)
        }
        _ => RequestedRange::All,
    }
}

/// A whole number in digits; one beyond all lengths is as good as the largest.
fn whole_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}
