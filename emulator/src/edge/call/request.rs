//! The request on a vendor's path as it was read, and the context of its call.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use axum::http::{Method, StatusCode};
use mockreel_contracts::contract::check::route::Matched;
use mockreel_contracts::contract::check::schema::look_up;
use mockreel_contracts::contract::model::operation::IdPlace;
use mockreel_contracts::problem::Malformation;
use mockreel_contracts::{Contract, Exchange, Model, Operation, Problem, UnixMillis};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::own_limit::OwnLimit;
use crate::app::App;
use crate::edge::incoming::Received;
use crate::edge::incoming::bounds::BoundExceeded;
use crate::edge::incoming::head::HeadFlaw;
use crate::journal::RequestHead;
use crate::served::ServedVendor;
use crate::state::job::JobKey;

/// A request on a vendor's path, everything read.
pub(in crate::edge) struct VendorRequest {
    /// The method as received.
    pub(super) method: Method,
    /// Path and query, without our prefix.
    pub(super) target: String,
    /// The headers.
    pub(super) head: Arc<RequestHead>,
    /// The body.
    pub(super) body: Received,
    query: OnceLock<Value>,
    /// Why its head is refused.
    flaw: Option<HeadFlaw>,
    /// The first limit of the emulator's own that it met.
    own_limit: OnceLock<OwnLimit>,
}

/// What was received beside method and target.
pub(in crate::edge) struct ReceivedParts {
    /// The headers.
    pub(in crate::edge) head: Arc<RequestHead>,
    /// The body.
    pub(in crate::edge) body: Received,
    /// Why the head is refused, if it is.
    pub(in crate::edge) flaw: Option<HeadFlaw>,
}

impl VendorRequest {
    pub(in crate::edge) fn new(method: Method, target: String, parts: ReceivedParts) -> Self {
        let ReceivedParts { head, body, flaw } = parts;
        Self { method, target, head, body, query: OnceLock::new(), flaw, own_limit: OnceLock::new() }
    }

    /// The path, without its query.
    pub(super) fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The parameters of the query as they come.
    fn query_pairs(&self) -> form_urlencoded::Parse<'_> {
        let text = self.target.split_once('?').map_or("", |(_, query)| query);
        // Of a query that is refused for its length no parameter is read.
        let text = if self.flaw == Some(HeadFlaw::QueryPairs) { "" } else { text };
        form_urlencoded::parse(text.as_bytes())
    }

    /// A parameter of the query; of one given twice the first counts.
    pub(in crate::edge) fn query_value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The query as an object of texts; of a parameter given twice the first counts.
    pub(in crate::edge) fn query(&self) -> &Value {
        self.query.get_or_init(|| {
            let mut members = Map::new();
            for (name, value) in self.query_pairs() {
                members.entry(name.into_owned()).or_insert_with(|| value.into_owned().into());
            }
            Value::Object(members)
        })
    }

    /// Notes that it met a limit of the emulator's own. The first counts.
    pub(in crate::edge) fn meet_limit(&self, limit: OwnLimit) {
        let _ = self.own_limit.set(limit);
    }

    /// The limit of the emulator's own that it met.
    pub(super) fn own_limit(&self) -> Option<OwnLimit> {
        match (&self.body, self.flaw) {
            (_, Some(HeadFlaw::Unreadable(status, _))) if status != StatusCode::BAD_REQUEST => {
                Some(OwnLimit::Head)
            }
            (_, Some(HeadFlaw::QueryPairs)) => Some(OwnLimit::Bound(BoundExceeded::QueryPairs)),
            (Received::Silent(_) | Received::Slow(..), _) => Some(OwnLimit::BodyTime),
            _ => self.own_limit.get().cloned(),
        }
    }

    /// The problem for which it is refused before anybody looks at what it asks for.
    pub(super) fn refusal(&self) -> Option<Problem> {
        if let Some(flaw) = self.flaw {
            return Some(flaw.problem());
        }
        match &self.body {
            Received::Broken => Some(Problem::Malformed(Malformation::Json("the body broke off".to_owned()))),
            Received::Silent(_) | Received::Slow(..) => {
                let status = StatusCode::REQUEST_TIMEOUT.as_u16();
                let detail = match self.body {
                    Received::Slow(..) => "the body came too slowly",
                    _ => "the body never came",
                };
                let detail = detail.to_owned();
                Some(Problem::Malformed(Malformation::Http { status, detail }))
            }
            Received::Whole(_) | Received::TooLarge | Received::Encoded(..) | Received::Undecodable(_) => {
                None
            }
        }
    }

    /// Whether its connection ends with the answer: where the request ends is not known.
    pub(super) fn ends_connection(&self) -> bool {
        self.flaw.is_some()
            || matches!(self.body, Received::Broken | Received::Silent(_) | Received::Slow(..))
    }

    /// What a developer should know about how it came.
    pub(super) fn note(&self) -> Option<String> {
        if let Some(flaw) = self.flaw {
            return Some(flaw.to_string());
        }
        match &self.body {
            Received::Broken => Some("the body broke off; the request was not carried out".to_owned()),
            Received::Silent(silence) => Some(format!(
                "no byte of the body came for {} s; the request was not carried out, and the connection is closed",
                silence.as_secs_f64()
            )),
            Received::Slow(bytes, time) => Some(format!(
                "only {bytes} bytes of the body came within {} s; the request was not carried out, and the connection is closed",
                time.as_secs_f64()
            )),
            Received::Encoded(encoding, _) => Some(format!(
                "the body has the content encoding `{encoding}`, which this vendor is not known to take: send the body as it is, or, where the option `request_encoding` is `gzip`, as gzip or deflate"
            )),
            Received::Undecodable(why) => Some(why.clone()),
            Received::Whole(_) | Received::TooLarge => None,
        }
    }

    /// The text of a body of which nothing could be read as `parsed`.
    pub(super) fn unread_text(&self, parsed: &Value) -> Option<&str> {
        match &self.body {
            Received::Whole(bytes) if parsed.is_null() => std::str::from_utf8(bytes).ok(),
            Received::Whole(_)
            | Received::TooLarge
            | Received::Broken
            | Received::Silent(_)
            | Received::Slow(..)
            | Received::Encoded(..)
            | Received::Undecodable(_) => None,
        }
    }

    /// Every value of a header, by its lower-case name.
    pub(super) fn headers_named(&self, name: &str) -> Vec<&str> {
        let named = self.head.texts().iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a header, by its lower-case name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.texts().iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The context of a call: the request, and the vendor that answers it. Nothing in it changes.
#[derive(Clone, Copy)]
pub(in crate::edge) struct CallContext<'a> {
    /// The application state.
    pub(in crate::edge) app: &'a App,
    /// The vendor, with the options that it has for this request.
    pub(in crate::edge) served: &'a ServedVendor,
    /// The request.
    pub(in crate::edge) request: &'a VendorRequest,
    /// The start of every address in the response.
    pub(in crate::edge) base: &'a str,
    /// The most bytes that a body may have.
    pub(in crate::edge) limit_bytes: u64,
    /// What stands before the vendor's own paths here; empty by port and by host.
    pub(in crate::edge) prefix: &'a str,
}

impl<'a> CallContext<'a> {
    pub(in crate::edge) fn contract(&self) -> &'a Contract {
        &self.served.vendor.contract
    }

    /// The value of a header, by its lower-case name.
    pub(in crate::edge) fn header(&self, name: &str) -> Option<&str> {
        self.request.header(name)
    }

    /// The exchange as a dialect sees it, at a time of the account.
    pub(in crate::edge) fn exchange(&self, now: UnixMillis, entropy: [u8; 32]) -> Exchange<'a> {
        Exchange {
            contract: self.contract(),
            options: &self.served.options,
            method: self.request.method.as_str(),
            target: &self.request.target,
            headers: self.request.head.texts(),
            now,
            entropy,
        }
    }

    /// Whether only the head of the answer is asked for: such a request is safe, and changes nothing (RFC 9110, 9.2.1).
    pub(in crate::edge) fn is_head(&self) -> bool {
        self.request.method == Method::HEAD
    }

    /// Matches the operation that is asked for.
    pub(super) fn match_operation(&self) -> Result<Matched<'a>, Problem> {
        let path = self.request.path();
        // A HEAD is a GET whose answer is cut off after its headers.
        let method = if self.request.method == Method::HEAD { "GET" } else { self.request.method.as_str() };
        let route = self.contract().route(&self.served.options, method, path);
        route.map_err(|none| Problem::UnknownRoute { allowed: none.allowed })
    }

    /// The methods that the path has, as a header lists them.
    pub(super) fn allowed_methods(&self) -> String {
        let route = self.contract().route(&self.served.options, "", self.request.path());
        let mut allowed = route.err().map(|none| none.allowed).unwrap_or_default();
        if allowed.iter().any(|method| method == "GET") {
            allowed.push("HEAD".to_owned());
        }
        if self.contract().cors.is_some() {
            allowed.push("OPTIONS".to_owned());
        }
        allowed.join(", ")
    }

    /// Finds the model that the path fixes or the body names, if the vendor has it.
    pub(super) fn known_model(&self, matched: &Matched<'_>, body: &Value) -> Option<&'a Model> {
        let named = matched.operation.model_at.as_ref().and_then(|pointer| look_up(body, pointer)?.as_str());
        let segment = || {
            (matched.name == Operation::Model).then(|| matched.segments.first().map(|(_, id)| id.as_str()))?
        };
        let id = matched.route.model.as_deref().or(named).or_else(segment)?;
        self.contract().models.get(id)
    }

    /// Reads the id of the job that the request names.
    pub(super) fn job_id(&self, matched: &Matched<'_>) -> Option<String> {
        match matched.operation.job_id.as_ref()? {
            IdPlace::Path(name) => Some(matched.segment(name).unwrap_or_default().to_owned()),
            IdPlace::Query(name) => Some(self.request.query_value(name).unwrap_or_default().into_owned()),
        }
    }

    /// The key of a job of an account.
    pub(super) fn job_key(&self, account: &Arc<str>, id: &str) -> JobKey {
        JobKey { account: Arc::clone(account), vendor: self.served.id(), id: Arc::from(id) }
    }
}
