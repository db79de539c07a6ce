//! A fresh folder for a test, removed when the test ends.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many were made by this process.
static MADE: AtomicU32 = AtomicU32::new(0);

pub(in crate::budget) struct Scratch(PathBuf);

impl Scratch {
    pub(in crate::budget) fn new() -> Self {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("mockreel-ledger-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        // A process of that number may have been killed before it could remove its own.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).expect("a folder of its own can be made");
        Self(folder)
    }

    pub(in crate::budget) fn ledger(&self) -> PathBuf {
        self.0.join("spend.jsonl")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
