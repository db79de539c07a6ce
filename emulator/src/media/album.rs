//! Previews that look the same are kept once: a test that submits one image a thousand times needs it once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sha2::{Digest, Sha256};

use super::Preview;

/// Every preview that some job still holds, by the digest of its bytes.
#[derive(Debug, Default)]
pub struct Album {
    kept: Mutex<HashMap<[u8; 32], Weak<[u8]>>>,
}

/// Entries without a holder are cleared out whenever the album has grown by so many.
const CLEARED_EVERY: usize = 1_024;

impl Album {
    /// The same preview, sharing its bytes with every other that looks the same.
    pub fn keep(&self, preview: Preview) -> Preview {
        let digest: [u8; 32] = Sha256::digest(preview.jpeg()).into();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = kept.get(&digest).and_then(Weak::upgrade) {
            return preview.sharing(bytes);
        }
        if kept.len() % CLEARED_EVERY == CLEARED_EVERY - 1 {
            kept.retain(|_, bytes| bytes.strong_count() > 0);
        }
        kept.insert(digest, Arc::downgrade(preview.shared()));
        preview
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;
    use crate::media::inspect;

    #[test]
    fn the_same_image_is_kept_once_and_gone_with_its_last_holder() {
        let preview = || inspect(fixtures::find("side-300.png").unwrap().bytes).preview.unwrap();
        let album = Album::default();
        let (first, second) = (album.keep(preview()), album.keep(preview()));
        assert!(Arc::ptr_eq(first.shared(), second.shared()));
        let other = album.keep(inspect(fixtures::find("gray.png").unwrap().bytes).preview.unwrap());
        assert!(!Arc::ptr_eq(first.shared(), other.shared()));
        drop((first, second));
        assert!(album.kept.lock().unwrap().values().any(|bytes| bytes.strong_count() == 0));
    }
}
