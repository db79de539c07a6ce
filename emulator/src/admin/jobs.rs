//! The jobs of the control API.

use std::sync::Arc;

use axum::http::StatusCode;
use mockreel_contracts::{FailureReason, Operation, Phase, UnixMillis};
use serde_json::{Value, json};

use super::request::{AccountScope, AdminError, AdminRequest, AdminResult};
use crate::handles::JobsHandle;
use crate::state::job::{Ending, Job};
use crate::store::{JobFilter, JobWalk};

/// `GET jobs`.
pub(super) async fn list_jobs(request: &AdminRequest<'_>) -> AdminResult {
    let phase = match request.parameter("phase") {
        None => None,
        Some(name) => {
            let known = || Phase::ALL.map(Phase::name).join(", ");
            Some(Phase::named(name).ok_or_else(|| {
                AdminError::bad(format!("`phase` is `{name}`: expected one of {}", known()))
            })?)
        }
    };
    let page = request.page()?;
    let filter =
        JobFilter { account: request.one_account(), vendor: request.parameter("vendor").map(str::to_owned) };
    let store = &request.app.store;
    let Some(phase) = phase else {
        let total = store.count_jobs(&filter).await;
        let mut shown = Vec::new();
        for job in store.page_of_jobs(&filter, page.offset, page.limit).await {
            let now = request.app.account_now(&job.key.account).await;
            shown.push(described(request, &job, now));
        }
        return Ok(json!({"jobs": shown, "total": total}));
    };
    // Where a job stands follows from the time, so that those in a phase can only be counted by looking at all.
    let (mut shown, mut total, mut walk) = (Vec::new(), 0, JobWalk::default());
    loop {
        let jobs = store.walk_jobs(&filter, &mut walk).await;
        if jobs.is_empty() {
            return Ok(json!({"jobs": shown, "total": total}));
        }
        for job in jobs {
            let now = request.app.account_now(&job.key.account).await;
            if job.standing(now).phase != phase {
                continue;
            }
            if total >= page.offset && shown.len() < page.limit {
                shown.push(described(request, &job, now));
            }
            total += 1;
        }
        // Others have their turn.
        tokio::task::yield_now().await;
    }
}

/// `GET jobs/{id}`.
pub(super) async fn show_job(request: &AdminRequest<'_>, id: &str) -> AdminResult {
    let job = find(request, id).await?;
    let now = request.app.account_now(&job.key.account).await;
    Ok(described(request, &job, now))
}

/// `POST jobs/{id}/{start|succeed|fail|cancel}`.
pub(super) async fn command_job(request: &AdminRequest<'_>, id: &str, command: &str) -> AdminResult {
    if matches!(request.account, AccountScope::Unnamed) {
        return Err(request.account_missing());
    }
    let job = find(request, id).await?;
    let jobs = JobsHandle::new(Arc::clone(request.app), Arc::clone(&job.key.account));
    let takes: &[&str] = if command == "fail" { &["reason"] } else { &[] };
    request.allow_members(takes)?;
    match command {
        "start" => jobs.start(id).await?,
        "succeed" => jobs.succeed(id).await?,
        "cancel" => jobs.cancel(id).await?,
        "fail" => jobs.fail(id, reason(request)?).await?,
        _ => {
            let detail = format!("a job cannot `{command}`; it can start, succeed, fail and cancel");
            return Err(AdminError::new(StatusCode::NOT_FOUND, detail));
        }
    }
    show_job(request, id).await
}

fn reason(request: &AdminRequest<'_>) -> Result<FailureReason, AdminError> {
    let Some(named) = request.body.get("reason") else { return Ok(FailureReason::Internal) };
    let known = || FailureReason::ALL.map(FailureReason::name).join(", ");
    let reason = named.as_str().and_then(FailureReason::named);
    reason.ok_or_else(|| AdminError::bad(format!("`reason` is {named}: expected one of {}", known())))
}

async fn find(request: &AdminRequest<'_>, id: &str) -> Result<Arc<Job>, AdminError> {
    let filter =
        JobFilter { account: request.one_account(), vendor: request.parameter("vendor").map(str::to_owned) };
    let found = request.app.store.job_of_id(&filter, id).await;
    found.ok_or_else(|| AdminError::new(StatusCode::NOT_FOUND, format!("there is no job `{id}`")))
}

fn described(request: &AdminRequest<'_>, job: &Job, now: UnixMillis) -> Value {
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
    let priced = priced(request, job);
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

fn priced(request: &AdminRequest<'_>, job: &Job) -> Value {
    let model =
        request.app.served_vendor(job).and_then(|served| served.vendor.contract.models.get(&job.model));
    let unit = model.and_then(|model| Some(model.price.as_ref()?.unit.clone()));
    match (job.price, unit) {
        (Some(amount), Some(unit)) => json!({"amount": amount, "unit": unit}),
        (Some(_), None) | (None, _) => Value::Null,
    }
}
