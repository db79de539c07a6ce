//! `mockreel serve`: the start, its banner, and a clean stop.

use std::fmt::Write as _;

use mockreel_emulator::clock::AccountClock;
use mockreel_emulator::{Emulator, Progress, Settings, StartError};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::ServeFlags;
use crate::error::CliError;
use crate::output::say;
use crate::settings::read_settings;

/// Serves until Ctrl-C or SIGTERM.
pub(crate) fn run(flags: ServeFlags) -> Result<(), CliError> {
    let settings = read_settings(flags)?;
    let runtime = start_runtime()?;
    let served = runtime.block_on(async {
        // Asked for before anything is printed, so that a signal after the first line is never missed.
        let mut terminate = signal(SignalKind::terminate()).map_err(CliError::internal)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::internal)?;
        let emulator = Emulator::start(settings).await.map_err(|error| match error {
            StartError::Listen { .. } | StartError::Settings(_) => CliError::usage(error),
        })?;
        say(&banner(&emulator));
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        emulator.stop().await;
        Ok(())
    });
    // Threads that still decode or render are not waited for: nobody gets what they make.
    runtime.shutdown_background();
    served
}

/// The threads on which an emulator runs.
pub(crate) fn start_runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|why| CliError::Internal(format!("cannot start: {why}")))
}

/// Each vendor's base URL, the seed, how jobs progress, and one command to try.
fn banner(emulator: &Emulator) -> String {
    let settings = emulator.settings();
    let mut text = format!("mockreel serves on {}\n", emulator.base());
    let mut listed: Vec<&str> = Vec::new();
    for served in &settings.vendors {
        let id = served.vendor.id();
        if listed.contains(&id) {
            continue;
        }
        listed.push(id);
        let editions = settings.vendors.iter().filter(|other| other.vendor.id() == id);
        let older: Vec<&str> = editions.skip(1).map(|other| other.vendor.contract.edition()).collect();
        let more = match older.as_slice() {
            [] => String::new(),
            [only] => format!("  (older edition: @{only})"),
            [.., oldest] => format!("  ({} older editions back to @{oldest})", older.len()),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {id:<10} {}{more}", emulator.url(id));
    }
    for (vendor, address) in emulator.ports() {
        let _ = writeln!(text, "  {vendor:<10} http://{address}");
    }
    let progress = match settings.progress {
        Progress::Time => "by time".to_owned(),
        Progress::Immediate => "at once".to_owned(),
        Progress::Polls(each) => format!("by polls, {each} queued and {each} running"),
        Progress::Step => "by orders to the control API".to_owned(),
    };
    let clock = match settings.clock {
        AccountClock::System => "the system's clock".to_owned(),
        AccountClock::Manual(start) => format!("a manual clock from {start}"),
    };
    let _ = writeln!(text, "  seed {}, jobs progress {progress}, on {clock}", settings.seed.0);
    if !settings.scenarios.is_empty() {
        let set_name = |name: &str| name.split('#').next().unwrap_or_default().to_owned();
        let mut names: Vec<String> =
            settings.scenarios.iter().map(|scenario| set_name(&scenario.name)).collect();
        names.dedup();
        let _ =
            writeln!(text, "  scenarios {}; all off: DELETE /__admin/scenarios?account=*", names.join(", "));
    }
    if emulator.is_open_to_network() {
        text.push_str(&network_lines(settings));
    }
    let _ = writeln!(text, "try: curl {}/__admin/vendors", emulator.admin_base());
    text
}

/// What is off for callers from the network, and how to switch it on.
fn network_lines(settings: &Settings) -> String {
    let mut text = "  open to the network: whoever reaches this machine can use it\n".to_owned();
    let mut add = |is_missing: bool, line: &str| {
        if is_missing {
            text.push_str("    ");
            text.push_str(line);
            text.push('\n');
        }
    };
    add(
        settings.admin_token.is_none(),
        "control API: off for other machines; --admin-token-env VAR lets those in who know a token",
    );
    add(
        !settings.directives_beyond_loopback,
        "directives in prompts and x-mockreel-scenario: off; --allow-directives follows them",
    );
    add(!settings.webhooks_beyond_loopback, "callbacks: off; --allow-callbacks sends them");
    add(
        settings.public_url.is_none(),
        "addresses in answers: of this machine; --public-url http://NAME:PORT names it as clients do",
    );
    text
}
