//! The control API under `/__admin`: for tests and people, never part of what is emulated.
//!
//! It refuses foreign `Host` and `Origin`, wants `application/json` on writes, sends no CORS
//! headers, and beyond loopback wants a token.

mod account;
mod callbacks;
mod clock;
mod guard;
mod jobs;
mod requests;
mod scenarios;
mod vendors;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::account::digest;
use crate::handles::OrderError;
use crate::shared::Shared;

/// The largest order that is read, in bytes.
const ORDER_BYTES: usize = 1024 * 1024;

/// A request to the control API, everything read.
struct Order<'a> {
    shared: &'a Arc<Shared>,
    method: Method,
    /// The path below `/__admin/`, percent-encoding undone in each segment.
    path: Vec<String>,
    query: Vec<(String, String)>,
    account: Whose,
    body: Value,
    /// The body as it came, for what tells mistakes by line and column.
    text: String,
    base: String,
}

/// Whom an order concerns.
enum Whose {
    /// Nobody was named.
    Unnamed,
    /// `?account=*`.
    Everybody,
    /// One account, as a digest.
    One(Arc<str>),
}

/// An answer of the control API: a body, or what is wrong.
type Answer = Result<Value, Wrong>;

/// Why an order was not carried out.
struct Wrong {
    status: StatusCode,
    detail: String,
}

impl Wrong {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }

    fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }
}

impl From<OrderError> for Wrong {
    fn from(error: OrderError) -> Self {
        let status = match &error {
            OrderError::UnknownJob(_) => StatusCode::NOT_FOUND,
            OrderError::NeverEnds(_) | OrderError::Refused(_) => StatusCode::CONFLICT,
        };
        Self::new(status, error.to_string())
    }
}

/// Answers a request to the control API.
pub(crate) async fn answer(
    shared: &Arc<Shared>,
    request: Request<Body>,
    host: Option<&str>,
    local: SocketAddr,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    if let Err(wrong) = guard::admit(shared, &head.method, &head.headers, host, local) {
        return problem(wrong.status, &wrong.detail);
    }
    let body = match http_body_util::Limited::new(body, ORDER_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return problem(StatusCode::PAYLOAD_TOO_LARGE, "an order has at most 1 MiB"),
    };
    let base = shared.addresses().base(host, local);
    let order =
        match read(shared, &head.method, head.uri.path(), head.uri.query(), &head.headers, &body, base) {
            Ok(order) => order,
            Err(wrong) => return problem(wrong.status, &wrong.detail),
        };
    match carry_out(&order).await {
        Ok(value) => json_answer(StatusCode::OK, "application/json", &value),
        Err(wrong) => problem(wrong.status, &wrong.detail),
    }
}

fn read<'a>(
    shared: &'a Arc<Shared>,
    method: &Method,
    path: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &Bytes,
    base: String,
) -> Result<Order<'a>, Wrong> {
    let decoded = mockreel_contracts::contract::check::route::percent_decoded;
    let path = path.strip_prefix("/__admin").unwrap_or(path);
    let path = path.trim_matches('/').split('/').map(decoded).collect();
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    let text = String::from_utf8_lossy(body).into_owned();
    let body = if body.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(body).map_err(|error| Wrong::bad(format!("the body is no JSON: {error}")))?
    };
    let named = query.iter().find(|(name, _)| name == "account").map(|(_, key)| key.as_str());
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|text| text.trim().split_once(' '));
    let bearer =
        bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, key)| key.trim());
    let account = match (named, bearer) {
        (Some("*"), _) => Whose::Everybody,
        (Some(key), _) | (None, Some(key)) => Whose::One(digest(key)),
        (None, None) => Whose::Unnamed,
    };
    Ok(Order { shared, method: method.clone(), path, query, account, body, text, base })
}

async fn carry_out(order: &Order<'_>) -> Answer {
    let path: Vec<&str> = order.path.iter().map(String::as_str).collect();
    let get = order.method == Method::GET || order.method == Method::HEAD;
    let (post, put) = (order.method == Method::POST, order.method == Method::PUT);
    match path.as_slice() {
        ["health"] if get => Ok(json!({"status": "ready"})),
        ["vendors"] if get => Ok(vendors::list(order)),
        ["vendors", id, "openapi.json"] if get => vendors::openapi(order, id),
        ["openapi.json"] if get => vendors::own_openapi(),
        ["clock"] if get => clock::show(order).await,
        ["clock"] if put => clock::set(order).await,
        ["clock", "advance"] if post => clock::advance(order).await,
        ["jobs"] if get => jobs::list(order).await,
        ["jobs", id] if get => jobs::show(order, id).await,
        ["jobs", id, command] if post => jobs::command(order, id, command).await,
        ["scenarios"] if get => scenarios::list(order).await,
        ["scenarios"] if post => scenarios::add(order).await,
        ["scenarios"] if order.method == Method::DELETE => scenarios::drop(order).await,
        ["callbacks"] if get => callbacks::list(order),
        ["account", vendor] if get => account::show(order, vendor).await,
        ["account", vendor] if put => account::fill(order, vendor).await,
        ["requests"] if get => requests::list(order).await,
        ["requests"] if order.method == Method::DELETE => requests::forget(order).await,
        ["requests", "count"] if post => requests::count(order).await,
        ["reset"] if post => reset(order).await,
        _ => {
            let detail = format!(
                "nothing answers {} /__admin/{}; see /__admin/openapi.json",
                order.method,
                path.join("/")
            );
            Err(Wrong::new(StatusCode::NOT_FOUND, detail))
        }
    }
}

async fn reset(order: &Order<'_>) -> Answer {
    order.only(&[])?;
    let account = match &order.account {
        Whose::Unnamed => return Err(order.unnamed()),
        Whose::Everybody => None,
        Whose::One(account) => Some(&**account),
    };
    order.shared.store.reset(account).await;
    crate::schedule::forget(order.shared, account).await;
    order.shared.uploads.reset(account);
    order.shared.journal.forget(account);
    Ok(json!({"reset": account.unwrap_or("*")}))
}

impl Order<'_> {
    /// A query parameter.
    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// What a write without an account is answered.
    fn unnamed(&self) -> Wrong {
        Wrong::bad(
            "name the account by its key in `Authorization: Bearer KEY` or `?account=KEY`, or `?account=*` for all",
        )
    }

    /// Refuses members that nobody knows, so that a misspelt order is not half carried out.
    fn only(&self, known: &[&str]) -> Result<(), Wrong> {
        let members = self.body.as_object().ok_or_else(|| Wrong::bad("the body is no JSON object"))?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) if known.is_empty() => {
                Err(Wrong::bad(format!("nobody knows `{name}`: this order takes no members")))
            }
            Some(name) => {
                Err(Wrong::bad(format!("nobody knows `{name}`; this order takes {}", known.join(", "))))
            }
            None => Ok(()),
        }
    }
}

/// An error as RFC 9457 has it.
pub(crate) fn problem(status: StatusCode, detail: &str) -> Response<Body> {
    let title = status.canonical_reason().unwrap_or_default();
    let body = json!({"type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail});
    json_answer(status, "application/problem+json", &body)
}

fn json_answer(status: StatusCode, kind: &'static str, value: &Value) -> Response<Body> {
    let mut answer = Response::new(Body::from(value.to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}
