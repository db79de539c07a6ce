//! Hostile requests: each gets its vendor's own answer, and earlier jobs are unharmed.

mod bodies;
mod costs;
mod early;
mod encodings;
mod heads;
mod orders;
mod refused_heads;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;

use mockreel_contracts::contract::check::read::observe;
use mockreel_contracts::contract::check::rules::Checker;
use mockreel_contracts::contract::model::Model;
use mockreel_contracts::contract::model::operation::{IdPlace, OperationFacts};
use mockreel_contracts::contract::views::examples::minimal;
use mockreel_contracts::{Contract, Operation};
use mockreel_emulator::Emulator;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, Caller, KEY, fixture};

/// A vendor under attack.
pub(super) struct Target {
    pub(super) contract: Arc<Contract>,
    pub(super) refusals: Checker,
    pub(super) base: String,
    /// The look at a job that was submitted before anything else.
    pub(super) look: String,
    pub(super) before: Value,
}

impl Target {
    /// Every path that answers by default: operation, method, path.
    pub(super) fn routes(&self) -> Vec<(&str, &OperationFacts, String)> {
        let options = self.contract.default_options();
        let mut found = Vec::new();
        for (name, operation) in &self.contract.operations {
            for route in &operation.routes {
                if !route.option.as_ref().is_some_and(|option| options.is(option, "off")) {
                    found.push((
                        name.as_str(),
                        operation,
                        format!("{}{}", self.base, filled(&route.path, "x")),
                    ));
                }
            }
        }
        found
    }

    /// Asserts that an answer is this vendor's own: good, or an error of its schema.
    pub(super) fn assert_own(&self, what: &str, answer: &Answer) {
        let id = &self.contract.id;
        // Nothing is new to whoever has it already, and that is said without a body.
        if answer.status == 304 {
            assert!(answer.bytes.is_empty() && answer.header("etag").is_some(), "{id}, {what}");
            return;
        }
        let told = String::from_utf8_lossy(&answer.bytes);
        let told: String = told.chars().take(300).collect();
        let wanted = Some(self.contract.answers.content_type.as_str());
        assert_eq!(answer.header("content-type"), wanted, "{id}, {what}: {} {told}", answer.status);
        assert!(!answer.bytes.is_empty(), "{id}, {what}: an empty {}", answer.status);
        match answer.status {
            200..300 => {}
            400..500 => {
                assert!(self.refusals.accepts(&answer.json()), "{id}, {what}: {} {told}", answer.status);
            }
            _ => panic!("{id}, {what}: {} {told}", answer.status),
        }
    }

    pub(super) async fn assert_unharmed(&self) {
        let now = Caller::with_key(KEY).get(&self.look).await;
        assert_eq!(now.json(), self.before, "{}: an earlier job has changed", self.contract.id);
    }
}

pub(super) fn filled(path: &str, id: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect::<Vec<_>>().join("/")
}

pub(super) fn submit_path(operation: &OperationFacts, model: &Model) -> String {
    let fits = |held: &Option<String>| held.as_ref().is_none_or(|id| *id == model.id);
    operation.routes.iter().find(|route| fits(&route.model)).expect("every model has a path").path.clone()
}

pub(super) fn poll_url(base: &str, contract: &Contract, id: &str) -> String {
    let poll = &contract.operations[&Operation::Poll];
    let path = &poll.routes[0].path;
    match poll.job_id.as_ref().expect("a poll names its job") {
        IdPlace::Path(_) => format!("{base}{}", filled(path, id)),
        IdPlace::Query(name) => format!("{base}{path}?{name}={id}"),
    }
}

/// Every edition of every vendor, each with a job that must stay as it is.
pub(super) async fn targets(emulator: &Emulator) -> Vec<Target> {
    let mut targets = Vec::new();
    for vendor in mockreel_contracts::vendors().unwrap() {
        let contract = Arc::clone(&vendor.contract);
        let base = emulator.url(&contract.full_id());
        let model = &contract.models[0];
        let submit = &contract.operations[&Operation::Submit];
        let url = format!("{base}{}", submit_path(submit, model));
        let body = minimal(model, &[&fixture(emulator, "side-300.png")]);
        let accepted = Caller::with_key(KEY).post(&url, &body).await;
        let id = observe(submit, &contract, &accepted.json()).id;
        let id = id.unwrap_or_else(|| panic!("{}: {}", contract.full_id(), accepted.text()));
        let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let look = poll_url(&base, &contract, &id);
        let first = Caller::with_key(KEY).get(&look).await;
        assert_eq!(first.status, 200, "{}", first.text());
        let before = first.json();
        targets.push(Target {
            refusals: Checker::new(contract.problem_schema.clone()).unwrap(),
            look,
            before,
            base,
            contract,
        });
    }
    targets
}

/// The newest editions only, where a test sends much.
pub(super) fn newest(targets: Vec<Target>) -> Vec<Target> {
    let newest = |contract: &Contract| {
        let known = mockreel_contracts::vendor(&contract.id).unwrap();
        known.contract.edition == contract.edition
    };
    targets.into_iter().filter(|target| newest(&target.contract)).collect()
}

/// Sends bytes as they are, and answers whatever comes back, taken apart.
pub(super) async fn send_raw(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Whoever refuses early need not read to the end.
    let _ = stream.write_all(bytes).await;
    read_raw(stream).await
}

/// Reads an answer until the connection ends.
pub(super) async fn read_raw(mut stream: TcpStream) -> Answer {
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received).await;
    let end = received.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {}", String::from_utf8_lossy(&received)));
    let head = String::from_utf8(received[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    Answer { status, headers, bytes: received[end + 4..].to_vec() }
}
