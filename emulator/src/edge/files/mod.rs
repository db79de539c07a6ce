//! Files: results, uploads and the project's own images, under `/__media/` and `/__fixtures/`.

mod content;
pub(super) mod fixtures;
mod ranges;
mod results;
#[cfg(test)]
mod tests;
mod uploads;

pub(super) use results::begin_rendering;

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderMap};
use axum::http::{HeaderValue, Method, Response, StatusCode};

use mockreel_contracts::contract::check::media::MediaFacts;

use super::call::log::FileRequest;
use super::incoming::IncomingBody;
use crate::app::App;
use crate::state::clip::{COVER_FILE, VIDEO_FILE};

/// Answers under `/__media/`.
pub(super) async fn answer_media(
    app: &App,
    method: &Method,
    headers: &HeaderMap,
    path: &str,
    content: &mut IncomingBody,
) -> Response<Body> {
    let rest = path.strip_prefix("/__media/").unwrap_or_default();
    if let Some(name) = rest.strip_prefix("uploads/") {
        return uploads::answer_upload(app, method, headers, name, content).await;
    }
    if method != Method::GET && method != Method::HEAD {
        return refuse_method("GET, HEAD");
    }
    let Some((clip, file)) = rest.split_once('/') else { return respond_gone() };
    results::answer_result(app, FileRequest { method, headers, path }, clip, file).await
}

/// Reads the bytes behind one of the emulator's own addresses, for images that a request names.
pub(super) async fn own_content(app: &App, path: &str) -> Option<Cow<'static, [u8]>> {
    if let Some(fixture) = fixtures::fixture_at(path) {
        return Some(fixture.content());
    }
    let rest = path.strip_prefix("/__media/")?;
    if let Some(name) = rest.strip_prefix("uploads/") {
        return app.uploads.get(name)?.file.map(|file| Cow::Owned(file.content.to_vec()));
    }
    let (clip, _) = rest.split_once('/').filter(|(_, file)| *file == COVER_FILE)?;
    Some(Cow::Owned(results::read_cover(app, clip).await?.to_vec()))
}

/// Reads the facts about the video behind one of the emulator's own addresses, without rendering it.
pub(super) async fn read_clip_facts(app: &App, path: &str) -> Option<MediaFacts> {
    let (clip, file) = path.strip_prefix("/__media/")?.split_once('/')?;
    if file == VIDEO_FILE { results::read_facts(app, clip).await } else { None }
}

/// Answers that there is nothing at this address.
fn respond_gone() -> Response<Body> {
    respond_plain(StatusCode::NOT_FOUND, "no such file")
}

/// Answers that there is no longer anything at this address.
fn respond_expired() -> Response<Body> {
    respond_plain(StatusCode::FORBIDDEN, "the address has expired")
}

/// Refuses a method, and names those that there are.
fn refuse_method(allowed: &'static str) -> Response<Body> {
    let mut answer = respond_plain(StatusCode::METHOD_NOT_ALLOWED, &format!("only {allowed}"));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// Answers in plain text, shortly.
fn respond_plain(status: StatusCode, text: &str) -> Response<Body> {
    let mut answer = Response::new(Body::from(text.to_owned()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
