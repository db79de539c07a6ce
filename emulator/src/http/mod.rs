//! The HTTP edge: listeners, connections, and the way from a request to whoever answers it.

mod about;
mod body;
mod breach;
mod checks;
mod cors;
mod edit;
mod fault;
pub(crate) mod fetch;
pub(crate) mod held;
mod images;
mod means;
mod media;
mod ordered_problem;
mod orders;
pub(crate) mod place;
mod record;
pub(crate) mod uploads;
mod vendor;
pub(crate) mod view;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, Request, Response, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Collected};
use mockreel_contracts::{Contract, Reply, ReplyBody};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub(crate) use self::orders::HEADER as SCENARIO_HEADER;
use self::place::{Place, place};
use self::wire::converse;
use crate::admin;
use crate::clock::Stopwatch;
use crate::settings::Chosen;
pub(crate) use crate::shared::Shared;

/// How long connections get to finish when the emulator stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long to wait before connections are taken again after one could not be.
const RESPITE: Duration = Duration::from_millis(50);

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
                let Ok((stream, _)) = accepted else {
                    // Out of file handles, most likely: asking again at once would only burn time.
                    tokio::time::sleep(RESPITE).await;
                    continue;
                };
                let Ok(local) = stream.local_addr() else { continue };
                // Small answers must not wait for the acknowledgement of the one before.
                let _ = stream.set_nodelay(true);
                connections.spawn(serve(Arc::clone(&shared), stream, local, serves, stop.clone()));
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
    stream: TcpStream,
    local: SocketAddr,
    serves: Serves,
    mut stop: watch::Receiver<bool>,
) {
    let refusing = Arc::clone(&shared);
    let refuse = move |heard: Vec<u8>| -> wire::Answer {
        let shared = Arc::clone(&refusing);
        Box::pin(async move { unread(&shared, &heard, local, serves).await })
    };
    let connection = converse(stream, refuse, move |request| {
        let shared = Arc::clone(&shared);
        async move { answer(&shared, request, local, serves).await }
    });
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
            let (contract, watch) = (&chosen.vendor.contract, Stopwatch::start());
            if let Some(preflight) = cors::preflight(contract, &head.method, &head.headers) {
                record::preflight(shared, contract, &head, &rest, record::Told::of(&preflight), watch).await;
                return preflight;
            }
            let body = body::receive(body, body_limit(shared, &chosen.vendor.contract)).await;
            vendor_answer(shared, chosen, head.method, &rest, texts(&head.headers), body, base).await
        }
        Place::Nowhere => nowhere(shared),
    }
}

/// Answers what never became a request; the answer is whole, as it goes over the wire.
async fn unread(shared: &Arc<Shared>, heard: &[u8], local: SocketAddr, serves: Serves) -> Vec<u8> {
    let head = wire::Head::read(heard);
    let host = head.header("host").map(str::to_owned);
    let port_vendor = match serves {
        Serves::Vendor(index) => Some(index),
        Serves::Everything | Serves::Admin => None,
    };
    let method = Method::from_bytes(head.method.as_bytes()).unwrap_or(Method::GET);
    let answer = match place(&shared.settings.vendors, port_vendor, host.as_deref(), &head.target) {
        Place::Vendor(index, rest) if serves != Serves::Admin => {
            let chosen = &shared.settings.vendors[index];
            let base = shared.addresses().base(host.as_deref(), local);
            let body = body::Received::Broken;
            vendor_answer(shared, chosen, method.clone(), &rest, head.headers, body, base).await
        }
        Place::Vendor(..) | Place::Admin | Place::Media | Place::Fixtures | Place::Nowhere => {
            admin::problem(StatusCode::BAD_REQUEST, "the request is no HTTP/1.1, or its head is too large")
        }
    };
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    let mut text = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
    for (name, value) in &parts.headers {
        for piece in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            text.extend_from_slice(piece);
        }
    }
    text.extend_from_slice(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()).as_bytes());
    if method != Method::HEAD {
        text.extend_from_slice(&body);
    }
    text
}

/// The most bytes of a body that are read for a vendor: its own limit, if it has one below ours.
fn body_limit(shared: &Shared, contract: &Contract) -> u64 {
    contract.answers.max_body_bytes.unwrap_or(u64::MAX).min(shared.settings.limits.body_bytes)
}

async fn vendor_answer(
    shared: &Shared,
    chosen: &Chosen,
    method: Method,
    target: &str,
    headers: Vec<(String, String)>,
    body: body::Received,
    base: String,
) -> Response<Body> {
    let contract = &chosen.vendor.contract;
    let limit_bytes = body_limit(shared, contract);
    let (watch, sent) = (Stopwatch::start(), record::sent(&body, limit_bytes));
    let (ordered, job) = (orders::Ordered::default(), Arc::default());
    let mut call =
        vendor::Call { shared, chosen, method, target, headers, body, limit_bytes, base, ordered, job };
    let answered = call.answer().await;
    let mut answer = response(answered.reply, &contract.answers.content_type);
    if let Some(text) = answered.literal {
        *answer.body_mut() = Bytes::from(text);
    }
    cors::expose(contract, answer.headers_mut());
    record::call(call, sent, answered.about, answered.wire.as_ref(), &answer, watch).await;
    if let Some(order) = answered.wire {
        answer.extensions_mut().insert(fault::Fault(order));
    }
    answer.map(Body::from)
}

/// A dialect's reply on the wire.
fn response(reply: Reply, content_type: &str) -> Response<Bytes> {
    let (body, kind) = match reply.body {
        ReplyBody::Json(value) => (Bytes::from(value.to_string()), Some(content_type)),
        ReplyBody::Empty => (Bytes::new(), None),
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
    let mut prefixes: Vec<String> =
        shared.settings.vendors.iter().map(|chosen| format!("/{}/", chosen.vendor.id())).collect();
    prefixes.dedup();
    let detail = format!("no vendor is served here; paths start with {}", prefixes.join(", "));
    admin::problem(StatusCode::NOT_FOUND, &detail)
}
