//! `mockreel`: stands in for paid, asynchronous AI-video APIs.

mod check;
mod cli;
mod contract;
mod drift;
mod scenario;
mod serve;
mod settings;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use thiserror::Error;

use self::cli::{Cli, Command};

/// Why a command ended badly. The exit codes are part of the public interface.
#[derive(Debug, Error)]
pub(crate) enum Failed {
    /// Usage or configuration: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The suite says what went wrong, and its exit code.
    #[error("{0}")]
    Suite(mockreel_conformance::exit::SuiteError),
    /// Something of ours: exit code 6.
    #[error("{0}")]
    Internal(String),
}

impl Failed {
    fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Suite(error) => error.exit_code(),
            Self::Internal(_) => 6,
        }
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let done = match cli.command {
        None => serve::run(cli.serve).map(|()| ExitCode::SUCCESS),
        Some(Command::Serve(serve)) => serve::run(*serve).map(|()| ExitCode::SUCCESS),
        Some(Command::Contract(command)) => contract::run(command).map(|()| ExitCode::SUCCESS),
        Some(Command::Scenario(command)) => scenario::run(command).map(|()| ExitCode::SUCCESS),
        Some(Command::Check(typed)) => check::run(*typed),
        Some(Command::Plan(typed)) => check::run_plan(*typed),
        Some(Command::Drift(typed)) => drift::run(*typed),
        Some(Command::Baseline(typed)) => check::update_baseline(&typed),
    };
    match done {
        Ok(code) => code,
        Err(failed) => {
            say_error(&failed.to_string());
            ExitCode::from(failed.code())
        }
    }
}

/// Help and versions go out as they are; what is wrong with the arguments is one line.
fn refuse(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A closed pipe is no reason to fail.
            let _ = error.print();
            ExitCode::SUCCESS
        }
        // Its text is the whole help, which is no answer in a script's log.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let named = std::env::args().nth(1).unwrap_or_default();
            let known: Vec<String> =
                Cli::command().find_subcommand(&named).into_iter().flat_map(names).collect();
            say_error(&format!("`{named}` needs one of {}; see `mockreel --help`", known.join(", ")));
            ExitCode::from(2)
        }
        _ => {
            let text = error.to_string();
            let lines =
                text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("Usage:"));
            let useful: Vec<&str> = lines.filter(|line| !line.starts_with("For more information")).collect();
            say_error(&format!("{}; see `mockreel --help`", useful.join(" ").trim_start_matches("error: ")));
            ExitCode::from(2)
        }
    }
}

/// The names of a command's own commands.
fn names(command: &clap::Command) -> Vec<String> {
    command.get_subcommands().map(|held| held.get_name().to_owned()).collect()
}

/// An error is cut after so many characters.
const MOST_CHARS: usize = 4_000;

#[expect(clippy::print_stderr, reason = "the one place that speaks to the terminal about errors")]
fn say_error(text: &str) {
    // Names of files and members may hold what a terminal or a workflow would take for an order.
    let text = mockreel_conformance::report::escape::one_line(text, MOST_CHARS);
    eprintln!("mockreel: {text}");
}
