//! The clocks of the control API.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use mockreel_contracts::UnixMillis;
use serde_json::{Value, json};

use super::request::{AccountScope, AdminError, AdminRequest, AdminResult};
use crate::clock::AccountClock;
use crate::engine::ClockMove;
use crate::handles::ClockHandle;

/// The longest that one order lets pass, in seconds: a hundred years.
const LONGEST_SECONDS: f64 = 100.0 * 365.25 * 86_400.0;

/// `GET clock`.
pub(super) async fn show_clock(request: &AdminRequest<'_>) -> AdminResult {
    match &request.account {
        AccountScope::One(account) => Ok(request.shown(account).await),
        AccountScope::Unnamed | AccountScope::All => {
            let page = request.page()?;
            let all = request.app.store.accounts().await;
            let mut accounts = Vec::new();
            for account in page.cut_out(&all) {
                let mut described = request.shown(account).await;
                described["account"] = Value::from(&**account);
                accounts.push(described);
            }
            let start = request.app.store.initial_clock().await;
            let mut described = described(start, start.now(request.app.clock.now()));
            described["accounts"] = accounts.into();
            described["total"] = all.len().into();
            Ok(described)
        }
    }
}

/// `PUT clock`.
pub(super) async fn set_clock(request: &AdminRequest<'_>) -> AdminResult {
    request.allow_members(&["mode", "now"])?;
    let moment = match request.body.get("now") {
        None => None,
        Some(now) => {
            let moment = UnixMillis::read(now.as_str().unwrap_or_default());
            Some(moment.map_err(|why| AdminError::bad(format!("`now` is {now}: {why}")))?)
        }
    };
    let mode = request.body.get("mode").map(|mode| mode.as_str().unwrap_or_default());
    let target = match (mode, moment) {
        (Some("system"), None) => Target::System,
        (Some("system"), Some(_)) => return Err(AdminError::bad("a system clock takes no `now`")),
        (Some("manual") | None, Some(moment)) => Target::At(moment),
        (Some("manual"), None) => Target::Here,
        _ => {
            return Err(AdminError::bad(
                "expected {\"mode\":\"system\"} or {\"mode\":\"manual\",\"now\":\"RFC 3339\"}",
            ));
        }
    };
    apply(request, target).await
}

/// `POST clock/advance`.
pub(super) async fn advance_clock(request: &AdminRequest<'_>) -> AdminResult {
    request.allow_members(&["seconds", "until_job"])?;
    match (request.body.get("seconds"), request.body.get("until_job")) {
        (Some(seconds), None) => {
            let sound = seconds.as_f64().filter(|seconds| (0.0..=LONGEST_SECONDS).contains(seconds));
            let seconds = sound.ok_or_else(|| {
                AdminError::bad(format!(
                    "`seconds` is {seconds}: expected a number from 0 to {LONGEST_SECONDS}"
                ))
            })?;
            apply(request, Target::Later(Duration::from_secs_f64(seconds))).await
        }
        (None, Some(Value::String(id))) => match &request.account {
            AccountScope::One(account) => {
                let handle = request.handle(account);
                handle.advance_until_job(id).await?;
                Ok(request.shown(account).await)
            }
            AccountScope::Unnamed | AccountScope::All => {
                Err(AdminError::bad("`until_job` moves one account's clock: name it by its key"))
            }
        },
        _ => Err(AdminError::bad("expected {\"seconds\":N} or {\"until_job\":\"ID\"}")),
    }
}

/// Where a clock is to be put.
#[derive(Clone, Copy)]
enum Target {
    System,
    /// A manual clock that stands where the present one is.
    Here,
    At(UnixMillis),
    Later(Duration),
}

async fn apply(request: &AdminRequest<'_>, target: Target) -> AdminResult {
    match &request.account {
        AccountScope::Unnamed => Err(request.account_missing()),
        AccountScope::One(account) => {
            let handle = request.handle(account);
            let less = put(&handle, target).await?;
            Ok(with_note(request.shown(account).await, less))
        }
        AccountScope::All => {
            let accounts = request.app.store.accounts().await;
            let start = request.app.store.initial_clock().await;
            let system = request.app.clock.now();
            let now = start.now(system);
            let mut latest = now;
            for account in &accounts {
                latest = latest.max(request.handle(account).now().await);
            }
            // All or none: what would set one of them back is refused before the first is moved.
            let moment = match target {
                Target::System => Some(system),
                Target::At(moment) => Some(moment),
                Target::Here | Target::Later(_) => None,
            };
            if moment.is_some_and(|moment| moment < latest) {
                let detail = format!("the clock of an account is at {latest} and never goes back");
                return Err(AdminError::new(StatusCode::CONFLICT, detail));
            }
            let mut less = None;
            for account in &accounts {
                less = put(&request.handle(account), target).await?.or(less);
            }
            let moved = match target {
                Target::System => AccountClock::System,
                Target::Here => AccountClock::Manual(now),
                Target::At(moment) => AccountClock::Manual(moment),
                Target::Later(by) => {
                    let until = now.after(u64::try_from(by.as_millis()).unwrap_or(u64::MAX));
                    AccountClock::Manual(until.min(UnixMillis::LAST))
                }
            };
            request.app.store.set_initial_clock(moved).await;
            Ok(with_note(show_clock(request).await?, less))
        }
    }
}

/// Puts a clock. Says so, if it could not be moved as far as was asked.
async fn put(handle: &ClockHandle, target: Target) -> Result<Option<String>, AdminError> {
    let step = match target {
        Target::System => ClockMove::To(AccountClock::System),
        Target::Here => ClockMove::Stop,
        Target::At(moment) => ClockMove::To(AccountClock::Manual(moment)),
        Target::Later(by) => ClockMove::Later(by),
    };
    let (before, after) = handle.change(step).await?;
    let Target::Later(by) = target else { return Ok(None) };
    let moved = Duration::from_millis(after.since(before));
    let whole = Duration::from_millis(u64::try_from(by.as_millis()).unwrap_or(u64::MAX));
    let note = || {
        let (moved, asked) = (moved.as_secs_f64(), by.as_secs_f64());
        format!("the calendar ends at {}: the clock moved by {moved} of {asked} seconds", UnixMillis::LAST)
    };
    Ok((moved < whole).then(note))
}

fn with_note(mut described: Value, note: Option<String>) -> Value {
    if let Some(note) = note {
        described["note"] = note.into();
    }
    described
}

fn described(clock: AccountClock, now: UnixMillis) -> Value {
    json!({"mode": clock.mode(), "now": now.rfc3339()})
}

impl AdminRequest<'_> {
    /// An account's clock and its time, of one moment.
    async fn shown(&self, account: &Arc<str>) -> Value {
        let clock = self.handle(account).setting().await;
        described(clock, clock.now(self.app.clock.now()))
    }

    fn handle(&self, account: &Arc<str>) -> ClockHandle {
        ClockHandle::new(Arc::clone(self.app), Arc::clone(account))
    }
}
