//! The ring of journal entries: the latest of each account, within bounds of all.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::slot::Slot;

/// For how many accounts it is remembered how much was dropped.
const DROPPED_ACCOUNTS: usize = 10_000;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) entries: u64,
    pub(super) bytes: u64,
}

/// Entries by account. When there are too many, the oldest of the account that holds the most goes:
/// who makes much noise forgets its own, not what others did.
#[derive(Debug)]
pub(super) struct Ring {
    bounds: Bounds,
    accounts: HashMap<Arc<str>, JournalState>,
    entries: u64,
    bytes: u64,
    dropped: HashMap<Arc<str>, u64>,
    /// Also of accounts that are not told apart any more.
    dropped_in_all: u64,
}

#[derive(Debug, Default)]
struct JournalState {
    entries: VecDeque<Arc<Slot>>,
    bytes: u64,
}

impl Ring {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            accounts: HashMap::new(),
            entries: 0,
            bytes: 0,
            dropped: HashMap::new(),
            dropped_in_all: 0,
        }
    }

    /// Keeps an entry, and lets go of what is then too much.
    pub(super) fn push(&mut self, entry: Arc<Slot>) {
        let of_account = self.accounts.entry(Arc::clone(&entry.account)).or_default();
        of_account.bytes += entry.bytes;
        self.bytes += entry.bytes;
        self.entries += 1;
        of_account.entries.push_back(entry);
        while self.entries > self.bounds.entries || self.bytes > self.bounds.bytes {
            self.drop_one();
        }
    }

    fn drop_one(&mut self) {
        let by_count = self.entries > self.bounds.entries;
        let size = |of_account: &JournalState| {
            if by_count { of_account.entries.len() as u64 } else { of_account.bytes }
        };
        let oldest =
            |of_account: &JournalState| of_account.entries.front().map_or(u64::MAX, |entry| entry.id);
        // Of accounts that hold as much, the one with the oldest entry.
        let largest = self
            .accounts
            .iter()
            .max_by_key(|(_, of_account)| (size(of_account), u64::MAX - oldest(of_account)));
        let Some(account) = largest.map(|(account, _)| Arc::clone(account)) else { return };
        let Some(of_account) = self.accounts.get_mut(&account) else { return };
        if let Some(gone) = of_account.entries.pop_front() {
            of_account.bytes -= gone.bytes;
            self.bytes -= gone.bytes;
            self.entries -= 1;
        }
        if of_account.entries.is_empty() {
            self.accounts.remove(&account);
        }
        self.count_dropped(account);
    }

    fn count_dropped(&mut self, account: Arc<str>) {
        self.dropped_in_all += 1;
        *self.dropped.entry(account).or_default() += 1;
        if self.dropped.len() > DROPPED_ACCOUNTS {
            let least = self.dropped.iter().min_by_key(|(_, count)| **count);
            if let Some(account) = least.map(|(account, _)| Arc::clone(account)) {
                self.dropped.remove(&account);
            }
        }
    }

    /// The entries of one account, or of all, newest first.
    pub(super) fn newest_first(&self, account: Option<&str>) -> Vec<Arc<Slot>> {
        let mut entries: Vec<Arc<Slot>> = match account {
            Some(account) => self
                .accounts
                .get(account)
                .into_iter()
                .flat_map(|of_account| of_account.entries.iter())
                .cloned()
                .collect(),
            None => {
                self.accounts.values().flat_map(|of_account| of_account.entries.iter()).cloned().collect()
            }
        };
        entries.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.id));
        entries
    }

    /// How many entries of one account, or of all, are gone.
    pub(super) fn dropped(&self, account: Option<&str>) -> u64 {
        match account {
            Some(account) => self.dropped.get(account).copied().unwrap_or_default(),
            None => self.dropped_in_all,
        }
    }

    /// Whether an account has entries, or had some that are gone.
    pub(super) fn knows_account(&self, account: &str) -> bool {
        self.accounts.contains_key(account) || self.dropped.contains_key(account)
    }

    /// Forgets one account, or everything, also what was dropped. Says how many entries that were.
    pub(super) fn forget(&mut self, account: Option<&str>) -> u64 {
        let Some(account) = account else {
            let forgotten = self.entries;
            *self = Self::new(self.bounds);
            return forgotten;
        };
        self.dropped_in_all -= self.dropped.remove(account).unwrap_or_default();
        let Some(of_account) = self.accounts.remove(account) else { return 0 };
        self.bytes -= of_account.bytes;
        self.entries -= of_account.entries.len() as u64;
        of_account.entries.len() as u64
    }
}
