//! The line about a request whose answer is long in coming.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use crate::clock::RunClock;

/// How often a thread looks whether there is something to say.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The wait for an answer before the first line about it, and between two lines, in milliseconds.
const SAY_EVERY_MS: u64 = 3_000;

/// What the thread that waits is told.
enum Told {
    Asked(String),
    Answered,
}

/// Says what is waited for, and how long, while the run itself can say nothing.
#[derive(Debug)]
pub(super) struct Waiting {
    told: Sender<Told>,
}

impl Waiting {
    /// Starts to watch; `say` is handed a line every few seconds while an answer is waited for.
    pub(super) fn start(clock: RunClock, say: impl Fn(&str) + Send + 'static) -> Self {
        let (told, hears) = mpsc::channel();
        // It ends when the sender is dropped.
        std::thread::spawn(move || {
            let mut pending = Pending::default();
            loop {
                match hears.recv_timeout(LOOK_EVERY) {
                    Ok(Told::Asked(request)) => pending.begin(request, clock.now_ms()),
                    Ok(Told::Answered) => pending = Pending::default(),
                    Err(RecvTimeoutError::Timeout) => {
                        if let Some(line) = pending.line(clock.now_ms()) {
                            say(&line);
                        }
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        });
        Self { told }
    }

    /// A request left.
    pub(super) fn begin(&self, id: &str, request: &str) {
        // Nobody hears it only where the thread could not be kept, and then there is nothing to say.
        let _ = self.told.send(Told::Asked(format!("{id}: waiting for the answer to {request}")));
    }

    /// Its answer came, or none will.
    pub(super) fn end(&self) {
        let _ = self.told.send(Told::Answered);
    }
}

/// The request that is waited for.
#[derive(Default)]
struct Pending {
    request: Option<String>,
    since_ms: u64,
    said_ms: u64,
}

impl Pending {
    fn begin(&mut self, request: String, now_ms: u64) {
        *self = Self { request: Some(request), since_ms: now_ms, said_ms: now_ms };
    }

    /// The line that is due, if one is.
    fn line(&mut self, now_ms: u64) -> Option<String> {
        let request = self.request.as_ref()?;
        if now_ms.saturating_sub(self.said_ms) < SAY_EVERY_MS {
            return None;
        }
        self.said_ms = now_ms;
        Some(format!("{request}, {} s", now_ms.saturating_sub(self.since_ms) / 1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_waits_is_said_every_few_seconds_and_one_that_is_answered_is_not() {
        let mut pending = Pending::default();
        assert_eq!(pending.line(100_000), None);
        pending.begin("AUTH-01: waiting for the answer to POST /v2".to_owned(), 1_000);
        let lines: Vec<Option<String>> =
            [1_500, 3_999, 4_100, 5_000, 7_200].map(|now| pending.line(now)).into();
        let said = |seconds| Some(format!("AUTH-01: waiting for the answer to POST /v2, {seconds} s"));
        assert_eq!(lines, [None, None, said(3), None, said(6)]);
    }
}
