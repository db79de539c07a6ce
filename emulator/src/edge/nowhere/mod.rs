//! Requests that no vendor serves: an answer that helps, and an entry in the journal.

pub(in crate::edge) mod nearest;

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{Method, Response, StatusCode};
use mockreel_contracts::Problem;
use mockreel_contracts::contract::check::route::percent_decoded;
use mockreel_contracts::problem::Malformation;

use self::nearest::suggest_path;
use super::addresses::reachable;
use super::call::effects::warn_of_header;
use super::call::log::{ResponseSummary, StrayRequest, log_stray};
use super::call::notes::Notes;
use super::call::respond::{add_warning, misread_text};
use crate::admin;
use crate::app::App;
use crate::clock::Stopwatch;
use crate::served::ServedVendor;

/// Answers a request that no vendor serves: not an emulated response, so it speaks plainly.
pub(super) async fn answer_nowhere(app: &App, request: StrayRequest<'_>) -> Response<Body> {
    let detail = describe_nowhere(&app.settings.vendors, request.method, request.target);
    refuse_stray(app, request, StatusCode::NOT_FOUND, detail).await
}

/// Answers somebody who takes the emulator for a proxy.
pub(super) async fn refuse_proxy(app: &App, request: StrayRequest<'_>, local: SocketAddr) -> Response<Body> {
    app.hints.warn_of_proxy(local.port());
    let detail = format!("this is no proxy; use http://{} as the base address", reachable(local));
    refuse_stray(app, request, StatusCode::BAD_REQUEST, detail).await
}

/// Refuses a request that no vendor serves, and writes it down.
pub(super) async fn refuse_stray(
    app: &App,
    request: StrayRequest<'_>,
    status: StatusCode,
    detail: String,
) -> Response<Body> {
    let watch = Stopwatch::start();
    let mut order_notes = Notes::about(&request.head, request.target);
    warn_of_header(request.head.texts(), "no vendor is served at this path", &mut order_notes);
    let warning = order_notes.write_line();
    let mut answer = match warning.as_deref().filter(|_| app.settings.strict_directives) {
        Some(warning) => admin::problem(StatusCode::BAD_REQUEST, &misread_text(warning)),
        None => admin::problem(status, &detail),
    };
    if let Some(warning) = &warning {
        add_warning(warning, answer.headers_mut());
    }
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::UnknownRoute { allowed: Vec::new() },
        _ => Problem::Malformed(Malformation::Http { status: status.as_u16(), detail: detail.clone() }),
    };
    let mut notes = vec![detail];
    notes.extend(order_notes.list_texts());
    log_stray(app, request, problem, notes, ResponseSummary::of(&answer, watch)).await;
    answer
}

/// Says why nobody serves a path, and what was probably meant.
fn describe_nowhere(vendors: &[ServedVendor], method: &Method, target: &str) -> String {
    let mut ids: Vec<&str> = vendors.iter().map(|served| served.vendor.id()).collect();
    ids.dedup();
    let prefixes: Vec<String> = ids.iter().map(|id| format!("/{id}/")).collect();
    let prefixes = format!("paths start with {}", prefixes.join(", "));
    let path = target.split('?').next().unwrap_or_default();
    let first = percent_decoded(path.split('/').nth(1).unwrap_or_default());
    let named = first.split_once('@').map(|(id, _)| id);
    if let Some(id) = named.filter(|id| ids.contains(id)) {
        let editions = vendors.iter().filter(|served| served.vendor.id() == id);
        let editions: Vec<&str> = editions.map(|served| served.vendor.contract.edition()).collect();
        let first: String = first.chars().take(100).collect();
        return format!("`{first}` is no edition of {id}; there are {}; {prefixes}", editions.join(", "));
    }
    // Of each vendor the newest edition comes first.
    let newest = ids.iter().filter_map(|id| vendors.iter().find(|served| served.vendor.id() == *id));
    let newest = newest.map(|served| (format!("/{}", served.vendor.id()), served));
    let nearest = suggest_path(newest, method, target);
    let nearest = nearest.map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("no vendor is served here{nearest}; {prefixes}")
}
