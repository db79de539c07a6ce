//! `mockreel`: stands in for paid, asynchronous AI-video APIs.

#[macro_use]
mod given;

mod check;
mod cli;
mod console;
mod contract;
mod demo;
mod drift;
mod error;
mod files;
mod log;
mod output;
mod scenario;
mod serve;
mod settings;
mod sources;
mod variables;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use self::cli::{Cli, Command};
use self::error::CliError;
use self::output::say_error;

fn main() -> ExitCode {
    let mut command = variables::without_unset(Cli::command());
    let parsed = command.try_get_matches_from_mut(std::env::args_os()).and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        let path = find_config(&matches);
        let text = settings::config_text(path);
        sources::remember_sources(&command, &matches, settings::config_path(path), &text);
        Ok((cli, text))
    });
    let (cli, config) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return refuse_arguments(&error, &command),
    };
    variables::find_unknown(&Cli::command(), &config).iter().for_each(|line| say_error(line));
    let done = log::start_log().and_then(|_log| run(cli)).unwrap_or_else(|error| {
        say_error(&error.to_string());
        ExitCode::from(error.exit_code())
    });
    match output::find_unwritten() {
        // Nobody has seen what a good end was to say.
        Some(why) if done == ExitCode::SUCCESS => {
            say_error(&format!(
                "cannot write to standard output: {why}; free some space, or redirect it elsewhere"
            ));
            ExitCode::from(2)
        }
        Some(_) | None => done,
    }
}

/// Runs what was asked for.
fn run(cli: Cli) -> Result<ExitCode, CliError> {
    match cli.command {
        None => serve::run(cli.serve).map(|()| ExitCode::SUCCESS),
        Some(Command::Serve(flags)) => serve::run(*flags).map(|()| ExitCode::SUCCESS),
        Some(Command::Demo(flags)) => demo::run(flags).map(|()| ExitCode::SUCCESS),
        Some(Command::Contract(command)) => contract::run(command).map(|()| ExitCode::SUCCESS),
        Some(Command::Scenario(command)) => scenario::run(command).map(|()| ExitCode::SUCCESS),
        Some(Command::Check(flags)) => check::run_check(*flags),
        Some(Command::Plan(flags)) => check::run_plan(*flags),
        Some(Command::Drift(command)) => drift::run(*command),
        Some(Command::Baseline(command)) => check::update_baseline(&command).map(|()| ExitCode::SUCCESS),
    }
}

/// The names of sub-commands, as they may be typed.
fn join_names<'a>(commands: impl Iterator<Item = &'a clap::Command>) -> String {
    let names = commands.map(clap::Command::get_name).filter(|&name| name != "help");
    names.collect::<Vec<_>>().join(", ")
}

/// The message of a mistake in the arguments, without the usage that stands below it.
fn in_one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let useful = lines.filter(|line| !line.is_empty() && !line.starts_with("For more information"));
    let message = useful.collect::<Vec<_>>().join(" ").replace(" tip: ", "; ");
    message.trim_start_matches("error: ").to_owned()
}

/// The configuration file that was named, to whichever sub-command.
fn find_config(matches: &ArgMatches) -> Option<&PathBuf> {
    let inner = matches.subcommand().and_then(|(_, inner)| find_config(inner));
    inner.or_else(|| matches.try_get_one("config").ok().flatten())
}

/// Prints help and versions as they are, and says in one line what is wrong with the arguments.
fn refuse_arguments(error: &clap::Error, command: &clap::Command) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A closed pipe is no reason to fail.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        // Its text is the whole help, which is no answer in a script's log.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let name = std::env::args().nth(1).unwrap_or_default();
            let known = command.find_subcommand(&name).into_iter().flat_map(clap::Command::get_subcommands);
            say_error(&format!("`{name}` needs one of {}; see `mockreel --help`", join_names(known)));
        }
        ErrorKind::InvalidSubcommand => {
            // The names of the level at which it stands.
            let typed = std::env::args().skip(1).filter(|name| name != "help");
            let first = typed.into_iter().find_map(|name| command.find_subcommand(&name));
            let known = join_names(first.unwrap_or(command).get_subcommands());
            say_error(&format!("{}; expected one of {known}", in_one_line(&error.to_string())));
        }
        kind => {
            let text = in_one_line(&error.to_string());
            let invalid = match error.get(ContextKind::InvalidArg) {
                Some(ContextValue::String(text)) => text.as_str(),
                _ => "",
            };
            let flag = invalid.split([' ', '=']).next().unwrap_or_default();
            let blamed = match kind {
                ErrorKind::ValueValidation | ErrorKind::InvalidValue => sources::variable_of(command, flag),
                _ => None,
            };
            let hint = match kind {
                ErrorKind::UnknownArgument if error.get(ContextKind::SuggestedArg).is_none() => {
                    variables::suggest_flag(flag).map(|near| format!("; did you mean '{near}'?"))
                }
                _ => None,
            };
            let text = match blamed {
                Some((name, value)) => {
                    let possible = match error.get(ContextKind::ValidValue) {
                        Some(ContextValue::Strings(values)) => format!("expected {}", values.join(" or ")),
                        _ => "it cannot be read".to_owned(),
                    };
                    let why = text.split_once("': ").map_or(possible.as_str(), |(_, why)| why);
                    format!("{name}={value}: {why}")
                }
                None => text,
            };
            say_error(&format!("{text}{}; see `mockreel --help`", hint.unwrap_or_default()));
        }
    }
    ExitCode::from(2)
}
