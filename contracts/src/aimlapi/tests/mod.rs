//! Exchanges and jobs made by hand, and what they must be answered with.

mod editions;
mod refusals;
mod replies;

use serde_json::Value;

use crate::contract::check::rules::{Checker, Violation};
use crate::contract::{Contract, Model, Options};
use crate::dialect::{Exchange, JobView, Reply, ReplyBody, ResultView};
use crate::operation::Operation;
use crate::phase::Phase;
use crate::problem::{Place, Problem};
use crate::time::UnixMillis;
use crate::{Dialect, Vendor, vendor};

/// A vendor with some of its options chosen, ready to answer.
pub(crate) struct Served {
    vendor: Vendor,
    contract: Contract,
    options: Options,
    headers: Vec<(String, String)>,
}

/// The submit path of the newest edition.
pub(crate) const SUBMIT: &str = "/v2/video/generations";

/// Serves an edition: `served("aimlapi@2025-07", &[("error_shape", "text")])`.
pub(crate) fn served(selector: &str, chosen: &[(&str, &str)]) -> Served {
    let vendor = vendor(selector).unwrap();
    let mut options = vendor.contract.default_options();
    for (name, value) in chosen {
        options.set(&vendor.contract, name, value).unwrap();
    }
    let vendor = vendor.with_options(&options).unwrap();
    let contract = vendor.contract.with_options(&options).unwrap();
    Served { vendor, contract, options, headers: Vec::new() }
}

impl Served {
    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// The same with a request header.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn contract(&self) -> &Contract {
        &self.contract
    }

    pub(crate) fn dialect(&self) -> &dyn Dialect {
        self.vendor.dialect.as_ref()
    }

    pub(crate) fn model(&self, id: &str) -> &Model {
        &self.contract.models[id]
    }

    pub(crate) fn exchange<'a>(&'a self, method: &'a str, target: &'a str) -> Exchange<'a> {
        Exchange {
            contract: &self.contract,
            options: &self.options,
            method,
            target,
            headers: &self.headers,
            now: UnixMillis(1_767_225_600_005),
            entropy: [7; 32],
        }
    }

    /// What is wrong with a body for a model.
    pub(crate) fn violations(&self, model: &str, body: &Value) -> Vec<Violation> {
        self.contract.request_checker(self.model(model)).violations(body)
    }

    /// Whether a model takes a body.
    pub(crate) fn takes(&self, model: &str, body: &Value) -> bool {
        self.violations(model, body).is_empty()
    }

    /// The answer to a refused submit.
    pub(crate) fn refused(&self, problem: &Problem) -> Reply {
        self.dialect().problem(&self.exchange("POST", SUBMIT), problem)
    }

    /// The message with which a body for a model is refused.
    pub(crate) fn message(&self, model: &str, body: &Value) -> String {
        let violations = self.violations(model, body);
        assert!(!violations.is_empty(), "{body} keeps every rule");
        let reply = self.refused(&Problem::Invalid { place: Place::Body, violations });
        json(&reply)["message"].as_str().unwrap().to_owned()
    }

    /// A job that has reached a phase.
    pub(crate) fn job<'a>(&'a self, model: &str, phase: Phase, echo: &'a Value) -> JobView<'a> {
        let result = ResultView {
            video_url: "http://127.0.0.1:4747/__media/a.mp4".to_owned(),
            cover_url: "http://127.0.0.1:4747/__media/a.jpg".to_owned(),
            width: 1280,
            height: 720,
            duration_ms: 5000,
        };
        let model = self.model(model);
        JobView {
            id: "HHHHHHHHHHHHHHHHHHHHH",
            model,
            phase,
            submitted_at: UnixMillis(1_767_225_600_000),
            started_at: None,
            ended_at: None,
            echo,
            result: (phase == Phase::Succeeded).then_some(result),
            failure: None,
            price: model.price_of(5),
            account: [0; 16],
            tenant: None,
            entropy: [7; 32],
        }
    }

    /// Asserts that a good answer of an operation has the shape that the contract states.
    pub(crate) fn assert_promised(&self, operation: Operation, reply: &Reply) {
        let checker = Checker::new(self.contract.operations[&operation].reply.clone()).unwrap();
        assert_eq!(checker.violations(json(reply)), [], "{}", self.contract.full_id());
    }
}

/// The body of an answer.
pub(crate) fn json(reply: &Reply) -> &Value {
    match &reply.body {
        ReplyBody::Json(body) => body,
        ReplyBody::Empty => panic!("an answer without a body"),
    }
}

/// The value of an answer's header.
pub(crate) fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
}
