//! The content of a file that is served: bytes in memory, perhaps followed by a filling that takes none.

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;

/// Zeros that all fillings share.
static ZEROS: [u8; 65_536] = [0; 65_536];

/// The head of the box that a filling is (ISO/IEC 14496-12, 8.1.2), in bytes.
const BOX_HEAD: u64 = 8;

/// The bytes of a file, and a `free` box of zeros behind them.
#[derive(Clone, Debug)]
pub(super) struct FileContent {
    bytes: Bytes,
    head: Bytes,
    zeros: u64,
}

impl From<Bytes> for FileContent {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, head: Bytes::new(), zeros: 0 }
    }
}

impl FileContent {
    /// Fills a file up to a length. A file that is as long already, or almost, stays as it is.
    pub(super) fn filled(bytes: Bytes, length: u64) -> Self {
        let room = length.saturating_sub(bytes.len() as u64);
        let Ok(size) = u32::try_from(room) else { return bytes.into() };
        if room < BOX_HEAD {
            return bytes.into();
        }
        let head = [&size.to_be_bytes()[..], b"free"].concat();
        Self { bytes, head: Bytes::from(head), zeros: room - BOX_HEAD }
    }

    /// How long it is, in bytes.
    pub(super) fn length(&self) -> u64 {
        (self.bytes.len() + self.head.len()) as u64 + self.zeros
    }

    /// The part from the byte `first` to the byte `last`, both within it.
    pub(super) fn slice(&self, first: u64, last: u64) -> Self {
        let (start, end) = (first.min(self.length()), (last + 1).min(self.length()));
        let part = |bytes: &Bytes, offset: u64| {
            let within = |place: u64| place.saturating_sub(offset).min(bytes.len() as u64) as usize;
            bytes.slice(within(start)..within(end.max(start)))
        };
        let lead = (self.bytes.len() + self.head.len()) as u64;
        Self {
            bytes: part(&self.bytes, 0),
            head: part(&self.head, self.bytes.len() as u64),
            zeros: end.saturating_sub(start.max(lead)),
        }
    }

    /// The body that brings it.
    pub(super) fn into_body(self) -> Body {
        if self.head.is_empty() && self.zeros == 0 {
            return Body::from(self.bytes);
        }
        let mut zeros = self.zeros;
        let filling = std::iter::from_fn(move || {
            let piece = zeros.min(ZEROS.len() as u64);
            zeros -= piece;
            (piece > 0).then(|| Bytes::from_static(&ZEROS[..piece as usize]))
        });
        let lead = [self.bytes, self.head].into_iter().filter(|bytes| !bytes.is_empty());
        Body::from_stream(stream::iter(lead.chain(filling).map(Ok::<_, std::convert::Infallible>)))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use proptest::prelude::*;

    use super::*;

    async fn read(content: FileContent) -> Vec<u8> {
        content.into_body().collect().await.unwrap().to_bytes().to_vec()
    }

    proptest! {
        #[test]
        fn every_part_of_a_filled_file_is_what_lies_there(
            length in 0_u64..200_000,
            ends in any::<(prop::sample::Index, prop::sample::Index)>(),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let content = FileContent::filled(Bytes::from_static(b"0123456789"), length);
            prop_assert!(content.length() == length || content.length() == 10 && length < 18);
            let whole = runtime.block_on(read(content.clone()));
            prop_assert_eq!(whole.len() as u64, content.length());
            let (one, other) = (ends.0.index(whole.len()), ends.1.index(whole.len()));
            let (first, last) = (one.min(other), one.max(other));
            let part = content.slice(first as u64, last as u64);
            prop_assert_eq!(part.length(), (last - first + 1) as u64);
            prop_assert_eq!(&runtime.block_on(read(part))[..], &whole[first..=last]);
        }
    }

    #[tokio::test]
    async fn the_filling_is_a_box_that_players_pass_over() {
        let whole = read(FileContent::filled(Bytes::from_static(b"0123456789"), 30)).await;
        assert_eq!(whole, b"0123456789\0\0\0\x14free\0\0\0\0\0\0\0\0\0\0\0\0");
    }
}
