//! The dispatcher: it hands each request to the vendor call, the control API or the files that the router names.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HOST, HeaderName};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{Method, Request, Response, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Collected};
use mockreel_contracts::Contract;

use super::call::answer_call;
use super::call::log::{self, ResponseSummary, StrayRequest};
use super::call::request::{CallContext, ReceivedParts, VendorRequest};
use super::headers::{close_connection, header_text};
use super::incoming::encoding::decode_body;
use super::incoming::head::{Head, HeadFlaw};
use super::incoming::hints::is_tls;
use super::incoming::{IncomingBody, Received};
use super::nowhere::{answer_nowhere, refuse_proxy, refuse_stray};
use super::router::{Destination, Serves, route_request};
use super::{cors, files};
use crate::admin;
use crate::app::App;
use crate::clock::Stopwatch;

/// Where a request came in.
#[derive(Clone, Copy)]
pub(super) struct Entrance {
    /// The address of the connection on this side.
    pub(super) local: SocketAddr,
    /// What is served there.
    pub(super) serves: Serves,
}

/// Answers one request.
pub(super) async fn answer_request<B>(
    app: &Arc<App>,
    request: Request<B>,
    local: SocketAddr,
    serves: Serves,
) -> Response<Body>
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    let (head, body) = request.into_parts();
    let mut body = IncomingBody::new(Body::new(body), app.settings.limits.body_silence);
    let response = answer_parts(app, head, &mut body, Entrance { local, serves }).await;
    // An answer can be known before the body has come; whoever sends one gets to read the answer only afterwards.
    body.discard().await;
    response
}

async fn answer_parts(
    app: &Arc<App>,
    head: Parts,
    body: &mut IncomingBody,
    entrance: Entrance,
) -> Response<Body> {
    let Entrance { local, serves } = entrance;
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    // A request in absolute form, as to a proxy, names its host there.
    let authority = head.uri.authority().map(Authority::as_str);
    let host = authority.or_else(|| header_text(&head.headers, &HOST));
    let path = target.split('?').next().unwrap_or_default();
    let known_flaw = head.extensions.get::<HeadFlaw>().copied();
    let flaw = known_flaw
        .or_else(|| HeadFlaw::of_headers(head.version, &head.headers))
        .or_else(|| HeadFlaw::of_target(&head.uri));
    let stray = || StrayRequest { method: &head.method, target, head: app.journal.find_head(&head.headers) };
    if head.method == Method::CONNECT && head.uri.path_and_query().is_none() {
        return refuse_proxy(app, stray(), local).await;
    }
    let destination = route_request(&app.settings.vendors, serves.port_vendor(), host, target);
    if let Destination::Vendor(index, rest) = &destination
        && serves != Serves::Admin
    {
        let asked = AskedVendor { index: *index, target, rest, host, local };
        return answer_vendor(app, &head, body, flaw, asked).await;
    }
    if let Some(flaw) = flaw {
        return refuse_head(app, &destination, stray(), flaw).await;
    }
    match destination {
        Destination::Media => files::answer_media(app, &head.method, &head.headers, path, body).await,
        Destination::Fixtures => files::fixtures::answer_fixture(&head.method, &head.headers, path),
        Destination::Admin if admin::is_health(&head.method, path) => {
            admin::answer_health(app, &head.headers, host)
        }
        Destination::Admin => {
            let apart = app.settings.admin_listen.is_some();
            if apart && serves != Serves::Admin || matches!(serves, Serves::Vendor(_)) {
                return admin::problem(StatusCode::NOT_FOUND, "the control API is on another address");
            }
            admin::answer(app, &head, body, host, local).await
        }
        Destination::Vendor(..) => {
            let detail = "this address serves the control API only";
            refuse_stray(app, stray(), StatusCode::NOT_FOUND, detail.to_owned()).await
        }
        Destination::Nowhere => answer_nowhere(app, stray()).await,
    }
}

/// A vendor as it was asked for.
#[derive(Clone, Copy)]
struct AskedVendor<'a> {
    index: usize,
    /// Path and query as sent.
    target: &'a str,
    /// The same without our prefix.
    rest: &'a Cow<'a, str>,
    host: Option<&'a str>,
    local: SocketAddr,
}

/// Answers a request to a vendor: a preflight, or a call.
async fn answer_vendor(
    app: &Arc<App>,
    head: &Parts,
    body: &mut IncomingBody,
    flaw: Option<HeadFlaw>,
    asked: AskedVendor<'_>,
) -> Response<Body> {
    let served = &app.settings.vendors[asked.index];
    let (contract, watch) = (&served.vendor.contract, Stopwatch::start());
    let preflight = cors::preflight(contract, &head.method, &head.headers).filter(|_| flaw.is_none());
    if let Some(preflight) = preflight {
        let summary = ResponseSummary::of(&preflight, watch);
        log::log_preflight(app, contract, head, asked.rest, summary).await;
        return preflight;
    }
    let limit_bytes = body_limit(app, contract);
    let received = match flaw {
        Some(_) => Received::Broken,
        None => {
            let encoding = header_text(&head.headers, &CONTENT_ENCODING);
            let received = body.receive(limit_bytes).await;
            decode_body(received, encoding, &served.options, limit_bytes).await
        }
    };
    let parts = ReceivedParts { head: app.journal.find_head(&head.headers), body: received, flaw };
    call_vendor(app, head.method.clone(), asked, parts).await
}

/// Calls a vendor with what was received.
async fn call_vendor(
    app: &Arc<App>,
    method: Method,
    asked: AskedVendor<'_>,
    parts: ReceivedParts,
) -> Response<Body> {
    let served = &app.settings.vendors[asked.index];
    let limit_bytes = body_limit(app, &served.vendor.contract);
    let request = VendorRequest::new(method, asked.rest.clone().into_owned(), parts);
    let base = app.addresses().base(asked.host, asked.local);
    let path = asked.target.split('?').next().unwrap_or_default();
    let below = asked.rest.split('?').next().unwrap_or_default();
    // The prefix alone is the vendor's root, to which no slash leads.
    let prefix = path.strip_suffix(below).unwrap_or(path);
    answer_call(CallContext { app, served, request: &request, base: &base, limit_bytes, prefix }).await
}

/// Refuses a head for a flaw, where no vendor was asked.
async fn refuse_head(
    app: &App,
    destination: &Destination<'_>,
    request: StrayRequest<'_>,
    flaw: HeadFlaw,
) -> Response<Body> {
    let detail = flaw.to_string();
    let mut response = match destination {
        Destination::Nowhere | Destination::Vendor(..) => {
            refuse_stray(app, request, flaw.status(), detail).await
        }
        Destination::Admin | Destination::Media | Destination::Fixtures => {
            admin::problem(flaw.status(), &detail)
        }
    };
    close_connection(response.headers_mut());
    response
}

/// Answers what never became a request; the response is whole, as it goes over the wire.
pub(super) async fn answer_unparsed(
    app: &Arc<App>,
    bytes: &[u8],
    status: StatusCode,
    local: SocketAddr,
    serves: Serves,
) -> Vec<u8> {
    let (head, flaw) = if is_tls(bytes) {
        app.hints.warn_of_tls(local.port());
        (Head::read(b""), HeadFlaw::Tls)
    } else {
        let head = Head::read(bytes);
        let flaw = head.flaw(status);
        (head, flaw)
    };
    let host = head.header("host").map(str::to_owned);
    let method = Method::from_bytes(head.method.as_bytes()).unwrap_or(Method::GET);
    let target = head.target.clone();
    let destination = route_request(&app.settings.vendors, serves.port_vendor(), host.as_deref(), &target);
    let response = match &destination {
        Destination::Vendor(index, rest) if serves != Serves::Admin => {
            let asked = AskedVendor { index: *index, target: &target, rest, host: host.as_deref(), local };
            let head = Arc::new(head.headers.into());
            let parts = ReceivedParts { head, body: Received::Broken, flaw: Some(flaw) };
            call_vendor(app, method.clone(), asked, parts).await
        }
        Destination::Vendor(..)
        | Destination::Admin
        | Destination::Media
        | Destination::Fixtures
        | Destination::Nowhere => {
            let head = Arc::new(head.headers.into());
            let stray = StrayRequest { method: &method, target: &target, head };
            refuse_head(app, &destination, stray, flaw).await
        }
    };
    write_response(response, method != Method::HEAD).await
}

/// Writes a response as it goes over the wire.
async fn write_response(response: Response<Body>, with_body: bool) -> Vec<u8> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    let mut text = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
    let mut write_header = |name: &HeaderName, value: &[u8]| {
        for piece in [name.as_str().as_bytes(), b": ", value, b"\r\n"] {
            text.extend_from_slice(piece);
        }
    };
    for (name, value) in &parts.headers {
        write_header(name, value.as_bytes());
    }
    write_header(&CONTENT_LENGTH, body.len().to_string().as_bytes());
    text.extend_from_slice(b"\r\n");
    if with_body {
        text.extend_from_slice(&body);
    }
    text
}

/// The most bytes of a body that are read for a vendor: its own limit, if it has one below ours.
fn body_limit(app: &App, contract: &Contract) -> u64 {
    contract.answers.max_body_bytes.unwrap_or(u64::MAX).min(app.settings.limits.body_bytes)
}
