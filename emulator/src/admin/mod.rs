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
mod scenarios;
mod vendors;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use self::request::{AccountScope, AdminError, AdminRequest, AdminResult};
use crate::app::App;
use crate::scheduler::run::forget_account;

/// The largest body that is read, in bytes.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Answers a request to the control API.
pub(crate) async fn answer(
    app: &Arc<App>,
    request: Request<Body>,
    host: Option<&str>,
    local: SocketAddr,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    if let Err(error) = guard::admit_request(app, &head.method, &head.headers, host, local) {
        return problem(error.status, &error.detail);
    }
    let body = match http_body_util::Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return problem(StatusCode::PAYLOAD_TOO_LARGE, "an order has at most 1 MiB"),
    };
    let base = app.addresses().base(host, local);
    let result = match AdminRequest::read(app, &head, &body, base) {
        Ok(request) => carry_out(&request).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(value) => respond_json(StatusCode::OK, "application/json", &value),
        Err(error) => problem(error.status, &error.detail),
    }
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
        ["jobs"] if get => jobs::list_jobs(request).await,
        ["jobs", id] if get => jobs::show_job(request, id).await,
        ["jobs", id, command] if post => jobs::command_job(request, id, command).await,
        ["scenarios"] if get => scenarios::list_scenarios(request).await,
        ["scenarios"] if post => scenarios::add_scenarios(request).await,
        ["scenarios"] if request.method == Method::DELETE => scenarios::drop_scenarios(request).await,
        ["callbacks"] if get => callbacks::list_webhooks(request),
        ["account", vendor] if get => account::show_account(request, vendor).await,
        ["account", vendor] if put => account::update_account(request, vendor).await,
        ["requests"] if get => requests::list_requests(request).await,
        ["requests"] if request.method == Method::DELETE => requests::forget_requests(request).await,
        ["requests", "count"] if post => requests::count_requests(request).await,
        ["reset"] if post => reset_accounts(request).await,
        _ => {
            let detail = format!(
                "nothing answers {} /__admin/{}; see /__admin/openapi.json",
                request.method,
                path.join("/")
            );
            Err(AdminError::new(StatusCode::NOT_FOUND, detail))
        }
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
