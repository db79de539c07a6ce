//! The response of a file, with what downloads and players need: length, ranges, a tag, a date, conditions.

use std::time::SystemTime;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName,
    IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, LAST_MODIFIED, RANGE,
};
use axum::http::{HeaderValue, Method, Response, StatusCode};

use super::content::FileContent;

/// What is known of a file without its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileFacts<'a> {
    /// Its media type.
    pub(super) kind: &'a str,
    /// What tells its content from any other, without quotes.
    pub(super) tag: &'a str,
    /// When it became what it is, if that is known; not in the future.
    pub(super) modified: Option<SystemTime>,
}

/// Answers with a file, or with the range of it that is requested. `content` is `None` for a HEAD of a file
/// that is not there yet: the answer has no length then.
pub(super) fn answer_file(
    method: &Method,
    headers: &HeaderMap,
    facts: FileFacts<'_>,
    content: Option<FileContent>,
) -> Response<Body> {
    let etag = format!("\"{}\"", facts.tag);
    let mut answer = Response::new(Body::empty());
    let answer_headers = answer.headers_mut();
    let mut set = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer_headers.insert(name, value);
        }
    };
    set(ETAG, etag.clone());
    set(ACCEPT_RANGES, "bytes".to_owned());
    set(CACHE_CONTROL, "no-cache".to_owned());
    let modified = facts.modified;
    if let Some(modified) = modified {
        set(LAST_MODIFIED, httpdate::fmt_http_date(modified));
    }
    if let Some(status) = check_conditions(headers, &etag, modified) {
        *answer.status_mut() = status;
        return answer;
    }
    set(CONTENT_TYPE, facts.kind.to_owned());
    let Some(content) = content else { return answer };
    let length = content.length();
    let range =
        headers.get(RANGE).filter(|_| method == Method::GET && is_unchanged(headers, &etag, modified));
    let range = range.and_then(|value| value.to_str().ok());
    let (status, part) = match range.map(|text| parse_range(text, length)) {
        None | Some(RequestedRange::All) => (StatusCode::OK, Some(content)),
        Some(RequestedRange::Part(first, last)) => {
            set(CONTENT_RANGE, format!("bytes {first}-{last}/{length}"));
            (StatusCode::PARTIAL_CONTENT, Some(content.slice(first, last)))
        }
        Some(RequestedRange::Nothing) => {
            set(CONTENT_RANGE, format!("bytes */{length}"));
            (StatusCode::RANGE_NOT_SATISFIABLE, None)
        }
    };
    set(CONTENT_LENGTH, part.as_ref().map_or(0, FileContent::length).to_string());
    *answer.status_mut() = status;
    if let Some(part) = part.filter(|_| method != Method::HEAD) {
        *answer.body_mut() = part.into_body();
    }
    answer
}

/// The status that the conditions of a request demand instead of the file, in the order of RFC 9110, section
/// 13.2.2.
fn check_conditions(headers: &HeaderMap, etag: &str, modified: Option<SystemTime>) -> Option<StatusCode> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let since = |name: HeaderName| text(name).and_then(|date| httpdate::parse_http_date(date).ok());
    let names = |tags: &str, is_same: &dyn Fn(&str) -> bool| {
        tags.trim() == "*" || tags.split(',').any(|tag| is_same(tag.trim()))
    };
    match text(IF_MATCH) {
        Some(tags) if !names(tags, &|tag| tag == etag) => return Some(StatusCode::PRECONDITION_FAILED),
        Some(_) => {}
        None => {
            let limit = since(IF_UNMODIFIED_SINCE).zip(modified);
            if limit.is_some_and(|(limit, modified)| is_later(modified, limit)) {
                return Some(StatusCode::PRECONDITION_FAILED);
            }
        }
    }
    // A weak tag is as good here (RFC 9110, section 13.1.2).
    let is_known = match text(IF_NONE_MATCH) {
        Some(tags) => names(tags, &|tag| tag.trim_start_matches("W/") == etag),
        None => {
            since(IF_MODIFIED_SINCE).zip(modified).is_some_and(|(known, modified)| !is_later(modified, known))
        }
    };
    is_known.then_some(StatusCode::NOT_MODIFIED)
}

/// Whether a range may still be answered: without `If-Range`, or if that names this very file.
fn is_unchanged(headers: &HeaderMap, etag: &str, modified: Option<SystemTime>) -> bool {
    let Some(condition) = headers.get(IF_RANGE) else { return true };
    let Ok(text) = condition.to_str() else { return false };
    let date = httpdate::parse_http_date(text).ok();
    text == etag || date.zip(modified).is_some_and(|(date, modified)| seconds(date) == seconds(modified))
}

/// Whether a moment is later than another one; both count in whole seconds, as they are written.
fn is_later(moment: SystemTime, other: SystemTime) -> bool {
    seconds(moment) > seconds(other)
}

/// Whole seconds since 1970.
fn seconds(moment: SystemTime) -> u64 {
    moment.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
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
    // Units are the same in any case (RFC 9110, section 14.1).
    let range = text.split_once('=').filter(|(unit, _)| unit.trim().eq_ignore_ascii_case("bytes"));
    let Some((first, last)) = range.and_then(|(_, range)| range.split_once('-')) else {
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
