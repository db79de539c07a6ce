//! Work on large bodies: off the threads that answer polls, and on a few at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// From this size on, in bytes, a body is read and judged elsewhere. A smaller one takes about a millisecond.
pub(in crate::edge) const LARGE_BYTES: usize = 256 * 1024;

/// How many large bodies are read and judged at once. Each can take a few times its size while it lasts.
const LARGE_BODIES: usize = 2;

/// Turns for large bodies.
#[derive(Clone, Debug)]
pub(crate) struct LargeBodies(Arc<Semaphore>);

impl Default for LargeBodies {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LARGE_BODIES)))
    }
}

impl LargeBodies {
    /// Waits for the turn of a body of so many bytes; a small one needs none.
    pub(in crate::edge) async fn take_turn(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        if !is_large(bytes) {
            return None;
        }
        // Nobody closes it.
        Arc::clone(&self.0).acquire_owned().await.ok()
    }
}

/// Whether a body of so many bytes is read and judged elsewhere.
pub(in crate::edge) fn is_large(bytes: usize) -> bool {
    bytes >= LARGE_BYTES
}

/// Does work off the threads that answer.
pub(in crate::edge) async fn work_elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            // As if it had been done here.
            Ok(panic) => std::panic::resume_unwind(panic),
            // The emulator stops, and with it whoever waits.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_few_large_bodies_have_a_turn_and_small_ones_need_none() {
        let bodies = LargeBodies::default();
        let mut turns = Vec::new();
        for _ in 0..LARGE_BODIES {
            turns.push(bodies.take_turn(LARGE_BYTES).await.unwrap());
        }
        assert!(bodies.take_turn(LARGE_BYTES - 1).await.is_none(), "it does not wait");
        let mut next = std::pin::pin!(bodies.take_turn(LARGE_BYTES));
        assert!(next.as_mut().now_or_never().is_none(), "it waits");
        turns.pop();
        assert!(next.await.is_some());
    }

    #[tokio::test]
    async fn large_work_is_done_by_another_thread() {
        let here = std::thread::current().id();
        assert_ne!(work_elsewhere(|| std::thread::current().id()).await, here);
        assert!(is_large(LARGE_BYTES) && !is_large(LARGE_BYTES - 1));
    }
}
