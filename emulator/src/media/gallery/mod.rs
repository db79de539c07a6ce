//! The cache of what was rendered, bounded, and the threads that render.

mod shelf;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use self::shelf::RenderingShelf;
use crate::media::clip::{self, ClipSpec};
use crate::media::error::MediaError;

/// How much is kept by default, in bytes.
pub const CLIPS_LIMIT_BYTES: u64 = 256 << 20;

/// How many clips are rendered before anybody asks for one of them, by default. So many jobs at once have
/// their clips in time; a load test that downloads nothing costs no more than so many clips.
pub const CLIPS_AHEAD: usize = 16;

/// How many renderings may wait before a mere question about a clip begins no further one.
const MOST_WAITING: usize = 64;

/// How much less than other threads those that render are worth to the operating system ("nice").
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// What is made of a specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum RenderingKind {
    Clip,
    Cover,
}

type RenderingName = (RenderingKind, String);
type Rendered = Result<Bytes, MediaError>;

/// Clips and covers, rendered when a job is accepted or when they are asked for; the least recently used go
/// first when there are too many.
///
/// What went is rendered again when asked for again, to the same bytes. However many ask for the same at
/// once, it is rendered once. Renderings run on threads of their own, as many as there are cores, at a lower
/// priority than those that answer; what somebody waits for comes before what nobody asked for yet. The
/// threads end when there is nothing to do. A clone shares everything.
#[derive(Clone, Debug)]
pub struct Gallery {
    studio: Arc<Studio>,
}

#[derive(Debug)]
struct Studio {
    state: Mutex<State>,
    most_threads: usize,
    most_ahead: usize,
    renderings: AtomicU64,
    /// Set once nothing more is to be rendered.
    closed: AtomicBool,
}

#[derive(Debug)]
struct State {
    shelf: RenderingShelf,
    /// Invariant: an entry lives as long as its rendering is waited for, planned or under way.
    orders: HashMap<RenderingName, Order>,
    /// What somebody waits for, the oldest first; names without an order that waits are passed over.
    asked: VecDeque<RenderingName>,
    /// What nobody asked for yet, likewise.
    ahead: VecDeque<RenderingName>,
    threads: usize,
    /// How many clips were begun ahead since somebody last asked for one.
    unclaimed: usize,
}

#[derive(Debug)]
struct Order {
    spec: ClipSpec,
    announce: watch::Sender<Option<Rendered>>,
    is_ahead: bool,
    is_begun: bool,
}

impl Gallery {
    /// An empty gallery that keeps at most `limit_bytes` and renders at most `most_ahead` clips that nobody
    /// has asked for.
    pub fn new(limit_bytes: u64, most_ahead: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self::with_threads(limit_bytes, most_ahead, cores)
    }

    fn with_threads(limit_bytes: u64, most_ahead: usize, most_threads: usize) -> Self {
        let state = State {
            shelf: RenderingShelf::new(limit_bytes),
            orders: HashMap::new(),
            asked: VecDeque::new(),
            ahead: VecDeque::new(),
            threads: 0,
            unclaimed: 0,
        };
        let studio = Studio {
            state: Mutex::new(state),
            most_threads,
            most_ahead,
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

    /// Renders a clip in the background, of a key and its specification, if there are not too many already that
    /// nobody asked for.
    pub fn begin_clip(&self, order: impl FnOnce() -> (String, ClipSpec)) {
        let mut state = self.studio.state();
        let is_closed = self.studio.closed.load(Ordering::Relaxed);
        if is_closed || state.unclaimed >= self.studio.most_ahead {
            return;
        }
        let (key, spec) = order();
        let name = (RenderingKind::Clip, key);
        if state.shelf.holds(&name) || state.orders.contains_key(&name) {
            return;
        }
        state.unclaimed += 1;
        state.ahead.push_back(name.clone());
        state.orders.insert(name, Order::new(&spec, true));
        self.studio.employ(&mut state);
    }

    /// The clip of `key`, if it has been rendered and is still kept; otherwise it is begun. It is asked for by
    /// that.
    pub fn find_or_begin_clip(&self, key: &str, spec: &ClipSpec) -> Option<Bytes> {
        let name = (RenderingKind::Clip, key.to_owned());
        let mut state = self.studio.state();
        state.unclaimed = 0;
        if let Some(clip) = state.shelf.take_down(&name) {
            return Some(clip);
        }
        if !state.orders.contains_key(&name) && state.orders.len() < MOST_WAITING {
            state.ahead.push_back(name.clone());
            state.orders.insert(name, Order::new(spec, true));
            self.studio.employ(&mut state);
        }
        None
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
        self.studio.state().shelf.kept_bytes()
    }

    async fn piece(&self, name: RenderingName, spec: &ClipSpec) -> Rendered {
        let mut answer = {
            let mut state = self.studio.state();
            state.unclaimed = 0;
            if let Some(bytes) = state.shelf.take_down(&name) {
                return Ok(bytes);
            }
            let order = state.orders.entry(name.clone()).or_insert_with(|| Order::new(spec, false));
            let (is_begun, answer) = (order.is_begun, order.announce.subscribe());
            if !is_begun {
                state.asked.push_back(name);
                self.studio.employ(&mut state);
            }
            answer
        };
        let rendered = answer.wait_for(Option::is_some).await.ok().and_then(|rendered| rendered.clone());
        rendered.unwrap_or_else(|| Err(MediaError::Failed("the rendering was abandoned".to_owned())))
    }
}

impl Order {
    fn new(spec: &ClipSpec, is_ahead: bool) -> Self {
        Self { spec: spec.clone(), announce: watch::Sender::new(None), is_ahead, is_begun: false }
    }

    /// Whether anybody will have what is rendered.
    fn is_needed(&self) -> bool {
        self.is_ahead || self.announce.receiver_count() > 0
    }
}

impl State {
    /// The next rendering to begin; orders that nobody needs any more are dropped on the way.
    fn next_order(&mut self) -> Option<(RenderingName, ClipSpec)> {
        while let Some(name) = self.asked.pop_front().or_else(|| self.ahead.pop_front()) {
            match self.orders.get_mut(&name) {
                Some(order) if order.is_begun => {}
                Some(order) if order.is_needed() => {
                    order.is_begun = true;
                    let spec = order.spec.clone();
                    return Some((name, spec));
                }
                Some(_) => {
                    self.orders.remove(&name);
                }
                None => {}
            }
        }
        None
    }
}

impl Studio {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts one more thread, if there may be one.
    fn employ(self: &Arc<Self>, state: &mut State) {
        if state.threads >= self.most_threads {
            return;
        }
        let studio = Arc::clone(self);
        let thread = std::thread::Builder::new().name("mockreel-render".to_owned());
        match thread.spawn(move || studio.work()) {
            Ok(_) => state.threads += 1,
            Err(error) if state.threads == 0 => {
                for (_, order) in state.orders.drain() {
                    order.announce.send_replace(Some(Err(MediaError::Failed(error.to_string()))));
                }
            }
            // Those that there are will do it.
            Err(_) => {}
        }
    }

    /// Renders until there is nothing to do.
    fn work(&self) {
        // Without that priority, clips are as good; answers may wait for them.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::setpriority_process(None, NICENESS);
        loop {
            let (name, spec) = {
                let mut state = self.state();
                let Some(next) = state.next_order() else {
                    state.threads -= 1;
                    return;
                };
                next
            };
            self.renderings.fetch_add(1, Ordering::Relaxed);
            let rendered = self.render(name.0, &spec);
            let mut state = self.state();
            if let Ok(bytes) = &rendered {
                state.shelf.put_up(name.clone(), bytes.clone());
            }
            if let Some(order) = state.orders.remove(&name) {
                order.announce.send_replace(Some(rendered));
            }
        }
    }

    fn render(&self, kind: RenderingKind, spec: &ClipSpec) -> Rendered {
        let is_stopped = || self.closed.load(Ordering::Relaxed);
        // Whoever waits gets an answer, whatever goes wrong.
        let rendered = catch_unwind(AssertUnwindSafe(|| match kind {
            RenderingKind::Clip => clip::render_unless(spec, &is_stopped),
            RenderingKind::Cover if is_stopped() => Err(MediaError::Stopped),
            RenderingKind::Cover => clip::cover(spec),
        }));
        let failed = |_| Err(MediaError::Failed("rendering panicked".to_owned()));
        rendered.unwrap_or_else(failed).map(Bytes::from)
    }
}
