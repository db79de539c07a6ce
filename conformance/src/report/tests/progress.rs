//! The line that is drawn while a run goes on.

use std::io;
use std::sync::{Arc, Mutex};

use indicatif::{ProgressDrawTarget, TermLike};

use super::samples;
use crate::events::{Event, Reporter};
use crate::report::escape;
use crate::report::terminal::Progress;
use mockreel_contracts::Amount;

/// A terminal that remembers what was written to it; movements of the cursor are not written here.
#[derive(Clone, Debug, Default)]
struct Screen(Arc<Mutex<Vec<String>>>);

impl Screen {
    fn write(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap().push(text.to_owned());
        Ok(())
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        100
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write(text)
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.write(text)
    }
    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

fn drawn(events: &[Event<'_>]) -> Vec<String> {
    let screen = Screen::default();
    let mut progress = Progress::drawn_on(ProgressDrawTarget::term_like(Box::new(screen.clone())));
    events.iter().for_each(|event| progress.on_event(event));
    drop(progress);
    let written = screen.0.lock().unwrap();
    written.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

#[test]
fn it_names_the_case_its_phase_the_seconds_and_what_was_spent() {
    let result = samples::passed("POLL-09", "the job ends", crate::clause::Level::Must);
    let looked = Event::Polled {
        id: "POLL-09",
        phase: "running",
        is_known: true,
        elapsed_s: 42,
        spent: Some(Amount::rounded_up(0.3)),
        unit: "usd",
    };
    let lines = drawn(&[
        Event::Started { cases: 64 },
        Event::CaseStarted { id: "POLL-09", title: "the job ends" },
        looked,
        Event::Finished(&result),
    ]);
    for part in ["0/64 POLL-09 the job ends", "0/64 POLL-09 running, 42 s, 0.3 usd spent", "1/64 POLL-09"] {
        assert!(lines.iter().any(|line| line.contains(part)), "`{part}` is missing in {lines:?}");
    }
}

#[test]
fn a_phase_from_the_wire_cannot_move_the_cursor() {
    let phase = "\u{1b}[2J\r\n::error::x\u{9b}1A\u{202e}\0{msg}";
    let event = Event::Polled {
        id: phase,
        phase,
        is_known: false,
        elapsed_s: 1,
        spent: Some(Amount::ZERO),
        unit: phase,
    };
    for line in drawn(&[Event::Started { cases: 1 }, event]) {
        assert!(!line.contains(escape::is_unseen), "{line:?}");
    }
}

#[test]
fn nothing_is_drawn_where_nobody_looks() {
    let mut progress = Progress::drawn_on(ProgressDrawTarget::hidden());
    progress.on_event(&Event::Started { cases: 1 });
    assert!(format!("{progress:?}").contains("Progress"));
}
