//! Sources of settings: the flag, the variable or the line of the configuration file that a wrong value came from, for
//! messages.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

/// Where the settings of this run came from.
#[derive(Debug, Default)]
struct Sources {
    /// The flags that were typed or set by a variable, as `--flag`; for the latter the name of the variable.
    given: BTreeMap<String, Option<String>>,
    /// The path of the configuration file, and its text.
    file: Option<(String, String)>,
}

static SOURCES: OnceLock<Sources> = OnceLock::new();

/// Remembers where each setting came from.
pub(crate) fn remember_sources(command: &Command, matches: &ArgMatches, path: &Path, text: &str) {
    let mut sources = Sources::default();
    collect_given(command, matches, &mut sources.given);
    sources.file = (!text.is_empty()).then(|| (path.display().to_string(), text.to_owned()));
    // Only the first is kept, and there is only one.
    let _ = SOURCES.set(sources);
}

fn collect_given(command: &Command, matches: &ArgMatches, given: &mut BTreeMap<String, Option<String>>) {
    for arg in command.get_arguments() {
        let (Some(flag), id) = (arg.get_long(), arg.get_id().as_str()) else { continue };
        let Ok(Some(source)) = matches.try_contains_id(id).map(|_| matches.value_source(id)) else {
            continue;
        };
        let variable = arg.get_env().map(|name| name.to_string_lossy().into_owned());
        match source {
            ValueSource::CommandLine => given.insert(format!("--{flag}"), None),
            ValueSource::EnvVariable => given.insert(format!("--{flag}"), variable),
            _ => None,
        };
    }
    if let Some((name, inner)) = matches.subcommand()
        && let Some(command) = command.find_subcommand(name)
    {
        collect_given(command, inner, given);
    }
}

/// How a value of a flag is named in a message about it: `--clock sundial`, `MOCKREEL_CLOCK=sundial`, or
/// `mockreel.toml:3:1: clock = sundial`.
pub(crate) fn name_value(flag: &str, value: &str) -> String {
    let sources = SOURCES.get_or_init(Sources::default);
    match (sources.given.get(flag), &sources.file) {
        (Some(Some(variable)), _) => format!("{variable}={value}"),
        (None, Some((path, text))) => {
            let key = flag.trim_start_matches('-').replace('-', "_");
            match locate_value(text, &key, value) {
                Some((line, column)) => format!("{path}:{line}:{column}: {key} = {value}"),
                None => format!("{flag} {value}"),
            }
        }
        (Some(None) | None, _) => format!("{flag} {value}"),
    }
}

/// Line and column, from 1, of a value behind its key in a file.
fn locate_value(text: &str, key: &str, value: &str) -> Option<(usize, usize)> {
    let mut start = None;
    for (number, line) in text.lines().enumerate() {
        let name = line.split('=').next().unwrap_or_default().trim();
        if start.is_none() && name == key && line.contains('=') {
            start = Some((number, line.find(|character: char| !character.is_whitespace()).unwrap_or(0)));
        }
        if let (Some(_), Some(column)) = (start, line.find(value).filter(|_| !value.is_empty())) {
            return Some((number + 1, line[..column].chars().count() + 1));
        }
    }
    start.map(|(number, column)| (number + 1, column + 1))
}

/// The variable that set a flag which could not be read, with its value: where the flag itself was not typed.
pub(crate) fn variable_of(command: &Command, flag: &str) -> Option<(String, String)> {
    let is_typed = |flag: &str| {
        std::env::args_os().any(|typed| {
            let typed = typed.to_string_lossy();
            typed == flag || typed.strip_prefix(flag).is_some_and(|rest| rest.starts_with('='))
        })
    };
    let mut level = command;
    let mut found = find_variable(level, flag);
    for typed in std::env::args().skip(1) {
        if let Some(inner) = level.find_subcommand(&typed) {
            level = inner;
            found = find_variable(level, flag).or(found);
        }
    }
    let name = found.filter(|_| !is_typed(flag))?;
    let value = std::env::var(&name).ok().filter(|value| !value.is_empty())?;
    Some((name, value))
}

fn find_variable(command: &Command, flag: &str) -> Option<String> {
    let long = flag.trim_start_matches('-');
    let arg = command.get_arguments().find(|arg: &&Arg| arg.get_long() == Some(long))?;
    Some(arg.get_env()?.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_located_behind_its_key() {
        let text = "seed = 1\n  clock = \"sundial\"\noption = [\n  \"a.b=c\",\n]\n";
        assert_eq!(locate_value(text, "clock", "sundial"), Some((2, 12)));
        assert_eq!(locate_value(text, "option", "a.b=c"), Some((4, 4)));
        assert_eq!(locate_value(text, "seed", ""), Some((1, 1)));
        assert_eq!(locate_value(text, "latency", "sundial"), None);
    }
}
