//! Orders about time.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use mockreel_contracts::UnixMillis;
use serde_json::{Value, json};

use super::{Answer, Order, Whose, Wrong};
use crate::clock::AccountClock;
use crate::handles::ClockHandle;

/// The longest that one order lets pass, in seconds: a hundred years.
const LONGEST_SECONDS: f64 = 100.0 * 365.25 * 86_400.0;

/// `GET clock`.
pub(super) async fn show(order: &Order<'_>) -> Answer {
    match &order.account {
        Whose::One(account) => Ok(shown(&order.handle(account)).await),
        Whose::Unnamed | Whose::Everybody => {
            let mut accounts = Vec::new();
            for account in order.shared.store.accounts().await {
                let mut told = shown(&order.handle(&account)).await;
                told["account"] = Value::from(&*account);
                accounts.push(told);
            }
            let start = order.shared.store.start().await;
            let mut told = described(start, start.now(order.shared.clock.now()));
            told["accounts"] = accounts.into();
            Ok(told)
        }
    }
}

/// `PUT clock`.
pub(super) async fn set(order: &Order<'_>) -> Answer {
    order.only(&["mode", "now"])?;
    let moment = match order.body.get("now") {
        None => None,
        Some(now) => {
            let moment = now.as_str().and_then(UnixMillis::parse);
            Some(moment.ok_or_else(|| {
                Wrong::bad(format!("`now` is {now}: expected RFC 3339, as in \"2026-01-01T00:00:00Z\""))
            })?)
        }
    };
    let mode = order.body.get("mode").map(|mode| mode.as_str().unwrap_or_default());
    let target = match (mode, moment) {
        (Some("system"), None) => Target::System,
        (Some("system"), Some(_)) => return Err(Wrong::bad("a system clock takes no `now`")),
        (Some("manual") | None, Some(moment)) => Target::At(moment),
        (Some("manual"), None) => Target::Here,
        _ => {
            return Err(Wrong::bad(
                "expected {\"mode\":\"system\"} or {\"mode\":\"manual\",\"now\":\"RFC 3339\"}",
            ));
        }
    };
    apply(order, target).await
}

/// `POST clock/advance`.
pub(super) async fn advance(order: &Order<'_>) -> Answer {
    order.only(&["seconds", "until_job"])?;
    match (order.body.get("seconds"), order.body.get("until_job")) {
        (Some(seconds), None) => {
            let sound = seconds.as_f64().filter(|seconds| (0.0..=LONGEST_SECONDS).contains(seconds));
            let seconds = sound.ok_or_else(|| {
                Wrong::bad(format!("`seconds` is {seconds}: expected a number from 0 to {LONGEST_SECONDS}"))
            })?;
            apply(order, Target::Later(Duration::from_secs_f64(seconds))).await
        }
        (None, Some(Value::String(id))) => match &order.account {
            Whose::One(account) => {
                let handle = order.handle(account);
                handle.advance_until_job(id).await?;
                Ok(shown(&handle).await)
            }
            Whose::Unnamed | Whose::Everybody => {
                Err(Wrong::bad("`until_job` moves one account's clock: name it by its key"))
            }
        },
        _ => Err(Wrong::bad("expected {\"seconds\":N} or {\"until_job\":\"ID\"}")),
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

async fn apply(order: &Order<'_>, target: Target) -> Answer {
    match &order.account {
        Whose::Unnamed => Err(order.unnamed()),
        Whose::One(account) => {
            let handle = order.handle(account);
            put(&handle, target).await?;
            Ok(shown(&handle).await)
        }
        Whose::Everybody => {
            let accounts = order.shared.store.accounts().await;
            let start = order.shared.store.start().await;
            let system = order.shared.clock.now();
            let now = start.now(system);
            let mut latest = now;
            for account in &accounts {
                latest = latest.max(order.handle(account).now().await);
            }
            // All or none: what would set one of them back is refused before the first is moved.
            let wanted = match target {
                Target::System => Some(system),
                Target::At(moment) => Some(moment),
                Target::Here | Target::Later(_) => None,
            };
            if wanted.is_some_and(|wanted| wanted < latest) {
                let detail = format!("the clock of an account is at {latest} and never goes back");
                return Err(Wrong::new(StatusCode::CONFLICT, detail));
            }
            for account in &accounts {
                put(&order.handle(account), target).await?;
            }
            let moved = match target {
                Target::System => AccountClock::System,
                Target::Here => AccountClock::Manual(now),
                Target::At(moment) => AccountClock::Manual(moment),
                Target::Later(by) => {
                    AccountClock::Manual(now.after(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
                }
            };
            order.shared.store.set_start(moved).await;
            show(order).await
        }
    }
}

async fn put(handle: &ClockHandle, target: Target) -> Result<(), Wrong> {
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

impl Order<'_> {
    fn handle(&self, account: &Arc<str>) -> ClockHandle {
        ClockHandle::new(Arc::clone(self.shared), Arc::clone(account))
    }
}
