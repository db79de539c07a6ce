//! Every order of the catalogue can be seen on the wire, and does the same posted, in a header and in a prompt.

use std::time::{Duration, Instant};

use mockreel_emulator::Emulator;
use mockreel_emulator::scenario::examples::{EffectExample, effect_examples};
use reqwest::Method;
use serde_json::{Value, json};

use super::Surface;
use crate::support::{KEY, fixture, quiet};
use mockreel_contracts::Operation;

/// How an order is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    Posted,
    Header,
    Prompt,
}

/// The surface on which the script is played: the one whose answers show most.
const VENDOR: &str = "gmicloud";

async fn emulator() -> Emulator {
    // The prompt is not repeated, so that a directive in it does not show but by what it does.
    quiet().public_url("http://stand-in.test").option(VENDOR, "payload_echo", "empty").start().await.unwrap()
}

/// One request of the script: what the client got, in one line, and how long it took.
struct Got {
    line: String,
    took: Duration,
}

struct Script<'a> {
    surface: Surface<'a>,
    order: Option<(&'a EffectExample, Channel)>,
}

impl Script<'_> {
    fn is_about(&self, operation: Operation, channel: Channel) -> bool {
        self.order.is_some_and(|(order, by)| by == channel && order.operation == operation)
    }

    async fn ask(&self, operation: Option<Operation>, request: reqwest::RequestBuilder) -> Got {
        let then = self
            .order
            .filter(|_| operation.is_some_and(|operation| self.is_about(operation, Channel::Header)));
        let request = match then {
            Some((order, _)) => {
                request.header("x-mockreel-scenario", json!({"then": order.then}).to_string())
            }
            None => request,
        };
        #[expect(clippy::disallowed_methods, reason = "how long a client waits is a matter of real time")]
        let start = Instant::now();
        let line = match request.timeout(Duration::from_secs(20)).send().await {
            Err(error) => format!("no answer, timed out: {}", error.is_timeout()),
            Ok(answer) => {
                let kind =
                    answer.headers().get("content-type").map(|kind| format!("{kind:?}")).unwrap_or_default();
                let wait =
                    answer.headers().get("retry-after").map(|wait| format!("{wait:?}")).unwrap_or_default();
                let status = answer.status();
                let held = answer.remote_addr();
                match answer.bytes().await {
                    Err(_) => format!("{status} {kind}, broken off"),
                    Ok(bytes) => {
                        let shown: String = String::from_utf8_lossy(&bytes).chars().take(2000).collect();
                        format!("{status} {kind} {wait} {} {shown} {}", bytes.len(), held.is_some())
                    }
                }
            }
        };
        Got { line, took: start.elapsed() }
    }

    /// Submits, looks in every phase, and downloads.
    async fn played(&self) -> Vec<Got> {
        let directive = self.order.filter(|_| self.is_about(Operation::Submit, Channel::Prompt));
        let directive = directive.and_then(|(order, _)| order.directive.clone());
        let mut body = self
            .surface
            .body(&directive.map_or_else(|| "a cat".to_owned(), |text| format!("a cat [mock:{text}]")));
        if self.order.is_some_and(|(order, _)| order.name == "job.end.succeeded") {
            body["payload"]["image"] = fixture(self.surface.emulator, "side-299-wide.png").into();
        }
        let mut told = Vec::new();
        if let Some((order, Channel::Posted)) = self.order {
            self.surface.order(order.operation, &order.then).await;
        }
        let caller = &self.surface.caller;
        let submit = caller.request(Method::POST, &self.surface.submit_url()).json(&body);
        let held = self.order.is_some_and(|(order, _)| order.name == "answer.held");
        if held {
            let ending = async {
                let id = loop {
                    if let Some(job) = self.surface.emulator.jobs(KEY).list().await.first() {
                        break job.key.id.to_string();
                    }
                    tokio::task::yield_now().await;
                };
                self.surface.emulator.clock(KEY).advance_until_job(&id).await.unwrap();
            };
            told.push(tokio::join!(self.ask(Some(Operation::Submit), submit), ending).0);
        } else {
            told.push(self.ask(Some(Operation::Submit), submit).await);
        }
        let jobs = self.surface.emulator.jobs(KEY).list().await;
        let Some(job) = jobs.first() else { return told };
        let poll = || caller.request(Method::GET, &self.surface.poll_url(&job.key.id));
        for wait in [0.0, 1.0, 4.0, 10.0] {
            self.surface.wait(wait).await;
            told.push(self.ask(Some(Operation::Poll), poll()).await);
        }
        for file in ["cover.jpg", "video.mp4"] {
            let result = format!("{}/__media/{}/{file}", self.surface.emulator.base(), job.clip.name);
            told.push(self.ask(None, caller.request(Method::GET, &result)).await);
        }
        told
    }
}

async fn played(order: Option<(&EffectExample, Channel)>) -> Vec<Got> {
    let emulator = emulator().await;
    let surface = Surface::named(&emulator, VENDOR, KEY);
    Script { surface, order }.played().await
}

fn lines(told: &[Got]) -> Vec<&str> {
    told.iter().map(|got| got.line.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_shows_on_the_wire_and_does_the_same_through_every_channel() {
    let plain = played(None).await;
    assert!(plain.iter().all(|got| got.line.starts_with("200")), "{:?}", lines(&plain));
    // A posted order about another operation changes nothing, so what is seen is the order's doing.
    for order in &effect_examples() {
        // Callbacks have a receiver and tests of their own; a connection that is closed shows on a bare socket only.
        if order.name.starts_with("callback.") || order.name == "wire.close" {
            continue;
        }
        let posted = played(Some((order, Channel::Posted))).await;
        match order
            .then
            .pointer("/wire/delay")
            .or_else(|| order.then.pointer("/result/delay"))
            .and_then(Value::as_f64)
        {
            Some(delay) => {
                assert_eq!(lines(&posted), lines(&plain), "{}: only late", order.name);
                let late = posted.iter().filter(|got| got.took >= Duration::from_secs_f64(delay)).count();
                assert!(late >= 1, "{}: nothing was late", order.name);
            }
            None => assert_ne!(lines(&posted), lines(&plain), "{} changes nothing", order.name),
        }
        let by_header = played(Some((order, Channel::Header))).await;
        assert_eq!(lines(&by_header), lines(&posted), "{}: the header does something else", order.name);
        if order.directive.is_some() {
            let by_prompt = played(Some((order, Channel::Prompt))).await;
            assert_eq!(
                lines(&by_prompt),
                lines(&posted),
                "{}: the directive does something else",
                order.name
            );
        }
    }
}
