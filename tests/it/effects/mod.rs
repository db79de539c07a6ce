//! Everything that can be ordered, seen from outside: by each channel, on each surface.

mod accounts;
mod answers;
mod channels;
mod every;
mod files;
mod jobs;
mod loud;
mod luck;
mod rehearsal;
mod sets;
mod useless;

use mockreel_contracts::contract::check::read::{Observation, observe};
use mockreel_contracts::contract::model::Model;
use mockreel_contracts::contract::model::operation::IdPlace;
use mockreel_contracts::contract::views::examples::minimal;
use mockreel_contracts::{Contract, Operation, Role, Vendor};
use mockreel_emulator::Emulator;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, fixture};

/// A vendor whose clips are stamps, so that hundreds of them are made in no time.
fn with_stamps(vendor: &Vendor) -> Vendor {
    let models = vendor
        .contract
        .models
        .keys()
        .map(|id| format!("[models.\"{id}\".output]\npixels = [32, 32]\nfps = 1\nextra_frames = 0\n"));
    let patch = format!("id = \"{}\"\n{}", vendor.id(), models.collect::<String>());
    mockreel_contracts::vendor::overlaid("stamps", &patch).unwrap()
}

/// One account's view of one vendor.
struct Surface<'a> {
    emulator: &'a Emulator,
    vendor: Vendor,
    caller: Caller,
    key: String,
}

impl<'a> Surface<'a> {
    fn new(emulator: &'a Emulator, vendor: &Vendor, key: &str) -> Self {
        let caller = Caller::with_key(key);
        Self { emulator, vendor: vendor.clone(), caller, key: key.to_owned() }
    }

    fn named(emulator: &'a Emulator, id: &str, key: &str) -> Self {
        Self::new(emulator, &mockreel_contracts::vendor(id).unwrap(), key)
    }

    fn contract(&self) -> &Contract {
        &self.vendor.contract
    }

    /// The first model, which takes an image with every vendor.
    fn model(&self) -> &Model {
        self.contract().models.values().next().expect("every vendor has a model")
    }

    fn submit_url(&self) -> String {
        let fits = |held: &Option<String>| held.as_ref().is_none_or(|id| *id == self.model().id);
        let routes = &self.contract().operations[&Operation::Submit].routes;
        let route = routes.iter().find(|route| fits(&route.model)).expect("every model has a path");
        format!("{}{}", self.emulator.url(self.vendor.id()), route.path)
    }

    fn poll_url(&self, id: &str) -> String {
        let poll = &self.contract().operations[&Operation::Poll];
        let (base, path) = (self.emulator.url(self.vendor.id()), &poll.routes[0].path);
        match poll.job_id.as_ref().expect("a poll names its job") {
            IdPlace::Path(name) => format!("{base}{}", path.replace(&format!("{{{name}}}"), id)),
            IdPlace::Query(name) => format!("{base}{path}?{name}={id}"),
        }
    }

    /// A good body with this prompt.
    fn body(&self, prompt: &str) -> Value {
        let image = fixture(self.emulator, "side-300.png");
        let mut body = minimal(self.model(), &[image.as_str()]);
        let declared = mockreel_contracts::contract::check::schema::properties(&self.model().request);
        let is_prompt = |schema: &Value| Role::of(schema) == Some(Role::Prompt);
        let (pointer, _) =
            declared.into_iter().find(|(_, schema)| is_prompt(schema)).expect("models take a prompt");
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = prompt.into();
        body
    }

    async fn submit(&self) -> Answer {
        self.submit_saying("a cat").await
    }

    async fn submit_saying(&self, prompt: &str) -> Answer {
        self.caller.post(&self.submit_url(), &self.body(prompt)).await
    }

    async fn submit_with(&self, header: &str) -> Answer {
        let request = self.caller.request(Method::POST, &self.submit_url());
        self.caller.send(request.header("x-mockreel-scenario", header).json(&self.body("a cat"))).await
    }

    async fn accepted(&self) -> String {
        let answer = self.submit().await;
        self.seen(Operation::Submit, &answer).id.unwrap_or_else(|| panic!("no id in {}", answer.text()))
    }

    async fn poll(&self, id: &str) -> Answer {
        self.caller.get(&self.poll_url(id)).await
    }

    async fn look(&self, id: &str) -> Observation {
        let answer = self.poll(id).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.seen(Operation::Poll, &answer)
    }

    fn seen(&self, operation: Operation, answer: &Answer) -> Observation {
        observe(&self.contract().operations[&operation], self.contract(), &answer.json())
    }

    /// Orders something about an operation of this vendor for this account; another order takes its place.
    async fn order(&self, operation: Operation, then: &Value) {
        self.scenario(&json!({"name": "ordered", "match": {"vendor": self.vendor.id(), "operation": operation}, "then": then})).await;
    }

    async fn scenario(&self, scenario: &Value) {
        let answer = self.admin(Method::POST, "scenarios", scenario).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    async fn admin(&self, method: Method, path: &str, body: &Value) -> Answer {
        let url = format!("{}/__admin/{path}", self.emulator.base());
        self.caller.send(self.caller.request(method, &url).json(body)).await
    }

    /// The job as the control API tells it.
    async fn told(&self, id: &str) -> Value {
        let id: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        self.caller.get(&format!("{}/__admin/jobs/{id}", self.emulator.base())).await.json()
    }

    async fn wait(&self, seconds: f64) {
        let by = std::time::Duration::from_secs_f64(seconds);
        self.emulator.clock(&self.key).advance(by).await.unwrap();
    }
}
