//! The call to a vendor: a request becomes identified, checked and handled, and then a response.
//!
//! Every response is written by the vendor's dialect, unless a scenario says otherwise.

pub(super) mod answer;
mod authenticate;
pub(super) mod body;
pub(super) mod check;
pub(crate) mod delayed_response;
pub(super) mod effects;
mod handle;
mod identify;
mod inputs;
pub(super) mod log;
pub(super) mod notes;
mod operation;
pub(super) mod own_limit;
pub(super) mod request;
pub(super) mod respond;

use axum::body::Body;
use axum::http::Response;

use self::handle::{handle_operation, refuse_call};
use self::identify::identify;
use self::request::CallContext;
use self::respond::respond;
use crate::clock::Stopwatch;

/// Answers a call to a vendor.
pub(super) async fn answer_call(context: CallContext<'_>) -> Response<Body> {
    let watch = Stopwatch::start();
    let identified = identify(context).await;
    let handled = match (context.request.refusal(), context.match_operation()) {
        (Some(problem), matched) => {
            refuse_call(identified, problem, matched.ok().map(|matched| matched.name)).await
        }
        (None, Ok(matched)) => handle_operation(identified, matched).await,
        (None, Err(problem)) => refuse_call(identified, problem, None).await,
    };
    respond(context, handled, watch).await
}
