//! The HTTP edge: listeners, connections, and the way from a request to whoever answers it.

mod body;
mod breach;
mod checks;
mod cors;
pub(crate) mod fetch;
mod media;
mod pictures;
pub(crate) mod place;
pub(crate) mod uploads;
mod vendor;
mod view;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, Request, Response, StatusCode};
use bytes::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use stuntdouble_contracts::{Reply, ReplyBody};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::place::{Place, place};
use crate::admin;
use crate::settings::Chosen;
pub(crate) use crate::shared::Shared;

/// How long a caller may take to send the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);

/// How long connections get to finish when the emulator stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// What is served on a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serves {
    /// Every vendor, and the control API unless it has a listener of its own.
    Everything,
    /// One vendor, by its index.
    Vendor(usize),
    /// The control API only.
    Admin,
}

/// Accepts connections until told to stop, then lets them finish.
pub(crate) async fn accept(
    shared: Arc<Shared>,
    listener: TcpListener,
    serves: Serves,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let Ok(local) = stream.local_addr() else { continue };
                // Small answers must not wait for the acknowledgement of the one before.
                let _ = stream.set_nodelay(true);
                connections.spawn(serve(Arc::clone(&shared), TokioIo::new(stream), local, serves, stop.clone()));
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = stop.changed() => break,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(FAREWELL, async { while connections.join_next().await.is_some() {} }).await;
}

async fn serve(
    shared: Arc<Shared>,
    stream: TokioIo<tokio::net::TcpStream>,
    local: SocketAddr,
    serves: Serves,
    mut stop: watch::Receiver<bool>,
) {
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(answer(&shared, request, local, serves).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .serve_connection(stream, service);
    tokio::pin!(connection);
    // A connection that breaks concerns nobody but the caller.
    let stopped = tokio::select! {
        _ = connection.as_mut() => false,
        _ = stop.changed() => true,
    };
    if stopped {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// Answers one request.
pub(crate) async fn answer<B>(
    shared: &Arc<Shared>,
    request: Request<B>,
    local: SocketAddr,
    serves: Serves,
) -> Response<Body>
where
    B: hyper::body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("/", |held| held.as_str()).to_owned();
    // A request in absolute form, as to a proxy, names its host there.
    let host =
        head.uri.authority().map(|held| held.as_str().to_owned()).or_else(|| header(&head.headers, &HOST));
    let port_vendor = match serves {
        Serves::Vendor(index) => Some(index),
        Serves::Everything | Serves::Admin => None,
    };
    let path = target.split('?').next().unwrap_or_default().to_owned();
    match place(&shared.settings.vendors, port_vendor, host.as_deref(), &target) {
        Place::Media => media::answer(shared, &head.method, &head.headers, &path, body).await,
        Place::Fixtures => media::fixture(&head.method, &head.headers, &path),
        Place::Admin => {
            let apart = shared.settings.admin_listen.is_some();
            if apart && serves != Serves::Admin || matches!(serves, Serves::Vendor(_)) {
                return admin::problem(StatusCode::NOT_FOUND, "the control API is on another address");
            }
            let request = Request::from_parts(head, Body::new(body));
            admin::answer(shared, request, host.as_deref(), local).await
        }
        Place::Vendor(..) if serves == Serves::Admin => {
            admin::problem(StatusCode::NOT_FOUND, "this address serves the control API only")
        }
        Place::Vendor(index, rest) => {
            let chosen = &shared.settings.vendors[index];
            let base = shared.addresses().base(host.as_deref(), local);
            vendor_answer(shared, chosen, &head.method, &rest, &head.headers, body, base).await
        }
        Place::Nowhere => nowhere(shared),
    }
}

async fn vendor_answer<B>(
    shared: &Shared,
    chosen: &Chosen,
    method: &Method,
    target: &str,
    headers: &HeaderMap,
    body: B,
    base: String,
) -> Response<Body>
where
    B: hyper::body::Body<Data = Bytes> + Unpin,
{
    let contract = &chosen.vendor.contract;
    if let Some(preflight) = cors::preflight(contract, method, headers) {
        return preflight;
    }
    let limit_bytes =
        contract.answers.max_body_bytes.unwrap_or(u64::MAX).min(shared.settings.limits.body_bytes);
    let call = vendor::Call {
        shared,
        chosen,
        method: method.clone(),
        target,
        headers: texts(headers),
        body: body::receive(body, limit_bytes).await,
        limit_bytes,
        base,
    };
    let mut answer = response(call.answer().await, &contract.answers.content_type);
    cors::expose(contract, answer.headers_mut());
    answer
}

/// A dialect's reply on the wire.
fn response(reply: Reply, content_type: &str) -> Response<Body> {
    let (body, kind) = match reply.body {
        ReplyBody::Json(value) => (Body::from(value.to_string()), Some(content_type)),
        ReplyBody::Empty => (Body::empty(), None),
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(kind) = kind.and_then(|kind| HeaderValue::from_str(kind).ok()) {
        answer.headers_mut().insert(CONTENT_TYPE, kind);
    }
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
        {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Every header that is text.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}

/// A path that is no vendor's: not an emulated answer, so it speaks plainly.
fn nowhere(shared: &Shared) -> Response<Body> {
    let prefixes: Vec<String> = shared
        .settings
        .vendors
        .iter()
        .filter(|chosen| chosen.vendor.newest)
        .map(|chosen| format!("/{}/", chosen.vendor.id()))
        .collect();
    let detail = format!("no vendor is served here; paths start with {}", prefixes.join(", "));
    admin::problem(StatusCode::NOT_FOUND, &detail)
}
