//! Shapes of answers, inferred from recorded exchanges: by operation, status and state of the job.
//!
//! Of every place it is known which types were seen, in how many answers out of how many, which words of a closed
//! set, and when first and last. No text of a caller, no id, no address and no number is kept: see [`Shape`].
//! Requests that were wrong on purpose are kept apart: how they were refused is a shape of that status, and an
//! answer in which one of them was taken after all says nothing about good ones.

mod nulls;
pub mod shape;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::surface::{BodyForm, Endpoint, Surface};
use mockreel_contracts::contract::check::read::observe;
use mockreel_contracts::contract::check::schema::{documented, properties};
use mockreel_contracts::{Contract, Operation, Options};
use serde_json::Value;
use url::Url;

pub use self::nulls::{NullPlace, null_places};
use self::shape::{Shape, Where};
use mockreel_evidence::cassette::Cassette;
use mockreel_evidence::exchange::{Content, Exchange, Intent, is_vendor_path};

/// The suite's catalogue of cases, as far as a comparison of answers needs it.
pub trait CaseKnowledge: fmt::Debug {
    /// Whether every request of a case ought to be refused.
    fn expects_refusal(&self, case: &str) -> bool;
    /// Whether the vendor itself can be asked, and not an emulator alone.
    fn reaches_vendors(&self, case: &str) -> bool;
    /// Whether the refusal of a case is documented.
    fn documents_refusal(&self, case: &str) -> bool;
}

/// Whether a request was wrong on purpose.
pub(crate) fn is_wrong_on_purpose(cases: &dyn CaseKnowledge, exchange: &Exchange) -> bool {
    exchange.intent().may_be_wrong() || cases.expects_refusal(&exchange.case)
}

/// Of what kind an answer is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResponseKey {
    /// Our name of the operation.
    pub operation: String,
    /// HTTP status.
    pub status: u16,
    /// The phase of the job that it speaks of; empty if it speaks of none, or in a word that nobody knows.
    pub state: String,
}

/// What a recorded run was, as far as shapes need it.
#[derive(Clone, Copy, Debug)]
pub struct Tape<'a> {
    /// The contract by which its answers are read.
    pub contract: &'a Contract,
    /// The start of the vendor's addresses.
    pub base: &'a str,
    /// When it started, RFC 3339.
    pub recorded: &'a str,
    /// Whether a stand-in of ours answered.
    pub stand_in: bool,
    /// The address of a server on this machine that answered and is no stand-in of ours.
    pub stub: Option<&'a str>,
    /// What was sent and what came.
    pub exchanges: &'a [Exchange],
    /// The cases on whose behalf it was sent.
    pub cases: &'a dyn CaseKnowledge,
}

impl<'a> Tape<'a> {
    /// A cassette, read by a contract.
    pub fn of(cassette: &'a Cassette, contract: &'a Contract, cases: &'a dyn CaseKnowledge) -> Self {
        let header = cassette.header();
        Self {
            contract,
            base: &header.base,
            recorded: &header.recorded,
            stand_in: header.control.is_some(),
            stub: (header.control.is_none() && !header.beyond_loopback).then_some(header.base.as_str()),
            exchanges: cassette.exchanges(),
            cases,
        }
    }
}

/// What was seen in one or several recorded runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The vendor's id.
    pub vendor: String,
    /// Whether a stand-in of ours gave any of the answers, so that they say nothing about the vendor.
    pub stand_in: bool,
    /// The address of a server on this machine, neither the vendor nor a stand-in of ours, that gave any of the answers.
    pub stub: Option<String>,
    /// The forms of answers.
    pub shapes: BTreeMap<ResponseKey, Shape>,
    /// Answers that were no JSON, by operation and status.
    pub others: BTreeMap<(String, u16), u32>,
    /// Which statuses each case was answered with, by case and operation. Probing and drawn requests are left out.
    pub cases: BTreeMap<(String, String), BTreeSet<u16>>,
    /// Where operations answered, and how often: method and path as the contract writes it.
    pub routes: BTreeMap<String, BTreeMap<(String, String), u32>>,
    /// When the first run started, RFC 3339; empty if nothing was seen.
    pub first: String,
    /// When the last run started.
    pub last: String,
    /// Texts that were sent, so that what comes back of them is known for the caller's. Never printed.
    sent: BTreeSet<String>,
}

impl Observed {
    /// What was seen in recorded runs.
    pub fn of(tapes: &[Tape<'_>]) -> Self {
        let mut seen = Self::default();
        tapes.iter().for_each(|tape| seen.add(*tape));
        seen
    }

    /// Adds what was seen in one more run.
    pub fn add(&mut self, tape: Tape<'_>) {
        self.vendor.clone_from(&tape.contract.id);
        self.stand_in |= tape.stand_in;
        self.stub = self.stub.take().or(tape.stub.map(str::to_owned));
        self.widen(tape.recorded, tape.recorded);
        let started = tape.recorded.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_millisecond);
        let lists = Lists::of(tape.contract);
        let options = Options::defaults(tape.contract);
        for exchange in tape.exchanges {
            collect(&exchange.request.body, &mut self.sent);
            let Some((name, route)) = route_exchange(tape, &options, exchange) else { continue };
            self.add_answer(tape, &lists, exchange, name, &route, started);
        }
    }

    fn add_answer(
        &mut self,
        tape: Tape<'_>,
        lists: &Lists,
        exchange: &Exchange,
        operation: Operation,
        route: &(String, String),
        started: i64,
    ) {
        let Some(answer) = &exchange.answer else { return };
        let name = operation.as_str();
        let drawn = match exchange.intent() {
            Intent::Drawn | Intent::Probe => true,
            Intent::Honest | Intent::WrongOnPurpose => false,
        };
        if !drawn {
            let of_case = (exchange.case.clone(), name.to_owned());
            self.cases.entry(of_case).or_default().insert(answer.status);
        }
        let good = (200..300).contains(&answer.status);
        if good && is_wrong_on_purpose(tape.cases, exchange) {
            return;
        }
        if good {
            let routes = self.routes.entry(name.to_owned()).or_default();
            *routes.entry(route.clone()).or_default() += 1;
        }
        let Content::Json(body) = &answer.body else {
            *self.others.entry((name.to_owned(), answer.status)).or_default() += 1;
            return;
        };
        let facts = tape.contract.operations.get(&operation);
        let observed = facts.filter(|_| good).map(|held| observe(held, tape.contract, body));
        let phase = observed.and_then(|observed| observed.phase);
        let state = phase.map_or_else(String::new, |phase| phase.name().to_owned());
        let kind = ResponseKey { operation: name.to_owned(), status: answer.status, state };
        let came = exchange.at_ms.saturating_add(exchange.took_ms);
        let at_ms = started.saturating_add(i64::try_from(came).unwrap_or(i64::MAX));
        let lists = if good { lists.good(name) } else { &lists.none };
        self.shapes.entry(kind).or_default().add(body, "", Where { lists, at_ms });
    }

    /// Adds what was seen in other runs.
    pub fn merge(&mut self, other: &Self) {
        if self.vendor.is_empty() {
            self.vendor.clone_from(&other.vendor);
        }
        self.stand_in |= other.stand_in;
        self.stub = self.stub.take().or_else(|| other.stub.clone());
        self.widen(&other.first, &other.last);
        for (kind, shape) in &other.shapes {
            self.shapes.entry(kind.clone()).or_default().merge(shape);
        }
        for (kind, count) in &other.others {
            *self.others.entry(kind.clone()).or_default() += count;
        }
        for (case, statuses) in &other.cases {
            self.cases.entry(case.clone()).or_default().extend(statuses);
        }
        for (name, routes) in &other.routes {
            let held = self.routes.entry(name.clone()).or_default();
            for (route, count) in routes {
                *held.entry(route.clone()).or_default() += count;
            }
        }
        self.sent.extend(other.sent.iter().cloned());
    }

    fn widen(&mut self, first: &str, last: &str) {
        if !first.is_empty() && (self.first.is_empty() || first < self.first.as_str()) {
            first.clone_into(&mut self.first);
        }
        if last > self.last.as_str() {
            last.clone_into(&mut self.last);
        }
    }

    /// The forms by kind of answer, what was sent and came back forgotten.
    pub fn kept(&self) -> BTreeMap<ResponseKey, Shape> {
        let sent = |text: &str| self.sent.contains(text);
        let mut kept = self.shapes.clone();
        kept.values_mut().for_each(|shape| shape.forget(&sent));
        kept
    }

    /// The statuses that were seen of an operation, JSON or not.
    pub fn statuses(&self, operation: &str) -> BTreeSet<u16> {
        let shapes = self.shapes.keys().filter(|kind| kind.operation == operation).map(|kind| kind.status);
        let others = self.others.keys().filter(|(held, _)| held == operation).map(|(_, status)| *status);
        shapes.chain(others).collect()
    }

    /// What was seen, in the form in which descriptions are compared; states of jobs are merged.
    pub fn surface(&self, name: &str) -> Surface {
        let mut merged: BTreeMap<(String, u16), Shape> = BTreeMap::new();
        for (kind, shape) in self.kept() {
            merged.entry((kind.operation, kind.status)).or_default().merge(&shape);
        }
        let mut operations: BTreeMap<&str, Endpoint> = BTreeMap::new();
        for ((operation, status), shape) in &merged {
            let endpoint = operations.entry(operation).or_insert_with(|| self.endpoint(operation));
            let node = shape.node("", shape.present);
            let body = BodyForm { node: Some(node), ..BodyForm::default() };
            endpoint.replies.insert(status.to_string(), body);
        }
        for (operation, status) in self.others.keys() {
            let endpoint = operations.entry(operation).or_insert_with(|| self.endpoint(operation));
            endpoint.replies.entry(status.to_string()).or_default();
        }
        Surface {
            name: name.to_owned(),
            vendor: self.vendor.clone(),
            endpoints: operations.into_values().collect(),
            ..Surface::default()
        }
    }

    /// An operation where it answered most often.
    fn endpoint(&self, operation: &str) -> Endpoint {
        let routes = self.routes.get(operation).into_iter().flatten();
        let most = routes.max_by_key(|(route, count)| (**count, std::cmp::Reverse((*route).clone())));
        let (method, path) = most.map(|(route, _)| route.clone()).unwrap_or_default();
        Endpoint { operation: Some(operation.to_owned()), method, path, ..Endpoint::default() }
    }
}

/// The operation that a request means, and its method and path as the contract writes them.
fn route_exchange(
    tape: Tape<'_>,
    options: &Options,
    exchange: &Exchange,
) -> Option<(Operation, (String, String))> {
    if !is_vendor_path(tape.base, &exchange.request.url) {
        return None;
    }
    let url = Url::parse(&exchange.request.url).ok()?;
    let start = Url::parse(tape.base).ok()?;
    let path = url.path().strip_prefix(start.path().trim_end_matches('/'))?;
    let matched = tape.contract.route(options, &exchange.request.method, path).ok()?;
    Some((matched.name, (exchange.request.method.clone(), matched.route.path.clone())))
}

/// Every text that a body holds.
fn collect(body: &Content, sent: &mut BTreeSet<String>) {
    match body {
        Content::Json(value) => collect_texts(value, sent),
        Content::Text(text) => drop(sent.insert(text.clone())),
        Content::Form(parts) => parts.iter().for_each(|(_, part)| collect(part, sent)),
        Content::Empty | Content::Bytes { .. } => {}
    }
}

fn collect_texts(value: &Value, sent: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(sent.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, sent)),
        Value::Object(members) => members.values().for_each(|member| collect_texts(member, sent)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The values that a contract lists in its good answers, by operation and pointer.
struct Lists {
    operations: BTreeMap<String, BTreeMap<String, Vec<Value>>>,
    none: BTreeMap<String, Vec<Value>>,
}

impl Lists {
    fn of(contract: &Contract) -> Self {
        let words = || contract.phases.values().flat_map(|held| held.words.iter().cloned());
        let mut operations = BTreeMap::new();
        for (name, operation) in &contract.operations {
            let mut lists: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            for schema in [operation.reply.clone(), documented(&operation.reply)] {
                for (pointer, member) in properties(&schema) {
                    let listed = member.get("enum").and_then(Value::as_array);
                    if let Some(values) = listed {
                        lists.entry(pointer).or_default().extend(values.iter().cloned());
                    }
                }
            }
            for place in operation.read.status_places() {
                lists.entry(place).or_default().extend(words());
            }
            operations.insert(name.to_string(), lists);
        }
        Self { operations, none: BTreeMap::new() }
    }

    fn good(&self, operation: &str) -> &BTreeMap<String, Vec<Value>> {
        self.operations.get(operation).unwrap_or(&self.none)
    }
}
