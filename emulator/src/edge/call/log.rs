//! The call log: journal entries of calls, preflights, downloads and uploads.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Response};
use bytes::Bytes;
use hyper::body::Body as _;
use mockreel_contracts::contract::check::rules::Violation;
use mockreel_contracts::{Contract, Operation, Problem, UnixMillis};

use super::request::CallContext;
use crate::account::{self, ANONYMOUS};
use crate::app::App;
use crate::clock::Stopwatch;
use crate::edge::headers::header_text;
use crate::edge::incoming::Received;
use crate::journal::RequestHead;
use crate::journal::{FormPart, LoggedAnswer, LoggedBody, LoggedExchange, LoggedRequest, RequestTarget};
use crate::media::uploads::Upload;
use crate::scenario::RequestKind;
use crate::state::job::{Ending, Job};
use crate::transact::LoadedAccount;

/// What the journal says about a call to a vendor, beside request and response.
pub(super) struct CallLog {
    /// When it was answered, by the account's clock.
    pub(super) at: UnixMillis,
    /// The account, as a digest.
    pub(super) account: Arc<str>,
    /// The contract that it was answered by.
    pub(super) contract: Arc<Contract>,
    /// The operation; nothing, if no path of the vendor's was asked.
    pub(super) operation: Option<Operation>,
    /// The model, as far as it is known from the request.
    pub(super) model: Option<String>,
    /// The job.
    pub(super) job: Option<Arc<Job>>,
    /// The scenarios that had an effect.
    pub(super) scenarios: Vec<Arc<str>>,
    /// What a developer should know.
    pub(super) notes: Vec<String>,
    /// Why it was refused.
    pub(super) problem: Option<Problem>,
    /// The rules that it broke and that fail its job later.
    pub(super) late: Vec<Violation>,
    /// The body of the request, as far as it is shown.
    pub(super) request_body: LoggedBody,
}

impl CallLog {
    /// That of a call about which nothing else is known yet.
    pub(super) fn of(
        context: CallContext<'_>,
        account: &LoadedAccount<'_>,
        request_body: LoggedBody,
    ) -> Self {
        Self {
            at: account.now(),
            account: Arc::clone(&account.name),
            contract: Arc::clone(&context.served.vendor.contract),
            operation: None,
            model: None,
            job: None,
            scenarios: Vec::new(),
            notes: Vec::new(),
            problem: None,
            late: Vec::new(),
            request_body,
        }
    }
}

/// Describes the body that came with a request, or the parts of its form.
pub(super) fn describe_body(context: CallContext<'_>, parts: Vec<FormPart>) -> LoggedBody {
    if !parts.is_empty() {
        return LoggedBody::Form(parts);
    }
    match &context.request.body {
        Received::Whole(bytes) => LoggedBody::Bytes(bytes.clone()),
        Received::TooLarge => LoggedBody::Told(format!("<more than {} bytes>", context.limit_bytes)),
        Received::Broken | Received::Silent(_) | Received::Slow(..) => {
            LoggedBody::Told("<not read whole>".to_owned())
        }
        Received::Encoded(encoding, bytes) => {
            LoggedBody::Told(format!("<{} bytes, encoded as {encoding}>", bytes.len()))
        }
        Received::Undecodable(why) => LoggedBody::Told(format!("<{why}>")),
    }
}

/// Logs a call to a vendor.
pub(super) async fn log_call(
    context: CallContext<'_>,
    log: CallLog,
    response: &Response<Bytes>,
    watch: Stopwatch,
) {
    let duration_us = watch.micros();
    let CallLog {
        at,
        account,
        contract,
        operation,
        model,
        job,
        scenarios,
        mut notes,
        problem,
        late,
        request_body,
    } = log;
    if let Some(note) = context.request.note() {
        notes.insert(0, note);
    }
    if let Some(job) = job.as_ref().filter(|_| operation == Some(Operation::Submit)) {
        // Those of the request are among those of the job.
        let more: Vec<String> = job.notes.iter().filter(|note| !notes.contains(note)).cloned().collect();
        notes.extend(more);
        notes.extend(note_on_failure(job));
    }
    notes.extend(context.request.own_limit().map(|limit| limit.to_string()));
    let exchange = LoggedExchange {
        at,
        duration_us,
        account,
        asked: RequestTarget::Vendor(contract),
        operation: operation.map(RequestKind::Operation),
        model: model.or_else(|| job.as_ref().map(|job| job.model.clone())),
        job: job.map(|job| Arc::clone(&job.key.id)),
        scenarios,
        problem,
        late,
        notes,
        method: context.request.method.as_str().to_owned(),
        target: context.request.target.clone(),
        status: response.status().as_u16(),
        request: LoggedRequest { head: Arc::clone(&context.request.head), body: request_body },
        answer: LoggedAnswer {
            headers: list_headers(response.headers()),
            body: LoggedBody::Bytes(response.body().clone()),
        },
    };
    context.app.journal.keep(exchange).await;
}

/// Notes what is known of a job's failure when it is accepted.
fn note_on_failure(job: &Job) -> Option<String> {
    // A job that is held never ends by itself.
    job.timeline.ends_at?;
    match &job.timeline.ending {
        Ending::Failure(failure) => {
            let detail = failure.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
            Some(format!("the job was accepted and fails later with {}{detail}", failure.reason.name()))
        }
        Ending::Success | Ending::Cancellation => None,
    }
}

/// The summary of a response whose body is not kept.
pub(in crate::edge) struct ResponseSummary {
    duration_us: u64,
    status: u16,
    answer: LoggedAnswer,
}

impl ResponseSummary {
    /// Summarises a response that took as long as the watch says.
    pub(in crate::edge) fn of(response: &Response<Body>, watch: Stopwatch) -> Self {
        let duration_us = watch.micros();
        let headers = list_headers(response.headers());
        let kind = header_text(response.headers(), &CONTENT_TYPE).unwrap_or("bytes");
        let body = match response.body().size_hint().exact() {
            Some(0) | None => LoggedBody::Bytes(Bytes::new()),
            Some(length) => LoggedBody::Told(format!("<{length} bytes of {kind}>")),
        };
        Self { duration_us, status: response.status().as_u16(), answer: LoggedAnswer { headers, body } }
    }
}

/// The head of a request for a file.
#[derive(Clone, Copy)]
pub(in crate::edge) struct FileRequest<'a> {
    /// The method.
    pub(in crate::edge) method: &'a Method,
    /// The headers.
    pub(in crate::edge) headers: &'a HeaderMap,
    /// The path.
    pub(in crate::edge) path: &'a str,
}

/// A request that no vendor serves.
pub(in crate::edge) struct StrayRequest<'a> {
    /// The method.
    pub(in crate::edge) method: &'a Method,
    /// Path and query as sent.
    pub(in crate::edge) target: &'a str,
    /// The headers.
    pub(in crate::edge) head: Arc<RequestHead>,
}

/// Logs a request that no vendor serves. It counts as the account's whose key it brings, so that whoever looks for what
/// became of its requests finds it.
pub(in crate::edge) async fn log_stray(
    app: &App,
    request: StrayRequest<'_>,
    problem: Problem,
    notes: Vec<String>,
    response: ResponseSummary,
) {
    let authorization = request.head.texts().iter().find(|(name, _)| name == "authorization");
    let key = authorization.and_then(|(_, value)| account::bearer_key(value));
    let name = key.map_or_else(|| Arc::from(ANONYMOUS), account::digest);
    let account = app.load_account(&name).await;
    let StrayRequest { method, target, head } = request;
    let exchange = LoggedExchange {
        asked: RequestTarget::Nowhere,
        problem: Some(problem),
        notes,
        ..plain_exchange(&account, method, target, head, response)
    };
    app.journal.keep(exchange).await;
}

/// Logs a preflight, which is about no operation.
pub(in crate::edge) async fn log_preflight(
    app: &App,
    contract: &Arc<Contract>,
    head: &Parts,
    target: &str,
    response: ResponseSummary,
) {
    let account = app.load_account(&Arc::from(ANONYMOUS)).await;
    let known = app.journal.find_head(&head.headers);
    let exchange = LoggedExchange {
        asked: RequestTarget::Vendor(Arc::clone(contract)),
        ..plain_exchange(&account, &head.method, target, known, response)
    };
    app.journal.keep(exchange).await;
}

/// Logs a download of a result, and the scenarios that had an effect on it.
pub(in crate::edge) async fn log_download(
    app: &App,
    account: &LoadedAccount<'_>,
    job: &Job,
    scenarios: Vec<Arc<str>>,
    notes: Vec<String>,
    request: FileRequest<'_>,
    response: ResponseSummary,
) {
    let head = app.journal.find_head(request.headers);
    let exchange = LoggedExchange {
        notes,
        asked: RequestTarget::Result(Arc::clone(&job.key.vendor), Arc::clone(&job.edition)),
        operation: Some(RequestKind::Download),
        model: Some(job.model.clone()),
        job: Some(Arc::clone(&job.key.id)),
        scenarios,
        ..plain_exchange(account, request.method, request.path, head, response)
    };
    app.journal.keep(exchange).await;
}

/// Logs a file that was put, by its description.
pub(in crate::edge) async fn log_upload(
    app: &App,
    upload: &Upload,
    file: String,
    request: FileRequest<'_>,
    response: ResponseSummary,
) {
    let account = app.load_account(&upload.account).await;
    let head = app.journal.find_head(request.headers);
    let mut exchange = plain_exchange(&account, request.method, request.path, head, response);
    exchange.operation = Some(RequestKind::Operation(Operation::Upload));
    exchange.request.body = LoggedBody::Told(file);
    app.journal.keep(exchange).await;
}

/// The headers of an answer, which are shared and not copied.
fn list_headers(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// An exchange without bodies worth keeping.
fn plain_exchange(
    account: &LoadedAccount<'_>,
    method: &Method,
    target: &str,
    head: Arc<RequestHead>,
    response: ResponseSummary,
) -> LoggedExchange {
    LoggedExchange {
        at: account.now(),
        duration_us: response.duration_us,
        account: Arc::clone(&account.name),
        asked: RequestTarget::Upload,
        operation: None,
        model: None,
        job: None,
        scenarios: Vec::new(),
        problem: None,
        late: Vec::new(),
        notes: Vec::new(),
        method: method.as_str().to_owned(),
        target: target.to_owned(),
        status: response.status,
        request: LoggedRequest { head, body: LoggedBody::Bytes(Bytes::new()) },
        answer: response.answer,
    }
}
