//! Standard output and standard error of the command.

use std::io::Write as _;

/// The longest line on standard error, in characters.
const MAX_LINE_CHARS: usize = 4_000;

/// Prints to standard output.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // A reader that has seen enough closes the pipe; that is no failure.
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// Prints one line to standard error.
pub(crate) fn say_error(text: &str) {
    // Names of files and members may hold what a terminal or a workflow would take for a command.
    let text = mockreel_conformance::report::escape::one_line(text, MAX_LINE_CHARS);
    // Nobody may read it; that is no failure either.
    let _ = writeln!(std::io::stderr(), "mockreel: {text}");
}
