//! Expectations of a test of its client: requests that come, and requests that do not.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::journal::{JournalEntry, RequestFilter};

/// How many of the nearest requests are shown.
const MAX_NEAREST: usize = 3;

/// How many of too many requests are shown.
const MAX_SURPLUS: usize = 5;

/// How often requests are expected.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use mockreel_emulator::Emulator;
/// use mockreel_emulator::expect::Expectation;
///
/// let emulator = Emulator::builder().start().await.unwrap();
/// emulator.expect(Expectation::of("submit").account("the client's key").status(200).times(2));
/// emulator.expect(Expectation::of("poll").problem("rate_limited").never());
/// // The client under test does nothing here, so the first expectation is not met.
/// let unmet = emulator.verify().await.unwrap_err();
/// assert!(unmet.to_string().contains("expected 2 requests, 0 were seen: submit"));
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Expectation {
    filter: RequestFilter,
    least: u64,
    /// Nothing, if there may be any number.
    most: Option<u64>,
}

impl Expectation {
    /// Requests of an operation, to be narrowed down and counted; at least one, unless it is said how many.
    pub fn of(operation: &str) -> RequestFilter {
        RequestFilter::of(operation)
    }

    /// So many, or more.
    #[must_use]
    pub fn at_least(self, least: u64) -> Self {
        Self { least, ..self }
    }

    /// So many, or fewer.
    #[must_use]
    pub fn at_most(self, most: u64) -> Self {
        Self { most: Some(most), ..self }
    }
}

impl From<RequestFilter> for Expectation {
    fn from(filter: RequestFilter) -> Self {
        Self { filter, least: 1, most: None }
    }
}

impl RequestFilter {
    /// Just so many.
    pub fn times(self, count: u64) -> Expectation {
        Expectation { filter: self, least: count, most: Some(count) }
    }

    /// So many, or more.
    pub fn at_least(self, least: u64) -> Expectation {
        Expectation { filter: self, least, most: None }
    }

    /// So many, or fewer; also none.
    pub fn at_most(self, most: u64) -> Expectation {
        Expectation { filter: self, least: 0, most: Some(most) }
    }

    /// None.
    pub fn never(self) -> Expectation {
        self.times(0)
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests =
            |count: u64| if count == 1 { "1 request".to_owned() } else { format!("{count} requests") };
        match (self.least, self.most) {
            (0, Some(0)) => f.write_str("no request"),
            (least, Some(most)) if least == most => f.write_str(&requests(least)),
            (least, None) => write!(f, "at least {}", requests(least)),
            (0, Some(most)) => write!(f, "at most {}", requests(most)),
            (least, Some(most)) => write!(f, "{least} to {}", requests(most)),
        }
    }
}

/// An expectation, and how often it was met since.
#[derive(Clone, Debug)]
pub(crate) struct TrackedExpectation {
    expectation: Expectation,
    seen: u64,
    /// The number of the first entry that counts.
    from: u64,
}

impl TrackedExpectation {
    pub(crate) fn new(expectation: Expectation, from: u64) -> Self {
        Self { expectation, seen: 0, from }
    }

    /// Counts a request if it is meant.
    pub(crate) fn see(&mut self, entry: &JournalEntry) {
        self.seen += u64::from(entry.id >= self.from && self.expectation.filter.fits(entry));
    }

    fn is_met(&self) -> bool {
        let Expectation { filter, least, most } = &self.expectation;
        filter.check().is_ok() && self.seen >= *least && most.is_none_or(|most| self.seen <= most)
    }
}

/// What was expected and did not come, or came and was not expected.
#[derive(Clone, Debug, Error)]
pub struct Unmet {
    /// How many expectations there were.
    expected: usize,
    misses: Vec<Miss>,
    dropped: u64,
}

#[derive(Clone, Debug)]
struct Miss {
    watched: TrackedExpectation,
    /// What is misspelt.
    wrong: Option<String>,
    /// Requests that are told, each with the points in which it differs.
    shown: Vec<(Arc<JournalEntry>, Vec<String>)>,
    /// How many that are meant came before they were expected.
    early: usize,
}

impl Unmet {
    /// What is not met. `entries` are newest first.
    pub(crate) fn among(
        watched: &[TrackedExpectation],
        entries: &[Arc<JournalEntry>],
        dropped: u64,
    ) -> Option<Self> {
        let misses: Vec<Miss> = watched
            .iter()
            .filter(|watched| !watched.is_met())
            .map(|watched| Miss::new(watched.clone(), entries))
            .collect();
        (!misses.is_empty()).then_some(Self { expected: watched.len(), misses, dropped })
    }
}

impl Miss {
    fn new(watched: TrackedExpectation, entries: &[Arc<JournalEntry>]) -> Self {
        let filter = &watched.expectation.filter;
        let early = entries.iter().filter(|entry| entry.id < watched.from && filter.fits(entry)).count();
        let mut shown: Vec<(Arc<JournalEntry>, Vec<String>)> = entries
            .iter()
            .filter(|entry| entry.id >= watched.from)
            .map(|entry| (Arc::clone(entry), differences(filter, entry)))
            .collect();
        if watched.seen < watched.expectation.least {
            shown.retain(|(_, differences)| !differences.is_empty());
            // The sort is stable, so of requests that are as near the latest come first.
            shown.sort_by_key(|(_, differences)| differences.len());
            shown.truncate(MAX_NEAREST);
        } else {
            shown.retain(|(_, differences)| differences.is_empty());
            shown.truncate(MAX_SURPLUS);
        }
        let wrong = filter.check().err();
        Self { wrong, shown, early, watched }
    }
}

fn differences(filter: &RequestFilter, entry: &JournalEntry) -> Vec<String> {
    let different = filter.points(entry).filter(|point| !point.fits);
    different
        .map(|point| match point.seen {
            Some(seen) => format!("{} is {seen}, not {}", point.name, point.wanted),
            None => format!("no {}, not {}", point.name, point.wanted),
        })
        .collect()
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let are = if self.misses.len() == 1 { "is" } else { "are" };
        write!(f, "{} of {} expectations {are} not met", self.misses.len(), self.expected)?;
        for miss in &self.misses {
            write!(f, "\n{miss}")?;
        }
        if self.dropped > 0 {
            write!(
                f,
                "\n{} older requests are no longer in the journal: they were counted, but cannot be shown",
                self.dropped
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TrackedExpectation { expectation, seen, .. } = &self.watched;
        let were = if *seen == 1 { "was" } else { "were" };
        write!(f, "\nexpected {expectation}, {seen} {were} seen: {}", expectation.filter)?;
        if let Some(wrong) = &self.wrong {
            write!(f, "\n  {wrong}")?;
        }
        if self.early > 0 {
            write!(
                f,
                "\n  {} more came before they were expected, and do not count: expect first",
                self.early
            )?;
        }
        let few = *seen < expectation.least;
        match (self.shown.is_empty(), few) {
            (true, true) => return f.write_str("\n  no other request came either"),
            (true, false) => return Ok(()),
            (false, true) => f.write_str("\n  the nearest that came:")?,
            (false, false) => f.write_str("\n  these came:")?,
        }
        for (entry, differences) in &self.shown {
            write!(f, "\n    #{} {} {}: {}", entry.id, entry.method, entry.path, entry.status)?;
            if !differences.is_empty() {
                write!(f, "; {}", differences.join("; "))?;
            }
        }
        Ok(())
    }
}
