//! Environment variables of the command: which count as not set, and which `MOCKREEL_*` nothing reads.

use clap::builder::Resettable;
use clap::{Arg, Command};

/// Variables that no flag reads: of the log, and of the tests over a vendor's own files.
const WITHOUT_FLAG: [&str; 2] = [LOG_VARIABLE, "MOCKREEL_VENDOR_SPECS"];

/// The variable that says what is logged.
pub(crate) const LOG_VARIABLE: &str = "MOCKREEL_LOG";

/// What all our variables begin with.
const PREFIX: &str = "MOCKREEL_";

/// How alike two names must be for one to be suggested for the other, from 0 to 1.
const MIN_LIKENESS: f64 = 0.8;

/// The value of a variable, unless it is empty.
pub(crate) fn read_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Takes from every flag the variable that is empty, or that Kubernetes has set for a service.
pub(crate) fn without_unset(command: Command) -> Command {
    // A variable that is not there stays: help names it.
    let is_unset = |arg: &Arg| {
        arg.get_env().and_then(|name| Some((name, std::env::var_os(name)?))).is_some_and(|(name, value)| {
            value.is_empty() || is_of_kubernetes(&name.to_string_lossy(), &value.to_string_lossy())
        })
    };
    command
        .mut_args(|arg| if is_unset(&arg) { arg.env(Resettable::Reset) } else { arg })
        .mut_subcommands(without_unset)
}

/// A line about each variable of ours that nothing reads: neither a flag of `command`, nor a flag or a `file` that
/// names a variable of the user's choice.
pub(crate) fn find_unknown(command: &Command, file: &str) -> Vec<String> {
    let mut known: Vec<String> = WITHOUT_FLAG.iter().map(|&name| name.to_owned()).collect();
    collect_names(command, &mut known);
    let all: Vec<(String, String)> = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty())
        .collect();
    let is_named = |name: &str| {
        std::env::args_os().any(|argument| argument.to_string_lossy().contains(name))
            || all.iter().any(|(_, value)| value == name)
            || file.contains(name)
    };
    let mut unknown: Vec<(&str, &str)> = all
        .iter()
        .filter(|(name, value)| !known.contains(name) && !is_of_kubernetes(name, value) && !is_named(name))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    unknown.sort_unstable();
    let suggest = |name: &str, value: &str| match find_port_variable(name, value, &known) {
        None => suggest_name(name, &known),
        found => found,
    };
    let line = |(name, value): (&str, &str)| match suggest(name, value) {
        Some(near) => format!("{name} is not a variable of Mockreel and has no effect; did you mean {near}?"),
        None => format!("{name} is not a variable of Mockreel and has no effect"),
    };
    unknown.into_iter().map(line).collect()
}

/// The variable for a port of one vendor, if that is what a value reads like.
fn find_port_variable(name: &str, value: &str, known: &[String]) -> Option<String> {
    let is_meant = name.ends_with("_PORT") && value.contains('=');
    known.iter().find(|known| is_meant && known.ends_with("_VENDOR_PORT")).cloned()
}

fn collect_names(command: &Command, names: &mut Vec<String>) {
    names.extend(
        command.get_arguments().filter_map(Arg::get_env).map(|name| name.to_string_lossy().into_owned()),
    );
    command.get_subcommands().for_each(|inner| collect_names(inner, names));
}

/// What is often typed for our settings, without the prefix and in lower case, and the flag that is meant.
const GUESSES: [(&str, &str); 34] = [
    ("port", "listen"),
    ("host", "listen"),
    ("hostname", "listen"),
    ("addr", "listen"),
    ("address", "listen"),
    ("bind", "listen"),
    ("bind_address", "listen"),
    ("listen_address", "listen"),
    ("listen_addr", "listen"),
    ("http_port", "listen"),
    ("server_port", "listen"),
    ("url", "public-url"),
    ("base_url", "public-url"),
    ("external_url", "public-url"),
    ("speed", "latency"),
    ("delay", "latency"),
    ("random_seed", "seed"),
    ("scenarios", "scenario"),
    ("rehearsal", "scenario"),
    ("faults", "scenario"),
    ("chaos", "scenario"),
    ("strict", "strict-directives"),
    ("directives", "allow-directives"),
    ("callbacks", "allow-callbacks"),
    ("webhooks", "allow-callbacks"),
    ("callback_secret", "callback-secret-env"),
    ("webhook_secret", "callback-secret-env"),
    ("token", "admin-token-env"),
    ("admin_token", "admin-token-env"),
    ("admin_port", "admin-listen"),
    ("config_file", "config"),
    ("vendors", "vendor"),
    ("providers", "vendor"),
    ("time", "clock"),
];

/// The flag that is meant by an obvious guess.
pub(crate) fn suggest_flag(typed: &str) -> Option<String> {
    let word = typed.trim_start_matches('-').to_lowercase().replace('-', "_");
    if ["log_level", "verbose", "debug", "v"].contains(&word.as_str()) {
        return Some(format!("{LOG_VARIABLE}=debug mockreel"));
    }
    GUESSES.iter().find(|(guess, _)| *guess == word).map(|(_, flag)| format!("--{flag}"))
}

/// The variable that is meant by an obvious guess.
fn suggest_guessed(word: &str) -> Option<String> {
    let word = word.to_lowercase();
    if ["log_level", "rust_log", "verbose", "debug"].contains(&word.as_str()) {
        return Some(LOG_VARIABLE.to_owned());
    }
    let (_, flag) = GUESSES.iter().find(|(guess, _)| *guess == word)?;
    Some(format!("{PREFIX}{}", flag.to_uppercase().replace('-', "_")))
}

/// The known name that another one was probably meant to be: the same with a word more, or one spelt alike.
fn suggest_name(name: &str, known: &[String]) -> Option<String> {
    let word = &name[PREFIX.len()..];
    if let Some(guessed) = suggest_guessed(word) {
        return Some(guessed);
    }
    let longer = known.iter().find(|known| known.ends_with(&format!("_{word}")));
    let likeness = |known: &String| strsim::jaro_winkler(word, &known[PREFIX.len()..]);
    let alike = || {
        let near = known.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
        near.filter(|near| likeness(near) >= MIN_LIKENESS)
    };
    longer.or_else(alike).cloned()
}

/// The words ` (did you mean ...?)` behind a word that nobody knows; empty if nothing known is like it.
pub(crate) fn suggest_word<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let word = word.to_lowercase();
    let alike = known.into_iter().map(|known| (strsim::jaro_winkler(&word, &known.to_lowercase()), known));
    match alike.max_by(|(one, _), (other, _)| one.total_cmp(other)) {
        Some((likeness, known)) if likeness >= MIN_LIKENESS => format!(" (did you mean `{known}`?)"),
        Some(_) | None => String::new(),
    }
}

/// Whether Kubernetes sets such a variable for a service called `mockreel` or `mockreel-...`
/// (<https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>).
fn is_of_kubernetes(name: &str, value: &str) -> bool {
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let numbered = name.split("_PORT_").skip(1).any(|rest| {
        let mut words = rest.split('_');
        words.next().is_some_and(|port| port.parse::<u16>().is_ok())
            && words.next().is_some_and(|protocol| ["TCP", "UDP", "SCTP"].contains(&protocol))
    });
    let of_service =
        name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") || name.contains("_SERVICE_PORT_");
    of_service || numbered || (name.ends_with("_PORT") && is_address)
}
