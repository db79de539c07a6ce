//! Results, uploads and the project's own images: `/__media/...` and `/__fixtures/...`.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, HeaderMap, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use axum::http::{HeaderValue, Method, Response, StatusCode};
use bytes::Bytes;
use mockreel_contracts::{Phase, ids};
use sha2::{Digest, Sha256};

use super::fault::{self, Fault, Spoilt};
use super::{Shared, body, orders, record};
use crate::clock::Stopwatch;
use crate::fixtures;
use crate::job::{ClipPlan, Job};
use crate::media::{ClipSpec, Preview};
use crate::scenario::{ResultFault, ResultOrder};

/// The file that holds a job's video.
const VIDEO: &str = "video.mp4";

/// The file that holds its first frame.
const COVER: &str = "cover.jpg";

/// Milliseconds in a day.
const DAY_MS: f64 = 86_400_000.0;

/// Answers under `/__media/`.
pub(super) async fn answer<B>(
    shared: &Shared,
    method: &Method,
    headers: &HeaderMap,
    path: &str,
    content: B,
) -> Response<Body>
where
    B: hyper::body::Body<Data = Bytes> + Unpin,
{
    let rest = path.strip_prefix("/__media/").unwrap_or_default();
    if let Some(name) = rest.strip_prefix("uploads/") {
        return uploaded(shared, method, headers, name, content).await;
    }
    if method != Method::GET && method != Method::HEAD {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
    }
    let Some((name, file)) = rest.split_once('/') else { return gone() };
    let Some(job) = shared.store.job_of_clip(name).await else { return gone() };
    let watch = Stopwatch::start();
    let ordered = orders::of_download(shared, &job, file, headers).await;
    let mut answer = result(shared, method, headers, &job, file, ordered.result.as_ref()).await;
    record::download(
        shared,
        &job,
        ordered.scenarios,
        (method, headers, path),
        record::Told::of(&answer),
        watch,
    )
    .await;
    if let Some(order) = ordered.wire {
        answer.extensions_mut().insert(Fault(order));
    }
    answer
}

/// One of a job's files, or what comes in its place.
async fn result(
    shared: &Shared,
    method: &Method,
    headers: &HeaderMap,
    job: &Job,
    file: &str,
    order: Option<&ResultOrder>,
) -> Response<Body> {
    let now = shared.account_now(&job.key.account).await;
    let standing = job.standing(now);
    let (Phase::Succeeded, Some(ended_at)) = (standing.phase, standing.ended_at) else { return gone() };
    let results = shared.results(job);
    let is_over = results
        .as_ref()
        .and_then(|facts| facts.expire_after_days)
        .is_some_and(|days| now.since(ended_at) as f64 >= days * DAY_MS);
    if is_over {
        return expired();
    }
    if file != VIDEO && file != COVER {
        return gone();
    }
    if let Some(other) = order.and_then(instead) {
        return other;
    }
    let key = cache_key(job);
    let spec = spec_of(&job.clip);
    let (kind, rendered) = if file == VIDEO {
        ("video/mp4", shared.gallery.clip(&key, &spec).await)
    } else {
        ("image/jpeg", shared.gallery.cover(&key, &spec).await)
    };
    let mut answer = match rendered {
        Ok(content) => file_answer(method, headers, kind, &key, content),
        Err(error) => {
            tracing::error!(%error, job = &*job.key.id, "the clip could not be rendered");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "the file could not be made")
        }
    };
    let origin =
        results.and_then(|facts| facts.allow_origin).and_then(|text| HeaderValue::from_str(&text).ok());
    if let Some(origin) = origin {
        answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    if let Some(order) = order {
        answer.extensions_mut().insert(Spoilt(order.clone()));
    }
    answer
}

/// What a fault puts in the place of a file. It need not be rendered then.
fn instead(order: &ResultOrder) -> Option<Response<Body>> {
    match order.fault {
        ResultFault::Missing => Some(gone()),
        ResultFault::Expired => Some(expired()),
        ResultFault::Html => Some(fault::page(StatusCode::OK)),
        ResultFault::Truncate | ResultFault::Slow => None,
    }
}

/// Answers under `/__fixtures/`.
pub(super) fn fixture(method: &Method, headers: &HeaderMap, path: &str) -> Response<Body> {
    if method != Method::GET && method != Method::HEAD {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
    }
    let Some(found) = fixture_at(path) else {
        let known: Vec<&str> = fixtures::all().iter().map(|fixture| fixture.name).collect();
        return plain(StatusCode::NOT_FOUND, &format!("no such picture; there are {}", known.join(", ")));
    };
    let content = match found.content() {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    file_answer(method, headers, found.media_type, found.name, content)
}

/// The image at a path; the folder that the files lie in may stand before its name.
fn fixture_at(path: &str) -> Option<&'static fixtures::Fixture> {
    let name = path.strip_prefix("/__fixtures/")?;
    fixtures::find(name.strip_prefix("images/").unwrap_or(name))
}

/// The bytes behind one of our own addresses, for images that a request names.
pub(super) async fn content(shared: &Shared, path: &str) -> Option<Cow<'static, [u8]>> {
    if let Some(found) = fixture_at(path) {
        return Some(found.content());
    }
    let rest = path.strip_prefix("/__media/")?;
    if let Some(name) = rest.strip_prefix("uploads/") {
        return shared.uploads.get(name)?.file.map(|file| Cow::Owned(file.content.to_vec()));
    }
    let (name, file) = rest.split_once('/')?;
    let job = shared.store.job_of_clip(name).await?;
    let now = shared.account_now(&job.key.account).await;
    if job.standing(now).phase != Phase::Succeeded || file != COVER {
        return None;
    }
    let cover = shared.gallery.cover(&cache_key(&job), &spec_of(&job.clip)).await.ok()?;
    Some(Cow::Owned(cover.to_vec()))
}

async fn uploaded<B>(
    shared: &Shared,
    method: &Method,
    headers: &HeaderMap,
    name: &str,
    content: B,
) -> Response<Body>
where
    B: hyper::body::Body<Data = Bytes> + Unpin,
{
    let Some(upload) = shared.uploads.get(name) else { return gone() };
    if method == Method::PUT {
        let watch = Stopwatch::start();
        let (answer, file) = if shared.account_now(&upload.account).await > upload.open_until {
            (expired(), "<not read>".to_owned())
        } else {
            put(shared, name, body::receive(content, shared.settings.limits.body_bytes).await)
        };
        let path = format!("/__media/uploads/{name}");
        record::upload(shared, &upload, file, (method, headers, &path), record::Told::of(&answer), watch)
            .await;
        return answer;
    }
    if method != Method::GET && method != Method::HEAD {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "only PUT, GET and HEAD");
    }
    match upload.file {
        Some(file) => file_answer(method, headers, &upload.media_type, &file.tag, file.content),
        None => plain(StatusCode::NOT_FOUND, "nothing was put here yet"),
    }
}

/// Takes a file, and says what is to be said of it.
fn put(shared: &Shared, name: &str, received: body::Received) -> (Response<Body>, String) {
    let bytes = match received {
        body::Received::Whole(bytes) => bytes,
        body::Received::TooLarge => {
            return (plain(StatusCode::PAYLOAD_TOO_LARGE, "the file is too large"), "<too large>".to_owned());
        }
        body::Received::Broken => {
            return (plain(StatusCode::BAD_REQUEST, "the file broke off"), "<not read whole>".to_owned());
        }
    };
    let length = bytes.len();
    if !shared.uploads.put(name, bytes) {
        return (gone(), format!("<file: {length} bytes>"));
    }
    // The tag is the start of the same digest that tells other files in the journal.
    let tag = shared.uploads.get(name).and_then(|upload| upload.file).map(|file| file.tag);
    let digest = tag.as_deref().and_then(|tag| tag.get(..12)).unwrap_or_default();
    (plain(StatusCode::OK, ""), format!("<file: {length} bytes, sha256 {digest}>"))
}

/// The name of a rendering: two jobs share it only if their clips are the same to the byte.
fn cache_key(job: &Job) -> String {
    let clip = &job.clip;
    let mut name = Sha256::new();
    name.update(clip.name.as_bytes());
    for number in [clip.width, clip.height, clip.fps, clip.seconds] {
        name.update(number.to_le_bytes());
    }
    for image in [&clip.start, &clip.tail] {
        let jpeg = image.as_ref().map_or(&[][..], Preview::jpeg);
        name.update((jpeg.len() as u64).to_le_bytes());
        name.update(jpeg);
    }
    ids::hex(&name.finalize()[..16])
}

fn spec_of(clip: &ClipPlan) -> ClipSpec {
    let seed =
        clip.name.bytes().fold(0_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    ClipSpec {
        width: clip.width,
        height: clip.height,
        fps: clip.fps,
        seconds: clip.seconds,
        start: clip.start.clone(),
        tail: clip.tail.clone(),
        seed,
    }
}

/// A file with what downloads and players need: length, ranges, a tag.
fn file_answer(
    method: &Method,
    headers: &HeaderMap,
    kind: &str,
    tag: &str,
    content: Bytes,
) -> Response<Body> {
    let etag = format!("\"{tag}\"");
    let mut answer = Response::new(Body::empty());
    let held = answer.headers_mut();
    let mut set = |name: axum::http::HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            held.insert(name, value);
        }
    };
    set(ETAG, etag.clone());
    set(ACCEPT_RANGES, "bytes".to_owned());
    set(CACHE_CONTROL, "no-cache".to_owned());
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    // A weak tag is as good here (RFC 9110, section 13.1.2).
    let is_same = |held: &str| held.trim().trim_start_matches("W/") == etag;
    if known.is_some_and(|tags| tags == "*" || tags.split(',').any(is_same)) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        return answer;
    }
    set(CONTENT_TYPE, kind.to_owned());
    let length = content.len() as u64;
    let unchanged = headers.get(IF_RANGE).is_none_or(|tag| tag.as_bytes() == etag.as_bytes());
    let wanted = headers.get(RANGE).filter(|_| method == Method::GET && unchanged);
    let wanted = wanted.and_then(|value| value.to_str().ok());
    let (status, part) = match wanted.map(|text| range(text, length)) {
        None | Some(Wanted::All) => (StatusCode::OK, content),
        Some(Wanted::Part(first, last)) => {
            set(CONTENT_RANGE, format!("bytes {first}-{last}/{length}"));
            (StatusCode::PARTIAL_CONTENT, content.slice(first as usize..=last as usize))
        }
        Some(Wanted::Nothing) => {
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

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Part(u64, u64),
    Nothing,
}

/// Reads a `Range` header of one range (RFC 9110, section 14). Several ranges, or none that we know, mean the whole file.
fn range(text: &str, length: u64) -> Wanted {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Wanted::All;
    };
    let (first, last) = (first.trim(), last.trim());
    match (whole(first), whole(last)) {
        (Some(first), None) if last.is_empty() && first < length => Wanted::Part(first, length - 1),
        (Some(first), Some(last)) if first <= last && first < length => {
            Wanted::Part(first, last.min(length - 1))
        }
        (Some(first), Some(last)) if first > last => Wanted::All,
        (Some(_), Some(_)) => Wanted::Nothing,
        (Some(_), None) if last.is_empty() => Wanted::Nothing,
        (None, Some(0)) if first.is_empty() => Wanted::Nothing,
        (None, Some(count)) if first.is_empty() && length > 0 => {
            Wanted::Part(length.saturating_sub(count), length - 1)
        }
        _ => Wanted::All,
    }
}

/// A whole number in digits; one beyond all lengths is as good as the largest.
fn whole(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// There is nothing at this address.
fn gone() -> Response<Body> {
    plain(StatusCode::NOT_FOUND, "no such file")
}

/// There is no longer anything at this address.
fn expired() -> Response<Body> {
    plain(StatusCode::FORBIDDEN, "the address has expired")
}

/// A short answer in plain text.
pub(super) fn plain(status: StatusCode, text: &str) -> Response<Body> {
    let mut answer = Response::new(Body::from(text.to_owned()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

/// Where the files of a job are, below the base address.
pub(super) fn paths(name: &Arc<str>) -> (String, String) {
    (format!("/__media/{name}/{VIDEO}"), format!("/__media/{name}/{COVER}"))
}

#[cfg(test)]
mod tests;
