//! The project's own images, under `/__fixtures/`.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::HeaderMap;
use axum::http::{Method, Response, StatusCode};
use bytes::Bytes;

use super::ranges::{FileFacts, answer_file};
use super::{refuse_method, respond_plain};
use crate::fixtures;

/// Answers under `/__fixtures/`.
pub(in crate::edge) fn answer_fixture(method: &Method, headers: &HeaderMap, path: &str) -> Response<Body> {
    if method != Method::GET && method != Method::HEAD {
        return refuse_method("GET, HEAD");
    }
    let Some(fixture) = fixture_at(path) else {
        let known: Vec<&str> = fixtures::all().iter().map(|fixture| fixture.name).collect();
        return respond_plain(
            StatusCode::NOT_FOUND,
            &format!("no such picture; there are {}", known.join(", ")),
        );
    };
    let content = match fixture.content() {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    let facts = FileFacts { kind: fixture.media_type, tag: fixture.name, modified: None };
    answer_file(method, headers, facts, Some(content.into()))
}

/// The image at a path; the folder that the files lie in may stand before its name.
pub(super) fn fixture_at(path: &str) -> Option<&'static fixtures::Fixture> {
    let name = path.strip_prefix("/__fixtures/")?;
    fixtures::find(name.strip_prefix("images/").unwrap_or(name))
}
