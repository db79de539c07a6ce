//! What befalls a request: a pure function of the scenarios, the counts so far and the seed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use super::{AnswerOrder, CallbackOrder, JobOrder, RequestKind, ResultOrder, Scenario, Then, WireOrder};
use crate::random::{Purpose, Seed};

/// A request as scenarios see it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The vendor's id.
    pub vendor: &'a str,
    /// The edition.
    pub edition: &'a str,
    /// What is asked for.
    pub operation: RequestKind,
    /// The model, as far as it is known.
    pub model: Option<&'a str>,
    /// The account, as a digest.
    pub account: &'a str,
    /// The prompt, if there is one.
    pub prompt: Option<&'a str>,
    /// The body as JSON; `null` if there is none that can be read.
    pub body: &'a Value,
    /// What luck is drawn for, beside the operation: the job that the request is about.
    ///
    /// Two jobs that are looked at in turns have the same luck as when one is looked at after the other.
    pub subject: &'a str,
}

/// What happens to a request, and by which scenarios.
#[derive(Clone, Debug, Default)]
pub struct Decree {
    /// What becomes of the job that it makes.
    pub job: Option<JobOrder>,
    /// What is answered.
    pub answer: Option<AnswerOrder>,
    /// What happens on the wire.
    pub wire: Option<WireOrder>,
    /// What happens to downloads.
    pub result: Option<ResultOrder>,
    /// What happens to callbacks.
    pub callback: Option<CallbackOrder>,
    /// The scenarios that had something to say, in order.
    pub scenarios: Vec<Arc<str>>,
}

impl Decree {
    /// Fills the points that nobody has spoken about yet. Says whether there was one.
    fn hear(&mut self, then: &Then) -> bool {
        fn fill<T: Clone>(point: &mut Option<T>, said: Option<&T>) -> bool {
            let heard = point.is_none() && said.is_some();
            if heard {
                *point = said.cloned();
            }
            heard
        }
        // Every point is filled, so that none is left out because an earlier one was heard.
        let heard = [
            fill(&mut self.job, then.job.as_ref()),
            fill(&mut self.answer, then.answer.as_ref()),
            fill(&mut self.wire, then.wire.as_ref()),
            fill(&mut self.result, then.result.as_ref()),
            fill(&mut self.callback, then.callback.as_ref()),
        ];
        heard.contains(&true)
    }
}

/// What is counted apart: the requests that fit a scenario, and of those the ones about one subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterKey {
    /// The scenario's name.
    pub scenario: Arc<str>,
    /// The operation and the job; empty for all requests together.
    pub subject: String,
}

/// A count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// Requests that fit.
    pub fitting: u64,
    /// How many of the latest were met in a row.
    pub row: u32,
}

/// How many counts an account may have; the oldest go first.
const COUNTERS: usize = 10_000;

/// The counts of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    held: BTreeMap<CounterKey, Counter>,
    order: VecDeque<CounterKey>,
}

impl Counters {
    fn get(&self, key: &CounterKey) -> Counter {
        self.held.get(key).copied().unwrap_or_default()
    }

    /// Sets a count.
    pub fn set(&mut self, key: CounterKey, counter: Counter) {
        if self.held.insert(key.clone(), counter).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > COUNTERS {
            if let Some(oldest) = self.order.pop_front() {
                self.held.remove(&oldest);
            }
        }
    }

    /// Forgets the counts of a scenario.
    pub fn forget(&mut self, scenario: &str) {
        self.held.retain(|key, _| &*key.scenario != scenario);
        self.order.retain(|key| &*key.scenario != scenario);
    }
}

/// Finds out what befalls a request: scenarios are tried in order, and on each point the first that speaks wins.
///
/// Answers also the counts as they are afterwards. A request counts for every scenario that it fits,
/// also where another one spoke first.
pub fn consult<'a>(
    scenarios: impl IntoIterator<Item = &'a Arc<Scenario>>,
    counters: &Counters,
    request: &Request<'_>,
    seed: Seed,
) -> (Decree, Vec<(CounterKey, Counter)>) {
    let mut decree = Decree::default();
    let mut counted = Vec::new();
    for scenario in scenarios {
        if !scenario.meets.fits(request) {
            continue;
        }
        let name: Arc<str> = Arc::from(scenario.name.as_str());
        let luck = Luck { scenario, name: &name, request, seed };
        let (met, number) = luck.try_it(counters, &mut counted);
        if met && decree.hear(luck.drawn(number)) {
            decree.scenarios.push(name);
        }
    }
    (decree, counted)
}

/// One scenario and one request that fits it.
struct Luck<'a> {
    scenario: &'a Scenario,
    name: &'a Arc<str>,
    request: &'a Request<'a>,
    seed: Seed,
}

impl<'a> Luck<'a> {
    /// Whether the request is met, and its number among those about its subject.
    fn try_it(&self, counters: &Counters, counted: &mut Vec<(CounterKey, Counter)>) -> (bool, u64) {
        let meets = &self.scenario.meets;
        if !meets.counts() && self.scenario.then.len() < 2 {
            return (true, 0);
        }
        let all = CounterKey { scenario: Arc::clone(self.name), subject: String::new() };
        let mut total = counters.get(&all);
        total.fitting += 1;
        let called = meets.calls.as_ref().is_none_or(|calls| calls.contain(total.fitting));
        counted.push((all, total));
        let subject = format!("{} {}", self.request.operation, self.request.subject);
        let own = CounterKey { scenario: Arc::clone(self.name), subject };
        let mut luck = counters.get(&own);
        let number = luck.fitting;
        luck.fitting += 1;
        let lucky =
            meets.probability.is_none_or(|likely| self.draw(number, "meets").between(0.0, 1.0) < likely.0);
        let spared = meets.in_a_row.is_some_and(|most| luck.row >= most.get());
        let met = called && lucky && !spared;
        luck.row = if met { luck.row.saturating_add(1) } else { 0 };
        counted.push((own, luck));
        (met, number)
    }

    /// What happens: of several things one is drawn.
    fn drawn(&self, number: u64) -> &'a Then {
        let several = &self.scenario.then;
        match several.as_slice() {
            [only] => only,
            _ => &several[self.draw(number, "which").below(several.len())],
        }
    }

    fn draw(&self, number: u64, what: &str) -> crate::random::Draw {
        let request = self.request;
        let name =
            format!("{}\n{}\n{} {}\n{what}", request.vendor, self.name, request.operation, request.subject);
        self.seed.draw(request.account, &name, number, Purpose::Scenario)
    }
}
