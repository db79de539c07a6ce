//! The cache of what was rendered, bounded and lazy.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Semaphore, watch};

use super::clip::{self, ClipSpec};
use super::error::MediaError;

/// How much is kept by default, in bytes.
pub const CLIPS_LIMIT_BYTES: u64 = 256 << 20;

/// What is made of a specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum RenderingKind {
    Clip,
    Cover,
}

type RenderingName = (RenderingKind, String);
type Rendered = Result<Bytes, MediaError>;

/// Clips and covers, rendered when first asked for; the least recently used go first when there are too many.
///
/// What went is rendered again when asked for again, to the same bytes. However many ask for the same at
/// once, it is rendered once. Renderings run on the runtime's blocking threads, on all cores but one, so that
/// polls do not wait for them. A clone shares everything.
#[derive(Clone, Debug)]
pub struct Gallery {
    studio: Arc<Studio>,
}

#[derive(Debug)]
struct Studio {
    shelf: Mutex<RenderingShelf>,
    places: Semaphore,
    renderings: AtomicU64,
    /// Set once nothing more is to be rendered.
    closed: AtomicBool,
}

#[derive(Debug)]
struct RenderingShelf {
    limit_bytes: u64,
    /// Invariant: the sum of the lengths of `kept`, and never above the limit.
    kept_bytes: u64,
    kept: HashMap<RenderingName, Piece>,
    /// Invariant: an entry lives as long as its rendering is waited for or under way.
    under_way: HashMap<RenderingName, watch::Receiver<Option<Rendered>>>,
    /// Counts uses; the age of a piece is told from it, so that no clock is needed.
    uses: u64,
}

#[derive(Debug)]
struct Piece {
    bytes: Bytes,
    last_used: u64,
}

impl Gallery {
    /// An empty gallery that keeps at most `limit_bytes`.
    pub fn new(limit_bytes: u64) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let shelf = RenderingShelf::new(limit_bytes);
        let studio = Studio {
            shelf: Mutex::new(shelf),
            places: Semaphore::new((cores - 1).max(1)),
            renderings: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        };
        Self { studio: Arc::new(studio) }
    }

    /// The clip of `key`, an MP4. A key must always come with the same specification.
    ///
    /// # Errors
    /// As [`clip::render`]. Failures are not kept.
    pub async fn clip(&self, key: &str, spec: &ClipSpec) -> Result<Bytes, MediaError> {
        self.piece((RenderingKind::Clip, key.to_owned()), spec).await
    }

    /// The cover of the clip of `key`, a JPEG. A key must always come with the same specification.
    ///
    /// # Errors
    /// As [`clip::cover`]. Failures are not kept.
    pub async fn cover(&self, key: &str, spec: &ClipSpec) -> Result<Bytes, MediaError> {
        self.piece((RenderingKind::Cover, key.to_owned()), spec).await
    }

    /// Renders nothing more: what is under way ends at its next frame, without a clip.
    pub fn close_down(&self) {
        self.studio.closed.store(true, Ordering::Relaxed);
    }

    /// How many renderings were begun since the gallery was made.
    pub fn renderings(&self) -> u64 {
        self.studio.renderings.load(Ordering::Relaxed)
    }

    /// How much is kept at present, in bytes.
    pub fn kept_bytes(&self) -> u64 {
        self.studio.shelf().kept_bytes
    }

    async fn piece(&self, name: RenderingName, spec: &ClipSpec) -> Rendered {
        let mut answer = {
            let mut shelf = self.studio.shelf();
            if let Some(bytes) = shelf.take_down(&name) {
                return Ok(bytes);
            }
            if let Some(under_way) = shelf.under_way.get(&name) {
                under_way.clone()
            } else {
                let (announce, answer) = watch::channel(None);
                shelf.under_way.insert(name.clone(), answer.clone());
                // A task of its own: the others still get their answer if the first to ask goes away.
                tokio::spawn(Arc::clone(&self.studio).produce(name, spec.clone(), announce));
                answer
            }
        };
        let rendered = answer.wait_for(Option::is_some).await.ok().and_then(|rendered| rendered.clone());
        rendered.unwrap_or_else(|| Err(MediaError::Failed("the rendering was abandoned".to_owned())))
    }
}

impl Studio {
    fn shelf(&self) -> MutexGuard<'_, RenderingShelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn produce(
        self: Arc<Self>,
        name: RenderingName,
        spec: ClipSpec,
        announce: watch::Sender<Option<Rendered>>,
    ) {
        let _place = self.places.acquire().await;
        {
            // No caller can begin to wait while the shelf is locked, and the shelf's own receiver counts as one.
            let mut shelf = self.shelf();
            if announce.receiver_count() <= 1 {
                shelf.under_way.remove(&name);
                return;
            }
        }
        self.renderings.fetch_add(1, Ordering::Relaxed);
        let kind = name.0;
        let studio = Arc::clone(&self);
        let rendering = tokio::task::spawn_blocking(move || {
            let is_stopped = || studio.closed.load(Ordering::Relaxed);
            match kind {
                RenderingKind::Clip => clip::render_unless(&spec, &is_stopped),
                RenderingKind::Cover if is_stopped() => Err(MediaError::Stopped),
                RenderingKind::Cover => clip::cover(&spec),
            }
        });
        let rendered = match rendering.await {
            Ok(rendered) => rendered.map(Bytes::from),
            Err(error) => Err(MediaError::Failed(error.to_string())),
        };
        let mut shelf = self.shelf();
        shelf.under_way.remove(&name);
        if let Ok(bytes) = &rendered {
            shelf.put_up(name, bytes.clone());
        }
        announce.send_replace(Some(rendered));
    }
}

impl RenderingShelf {
    fn new(limit_bytes: u64) -> Self {
        Self { limit_bytes, kept_bytes: 0, kept: HashMap::new(), under_way: HashMap::new(), uses: 0 }
    }

    fn take_down(&mut self, name: &RenderingName) -> Option<Bytes> {
        self.uses += 1;
        let piece = self.kept.get_mut(name)?;
        piece.last_used = self.uses;
        Some(piece.bytes.clone())
    }

    /// A piece that is larger than the whole shelf is not kept, and drives nothing out.
    fn put_up(&mut self, name: RenderingName, bytes: Bytes) {
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
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    use std::task::Poll;

    use proptest::prelude::*;
    use tokio::task::JoinSet;

    use super::*;

    fn spec(seed: u64) -> ClipSpec {
        ClipSpec { width: 64, height: 64, fps: 2, seconds: 1, start: None, tail: None, seed }
    }

    /// Asks, and goes away before there is an answer.
    async fn ask_and_leave(gallery: &Gallery, key: &str, spec: &ClipSpec) {
        let mut asking = pin!(gallery.clip(key, spec));
        poll_fn(|context| {
            assert!(asking.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn however_many_ask_at_once_it_is_rendered_once() {
        let gallery = Gallery::new(CLIPS_LIMIT_BYTES);
        let mut askers = JoinSet::new();
        for _ in 0..40 {
            let gallery = gallery.clone();
            askers.spawn(async move { gallery.clip("a", &spec(1)).await.unwrap() });
        }
        let answers = askers.join_all().await;
        assert!(answers.iter().all(|answer| answer == &answers[0]));
        assert_eq!(answers[0], clip::render(&spec(1)).unwrap());
        assert_eq!(gallery.renderings(), 1);
    }

    #[tokio::test]
    async fn a_clip_and_its_cover_are_two_things() {
        let gallery = Gallery::new(CLIPS_LIMIT_BYTES);
        assert!(gallery.clip("a", &spec(1)).await.unwrap()[4..].starts_with(b"ftyp"));
        assert!(gallery.cover("a", &spec(1)).await.unwrap().starts_with(b"\xFF\xD8\xFF"));
        assert_eq!(gallery.renderings(), 2);
    }

    #[tokio::test]
    async fn the_least_recently_used_goes_first_and_comes_back_the_same() {
        let [a, b, c] = [1, 2, 3].map(|seed| clip::render(&spec(seed)).unwrap().len() as u64);
        let gallery = Gallery::new(a + b.max(c));
        let first = gallery.clip("a", &spec(1)).await.unwrap();
        let second = gallery.clip("b", &spec(2)).await.unwrap();
        gallery.clip("a", &spec(1)).await.unwrap();
        gallery.clip("c", &spec(3)).await.unwrap();
        assert_eq!((gallery.renderings(), gallery.kept_bytes()), (3, a + c));
        assert_eq!(gallery.clip("a", &spec(1)).await.unwrap(), first);
        assert_eq!(gallery.renderings(), 3);
        assert_eq!(gallery.clip("b", &spec(2)).await.unwrap(), second);
        assert_eq!(gallery.renderings(), 4);
    }

    #[tokio::test]
    async fn what_is_larger_than_the_gallery_is_given_but_not_kept() {
        let gallery = Gallery::new(10);
        let clip = gallery.clip("a", &spec(1)).await.unwrap();
        assert_eq!(gallery.clip("a", &spec(1)).await.unwrap(), clip);
        assert_eq!((gallery.renderings(), gallery.kept_bytes()), (2, 0));
    }

    #[tokio::test]
    async fn a_failure_is_told_to_all_and_not_kept() {
        let gallery = Gallery::new(CLIPS_LIMIT_BYTES);
        let unfit = ClipSpec { width: 3, ..spec(1) };
        let (one, other) = tokio::join!(gallery.clip("a", &unfit), gallery.clip("a", &unfit));
        assert!(matches!(one, Err(MediaError::Unfit { .. })));
        assert_eq!(one, other);
        assert_eq!(gallery.renderings(), 1);
        assert!(gallery.clip("a", &spec(1)).await.is_ok());
    }

    #[tokio::test]
    async fn the_others_get_their_clip_if_the_first_to_ask_goes_away() {
        let gallery = Gallery::new(CLIPS_LIMIT_BYTES);
        let spec = spec(1);
        let waiting = {
            let mut first = Box::pin(gallery.clip("a", &spec));
            let mut second = Box::pin(gallery.clip("a", &spec));
            poll_fn(|context| {
                assert!(first.as_mut().poll(context).is_pending());
                assert!(second.as_mut().poll(context).is_pending());
                Poll::Ready(())
            })
            .await;
            second
        };
        assert!(waiting.await.is_ok());
        assert_eq!(gallery.renderings(), 1);
    }

    #[tokio::test]
    async fn nothing_is_rendered_for_nobody() {
        let gallery = Gallery::new(CLIPS_LIMIT_BYTES);
        ask_and_leave(&gallery, "a", &spec(1)).await;
        while !gallery.studio.shelf().under_way.is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(gallery.renderings(), 0);
        assert!(gallery.clip("a", &spec(1)).await.is_ok());
        assert_eq!(gallery.renderings(), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_gallery_that_is_closed_finishes_no_clip() {
        let gallery = Gallery::new(CLIPS_LIMIT_BYTES);
        let long = ClipSpec { width: 3840, height: 2160, fps: 60, seconds: 60, ..spec(1) };
        let waiting = tokio::spawn({
            let gallery = gallery.clone();
            async move { gallery.clip("long", &long).await }
        });
        while gallery.renderings() == 0 {
            tokio::task::yield_now().await;
        }
        gallery.close_down();
        // Whole, it would take many minutes.
        assert_eq!(waiting.await.unwrap(), Err(MediaError::Stopped));
        assert_eq!(gallery.clip("a", &spec(1)).await, Err(MediaError::Stopped));
        assert_eq!(gallery.cover("a", &spec(1)).await, Err(MediaError::Stopped));
        assert_eq!(gallery.kept_bytes(), 0);
    }

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
