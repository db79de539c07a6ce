//! `stuntdouble contract`: what the contracts say, printed.

use std::io::Write as _;

use stuntdouble_contracts::contract::openapi::{Side, export};
use stuntdouble_contracts::contract::page::render;

use crate::Failed;
use crate::cli::Contract;

/// Prints what was asked for.
pub(crate) fn run(command: Contract) -> Result<(), Failed> {
    let text = match command {
        Contract::List => list()?,
        Contract::Show { vendor } => {
            let vendor = stuntdouble_contracts::vendor(&vendor).map_err(Failed::Usage)?;
            let all =
                stuntdouble_contracts::vendors().map_err(|error| Failed::Internal(error.to_string()))?;
            let older = all.iter().map(|held| &*held.contract);
            let older = older.filter(|held| held.id == vendor.id() && held.edition < vendor.contract.edition);
            render(&vendor.contract, &older.collect::<Vec<_>>())
        }
        Contract::Openapi { vendor, documented } => {
            let vendor = stuntdouble_contracts::vendor(&vendor).map_err(Failed::Usage)?;
            let side = if documented { Side::Documented } else { Side::Enforced };
            format!("{:#}\n", export(&vendor.contract, side))
        }
    };
    let mut out = std::io::stdout().lock();
    // A reader that has seen enough closes the pipe; that is no failure.
    let _ = out.write_all(text.as_bytes());
    Ok(())
}

fn list() -> Result<String, Failed> {
    let all = stuntdouble_contracts::vendors().map_err(|error| Failed::Internal(error.to_string()))?;
    let lines = all.iter().map(|vendor| {
        let newest = if vendor.newest { "  newest" } else { "" };
        let title = &vendor.contract.title;
        format!("{:<26} {title}{newest}\n", vendor.contract.full_id())
    });
    Ok(lines.collect())
}
