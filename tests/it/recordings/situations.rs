//! Bringing an emulator into the situation of a recording.

use mockreel_contracts::contract::check::read::observe;
use mockreel_contracts::{Contract, FailureReason, Model, Operation};
use mockreel_emulator::{Emulator, Progress};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::Recording;
use crate::support::{Answer, Caller, KEY, fixture, quiet};

/// An answer of the emulator in the situation of a recording.
pub(super) struct Scene {
    pub(super) answer: Answer,
    /// The start of every address that leads to the emulator.
    pub(super) base: String,
    /// The id that the recording has in its path, and the one that ours has.
    pub(super) ids: Option<(String, String)>,
    /// Keeps the emulator alive until the answer was compared.
    _emulator: Emulator,
}

/// A situation that is being brought about.
struct Stage<'a> {
    recording: &'a Recording,
    contract: &'a Contract,
    emulator: Emulator,
}

/// The emulator's answers; none if requests alone cannot bring the situation about.
pub(super) async fn bring_about(recording: &Recording) -> Vec<Scene> {
    let mut scenes = Vec::new();
    for phase in phases(recording) {
        scenes.extend(scene(recording, phase).await);
    }
    scenes
}

/// Which words of a job's life to look at: the recording's own, or every one that it may mean.
fn phases(recording: &Recording) -> Vec<&'static str> {
    match (recording.situation(), recording.text("/answer/body/status")) {
        ("poll_pending", Some("queued")) => vec!["queued"],
        ("poll_pending", Some("generating")) => vec!["running"],
        ("poll_pending", _) => vec!["queued", "running"],
        ("completed", _) => vec!["succeeded"],
        ("failed", _) => vec!["failed"],
        _ => vec![""],
    }
}

async fn scene(recording: &Recording, phase: &str) -> Option<Scene> {
    let vendor = recording.of_the_day();
    let contract = &*vendor.contract.clone();
    let mut builder = quiet().progress(Progress::Step).vendor(vendor);
    if let Some(option) = opens(recording, contract) {
        builder = builder.option(recording.vendor(), &option, "on");
    }
    let stage = Stage { recording, contract, emulator: builder.start().await.unwrap() };
    let mut ids = None;
    let answer = match recording.situation() {
        "accepted" => stage.submit(KEY, &stage.body()).await,
        "bad_key" => stage.submit("not-a-key", &stage.body()).await,
        "insufficient_credits" => stage.submit("mock-broke-1", &stage.body()).await,
        "no_key" => Caller::without_key().post(&stage.submit_url(), &stage.body()).await,
        "unknown_model" => {
            let mut body = stage.body();
            body["model"] = recording.value["request"]["body"]["model"].clone();
            stage.submit(KEY, &body).await
        }
        "missing_field" => {
            let mut body = stage.body();
            let field = recording.text("/situation/field").expect("a field");
            for place in ["", "/payload"] {
                if let Some(Value::Object(members)) = body.pointer_mut(place) {
                    members.shift_remove(field);
                }
            }
            stage.submit(KEY, &body).await
        }
        // The text is not told what it is about, so it is about any member.
        "body_validation" => {
            let mut body = stage.body();
            body["cfg_scale"] = json!(2);
            stage.submit(KEY, &body).await
        }
        "upstream_error" if recording.value["situation"]["upstream_status"] == 400 => {
            let mut body = stage.body();
            body["payload"]["image"] = json!("AAAA");
            stage.submit(KEY, &body).await
        }
        "upload" => Caller::with_key(KEY).post(&stage.url(), &recording.value["request"]["body"]).await,
        "query_validation" | "model_list" => Caller::with_key(KEY).get(&stage.url()).await,
        "unknown_job" => Caller::with_key(KEY).get(&stage.url().replace('…', "nothing")).await,
        "poll_pending" | "completed" | "failed" => {
            let id = stage.job(phase).await;
            let (url, recorded) = stage.poll(&id);
            ids = recorded.map(|recorded| (recorded, id));
            Caller::with_key(KEY).get(&url).await
        }
        _ => return None,
    };
    Some(Scene { answer, base: stage.emulator.base(), ids, _emulator: stage.emulator })
}

/// The option that opens the path of the recording, if the vendor answered there before documenting it.
fn opens(recording: &Recording, contract: &Contract) -> Option<String> {
    let path = recording.text("/request/path")?.split('?').next()?;
    let operation = contract.operations.get(&recording.operation().parse::<Operation>().ok()?)?;
    operation.routes.iter().find(|route| route.path == path)?.option.clone()
}

impl Stage<'_> {
    fn url(&self) -> String {
        let path = self.recording.text("/request/path").expect("a path");
        format!("{}{path}", self.emulator.url(self.recording.vendor()))
    }

    /// Where a job is submitted: the recording's own path if it is of a submit, else that of a model.
    fn submit_url(&self) -> String {
        if self.recording.operation() == "submit" {
            return self.url();
        }
        let routes = &self.contract.operations[&Operation::Submit].routes;
        let model = self.model();
        let route = routes.iter().find(|route| route.model.as_ref().is_none_or(|id| *id == model.id));
        format!("{}{}", self.emulator.url(self.recording.vendor()), route.expect("a path").path)
    }

    /// The model of the recording; else the one that the recorded work names as its kind; else the first.
    fn model(&self) -> &Model {
        let kind = self.recording.text("/answer/body/data/works/0/type");
        let named = self.recording.text("/situation/model").or(kind);
        let found = named.and_then(|id| self.contract.models.get(id));
        assert!(named.is_none() || found.is_some(), "{}: no model {named:?}", self.recording.name);
        found.or_else(|| self.contract.models.values().next()).expect("a vendor has models")
    }

    /// The recorded body with what it abbreviates filled in, or one that names what the recorded answer repeats.
    fn body(&self) -> Value {
        let mut body = self.least(&self.model().request);
        for argument in self.repeated() {
            if let Some(name) = argument["name"].as_str() {
                body[name] = self.filled(name, &argument["value"]);
            }
        }
        if let Some(Value::Object(recorded)) = self.recording.value["request"].get("body") {
            for (name, value) in recorded {
                body[name] = self.filled(name, value);
            }
        }
        body
    }

    fn repeated(&self) -> Vec<Value> {
        let place = self.recording.value.pointer("/answer/body/data/task/taskInfo/arguments");
        place.and_then(Value::as_array).cloned().unwrap_or_default()
    }

    fn filled(&self, name: &str, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.filled(name, value))).collect()
            }
            Value::String(text) if text.contains('…') => match name {
                "image" | "input_image" => fixture(&self.emulator, "landscape.jpg").into(),
                "tail_image" => fixture(&self.emulator, "tail.jpg").into(),
                "aspect_ratio" => "16:9".into(),
                _ => "waves".into(),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                value.clone()
            }
        }
    }

    /// The least that a schema asks for.
    fn least(&self, schema: &Value) -> Value {
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let members = required.map(|name| {
            let member = &schema["properties"][name];
            let value = if member.get("x-image").is_some() {
                fixture(&self.emulator, "landscape.jpg").into()
            } else if member["type"] == "object" {
                self.least(member)
            } else {
                let listed = member.get("const").or_else(|| member["enum"].get(0));
                listed.cloned().unwrap_or_else(|| "waves".into())
            };
            (name.to_owned(), value)
        });
        Value::Object(members.collect::<Map<String, Value>>())
    }

    async fn submit(&self, key: &str, body: &Value) -> Answer {
        Caller::with_key(key).post(&self.submit_url(), body).await
    }

    /// Submits a job and brings it into a phase.
    async fn job(&self, phase: &str) -> String {
        let answer = self.submit(KEY, &self.body()).await;
        let operation = &self.contract.operations[&Operation::Submit];
        let id = observe(operation, self.contract, &answer.json()).id;
        let id = id.unwrap_or_else(|| panic!("{}: {}", self.recording.name, answer.text()));
        let jobs = self.emulator.jobs(KEY);
        if phase != "queued" {
            jobs.start(&id).await.unwrap();
        }
        match phase {
            "succeeded" => jobs.succeed(&id).await.unwrap(),
            "failed" => jobs.fail(&id, FailureReason::Internal).await.unwrap(),
            _ => {}
        }
        id
    }

    /// The recorded address with our id in it, and the id that it had.
    fn poll(&self, id: &str) -> (String, Option<String>) {
        let url = self.url();
        let Ok(mut parsed) = url::Url::parse(&url) else { panic!("{url}") };
        if let Some((name, recorded)) = parsed.query_pairs().find(|(name, _)| name == "generation_id") {
            let (name, recorded) = (name.into_owned(), recorded.into_owned());
            parsed.query_pairs_mut().clear().append_pair(&name, id);
            return (parsed.to_string(), (recorded != "…").then_some(recorded));
        }
        (url.replace('…', id), None)
    }
}

/// The methods that recordings have.
#[test]
fn recorded_methods_are_methods() {
    for recording in super::recordings() {
        let method = recording.text("/request/method").unwrap();
        assert!(["GET", "POST"].contains(&method) && method.parse::<Method>().is_ok(), "{}", recording.name);
    }
}
