//! Standard output and standard error of the command.

use std::io::{ErrorKind, Write as _};
use std::sync::OnceLock;

/// The longest line on standard error, in characters.
const MAX_LINE_CHARS: usize = 4_000;

/// Why standard output could not be written, the first time.
static UNWRITTEN: OnceLock<String> = OnceLock::new();

/// Prints to standard output.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    // A reader that has seen enough closes the pipe; that is no failure.
    if let Err(why) =
        written.or_else(|why| if why.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(why) })
    {
        // Only the first reason is of use.
        let _ = UNWRITTEN.set(why.to_string());
    }
}

/// Why something that was said is not on standard output, if so.
pub(crate) fn find_unwritten() -> Option<&'static str> {
    UNWRITTEN.get().map(String::as_str)
}

/// Prints one line to standard error.
pub(crate) fn say_error(text: &str) {
    // Names of files and members may hold what a terminal or a workflow would take for a command.
    let text = mockreel_conformance::report::escape::one_line(text, MAX_LINE_CHARS);
    // Nobody may read it; that is no failure either.
    let _ = writeln!(std::io::stderr(), "mockreel: {text}");
}
