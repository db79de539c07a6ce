//! The console of a run: colours, progress and silence, by `--color`, `--quiet`, `--no-progress` and the variables that
//! terminals agree on.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use mockreel_conformance::clock::RunClock;
use mockreel_conformance::events::{NullReporter, Reporter};
use mockreel_conformance::report::terminal::{PlainProgress, Progress};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::output::say_error;
use crate::variables::read_variable;

/// When output is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`; `CLICOLOR_FORCE` stands for a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a run prints, as the flags have it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    color: ColorChoice,
    quiet: bool,
    shows_progress: bool,
}

impl Console {
    /// What the flags `--color`, `--quiet` and `--no-progress` say.
    pub(crate) fn new(color: Option<ColorChoice>, quiet: Option<bool>, no_progress: Option<bool>) -> Self {
        let quiet = quiet.unwrap_or(false);
        let shows_progress = !quiet && !no_progress.unwrap_or(false);
        Self { color: color.unwrap_or(ColorChoice::Auto), quiet, shows_progress }
    }

    /// Whether standard output is coloured.
    pub(crate) fn is_coloured(&self) -> bool {
        let is_set = |name: &str| read_variable(name).is_some();
        match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if is_set("NO_COLOR") => false,
            ColorChoice::Auto if read_variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            ColorChoice::Auto => std::io::stdout().is_terminal() && !is_dumb(),
        }
    }

    /// Whether a report is printed that ends with this code.
    pub(crate) fn prints(&self, exit_code: u8) -> bool {
        exit_code != 0 || !self.quiet
    }

    /// What tells of a run on standard error while it goes: a line that is drawn anew on a terminal, now and then a
    /// line of its own elsewhere, or nothing.
    pub(crate) fn start_progress(&self) -> Box<dyn Reporter> {
        if !self.shows_progress {
            Box::new(NullReporter)
        } else if std::io::stderr().is_terminal() && !is_dumb() {
            Box::new(Progress::new())
        } else {
            Box::new(PlainProgress::new(RunClock::start(), say_error))
        }
    }
}

/// Whether the terminal can do nothing but print.
fn is_dumb() -> bool {
    read_variable("TERM").is_some_and(|kind| kind == "dumb")
}
