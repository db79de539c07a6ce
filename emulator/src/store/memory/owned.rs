//! The numbers of an account's jobs, by vendor.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ledger::Ledger;
use crate::store::JobFilter;

/// The jobs of one account.
#[derive(Debug, Default)]
pub(super) struct OwnedJobs {
    pub(super) by_vendor: Vec<VendorJobs>,
    pub(super) count: usize,
    /// What their texts take, in bytes.
    pub(super) kept_bytes: u64,
}

/// The jobs of one account with one vendor.
#[derive(Debug)]
pub(super) struct VendorJobs {
    pub(super) vendor: Arc<str>,
    pub(super) numbers: BTreeSet<u64>,
    /// What they cost; kept from the first time that somebody asks.
    pub(super) ledger: Option<Ledger>,
}

impl OwnedJobs {
    pub(super) fn with(&mut self, vendor: &str) -> Option<&mut VendorJobs> {
        self.by_vendor.iter_mut().find(|jobs| &*jobs.vendor == vendor)
    }

    fn list_sets<'s>(&'s self, filter: &JobFilter) -> impl Iterator<Item = &'s BTreeSet<u64>> + use<'s> {
        let vendor = filter.vendor.clone();
        let sets = self.by_vendor.iter();
        sets.filter(move |jobs| vendor.as_deref().is_none_or(|vendor| &*jobs.vendor == vendor))
            .map(|jobs| &jobs.numbers)
    }

    pub(super) fn count_of(&self, filter: &JobFilter) -> usize {
        self.list_sets(filter).map(BTreeSet::len).sum()
    }

    /// The numbers of all vendors in one row, the highest first.
    pub(super) fn newest_first<'s>(
        &'s self,
        filter: &JobFilter,
        below: u64,
    ) -> impl Iterator<Item = u64> + use<'s> {
        let mut rows: Vec<_> =
            self.list_sets(filter).map(|set| set.range(..below).rev().copied().peekable()).collect();
        std::iter::from_fn(move || {
            let left = rows.iter_mut().filter_map(|row| row.peek().copied().map(|number| (number, row)));
            left.max_by_key(|(number, _)| *number)?.1.next()
        })
    }

    /// The same, the lowest first.
    pub(super) fn oldest_first(&self) -> impl Iterator<Item = u64> + use<'_> {
        let sets = self.by_vendor.iter().map(|jobs| &jobs.numbers);
        let mut rows: Vec<_> = sets.map(|set| set.iter().copied().peekable()).collect();
        std::iter::from_fn(move || {
            let left = rows.iter_mut().filter_map(|row| row.peek().copied().map(|number| (number, row)));
            left.min_by_key(|(number, _)| *number)?.1.next()
        })
    }
}
