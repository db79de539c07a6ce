//! The jobs of the memory store: found by their id and the name of their clip, listed by account and vendor.
//!
//! A job has the number of its arrival, and everything else leads to that. Those that were asked for last are kept as the
//! engine uses them; all others are packed.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use hashbrown::HashTable;
use mockreel_contracts::UnixMillis;

use super::ledger::Ledger;
use super::owned::{OwnedJobs, VendorJobs};
use super::packed::{JobKinds, PackedJob};
use crate::state::job::{Job, JobKey, Mark};
use crate::state::wallet::Spent;
use crate::store::JobFilter;

/// How many jobs are kept as the engine uses them.
const MAX_UNPACKED: usize = 512;

/// All jobs.
#[derive(Debug, Default)]
pub(super) struct JobShelf {
    by_number: BTreeMap<u64, StoredJob>,
    /// Numbers by the hash of account, vendor and id.
    ids: HashTable<HashedNumber>,
    /// Numbers by the hash of the clip's name.
    clips: HashTable<HashedNumber>,
    owners: HashMap<Arc<str>, OwnedJobs>,
    /// The numbers of jobs that are not packed, in the order in which they are packed again.
    unpacked: VecDeque<u64>,
    kinds: JobKinds,
    /// Always the same: what is entered was drawn here, so that nobody can choose what falls together.
    hasher: BuildHasherDefault<DefaultHasher>,
    arrivals: u64,
}

/// A number, and half of the hash of what leads to it, so that a growing table need not look at jobs. A number of five bytes
/// is not reached: at 10,000 jobs a second it takes more than three years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HashedNumber(u64);

impl HashedNumber {
    const NUMBER_BITS: u32 = 40;

    fn new(hash: u64, number: u64) -> Self {
        Self((hash & (u64::MAX << Self::NUMBER_BITS)) | (number & !(u64::MAX << Self::NUMBER_BITS)))
    }

    fn number(self) -> u64 {
        self.0 & !(u64::MAX << Self::NUMBER_BITS)
    }

    /// A hash of 64 bits from those that are kept: tables look at the highest bits and at the lowest.
    fn spread(self) -> u64 {
        Self::spread_hash(self.0)
    }

    fn spread_hash(hash: u64) -> u64 {
        (hash >> Self::NUMBER_BITS).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

#[derive(Debug)]
enum StoredJob {
    Unpacked(Arc<Job>),
    Packed(Box<PackedJob>),
}

/// What an account has had from a vendor, at a moment.
#[derive(Debug, Default)]
pub(crate) struct Dealings {
    /// What its jobs cost, but for those that were dropped.
    pub(crate) spent: Spent,
    /// The jobs that the question is about; for a submit those that have not ended, where they count.
    pub(crate) jobs: Vec<Arc<Job>>,
}

impl StoredJob {
    fn load(&self) -> Arc<Job> {
        match self {
            Self::Unpacked(job) => Arc::clone(job),
            Self::Packed(packed) => Arc::new(packed.unpack()),
        }
    }

    /// The account, the vendor and the id.
    fn key(&self) -> (&Arc<str>, &Arc<str>, &str) {
        match self {
            Self::Unpacked(job) => (&job.key.account, &job.key.vendor, &job.key.id),
            Self::Packed(packed) => (packed.account(), packed.vendor(), packed.id()),
        }
    }

    fn clip_name(&self) -> &str {
        match self {
            Self::Unpacked(job) => &job.clip.name,
            Self::Packed(packed) => packed.clip_name(),
        }
    }
}

impl JobShelf {
    pub(super) fn len(&self) -> usize {
        self.by_number.len()
    }

    fn hash_key(&self, account: &str, vendor: &str, id: &str) -> u64 {
        self.hasher.hash_one((account, vendor, id))
    }

    fn number_of(&self, account: &str, vendor: &str, id: &str) -> Option<u64> {
        let hash = self.hash_key(account, vendor, id);
        let is_it = |slot: &StoredJob| {
            let (slot_account, slot_vendor, slot_id) = slot.key();
            slot_id == id && &**slot_account == account && &**slot_vendor == vendor
        };
        self.look_up(&self.ids, hash, is_it)
    }

    fn look_up(
        &self,
        table: &HashTable<HashedNumber>,
        hash: u64,
        is_it: impl Fn(&StoredJob) -> bool,
    ) -> Option<u64> {
        let fits = |entry: &HashedNumber| {
            *entry == HashedNumber::new(hash, entry.number())
                && self.by_number.get(&entry.number()).is_some_and(&is_it)
        };
        table.find(HashedNumber::spread_hash(hash), fits).map(|entry| entry.number())
    }

    /// The job of a key; it stays at hand for the next poll.
    pub(super) fn find(&mut self, key: &JobKey) -> Option<Arc<Job>> {
        let number = self.number_of(&key.account, &key.vendor, &key.id)?;
        self.take_out(number)
    }

    /// The job whose clip has this name.
    pub(super) fn find_clip(&mut self, name: &str) -> Option<Arc<Job>> {
        let hash = self.hasher.hash_one(name);
        let number = self.look_up(&self.clips, hash, |slot| slot.clip_name() == name)?;
        self.take_out(number)
    }

    /// The newest job of that id among those that a filter admits.
    pub(super) fn find_id(&self, filter: &JobFilter, id: &str) -> Option<Arc<Job>> {
        let find_of = |account: &Arc<str>, owned: &OwnedJobs| {
            let vendors = owned.by_vendor.iter().map(|jobs| &jobs.vendor);
            vendors
                .filter(|vendor| filter.admits_vendor(vendor))
                .filter_map(|vendor| self.number_of(account, vendor, id))
                .max()
        };
        let number = match &filter.account {
            Some(account) => find_of(account, self.owners.get(account)?),
            None => self.owners.iter().filter_map(|(account, owned)| find_of(account, owned)).max(),
        };
        self.load(number?)
    }

    /// A job by its number, and nothing is changed.
    pub(super) fn load(&self, number: u64) -> Option<Arc<Job>> {
        self.by_number.get(&number).map(StoredJob::load)
    }

    /// Unpacks a job, if it is packed.
    fn take_out(&mut self, number: u64) -> Option<Arc<Job>> {
        let slot = self.by_number.get_mut(&number)?;
        let job = slot.load();
        if matches!(slot, StoredJob::Packed(_)) {
            *slot = StoredJob::Unpacked(Arc::clone(&job));
            self.note_unpacked(number);
        }
        Some(job)
    }

    /// Notes that a job is unpacked, and packs the one that was so for longest.
    fn note_unpacked(&mut self, number: u64) {
        self.unpacked.push_back(number);
        if self.unpacked.len() <= MAX_UNPACKED {
            return;
        }
        let Some(oldest) = self.unpacked.pop_front() else { return };
        // It may be gone.
        let Some(slot) = self.by_number.get_mut(&oldest) else { return };
        if let StoredJob::Unpacked(job) = &*slot {
            let owner = self.owners.get_key_value(&job.key.account);
            let account = owner.map_or(&job.key.account, |(account, _)| account);
            if let Some(packed) = PackedJob::pack(job, Arc::clone(account), &mut self.kinds) {
                *slot = StoredJob::Packed(Box::new(packed));
            }
        }
    }

    /// Adds a job.
    pub(super) fn add(&mut self, job: &Arc<Job>) {
        self.arrivals += 1;
        let number = self.arrivals;
        let key = &job.key;
        let hash = self.hash_key(&key.account, &key.vendor, &key.id);
        insert(&mut self.ids, HashedNumber::new(hash, number));
        let hash = self.hasher.hash_one(&*job.clip.name);
        insert(&mut self.clips, HashedNumber::new(hash, number));
        let owned = self.owners.entry(Arc::clone(&key.account)).or_default();
        owned.count += 1;
        owned.kept_bytes += job.text_bytes();
        match owned.with(&key.vendor) {
            Some(jobs) => {
                jobs.numbers.insert(number);
                if let Some(ledger) = &mut jobs.ledger {
                    ledger.enter(number, job);
                }
            }
            None => owned.by_vendor.push(VendorJobs {
                vendor: Arc::clone(&key.vendor),
                numbers: BTreeSet::from([number]),
                ledger: None,
            }),
        }
        self.by_number.insert(number, StoredJob::Unpacked(Arc::clone(job)));
        self.note_unpacked(number);
    }

    /// Marks a job.
    pub(super) fn mark(&mut self, key: &JobKey, mark: Mark) {
        let Some(number) = self.number_of(&key.account, &key.vendor, &key.id) else { return };
        self.take_out(number);
        let Some(StoredJob::Unpacked(job)) = self.by_number.get_mut(&number) else { return };
        let at = mark.moment();
        Arc::make_mut(job).marks.push(mark);
        let jobs = self.owners.get_mut(&key.account).and_then(|owned| owned.with(&key.vendor));
        if let Some(ledger) = jobs.and_then(|jobs| jobs.ledger.as_mut())
            && job.standing(at).phase.is_terminal()
        {
            ledger.settle(number, job, at);
        }
    }

    /// Takes a job away.
    pub(super) fn remove(&mut self, number: u64) -> Option<Arc<Job>> {
        let job = self.by_number.remove(&number)?.load();
        let key = &job.key;
        let hash = self.hash_key(&key.account, &key.vendor, &key.id);
        remove(&mut self.ids, HashedNumber::new(hash, number));
        let hash = self.hasher.hash_one(&*job.clip.name);
        remove(&mut self.clips, HashedNumber::new(hash, number));
        if let Some(owned) = self.owners.get_mut(&key.account) {
            owned.count -= 1;
            owned.kept_bytes -= job.text_bytes();
            if let Some(jobs) = owned.with(&key.vendor) {
                jobs.numbers.remove(&number);
                if let Some(ledger) = &mut jobs.ledger {
                    ledger.remove(number, &job);
                }
            }
            if owned.count == 0 {
                self.owners.remove(&key.account);
            }
        }
        Some(job)
    }

    /// What an account has had from a vendor by a time of its own.
    pub(super) fn dealings(
        &mut self,
        account: &str,
        vendor: &str,
        now: UnixMillis,
        lists_unfinished: bool,
    ) -> Dealings {
        let jobs = self.owners.get_mut(account).and_then(|owned| owned.with(vendor));
        let Some(jobs) = jobs else { return Dealings::default() };
        let load = |number: u64| self.by_number.get(&number).map(StoredJob::load);
        let ledger = jobs.ledger.get_or_insert_with(|| {
            let mut ledger = Ledger::default();
            for number in &jobs.numbers {
                let Some(job) = load(*number) else { continue };
                ledger.enter(*number, &job);
                if job.standing(now).phase.is_terminal() {
                    ledger.settle(*number, &job, now);
                }
            }
            ledger
        });
        while let Some(number) = ledger.next_ended(now) {
            let Some(job) = load(number) else { break };
            ledger.settle(number, &job, now);
        }
        let listed =
            if lists_unfinished { ledger.list_open().filter_map(load).collect() } else { Vec::new() };
        Dealings { spent: ledger.sum(), jobs: listed }
    }

    /// The jobs of an account.
    pub(super) fn find_owned(&self, account: &str) -> Option<&OwnedJobs> {
        self.owners.get(account)
    }

    /// The numbers of the jobs that a filter admits, newest first; only those before a number, if there is one.
    pub(super) fn numbers<'s>(
        &'s self,
        filter: &JobFilter,
        before: Option<u64>,
    ) -> Box<dyn Iterator<Item = u64> + 's> {
        let below = before.unwrap_or(u64::MAX);
        match &filter.account {
            Some(account) => match self.owners.get(account) {
                Some(owned) => Box::new(owned.newest_first(filter, below)),
                None => Box::new(std::iter::empty()),
            },
            None => {
                let vendor = filter.vendor.clone();
                let admitted =
                    move |slot: &StoredJob| vendor.as_deref().is_none_or(|vendor| &**slot.key().1 == vendor);
                let numbers = self.by_number.range(..below).rev();
                Box::new(numbers.filter(move |(_, slot)| admitted(slot)).map(|(number, _)| *number))
            }
        }
    }

    /// How many jobs a filter admits.
    pub(super) fn count(&self, filter: &JobFilter) -> usize {
        match (&filter.account, &filter.vendor) {
            (None, None) => self.len(),
            (None, Some(_)) => self.owners.values().map(|owned| owned.count_of(filter)).sum(),
            (Some(account), _) => self.owners.get(account).map_or(0, |owned| owned.count_of(filter)),
        }
    }

    /// The oldest jobs, of one account or of all: their numbers, and whose they are.
    pub(super) fn oldest(&self, account: Option<&str>) -> Box<dyn Iterator<Item = u64> + '_> {
        match account {
            None => Box::new(self.by_number.keys().copied()),
            Some(account) => match self.owners.get(account) {
                Some(owned) => Box::new(owned.oldest_first()),
                None => Box::new(std::iter::empty()),
            },
        }
    }

    /// Whose a job is.
    pub(super) fn account_of(&self, number: u64) -> Option<&Arc<str>> {
        self.by_number.get(&number).map(|slot| slot.key().0)
    }

    /// Whether a job has ended at a time of its account.
    pub(super) fn has_ended(&self, number: u64, now: UnixMillis) -> bool {
        self.by_number.get(&number).is_some_and(|slot| match slot {
            StoredJob::Unpacked(job) => job.standing(now).phase.is_terminal(),
            StoredJob::Packed(packed) => {
                packed.has_ended(now).unwrap_or_else(|| packed.unpack().standing(now).phase.is_terminal())
            }
        })
    }

    #[cfg(test)]
    pub(super) fn has_no_clips(&self) -> bool {
        self.clips.is_empty() && self.ids.is_empty()
    }
}

fn insert(table: &mut HashTable<HashedNumber>, entry: HashedNumber) {
    table.insert_unique(entry.spread(), entry, |entry| entry.spread());
}

fn remove(table: &mut HashTable<HashedNumber>, entry: HashedNumber) {
    if let Ok(known) = table.find_entry(entry.spread(), |known| *known == entry) {
        known.remove();
    }
}
