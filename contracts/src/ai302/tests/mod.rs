//! The dialect and the contract against each other, with exchanges and jobs built by hand.

mod refusals;
mod replies;
mod requests;

use serde_json::{Value, json};

use super::DECLARED;
use crate::contract::check::rules::Checker;
use crate::contract::{Contract, Options};
use crate::dialect::{Dialect, Exchange, FailureView, JobView, Reply, ReplyBody, ResultView};
use crate::operation::Operation;
use crate::phase::Phase;
use crate::problem::FailureReason;
use crate::time::UnixMillis;

/// 2025-01-02T10:05:45.678Z, which is 18:05:45.678 in Beijing.
const SUBMITTED: UnixMillis = UnixMillis(1_735_812_345_678);

/// A contract and the options it was made with.
struct Served {
    contract: Contract,
    options: Options,
    dialect: std::sync::Arc<dyn Dialect>,
}

/// The newest edition with some options chosen.
fn served(chosen: &[(&str, &str)]) -> Served {
    let contract = crate::contract::model::edition::load(DECLARED.newest, &[]).unwrap().remove(0);
    let mut options = contract.default_options();
    for (name, value) in chosen {
        options.set(&contract, name, value).unwrap();
    }
    let contract = contract.with_options(&options).unwrap();
    let dialect = (DECLARED.dialect)().for_options(&options).unwrap();
    Served { contract, options, dialect }
}

impl Served {
    fn exchange(&self) -> Exchange<'_> {
        Exchange {
            contract: &self.contract,
            options: &self.options,
            method: "GET",
            target: "/klingai/task/kling_0102030405ff/fetch?geo=cn",
            headers: &[],
            now: SUBMITTED.after(60_000),
            entropy: [0; 32],
        }
    }

    /// A job of a model in a phase, with whatever that phase brings.
    fn job<'a>(&'a self, model: &str, phase: Phase, echo: &'a Value) -> JobView<'a> {
        JobView {
            id: "kling_0102030405ff",
            model: &self.contract.models[model],
            phase,
            submitted_at: SUBMITTED,
            started_at: (phase > Phase::Queued).then(|| SUBMITTED.after(10_000)),
            ended_at: phase.is_terminal().then(|| SUBMITTED.after(50_000)),
            echo,
            result: (phase == Phase::Succeeded).then(|| ResultView {
                video_url: "http://127.0.0.1:4747/__media/v.mp4".to_owned(),
                cover_url: "http://127.0.0.1:4747/__media/v.jpg".to_owned(),
                width: 1280,
                height: 720,
                duration_ms: 5041,
            }),
            failure: (phase == Phase::Failed)
                .then_some(FailureView { reason: FailureReason::Moderation, detail: None }),
            price: Some(0.3),
            account: [1; 16],
            tenant: None,
            entropy: [2; 32],
        }
    }

    fn submitted(&self, job: &JobView<'_>) -> Value {
        json_of(self.dialect.submitted(&self.exchange(), job))
    }

    fn fetched(&self, job: &JobView<'_>) -> Value {
        json_of(self.dialect.job(&self.exchange(), job))
    }

    /// The checker of an operation's good answer.
    fn reply_checker(&self, operation: Operation) -> Checker {
        Checker::new(self.contract.operations[&operation].reply.clone()).unwrap()
    }
}

/// The body of an answer.
fn json_of(reply: Reply) -> Value {
    match reply.body {
        ReplyBody::Json(body) => body,
        ReplyBody::Empty => panic!("every answer of this vendor has a body"),
    }
}

/// A body as the vendor's applications send it, empty texts and all.
fn form() -> Value {
    json!({
        "input_image": "https://pictures.example/first.png",
        "tail_image": "cid:1",
        "prompt": "a boat",
        "negative_prompt": "",
        "cfg": "0.5",
        "aspect_ratio": "16:9",
        "camera_type": "zoom",
        "camera_value": "-5",
        "enable_audio": "",
        "callback": "https://caller.example/hook",
        "x_probe": "1",
    })
}

/// Asserts that the members of every object are in alphabetical order (of bytes, as a Go map is written).
fn assert_alphabetical(value: &Value, place: &str) {
    match value {
        Value::Object(members) => {
            let names: Vec<&String> = members.keys().collect();
            assert!(names.is_sorted(), "{place}: {names:?}");
            for (name, member) in members {
                assert_alphabetical(member, &format!("{place}/{name}"));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                assert_alphabetical(item, &format!("{place}/{index}"));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
