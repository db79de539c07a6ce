//! The journal: every request and answer, fit to be kept, and why it was rejected.
//!
//! An exchange is made into an entry when its answer is ready: keys become digests, images become
//! their size and digest. Entries are in a ring bounded by count and bytes; what was dropped is counted.
//! Requests that a test expects are counted as requests come, so that it does not depend on those bounds.

mod clause;
mod entry;
mod filter;
mod line;
mod redact;
mod ring;
mod secrets;
mod shown;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::entry::JournalEntry;
pub(crate) use self::entry::{LoggedExchange, LoggedMessage, RequestTarget};
pub use self::filter::{RequestFilter, StatusFilter};
use self::line::log_entry;
pub(crate) use self::redact::EntryRedactor;
use self::ring::{Bounds, Ring};
pub(crate) use self::shown::{FormPart, LoggedBody};
use crate::expect::{Expectation, TrackedExpectation, Unmet};
use crate::settings::Limits;

/// From this size on, in bytes, an exchange is made into an entry off the threads that answer.
const LARGE_BYTES: usize = 64 * 1024;

/// The journal of one emulator.
#[derive(Debug)]
pub(crate) struct Journal {
    next: AtomicU64,
    held: Mutex<JournalState>,
}

#[derive(Debug)]
struct JournalState {
    ring: Ring,
    watched: Vec<TrackedExpectation>,
}

impl Journal {
    /// An empty one.
    pub(crate) fn new(limits: &Limits) -> Self {
        let bounds = Bounds { entries: limits.journal_entries, bytes: limits.journal_bytes };
        Self {
            next: AtomicU64::new(1),
            held: Mutex::new(JournalState { ring: Ring::new(bounds), watched: Vec::new() }),
        }
    }

    fn held(&self) -> MutexGuard<'_, JournalState> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an entry. Takes as long as the exchange is large.
    pub(crate) fn record(&self, exchange: LoggedExchange) {
        let entry = Arc::new(exchange.entry(self.next.fetch_add(1, Ordering::Relaxed)));
        log_entry(&entry);
        let mut held = self.held();
        held.watched.iter_mut().for_each(|watched| watched.see(&entry));
        held.ring.push(entry);
    }

    /// Makes an entry before the answer goes out, so that a caller who has the answer finds the entry.
    ///
    /// A large one is made elsewhere, so that other connections do not wait; and to its end, also if this one breaks.
    pub(crate) async fn keep(self: &Arc<Self>, exchange: LoggedExchange) {
        if exchange.weight() < LARGE_BYTES {
            return self.record(exchange);
        }
        let journal = Arc::clone(self);
        if tokio::task::spawn_blocking(move || journal.record(exchange)).await.is_err() {
            tracing::error!("an exchange could not be written down");
        }
    }

    /// The entries that are meant, newest first.
    pub(crate) fn list(&self, wanted: &RequestFilter) -> Vec<Arc<JournalEntry>> {
        let mut found = self.held().ring.newest_first(wanted.whose());
        found.retain(|entry| wanted.fits(entry));
        found
    }

    /// How many entries of one account, or of all, had to make room.
    pub(crate) fn dropped(&self, account: Option<&str>) -> u64 {
        self.held().ring.dropped(account)
    }

    /// Whether an account has entries, or had some that had to make room.
    pub(crate) fn knows_account(&self, account: &str) -> bool {
        self.held().ring.knows_account(account)
    }

    /// Forgets the entries of one account, or all. What is expected stays counted.
    pub(crate) fn forget(&self, account: Option<&str>) -> u64 {
        self.held().ring.forget(account)
    }

    /// Counts requests from now on.
    pub(crate) fn expect(&self, expectation: Expectation) {
        let from = self.next.load(Ordering::Relaxed);
        self.held().watched.push(TrackedExpectation::new(expectation, from));
    }

    /// Whether everything that was expected has come; it is not expected any more.
    pub(crate) fn verify(&self) -> Result<(), Unmet> {
        let mut held = self.held();
        let watched = std::mem::take(&mut held.watched);
        match Unmet::among(&watched, &held.ring.newest_first(None), held.ring.dropped(None)) {
            None => Ok(()),
            Some(unmet) => Err(unmet),
        }
    }
}
