//! Files that callers put for later use: bounded, oldest out first, gone with the process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use mockreel_contracts::{UnixMillis, ids};
use sha2::{Digest, Sha256};

/// How many upload addresses are remembered.
const MAX_UPLOADS: usize = 10_000;

/// How many of those one account may have: it leaves a quarter to the others.
const MAX_UPLOADS_OF_ONE: usize = MAX_UPLOADS / 4 * 3;

/// An address that was given out.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    /// The account whose clock its expiry follows.
    pub(crate) account: Arc<str>,
    /// When it stops taking a file.
    pub(crate) open_until: UnixMillis,
    /// What the file is served as.
    pub(crate) media_type: String,
    /// The file, once it is there.
    pub(crate) file: Option<UploadedFile>,
}

impl Upload {
    fn bytes(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.content.len() as u64)
    }
}

/// A file that was put.
#[derive(Clone, Debug)]
pub(crate) struct UploadedFile {
    /// Its bytes.
    pub(crate) content: Bytes,
    /// What tells them from others that were put at the same address.
    pub(crate) tag: String,
}

/// Every upload.
#[derive(Debug)]
pub(crate) struct Uploads {
    limit_bytes: u64,
    shelf: Mutex<UploadShelf>,
}

#[derive(Debug, Default)]
struct UploadShelf {
    by_name: HashMap<String, Upload>,
    order: VecDeque<String>,
    bytes: u64,
}

impl Uploads {
    /// None yet, and never more than so many bytes.
    pub(crate) fn new(limit_bytes: u64) -> Self {
        Self { limit_bytes, shelf: Mutex::new(UploadShelf::default()) }
    }

    fn shelf(&self) -> MutexGuard<'_, UploadShelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives out an address.
    pub(crate) fn open(&self, name: String, upload: Upload) {
        let mut shelf = self.shelf();
        let account = Arc::clone(&upload.account);
        let own = shelf.own(&account).count();
        shelf.order.push_back(name.clone());
        shelf.by_name.insert(name, upload);
        while shelf.order.len() > MAX_UPLOADS {
            shelf.drop_oldest(None);
        }
        if own >= MAX_UPLOADS_OF_ONE {
            shelf.drop_oldest(Some(&account));
        }
    }

    /// An upload by its name.
    pub(crate) fn get(&self, name: &str) -> Option<Upload> {
        self.shelf().by_name.get(name).cloned()
    }

    /// Keeps a file. `false` if that address was not given out.
    pub(crate) fn put(&self, name: &str, content: Bytes) -> bool {
        let tag = ids::hex(&Sha256::digest(&content)[..16]);
        let mut shelf = self.shelf();
        let Some(upload) = shelf.by_name.get_mut(name) else { return false };
        let account = Arc::clone(&upload.account);
        let length = content.len() as u64;
        let before =
            upload.file.replace(UploadedFile { content, tag }).map_or(0, |old| old.content.len() as u64);
        shelf.bytes = shelf.bytes - before + length;
        while shelf.bytes > self.limit_bytes && shelf.order.len() > 1 {
            // Whoever has put much makes room with what is its own, but never with what it has just put.
            let keeps_much = shelf.own(&account).map(Upload::bytes).sum::<u64>() > self.limit_bytes / 8 * 3;
            let has_older = shelf.own(&account).nth(1).is_some();
            shelf.drop_oldest((keeps_much && has_older).then_some(&account));
        }
        true
    }

    /// Forgets everything, or what one account put.
    pub(crate) fn reset(&self, account: Option<&str>) {
        let mut shelf = self.shelf();
        let gone: Vec<String> = shelf
            .by_name
            .iter()
            .filter(|(_, upload)| account.is_none_or(|account| &*upload.account == account))
            .map(|(name, _)| name.clone())
            .collect();
        for name in gone {
            shelf.remove(&name);
        }
    }
}

impl UploadShelf {
    /// The uploads of an account, in no order.
    fn own(&self, account: &str) -> impl Iterator<Item = &Upload> {
        self.by_name.values().filter(move |upload| &*upload.account == account)
    }

    /// Drops the oldest upload, of one account or of all.
    fn drop_oldest(&mut self, account: Option<&str>) {
        let is_meant = |name: &&String| {
            account.is_none_or(|account| {
                self.by_name.get(*name).is_some_and(|upload| &*upload.account == account)
            })
        };
        if let Some(name) = self.order.iter().find(is_meant).cloned() {
            self.remove(&name);
        }
    }

    fn remove(&mut self, name: &str) {
        self.order.retain(|known| known != name);
        if let Some(upload) = self.by_name.remove(name) {
            self.bytes -= upload.file.map_or(0, |file| file.content.len() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(account: &str) -> Upload {
        Upload {
            account: Arc::from(account),
            open_until: UnixMillis(1),
            media_type: "image/png".to_owned(),
            file: None,
        }
    }

    #[test]
    fn one_account_leaves_a_quarter_of_the_addresses_and_its_files_push_out_its_own() {
        let uploads = Uploads::new(800);
        uploads.open("other".to_owned(), upload("b"));
        uploads.put("other", Bytes::from_static(&[1; 100]));
        for number in 0..MAX_UPLOADS + 5 {
            uploads.open(format!("mine-{number}"), upload("a"));
        }
        assert!(uploads.get("other").is_some());
        assert_eq!(uploads.shelf().own("a").count(), MAX_UPLOADS_OF_ONE);
        for number in MAX_UPLOADS - 10..MAX_UPLOADS {
            assert!(uploads.put(&format!("mine-{number}"), Bytes::from_static(&[2; 100])));
        }
        assert!(uploads.get("other").unwrap().file.is_some());
        assert!(uploads.shelf().bytes <= 800);
    }
}
