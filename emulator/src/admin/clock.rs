//! The clocks of the control API.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use mockreel_contracts::UnixMillis;
use serde_json::{Value, json};

use super::request::{AccountScope, AdminError, AdminRequest, AdminResult};
use crate::clock::AccountClock;
use crate::handles::ClockHandle;

/// The longest that one order lets pass, in seconds: a hundred years.
const LONGEST_SECONDS: f64 = 100.0 * 365.25 * 86_400.0;

/// `GET clock`.
pub(super) async fn show_clock(request: &AdminRequest<'_>) -> AdminResult {
    match &request.account {
        AccountScope::One(account) => Ok(shown(&request.handle(account)).await),
        AccountScope::Unnamed | AccountScope::All => {
            let mut accounts = Vec::new();
            for account in request.app.store.accounts().await {
                let mut described = shown(&request.handle(&account)).await;
                described["account"] = Value::from(&*account);
                accounts.push(described);
            }
            let start = request.app.store.initial_clock().await;
            let mut described = described(start, start.now(request.app.clock.now()));
            described["accounts"] = accounts.into();
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
            let moment = now.as_str().and_then(UnixMillis::parse);
            Some(moment.ok_or_else(|| {
                AdminError::bad(format!("`now` is {now}: expected RFC 3339, as in \"2026-01-01T00:00:00Z\""))
            })?)
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
                Ok(shown(&handle).await)
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
            put(&handle, target).await?;
            Ok(shown(&handle).await)
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
            for account in &accounts {
                put(&request.handle(account), target).await?;
            }
            let moved = match target {
                Target::System => AccountClock::System,
                Target::Here => AccountClock::Manual(now),
                Target::At(moment) => AccountClock::Manual(moment),
                Target::Later(by) => {
                    AccountClock::Manual(now.after(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
                }
            };
            request.app.store.set_initial_clock(moved).await;
            show_clock(request).await
        }
    }
}

async fn put(handle: &ClockHandle, target: Target) -> Result<(), AdminError> {
    match target {
        Target::System => handle.set(AccountClock::System).await?,
        Target::Here => handle.set(AccountClock::Manual(handle.now().await)).await?,
        Target::At(moment) => handle.set(AccountClock::Manual(moment)).await?,
        Target::Later(by) => handle.advance(by).await?,
    };
    Ok(())
}

async fn shown(handle: &ClockHandle) -> Value {
    described(handle.setting().await, handle.now().await)
}

fn described(clock: AccountClock, now: UnixMillis) -> Value {
    json!({"mode": clock.mode(), "now": now.rfc3339()})
}

impl AdminRequest<'_> {
    fn handle(&self, account: &Arc<str>) -> ClockHandle {
        ClockHandle::new(Arc::clone(self.app), Arc::clone(account))
    }
}
