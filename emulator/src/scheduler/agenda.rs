//! The agenda: entries by the clocks of their accounts. Pure, and no account's entries know of another's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use mockreel_contracts::UnixMillis;

use crate::clock::AccountClock;

/// An entry's place, by which it can be taken out again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    due: UnixMillis,
    number: u64,
}

/// Entries by account and time. An account without entries takes no room.
#[derive(Debug)]
pub(super) struct Agenda<E> {
    accounts: HashMap<Arc<str>, Entries<E>>,
    /// The earliest entry of each account on the system clock.
    ticking: BTreeSet<(UnixMillis, Arc<str>)>,
    numbers: u64,
}

#[derive(Debug)]
struct Entries<E> {
    /// Which clock they follow; `None` until it was looked up.
    clock: Option<AccountClock>,
    by_time: BTreeMap<Ticket, E>,
}

impl<E> Agenda<E> {
    pub(super) fn new() -> Self {
        Self { accounts: HashMap::new(), ticking: BTreeSet::new(), numbers: 0 }
    }

    /// Enters something. Until [`Agenda::set_clock`] is called for a new account, it is not due by itself.
    pub(super) fn enter(&mut self, account: &Arc<str>, due: UnixMillis, entry: E) -> Ticket {
        self.numbers += 1;
        let ticket = Ticket { due, number: self.numbers };
        self.change(account, |entries| {
            entries.by_time.insert(ticket, entry);
        });
        ticket
    }

    /// Takes an entry out again, if it is still there.
    pub(super) fn cancel(&mut self, account: &Arc<str>, ticket: Ticket) {
        if self.accounts.contains_key(account) {
            self.change(account, |entries| {
                entries.by_time.remove(&ticket);
            });
        }
    }

    /// Says which clock an account follows, if it has entries.
    pub(super) fn set_clock(&mut self, account: &Arc<str>, clock: AccountClock) {
        if self.accounts.contains_key(account) {
            self.change(account, |entries| entries.clock = Some(clock));
        }
    }

    /// Takes out the earliest entry of an account that is due at its time; of several at once the one entered first.
    pub(super) fn due(&mut self, account: &Arc<str>, now: UnixMillis) -> Option<E> {
        let (first, _) = self.accounts.get(account)?.by_time.first_key_value()?;
        if first.due > now {
            return None;
        }
        let first = *first;
        self.change(account, |entries| entries.by_time.remove(&first))
    }

    /// When the next entry of an account on the system clock is due.
    pub(super) fn next_tick(&self) -> Option<UnixMillis> {
        self.ticking.first().map(|(due, _)| *due)
    }

    /// The accounts on the system clock that have something due.
    pub(super) fn ticked(&self, system: UnixMillis) -> Vec<Arc<str>> {
        self.ticking
            .iter()
            .take_while(|(due, _)| *due <= system)
            .map(|(_, account)| Arc::clone(account))
            .collect()
    }

    /// Whether an account has entries.
    pub(super) fn has(&self, account: &str) -> bool {
        self.accounts.contains_key(account)
    }

    /// Forgets every entry, or those of one account.
    pub(super) fn forget(&mut self, account: Option<&str>) {
        self.accounts.retain(|name, _| account.is_some_and(|account| **name != *account));
        self.ticking.retain(|(_, name)| account.is_some_and(|account| **name != *account));
    }

    /// Changes an account's entries and keeps [`Agenda::ticking`] true.
    fn change<T>(&mut self, account: &Arc<str>, how: impl FnOnce(&mut Entries<E>) -> T) -> T {
        let entries = self
            .accounts
            .entry(Arc::clone(account))
            .or_insert_with(|| Entries { clock: None, by_time: BTreeMap::new() });
        let before = entries.tick();
        let done = how(entries);
        let (after, empty) = (entries.tick(), entries.by_time.is_empty());
        if before != after {
            if let Some(before) = before {
                self.ticking.remove(&(before, Arc::clone(account)));
            }
            if let Some(after) = after {
                self.ticking.insert((after, Arc::clone(account)));
            }
        }
        if empty {
            self.accounts.remove(account);
        }
        done
    }
}

impl<E> Entries<E> {
    fn tick(&self) -> Option<UnixMillis> {
        match self.clock {
            Some(AccountClock::System) => self.by_time.keys().next().map(|ticket| ticket.due),
            Some(AccountClock::Manual(_)) | None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn account(name: &str) -> Arc<str> {
        Arc::from(name)
    }

    fn all_due(agenda: &mut Agenda<u64>, account: &Arc<str>, now: u64) -> Vec<u64> {
        std::iter::from_fn(|| agenda.due(account, UnixMillis(now))).collect()
    }

    proptest! {
        #[test]
        fn what_is_due_comes_by_time_then_by_entry_and_the_rest_stays(
            times in vec(0_u64..50, 0..40),
            now in 0_u64..60,
        ) {
            let (mine, other) = (account("mine"), account("other"));
            let mut agenda = Agenda::new();
            for (number, due) in times.iter().enumerate() {
                agenda.enter(&mine, UnixMillis(*due), number as u64);
                agenda.enter(&other, UnixMillis(*due), 1000);
            }
            let mut wanted: Vec<(u64, u64)> =
                times.iter().enumerate().filter(|(_, due)| **due <= now).map(|(at, due)| (*due, at as u64)).collect();
            wanted.sort_unstable();
            let wanted: Vec<u64> = wanted.into_iter().map(|(_, number)| number).collect();
            prop_assert_eq!(all_due(&mut agenda, &mine, now), wanted);
            let left = times.iter().filter(|due| **due > now).count();
            prop_assert_eq!(all_due(&mut agenda, &mine, 100).len(), left);
            prop_assert!(!agenda.has("mine"));
            prop_assert_eq!(all_due(&mut agenda, &other, 100).len(), times.len());
        }
    }

    #[test]
    fn only_accounts_on_the_system_clock_tick() {
        let (system, manual) = (account("system"), account("manual"));
        let mut agenda = Agenda::new();
        for held in [&system, &manual] {
            agenda.enter(held, UnixMillis(20), 1);
            agenda.enter(held, UnixMillis(10), 2);
        }
        assert_eq!(agenda.next_tick(), None, "nobody has looked at a clock yet");
        agenda.set_clock(&manual, AccountClock::Manual(UnixMillis(0)));
        agenda.set_clock(&system, AccountClock::System);
        assert_eq!(agenda.next_tick(), Some(UnixMillis(10)));
        assert!(agenda.ticked(UnixMillis(9)).is_empty());
        assert_eq!(agenda.ticked(UnixMillis(10)), [Arc::clone(&system)]);
        agenda.due(&system, UnixMillis(10));
        assert_eq!(agenda.next_tick(), Some(UnixMillis(20)));
        agenda.set_clock(&system, AccountClock::Manual(UnixMillis(12)));
        assert_eq!(agenda.next_tick(), None);
    }

    #[test]
    fn what_was_cancelled_or_forgotten_is_never_due() {
        let (one, two) = (account("one"), account("two"));
        let mut agenda = Agenda::new();
        let ticket = agenda.enter(&one, UnixMillis(1), 1);
        agenda.set_clock(&one, AccountClock::System);
        agenda.cancel(&one, ticket);
        assert!(!agenda.has("one") && agenda.next_tick().is_none());
        agenda.enter(&one, UnixMillis(1), 2);
        agenda.enter(&two, UnixMillis(1), 3);
        agenda.set_clock(&one, AccountClock::System);
        agenda.forget(Some("one"));
        assert_eq!((agenda.has("one"), agenda.next_tick()), (false, None));
        assert_eq!(all_due(&mut agenda, &two, 1), [3]);
        agenda.enter(&two, UnixMillis(1), 4);
        agenda.forget(None);
        assert!(!agenda.has("two"));
    }
}
