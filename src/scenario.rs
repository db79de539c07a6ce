//! `mockreel scenario`: ready-made sets, and files of scenarios read for mistakes.

use std::path::Path;
use std::sync::Arc;

use mockreel_contracts::lazy::LazyContract;
use mockreel_emulator::scenario::{Scenario, schema, sets};
use serde_json::{Value, json};

use crate::cli::{self, ScenarioCommand};
use crate::error::CliError;
use crate::files::read_utf8;
use crate::output::{say, say_error};
use crate::sources::name_value;

/// Prints what the sub-command asks for.
pub(crate) fn run(command: ScenarioCommand) -> Result<(), CliError> {
    say(&match command {
        ScenarioCommand::List => list_sets(),
        ScenarioCommand::Show { name } => show_set(&name)?,
        ScenarioCommand::Check { files } => {
            let mut lines = String::new();
            let vendors = mockreel_contracts::vendors().map_err(CliError::internal)?;
            let all: Vec<&LazyContract> = vendors.iter().map(|vendor| &vendor.contract).collect();
            for file in &files {
                let scenarios = read_file(file)?;
                for line in list_doubts(&scenarios, &all) {
                    say_error(&format!("{}: {line}", file.display()));
                }
                let count = scenarios.len();
                let noun = if count == 1 { "scenario" } else { "scenarios" };
                lines.push_str(&format!("{}: {count} {noun}, in order\n", file.display()));
            }
            lines
        }
        ScenarioCommand::Schema { config } => {
            format!("{:#}\n", if config { cli::schema() } else { schema() })
        }
    });
    Ok(())
}

/// The scenarios of a ready-made set, or of a file.
pub(crate) fn read_scenarios(name: &str) -> Result<Vec<Arc<Scenario>>, CliError> {
    let path = Path::new(name);
    match sets::set(name) {
        Ok(set) => Ok(set.to_vec()),
        Err(_) if path.extension().is_some() || path.exists() => read_file(path),
        Err(why) => Err({
            let place = name_value("--scenario", name);
            CliError::Usage(format!("{place}: {why}, and there is no such file"))
        }),
    }
}

/// What is suspicious in scenarios where these contracts are served, a line each.
pub(crate) fn list_doubts(scenarios: &[Arc<Scenario>], served: &[&LazyContract]) -> Vec<String> {
    let line = |scenario: &Scenario, doubt: String| match scenario.name.as_str() {
        "" => format!("warning: a scenario without a name: {doubt}"),
        name => format!("warning: scenario `{name}`: {doubt}"),
    };
    let all = scenarios.iter().flat_map(|scenario| {
        scenario.list_doubts(served).into_iter().map(move |doubt| line(scenario, doubt))
    });
    all.collect()
}

fn read_file(path: &Path) -> Result<Vec<Arc<Scenario>>, CliError> {
    let shown = path.display();
    let text = read_utf8(path)
        .map_err(|why| CliError::Usage(format!("cannot read the scenarios {shown}: {why}")))?;
    let read = Scenario::from_file(&text).map_err(|error| CliError::Usage(format!("{shown}:{error}")))?;
    if read.is_empty() {
        say_error(&format!("{shown}: warning: the file holds no scenario: expected `[[scenario]]`"));
    }
    Ok(read)
}

fn list_sets() -> String {
    let wide = sets::sets().iter().map(|set| set.name.len()).max().unwrap_or_default();
    sets::sets().iter().map(|set| format!("{:wide$}  {}\n", set.name, set.summary)).collect()
}

fn show_set(name: &str) -> Result<String, CliError> {
    let set = sets::set(name).map_err(CliError::Usage)?;
    let scenarios: Result<Vec<Value>, _> =
        set.iter().map(|scenario| serde_json::to_value(&**scenario)).collect();
    let scenarios = scenarios.map_err(CliError::internal)?;
    Ok(format!("{:#}\n", json!({ "scenario": scenarios })))
}
