//! An exchange as it comes from the edge, and the entry that is kept of it.

use std::sync::Arc;

use axum::http::header::{HeaderName, HeaderValue};
use mockreel_contracts::contract::check::rules::Violation;
use mockreel_contracts::problem::Place;
use mockreel_contracts::{Contract, Problem, UnixMillis};
use serde_json::{Map, Value, json};

use super::clause::Refused;
use super::heads::RequestHead;
use super::redact::EntryRedactor;
use super::shown::LoggedBody;
use crate::edge::headers::list_header_texts;
use crate::scenario::RequestKind;

/// What an entry takes beside its texts, in bytes.
const FLAT_BYTES: u64 = 512;

/// A request and its answer as they were on the wire. Holds keys, so it is soon made into a [`JournalEntry`].
pub(crate) struct LoggedExchange {
    /// The account's time.
    pub(crate) at: UnixMillis,
    /// How long it took from the request being there to the answer being ready, in microseconds.
    pub(crate) duration_us: u64,
    /// Who asked, as a digest.
    pub(crate) account: Arc<str>,
    /// Whom.
    pub(crate) asked: RequestTarget,
    /// What was asked for.
    pub(crate) operation: Option<RequestKind>,
    /// The vendor's id of the model.
    pub(crate) model: Option<String>,
    /// The job.
    pub(crate) job: Option<Arc<str>>,
    /// The scenarios that touched it.
    pub(crate) scenarios: Vec<Arc<str>>,
    /// Why it was refused.
    pub(crate) problem: Option<Problem>,
    /// The rules that it broke, where it was accepted all the same and its job fails for them.
    pub(crate) late: Vec<Violation>,
    /// What a developer should know.
    pub(crate) notes: Vec<String>,
    /// As received.
    pub(crate) method: String,
    /// Path and query, without our prefix.
    pub(crate) target: String,
    /// Its status.
    pub(crate) status: u16,
    /// What was sent.
    pub(crate) request: LoggedRequest,
    /// What was answered.
    pub(crate) answer: LoggedAnswer,
}

/// Whom a request was sent to.
#[derive(Clone, Debug)]
pub(crate) enum RequestTarget {
    /// A vendor, by the contract that it was answered by.
    Vendor(Arc<Contract>),
    /// The address of a result: the job's vendor and edition.
    Result(Arc<str>, Arc<str>),
    /// An address where files may be put.
    Upload,
    /// Nobody: no vendor serves the address.
    Nowhere,
}

/// What was sent.
pub(crate) struct LoggedRequest {
    /// The headers.
    pub(crate) head: Arc<RequestHead>,
    /// The body.
    pub(crate) body: LoggedBody,
}

/// What was answered.
pub(crate) struct LoggedAnswer {
    /// The headers.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub(crate) body: LoggedBody,
}

/// Heads without their keys, each made once.
#[derive(Default)]
pub(super) struct CleanHeads(Vec<(Arc<RequestHead>, Arc<RequestHead>)>);

impl CleanHeads {
    fn find(&mut self, head: &Arc<RequestHead>) -> Arc<RequestHead> {
        let known = self.0.iter().rev().find(|(with_keys, _)| Arc::ptr_eq(with_keys, head));
        if let Some((_, clean)) = known {
            return Arc::clone(clean);
        }
        let clean = Arc::new(head.without_keys());
        self.0.push((Arc::clone(head), Arc::clone(&clean)));
        clean
    }
}

impl LoggedExchange {
    /// How many bytes have to be looked at to make an entry.
    pub(crate) fn weight(&self) -> usize {
        self.request.body.weight() + self.answer.body.weight()
    }

    /// About how much memory its entry takes, in bytes.
    pub(super) fn estimate_bytes(&self) -> u64 {
        let sent = self.request.head.texts().iter().map(|(name, value)| name.len() + value.len() + 6);
        let received = self.answer.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 6);
        let text = sent.chain(received).sum::<usize>() + 2 * self.target.len() + self.weight();
        FLAT_BYTES + text as u64
    }

    /// Lets go of the keys in the headers, if nothing else of the exchange has one: then it can stay as it is until somebody
    /// reads the journal. Says whether it did. What callers send in a body can hold anything, so that is made into an entry.
    pub(super) fn drop_keys(&mut self, clean: &mut CleanHeads) -> bool {
        if self.request.head.is_clean() {
            return true;
        }
        let is_plain = self.problem.is_none()
            && self.late.is_empty()
            && self.notes.is_empty()
            && self.scenarios.is_empty()
            && self.request.body.weight() == 0
            && !EntryRedactor::has_secrets(&self.target);
        let LoggedBody::Bytes(answer) = &self.answer.body else { return false };
        let (true, Ok(answer)) = (is_plain, std::str::from_utf8(answer)) else { return false };
        let redactor = self.request.head.redactor(&self.target);
        let texts = [answer, &self.target, &self.method, self.job.as_deref().unwrap_or_default()];
        let texts = texts.into_iter().chain(self.model.as_deref());
        let values = self.answer.headers.iter().map(|(_, value)| value.to_str().unwrap_or_default());
        if !texts.chain(values).all(|text| redactor.is_clean(text)) {
            return false;
        }
        self.request.head = clean.find(&self.request.head);
        true
    }

    /// The entry of that number.
    pub(super) fn entry(&self, id: u64) -> JournalEntry {
        let head = &self.request.head;
        let redactor = head.redactor(&self.target);
        let path = redactor.text(&self.target);
        let method = redactor.text(&self.method);
        let sent = self.request.body.shown(&redactor);
        let violations = self.violations(&redactor, &sent, &format!("{method} {path}"));
        let told = |text: &str| redactor.text(text);
        let answer_headers = self.answer.headers.iter().map(|(name, value)| (name, value));
        let detail = json!({
            "violations": violations,
            "notes": self.notes.iter().map(|note| told(note)).collect::<Vec<_>>(),
            "request": {"headers": head.redact_headers(&self.target), "body": sent},
            "answer": {
                "headers": redactor.headers(&list_header_texts(answer_headers)),
                "body": self.answer.body.shown(&redactor),
            },
        });
        let (vendor, edition) = match &self.asked {
            RequestTarget::Vendor(contract) => (Some(contract.id.clone()), Some(contract.edition.clone())),
            RequestTarget::Result(vendor, edition) => (Some(vendor.to_string()), Some(edition.to_string())),
            RequestTarget::Upload | RequestTarget::Nowhere => (None, None),
        };
        JournalEntry {
            id,
            at: self.at,
            account: Arc::clone(&self.account),
            vendor,
            edition,
            operation: self.operation,
            model: self.model.as_deref().map(told),
            method,
            path,
            status: self.status,
            problem: self.problem.as_ref().map(Problem::name),
            job: self.job.as_deref().map(told),
            scenarios: self.scenarios.iter().map(|name| told(name)).collect(),
            duration_us: self.duration_us,
            detail: detail.to_string(),
        }
    }

    fn violations(&self, redactor: &EntryRedactor, sent: &Value, asked: &str) -> Vec<Value> {
        let RequestTarget::Vendor(contract) = &self.asked else { return Vec::new() };
        if self.problem.is_none() && self.late.is_empty() {
            return Vec::new();
        }
        let held = self.request.head.texts().iter().find(|(name, _)| name == "authorization");
        let key = held.map(|(name, value)| redactor.header(name, value)).unwrap_or_default();
        let refused = Refused {
            contract,
            operation: self.operation,
            model: self.model.as_deref(),
            asked,
            key: &key,
            body: sent,
            redactor,
        };
        match &self.problem {
            Some(problem) => refused.violations(problem),
            None => self.late.iter().map(|violation| refused.member(Place::Body, violation)).collect(),
        }
    }
}

/// A request and its answer, fit to be kept and shown.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEntry {
    /// Its number; later ones are higher.
    pub id: u64,
    /// When it was answered, by the account's clock.
    pub at: UnixMillis,
    /// The account, as a digest.
    pub account: Arc<str>,
    /// The vendor's id; nothing for a file that was put, and for what no vendor serves.
    pub vendor: Option<String>,
    /// The vendor's edition.
    pub edition: Option<String>,
    /// What was asked for; nothing, if no path of the vendor's was asked.
    pub operation: Option<RequestKind>,
    /// The vendor's id of the model, as far as it is known.
    pub model: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// Path and query, without the emulator's own prefix; of what no vendor serves as sent.
    pub path: String,
    /// The HTTP status.
    pub status: u16,
    /// Our name of the problem, if it was refused.
    pub problem: Option<&'static str>,
    /// The vendor's id of the job.
    pub job: Option<String>,
    /// The scenarios that touched it.
    pub scenarios: Vec<String>,
    /// How long it took from the request being there to the answer being ready, in microseconds.
    pub duration_us: u64,
    /// Violations, notes, request and answer, as JSON.
    detail: String,
}

impl JournalEntry {
    /// The whole entry, as the control API gives it out.
    pub fn json(&self) -> Value {
        let detail = self.detail();
        let part = |name: &str| detail.get(name).cloned().unwrap_or_default();
        json!({
            "id": self.id,
            "at": self.at.rfc3339(),
            "account": &*self.account,
            "vendor": self.vendor,
            "edition": self.edition,
            "operation": self.operation,
            "model": self.model,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "problem": self.problem,
            "job": self.job,
            "scenario": (!self.scenarios.is_empty()).then(|| self.scenarios.join(", ")),
            "violations": part("violations"),
            "notes": part("notes"),
            "duration_us": self.duration_us,
            "request": part("request"),
            "answer": part("answer"),
        })
    }

    /// Why it was rejected: one value for each rule that was broken, as in [`JournalEntry::json`].
    pub fn violations(&self) -> Vec<Value> {
        match self.detail().remove("violations") {
            Some(Value::Array(violations)) => violations,
            _ => Vec::new(),
        }
    }

    /// What a developer should know: unknown directives, images that were not fetched.
    pub fn notes(&self) -> Vec<String> {
        let detail = self.detail();
        let notes = detail.get("notes").and_then(Value::as_array).into_iter().flatten();
        notes.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn detail(&self) -> Map<String, Value> {
        serde_json::from_str(&self.detail).unwrap_or_default()
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let texts = [&self.vendor, &self.edition, &self.model, &self.job];
        let lengths = texts.into_iter().flatten().chain(&self.scenarios).map(String::len);
        let lengths = lengths.chain(self.operation.map(|kind| kind.as_str().len()));
        let text = lengths.sum::<usize>() + self.method.len() + self.path.len() + self.detail.len();
        FLAT_BYTES + text as u64
    }
}
