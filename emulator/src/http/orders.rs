//! What was ordered for a request: by its prompt, by its header, by scenarios.

use std::sync::Arc;

use axum::http::HeaderMap;
use mockreel_contracts::contract::check::intent::prompt;
use mockreel_contracts::contract::check::route::Matched;
use mockreel_contracts::contract::model::operation::IdPlace;
use mockreel_contracts::{Model, Operation, Problem};
use serde_json::Value;

use super::Shared;
use super::vendor::Call;
use crate::engine::{Command, Directives, Outcome};
use crate::job::{Job, JobKey};
use crate::scenario::{Decree, Request, RequestKind, Scenario, shipped};

/// The header that orders something for one request.
pub(crate) const HEADER: &str = "x-mockreel-scenario";

/// What the header says when nothing is to happen to a request.
const SPARED: &str = "none";

/// What happens to a request, and what a developer should know about the orders.
#[derive(Clone, Debug, Default)]
pub(super) struct Ordered {
    pub(super) decree: Decree,
    pub(super) notes: Vec<String>,
}

impl Call<'_> {
    /// Finds out what happens to a request.
    pub(super) async fn find_orders(
        &self,
        matched: &Matched<'_>,
        body: &Value,
        account: &Arc<str>,
    ) -> Ordered {
        let mut ordered = Ordered::default();
        let header = self.header(HEADER);
        let followed = self.shared.follows_directives();
        if !followed && header.is_some() {
            ordered.notes.push(format!("`{HEADER}` is followed on loopback only; see --allow-directives"));
        }
        let header = header.filter(|_| followed);
        let known = self.known_model(matched, body);
        let prompt = known.and_then(|model| prompt(model, body));
        let prompt = prompt.as_deref();
        let mut first = self.by_prompt(prompt, followed, account, &mut ordered.notes).await;
        if header.is_some_and(|text| text.trim() == SPARED) {
            return ordered;
        }
        if let Some(text) = header {
            match by_header(self.shared, text, account).await {
                Ok(found) => first.extend(found),
                Err(why) => ordered.notes.push(format!("`{HEADER}`: {why}")),
            }
        }
        let subject = self.job_named(matched);
        let job = match &subject {
            Some(id) => self.shared.store.job(&self.key(account, id)).await,
            None => None,
        };
        let contract = self.contract();
        let request = Request {
            vendor: &contract.id,
            edition: &contract.edition,
            operation: RequestKind::Operation(matched.name),
            model: known.map(|model| model.id.as_str()).or(job.as_ref().map(|job| job.model.as_str())),
            account,
            prompt,
            body,
            subject: subject.as_deref().unwrap_or_default(),
        };
        let outcome = self.shared.perform(account, &Command::Consult(&request, &first)).await;
        if let Ok(Outcome::Decreed(decree)) = outcome {
            ordered.decree = *decree;
        }
        ordered
    }

    /// What a prompt orders, as scenarios that are heard before all others.
    async fn by_prompt(
        &self,
        prompt: Option<&str>,
        followed: bool,
        account: &Arc<str>,
        notes: &mut Vec<String>,
    ) -> Vec<Arc<Scenario>> {
        let Some(prompt) = prompt.filter(|prompt| prompt.contains("[mock:")) else { return Vec::new() };
        if !followed {
            notes.push("orders in prompts are followed on loopback only; see --allow-directives".to_owned());
            return Vec::new();
        }
        let directives = Directives::read(prompt);
        notes.extend(directives.warnings.iter().cloned());
        let mut first = vec![Arc::new(Scenario::said("prompt", directives.then()))];
        for name in &directives.scenarios {
            match named(self.shared, name, account).await {
                Ok(found) => first.extend(found),
                Err(why) => notes.push(format!("directive `[mock:scenario={name}]`: {why}")),
            }
        }
        first
    }

    /// The model that the path fixes or the body names, if the vendor has it.
    pub(super) fn known_model(&self, matched: &Matched<'_>, body: &Value) -> Option<&Model> {
        let named = matched.operation.model_at.as_ref().and_then(|pointer| body.pointer(pointer)?.as_str());
        let segment = || {
            (matched.name == Operation::Model).then(|| matched.segments.first().map(|(_, id)| id.as_str()))?
        };
        let id = matched.route.model.as_deref().or(named).or_else(segment)?;
        self.contract().models.get(id)
    }

    /// The job that a request names.
    pub(super) fn job_named(&self, matched: &Matched<'_>) -> Option<String> {
        match matched.operation.job_id.as_ref()? {
            IdPlace::Path(name) => Some(matched.segment(name).unwrap_or_default().to_owned()),
            IdPlace::Query(name) => {
                Some(self.query().get(name).and_then(Value::as_str).unwrap_or_default().to_owned())
            }
        }
    }

    /// A job's place in the store.
    pub(super) fn key(&self, account: &Arc<str>, id: &str) -> JobKey {
        JobKey {
            account: Arc::clone(account),
            vendor: Arc::from(self.contract().id.as_str()),
            id: Arc::from(id),
        }
    }
}

/// What a header orders: a name, or a scenario in JSON.
async fn by_header(shared: &Shared, text: &str, account: &Arc<str>) -> Result<Vec<Arc<Scenario>>, String> {
    let text = text.trim();
    if !text.starts_with('{') {
        return named(shared, text, account).await;
    }
    let mut scenario = Scenario::from_json(text).map_err(|error| error.to_string())?;
    if scenario.name.is_empty() {
        // What is counted for it is counted under its text, so that repeated requests are told apart by number.
        scenario.name = format!("header {}", crate::account::digest(text).get(..8).unwrap_or_default());
    }
    Ok(vec![Arc::new(scenario)])
}

/// The scenarios of a name: the account's own, those of all, or a ready-made set.
async fn named(shared: &Shared, name: &str, account: &Arc<str>) -> Result<Vec<Arc<Scenario>>, String> {
    let state = shared.store.account(account).await;
    let all = state.scenarios.iter().chain(state.everywhere.iter());
    let held: Vec<Arc<Scenario>> = all.filter(|scenario| scenario.is_called(name)).cloned().collect();
    if held.is_empty() { shipped::set(name).map(|set| set.to_vec()) } else { Ok(held) }
}

/// What happens to the download of one of a job's files. What is ordered now wins over what was ordered at submit.
pub(super) async fn of_download(shared: &Shared, job: &Job, file: &str, headers: &HeaderMap) -> Decree {
    let followed = shared.follows_directives();
    let header = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(|_| followed);
    if header.is_some_and(|text| text.trim() == SPARED) {
        return Decree::default();
    }
    let account = &job.key.account;
    let first = match header {
        // A mistake in it changes nothing, as on a vendor's path.
        Some(text) => by_header(shared, text, account).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let subject = format!("{} {file}", job.key.id);
    let request = Request {
        vendor: &job.key.vendor,
        edition: &job.edition,
        operation: RequestKind::Download,
        model: Some(&job.model),
        account,
        prompt: None,
        body: &Value::Null,
        subject: &subject,
    };
    let outcome = shared.perform(account, &Command::Consult(&request, &first)).await;
    let mut decree = match outcome {
        Ok(Outcome::Decreed(decree)) => *decree,
        _ => Decree::default(),
    };
    if decree.result.is_none() && job.result_fault.is_some() {
        decree.result.clone_from(&job.result_fault);
        decree.scenarios.extend(job.scenarios.iter().cloned());
    }
    decree
}

/// The problem that an answer's order names, told of this request.
pub(super) fn problem(call: &Call<'_>, matched: &Matched<'_>, body: &Value) -> Option<Problem> {
    let order = call.ordered.decree.answer.as_ref()?;
    let name = order.problem?;
    let model = call.known_model(matched, body);
    let id = model.map(|model| model.id.clone()).unwrap_or_default();
    Some(super::ordered_problem::of(name, order, &id, model, call.job_named(matched)))
}
