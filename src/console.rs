//! What a run says while it goes, and in which colours: `--color`, `--quiet` and `--no-progress`, and the variables
//! that terminals agree on.

use std::io::IsTerminal as _;

use clap::{Args, ValueEnum};
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

/// Flags of everything that prints a report.
#[derive(Clone, Debug, Default, Args, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct ConsoleFlags {
    /// When output is coloured: auto looks at the terminal, NO_COLOR, TERM and CLICOLOR_FORCE [default: auto].
    #[arg(
        long,
        value_name = "auto|always|never",
        env = "MOCKREEL_COLOR",
        value_enum,
        hide_possible_values = true
    )]
    pub(crate) color: Option<ColorChoice>,
    /// Print nothing while it runs, and at its end only if the exit code is not 0.
    #[arg(short, long, env = "MOCKREEL_QUIET", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) quiet: Option<bool>,
    /// Print nothing on standard error while it runs.
    #[arg(long, env = "MOCKREEL_NO_PROGRESS", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) no_progress: Option<bool>,
}

impl ConsoleFlags {
    /// Takes what was not typed from the configuration file.
    pub(crate) fn or(mut self, file: Self) -> Self {
        self.color = self.color.or(file.color);
        self.quiet = self.quiet.or(file.quiet);
        self.no_progress = self.no_progress.or(file.no_progress);
        self
    }

    /// Whether standard output is coloured.
    pub(crate) fn is_coloured(&self) -> bool {
        let is_set = |name: &str| read_variable(name).is_some();
        match self.color.unwrap_or(ColorChoice::Auto) {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if is_set("NO_COLOR") => false,
            ColorChoice::Auto if read_variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            ColorChoice::Auto => std::io::stdout().is_terminal() && !is_dumb(),
        }
    }

    /// Whether a report is printed that ends with this code.
    pub(crate) fn prints(&self, exit_code: u8) -> bool {
        exit_code != 0 || !self.quiet.unwrap_or(false)
    }

    /// What tells of a run on standard error while it goes: a line that is drawn anew on a terminal, now and then a
    /// line of its own elsewhere, or nothing.
    pub(crate) fn start_progress(&self) -> Box<dyn Reporter> {
        if self.quiet.unwrap_or(false) || self.no_progress.unwrap_or(false) {
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
