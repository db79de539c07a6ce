//! Writing down what was asked and answered.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Response};
use bytes::Bytes;
use hyper::body::Body as _;
use mockreel_contracts::{Contract, Operation};

use super::about::About;
use super::body::Received;
use super::texts;
use super::uploads::Upload;
use super::vendor::Call;
use crate::account::ANONYMOUS;
use crate::clock::Stopwatch;
use crate::job::{Ending, Job, JobKey};
use crate::journal::{self, Asked, Exchange, Message};
use crate::scenario::{RequestKind, WireOrder};
use crate::shared::Shared;

/// What came with a request, as far as it is shown.
pub(super) fn sent(received: &Received, limit_bytes: u64) -> journal::Body {
    match received {
        Received::Whole(bytes) => journal::Body::Bytes(bytes.clone()),
        Received::TooLarge => journal::Body::Told(format!("<more than {limit_bytes} bytes>")),
        Received::Broken => journal::Body::Told("<not read whole>".to_owned()),
    }
}

/// A call to a vendor.
pub(super) async fn call(
    mut call: Call<'_>,
    sent: journal::Body,
    about: About,
    wire: Option<&WireOrder>,
    answer: &Response<Bytes>,
    watch: Stopwatch,
) {
    let duration_us = watch.micros();
    let shared = call.shared;
    let About { account, contract, operation, mut model, job, scenarios, mut notes, problem, ordered, parts } =
        about;
    if ordered {
        notes.push("the refusal was ordered: the request itself may be sound".to_owned());
    }
    notes.extend(
        wire.and_then(|order| serde_json::to_string(order).ok()).map(|told| format!("on the wire: {told}")),
    );
    let place = job.as_ref().map(|id| JobKey {
        account: Arc::clone(&account),
        vendor: Arc::from(contract.id.as_str()),
        id: Arc::clone(id),
    });
    let held = match &place {
        Some(key) => shared.store.job(key).await,
        None => None,
    };
    if let Some(job) = held {
        if operation == Some(Operation::Submit) {
            notes.extend(job.notes.iter().cloned());
            notes.extend(bound_to_fail(&job));
        }
        model = model.or_else(|| Some(job.model.clone()));
    }
    let body = if parts.is_empty() { sent } else { journal::Body::Form(parts) };
    let exchange = Exchange {
        at: shared.account_now(&account).await,
        duration_us,
        account,
        asked: Asked::Vendor(contract),
        operation: operation.map(RequestKind::Operation),
        model,
        job,
        scenarios,
        problem,
        notes,
        method: call.method.as_str().to_owned(),
        target: call.target.to_owned(),
        status: answer.status().as_u16(),
        request: Message { headers: std::mem::take(&mut call.headers), body },
        answer: Message {
            headers: texts(answer.headers()),
            body: journal::Body::Bytes(answer.body().clone()),
        },
    };
    shared.journal.keep(exchange).await;
}

/// What is known of a job's failure when it is accepted.
fn bound_to_fail(job: &Job) -> Option<String> {
    match &job.timeline.ending {
        Ending::Failure(failure) => {
            let detail = failure.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
            Some(format!("the job was accepted and fails later with {}{detail}", failure.reason.name()))
        }
        Ending::Success | Ending::Cancellation => None,
    }
}

/// What is told of an answer whose body nobody keeps.
pub(super) struct Told {
    status: u16,
    answer: Message,
}

impl Told {
    /// Of this one.
    pub(super) fn of(answer: &Response<Body>) -> Self {
        let headers = texts(answer.headers());
        let kind = headers.iter().find(|(name, _)| name == "content-type");
        let kind = kind.map_or("bytes", |(_, kind)| kind.as_str());
        let body = match answer.body().size_hint().exact() {
            Some(0) | None => journal::Body::Bytes(Bytes::new()),
            Some(length) => journal::Body::Told(format!("<{length} bytes of {kind}>")),
        };
        Self { status: answer.status().as_u16(), answer: Message { headers, body } }
    }
}

/// A preflight, which is about no operation.
pub(super) async fn preflight(
    shared: &Shared,
    contract: &Arc<Contract>,
    head: &Parts,
    target: &str,
    told: Told,
    watch: Stopwatch,
) {
    let account = Arc::from(ANONYMOUS);
    let exchange = Exchange {
        asked: Asked::Vendor(Arc::clone(contract)),
        ..plain(shared, account, (&head.method, &head.headers, target), told, watch).await
    };
    shared.journal.keep(exchange).await;
}

/// A download of a result, and the scenarios that touched it.
pub(super) async fn download(
    shared: &Shared,
    job: &Job,
    scenarios: Vec<Arc<str>>,
    asked: (&Method, &HeaderMap, &str),
    told: Told,
    watch: Stopwatch,
) {
    let account = Arc::clone(&job.key.account);
    let exchange = Exchange {
        asked: Asked::Result(Arc::clone(&job.key.vendor), Arc::clone(&job.edition)),
        operation: Some(RequestKind::Download),
        model: Some(job.model.clone()),
        job: Some(Arc::clone(&job.key.id)),
        scenarios,
        ..plain(shared, account, asked, told, watch).await
    };
    shared.journal.keep(exchange).await;
}

/// A file that was put, by what is said of it.
pub(super) async fn upload(
    shared: &Shared,
    upload: &Upload,
    file: String,
    asked: (&Method, &HeaderMap, &str),
    told: Told,
    watch: Stopwatch,
) {
    let (account, headers) = (Arc::clone(&upload.account), texts(asked.1));
    let exchange = Exchange {
        operation: Some(RequestKind::Operation(Operation::Upload)),
        request: Message { headers, body: journal::Body::Told(file) },
        ..plain(shared, account, asked, told, watch).await
    };
    shared.journal.keep(exchange).await;
}

/// An exchange without bodies worth keeping.
async fn plain(
    shared: &Shared,
    account: Arc<str>,
    (method, headers, target): (&Method, &HeaderMap, &str),
    told: Told,
    watch: Stopwatch,
) -> Exchange {
    Exchange {
        at: shared.account_now(&account).await,
        duration_us: watch.micros(),
        account,
        asked: Asked::Upload,
        operation: None,
        model: None,
        job: None,
        scenarios: Vec::new(),
        problem: None,
        notes: Vec::new(),
        method: method.as_str().to_owned(),
        target: target.to_owned(),
        status: told.status,
        request: Message { headers: texts(headers), body: journal::Body::Bytes(Bytes::new()) },
        answer: told.answer,
    }
}
