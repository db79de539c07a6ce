//! The orders of a caller: directives in the prompt, and a scenario in the header. What cannot be followed becomes a warning.

use std::sync::Arc;

use mockreel_contracts::lazy::LazyContract;
use mockreel_contracts::{Contract, Operation};

use super::overlaps::warn_of_overlaps;
use crate::account;
use crate::app::App;
use crate::edge::call::notes::Notes;
use crate::edge::headers::SCENARIO_HEADER;
use crate::engine::{Directives, Others};
use crate::scenario::{Channel, Point, RequestFacts, RequestKind, Scenario, Then, sets, suggest_name};
use crate::state::account::AccountState;

/// The header's value when no scenario is to affect a request, but what its own prompt says.
pub(super) const NO_SCENARIO: &str = "none";

/// The orders of one request.
#[derive(Debug, Default)]
pub(in crate::edge) struct Orders {
    /// The scenarios that come before all others, and where they stand: in the prompt or in the header.
    pub(super) first: Vec<(Channel, Arc<Scenario>)>,
    /// Whether others are heard too.
    pub(super) others: Others,
}

/// Why directives in a body are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unheard {
    /// They stand in another member than the prompt.
    OutsidePrompt,
    /// There is no prompt that can be read.
    WithoutPrompt,
}

/// Reads the orders of a request to one edition of a vendor.
pub(super) struct OrderReader<'r, 'n> {
    pub(super) app: &'r App,
    pub(super) account: &'r AccountState,
    pub(super) facts: RequestFacts<'r>,
    pub(super) notes: &'r mut Notes<'n>,
}

impl OrderReader<'_, '_> {
    /// Reads those of a prompt and of the scenario headers.
    pub(super) fn read_orders(
        &mut self,
        prompt: Option<&str>,
        unheard: Option<Unheard>,
        headers: &[&str],
    ) -> Orders {
        let prompt = prompt.filter(|prompt| Directives::are_in(prompt));
        if !self.app.follows_directives() {
            if !headers.is_empty() {
                self.notes.add_note(&format!(
                    "`{SCENARIO_HEADER}` is followed on loopback only; see --allow-directives"
                ));
            }
            if prompt.is_some() || unheard.is_some() {
                self.notes
                    .add_note("orders in prompts are followed on loopback only; see --allow-directives");
            }
            return Orders::default();
        }
        match unheard {
            Some(Unheard::OutsidePrompt) => self.notes.add_warning(
                "an order `[mock:...]` stands outside the prompt, where it is not followed: put it into the prompt",
            ),
            Some(Unheard::WithoutPrompt) => self.notes.add_warning(
                "the order `[mock:...]` in the body is not followed: no prompt can be read in it; check the model and the body, and put the order into the prompt",
            ),
            None => {}
        }
        let mut orders = Orders::default();
        if let Some(prompt) = prompt {
            let scenarios = self.read_prompt(prompt);
            orders.first = scenarios.into_iter().map(|scenario| (Channel::Prompt, scenario)).collect();
        }
        let Some((first, others)) = headers.split_first() else {
            warn_of_overlaps(&orders.first, &self.facts, self.notes);
            return orders;
        };
        if !others.is_empty() {
            self.notes.add_warning(&format!(
                "`{SCENARIO_HEADER}` came {} times: only the first is followed",
                headers.len()
            ));
        }
        if first.trim() == NO_SCENARIO {
            warn_of_overlaps(&orders.first, &self.facts, self.notes);
            return Orders { others: Others::Spared, ..orders };
        }
        match self.read_header(first) {
            Ok(scenarios) => {
                match self.find_why_never(&scenarios) {
                    Some(why) => self
                        .notes
                        .add_warning(&format!("`{SCENARIO_HEADER}` can meet no request here: {why}")),
                    None => self.note_unmet(&scenarios),
                }
                orders.first.extend(scenarios.into_iter().map(|scenario| (Channel::Header, scenario)));
                self.warn_of_callbacks(&orders.first);
            }
            Err(why) => self.notes.add_warning(&format!("`{SCENARIO_HEADER}`: {why}")),
        }
        warn_of_overlaps(&orders.first, &self.facts, self.notes);
        orders
    }

    /// Why none of these scenarios can meet any request of this account to this vendor.
    fn find_why_never(&self, scenarios: &[Arc<Scenario>]) -> Option<String> {
        let contract = self.contract()?;
        let why = |scenario: &Arc<Scenario>| scenario.find_why_never(contract, self.facts.account);
        let all: Option<Vec<String>> = scenarios.iter().map(why).collect();
        all?.into_iter().next()
    }

    /// The contract of the edition that the request went to.
    fn contract(&self) -> Option<&Contract> {
        let mut served = self.app.settings.vendors.iter().map(|served| &served.vendor.contract);
        let is_asked = |contract: &&LazyContract| {
            contract.id() == self.facts.vendor && contract.edition() == self.facts.edition
        };
        Some(served.find(is_asked)?)
    }

    /// Warns of callbacks that are ordered for a submit whose body names nobody whom they could be sent to.
    fn warn_of_callbacks(&mut self, first: &[(Channel, Arc<Scenario>)]) {
        let submits = self.facts.operation == RequestKind::Operation(Operation::Submit);
        let orders = |(_, scenario): &&(Channel, Arc<Scenario>)| {
            let asks =
                |then: &Then| then.callback.as_ref().is_some_and(|callback| callback.send != Some(false));
            scenario.matcher.first_misfit(&self.facts).is_none() && scenario.then.iter().all(asks)
        };
        let Some((_, order)) = first.iter().find(orders).filter(|_| submits) else { return };
        let Some(callbacks) = self.contract().and_then(|contract| contract.callbacks.as_ref()) else {
            return;
        };
        if callbacks.address(self.facts.body).is_none() {
            let warning = format!(
                "`{}` orders callbacks, and none is sent: the body of the submit names no receiver in `{}`",
                self.notes.quote_start(&order.name),
                callbacks.at
            );
            self.notes.add_warning(&warning);
        }
    }

    /// Notes of scenarios in a header that they do not meet this request. A client may send one header with all that it
    /// asks, and mean some, so it is no warning.
    fn note_unmet(&mut self, scenarios: &[Arc<Scenario>]) {
        let misfits: Option<Vec<&str>> =
            scenarios.iter().map(|scenario| scenario.matcher.first_misfit(&self.facts)).collect();
        if let Some(part) = misfits.as_ref().and_then(|misfits| misfits.first()) {
            self.notes.add_note(&format!(
                "`{SCENARIO_HEADER}` does not meet this request, as its `match` says: `{part}` does not fit"
            ));
            return;
        }
        let kind = self.facts.operation;
        let thens = || scenarios.iter().flat_map(|scenario| &scenario.then);
        let points: Vec<Point> = thens().flat_map(Then::list_points).collect();
        if !points.is_empty() && !points.iter().any(|point| point.is_of(kind)) {
            self.notes.add_note(&format!(
                "`{SCENARIO_HEADER}` orders nothing that the operation `{kind}` meets: it is about {}",
                points.iter().map(|point| point.as_str()).collect::<Vec<_>>().join(", ")
            ));
        }
    }

    /// Reads the scenarios of a prompt, which come before all others.
    fn read_prompt(&mut self, prompt: &str) -> Vec<Arc<Scenario>> {
        let directives = Directives::read(prompt, &|text| self.notes.quote_start(text));
        for warning in &directives.warnings {
            self.notes.add_warning(warning);
        }
        let mut first = vec![Arc::new(Scenario::for_every_request("prompt", directives.then()))];
        for name in &directives.scenarios {
            match self.find_named(name).and_then(|scenarios| self.check_fit(name, scenarios)) {
                Ok(scenarios) => first.extend(scenarios),
                Err(why) => {
                    let name = self.notes.quote_start(name);
                    self.notes.add_warning(&format!("directive `[mock:scenario={name}]`: {why}"));
                }
            }
        }
        first
    }

    /// Refuses scenarios of which none meets the submit in whose prompt they are named.
    fn check_fit(&self, name: &str, scenarios: Vec<Arc<Scenario>>) -> Result<Vec<Arc<Scenario>>, String> {
        let misfits: Option<Vec<(&str, &Arc<Scenario>)>> = scenarios
            .iter()
            .map(|scenario| scenario.matcher.first_misfit(&self.facts).map(|part| (part, scenario)))
            .collect();
        let Some(&(part, scenario)) = misfits.as_ref().and_then(|misfits| misfits.first()) else {
            return Ok(scenarios);
        };
        let name = self.notes.quote_start(name);
        Err(match (part, scenario.matcher.operation) {
            ("operation", Some(kind)) => format!(
                "`{name}` is about the operation `{kind}`, and a prompt is about its submit; put it into the header \
                 `{SCENARIO_HEADER}` of that request, or order it by POST /__admin/scenarios"
            ),
            _ => format!("`{name}` does not meet this submit: the `{part}` of its `match` does not fit"),
        })
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
        let served: Vec<&LazyContract> =
            self.app.settings.vendors.iter().map(|served| &served.vendor.contract).collect();
        let doubts = scenario.list_doubts(&served);
        let scenarios = vec![Arc::new(scenario)];
        self.check_vendor("the scenario", &scenarios)?;
        for doubt in doubts {
            self.notes.add_warning(&format!("`{SCENARIO_HEADER}`: {doubt}"));
        }
        Ok(scenarios)
    }

    /// Finds the scenarios of a name: the account's own, those of all accounts, or a ready-made set.
    fn find_named(&self, name: &str) -> Result<Vec<Arc<Scenario>>, String> {
        let all = || self.account.scenarios.iter().chain(self.account.everywhere.iter());
        let mut named: Vec<Arc<Scenario>> =
            all().filter(|scenario| scenario.is_called(name)).cloned().collect();
        if named.is_empty() {
            named = sets::find_set(name).map(|set| set.to_vec()).ok_or_else(|| {
                let known = all()
                    .map(|scenario| scenario.name.as_str())
                    .chain([NO_SCENARIO])
                    .chain(sets::set_names());
                let here = format!("{}/{name}", self.facts.vendor);
                let near = if sets::find_set(&here).is_some() {
                    format!(" (did you mean `{here}`?)")
                } else {
                    suggest_name(name, known)
                };
                sets::describe_unknown(&self.notes.quote_start(name), &near)
            })?;
        }
        self.check_vendor(&format!("`{}`", self.notes.quote_start(name)), &named)?;
        Ok(named)
    }

    /// Refuses scenarios that are all of another vendor or edition: they would change nothing.
    fn check_vendor(&self, what: &str, scenarios: &[Arc<Scenario>]) -> Result<(), String> {
        let admits =
            |scenario: &Arc<Scenario>| scenario.matcher.admits_vendor(self.facts.vendor, self.facts.edition);
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
            format!("{}@{}", self.facts.vendor, self.facts.edition)
        } else {
            self.facts.vendor.to_owned()
        };
        let here =
            what.trim_matches('`').split_once('/').map(|(_, name)| format!("{}/{name}", self.facts.vendor));
        let here = here.filter(|name| sets::find_set(name).is_some());
        let hint = here.map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default();
        Err(format!("{what} is of {other}, and this request went to {asked}{hint}"))
    }
}
