//! Signals that stop a run: the first lets it end in good order, the second ends it at once.

use mockreel_conformance::exit::INTERRUPTED;
use mockreel_conformance::session::StopFlag;
use tokio::signal::unix::{SignalKind, signal};

use crate::error::CliError;
use crate::output::say_error;

/// Raises the flag that it hands out when the process is interrupted (`^C`) or asked to terminate.
pub(super) fn watch_signals() -> Result<StopFlag, CliError> {
    let stop = StopFlag::default();
    let raised = stop.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(CliError::internal)?;
    let entered = runtime.enter();
    // Asked for before the run begins, so that no signal ends it half way.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::internal)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(CliError::internal)?;
    drop(entered);
    std::thread::spawn(move || {
        runtime.block_on(async {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if raised.is_raised() {
                    std::process::exit(i32::from(INTERRUPTED));
                }
                raised.raise();
                say_error("stopping: the reports have what was judged so far; once more ends it at once");
            }
        });
    });
    Ok(stop)
}
