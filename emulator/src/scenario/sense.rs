//! Scenarios that make no sense: contradictions, effects that nothing meets, and matchers that nothing fits.

use mockreel_contracts::Operation;

use super::{Calls, End, JobEffect, Matcher, RequestKind, Scenario, Then};

/// One of the points on which something can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// The job that a submit makes.
    Job,
    /// The answer.
    Answer,
    /// The wire.
    Wire,
    /// Downloads of the result.
    Result,
    /// Callbacks.
    Callback,
}

impl Point {
    /// Its name in `then`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Answer => "answer",
            Self::Wire => "wire",
            Self::Result => "result",
            Self::Callback => "callback",
        }
    }

    /// Whether requests of a kind have this point.
    pub(crate) fn is_of(self, kind: RequestKind) -> bool {
        match self {
            Self::Job | Self::Callback => kind == RequestKind::Operation(Operation::Submit),
            Self::Answer => kind != RequestKind::Download,
            Self::Wire => true,
            Self::Result => {
                kind == RequestKind::Operation(Operation::Submit) || kind == RequestKind::Download
            }
        }
    }
}

impl Then {
    /// The points on which it has an effect.
    pub(crate) fn list_points(&self) -> Vec<Point> {
        let Self { job, answer, wire, result, callback } = self;
        let all = [
            (job.is_some(), Point::Job),
            (answer.is_some(), Point::Answer),
            (wire.is_some(), Point::Wire),
            (result.is_some(), Point::Result),
            (callback.is_some(), Point::Callback),
        ];
        all.into_iter().filter(|(present, _)| *present).map(|(_, point)| point).collect()
    }

    /// Whether a submit that it affects makes no job, or answers nothing by which a client could find it.
    pub(crate) fn refuses_submit(&self) -> bool {
        self.makes_no_job() || self.wire.as_ref().is_some_and(|wire| wire.fault.hides_answer())
    }

    /// Whether a submit that it affects makes no job.
    pub(crate) fn makes_no_job(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.problem.is_some() || answer.body.is_some())
    }

    /// What does not go together in it, for requests of a kind.
    fn find_contradiction(&self, kind: Option<RequestKind>) -> Option<String> {
        let answered = self.answer.as_ref();
        let is_literal = self.makes_no_job();
        let fails = self.job.as_ref().is_some_and(JobEffect::has_no_result);
        if is_literal && (self.job.is_some() || self.callback.is_some()) {
            return Some(
                "`job` and `callback` do not go with an `answer` that is a `problem` or a `body`: such a submit makes no job"
                    .to_owned(),
            );
        }
        if self.result.is_some() && (fails || is_literal && kind == Some(SUBMIT)) {
            return Some("`result` is never met: the job has none, as the rest of `then` says".to_owned());
        }
        let kind = kind?;
        if let Some(point) = self.list_points().into_iter().find(|point| !point.is_of(kind)) {
            let name = point.as_str();
            let met = match point {
                Point::Result => "`submit` or `result`",
                Point::Answer => "an operation of the vendor's; for a download say `result` in `then`",
                Point::Job | Point::Callback | Point::Wire => "`submit`",
            };
            return Some(format!(
                "`{name}` is never met by the operation `{kind}`: expected {met} in `match.operation`"
            ));
        }
        (answered.is_some_and(|answer| answer.until_done) && kind != SUBMIT).then(|| {
            format!("`held` is about a submit: expected `submit` in `match.operation`, found `{kind}`")
        })
    }
}

const SUBMIT: RequestKind = RequestKind::Operation(Operation::Submit);

impl JobEffect {
    /// Whether the job never has a result.
    pub(crate) fn has_no_result(&self) -> bool {
        self.reason.is_some() || matches!(self.end, Some(End::Failed | End::Cancelled))
    }

    /// What it says beside the end of the job, if that is anything.
    pub(super) fn without_end(&self) -> Option<Self> {
        let rest = Self { end: None, reason: None, detail: None, ..self.clone() };
        let Self { queued, running, slower, hold, progress, .. } = &rest;
        let is_timed = queued.is_some() || running.is_some() || slower.is_some();
        (is_timed || hold.is_some() || progress.is_some()).then_some(rest)
    }
}

impl Matcher {
    /// Why no request can ever fit.
    fn find_contradiction(&self) -> Option<String> {
        match &self.calls {
            Some(Calls::Nth(numbers)) if numbers.is_empty() || numbers.contains(&0) => {
                return Some("`calls.nth` counts from 1: expected numbers such as [1,3]".to_owned());
            }
            Some(Calls::Nth(_) | Calls::First(_) | Calls::Every(_)) | None => {}
        }
        if self.in_a_row.is_some() && self.probability.is_none() {
            return Some("`in_a_row` bounds a `probability`: expected one beside it".to_owned());
        }
        let kind = self.operation?;
        if self.prompt.is_some() && kind != SUBMIT {
            return Some(format!(
                "`prompt` fits no request of the operation `{kind}`: only a submit has a prompt"
            ));
        }
        if self.members.values().any(|wanted| !wanted.is_null()) && !has_body(kind) {
            return Some(format!(
                "`members` fit no request of the operation `{kind}`: it has no body; for a submit say `submit`"
            ));
        }
        (self.model.is_some() && !has_model(kind))
            .then(|| format!("`model` fits no request of the operation `{kind}`: it names no model"))
    }
}

/// Whether a request of a kind may have a body.
fn has_body(kind: RequestKind) -> bool {
    match kind {
        RequestKind::Operation(Operation::Submit | Operation::Upload | Operation::Cancel) => true,
        RequestKind::Operation(
            Operation::Poll
            | Operation::List
            | Operation::Models
            | Operation::Model
            | Operation::Balance
            | Operation::Deprecations,
        )
        | RequestKind::Download => false,
    }
}

/// Whether a request of a kind is about a model.
fn has_model(kind: RequestKind) -> bool {
    match kind {
        RequestKind::Operation(
            Operation::Submit | Operation::Poll | Operation::Cancel | Operation::Model | Operation::Upload,
        )
        | RequestKind::Download => true,
        RequestKind::Operation(
            Operation::List | Operation::Models | Operation::Balance | Operation::Deprecations,
        ) => false,
    }
}

impl Scenario {
    /// Checks that it can have an effect at all, and that its vendor, if it names one, has what it speaks of.
    pub(super) fn check_sense(&self) -> Result<(), String> {
        let kind = self.matcher.operation;
        let contradiction = self.matcher.find_contradiction();
        let contradiction =
            contradiction.or_else(|| self.then.iter().find_map(|then| then.find_contradiction(kind)));
        if let Some(why) = contradiction {
            let name = if self.name.is_empty() { String::new() } else { format!(" `{}`", self.name) };
            return Err(format!("scenario{name}: {why}"));
        }
        self.check_vendor_has_it()
    }

    /// Whether its vendor, if it names one, has what it speaks of.
    fn check_vendor_has_it(&self) -> Result<(), String> {
        let Some(named) = &self.matcher.vendor else { return Ok(()) };
        let vendor = mockreel_contracts::vendor(&named.0.to_string())?;
        let contract = &vendor.contract;
        if let Some(RequestKind::Operation(operation)) = &self.matcher.operation
            && !contract.operations.contains_key(operation)
        {
            let known: Vec<&str> = contract.operations.keys().map(|operation| operation.as_str()).collect();
            return Err(format!(
                "scenario `{}`: {} has no operation `{}`; it has {}",
                self.name,
                contract.full_id(),
                operation,
                known.join(", ")
            ));
        }
        for (name, value) in
            self.then.iter().filter_map(|then| then.answer.as_ref()).flat_map(|answer| &answer.options)
        {
            let mut options = contract.default_options();
            options.set(contract, name, value).map_err(|why| format!("scenario `{}`: {why}", self.name))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mockreel_contracts::lazy::LazyContract;
    use serde_json::{Value, json};

    use super::*;

    fn read_scenario(scenario: &Value) -> Result<Scenario, String> {
        Scenario::from_json(&scenario.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_can_meet_nothing_or_contradicts_itself_is_refused() {
        for (scenario, expected) in [
            (json!({"then": {"job": {"hold": "queued", "end": "failed"}}}), "`hold`"),
            (json!({"then": {"job": {"hold": "running", "reason": "timeout"}}}), "`hold`"),
            (json!({"then": {"job": {"hold": "running", "running": 5}}}), "`hold`"),
            (json!({"then": {"job": {"hold": "queued", "queued": 5}}}), "`hold`"),
            (json!({"then": {"job": {"hold": "queued", "slower": 5}}}), "`hold`"),
            (json!({"then": {"job": {"progress": "step", "running": 5}}}), "`progress`"),
            (json!({"then": {"job": {"end": "failed"}, "answer": {"problem": "internal"}}}), "makes no job"),
            (json!({"then": {"callback": {"send": true}, "answer": {"body": {}}}}), "makes no job"),
            (json!({"then": {"job": {"end": "failed"}, "result": {"fault": "html"}}}), "never met"),
            (json!({"match": {"operation": "poll"}, "then": {"job": {"slower": 1}}}), "`job` is never met"),
            (
                json!({"match": {"operation": "poll"}, "then": {"callback": {"copies": 2}}}),
                "`callback` is never met",
            ),
            (
                json!({"match": {"operation": "list"}, "then": {"result": {"fault": "html"}}}),
                "`result` is never met",
            ),
            (
                json!({"match": {"operation": "result"}, "then": {"answer": {"status": 500}}}),
                "`answer` is never met",
            ),
            (json!({"match": {"operation": "poll"}, "then": {"answer": {"held": true}}}), "`held`"),
            (json!({"match": {"operation": "poll", "prompt": "cat"}, "then": {}}), "only a submit"),
            (json!({"match": {"operation": "result", "members": {"/a": 1}}, "then": {}}), "no body"),
            (json!({"match": {"operation": "balance", "model": "*"}, "then": {}}), "names no model"),
            (json!({"match": {"calls": {"nth": [0]}}, "then": {}}), "counts from 1"),
            (json!({"match": {"calls": {"nth": []}}, "then": {}}), "counts from 1"),
            (json!({"match": {"in_a_row": 2}, "then": {}}), "`in_a_row` bounds a `probability`"),
            (json!({"then": {"answer": {"problem": "overloaded", "retry_after": 3}}}), "go with the problem"),
            (json!({"then": {"answer": {"problem": "internal", "upstream_status": 500}}}), "upstream_error"),
            (json!({"then": {"answer": {"problem": "upstream_error", "upstream_status": 7}}}), "100 to 599"),
            (json!({"then": {"callback": {"send": false, "copies": 2}}}), "`send` is false"),
        ] {
            let refused = read_scenario(&scenario).expect_err(&scenario.to_string());
            assert!(refused.contains(expected), "{scenario}: {refused}");
        }
        for scenario in [
            json!({"match": {"operation": "submit", "prompt": "cat"}, "then": {"job": {"slower": 1}}}),
            json!({"match": {"operation": "poll", "members": {"/a": null}}, "then": {"wire": {"fault": "reset"}}}),
            json!({"match": {"operation": "result"}, "then": {"result": {"fault": "html"}}}),
            json!({"then": {"job": {"hold": "running", "queued": 5}}}),
            json!({"then": [{}, {"answer": {"problem": "internal"}}]}),
        ] {
            read_scenario(&scenario).unwrap_or_else(|why| panic!("{scenario}: {why}"));
        }
    }

    #[test]
    fn what_is_only_suspicious_is_a_doubt() {
        let vendors = mockreel_contracts::vendors().unwrap();
        let all: Vec<&LazyContract> = vendors.iter().map(|vendor| &vendor.contract).collect();
        let id = all[0].models.keys().next().unwrap();
        let slip = format!("{id}x");
        let silent = &all.iter().find(|contract| contract.callbacks.is_none()).unwrap().id;
        for (scenario, expected) in [
            (json!({"then": {}}), "`then` says nothing"),
            (json!({"then": {"job": {}}}), "`then` says nothing"),
            (
                json!({"match": {"calls": {"first": 0}}, "then": {"answer": {"status": 500}}}),
                "`calls.first` is 0",
            ),
            (json!({"match": {"probability": 0}, "then": {"answer": {"status": 500}}}), "`probability` is 0"),
            (json!({"match": {"model": slip}, "then": {"answer": {"status": 500}}}), "did you mean"),
            (json!({"match": {"model": "zzz*"}, "then": {"answer": {"status": 500}}}), "there are "),
            (json!({"then": {"answer": {"options": {"no_such": "x"}}}}), "has the option `no_such`"),
            (
                json!({"match": {"vendor": silent}, "then": {"callback": {"copies": 2}}}),
                "no vendor that it may meet sends callbacks",
            ),
        ] {
            let doubts = read_scenario(&scenario).unwrap().list_doubts(&all);
            assert_eq!(doubts.len(), 1, "{scenario}: {doubts:?}");
            assert!(doubts[0].contains(expected), "{scenario}: {doubts:?}");
        }
        let elsewhere = json!({"match": {"vendor": all[0].id}, "then": {"answer": {"status": 500}}});
        let others: Vec<&LazyContract> =
            all.iter().filter(|contract| contract.id != all[0].id).copied().collect();
        assert!(read_scenario(&elsewhere).unwrap().list_doubts(&others)[0].contains("not served here"));
        assert_eq!(read_scenario(&elsewhere).unwrap().list_doubts(&all), [""; 0]);
        for set in crate::scenario::sets::sets() {
            for scenario in set.scenarios.iter() {
                assert_eq!(scenario.list_doubts(&all), [""; 0], "{}", scenario.name);
            }
        }
    }
}
