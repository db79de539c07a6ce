//! The journal: every request and answer, fit to be kept, and why it was rejected.
//!
//! An exchange is made into an entry when its answer is ready: keys become digests, images become
//! their size and digest. Entries are in a ring bounded by count and bytes; what was dropped is counted.
//! What a test expects is counted as requests come, so that it does not depend on those bounds.

mod clause;
mod entry;
mod query;
mod redact;
mod ring;
mod secrets;
mod shown;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::entry::Entry;
pub(crate) use self::entry::{Asked, Exchange, Message};
pub use self::query::{StatusWanted, Wanted};
use self::ring::{Bounds, Ring};
pub(crate) use self::shown::{Body, Part};
use crate::expect::{Expectation, Unmet, Watched};
use crate::settings::Limits;
use crate::shared::Shared;

/// From this size on, in bytes, an exchange is made into an entry off the threads that answer.
const LARGE_BYTES: usize = 64 * 1024;

/// The journal of one emulator.
#[derive(Debug)]
pub(crate) struct Journal {
    next: AtomicU64,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    ring: Ring,
    watched: Vec<Watched>,
}

impl Journal {
    /// An empty one.
    pub(crate) fn new(limits: &Limits) -> Self {
        let bounds = Bounds { entries: limits.journal_entries, bytes: limits.journal_bytes };
        Self {
            next: AtomicU64::new(1),
            held: Mutex::new(Held { ring: Ring::new(bounds), watched: Vec::new() }),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an entry. Takes as long as the exchange is large.
    pub(crate) fn record(&self, exchange: Exchange) {
        let entry = Arc::new(exchange.entry(self.next.fetch_add(1, Ordering::Relaxed)));
        let mut held = self.held();
        held.watched.iter_mut().for_each(|watched| watched.see(&entry));
        held.ring.push(entry);
    }

    /// Makes an entry before the answer goes out, so that whoever has the answer finds the entry.
    ///
    /// A large one is made elsewhere, so that other connections do not wait; and to its end, also if this one breaks.
    pub(crate) async fn keep(self: &Arc<Self>, exchange: Exchange) {
        if exchange.weight() < LARGE_BYTES {
            return self.record(exchange);
        }
        let journal = Arc::clone(self);
        if tokio::task::spawn_blocking(move || journal.record(exchange)).await.is_err() {
            tracing::error!("an exchange could not be written down");
        }
    }

    /// The entries that are meant, newest first.
    pub(crate) fn list(&self, wanted: &Wanted) -> Vec<Arc<Entry>> {
        let mut found = self.held().ring.newest_first(wanted.whose());
        found.retain(|entry| wanted.fits(entry));
        found
    }

    /// How many entries of one account, or of all, had to make room.
    pub(crate) fn dropped(&self, account: Option<&str>) -> u64 {
        self.held().ring.dropped(account)
    }

    /// Forgets the entries of one account, or all. What is expected stays counted.
    pub(crate) fn forget(&self, account: Option<&str>) -> u64 {
        self.held().ring.forget(account)
    }

    /// Counts requests from now on.
    pub(crate) fn expect(&self, expectation: Expectation) {
        let from = self.next.load(Ordering::Relaxed);
        self.held().watched.push(Watched::new(expectation, from));
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

/// The requests of one account.
#[derive(Clone, Debug)]
pub struct RequestsHandle {
    shared: Arc<Shared>,
    account: Arc<str>,
}

#[expect(clippy::unused_async, reason = "as the other handles, so that a journal may be kept elsewhere")]
impl RequestsHandle {
    pub(crate) fn new(shared: Arc<Shared>, account: Arc<str>) -> Self {
        Self { shared, account }
    }

    /// Every request that is still in the journal, newest first.
    pub async fn list(&self) -> Vec<Arc<Entry>> {
        self.shared.journal.list(&Wanted::any().by(Arc::clone(&self.account)))
    }

    /// How many of the account's requests in the journal are meant. Too few, if some were [dropped](Self::dropped).
    pub async fn count(&self, wanted: &Wanted) -> usize {
        self.shared.journal.list(&wanted.clone().by(Arc::clone(&self.account))).len()
    }

    /// How many of the account's requests had to make room for others.
    pub async fn dropped(&self) -> u64 {
        self.shared.journal.dropped(Some(&self.account))
    }
}
