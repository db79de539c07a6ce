//! The orders of a caller: directives in the prompt, and a scenario in the header. What cannot be followed becomes a warning.

use std::sync::Arc;

use crate::account;
use crate::app::App;
use crate::edge::call::notes::Notes;
use crate::edge::headers::SCENARIO_HEADER;
use crate::engine::{Directives, Others};
use crate::scenario::{Scenario, sets, suggest_name};
use crate::state::account::AccountState;

/// The header's value when no scenario is to affect a request, but what its own prompt says.
const NO_SCENARIO: &str = "none";

/// The orders of one request.
#[derive(Debug, Default)]
pub(in crate::edge) struct Orders {
    /// The scenarios that come before all others.
    pub(super) first: Vec<Arc<Scenario>>,
    /// Whether others are heard too.
    pub(super) others: Others,
}

/// Reads the orders of a request to one edition of a vendor.
pub(super) struct OrderReader<'r, 'n> {
    pub(super) app: &'r App,
    pub(super) account: &'r AccountState,
    pub(super) vendor: &'r str,
    pub(super) edition: &'r str,
    pub(super) notes: &'r mut Notes<'n>,
}

impl OrderReader<'_, '_> {
    /// Reads those of a prompt and of the scenario headers.
    pub(super) fn read_orders(&mut self, prompt: Option<&str>, headers: &[&str]) -> Orders {
        let prompt = prompt.filter(|prompt| Directives::are_in(prompt));
        if !self.app.follows_directives() {
            if !headers.is_empty() {
                self.notes.add_note(&format!(
                    "`{SCENARIO_HEADER}` is followed on loopback only; see --allow-directives"
                ));
            }
            if prompt.is_some() {
                self.notes
                    .add_note("orders in prompts are followed on loopback only; see --allow-directives");
            }
            return Orders::default();
        }
        let mut orders = Orders::default();
        if let Some(prompt) = prompt {
            orders.first = self.read_prompt(prompt);
        }
        let Some((first, others)) = headers.split_first() else { return orders };
        if !others.is_empty() {
            self.notes.add_warning(&format!(
                "`{SCENARIO_HEADER}` came {} times: only the first is followed",
                headers.len()
            ));
        }
        if first.trim() == NO_SCENARIO {
            return Orders { others: Others::Spared, ..orders };
        }
        match self.read_header(first) {
            Ok(scenarios) => orders.first.extend(scenarios),
            Err(why) => self.notes.add_warning(&format!("`{SCENARIO_HEADER}`: {why}")),
        }
        orders
    }

    /// Reads the scenarios of a prompt, which come before all others.
    fn read_prompt(&mut self, prompt: &str) -> Vec<Arc<Scenario>> {
        let directives = Directives::read(prompt, &|text| self.notes.quote_start(text));
        for warning in &directives.warnings {
            self.notes.add_warning(warning);
        }
        let mut first = vec![Arc::new(Scenario::for_every_request("prompt", directives.then()))];
        for name in &directives.scenarios {
            match self.find_named(name) {
                Ok(scenarios) => first.extend(scenarios),
                Err(why) => {
                    let name = self.notes.quote_start(name);
                    self.notes.add_warning(&format!("directive `[mock:scenario={name}]`: {why}"));
                }
            }
        }
        first
    }

    /// Reads the scenarios of a header: a name, or a scenario in JSON.
    fn read_header(&mut self, text: &str) -> Result<Vec<Arc<Scenario>>, String> {
        let text = text.trim();
        if !text.starts_with('{') {
            return self.find_named(text);
        }
        let mut scenario = Scenario::from_json(text).map_err(|error| error.to_string())?;
        // What is counted for it is counted under its text, so that repeated requests are told apart by number.
        scenario.name = if scenario.name.is_empty() {
            format!("header {}", account::digest(text).get(..8).unwrap_or_default())
        } else {
            self.notes.hide_secrets(&scenario.name)
        };
        let scenarios = vec![Arc::new(scenario)];
        self.check_vendor("the scenario", &scenarios)?;
        Ok(scenarios)
    }

    /// Finds the scenarios of a name: the account's own, those of all accounts, or a ready-made set.
    fn find_named(&self, name: &str) -> Result<Vec<Arc<Scenario>>, String> {
        let all = || self.account.scenarios.iter().chain(self.account.everywhere.iter());
        let mut named: Vec<Arc<Scenario>> =
            all().filter(|scenario| scenario.is_called(name)).cloned().collect();
        if named.is_empty() {
            named = sets::find_set(name).map(|set| set.to_vec()).ok_or_else(|| {
                let known = all().map(|scenario| scenario.name.as_str()).chain(sets::set_names());
                sets::describe_unknown(&self.notes.quote_start(name), &suggest_name(name, known))
            })?;
        }
        self.check_vendor(&format!("`{}`", self.notes.quote_start(name)), &named)?;
        Ok(named)
    }

    /// Refuses scenarios that are all of another vendor or edition: they would change nothing.
    fn check_vendor(&self, what: &str, scenarios: &[Arc<Scenario>]) -> Result<(), String> {
        let admits = |scenario: &Arc<Scenario>| scenario.matcher.admits_vendor(self.vendor, self.edition);
        if scenarios.is_empty() || scenarios.iter().any(admits) {
            return Ok(());
        }
        let named: Vec<String> = scenarios
            .iter()
            .filter_map(|scenario| scenario.matcher.vendor.as_ref())
            .map(ToString::to_string)
            .collect();
        let other = named.first().map_or("another vendor", String::as_str);
        let asked = if other.contains('@') {
            format!("{}@{}", self.vendor, self.edition)
        } else {
            self.vendor.to_owned()
        };
        let here = what.trim_matches('`').split_once('/').map(|(_, name)| format!("{}/{name}", self.vendor));
        let here = here.filter(|name| sets::find_set(name).is_some());
        let hint = here.map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default();
        Err(format!("{what} is of {other}, and this request went to {asked}{hint}"))
    }
}
