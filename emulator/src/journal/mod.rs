//! The journal: every request and answer, fit to be kept, and why it was rejected.
//!
//! An exchange is taken as it was on the wire when its answer is ready. As soon as somebody reads the journal it is made
//! into an entry: keys become digests, images become their size and digest. So no request waits for that, and what is
//! dropped before costs nothing. Keys do not stay for that long: what holds one is made into an entry a moment later. Exchanges and entries are in a ring bounded by count and bytes; what was
//! dropped is counted. Requests that a test expects are counted as requests come, so that it does not depend on those bounds.

mod clause;
mod entry;
mod filter;
mod heads;
mod line;
mod redact;
mod ring;
mod secrets;
mod shown;
mod slot;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;

use self::entry::CleanHeads;
pub use self::entry::JournalEntry;
pub(crate) use self::entry::{LoggedAnswer, LoggedExchange, LoggedRequest, RequestTarget};
pub use self::filter::{RequestFilter, StatusFilter};
use self::heads::KnownHeads;
pub(crate) use self::heads::RequestHead;
use self::line::log_entry;
pub(crate) use self::redact::EntryRedactor;
use self::ring::{Bounds, Ring};
pub(crate) use self::shown::{FormPart, LoggedBody};
use self::slot::Slot;
use crate::expect::{Expectation, TrackedExpectation, Unmet};
use crate::settings::Limits;

/// From this size on, in bytes, an exchange is made into an entry off the threads that answer.
const LARGE_BYTES: usize = 64 * 1024;

/// How long an exchange with a key in it stays as it was on the wire, if nobody reads the journal.
const WRITE_DELAY: Duration = Duration::from_secs(2);

/// The journal of one emulator.
#[derive(Debug)]
pub(crate) struct Journal {
    next: AtomicU64,
    held: Mutex<JournalState>,
    heads: KnownHeads,
    /// Whether exchanges or heads may hold keys, and somebody is about to see to it.
    is_behind: AtomicBool,
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
            heads: KnownHeads::default(),
            is_behind: AtomicBool::new(false),
        }
    }

    fn held(&self) -> MutexGuard<'_, JournalState> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an entry. Takes as long as the exchange is large.
    pub(crate) fn record(&self, exchange: &LoggedExchange) {
        let entry = Arc::new(exchange.entry(self.next.fetch_add(1, Ordering::Relaxed)));
        log_entry(&entry);
        self.push(Slot::of_entry(entry));
    }

    fn push(&self, slot: Slot) {
        let slot = Arc::new(slot);
        let mut held = self.held();
        if !held.watched.is_empty() {
            let entry = slot.entry();
            held.watched.iter_mut().for_each(|watched| watched.see(&entry));
        }
        held.ring.push(slot);
    }

    /// Keeps an exchange before the answer goes out, so that a caller who has the answer finds the entry.
    ///
    /// The entry is made a moment later. That of a large exchange is made at once, to be rid of its bytes: elsewhere, so that
    /// other connections do not wait; and to its end, also if this one breaks.
    pub(crate) async fn keep(self: &Arc<Self>, exchange: LoggedExchange) {
        if exchange.weight() < LARGE_BYTES {
            if tracing::enabled!(tracing::Level::INFO) {
                return self.record(&exchange);
            }
            self.push(Slot::new(self.next.fetch_add(1, Ordering::Relaxed), exchange));
            return self.catch_up_soon();
        }
        let journal = Arc::clone(self);
        if tokio::task::spawn_blocking(move || journal.record(&exchange)).await.is_err() {
            tracing::error!("an exchange could not be written down");
        }
    }

    /// The head of a request with these headers. It is known for a moment only.
    pub(crate) fn find_head(self: &Arc<Self>, headers: &HeaderMap) -> Arc<RequestHead> {
        self.catch_up_soon();
        self.heads.find(headers)
    }

    /// Sees to it that no key in the exchanges and heads so far stays.
    fn catch_up_soon(self: &Arc<Self>) {
        if self.is_behind.swap(true, Ordering::AcqRel) {
            return;
        }
        let journal = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(WRITE_DELAY).await;
            let Some(journal) = journal.upgrade() else { return };
            if tokio::task::spawn_blocking(move || journal.catch_up()).await.is_err() {
                tracing::error!("exchanges could not be written down");
            }
        });
    }

    /// Makes exchanges into entries, or lets go of their keys, and forgets the heads of requests: no key is left.
    fn catch_up(&self) {
        self.is_behind.store(false, Ordering::Release);
        let slots = self.held().ring.newest_first(None);
        let mut clean = CleanHeads::default();
        slots.iter().rev().for_each(|slot| slot.drop_keys(&mut clean));
        self.heads.forget();
    }

    /// The entries that are meant, newest first.
    pub(crate) fn list(&self, wanted: &RequestFilter) -> Vec<Arc<JournalEntry>> {
        let slots = self.held().ring.newest_first(wanted.whose());
        slots.iter().map(|slot| slot.entry()).filter(|entry| wanted.fits(entry)).collect()
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
        let entries: Vec<_> = held.ring.newest_first(None).iter().map(|slot| slot.entry()).collect();
        match Unmet::among(&watched, &entries, held.ring.dropped(None)) {
            None => Ok(()),
            Some(unmet) => Err(unmet),
        }
    }
}
