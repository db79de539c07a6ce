//! Files that callers put for later use: bounded, oldest out first, gone with the process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use mockreel_contracts::{UnixMillis, ids};
use sha2::{Digest, Sha256};

/// How many upload addresses are remembered.
const MAX_UPLOADS: usize = 10_000;

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
        shelf.order.push_back(name.clone());
        shelf.by_name.insert(name, upload);
        while shelf.order.len() > MAX_UPLOADS {
            shelf.drop_oldest();
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
        let length = content.len() as u64;
        let before =
            upload.file.replace(UploadedFile { content, tag }).map_or(0, |old| old.content.len() as u64);
        shelf.bytes = shelf.bytes - before + length;
        while shelf.bytes > self.limit_bytes && shelf.order.len() > 1 {
            shelf.drop_oldest();
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
    fn drop_oldest(&mut self) {
        if let Some(name) = self.order.front().cloned() {
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
