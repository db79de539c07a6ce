//! Exchanges and documents written for the tests, read by the contract of whichever vendor polls by a query.

use std::sync::Arc;

use mockreel_contracts::{Contract, Operation};
use serde_json::Value;

use crate::observed::{CaseKnowledge, Tape};
use mockreel_evidence::exchange::{Content, Exchange, KeptAnswer, KeptRequest};

/// The start of the addresses of the tests.
pub(super) const BASE: &str = "https://api.example";

/// Stands for the path of a submit.
pub(super) const SUBMIT: Operation = Operation::Submit;

/// A contract whose jobs are `queued` and `completed`, and that answers a submit with 201.
pub(super) fn contract() -> Arc<Contract> {
    let fits = |contract: &Contract| {
        let listed = |word: &str| contract.phases.values().any(|held| held.words.contains(&word.into()));
        let submit = contract.operations.get(&Operation::Submit).map(|submit| submit.status.enforced);
        listed("queued") && listed("completed") && submit == Some(201)
    };
    let all = mockreel_contracts::vendors().unwrap();
    Arc::clone(&all.iter().find(|vendor| fits(&vendor.contract)).unwrap().contract)
}

/// A case whose requests ought to be refused.
pub(super) const REFUSED: &str = "AUTH-01";

/// A catalogue in which [`REFUSED`] alone expects a refusal, every case reaches vendors, and nothing is documented.
pub(super) const CASES: &dyn CaseKnowledge = &Cases;

#[derive(Debug)]
struct Cases;

impl CaseKnowledge for Cases {
    fn expects_refusal(&self, case: &str) -> bool {
        case == REFUSED
    }

    fn reaches_vendors(&self, _: &str) -> bool {
        true
    }

    fn documents_refusal(&self, _: &str) -> bool {
        false
    }
}

fn path(operation: Operation) -> String {
    let contract = contract();
    let route = &contract.operations.get(&operation).unwrap().routes[0].path;
    let segments: Vec<&str> =
        route.split('/').map(|part| if part.starts_with('{') { "some-id" } else { part }).collect();
    segments.join("/")
}

/// An exchange, a second after the start for each number.
pub(super) fn recorded(
    case: &str,
    method: &str,
    operation: Operation,
    number: u32,
    status: u16,
    body: &Value,
) -> Exchange {
    Exchange {
        number,
        case: case.to_owned(),
        at_ms: u64::from(number) * 1000,
        took_ms: 0,
        request: KeptRequest {
            method: method.to_owned(),
            url: format!("{BASE}{}?generation_id=some-id", path(operation)),
            headers: Vec::new(),
            body: Content::Empty,
        },
        answer: Some(KeptAnswer { status, headers: Vec::new(), body: Content::Json(body.clone()) }),
        error: None,
    }
}

/// A poll.
pub(super) fn answer(case: &str, number: u32, status: u16, body: &Value) -> Exchange {
    recorded(case, "GET", Operation::Poll, number, status, body)
}

/// Submits that were accepted like this.
pub(super) fn answers(bodies: &[Value]) -> Vec<Exchange> {
    let number = |at: usize| u32::try_from(at).unwrap() + 1;
    let of = |(at, body)| recorded("SUB-01", "POST", SUBMIT, number(at), 201, body);
    bodies.iter().enumerate().map(of).collect()
}

/// A run of these exchanges that began with the year.
pub(super) fn tape(exchanges: &[Exchange]) -> Tape<'_> {
    static CONTRACT: std::sync::LazyLock<Arc<Contract>> = std::sync::LazyLock::new(contract);
    Tape {
        contract: &CONTRACT,
        base: BASE,
        recorded: "2026-01-01T00:00:00.000Z",
        stand_in: false,
        stub: None,
        exchanges,
        cases: CASES,
    }
}

/// A number in letters.
pub(super) fn letters(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}
