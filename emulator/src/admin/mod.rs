//! The control API under `/__admin`: for tests and people, never part of what is emulated.
//!
//! It refuses foreign `Host` and `Origin`, wants `application/json` on writes, sends no CORS
//! headers, and beyond loopback wants a token.

mod account;
mod callbacks;
mod clock;
mod guard;
mod jobs;
mod request;
mod requests;
mod route;
mod scenarios;
mod vendors;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderMap};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};

use self::request::{AccountScope, AdminError, AdminRequest, AdminResult};
use self::route::Route;
use crate::app::App;
use crate::edge::headers::close_connection;
use crate::edge::incoming::{IncomingBody, Received};
use crate::scheduler::run::forget_account;

/// The largest body that is read, in bytes.
const MAX_BODY_BYTES: u64 = 1024 * 1024;

/// Whether a request asks for nothing but whether the emulator is ready.
pub(crate) fn is_health(method: &Method, path: &str) -> bool {
    path == "/__admin/health" && (method == Method::GET || method == Method::HEAD)
}

/// Answers that the emulator is ready: on every listener and under every name, since a probe names the address by which
/// it reaches it. Pages of other origins are refused as everywhere.
pub(crate) fn answer_health(app: &Arc<App>, headers: &HeaderMap, host: Option<&str>) -> Response<Body> {
    match guard::admit_origin(app, headers, host) {
        Ok(()) => respond_json(StatusCode::OK, "application/json", &json!({"status": "ready"})),
        Err(error) => respond_error(&error),
    }
}

/// Answers a request to the control API.
pub(crate) async fn answer(
    app: &Arc<App>,
    head: &Parts,
    body: &mut IncomingBody,
    host: Option<&str>,
    local: SocketAddr,
) -> Response<Body> {
    match answer_order(app, head, body, host, local).await {
        Ok(value) => respond_json(StatusCode::OK, "application/json", &value),
        Err(error) => respond_error(&error),
    }
}

async fn answer_order(
    app: &Arc<App>,
    head: &Parts,
    body: &mut IncomingBody,
    host: Option<&str>,
    local: SocketAddr,
) -> AdminResult {
    guard::admit_request(app, &head.headers, host, local)?;
    let route = Route::read(&head.method, &head.uri)?;
    guard::admit_form(&head.method, &head.headers)?;
    let bytes = match body.receive(MAX_BODY_BYTES).await {
        Received::Whole(bytes) => bytes,
        Received::TooLarge => {
            return Err(AdminError::new(StatusCode::PAYLOAD_TOO_LARGE, "an order has at most 1 MiB"));
        }
        Received::Silent(_) => {
            return Err(AdminError::new(StatusCode::REQUEST_TIMEOUT, "the body never came"));
        }
        Received::Slow(..) => {
            return Err(AdminError::new(StatusCode::REQUEST_TIMEOUT, "the body came too slowly"));
        }
        Received::Broken | Received::Encoded(..) | Received::Undecodable(_) => {
            return Err(AdminError::bad("the body broke off"));
        }
    };
    let base = app.addresses().base(host, local);
    carry_out(&AdminRequest::read(app, head, route, &bytes, base)?).await
}

/// Carries out a request.
async fn carry_out(request: &AdminRequest<'_>) -> AdminResult {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    let get = request.method == Method::GET || request.method == Method::HEAD;
    let (post, put) = (request.method == Method::POST, request.method == Method::PUT);
    match path.as_slice() {
        ["health"] if get => Ok(json!({"status": "ready"})),
        ["vendors"] if get => Ok(vendors::list_vendors(request)),
        ["vendors", id, "openapi.json"] if get => vendors::show_openapi(request, id),
        ["openapi.json"] if get => vendors::show_own_openapi(),
        ["clock"] if get => clock::show_clock(request).await,
        ["clock"] if put => clock::set_clock(request).await,
        ["clock", "advance"] if post => clock::advance_clock(request).await,
        ["jobs"] if get => Ok(request.say_whether_known(jobs::list_jobs(request).await?).await),
        ["jobs", id] if get => jobs::show_job(request, id).await,
        ["jobs", id, command] if post => jobs::command_job(request, id, command).await,
        ["scenarios"] if get => scenarios::list_scenarios(request).await,
        ["scenarios"] if post => scenarios::add_scenarios(request).await,
        ["scenarios"] if request.method == Method::DELETE => scenarios::drop_scenarios(request).await,
        ["callbacks"] if get => Ok(request.say_whether_known(callbacks::list_webhooks(request)?).await),
        ["account", vendor] if get => account::show_account(request, vendor).await,
        ["account", vendor] if put => account::update_account(request, vendor).await,
        ["requests"] if get => requests::list_requests(request).await,
        ["requests"] if request.method == Method::DELETE => requests::forget_requests(request).await,
        ["requests", "count"] if post => requests::count_requests(request).await,
        ["reset"] if post => reset_accounts(request).await,
        // The document has a route that nothing answers; a test holds one to the other.
        _ => Err(AdminError::new(StatusCode::NOT_FOUND, "nothing answers here; see /__admin/openapi.json")),
    }
}

async fn reset_accounts(request: &AdminRequest<'_>) -> AdminResult {
    request.allow_members(&[])?;
    let account = match &request.account {
        AccountScope::Unnamed => return Err(request.account_missing()),
        AccountScope::All => None,
        AccountScope::One(account) => Some(&**account),
    };
    request.app.store.reset(account).await;
    forget_account(request.app, account).await;
    request.app.uploads.reset(account);
    request.app.journal.forget(account);
    Ok(json!({"reset": account.unwrap_or("*")}))
}

/// Answers why a request was not carried out.
fn respond_error(error: &AdminError) -> Response<Body> {
    let mut response = problem(error.status, &error.detail);
    let allowed = error.allowed.as_deref().and_then(|allowed| HeaderValue::from_str(allowed).ok());
    if let Some(allowed) = allowed {
        response.headers_mut().insert(ALLOW, allowed);
    }
    if error.status == StatusCode::REQUEST_TIMEOUT {
        close_connection(response.headers_mut());
    }
    response
}

/// Answers with an error as RFC 9457 has it.
pub(crate) fn problem(status: StatusCode, detail: &str) -> Response<Body> {
    respond_json(status, "application/problem+json", &describe_problem(status, detail))
}

/// The body of an error as RFC 9457 has it.
pub(crate) fn describe_problem(status: StatusCode, detail: &str) -> Value {
    let title = status.canonical_reason().unwrap_or_default();
    json!({"type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail})
}

fn respond_json(status: StatusCode, kind: &'static str, value: &Value) -> Response<Body> {
    let mut answer = Response::new(Body::from(value.to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}
