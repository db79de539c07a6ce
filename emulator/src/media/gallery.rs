//! The cache of what was rendered, bounded and lazy.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Semaphore, watch};

use super::clip::{self, ClipSpec, MediaError};

/// How much is kept by default, in bytes.
pub const CLIPS_LIMIT_BYTES: u64 = 256 << 20;

/// What is made of a specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Clip,
    Cover,
}

type Name = (Kind, String);
type Rendered = Result<Bytes, MediaError>;

/// Clips and covers, rendered when first asked for; the least recently used go first when there are too many.
///
/// What went is rendered again when asked for again, to the same bytes. However many ask for the same at once, it is
/// rendered once. Renderings run on the runtime's blocking threads, on all cores but one, so that polls do not wait
/// for them. A clone shares everything.
#[derive(Clone, Debug)]
pub struct Gallery {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    shelf: Mutex<Shelf>,
    places: Semaphore,
    renderings: AtomicU64,
}

#[derive(Debug)]
struct Shelf {
    limit_bytes: u64,
    /// Invariant: the sum of the lengths of `kept`, and never above the limit.
    kept_bytes: u64,
    kept: HashMap<Name, Piece>,
    /// Invariant: an entry lives as long as its rendering is waited for or under way.
    under_way: HashMap<Name, watch::Receiver<Option<Rendered>>>,
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
        let shelf =
            Shelf { limit_bytes, kept_bytes: 0, kept: HashMap::new(), under_way: HashMap::new(), uses: 0 };
        let shared = Shared {
            shelf: Mutex::new(shelf),
            places: Semaphore::new((cores - 1).max(1)),
            renderings: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The clip of `key`, an MP4. A key must always come with the same specification.
    ///
    /// # Errors
    /// As [`clip::render`]. Failures are not kept.
    pub async fn clip(&self, key: &str, spec: &ClipSpec) -> Result<Bytes, MediaError> {
        self.piece((Kind::Clip, key.to_owned()), spec).await
    }

    /// The cover of the clip of `key`, a JPEG. A key must always come with the same specification.
    ///
    /// # Errors
    /// As [`clip::cover`]. Failures are not kept.
    pub async fn cover(&self, key: &str, spec: &ClipSpec) -> Result<Bytes, MediaError> {
        self.piece((Kind::Cover, key.to_owned()), spec).await
    }

    /// How many renderings were begun since the gallery was made.
    pub fn renderings(&self) -> u64 {
        self.shared.renderings.load(Ordering::Relaxed)
    }

    /// How much is kept at present, in bytes.
    pub fn kept_bytes(&self) -> u64 {
        self.shared.shelf().kept_bytes
    }

    async fn piece(&self, name: Name, spec: &ClipSpec) -> Rendered {
        let mut answer = {
            let mut shelf = self.shared.shelf();
            if let Some(bytes) = shelf.take_down(&name) {
                return Ok(bytes);
            }
            if let Some(under_way) = shelf.under_way.get(&name) {
                under_way.clone()
            } else {
                let (announce, answer) = watch::channel(None);
                shelf.under_way.insert(name.clone(), answer.clone());
                // A task of its own: the others still get their answer if the first to ask goes away.
                tokio::spawn(Arc::clone(&self.shared).produce(name, spec.clone(), announce));
                answer
            }
        };
        let rendered = answer.wait_for(Option::is_some).await.ok().and_then(|rendered| rendered.clone());
        rendered.unwrap_or_else(|| Err(MediaError::Failed("the rendering was abandoned".to_owned())))
    }
}

impl Shared {
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn produce(self: Arc<Self>, name: Name, spec: ClipSpec, announce: watch::Sender<Option<Rendered>>) {
        let _place = self.places.acquire().await;
        {
            // Nobody can begin to wait while the shelf is held, and the shelf's own receiver counts as one.
            let mut shelf = self.shelf();
            if announce.receiver_count() <= 1 {
                shelf.under_way.remove(&name);
                return;
            }
        }
        self.renderings.fetch_add(1, Ordering::Relaxed);
        let kind = name.0;
        let rendering = tokio::task::spawn_blocking(move || match kind {
            Kind::Clip => clip::render(&spec),
            Kind::Cover => clip::cover(&spec),
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

impl Shelf {
    fn take_down(&mut self, name: &Name) -> Option<Bytes> {
        self.uses += 1;
        let piece = self.kept.get_mut(name)?;
        piece.last_used = self.uses;
        Some(piece.bytes.clone())
    }

    /// A piece that is larger than the whole shelf is not kept, and drives nothing out.
    fn put_up(&mut self, name: Name, bytes: Bytes) {
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
