//! The response of a handled call: reply, literal text and headers on the wire, and its entry in the journal.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Response, StatusCode};
use bytes::Bytes;
use mockreel_contracts::{Reply, ReplyBody};

use super::answer::VendorAnswer;
use super::log::{CallLog, log_call};
use super::request::CallContext;
use crate::admin::describe_problem;
use crate::clock::Stopwatch;
use crate::edge::headers::{close_connection, write_warning};
use crate::scenario::TransportFault;

/// A handled call.
pub(super) struct Handled {
    /// The answer.
    pub(super) answer: VendorAnswer,
    /// A literal text that takes the place of its body.
    pub(super) literal: Option<String>,
    /// The fault of its transport.
    pub(super) transport: Option<TransportFault>,
    /// Which orders could not be followed, as one line.
    pub(super) warning: Option<String>,
    /// What is logged about it.
    pub(super) log: CallLog,
}

impl Handled {
    /// A reply without a body, which goes out as it is.
    pub(super) fn from(log: CallLog) -> Self {
        let reply = Reply { status: 200, headers: Vec::new(), body: ReplyBody::Empty };
        Self { answer: VendorAnswer::Reply(reply), literal: None, transport: None, warning: None, log }
    }
}

/// Writes the response and its entry in the journal.
pub(super) async fn respond(context: CallContext<'_>, handled: Handled, watch: Stopwatch) -> Response<Body> {
    let Handled { answer, literal, transport, warning, log } = handled;
    let mut response = write_answer(answer, context.served.content_type());
    if let Some(text) = literal {
        *response.body_mut() = Bytes::from(text);
    }
    for (name, value) in context.served.cors_headers() {
        response.headers_mut().insert(name, value.clone());
    }
    if let Some(warning) = &warning {
        add_warning(warning, response.headers_mut());
    }
    if let Some(limit) = context.request.own_limit() {
        limit.announce_in(response.headers_mut());
    }
    finish_headers(context, &mut response);
    log_call(context, log, &response, watch).await;
    if let Some(fault) = transport {
        response.extensions_mut().insert(fault);
    }
    response.map(Body::from)
}

/// Says which orders could not be followed: in the response, and on standard error.
pub(in crate::edge) fn add_warning(warning: &str, headers: &mut HeaderMap) {
    tracing::warn!("an order could not be followed: {warning}");
    write_warning(warning, headers);
}

/// Writes the refusal of a request whose orders cannot be followed. It is ours, not the vendor's, so it speaks plainly.
pub(super) fn write_misread(warning: &str) -> Reply {
    let status = StatusCode::BAD_REQUEST;
    let mut reply = Reply::json(status.as_u16(), describe_problem(status, &misread_text(warning)));
    reply.headers.push((CONTENT_TYPE.to_string(), "application/problem+json".to_owned()));
    reply
}

/// Why a request is refused whose orders cannot be followed.
pub(in crate::edge) fn misread_text(warning: &str) -> String {
    format!("with strict directives every order must be understood: {warning}")
}

/// Adds what HTTP demands of a response, whoever wrote it.
fn finish_headers(context: CallContext<'_>, response: &mut Response<Bytes>) {
    if context.request.ends_connection() {
        close_connection(response.headers_mut());
    }
    if response.status() == StatusCode::METHOD_NOT_ALLOWED && !response.headers().contains_key(ALLOW) {
        // The methods come from the contract, whose loader lets nothing else pass.
        if let Ok(allowed) = HeaderValue::from_str(&context.allowed_methods()) {
            response.headers_mut().insert(ALLOW, allowed);
        }
    }
}

/// Writes a vendor's answer as a response.
fn write_answer(answer: VendorAnswer, content_type: Option<&HeaderValue>) -> Response<Bytes> {
    let written = match answer {
        VendorAnswer::Reply(reply) => return write_reply(reply, content_type),
        VendorAnswer::Written(written) => written,
    };
    let mut response = Response::new(Bytes::from(written.text));
    *response.status_mut() =
        StatusCode::from_u16(written.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(kind) = content_type {
        response.headers_mut().insert(CONTENT_TYPE, kind.clone());
    }
    for (name, value) in written.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Writes a dialect's reply as a response.
fn write_reply(reply: Reply, content_type: Option<&HeaderValue>) -> Response<Bytes> {
    let (body, kind) = match reply.body {
        ReplyBody::Json(value) => (Bytes::from(value.to_string()), content_type),
        ReplyBody::Empty => (Bytes::new(), None),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(kind) = kind {
        response.headers_mut().insert(CONTENT_TYPE, kind.clone());
    }
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
        {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
