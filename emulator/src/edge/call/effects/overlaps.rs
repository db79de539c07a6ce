//! The overlaps of a request's own orders: where one keeps another from being met.

use std::sync::Arc;

use mockreel_contracts::Operation;

use crate::edge::call::notes::Notes;
use crate::scenario::{Channel, Point, RequestFacts, RequestKind, Scenario, Then};

/// An order that certainly meets the request.
#[derive(Clone, Copy)]
struct CertainOrder<'a> {
    channel: Channel,
    name: &'a str,
    then: &'a Then,
}

impl CertainOrder<'_> {
    /// Whether it says what is answered, or what happens to the answer on its way.
    fn is_about_answer(&self) -> bool {
        self.then.answer.is_some() || self.then.wire.is_some()
    }

    /// Whether it says what becomes of the job that a submit makes.
    fn is_about_job(&self) -> bool {
        self.then.job.is_some() || self.then.callback.is_some() || self.then.result.is_some()
    }

    /// Whether it gives an order about the job of a submit that another one, as close or closer by, refuses; or whether
    /// it stands closer by, so that the other one is not met.
    fn meets_refusal_of(&self, other: &Self) -> bool {
        let refuses = if self.channel < other.channel {
            other.then.refuses_submit()
        } else {
            other.then.makes_no_job()
        };
        self.is_about_job() && refuses
    }
}

/// Warns where of several orders of the request itself one keeps another from being met.
pub(super) fn warn_of_overlaps(
    first: &[(Channel, Arc<Scenario>)],
    facts: &RequestFacts<'_>,
    notes: &mut Notes<'_>,
) {
    let certain: Vec<CertainOrder<'_>> =
        first.iter().filter_map(|order| read_certain(order, facts)).collect();
    warn_of_doubles(&certain, notes);
    let mut pairs = Vec::new();
    for (index, one) in certain.iter().enumerate() {
        pairs.extend(certain[index + 1..].iter().map(|other| (one, other)));
    }
    let submits = facts.operation == RequestKind::Operation(Operation::Submit);
    for (one, other) in pairs {
        let is_farther = one.channel < other.channel;
        let (winner, loser) = (notes.quote_start(one.name), notes.quote_start(other.name));
        let answers = |order: &CertainOrder<'_>| (order.then.answer.is_some(), order.then.wire.is_some());
        // Where both have the same point it is ordered twice, which is said already.
        if is_farther
            && one.is_about_answer()
            && matches!(
                (answers(one), answers(other)),
                ((true, false), (false, true)) | ((false, true), (true, false))
            )
        {
            notes.add_warning(&format!(
                "`{winner}` and `{loser}` both say what is answered, one by `answer` and one by `wire`: only `{winner}` is \
                 followed, which stands closer by"
            ));
        }
        if !submits {
            continue;
        }
        for (order, refusal) in [(one, other), (other, one)] {
            if order.meets_refusal_of(refusal) {
                let (refuser, orderer) = (notes.quote_start(refusal.name), notes.quote_start(order.name));
                let followed = if order.channel < refusal.channel { &orderer } else { &refuser };
                notes.add_warning(&format!(
                    "`{refuser}` refuses the submit about whose job `{orderer}` gives an order: only `{followed}` is followed"
                ));
            }
            let fails = refusal.then.job.as_ref().is_some_and(|job| job.has_no_result());
            if fails && order.then.result.is_some() && order.channel >= refusal.channel {
                notes.add_warning(&format!(
                    "`{}` orders a `result` that is never met: `{}` makes the job fail",
                    notes.quote_start(order.name),
                    notes.quote_start(refusal.name)
                ));
            }
        }
    }
}

/// The order of a scenario that certainly meets a request, and of which nothing is drawn.
fn read_certain<'a>(
    (channel, scenario): &'a (Channel, Arc<Scenario>),
    facts: &RequestFacts<'_>,
) -> Option<CertainOrder<'a>> {
    let matcher = &scenario.matcher;
    let is_certain =
        matcher.probability.is_none() && matcher.calls.is_none() && matcher.first_misfit(facts).is_none();
    let [then] = scenario.then.as_slice() else { return None };
    is_certain.then_some(CertainOrder { channel: *channel, name: &scenario.name, then })
}

/// Warns where several orders have an effect on one point: only the first is followed.
fn warn_of_doubles(certain: &[CertainOrder<'_>], notes: &mut Notes<'_>) {
    let mut taken: Vec<(Point, &str)> = Vec::new();
    for order in certain {
        for point in order.then.list_points() {
            match taken.iter().find(|(known, _)| *known == point) {
                None => taken.push((point, order.name)),
                Some((_, earlier)) => {
                    let names = [notes.quote_start(earlier), notes.quote_start(order.name)];
                    notes.add_warning(&format!(
                        "`{}` is ordered twice: by `{}` and by `{}`; only the first is followed",
                        point.as_str(),
                        names[0],
                        names[1]
                    ));
                }
            }
        }
    }
}
