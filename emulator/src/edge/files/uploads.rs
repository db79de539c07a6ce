//! The files that callers put, under `/__media/uploads/`.

use axum::body::Body;
use axum::http::header::HeaderMap;
use axum::http::{Method, Response, StatusCode};

use super::ranges::{FileFacts, answer_file};
use super::{refuse_method, respond_expired, respond_gone, respond_plain};
use crate::app::App;
use crate::clock::Stopwatch;
use crate::edge::call::log::{FileRequest, ResponseSummary, log_upload};
use crate::edge::headers::close_connection;
use crate::edge::incoming::{IncomingBody, Received};

/// Answers under `/__media/uploads/`.
pub(super) async fn answer_upload(
    app: &App,
    method: &Method,
    headers: &HeaderMap,
    name: &str,
    content: &mut IncomingBody,
) -> Response<Body> {
    let Some(upload) = app.uploads.get(name) else { return respond_gone() };
    if method == Method::PUT {
        let watch = Stopwatch::start();
        let (answer, file) = if app.account_now(&upload.account).await > upload.open_until {
            (respond_expired(), "<not read>".to_owned())
        } else {
            put_file(app, name, content.receive(app.settings.limits.body_bytes).await)
        };
        let path = format!("/__media/uploads/{name}");
        let request = FileRequest { method, headers, path: &path };
        log_upload(app, &upload, file, request, ResponseSummary::of(&answer, watch)).await;
        return answer;
    }
    if method != Method::GET && method != Method::HEAD {
        return refuse_method("PUT, GET, HEAD");
    }
    match upload.file {
        Some(file) => {
            let facts = FileFacts { kind: &upload.media_type, tag: &file.tag, modified: None };
            answer_file(method, headers, facts, Some(file.content.into()))
        }
        None => respond_plain(StatusCode::NOT_FOUND, "nothing was put here yet"),
    }
}

/// Takes a file, and describes it.
fn put_file(app: &App, name: &str, received: Received) -> (Response<Body>, String) {
    let bytes = match received {
        Received::Whole(bytes) => bytes,
        Received::TooLarge => {
            return (
                respond_plain(StatusCode::PAYLOAD_TOO_LARGE, "the file is too large"),
                "<too large>".to_owned(),
            );
        }
        Received::Silent(_) | Received::Slow(..) => {
            let mut answer = respond_plain(StatusCode::REQUEST_TIMEOUT, "the file never came");
            close_connection(answer.headers_mut());
            return (answer, "<not read whole>".to_owned());
        }
        // A file is kept as it comes, whatever its encoding, so that there is nothing to undo.
        Received::Broken | Received::Encoded(..) | Received::Undecodable(_) => {
            return (
                respond_plain(StatusCode::BAD_REQUEST, "the file broke off"),
                "<not read whole>".to_owned(),
            );
        }
    };
    let length = bytes.len();
    if !app.uploads.put(name, bytes) {
        return (respond_gone(), format!("<file: {length} bytes>"));
    }
    // The tag is the start of the same digest that tells other files in the journal.
    let tag = app.uploads.get(name).and_then(|upload| upload.file).map(|file| file.tag);
    let digest = tag.as_deref().and_then(|tag| tag.get(..12)).unwrap_or_default();
    (respond_plain(StatusCode::OK, ""), format!("<file: {length} bytes, sha256 {digest}>"))
}
