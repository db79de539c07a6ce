//! Orders about jobs.

use std::sync::Arc;

use axum::http::StatusCode;
use mockreel_contracts::{FailureReason, Operation, Phase, UnixMillis};
use serde_json::{Value, json};

use super::{Answer, Order, Whose, Wrong};
use crate::handles::JobsHandle;
use crate::job::{Ending, Job};
use crate::store::JobFilter;

/// How many entries a listing shows unless told otherwise.
pub(super) const SHOWN: usize = 100;

/// `GET jobs`.
pub(super) async fn list(order: &Order<'_>) -> Answer {
    let phase = match order.parameter("phase") {
        None => None,
        Some(name) => {
            let known = || Phase::ALL.map(Phase::name).join(", ");
            Some(
                Phase::named(name)
                    .ok_or_else(|| Wrong::bad(format!("`phase` is `{name}`: expected one of {}", known())))?,
            )
        }
    };
    let limit = number(order, "limit")?.unwrap_or(SHOWN);
    let offset = number(order, "offset")?.unwrap_or(0);
    let filter =
        JobFilter { account: account_of(order), vendor: order.parameter("vendor").map(str::to_owned) };
    let mut shown = Vec::new();
    let mut total = 0;
    for job in order.shared.store.jobs(&filter).await {
        let now = order.shared.account_now(&job.key.account).await;
        if phase.is_some_and(|phase| job.standing(now).phase != phase) {
            continue;
        }
        if total >= offset && shown.len() < limit {
            shown.push(described(order, &job, now));
        }
        total += 1;
    }
    Ok(json!({"jobs": shown, "total": total}))
}

/// `GET jobs/{id}`.
pub(super) async fn show(order: &Order<'_>, id: &str) -> Answer {
    let job = find(order, id).await?;
    let now = order.shared.account_now(&job.key.account).await;
    Ok(described(order, &job, now))
}

/// `POST jobs/{id}/{start|succeed|fail|cancel}`.
pub(super) async fn command(order: &Order<'_>, id: &str, command: &str) -> Answer {
    if matches!(order.account, Whose::Unnamed) {
        return Err(order.unnamed());
    }
    let job = find(order, id).await?;
    let jobs = JobsHandle::new(Arc::clone(order.shared), Arc::clone(&job.key.account));
    let takes: &[&str] = if command == "fail" { &["reason"] } else { &[] };
    order.only(takes)?;
    match command {
        "start" => jobs.start(id).await?,
        "succeed" => jobs.succeed(id).await?,
        "cancel" => jobs.cancel(id).await?,
        "fail" => jobs.fail(id, reason(order)?).await?,
        _ => {
            let detail = format!("a job cannot `{command}`; it can start, succeed, fail and cancel");
            return Err(Wrong::new(StatusCode::NOT_FOUND, detail));
        }
    }
    show(order, id).await
}

fn reason(order: &Order<'_>) -> Result<FailureReason, Wrong> {
    let Some(named) = order.body.get("reason") else { return Ok(FailureReason::Internal) };
    let known = || FailureReason::ALL.map(FailureReason::name).join(", ");
    let reason = named.as_str().and_then(FailureReason::named);
    reason.ok_or_else(|| Wrong::bad(format!("`reason` is {named}: expected one of {}", known())))
}

pub(super) fn number(order: &Order<'_>, name: &str) -> Result<Option<usize>, Wrong> {
    order
        .parameter(name)
        .map(|text| {
            text.parse().map_err(|_| Wrong::bad(format!("`{name}` is `{text}`: expected a whole number")))
        })
        .transpose()
}

pub(super) fn account_of(order: &Order<'_>) -> Option<Arc<str>> {
    match &order.account {
        Whose::One(account) => Some(Arc::clone(account)),
        Whose::Unnamed | Whose::Everybody => None,
    }
}

async fn find(order: &Order<'_>, id: &str) -> Result<Arc<Job>, Wrong> {
    let filter =
        JobFilter { account: account_of(order), vendor: order.parameter("vendor").map(str::to_owned) };
    let found = order.shared.store.jobs(&filter).await.into_iter().find(|job| &*job.key.id == id);
    found.ok_or_else(|| Wrong::new(StatusCode::NOT_FOUND, format!("there is no job `{id}`")))
}

fn described(order: &Order<'_>, job: &Job, now: UnixMillis) -> Value {
    let standing = job.standing(now);
    let time = |at: Option<UnixMillis>| at.map(UnixMillis::rfc3339);
    let (planned_start, planned_end) = match job.ends_by_time() {
        Some(end) => (job.timeline.starts_at, Some(end)),
        None => (None, None),
    };
    let ending = standing.ending.unwrap_or(&job.timeline.ending);
    let reason = match ending {
        Ending::Failure(failure) => Some(failure),
        Ending::Success | Ending::Cancellation => None,
    };
    let priced = priced(order, job);
    let never = standing.ending.is_none() && job.timeline.ends_at.is_none();
    json!({
        "id": &*job.key.id,
        "vendor": &*job.key.vendor,
        "edition": &*job.edition,
        "operation": Operation::Submit,
        "model": job.model,
        "account": &*job.key.account,
        "phase": standing.phase.name(),
        "submitted_at": job.submitted_at.rfc3339(),
        "starts_at": time(standing.started_at.or(planned_start)),
        "ends_at": time(standing.ended_at.or(planned_end)),
        "ending": if never { None } else { Some(ending.phase().name()) },
        "reason": reason.map(|failure| failure.reason.name()),
        "detail": reason.and_then(|failure| failure.detail.clone()),
        "price": priced,
        "scenario": (!job.scenarios.is_empty()).then(|| job.scenarios.join(", ")),
        "notes": job.notes,
    })
}

fn priced(order: &Order<'_>, job: &Job) -> Value {
    let unit = order.shared.settings.vendors.iter().find_map(|chosen| {
        let contract = &chosen.vendor.contract;
        let same = contract.id == *job.key.vendor && contract.edition == *job.edition;
        same.then(|| contract.models.get(&job.model)?.price.as_ref().map(|price| price.unit.clone()))
            .flatten()
    });
    match (job.price, unit) {
        (Some(amount), Some(unit)) => json!({"amount": amount, "unit": unit}),
        (Some(_), None) | (None, _) => Value::Null,
    }
}
