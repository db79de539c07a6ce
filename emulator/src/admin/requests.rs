//! The journal of the control API: requests, and counts of them.

use mockreel_contracts::UnixMillis;
use serde_json::{Value, json};

use super::request::{AccountScope, AdminError, AdminRequest, AdminResult};
use crate::journal::{RequestFilter, StatusFilter};
use crate::scenario::Glob;

/// What requests can be told apart by.
const POINTS: [&str; 10] =
    ["vendor", "operation", "status", "model", "job", "problem", "scenario", "path", "since", "until"];

/// `GET requests`.
pub(super) async fn list_requests(request: &AdminRequest<'_>) -> AdminResult {
    let mut filter =
        request.one_account().map_or_else(RequestFilter::any, |account| RequestFilter::any().by(account));
    for (name, value) in &request.query {
        filter = match name.as_str() {
            "account" | "limit" | "offset" => filter,
            name => point(filter, name, value, &["account", "limit", "offset"])?,
        };
    }
    filter.check().map_err(AdminError::bad)?;
    let page = request.page()?;
    let entries = request.app.journal.list(&filter);
    let shown: Vec<Value> = page.cut_out(&entries).map(|entry| entry.json()).collect();
    let dropped = request.app.journal.dropped(filter.whose());
    let answer = json!({"requests": shown, "total": entries.len(), "dropped": dropped});
    Ok(request.say_whether_known(answer).await)
}

/// `POST requests/count`.
pub(super) async fn count_requests(request: &AdminRequest<'_>) -> AdminResult {
    let members = request.body.as_object().ok_or_else(|| AdminError::bad("the body is no JSON object"))?;
    let mut filter =
        request.one_account().map_or_else(RequestFilter::any, |account| RequestFilter::any().by(account));
    for (name, value) in members {
        let text = match (name.as_str(), value) {
            (_, Value::String(text)) => text.clone(),
            ("status", Value::Number(status)) => status.to_string(),
            (_, other) => return Err(AdminError::bad(format!("`{name}` is {other}: expected a text"))),
        };
        filter = point(filter, name, &text, &[])?;
    }
    filter.check().map_err(AdminError::bad)?;
    let counted = request.app.journal.list(&filter).len();
    match request.app.journal.dropped(filter.whose()) {
        0 => Ok(json!({"count": counted})),
        // Some of those that are gone may have been meant.
        dropped => Ok(json!({"count": counted, "dropped": dropped})),
    }
}

/// `DELETE requests`.
pub(super) async fn forget_requests(request: &AdminRequest<'_>) -> AdminResult {
    request.allow_members(&[])?;
    let account = match &request.account {
        AccountScope::Unnamed => return Err(request.account_missing()),
        AccountScope::All => None,
        AccountScope::One(account) => Some(&**account),
    };
    Ok(json!({"forgotten": request.app.journal.forget(account)}))
}

/// What is meant, and one point more.
fn point(
    filter: RequestFilter,
    name: &str,
    text: &str,
    others: &[&str],
) -> Result<RequestFilter, AdminError> {
    let moment =
        || UnixMillis::read(text).map_err(|why| AdminError::bad(format!("`{name}` is `{text}`: {why}")));
    let pattern = || Glob::read(text).map_err(|why| AdminError::bad(format!("`{name}`: {why}")));
    Ok(match name {
        "vendor" => filter.vendor(text),
        "operation" => filter.operation(text),
        "status" => filter.status(text.parse::<StatusFilter>().map_err(AdminError::bad)?),
        "model" => filter.model_like(pattern()?),
        "job" => filter.job(text),
        "problem" => filter.problem(text),
        "scenario" => filter.scenario(text),
        "path" => filter.path_like(pattern()?),
        "since" => filter.since(moment()?),
        "until" => filter.until(moment()?),
        _ => {
            let known: Vec<&str> = POINTS.iter().chain(others).copied().collect();
            return Err(AdminError::bad(format!("nobody knows `{name}`; there are {}", known.join(", "))));
        }
    })
}
