//! `mockreel scenario`: what can be made to go wrong, and whether a file of it can be read.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use mockreel_emulator::scenario::{Scenario, schema, sets};
use serde_json::{Value, json};

use crate::Failed;
use crate::cli;

/// Prints what was asked for.
pub(crate) fn run(command: cli::Scenario) -> Result<(), Failed> {
    let text = match command {
        cli::Scenario::List => list(),
        cli::Scenario::Show { name } => show(&name)?,
        cli::Scenario::Check { files } => {
            let mut told = String::new();
            for file in &files {
                let count = from_file(file)?.len();
                let noun = if count == 1 { "scenario" } else { "scenarios" };
                told.push_str(&format!("{}: {count} {noun}, in order\n", file.display()));
            }
            told
        }
        cli::Scenario::Schema { config } => {
            let schema = if config { crate::settings::schema() } else { schema() };
            format!("{schema:#}\n")
        }
    };
    // A reader that has seen enough closes the pipe; that is no failure.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Ok(())
}

/// The scenarios that a name or a file means.
pub(crate) fn named(text: &str) -> Result<Vec<Arc<Scenario>>, Failed> {
    let path = Path::new(text);
    match sets::set(text) {
        Ok(set) => Ok(set.to_vec()),
        Err(_) if path.extension().is_some() || path.exists() => from_file(path),
        Err(why) => Err(Failed::Usage(format!("--scenario {text}: {why}, and there is no such file"))),
    }
}

fn from_file(path: &Path) -> Result<Vec<Arc<Scenario>>, Failed> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|why| Failed::Usage(format!("cannot read the scenarios {shown}: {why}")))?;
    Scenario::from_file(&text).map_err(|error| Failed::Usage(format!("{shown}:{error}")))
}

fn list() -> String {
    let wide = sets::sets().iter().map(|set| set.name.len()).max().unwrap_or_default();
    sets::sets().iter().map(|set| format!("{:wide$}  {}\n", set.name, set.summary)).collect()
}

fn show(name: &str) -> Result<String, Failed> {
    let set = sets::set(name).map_err(Failed::Usage)?;
    let told: Result<Vec<Value>, _> = set.iter().map(|scenario| serde_json::to_value(&**scenario)).collect();
    let told = told.map_err(|error| Failed::Internal(error.to_string()))?;
    Ok(format!("{:#}\n", json!({ "scenario": told })))
}
