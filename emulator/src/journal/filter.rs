//! The filter of requests, and the points in which another request differs.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use mockreel_contracts::problem::PROBLEM_NAMES;
use mockreel_contracts::{Selector, UnixMillis};

use super::entry::JournalEntry;
use crate::account;
use crate::scenario::{Glob, RequestKind};

/// Requests that are meant: every point that is named must fit.
///
/// ```
/// use mockreel_emulator::journal::RequestFilter;
///
/// let refused = RequestFilter::of("submit").account("the key of the client").problem("rate_limited");
/// assert_eq!(refused.to_string().split(' ').next(), Some("submit"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct RequestFilter {
    operation: Option<String>,
    vendor: Option<String>,
    account: Option<Arc<str>>,
    status: Option<StatusFilter>,
    problem: Option<String>,
    model: Option<Glob>,
    job: Option<String>,
    scenario: Option<String>,
    path: Option<Glob>,
    since: Option<UnixMillis>,
    until: Option<UnixMillis>,
}

/// A status, or a class of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// As in 404.
    Exactly(u16),
    /// The first digit, as in 4xx.
    Class(u16),
}

impl FromStr for StatusFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let class = text.strip_suffix("xx").map(str::parse);
        match (class, text.parse()) {
            (Some(Ok(class @ 1..=5)), _) => Ok(Self::Class(class)),
            (None, Ok(status @ 100..=599)) => Ok(Self::Exactly(status)),
            _ => Err(format!("`{text}` is no status: expected one such as 404, or a class such as 4xx")),
        }
    }
}

impl From<u16> for StatusFilter {
    fn from(status: u16) -> Self {
        Self::Exactly(status)
    }
}

impl fmt::Display for StatusFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(status) => write!(f, "{status}"),
            Self::Class(class) => write!(f, "{class}xx"),
        }
    }
}

impl StatusFilter {
    fn fits(self, status: u16) -> bool {
        match self {
            Self::Exactly(wanted) => status == wanted,
            Self::Class(class) => status / 100 == class,
        }
    }
}

impl RequestFilter {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests of an operation: `submit`, `poll` and so on, or `result` for a download.
    pub fn of(operation: &str) -> Self {
        Self::default().operation(operation)
    }

    /// Of an operation, as [`RequestFilter::of`].
    #[must_use]
    pub fn operation(self, operation: &str) -> Self {
        Self { operation: Some(operation.to_owned()), ..self }
    }

    /// To a vendor, by `ID` or `ID@EDITION`.
    #[must_use]
    pub fn vendor(self, vendor: &str) -> Self {
        Self { vendor: Some(vendor.to_owned()), ..self }
    }

    /// By the account that a key names.
    #[must_use]
    pub fn account(self, key: &str) -> Self {
        self.by(account::digest(key))
    }

    /// By an account.
    #[must_use]
    pub(crate) fn by(self, account: Arc<str>) -> Self {
        Self { account: Some(account), ..self }
    }

    /// Answered with a status.
    #[must_use]
    pub fn status(self, status: impl Into<StatusFilter>) -> Self {
        Self { status: Some(status.into()), ..self }
    }

    /// Refused with a problem, by our name of it, as in `rate_limited`.
    #[must_use]
    pub fn problem(self, name: &str) -> Self {
        Self { problem: Some(name.to_owned()), ..self }
    }

    /// About a model, by the vendor's id; `*` stands for any characters.
    #[must_use]
    pub fn model(self, id: &str) -> Self {
        self.model_like(Glob::new(id))
    }

    /// About a model that fits a pattern.
    #[must_use]
    pub(crate) fn model_like(self, pattern: Glob) -> Self {
        Self { model: Some(pattern), ..self }
    }

    /// About a job, by the vendor's id.
    #[must_use]
    pub fn job(self, id: &str) -> Self {
        Self { job: Some(id.to_owned()), ..self }
    }

    /// Touched by a scenario, by its name or that of its set.
    #[must_use]
    pub fn scenario(self, name: &str) -> Self {
        Self { scenario: Some(name.to_owned()), ..self }
    }

    /// With a path, its query included; `*` stands for any characters.
    #[must_use]
    pub fn path(self, path: &str) -> Self {
        self.path_like(Glob::new(path))
    }

    /// With a path that fits a pattern, its query included.
    #[must_use]
    pub(crate) fn path_like(self, pattern: Glob) -> Self {
        Self { path: Some(pattern), ..self }
    }

    /// Not before a moment of the account's clock.
    #[must_use]
    pub fn since(self, moment: UnixMillis) -> Self {
        Self { since: Some(moment), ..self }
    }

    /// Not after a moment of the account's clock.
    #[must_use]
    pub fn until(self, moment: UnixMillis) -> Self {
        Self { until: Some(moment), ..self }
    }

    /// The account, as a digest, if one is named.
    pub(crate) fn whose(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Whether a request is meant.
    pub fn fits(&self, entry: &JournalEntry) -> bool {
        self.points(entry).all(|point| point.fits)
    }

    /// What is misspelt, if something is: such a name fits nothing, and a test would not notice.
    ///
    /// # Errors
    ///
    /// Says which names there are.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(name) = &self.operation {
            operation_named(name)?;
        }
        if let Some(name) = &self.vendor {
            mockreel_contracts::vendor(name)?;
        }
        if let Some(name) = self.problem.as_deref().filter(|name| !PROBLEM_NAMES.contains(name)) {
            return Err(format!("there is no problem `{name}`; there are {}", PROBLEM_NAMES.join(", ")));
        }
        Ok(())
    }

    /// The points that are named, each with what was seen of it.
    pub(crate) fn points<'a>(&'a self, entry: &'a JournalEntry) -> impl Iterator<Item = Point> + 'a {
        let fits_pattern = |pattern: &Option<Glob>, seen: Option<&str>| {
            pattern.as_ref().zip(seen).is_some_and(|(pattern, seen)| pattern.fits(seen))
        };
        let vendor = |wanted: &String| {
            let selector = Selector::parse(wanted).ok();
            let edition = entry.edition.as_deref().unwrap_or_default();
            selector.is_some_and(|held| Some(&held.vendor) == entry.vendor.as_ref() && held.admits(edition))
        };
        let called = |wanted: &String| {
            entry.scenarios.iter().any(|name| {
                name.strip_prefix(wanted.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
            })
        };
        let problem = entry.problem.map(str::to_owned);
        let scenario = Some(entry.scenarios.join(", ")).filter(|names| !names.is_empty());
        let place = match (&entry.vendor, &entry.edition) {
            (Some(vendor), Some(edition)) if self.vendor.as_ref().is_some_and(|held| held.contains('@')) => {
                Some(format!("{vendor}@{edition}"))
            }
            (vendor, _) => vendor.clone(),
        };
        let status = match entry.problem {
            Some(problem) => format!("{} ({problem})", entry.status),
            None => entry.status.to_string(),
        };
        let known = [
            Point::new(
                "operation",
                self.operation.as_ref(),
                entry.operation.map(|kind| kind.to_string()),
                |name| RequestKind::named(name).is_some_and(|kind| entry.operation == Some(kind)),
            ),
            Point::new("vendor", self.vendor.as_ref(), place, vendor),
            Point::new(
                "account",
                self.account.as_ref().map(short).as_ref(),
                Some(short(&entry.account)),
                |_| self.account.as_ref() == Some(&entry.account),
            ),
            Point::new("status", self.status.map(|held| held.to_string()).as_ref(), Some(status), |_| {
                self.status.is_some_and(|held| held.fits(entry.status))
            }),
            Point::new("problem", self.problem.as_ref(), problem, |held| {
                entry.problem == Some(held.as_str())
            }),
            Point::new(
                "model",
                self.model.as_ref().map(Glob::to_string).as_ref(),
                entry.model.clone(),
                |_| fits_pattern(&self.model, entry.model.as_deref()),
            ),
            Point::new("job", self.job.as_ref(), entry.job.clone(), |held| Some(held) == entry.job.as_ref()),
            Point::new("scenario", self.scenario.as_ref(), scenario, called),
            Point::new(
                "path",
                self.path.as_ref().map(Glob::to_string).as_ref(),
                Some(entry.path.clone()),
                |_| fits_pattern(&self.path, Some(&entry.path)),
            ),
            Point::new(
                "since",
                self.since.map(UnixMillis::rfc3339).as_ref(),
                Some(entry.at.rfc3339()),
                |_| self.since.is_some_and(|since| entry.at >= since),
            ),
            Point::new(
                "until",
                self.until.map(UnixMillis::rfc3339).as_ref(),
                Some(entry.at.rfc3339()),
                |_| self.until.is_some_and(|until| entry.at <= until),
            ),
        ];
        known.into_iter().flatten()
    }
}

impl fmt::Display for RequestFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation.as_deref().unwrap_or("any request"))?;
        let told: [(&str, Option<String>); 10] = [
            ("to", self.vendor.clone()),
            ("by account", self.account.as_ref().map(short)),
            ("answered with status", self.status.map(|status| status.to_string())),
            ("refused as", self.problem.clone()),
            ("for model", self.model.as_ref().map(Glob::to_string)),
            ("about job", self.job.clone()),
            ("under scenario", self.scenario.clone()),
            ("at path", self.path.as_ref().map(Glob::to_string)),
            ("since", self.since.map(UnixMillis::rfc3339)),
            ("until", self.until.map(UnixMillis::rfc3339)),
        ];
        told.into_iter()
            .filter_map(|(word, text)| text.map(|text| (word, text)))
            .try_for_each(|(word, text)| write!(f, " {word} {text}"))
    }
}

/// A point that was named, beside what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) name: &'static str,
    pub(crate) wanted: String,
    /// Nothing, if the request has no such thing.
    pub(crate) seen: Option<String>,
    pub(crate) fits: bool,
}

impl Point {
    fn new(
        name: &'static str,
        wanted: Option<&String>,
        seen: Option<String>,
        fits: impl Fn(&String) -> bool,
    ) -> Option<Self> {
        wanted.map(|wanted| Self { name, wanted: wanted.clone(), seen, fits: fits(wanted) })
    }
}

/// The start of a digest that people see.
fn short(account: &Arc<str>) -> String {
    account.get(..8).unwrap_or(account).to_owned()
}

/// Whether there is such an operation.
fn operation_named(name: &str) -> Result<(), String> {
    if RequestKind::named(name).is_some() {
        return Ok(());
    }
    let mut known = RequestKind::names();
    let last = known.next_back().unwrap_or_default();
    Err(format!(
        "there is no operation `{name}`; there are {} and {last}",
        known.collect::<Vec<_>>().join(", ")
    ))
}
