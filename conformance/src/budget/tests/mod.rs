//! Budgets: what is allowed, and what is counted.

mod crash;
mod damage;
pub(super) mod scratch;

use std::path::Path;

use super::*;
use scratch::Scratch;

const AT: &str = "2026-01-31T12:00:00Z";

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn opened(path: &Path, cap: Amount) -> Budget {
    Budget::capped(Ledger::open(path, "run-1").unwrap(), "acme", "live", "credits", cap, false)
}

#[test]
fn a_reservation_is_in_the_file_before_the_permit_is_out() {
    let scratch = Scratch::new();
    let mut budget = opened(&scratch.ledger(), amount("1"));
    let permit = budget.reserve("SUB-01", Some(amount("0.3")), AT).unwrap();
    assert_eq!(permit.reservation(), Some(1));
    let text = std::fs::read_to_string(scratch.ledger()).unwrap();
    assert_eq!(
        text,
        "{\"schema_version\":1,\"ledger\":\"mockreel\"}\n\
         {\"reserve\":{\"id\":1,\"at\":\"2026-01-31T12:00:00Z\",\"run\":\"run-1\",\"vendor\":\"acme\",\
         \"target\":\"live\",\"case\":\"SUB-01\",\"amount\":0.3,\"unit\":\"credits\"}}\n"
    );
    budget.settle(permit, amount("0.25"), Settled::Accepted).unwrap();
    let text = std::fs::read_to_string(scratch.ledger()).unwrap();
    let last = text.lines().last().unwrap();
    assert_eq!(last, "{\"settle\":{\"id\":1,\"amount\":0.25,\"result\":\"accepted\"}}");
}

#[test]
fn only_a_refusal_gives_everything_back() {
    let scratch = Scratch::new();
    let mut budget = opened(&scratch.ledger(), amount("10"));
    let mut spend = |result: Option<Settled>| {
        let permit = budget.reserve("SUB-01", Some(amount("2")), AT).unwrap();
        match result {
            Some(result) => budget.settle(permit, amount("0.5"), result).unwrap(),
            None => drop(permit),
        }
        (budget.spent().to_string(), budget.reserved().to_string(), budget.settled().to_string())
    };
    let figures = |spent: &str, reserved: &str, settled: &str| {
        (spent.to_owned(), reserved.to_owned(), settled.to_owned())
    };
    assert_eq!(spend(Some(Settled::Refused)), figures("0", "2", "0"));
    assert_eq!(spend(Some(Settled::Accepted)), figures("0.5", "4", "0.5"));
    assert_eq!(spend(Some(Settled::Unknown)), figures("2.5", "6", "2.5"));
    assert_eq!(spend(None), figures("4.5", "8", "2.5"));
    drop(budget);
    let again = opened(&scratch.ledger(), amount("10"));
    assert_eq!((again.spent(), again.left()), (amount("4.5"), Some(amount("5.5"))));
    assert_eq!((again.reserved(), again.settled()), (Amount::ZERO, Amount::ZERO), "those are of one run");
}

#[test]
fn the_cap_may_be_reached_and_not_passed() {
    let scratch = Scratch::new();
    let mut budget = opened(&scratch.ledger(), amount("0.3"));
    drop(budget.reserve("SUB-01", Some(amount("0.2")), AT).unwrap());
    let refused = budget.reserve("SUB-02", Some(amount("0.100001")), AT).unwrap_err();
    let expected = BudgetRefusal::Exhausted {
        wanted: amount("0.100001"),
        left: amount("0.1"),
        unit: "credits".to_owned(),
    };
    assert_eq!(refused, expected);
    assert!(refused.to_string().contains("0.1 credits are left of the budget; raise --max-spend"));
    assert_eq!(budget.can_afford(Some(amount("0.100001"))), Err(expected));
    drop(budget.reserve("SUB-02", Some(amount("0.1")), AT).unwrap());
    assert_eq!(budget.left(), Some(Amount::ZERO));
    assert_eq!(budget.reserve("SUB-03", Some(Amount::ZERO), AT).unwrap().amount(), Amount::ZERO);
}

#[test]
fn a_charge_above_the_reservation_is_counted_and_stops_the_run() {
    let scratch = Scratch::new();
    let mut budget = opened(&scratch.ledger(), amount("1"));
    let permit = budget.reserve("SUB-01", Some(amount("0.9")), AT).unwrap();
    budget.settle(permit, amount("1.5"), Settled::Accepted).unwrap();
    assert_eq!((budget.spent(), budget.left()), (amount("1.5"), Some(Amount::ZERO)));
    assert!(budget.reserve("SUB-02", Some(amount("0.000001")), AT).is_err());
}

#[test]
fn a_cap_without_bounds_still_ends() {
    let scratch = Scratch::new();
    let most = Amount::rounded_up(f64::INFINITY);
    let mut budget = opened(&scratch.ledger(), most);
    drop(budget.reserve("SUB-01", Some(most), AT).unwrap());
    assert!(budget.reserve("SUB-02", Some(amount("1")), AT).is_err());
}

#[test]
fn an_unknown_price_is_refused_unless_it_is_allowed() {
    let scratch = Scratch::new();
    let mut strict = opened(&scratch.ledger(), amount("1"));
    let refused = strict.reserve("SUB-01", None, AT).unwrap_err();
    assert_eq!(refused, BudgetRefusal::UnknownPrice);
    assert!(refused.to_string().contains("--allow-unknown-price"));
    drop(strict);
    let ledger = Ledger::open(&scratch.ledger(), "run-2").unwrap();
    let mut bold = Budget::capped(ledger, "acme", "live", "credits", amount("1"), true);
    let permit = bold.reserve("SUB-01", None, AT).unwrap();
    assert_eq!(permit.amount(), Amount::ZERO);
    let text = std::fs::read_to_string(scratch.ledger()).unwrap();
    assert!(
        text.trim_end().ends_with("\"amount\":0.0,\"unit\":\"credits\",\"price_known\":false}}"),
        "{text}"
    );
    bold.settle(permit, amount("0.4"), Settled::Accepted).unwrap();
    assert_eq!(bold.spent(), amount("0.4"));
    drop(bold);
    assert_eq!(opened(&scratch.ledger(), amount("1")).spent(), amount("0.4"));
}

#[test]
fn other_vendors_units_and_months_are_counted_apart() {
    let scratch = Scratch::new();
    for (vendor, unit, at) in [
        ("acme", "credits", "2026-01-31T23:59:59Z"),
        ("acme", "credits", "2026-01-31T23:59:59-08:00"),
        ("acme", "usd", AT),
        ("bolt", "credits", AT),
    ] {
        let ledger = Ledger::open(&scratch.ledger(), "run-1").unwrap();
        let mut budget = Budget::capped(ledger, vendor, "live", unit, amount("10"), false);
        let permit = budget.reserve("SUB-01", Some(amount("1")), at).unwrap();
        budget.settle(permit, amount("1"), Settled::Accepted).unwrap();
        drop(budget.reserve("SUB-02", Some(amount("2")), at).unwrap());
    }
    let budget = opened(&scratch.ledger(), amount("10"));
    assert_eq!(budget.spent(), amount("6"));
    assert_eq!(budget.spent_in_month("2026-01"), amount("3"));
    assert_eq!(budget.spent_in_month("2026-02"), amount("3"), "a month begins in UTC");
    assert_eq!(budget.spent_in_month("2026-03"), Amount::ZERO);
}

#[test]
fn a_free_budget_allows_everything_and_says_what_it_would_have_cost() {
    let mut budget = Budget::free("credits");
    let permit = budget.reserve("SUB-01", Some(amount("1000000")), AT).unwrap();
    budget.settle(permit, amount("900000"), Settled::Accepted).unwrap();
    let unknown = budget.reserve("SUB-02", None, AT).unwrap();
    budget.settle(unknown, amount("1"), Settled::Refused).unwrap();
    assert_eq!((budget.reserved(), budget.settled()), (amount("1000000"), amount("900000")));
    assert_eq!((budget.spent(), budget.left(), budget.cap()), (Amount::ZERO, None, None));
    assert!(budget.is_free());
}

#[test]
fn a_request_that_is_free_by_design_may_not_turn_out_to_cost() {
    let scratch = Scratch::new();
    let mut budget = opened(&scratch.ledger(), Amount::ZERO);
    let before = std::fs::read(scratch.ledger()).unwrap();
    let permit = budget.free_permit();
    budget.settle(permit, Amount::ZERO, Settled::Accepted).unwrap();
    assert_eq!(std::fs::read(scratch.ledger()).unwrap(), before);
    let permit = budget.free_permit();
    let refused = budget.settle(permit, amount("1"), Settled::Accepted).unwrap_err();
    assert!(refused.to_string().contains("give the case a price"), "{refused}");
}

#[test]
fn a_permit_is_settled_only_where_it_was_given() {
    let scratch = Scratch::new();
    let mut capped = opened(&scratch.ledger(), amount("1"));
    let mut free = Budget::free("credits");
    let reserved = capped.reserve("SUB-01", Some(amount("1")), AT).unwrap();
    assert!(free.settle(reserved, Amount::ZERO, Settled::Refused).is_err());
    let unlimited = free.reserve("SUB-01", Some(amount("1")), AT).unwrap();
    assert!(capped.settle(unlimited, amount("1"), Settled::Accepted).is_err());
    assert_eq!(capped.spent(), amount("1"));
}
