//! The program's log on standard error: warnings, and with `MOCKREEL_LOG` every request.

use std::str::FromStr as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::error::CliError;
use crate::variables::{LOG_VARIABLE, read_variable};

/// Starts the log, at the level that `MOCKREEL_LOG` names; without it, warnings are logged.
///
/// # Errors
///
/// If the variable names no level and is no filter.
pub(crate) fn start_log() -> Result<(), CliError> {
    let text = read_variable(LOG_VARIABLE).unwrap_or_else(|| "warn".to_owned());
    let refuse = || {
        CliError::Usage(format!(
            "{LOG_VARIABLE}={text}: expected off, error, warn, info (every request), debug (with headers and bodies) or trace"
        ))
    };
    // A word that is no level would count as the name of a part of the program, and nothing would be logged.
    if !text.contains(['=', ',']) && LevelFilter::from_str(&text).is_err() {
        return Err(refuse());
    }
    let filter = EnvFilter::try_new(&text).map_err(|_| refuse())?;
    tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr).init();
    Ok(())
}
