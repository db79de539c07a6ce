//! The program's log on standard error: warnings, and with `MOCKREEL_LOG` every request.

use std::io::{self, Write};
use std::str::FromStr as _;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::error::CliError;
use crate::variables::{LOG_VARIABLE, read_variable};

/// How many lines wait to be written. Beyond that they are dropped: whoever does not read the log loses lines, not
/// answers.
const MOST_WAITING: usize = 4_096;

/// How long the end of the program waits for the last lines.
const FLUSH: Duration = Duration::from_millis(500);

/// What the thread that writes is told.
enum LogMessage {
    Line(Vec<u8>),
    /// All lines before are written; say so.
    Flush(SyncSender<()>),
}

/// The way of a line to the thread that writes it. Nothing that is logged ever waits for standard error, or fails
/// with it.
#[derive(Clone)]
struct LogQueue(SyncSender<LogMessage>);

impl LogQueue {
    fn start() -> Self {
        let (sender, receiver) = sync_channel(MOST_WAITING);
        // Without the thread the lines are lost, and nothing else is.
        let _ =
            std::thread::Builder::new().name("mockreel-log".to_owned()).spawn(move || write_lines(&receiver));
        Self(sender)
    }
}

impl Write for LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.0.try_send(LogMessage::Line(line.to_vec()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn write_lines(messages: &Receiver<LogMessage>) {
    for message in messages {
        match message {
            LogMessage::Line(line) => {
                let _ = io::stderr().write_all(&line);
            }
            LogMessage::Flush(done) => {
                let _ = done.try_send(());
            }
        }
    }
}

/// The log; when it is dropped, the last lines have half a second to be written.
pub(crate) struct Log(LogQueue);

impl Drop for Log {
    fn drop(&mut self) {
        let (done, written) = sync_channel(1);
        if self.0.0.try_send(LogMessage::Flush(done)).is_ok() {
            let _ = written.recv_timeout(FLUSH);
        }
    }
}

/// Starts the log, at the level that `MOCKREEL_LOG` names; without it, warnings are logged.
///
/// # Errors
///
/// If the variable names no level and is no filter.
pub(crate) fn start_log() -> Result<Log, CliError> {
    let text = read_variable(LOG_VARIABLE).unwrap_or_else(|| "warn".to_owned());
    let refuse = || {
        CliError::Usage(format!(
            "{LOG_VARIABLE}={text}: expected off, error, warn, info (every request), debug (with headers and bodies) or trace"
        ))
    };
    // A word that is no level would count as the name of a part of the program, and nothing would be logged.
    if !text.contains(['=', ',']) && LevelFilter::from_str(&text).is_err() {
        return Err(refuse());
    }
    let filter = EnvFilter::try_new(&text).map_err(|_| refuse())?;
    let queue = LogQueue::start();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .log_internal_errors(false)
        .with_writer(queue.clone())
        .init();
    Ok(Log(queue))
}
