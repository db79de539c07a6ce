//! The line between responder and wire: after which byte of a response the connection ends, and how.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::edge) enum Parting {
    /// In good order: TCP FIN.
    Closed,
    /// TCP RST.
    Reset,
}

/// What is to happen to an answer while it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::edge) struct Course {
    /// How many more bytes of it may be written.
    pub(in crate::edge) room: u64,
    /// How the connection ends after those, or after all of the answer; `None`: it does not.
    pub(in crate::edge) parting: Option<Parting>,
}

/// One connection's agreement, shared by the service that answers its requests and its wire.
#[derive(Clone, Debug, Default)]
pub(in crate::edge) struct ResponseLine(Arc<LineState>);

#[derive(Debug, Default)]
struct LineState {
    under_way: Mutex<Option<UnderWay>>,
    /// All that was to be written has been.
    flushed: Notify,
}

/// An answer that is being written.
#[derive(Clone, Copy, Debug)]
struct UnderWay {
    course: Course,
    /// The library has been given all of it.
    whole: bool,
    /// Some of it was written.
    begun: bool,
}

impl ResponseLine {
    /// Waits until every answer before this one has been written.
    ///
    /// The library flushes its buffer each time it finds that the answer to a request is still to
    /// come, so this never takes longer than the caller takes to read. Bytes written afterwards are
    /// those of this answer. What is left of the request is read or given up meanwhile, so that the
    /// library takes no further request before this answer has been written, and cut if it is to be.
    pub(super) async fn quiet(&self) {
        self.0.flushed.notified().await;
    }

    /// The answer that is written next takes this course. To be called while the line is quiet.
    pub(super) fn take(&self, course: Course) {
        *self.under_way() = Some(UnderWay { course, whole: false, begun: false });
    }

    /// The library has been given the last byte that there will be of the answer.
    pub(super) fn whole(&self) {
        if let Some(answer) = self.under_way().as_mut() {
            answer.whole = true;
        }
    }

    /// How many more bytes may be written; `None` if the answer takes no course of its own.
    pub(in crate::edge) fn room(&self) -> Option<u64> {
        self.under_way().map(|answer| answer.course.room)
    }

    /// So many bytes were written.
    pub(in crate::edge) fn written(&self, bytes: usize) {
        if let Some(answer) = self.under_way().as_mut() {
            answer.course.room = answer.course.room.saturating_sub(bytes as u64);
            answer.begun = true;
        }
    }

    /// The library has nothing more to write for now. Answers whether that was the end of the connection.
    pub(in crate::edge) fn flushed(&self) -> bool {
        let mut under_way = self.under_way();
        let over = under_way.is_some_and(|answer| answer.whole || answer.course.room == 0);
        if over && under_way.is_some_and(|answer| answer.course.parting.is_some()) {
            return true;
        }
        if over {
            *under_way = None;
        }
        drop(under_way);
        self.0.flushed.notify_waiters();
        false
    }

    /// How the connection ends, and whether some of the last answer was written before.
    pub(in crate::edge) fn parting(&self) -> Option<(Parting, bool)> {
        self.under_way().and_then(|answer| Some((answer.course.parting?, answer.begun)))
    }

    fn under_way(&self) -> MutexGuard<'_, Option<UnderWay>> {
        // It is always sound, also after a panic.
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
