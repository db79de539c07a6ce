//! Resolves which effects scenarios have on a request. Pure: scenarios, counters and seed in, effects and new counters out.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use mockreel_contracts::Operation;
use serde::Serialize;
use serde_json::Value;

use super::{
    DownloadFault, JobEffect, RequestKind, ResponseEffect, Scenario, Then, TransportFault, WebhookEffect,
};
use crate::random::{Purpose, Seed};

/// The facts about a request that scenarios match.
#[derive(Clone, Copy, Debug)]
pub struct RequestFacts<'a> {
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
    /// The job that the request is about: chances are drawn for it and the operation.
    ///
    /// Two jobs that are polled in turns have the same draws as when one is polled after the other.
    pub subject: &'a str,
}

/// Who gives an order, the closest first: of two, the closer one is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// The prompt of the request itself.
    Prompt,
    /// The header of the request itself.
    Header,
    /// A scenario of the account's own.
    Account,
    /// A scenario of all accounts.
    Everywhere,
}

impl Channel {
    /// Whether an order that a submit gave for its result is closer to a download than one that the download meets now.
    /// Prompt and header are as close as each other there: both are of a request.
    pub(crate) fn outlives(self, now: Self) -> bool {
        self.max(Self::Header) < now.max(Self::Header)
    }
}

/// What goes wrong with downloads of a result, and who says so.
#[derive(Clone, Debug, PartialEq)]
pub struct DownloadOrder {
    /// Who.
    pub channel: Channel,
    /// What.
    pub fault: DownloadFault,
}

/// The effects on a request, and the scenarios that they are from.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// The effect on the job that it makes.
    pub job: Option<JobEffect>,
    /// The effect on the response.
    pub response: Option<ResponseEffect>,
    /// The fault of the transport.
    pub transport: Option<TransportFault>,
    /// The fault of downloads.
    pub download: Option<DownloadOrder>,
    /// The effect on webhooks.
    pub webhook: Option<WebhookEffect>,
    /// The scenarios that had an effect, in order.
    pub scenarios: Vec<Arc<str>>,
    /// Who ordered the effect on the response or the transport.
    answered_by: Option<Channel>,
}

impl Effects {
    /// Describes each effect on a request for an operation, for the journal. Only a submit makes a job.
    pub fn describe_points(&self, operation: RequestKind) -> Vec<String> {
        fn describe<T: Serialize>(point: &str, effect: Option<&T>) -> Option<String> {
            let text = serde_json::to_string(effect?).ok()?;
            Some(format!("{point}: {text}"))
        }
        let submits = operation == RequestKind::Operation(Operation::Submit);
        let downloads = operation == RequestKind::Download;
        let place = if downloads { "on this download" } else { "on downloads of the result" };
        let fault = self.download.as_ref().map(|order| &order.fault);
        let points = [
            describe("on the job", self.job.as_ref().filter(|_| submits)),
            describe("on the answer", self.response.as_ref().filter(|_| !downloads)),
            describe(place, fault.filter(|_| submits || downloads)),
            describe("on callbacks", self.webhook.as_ref().filter(|_| submits)),
            describe("on the wire", self.transport.as_ref()),
        ];
        points.into_iter().flatten().collect()
    }

    /// Fills the points that no scenario has filled yet. Says whether there was one.
    ///
    /// Answer and wire are one matter: whoever ordered one of them from closer by gets it as ordered, and no fault of
    /// somebody farther away on top.
    fn fill_from(&mut self, then: &Then, channel: Channel) -> bool {
        let is_answered = self.answered_by.is_some_and(|closer| closer < channel);
        let (answer, wire) =
            if is_answered { (None, None) } else { (then.answer.as_ref(), then.wire.as_ref()) };
        if self.answered_by.is_none() && (answer.is_some() || wire.is_some()) {
            self.answered_by = Some(channel);
        }
        fn fill<T: Clone>(point: &mut Option<T>, effect: Option<&T>) -> bool {
            let fills = point.is_none() && effect.is_some();
            if fills {
                *point = effect.cloned();
            }
            fills
        }
        let download = then.result.clone().map(|fault| DownloadOrder { channel, fault });
        // Every point is filled, so that none is left out because an earlier one was.
        let filled = [
            fill(&mut self.job, then.job.as_ref()),
            fill(&mut self.response, answer),
            fill(&mut self.transport, wire),
            fill(&mut self.download, download.as_ref()),
            fill(&mut self.webhook, then.callback.as_ref()),
        ];
        filled.contains(&true)
    }
}

/// The key of a count: the requests that fit a scenario, and of those the ones about one subject.
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
    /// How many of the latest passed in a row.
    pub row: u32,
}

/// How many counts an account may have; the oldest go first.
const MAX_COUNTERS: usize = 10_000;

/// The counts of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    counts: BTreeMap<CounterKey, Counter>,
    order: VecDeque<CounterKey>,
}

impl Counters {
    fn get(&self, key: &CounterKey) -> Counter {
        self.counts.get(key).copied().unwrap_or_default()
    }

    /// Sets a count.
    pub fn set(&mut self, key: CounterKey, counter: Counter) {
        if self.counts.insert(key.clone(), counter).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > MAX_COUNTERS {
            if let Some(oldest) = self.order.pop_front() {
                self.counts.remove(&oldest);
            }
        }
    }

    /// Forgets the counts of a scenario.
    pub fn forget(&mut self, scenario: &str) {
        self.counts.retain(|key, _| &*key.scenario != scenario);
        self.order.retain(|key| &*key.scenario != scenario);
    }
}

/// Resolves the effects on a request: scenarios are tried in order, and on each point the first that has one wins. Of
/// answer and wire nobody farther away fills the one where somebody closer by has filled the other. A submit whose job
/// somebody closer by has ordered is not refused by anybody farther away: without it there would be no such job. Where a
/// result or callbacks are ordered from closer by, nobody farther away makes the job fail: it would have none.
///
/// Answers also the counts as they are afterwards. A request counts for every scenario that it fits,
/// also where another one came first.
pub fn resolve_effects<'a>(
    scenarios: impl IntoIterator<Item = (Channel, &'a Arc<Scenario>)>,
    counters: &Counters,
    request: &RequestFacts<'_>,
    seed: Seed,
) -> (Effects, Vec<(CounterKey, Counter)>) {
    let mut counted = Vec::new();
    let mut met = Vec::new();
    for (channel, scenario) in scenarios {
        if !scenario.matcher.fits(request) {
            continue;
        }
        let name: Arc<str> = Arc::from(scenario.name.as_str());
        let trial = Trial { scenario, name: &name, request, seed };
        let (passes, number) = trial.passes(counters, &mut counted);
        if passes {
            met.push(MetScenario { channel, scenario, then: trial.drawn_effect(number) });
        }
    }
    let orders: Vec<MetScenario<'_>> = met.iter().filter(|met| met.orders_job(request)).copied().collect();
    let mut effects = Effects::default();
    for one in &met {
        let mut then = Cow::Borrowed(one.then);
        let mut closer = orders.iter().filter(|order| order.outranks(one)).peekable();
        if closer.peek().is_some() && then.refuses_submit() {
            continue;
        }
        if closer.any(MetScenario::needs_good_end)
            && let Some(job) = one.then.job.as_ref().filter(|job| job.has_no_result())
        {
            then.to_mut().job = job.without_end();
        }
        if effects.fill_from(&then, one.channel) {
            effects.scenarios.push(Arc::from(one.scenario.name.as_str()));
        }
    }
    (effects, counted)
}

/// A scenario that affects a request, with the effects that were drawn of it.
#[derive(Clone, Copy)]
struct MetScenario<'a> {
    channel: Channel,
    scenario: &'a Scenario,
    then: &'a Then,
}

impl MetScenario<'_> {
    /// Whether it orders, and not by chance, what becomes of the job that a submit makes.
    fn orders_job(&self, request: &RequestFacts<'_>) -> bool {
        let Then { job, result, callback, .. } = self.then;
        request.operation == RequestKind::Operation(Operation::Submit)
            && (job.is_some() || result.is_some() || callback.is_some())
            && self.scenario.matcher.probability.is_none()
    }

    /// Whether its order is about what comes of a job that ends well: its result, or the callbacks about it.
    fn needs_good_end(&self) -> bool {
        self.then.result.is_some() || self.then.callback.is_some()
    }

    /// Whether its order holds in spite of another scenario that refuses the submit or makes its job fail: of one from
    /// farther away; of one as close only if that one meets by chance, and the order names the submit by its prompt or its
    /// members.
    fn outranks(&self, other: &Self) -> bool {
        let names = self.scenario.matcher.prompt.is_some() || !self.scenario.matcher.members.is_empty();
        let by_chance = other.scenario.matcher.probability.is_some();
        self.channel < other.channel || (self.channel == other.channel && names && by_chance)
    }
}

/// The trial of one scenario on one request that fits it.
struct Trial<'a, 'r> {
    scenario: &'a Scenario,
    name: &'r Arc<str>,
    request: &'r RequestFacts<'r>,
    seed: Seed,
}

impl<'a> Trial<'a, '_> {
    /// Whether the scenario affects the request, and the request's number among those about its subject.
    fn passes(&self, counters: &Counters, counted: &mut Vec<(CounterKey, Counter)>) -> (bool, u64) {
        let matcher = &self.scenario.matcher;
        if !matcher.counts() && self.scenario.then.len() < 2 {
            return (true, 0);
        }
        let all = CounterKey { scenario: Arc::clone(self.name), subject: String::new() };
        let mut total = counters.get(&all);
        total.fitting += 1;
        let called = matcher.calls.as_ref().is_none_or(|calls| calls.contain(total.fitting));
        counted.push((all, total));
        let subject = format!("{} {}", self.request.operation, self.request.subject);
        let own = CounterKey { scenario: Arc::clone(self.name), subject };
        let mut counter = counters.get(&own);
        let number = counter.fitting;
        counter.fitting += 1;
        let drawn =
            matcher.probability.is_none_or(|likely| self.draw(number, "meets").between(0.0, 1.0) < likely.0);
        let capped = matcher.in_a_row.is_some_and(|most| counter.row >= most.get());
        let passes = called && drawn && !capped;
        counter.row = if passes { counter.row.saturating_add(1) } else { 0 };
        counted.push((own, counter));
        (passes, number)
    }

    /// The effects; of several alternatives one is drawn.
    fn drawn_effect(&self, number: u64) -> &'a Then {
        match self.scenario.then.as_slice() {
            [only] => only,
            several => &several[self.draw(number, "which").below(several.len())],
        }
    }

    fn draw(&self, number: u64, purpose: &str) -> crate::random::Draw {
        let request = self.request;
        let name = format!(
            "{}\n{}\n{} {}\n{purpose}",
            request.vendor, self.name, request.operation, request.subject
        );
        self.seed.draw(request.account, &name, number, Purpose::Scenario)
    }
}

#[cfg(test)]
mod tests;
