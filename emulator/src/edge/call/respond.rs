//! The response of a handled call: reply, literal text and headers on the wire, and its entry in the journal.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use mockreel_contracts::{Reply, ReplyBody};

use super::log::{CallLog, log_call};
use super::request::CallContext;
use crate::clock::Stopwatch;
use crate::edge::cors;
use crate::edge::headers::close_connection;
use crate::scenario::TransportFault;

/// A handled call.
pub(super) struct Handled {
    /// The reply.
    pub(super) reply: Reply,
    /// A literal text that takes the place of the reply's body.
    pub(super) literal: Option<String>,
    /// The fault of its transport.
    pub(super) transport: Option<TransportFault>,
    /// What is logged about it.
    pub(super) log: CallLog,
}

/// Writes the response and its entry in the journal.
pub(super) async fn respond(context: CallContext<'_>, handled: Handled, watch: Stopwatch) -> Response<Body> {
    let Handled { reply, literal, transport, log } = handled;
    let contract = context.contract();
    let mut response = write_reply(reply, &contract.answers.content_type);
    if let Some(text) = literal {
        *response.body_mut() = Bytes::from(text);
    }
    cors::expose(contract, response.headers_mut());
    finish_headers(context, &mut response);
    log_call(context, log, transport.as_ref(), &response, watch).await;
    if let Some(fault) = transport {
        response.extensions_mut().insert(fault);
    }
    response.map(Body::from)
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

/// Writes a dialect's reply as a response.
fn write_reply(reply: Reply, content_type: &str) -> Response<Bytes> {
    let (body, kind) = match reply.body {
        ReplyBody::Json(value) => (Bytes::from(value.to_string()), Some(content_type)),
        ReplyBody::Empty => (Bytes::new(), None),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(kind) = kind.and_then(|kind| HeaderValue::from_str(kind).ok()) {
        response.headers_mut().insert(CONTENT_TYPE, kind);
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
