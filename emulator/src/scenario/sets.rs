//! Ready-made sets of scenarios: each vendor's nasty habits, and the rehearsal.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use serde_json::Value;

use super::{Scenario, Scenarios, suggest_name};

/// The set of the faults that every client has to live with.
const REHEARSAL: &str = include_str!("rehearsal.toml");

/// A ready-made set.
#[derive(Clone, Debug)]
pub struct ScenarioSet {
    /// What it is called, as `VENDOR/NAME` or `NAME`.
    pub name: String,
    /// One line for people.
    pub summary: String,
    /// The sources of what it does, by their names in the vendor's contract.
    pub sources: Vec<String>,
    /// Its scenarios.
    pub scenarios: Scenarios,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetFile {
    summary: String,
    #[serde(default)]
    source: Vec<String>,
    scenario: Vec<Value>,
}

/// Every ready-made set, by name.
///
/// # Panics
///
/// Never: what is embedded is read by a test.
pub fn sets() -> &'static [ScenarioSet] {
    static SETS: OnceLock<Vec<ScenarioSet>> = OnceLock::new();
    SETS.get_or_init(|| {
        let mut sets = read(None, REHEARSAL).expect("the embedded sets are read by a test");
        for (vendor, text) in mockreel_contracts::vendor::scenarios() {
            sets.extend(read(Some(vendor), text).expect("the embedded sets are read by a test"));
            sets.extend(read(Some(vendor), REHEARSAL).expect("the embedded sets are read by a test"));
        }
        sets
    })
}

/// The ready-made set of a name.
///
/// # Errors
///
/// Says which there are.
pub fn set(name: &str) -> Result<Scenarios, String> {
    find_set(name).ok_or_else(|| describe_unknown(name, &suggest_name(name, set_names())))
}

/// The ready-made set of a name, if there is one.
pub(crate) fn find_set(name: &str) -> Option<Scenarios> {
    sets().iter().find(|set| set.name == name).map(|set| Arc::clone(&set.scenarios))
}

/// The name of each ready-made set.
pub(crate) fn set_names<'n>() -> impl Iterator<Item = &'n str> {
    let names: std::slice::Iter<'n, ScenarioSet> = sets().iter();
    names.map(|set| set.name.as_str())
}

/// Says that there is no scenario of a name, with a suggestion, and which are ready-made.
pub(crate) fn describe_unknown(name: &str, suggestion: &str) -> String {
    let known: Vec<&str> = set_names().collect();
    format!("there is no scenario `{name}`{suggestion}; ready-made are {}", known.join(", "))
}

/// Reads the sets of a text; with a vendor, its scenarios meet only that vendor and its sets are called after it.
fn read(vendor: Option<&str>, text: &str) -> Result<Vec<ScenarioSet>, String> {
    let written: BTreeMap<String, SetFile> = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut sets = Vec::new();
    for (name, written) in written {
        let name = vendor.map_or_else(|| name.clone(), |vendor| format!("{vendor}/{name}"));
        let several = written.scenario.len() > 1;
        let mut scenarios = Vec::new();
        for (index, mut form) in written.scenario.into_iter().enumerate() {
            let own = if several { format!("{name}#{}", index + 1) } else { name.clone() };
            form["name"] = own.into();
            if let Some(vendor) = vendor {
                form["match"]["vendor"] = vendor.into();
            }
            let read = Scenario::from_json(&form.to_string()).map_err(|error| format!("{name}: {error}"))?;
            scenarios.push(Arc::new(read));
        }
        sets.push(ScenarioSet {
            name,
            summary: written.summary,
            sources: written.source,
            scenarios: scenarios.into(),
        });
    }
    Ok(sets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_read_and_its_sources_are_those_of_its_vendor() {
        assert!(sets().len() > mockreel_contracts::vendor::scenarios().count());
        for set in sets() {
            assert!(!set.summary.is_empty() && !set.scenarios.is_empty(), "{}", set.name);
            let Some((vendor, _)) = set.name.split_once('/') else { continue };
            let vendor = mockreel_contracts::vendor(vendor).unwrap();
            for source in &set.sources {
                assert!(vendor.contract.sources.contains_key(source), "{}: {source}", set.name);
            }
        }
    }
}
