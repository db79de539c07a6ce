//! The section on billing and limits.

use std::fmt::Write as _;

use super::markdown::{bold, prose};
use super::sourced;
use crate::contract::Contract;
use crate::contract::model::money::{Charged, Scope, Window};

/// The section on money and limits.
pub(super) fn section(contract: &Contract) -> String {
    let billing = &contract.billing;
    let mut told = "## Money and limits\n\n".to_owned();
    let mut say = |what: &str, text: &str, source: String| {
        let _ = writeln!(told, "- {}: {text} ({source})", bold(what));
    };
    let charged = match billing.charged {
        Charged::Submit => "as the job is accepted",
        Charged::Completion => "as the job ends; until then its price is put aside",
    };
    say("Charged", charged, sourced(contract, &billing.source));
    for (what, fact) in [("A failed job", &billing.failed), ("A cancelled job", &billing.cancelled)] {
        let cost = match (fact.billed, billing.charged) {
            (true, _) => "costs its price",
            (false, Charged::Submit) => "costs nothing: its price is given back",
            (false, Charged::Completion) => "costs nothing: what was put aside is released",
        };
        say(what, cost, sourced(contract, &fact.source));
    }
    if let Some(worth) = &billing.worth {
        let unit = contract.unit().unwrap_or("units");
        say("A US dollar", &format!("is {} {unit}", worth.per_usd), sourced(contract, &worth.source));
    }
    if let Some(unlimited) = &billing.unlimited {
        let unit = contract.unit().unwrap_or_default();
        let text = format!("is said to have {} {}", unlimited.amount, prose(unit));
        say("An account without a limit", &text, sourced(contract, &unlimited.source));
    }
    let scope = match contract.limits.scope.of {
        Scope::Model => "count each model apart",
        Scope::Account => "count all requests of an account together",
    };
    say("Rates", scope, sourced(contract, &contract.limits.scope.source));
    let window = match contract.limits.window.form {
        Window::Sliding => "slides: an accepted request counts until the length of the window has passed",
    };
    say("Their window", window, sourced(contract, &contract.limits.window.source));
    told.push_str(
        "\nThere are no limits unless somebody sets them. A submit that passed every check of its own is then held \
         against the right to the model, the balance, the rates and the number of unfinished jobs, in this order.\n",
    );
    told
}
