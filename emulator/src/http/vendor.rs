//! Answering on a vendor's paths: the request runs through the operation's checks, in the contract's order.
//!
//! Whatever leaves here was written by the vendor's dialect, unless somebody ordered something else.

use std::sync::{Arc, OnceLock};

use axum::http::Method;
use mockreel_contracts::contract::check::roles::place_of;
use mockreel_contracts::contract::check::route::Matched;
use mockreel_contracts::dialect::UploadView;
use mockreel_contracts::{
    Contract, Exchange, JobView, Model, Operation, Problem, Reply, Role, UnixMillis, ids,
};
use serde_json::{Map, Value};

use super::Shared;
use super::about::{About, Answered};
use super::body::{Parsed, Received, approximate_bytes};
use super::checks::Checked;
use super::edit::{edited, text_of};
use super::held;
use super::means::turned_away;
use super::orders::{self, Ordered};
use super::uploads::Upload;
use super::view::view;
use crate::account::{self, ANONYMOUS};
use crate::callback::CallbackPlan;
use crate::engine::{Command, Outcome, Submission};
use crate::job::{Job, Progress};
use crate::random::Purpose;
use crate::scenario::AnswerFault;
use crate::settings::Chosen;
use crate::store::JobFilter;

/// A request on a vendor's path, everything read.
pub(super) struct Call<'a> {
    /// The emulator.
    pub(super) shared: &'a Shared,
    /// The vendor.
    pub(super) chosen: &'a Chosen,
    /// The method as received.
    pub(super) method: Method,
    /// Path and query, without our prefix.
    pub(super) target: &'a str,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    /// The body.
    pub(super) body: Received,
    /// The most bytes that a body may have.
    pub(super) limit_bytes: u64,
    /// The start of every address in the answer.
    pub(super) base: String,
    /// What happens to it, once that is known.
    pub(super) ordered: Ordered,
    /// The job that it turns out to be about.
    pub(super) job: Arc<OnceLock<Arc<str>>>,
}

impl Call<'_> {
    /// The answer.
    pub(super) async fn answer(&mut self) -> Answered {
        // The body is taken out once, so that the checks can look at the rest of the call while they read it.
        let received = std::mem::replace(&mut self.body, Received::Broken);
        // Whoever can be named is, also before being let in: what one caller gets must not depend on others.
        let named = self.chosen.vendor.dialect.identify(&self.exchange(UnixMillis::default(), [0; 32]));
        let account: Arc<str> =
            named.map_or_else(|_| Arc::from(ANONYMOUS), |credential| account::digest(&credential.key));
        let chosen = self.chosen;
        let matched = match self.matched(chosen) {
            Ok(matched) => matched,
            Err(problem) => return self.without_operation(account, problem).await,
        };
        let mut parsed = if matched.operation.media_types.is_empty() {
            None
        } else {
            Some(self.parsed(&matched, received).await)
        };
        let parts = match &mut parsed {
            Some(Ok(parsed)) => std::mem::take(&mut parsed.parts),
            Some(Err(_)) | None => Vec::new(),
        };
        let body = match &parsed {
            Some(Ok(parsed)) => &parsed.json,
            Some(Err(_)) | None => &Value::Null,
        };
        let model = self.known_model(&matched, body).map(|model| model.id.clone());
        self.ordered = self.find_orders(&matched, body, &account).await;
        let ordered = orders::problem(self, &matched, body);
        let is_ordered = ordered.is_some();
        let order = self.ordered.decree.answer.clone().unwrap_or_default();
        let variant = match self.shared.variants.of(chosen, &order.options) {
            Ok(variant) => variant,
            Err(why) => {
                self.ordered.notes.push(why);
                None
            }
        };
        let (outcome, literal) = match (ordered, order.fault()) {
            (Some(problem), _) => (Err(problem), None),
            (None, AnswerFault::Literal) => {
                (Ok(Reply::json(200, Value::Null)), order.body.as_ref().map(text_of))
            }
            (None, AnswerFault::Problem(_) | AnswerFault::Changed) => match &variant {
                // The vendor as it is with other options has other routes and rules.
                Some(variant) => (Box::pin(self.by(variant).served_again(parsed, &account)).await, None),
                None => (self.served(&matched, parsed, &account).await, None),
            },
        };
        let (reply, problem) = match outcome {
            Ok(reply) => (reply, None),
            Err(problem) => {
                // With other options the vendor has other words for its refusals, too.
                let reply = match &variant {
                    Some(variant) => self.by(variant).refused(&account, &problem).await,
                    None => self.refused(&account, &problem).await,
                };
                (reply, Some(problem))
            }
        };
        let about = About {
            account,
            operation: Some(matched.name),
            model,
            job: self.job.get().cloned(),
            scenarios: self.ordered.decree.scenarios.clone(),
            notes: self.ordered.notes.clone(),
            problem,
            ordered: is_ordered,
            contract: Arc::clone(&variant.as_deref().unwrap_or(chosen).vendor.contract),
            parts,
        };
        let wire = self.ordered.decree.wire.clone();
        Answered { reply: edited(reply, &order, matched.operation), literal, wire, about }
    }

    /// The answer to a request that asks for nothing the vendor has.
    async fn without_operation(&self, account: Arc<str>, problem: Problem) -> Answered {
        let reply = self.refused(&account, &problem).await;
        let about = About {
            account,
            operation: None,
            model: None,
            job: None,
            scenarios: Vec::new(),
            notes: Vec::new(),
            problem: Some(problem),
            ordered: false,
            contract: Arc::clone(&self.chosen.vendor.contract),
            parts: Vec::new(),
        };
        Answered { reply, literal: None, wire: None, about }
    }

    /// The same call to the vendor with other options.
    fn by<'v>(&'v self, chosen: &'v Chosen) -> Call<'v> {
        Call {
            shared: self.shared,
            chosen,
            method: self.method.clone(),
            target: self.target,
            headers: self.headers.clone(),
            body: Received::Broken,
            limit_bytes: self.limit_bytes,
            base: self.base.clone(),
            ordered: self.ordered.clone(),
            job: Arc::clone(&self.job),
        }
    }

    async fn served_again(
        &self,
        parsed: Option<Result<Parsed, Problem>>,
        account: &Arc<str>,
    ) -> Result<Reply, Problem> {
        let matched = self.matched(self.chosen)?;
        self.served(&matched, parsed, account).await
    }

    /// The operation that is asked for.
    fn matched<'c>(&self, chosen: &'c Chosen) -> Result<Matched<'c>, Problem> {
        let path = self.target.split('?').next().unwrap_or(self.target);
        // A HEAD is a GET whose answer is cut off after its headers.
        let method = if self.method == Method::HEAD { "GET" } else { self.method.as_str() };
        let route = chosen.vendor.contract.route(&chosen.options, method, path);
        route.map_err(|none| Problem::UnknownRoute { allowed: none.allowed })
    }

    pub(super) fn contract(&self) -> &Contract {
        &self.chosen.vendor.contract
    }

    pub(super) fn exchange(&self, now: UnixMillis, entropy: [u8; 32]) -> Exchange<'_> {
        Exchange {
            contract: self.contract(),
            options: &self.chosen.options,
            method: self.method.as_str(),
            target: self.target,
            headers: &self.headers,
            now,
            entropy,
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    async fn refused(&self, account: &Arc<str>, problem: &Problem) -> Reply {
        let vendor: Arc<str> = Arc::from(self.contract().id.as_str());
        let number = match self.shared.perform(account, &Command::Refuse(Arc::clone(&vendor))).await {
            Ok(Outcome::Counted(number)) => number,
            Ok(
                Outcome::Accepted(_)
                | Outcome::Seen(_)
                | Outcome::Clock(_)
                | Outcome::Decreed(_)
                | Outcome::Changed(_),
            )
            | Err(_) => 0,
        };
        let entropy = self.shared.settings.seed.draw(account, &vendor, number, Purpose::Refusal).bytes();
        let now = self.shared.account_now(account).await;
        self.chosen.vendor.dialect.problem(&self.exchange(now, entropy), problem)
    }

    async fn served(
        &self,
        matched: &Matched<'_>,
        parsed: Option<Result<Parsed, Problem>>,
        account: &Arc<str>,
    ) -> Result<Reply, Problem> {
        let checked = self.check(matched, parsed, account).await?;
        match matched.name {
            Operation::Submit => self.submit(checked).await,
            Operation::Poll => self.poll(matched, &checked).await,
            Operation::List => Ok(self.list(matched, &checked).await),
            Operation::Models => {
                Ok(self.chosen.vendor.dialect.models(&self.exchange(self.now(&checked).await, [0; 32])))
            }
            Operation::Model => self.model(matched, &checked).await,
            Operation::Upload => self.upload(&checked).await,
            Operation::Balance => Ok(self.balance(&checked).await),
            Operation::Cancel => self.cancel(matched, &checked).await,
        }
    }

    pub(super) async fn now(&self, checked: &Checked<'_>) -> UnixMillis {
        self.shared.account_now(&checked.account).await
    }

    async fn submit(&self, checked: Checked<'_>) -> Result<Reply, Problem> {
        let (Some(model), Some(asked)) = (checked.model, &checked.asked) else {
            return Err(Problem::UnknownRoute { allowed: Vec::new() });
        };
        self.may_submit(&checked, model)?;
        let credential = checked.credential.as_ref();
        let options = &self.chosen.options;
        let finishes = self.chosen.vendor.dialect.finishes_at_submit();
        let settings = &self.shared.settings;
        let mut notes = checked.looked.notes;
        notes.extend(self.ordered.notes.iter().cloned());
        let submission = Submission {
            contract: self.contract(),
            dialect: &*self.chosen.vendor.dialect,
            model,
            asked,
            echo_bytes: approximate_bytes(&checked.echo),
            echo: Arc::new(checked.echo),
            tenant: credential.and_then(|credential| credential.tenant.clone()),
            breach: checked.breach,
            start: checked.looked.start,
            tail: checked.looked.tail,
            order: self.ordered.decree.job.clone(),
            result: self.ordered.decree.result.clone(),
            scenarios: self.ordered.decree.scenarios.clone(),
            progress: if finishes { Progress::Immediate } else { settings.progress },
            latency: settings.latency,
            notes,
            callback: CallbackPlan::of(
                self.contract(),
                options,
                &checked.parsed.json,
                &self.base,
                self.ordered.decree.callback.as_ref(),
            ),
        };
        let outcome = self.shared.perform(&checked.account, &Command::Submit(&submission)).await;
        let outcome = outcome.map_err(|why| turned_away(&why, model))?;
        let Outcome::Accepted(job) = outcome else { return Err(Problem::Overloaded) };
        let _ = self.job.set(Arc::clone(&job.key.id));
        if self.ordered.decree.answer.as_ref().is_some_and(|answer| answer.held) {
            return self.held_back(&job, model).await;
        }
        let exchange = self.exchange(job.submitted_at, job.entropy);
        // What a submit answers is the job as it was accepted, however soon it ends.
        let shown =
            if finishes { job.submitted_at } else { UnixMillis(job.submitted_at.0.saturating_sub(1)) };
        Ok(self.chosen.vendor.dialect.submitted(&exchange, &view(&job, model, shown, &self.base)))
    }

    /// The answer to a submit that comes when the job has ended.
    async fn held_back(&self, job: &Arc<Job>, model: &Model) -> Result<Reply, Problem> {
        // A job that was forgotten meanwhile is one that nobody will hear of any more.
        let ended = held::until_ended(self.shared, job).await.ok_or(Problem::Internal)?;
        let now = self.shared.account_now(&ended.key.account).await;
        let exchange = self.exchange(now, ended.entropy);
        Ok(self.chosen.vendor.dialect.submitted(&exchange, &view(&ended, model, now, &self.base)))
    }

    async fn poll(&self, matched: &Matched<'_>, checked: &Checked<'_>) -> Result<Reply, Problem> {
        let id = self.job_named(matched).unwrap_or_default();
        let unknown = || Problem::UnknownJob { id: id.clone() };
        let job = self.own_job(checked, &id).await.ok_or_else(unknown)?;
        let _ = self.job.set(Arc::clone(&job.key.id));
        let model = self.contract().models.get(&job.model).ok_or_else(unknown)?;
        let outcome = self.shared.perform(&checked.account, &Command::Poll(&job)).await;
        let Ok(Outcome::Seen(job)) = outcome else { return Err(unknown()) };
        let now = self.now(checked).await;
        Ok(self
            .chosen
            .vendor
            .dialect
            .job(&self.exchange(now, job.entropy), &view(&job, model, now, &self.base)))
    }

    /// A job of the same account and tenant; to everybody else it does not exist.
    pub(super) async fn own_job(&self, checked: &Checked<'_>, id: &str) -> Option<Arc<Job>> {
        let key = self.key(&checked.account, id);
        self.shared.store.job(&key).await.filter(|job| is_tenants(job, checked))
    }

    async fn list(&self, matched: &Matched<'_>, checked: &Checked<'_>) -> Reply {
        let filter = JobFilter {
            account: Some(Arc::clone(&checked.account)),
            vendor: Some(self.contract().id.clone()),
        };
        let jobs = self.shared.store.jobs(&filter).await;
        let query = self.query();
        let place = matched.operation.query.as_ref().and_then(|schema| place_of(schema, Role::Model));
        let wanted = place.and_then(|pointer| query.pointer(&pointer)?.as_str().map(str::to_owned));
        let now = self.now(checked).await;
        let views: Vec<JobView<'_>> = jobs
            .iter()
            .filter(|job| {
                is_tenants(job, checked) && wanted.as_ref().is_none_or(|wanted| *wanted == job.model)
            })
            .filter_map(|job| Some(view(job, self.contract().models.get(&job.model)?, now, &self.base)))
            .collect();
        self.chosen.vendor.dialect.list(&self.exchange(now, [0; 32]), &views)
    }

    async fn model(&self, matched: &Matched<'_>, checked: &Checked<'_>) -> Result<Reply, Problem> {
        let id = matched.segments.first().map(|(_, value)| value.clone()).unwrap_or_default();
        let model = self.contract().models.get(&id).ok_or(Problem::UnknownModel { received: id })?;
        Ok(self.chosen.vendor.dialect.model(&self.exchange(self.now(checked).await, [0; 32]), model))
    }

    async fn upload(&self, checked: &Checked<'_>) -> Result<Reply, Problem> {
        let contract = self.contract();
        let Some(facts) = &contract.uploads else {
            return Err(Problem::UnknownRoute { allowed: Vec::new() });
        };
        let extension =
            checked.parsed.json.pointer(&facts.extension_at).and_then(Value::as_str).unwrap_or_default();
        let media_type =
            facts.types.get(extension).cloned().unwrap_or_else(|| "application/octet-stream".to_owned());
        let vendor: Arc<str> = Arc::from(contract.id.as_str());
        let outcome = self.shared.perform(&checked.account, &Command::Upload(Arc::clone(&vendor))).await;
        let Ok(Outcome::Counted(number)) = outcome else { return Err(Problem::Overloaded) };
        let entropy =
            self.shared.settings.seed.draw(&checked.account, &vendor, number, Purpose::Upload).bytes();
        let name = format!("{}.{extension}", ids::uuid(ids::first_half(&entropy)));
        let now = self.now(checked).await;
        let open_until = now.after((facts.minutes * 60_000.0) as u64);
        let upload = Upload { account: Arc::clone(&checked.account), open_until, media_type, file: None };
        self.shared.uploads.open(name.clone(), upload);
        let url = format!("{}/__media/uploads/{name}", self.base);
        let shown = UploadView { upload_url: url.clone(), public_url: url };
        Ok(self.chosen.vendor.dialect.upload(&self.exchange(now, entropy), &shown))
    }

    /// The query as an object of texts; of a parameter given twice the first counts.
    pub(super) fn query(&self) -> Value {
        let text = self.target.split_once('?').map_or("", |(_, query)| query);
        let mut members = Map::new();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            members.entry(name.into_owned()).or_insert_with(|| value.into_owned().into());
        }
        Value::Object(members)
    }
}

fn is_tenants(job: &Job, checked: &Checked<'_>) -> bool {
    job.tenant == checked.credential.as_ref().and_then(|credential| credential.tenant.clone())
}
