//! The decisions about scenarios: which effects they have on a request, and which an account has.

use std::sync::Arc;

use super::{Decision, DecisionContext};
use crate::scenario::{self, Channel, Effects, RequestFacts, Scenario, with_added, with_dropped};
use crate::state::change::Change;

/// Whether the scenarios of the account and of all are heard beside those of a request itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Others {
    /// They are.
    #[default]
    Heard,
    /// The request is spared them.
    Spared,
}

/// Resolves which effects scenarios have on a request: first these, then the account's own, then those of all accounts.
pub(crate) fn resolve_effects(
    context: &DecisionContext<'_>,
    request: &RequestFacts<'_>,
    first: &[(Channel, Arc<Scenario>)],
    others: Others,
) -> Decision<Effects> {
    let state = context.state;
    let shadowed = |scenario: &&Arc<Scenario>| !state.scenarios.iter().any(|own| own.name == scenario.name);
    let first = first.iter().map(|(channel, scenario)| (*channel, scenario));
    let own = state.scenarios.iter().map(|scenario| (Channel::Account, scenario));
    let everywhere = state.everywhere.iter().filter(shadowed).map(|scenario| (Channel::Everywhere, scenario));
    let standing = own.chain(everywhere).filter(|_| others == Others::Heard);
    let candidates = first.chain(standing);
    let (result, counted) = scenario::resolve_effects(candidates, &state.counters, request, context.seed);
    let changes = if counted.is_empty() { Vec::new() } else { vec![Change::Counted(counted)] };
    Decision { changes, result }
}

/// Adds scenarios of the account's own; those of the same names make room.
pub(crate) fn add_scenarios(context: &DecisionContext<'_>, added: &[Arc<Scenario>]) -> Decision<()> {
    let (list, names) = with_added(&context.state.scenarios, added);
    Decision { changes: vec![Change::ScenariosSet(list, names)], result: () }
}

/// Drops the account's own scenarios of a name; without a name all of them. The result says whether any went.
pub(crate) fn drop_scenarios(context: &DecisionContext<'_>, name: Option<&str>) -> Decision<bool> {
    let (list, names) = with_dropped(&context.state.scenarios, name);
    let result = !names.is_empty();
    Decision { changes: vec![Change::ScenariosSet(list, names)], result }
}
