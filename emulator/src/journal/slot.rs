//! The place of one exchange in the journal: as it was on the wire at first, and later the entry that is made of it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::entry::{CleanHeads, JournalEntry, LoggedExchange};

/// The place of one exchange.
pub(super) struct Slot {
    pub(super) id: u64,
    pub(super) account: Arc<str>,
    /// About how much memory its entry takes, in bytes.
    pub(super) bytes: u64,
    state: Mutex<SlotState>,
}

enum SlotState {
    /// As it was on the wire.
    Received(Box<LoggedExchange>),
    /// What is kept.
    Written(Arc<JournalEntry>),
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Slot {
    /// The place of an exchange whose entry will have that number.
    pub(super) fn new(id: u64, exchange: LoggedExchange) -> Self {
        let (account, bytes) = (Arc::clone(&exchange.account), exchange.estimate_bytes());
        Self { id, account, bytes, state: Mutex::new(SlotState::Received(Box::new(exchange))) }
    }

    /// The place of an entry.
    pub(super) fn of_entry(entry: Arc<JournalEntry>) -> Self {
        let (id, account, bytes) = (entry.id, Arc::clone(&entry.account), entry.bytes());
        Self { id, account, bytes, state: Mutex::new(SlotState::Written(entry)) }
    }

    /// Sees to it that it holds no key any more: it lets go of those in its headers, or its entry is written.
    pub(super) fn drop_keys(&self, clean: &mut CleanHeads) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_clean = match &mut *state {
            SlotState::Written(_) => true,
            SlotState::Received(exchange) => exchange.drop_keys(clean),
        };
        drop(state);
        if !is_clean {
            self.entry();
        }
    }

    /// The entry; it is written now, if it was not yet.
    pub(super) fn entry(&self) -> Arc<JournalEntry> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = match &*state {
            SlotState::Written(entry) => return Arc::clone(entry),
            SlotState::Received(exchange) => Arc::new(exchange.entry(self.id)),
        };
        *state = SlotState::Written(Arc::clone(&entry));
        entry
    }
}
