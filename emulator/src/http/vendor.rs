//! Answering on a vendor's paths: the request runs through the operation's checks, in the contract's order.
//!
//! Whatever leaves here was written by the vendor's dialect.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Map, Value};
use stuntdouble_contracts::contract::operation::IdPlace;
use stuntdouble_contracts::contract::route::Matched;
use stuntdouble_contracts::dialect::UploadView;
use stuntdouble_contracts::{Contract, Exchange, JobView, Problem, Reply, UnixMillis, ids};

use super::Shared;
use super::body::Received;
use super::checks::Checked;
use super::uploads::Upload;
use super::view::view;
use crate::account::{self, ANONYMOUS};
use crate::engine::{Command, Outcome, Submission};
use crate::job::{Job, JobKey, Progress};
use crate::random::Purpose;
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
}

impl Call<'_> {
    /// The answer.
    pub(super) async fn answer(mut self) -> Reply {
        // The body is taken out once, so that the checks can look at the rest of the call while they read it.
        let received = std::mem::replace(&mut self.body, Received::Broken);
        // Whoever can be named is, also before being let in: what one caller gets must not depend on others.
        let named = self.chosen.vendor.dialect.credential(&self.exchange(UnixMillis::default(), [0; 32]));
        let account =
            named.map_or_else(|_| Arc::from(ANONYMOUS), |credential| account::digest(&credential.key));
        match self.served(received, &account).await {
            Ok(reply) => reply,
            Err(problem) => self.refused(&account, &problem).await,
        }
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
            Ok(Outcome::Accepted(_) | Outcome::Seen(_) | Outcome::Clock(_)) | Err(_) => 0,
        };
        let entropy = self.shared.settings.seed.draw(account, &vendor, number, Purpose::Refusal).bytes();
        let now = self.shared.account_now(account).await;
        self.chosen.vendor.dialect.problem(&self.exchange(now, entropy), problem)
    }

    async fn served(&self, received: Received, account: &Arc<str>) -> Result<Reply, Problem> {
        let path = self.target.split('?').next().unwrap_or(self.target);
        // A HEAD is a GET whose answer is cut off after its headers.
        let method = if self.method == Method::HEAD { "GET" } else { self.method.as_str() };
        let matched = self
            .contract()
            .route(&self.chosen.options, method, path)
            .map_err(|none| Problem::UnknownRoute { allowed: none.allowed })?;
        let checked = self.check(&matched, received, account).await?;
        match matched.name {
            "submit" => self.submit(checked).await,
            "poll" => self.poll(&matched, &checked).await,
            "list" => Ok(self.list(&matched, &checked).await),
            "models" => {
                Ok(self.chosen.vendor.dialect.models(&self.exchange(self.now(&checked).await, [0; 32])))
            }
            "model" => self.model(&matched, &checked).await,
            "upload" => self.upload(&checked).await,
            // The loader knows no other operations; a contract that invents one has no such path.
            _ => Err(Problem::UnknownRoute { allowed: Vec::new() }),
        }
    }

    async fn now(&self, checked: &Checked<'_>) -> UnixMillis {
        self.shared.account_now(&checked.account).await
    }

    async fn submit(&self, checked: Checked<'_>) -> Result<Reply, Problem> {
        let (Some(model), Some(asked)) = (checked.model, &checked.asked) else {
            return Err(Problem::UnknownRoute { allowed: Vec::new() });
        };
        let credential = checked.credential.as_ref();
        if credential.is_some_and(|credential| account::is_broke(&credential.key)) {
            return Err(Problem::InsufficientCredits);
        }
        let options = &self.chosen.options;
        let finishes = self.chosen.vendor.dialect.finishes_at_submit(options);
        let settings = &self.shared.settings;
        let submission = Submission {
            contract: self.contract(),
            options,
            dialect: &*self.chosen.vendor.dialect,
            model,
            asked,
            echo_bytes: approximate_bytes(&checked.echo),
            echo: Arc::new(checked.echo),
            tenant: credential.and_then(|credential| credential.tenant.clone()),
            breach: checked.breach,
            start: checked.looked.start,
            tail: checked.looked.tail,
            directives: self.shared.follows_directives(),
            progress: if finishes { Progress::Immediate } else { settings.progress },
            latency: settings.latency,
            notes: checked.looked.notes,
        };
        let outcome = self.shared.perform(&checked.account, &Command::Submit(&submission)).await;
        let Ok(Outcome::Accepted(job)) = outcome else { return Err(Problem::Overloaded) };
        let exchange = self.exchange(job.submitted_at, job.entropy);
        // What a submit answers is the job as it was accepted, however soon it ends.
        let shown =
            if finishes { job.submitted_at } else { UnixMillis(job.submitted_at.0.saturating_sub(1)) };
        Ok(self.chosen.vendor.dialect.submitted(&exchange, &view(&job, model, shown, &self.base)))
    }

    async fn poll(&self, matched: &Matched<'_>, checked: &Checked<'_>) -> Result<Reply, Problem> {
        let id = match &matched.operation.job_id {
            Some(IdPlace::Path(name)) => matched.segment(name).unwrap_or_default().to_owned(),
            Some(IdPlace::Query(name)) => {
                self.query().get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
            }
            None => String::new(),
        };
        let unknown = || Problem::UnknownJob { id: id.clone() };
        let job = self.own_job(checked, &id).await.ok_or_else(unknown)?;
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
    async fn own_job(&self, checked: &Checked<'_>, id: &str) -> Option<Arc<Job>> {
        let key = JobKey {
            account: Arc::clone(&checked.account),
            vendor: Arc::from(self.contract().id.as_str()),
            id: Arc::from(id),
        };
        self.shared.store.job(&key).await.filter(|job| is_tenants(job, checked))
    }

    async fn list(&self, matched: &Matched<'_>, checked: &Checked<'_>) -> Reply {
        let filter = JobFilter {
            account: Some(Arc::clone(&checked.account)),
            vendor: Some(self.contract().id.clone()),
        };
        let jobs = self.shared.store.jobs(&filter).await;
        let query = self.query();
        let wanted = matched.operation.query.as_ref().and_then(|schema| {
            let properties = stuntdouble_contracts::contract::schema::properties(schema);
            let role = |schema: &Value| schema.get("x-role").and_then(Value::as_str) == Some("model");
            let (pointer, _) = properties.into_iter().find(|(_, schema)| role(schema))?;
            query.pointer(&pointer)?.as_str().map(str::to_owned)
        });
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

/// About how much memory a value takes: its texts, and a flat rate for everything else.
fn approximate_bytes(value: &Value) -> u64 {
    const FLAT: u64 = 32;
    FLAT + match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len() as u64,
        Value::Array(items) => items.iter().map(approximate_bytes).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len() as u64 + approximate_bytes(value)).sum()
        }
    }
}
