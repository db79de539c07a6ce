//! Orders about the journal: what was asked and answered, and how often.

use mockreel_contracts::UnixMillis;
use serde_json::{Value, json};

use super::jobs::{account_of, number};
use super::{Answer, Order, Whose, Wrong};
use crate::journal::{StatusWanted, Wanted};

/// How many requests a listing shows unless told otherwise.
const SHOWN: usize = 100;

/// What requests can be told apart by.
const POINTS: [&str; 10] =
    ["vendor", "operation", "status", "model", "job", "problem", "scenario", "path", "since", "until"];

/// `GET requests`.
pub(super) async fn list(order: &Order<'_>) -> Answer {
    let mut wanted = account_of(order).map_or_else(Wanted::any, |account| Wanted::any().by(account));
    for (name, value) in &order.query {
        wanted = match name.as_str() {
            "account" | "limit" | "offset" => wanted,
            name => point(wanted, name, value, &["account", "limit", "offset"])?,
        };
    }
    wanted.check().map_err(Wrong::bad)?;
    let limit = number(order, "limit")?.unwrap_or(SHOWN);
    let offset = number(order, "offset")?.unwrap_or(0);
    let found = order.shared.journal.list(&wanted);
    let shown: Vec<Value> = found.iter().skip(offset).take(limit).map(|entry| entry.json()).collect();
    let dropped = order.shared.journal.dropped(wanted.whose());
    Ok(json!({"requests": shown, "total": found.len(), "dropped": dropped}))
}

/// `POST requests/count`.
pub(super) async fn count(order: &Order<'_>) -> Answer {
    let members = order.body.as_object().ok_or_else(|| Wrong::bad("the body is no JSON object"))?;
    let mut wanted = account_of(order).map_or_else(Wanted::any, |account| Wanted::any().by(account));
    for (name, value) in members {
        let text = match (name.as_str(), value) {
            (_, Value::String(text)) => text.clone(),
            ("status", Value::Number(status)) => status.to_string(),
            (_, other) => return Err(Wrong::bad(format!("`{name}` is {other}: expected a text"))),
        };
        wanted = point(wanted, name, &text, &[])?;
    }
    wanted.check().map_err(Wrong::bad)?;
    let counted = order.shared.journal.list(&wanted).len();
    match order.shared.journal.dropped(wanted.whose()) {
        0 => Ok(json!({"count": counted})),
        // Some of those that are gone may have been meant.
        dropped => Ok(json!({"count": counted, "dropped": dropped})),
    }
}

/// `DELETE requests`.
pub(super) async fn forget(order: &Order<'_>) -> Answer {
    order.only(&[])?;
    let account = match &order.account {
        Whose::Unnamed => return Err(order.unnamed()),
        Whose::Everybody => None,
        Whose::One(account) => Some(&**account),
    };
    Ok(json!({"forgotten": order.shared.journal.forget(account)}))
}

/// What is meant, and one point more.
fn point(wanted: Wanted, name: &str, text: &str, others: &[&str]) -> Result<Wanted, Wrong> {
    let moment = || {
        let expected = "expected a time such as 2026-01-01T00:00:00Z";
        UnixMillis::parse(text).ok_or_else(|| Wrong::bad(format!("`{name}` is `{text}`: {expected}")))
    };
    Ok(match name {
        "vendor" => wanted.vendor(text),
        "operation" => wanted.operation(text),
        "status" => wanted.status(text.parse::<StatusWanted>().map_err(Wrong::bad)?),
        "model" => wanted.model(text),
        "job" => wanted.job(text),
        "problem" => wanted.problem(text),
        "scenario" => wanted.scenario(text),
        "path" => wanted.path(text),
        "since" => wanted.since(moment()?),
        "until" => wanted.until(moment()?),
        _ => {
            let known: Vec<&str> = POINTS.iter().chain(others).copied().collect();
            return Err(Wrong::bad(format!("nobody knows `{name}`; there are {}", known.join(", "))));
        }
    })
}
