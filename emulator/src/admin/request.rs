//! The request to the control API: path, query, account and body, and the errors that it can have.

use std::sync::Arc;

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use serde_json::error::Category;
use serde_json::{Value, json};

use super::route::Route;
use crate::account::{bearer_key, digest};
use crate::app::App;
use crate::edge::incoming::bounds::{self, BoundExceeded};
use crate::handles::HandleError;
use crate::journal::EntryRedactor;

/// How many entries a listing shows unless the request says otherwise.
const DEFAULT_LIMIT: usize = 100;

/// How many entries a listing shows at most.
const MAX_LIMIT: usize = 1_000;

/// A page of a listing.
#[derive(Clone, Copy)]
pub(super) struct Page {
    /// How many entries it has at most.
    pub(super) limit: usize,
    /// How many stand before it.
    pub(super) offset: usize,
}

impl Page {
    /// The entries of this page.
    pub(super) fn cut_out<T>(self, entries: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        entries.into_iter().skip(self.offset).take(self.limit)
    }
}

/// A request to the control API, everything read.
pub(super) struct AdminRequest<'a> {
    pub(super) app: &'a Arc<App>,
    pub(super) method: Method,
    /// The path below `/__admin/`, percent-encoding undone in each segment.
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) account: AccountScope,
    pub(super) body: Value,
    /// The body as it came, for what tells mistakes by line and column.
    pub(super) text: String,
    pub(super) base: String,
    /// The key that names the account, to be taken out of what is kept.
    pub(super) redactor: EntryRedactor,
}

/// The accounts that a request concerns.
pub(super) enum AccountScope {
    /// None was named.
    Unnamed,
    /// `?account=*`.
    All,
    /// One account, as a digest.
    One(Arc<str>),
}

/// The result of a request: a body, or an error.
pub(super) type AdminResult = Result<Value, AdminError>;

/// The reason why a request was not carried out.
pub(super) struct AdminError {
    pub(super) status: StatusCode,
    pub(super) detail: String,
    /// The methods that there are, where the method is what was wrong.
    pub(super) allowed: Option<String>,
}

impl AdminError {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), allowed: None }
    }

    pub(super) fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }
}

impl From<HandleError> for AdminError {
    fn from(error: HandleError) -> Self {
        let status = match &error {
            HandleError::UnknownJob(_) => StatusCode::NOT_FOUND,
            HandleError::NeverEnds(_) | HandleError::Refused(_) => StatusCode::CONFLICT,
        };
        Self::new(status, error.to_string())
    }
}

impl<'a> AdminRequest<'a> {
    /// Reads a request whose body has come.
    pub(super) fn read(
        app: &'a Arc<App>,
        head: &Parts,
        route: Route,
        body: &[u8],
        base: String,
    ) -> Result<Self, AdminError> {
        let Route { path, query } = route;
        let text = String::from_utf8_lossy(body).into_owned();
        let body = if body.is_empty() { json!({}) } else { read_json(body)? };
        let named = query.iter().find(|(name, _)| name == "account").map(|(_, key)| key.as_str());
        let bearer = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(bearer_key);
        let redactor = EntryRedactor::of_key(named.filter(|key| *key != "*").or(bearer).unwrap_or_default());
        let account = match (named, bearer) {
            (Some("*"), _) => AccountScope::All,
            (Some(key), _) | (None, Some(key)) => AccountScope::One(digest(key)),
            (None, None) => AccountScope::Unnamed,
        };
        Ok(AdminRequest {
            app,
            method: head.method.clone(),
            path,
            query,
            account,
            body,
            text,
            base,
            redactor,
        })
    }

    /// A query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// The error of a write without an account.
    pub(super) fn account_missing(&self) -> AdminError {
        AdminError::bad(
            "name the account by its key in `Authorization: Bearer KEY` or `?account=KEY`, or `?account=*` for all",
        )
    }

    /// Refuses unknown members, so that a misspelt request is not half carried out.
    pub(super) fn allow_members(&self, known: &[&str]) -> Result<(), AdminError> {
        let members = self.body.as_object().ok_or_else(|| AdminError::bad("the body is no JSON object"))?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) if known.is_empty() => {
                Err(AdminError::bad(format!("nobody knows `{name}`: this order takes no members")))
            }
            Some(name) => {
                Err(AdminError::bad(format!("nobody knows `{name}`; this order takes {}", known.join(", "))))
            }
            None => Ok(()),
        }
    }

    /// A query parameter that is a whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, AdminError> {
        let text = self.parameter(name);
        text.map(|text| {
            text.parse()
                .map_err(|_| AdminError::bad(format!("`{name}` is `{text}`: expected a whole number")))
        })
        .transpose()
    }

    /// The page of a listing that is asked for.
    pub(super) fn page(&self) -> Result<Page, AdminError> {
        let limit = self.number("limit")?.unwrap_or(DEFAULT_LIMIT);
        if limit > MAX_LIMIT {
            return Err(AdminError::bad(format!(
                "`limit` is {limit}: expected at most {MAX_LIMIT}; page with `offset`"
            )));
        }
        Ok(Page { limit, offset: self.number("offset")?.unwrap_or(0) })
    }

    /// Says in an answer whether the one account that it concerns was ever seen: a key that is misspelt has no entries
    /// either.
    pub(super) async fn say_whether_known(&self, mut answer: Value) -> Value {
        if let AccountScope::One(account) = &self.account {
            answer["known"] = self.app.knows_account(account).await.into();
        }
        answer
    }

    /// The one account that it concerns, if there is one.
    pub(super) fn one_account(&self) -> Option<Arc<str>> {
        match &self.account {
            AccountScope::One(account) => Some(Arc::clone(account)),
            AccountScope::Unnamed | AccountScope::All => None,
        }
    }
}

/// Reads the body of an order.
fn read_json(body: &[u8]) -> Result<Value, AdminError> {
    if let Err(bound @ BoundExceeded::JsonValues) = bounds::check_json(body) {
        return Err(AdminError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body holds {bound}: send fewer"),
        ));
    }
    serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        AdminError::bad(match error.classify() {
            Category::Eof => format!("the body is no JSON: it breaks off at {place}"),
            Category::Io | Category::Syntax | Category::Data => {
                format!("the body is no JSON: {what}, found something else at {place}")
            }
        })
    })
}
