//! Shelf of rendered clips and covers, bounded in bytes; the least recently used goes first.

use std::collections::HashMap;

use bytes::Bytes;

use super::RenderingName;

#[derive(Debug)]
pub(super) struct RenderingShelf {
    limit_bytes: u64,
    /// Invariant: the sum of the lengths of `kept`, and never above the limit.
    kept_bytes: u64,
    kept: HashMap<RenderingName, Piece>,
    /// Counts uses; the age of a piece is read from it, so that no clock is needed.
    uses: u64,
}

#[derive(Debug)]
struct Piece {
    bytes: Bytes,
    last_used: u64,
}

impl RenderingShelf {
    pub(super) fn new(limit_bytes: u64) -> Self {
        Self { limit_bytes, kept_bytes: 0, kept: HashMap::new(), uses: 0 }
    }

    pub(super) fn take_down(&mut self, name: &RenderingName) -> Option<Bytes> {
        self.uses += 1;
        let piece = self.kept.get_mut(name)?;
        piece.last_used = self.uses;
        Some(piece.bytes.clone())
    }

    /// Whether a piece is kept; that is no use of it.
    pub(super) fn holds(&self, name: &RenderingName) -> bool {
        self.kept.contains_key(name)
    }

    /// How much is kept, in bytes.
    pub(super) fn kept_bytes(&self) -> u64 {
        self.kept_bytes
    }

    /// A piece that is larger than the whole shelf is not kept, and drives nothing out.
    pub(super) fn put_up(&mut self, name: RenderingName, bytes: Bytes) {
        let length = bytes.len() as u64;
        if length > self.limit_bytes {
            return;
        }
        while self.kept_bytes + length > self.limit_bytes {
            let oldest =
                self.kept.iter().min_by_key(|(_, piece)| piece.last_used).map(|(name, _)| name.clone());
            let Some(gone) = oldest.and_then(|oldest| self.kept.remove(&oldest)) else { break };
            self.kept_bytes -= gone.bytes.len() as u64;
        }
        self.uses += 1;
        self.kept_bytes += length;
        self.kept.insert(name, Piece { bytes, last_used: self.uses });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::RenderingKind;
    use super::*;

    proptest! {
        #[test]
        fn the_shelf_never_holds_more_than_its_limit(
            limit_bytes in 0_u64..200,
            steps in proptest::collection::vec((0_u8..12, 0_usize..80, any::<bool>()), 0..60),
        ) {
            let mut shelf = RenderingShelf::new(limit_bytes);
            for (key, length, put) in steps {
                let name = (RenderingKind::Clip, key.to_string());
                if put && shelf.take_down(&name).is_none() {
                    shelf.put_up(name.clone(), Bytes::from(vec![key; length]));
                    prop_assert_eq!(shelf.take_down(&name).is_some(), length as u64 <= limit_bytes);
                } else if let Some(bytes) = shelf.take_down(&name) {
                    prop_assert!(bytes.iter().all(|&byte| byte == key));
                }
                let sum: u64 = shelf.kept.values().map(|piece| piece.bytes.len() as u64).sum();
                prop_assert_eq!(sum, shelf.kept_bytes);
                prop_assert!(sum <= limit_bytes);
            }
        }
    }
}
