//! The dispatcher: it hands each request to the vendor call, the control API or the files that the router names.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::HOST;
use axum::http::{Method, Request, Response, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Collected};
use mockreel_contracts::Contract;

use super::call::answer_call;
use super::call::body::{self, Received};
use super::call::log::{self, ResponseSummary};
use super::call::request::{CallContext, VendorRequest};
use super::headers::{header_text, header_texts};
use super::router::{Destination, Serves, route_request};
use super::{cors, files, wire};
use crate::admin;
use crate::app::App;
use crate::clock::Stopwatch;

/// Answers one request.
pub(super) async fn answer_request<B>(
    app: &Arc<App>,
    request: Request<B>,
    local: SocketAddr,
    serves: Serves,
) -> Response<Body>
where
    B: hyper::body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    // A request in absolute form, as to a proxy, names its host there.
    let authority = head.uri.authority().map(|authority| authority.as_str().to_owned());
    let host = authority.or_else(|| header_text(&head.headers, &HOST));
    let path = target.split('?').next().unwrap_or_default().to_owned();
    match route_request(&app.settings.vendors, serves.port_vendor(), host.as_deref(), &target) {
        Destination::Media => files::answer_media(app, &head.method, &head.headers, &path, body).await,
        Destination::Fixtures => files::fixtures::answer_fixture(&head.method, &head.headers, &path),
        Destination::Admin => {
            let apart = app.settings.admin_listen.is_some();
            if apart && serves != Serves::Admin || matches!(serves, Serves::Vendor(_)) {
                return admin::problem(StatusCode::NOT_FOUND, "the control API is on another address");
            }
            let request = Request::from_parts(head, Body::new(body));
            admin::answer(app, request, host.as_deref(), local).await
        }
        Destination::Vendor(..) if serves == Serves::Admin => {
            admin::problem(StatusCode::NOT_FOUND, "this address serves the control API only")
        }
        Destination::Vendor(index, target) => {
            let served = &app.settings.vendors[index];
            let (contract, watch) = (&served.vendor.contract, Stopwatch::start());
            if let Some(preflight) = cors::preflight(contract, &head.method, &head.headers) {
                let summary = ResponseSummary::of(&preflight, watch);
                log::log_preflight(app, contract, &head, &target, summary).await;
                return preflight;
            }
            let limit_bytes = body_limit(app, contract);
            let request = VendorRequest::new(
                head.method,
                target.into_owned(),
                header_texts(&head.headers),
                body::receive(body, limit_bytes).await,
            );
            let base = app.addresses().base(host.as_deref(), local);
            answer_call(CallContext { app, served, request: &request, base: &base, limit_bytes }).await
        }
        Destination::Nowhere => answer_nowhere(app),
    }
}

/// Answers what never became a request; the response is whole, as it goes over the wire.
pub(super) async fn answer_unparsed(
    app: &Arc<App>,
    bytes: &[u8],
    local: SocketAddr,
    serves: Serves,
) -> Vec<u8> {
    let head = wire::Head::read(bytes);
    let host = head.header("host").map(str::to_owned);
    let method = Method::from_bytes(head.method.as_bytes()).unwrap_or(Method::GET);
    let response =
        match route_request(&app.settings.vendors, serves.port_vendor(), host.as_deref(), &head.target) {
            Destination::Vendor(index, target) if serves != Serves::Admin => {
                let served = &app.settings.vendors[index];
                let base = app.addresses().base(host.as_deref(), local);
                let limit_bytes = body_limit(app, &served.vendor.contract);
                let target = target.into_owned();
                let request = VendorRequest::new(method.clone(), target, head.headers, Received::Broken);
                answer_call(CallContext { app, served, request: &request, base: &base, limit_bytes }).await
            }
            Destination::Vendor(..)
            | Destination::Admin
            | Destination::Media
            | Destination::Fixtures
            | Destination::Nowhere => admin::problem(
                StatusCode::BAD_REQUEST,
                "the request is no HTTP/1.1, or its head is too large",
            ),
        };
    let (parts, body) = response.into_parts();
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
fn body_limit(app: &App, contract: &Contract) -> u64 {
    contract.answers.max_body_bytes.unwrap_or(u64::MAX).min(app.settings.limits.body_bytes)
}

/// Answers on a path that is no vendor's: not an emulated response, so it speaks plainly.
fn answer_nowhere(app: &App) -> Response<Body> {
    let mut prefixes: Vec<String> =
        app.settings.vendors.iter().map(|served| format!("/{}/", served.vendor.id())).collect();
    prefixes.dedup();
    let detail = format!("no vendor is served here; paths start with {}", prefixes.join(", "));
    admin::problem(StatusCode::NOT_FOUND, &detail)
}
