//! The dialect of the request queue: records in a fixed order, what callers sent sorted inside them.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::record::{AcceptedBody, RecordBody, RecordTimes, RecordsBody, Sorted};
use crate::contract::check::rules::Violation;
use crate::contract::check::schema::properties;
use crate::contract::{Contract, Model, Options};
use crate::dialect::{
    Credential, Dialect, Exchange, JobView, OnOff, Reply, ReplyBody, UploadView, WrittenReply, reply_with,
};
use crate::ids;
use crate::operation::Operation;
use crate::phase::Phase;
use crate::problem::{KeyFault, Problem};

/// The quirks chosen for it.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct QueueOptions {
    first_status: FirstStatus,
    running_status: RunningStatus,
    result_shape: ResultShape,
    failed_error: FailedError,
    payload_echo: PayloadEcho,
    retry_after: OnOff,
    price_info: OnOff,
}

/// The word in the answer to a submit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum FirstStatus {
    #[default]
    Queued,
    Dispatched,
    Created,
    Success,
}

/// The word for a job that is being worked on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum RunningStatus {
    #[default]
    Processing,
    Dispatched,
}

/// The members that lead to the video.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ResultShape {
    #[default]
    MediaUrls,
    VideoUrl,
    Both,
}

/// The place of the reason why a job failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FailedError {
    #[default]
    Outcome,
    Both,
    Top,
}

/// What of the caller's payload is repeated.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PayloadEcho {
    #[default]
    Full,
    Empty,
}

/// The dialect.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RequestQueue {
    options: QueueOptions,
}

impl Dialect for RequestQueue {
    fn for_options(&self, options: &Options) -> Result<Arc<dyn Dialect>, String> {
        Ok(Arc::new(Self { options: options.read()? }))
    }

    fn identify(&self, exchange: &Exchange<'_>) -> Result<Credential, KeyFault> {
        let credential = exchange.contract.auth.scheme.identify(exchange.header("authorization"))?;
        let named = exchange.header("x-organization-id").filter(|text| ids::is_uuid(text));
        Ok(Credential { tenant: named.map(str::to_lowercase), ..credential })
    }

    fn finishes_at_submit(&self) -> bool {
        self.options.first_status == FirstStatus::Success
    }

    fn job_id(&self, _model: &Model, entropy: [u8; 32]) -> String {
        ids::uuid(ids::first_half(&entropy))
    }

    fn submitted(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        reply_with(exchange.good_status(Operation::Submit), &self.describe_accepted(exchange, job))
    }

    fn job(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        reply_with(200, &self.record(exchange, job))
    }

    fn list(&self, exchange: &Exchange<'_>, jobs: &[JobView<'_>]) -> Reply {
        reply_with(200, &self.records(exchange, jobs))
    }

    fn write_submitted(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Option<WrittenReply> {
        WrittenReply::json(exchange.good_status(Operation::Submit), &self.describe_accepted(exchange, job))
    }

    fn write_job(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Option<WrittenReply> {
        WrittenReply::json(200, &self.record(exchange, job))
    }

    fn write_list(&self, exchange: &Exchange<'_>, jobs: &[JobView<'_>]) -> Option<WrittenReply> {
        WrittenReply::json(200, &self.records(exchange, jobs))
    }

    fn cancelled(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        // A guess, like the operation: the record says by its status whether the order came in time.
        reply_with(exchange.good_status(Operation::Cancel), &self.record(exchange, job))
    }

    fn models(&self, exchange: &Exchange<'_>) -> Reply {
        let ids: Vec<&str> = exchange.contract.models.keys().map(String::as_str).collect();
        Reply::json(200, json!({ "model_ids": ids }))
    }

    fn model(&self, _exchange: &Exchange<'_>, model: &Model) -> Reply {
        Reply::json(200, detail(model, self.options.price_info.is_on()))
    }

    fn upload(&self, _exchange: &Exchange<'_>, upload: &UploadView) -> Reply {
        Reply::json(200, json!({"upload_url": upload.upload_url, "public_url": upload.public_url}))
    }

    fn problem(&self, exchange: &Exchange<'_>, problem: &Problem) -> Reply {
        let violations = match problem {
            Problem::Invalid { violations, .. } => worded_violations(exchange.contract, violations),
            _ => String::new(),
        };
        let worded = exchange.contract.worded(problem, &[("violations", &violations)]);
        let mut body = Map::new();
        body.insert("error".into(), worded.text.into());
        let mut reply = Reply::json(worded.status, Value::Null);
        if let Problem::RateLimited { limit, window_seconds, retry_after_ms, .. } = problem {
            let kind = if *window_seconds < 3600 { "RPM" } else { "RPH" };
            body.insert(
                "rate_limit".into(),
                json!({"limit_type": kind, "limit": limit, "interval_seconds": window_seconds, "retry_after_ms": retry_after_ms}),
            );
            if self.options.retry_after.is_on() {
                reply = reply.with_header("retry-after", retry_after_ms.div_ceil(1000).to_string());
            }
        }
        reply.body = ReplyBody::Json(Value::Object(body));
        reply
    }
}

/// `name (what is wrong), name (what is wrong)`.
fn worded_violations(contract: &Contract, violations: &[Violation]) -> String {
    let worded = violations.iter().map(|violation| {
        let name =
            violation.pointer.trim_start_matches("/payload/").trim_start_matches('/').replace('/', ".");
        let wording = contract.wording.get(violation.rule.name());
        let text = wording.map_or_else(
            || format!("Invalid {}", violation.rule.name()),
            |found| violation.fill(&found.text),
        );
        format!("{name} ({text})")
    });
    worded.collect::<Vec<_>>().join(", ")
}

/// The published description of a model, its parameters derived from the schema of the payload.
fn detail(model: &Model, priced: bool) -> Value {
    let payload = &model.request["properties"]["payload"];
    let required: Vec<&str> =
        payload["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let parameters: Vec<Value> = properties(payload)
        .into_iter()
        .map(|(pointer, schema)| parameter(pointer.trim_start_matches('/'), schema, &required))
        .collect();
    let mut detail = Map::new();
    detail.insert("model".into(), model.id.as_str().into());
    for (name, value) in &model.about {
        detail.insert(name.clone(), value.clone());
    }
    detail.insert("parameters".into(), parameters.into());
    if let Some(price) = model.price.as_ref().filter(|_| priced) {
        detail.insert(
            "price_info".into(),
            json!({"price": price.amount, "pricing_type": "request", "unit": "request"}),
        );
    }
    // Clients know it, the reference page does not, so where it stands is open.
    detail.insert("display_name".into(), model.title.as_str().into());
    Value::Object(detail)
}

fn parameter(name: &str, schema: &Value, required: &[&str]) -> Value {
    let documented = crate::contract::check::schema::documented(schema);
    let options = documented.get("enum");
    let kind = match (options, documented["type"].as_str()) {
        (Some(_), _) => "enum",
        (None, Some("number")) => "float",
        (None, Some("integer")) => "integer",
        (None, _) => "string",
    };
    let mut told = Map::new();
    told.insert("name".into(), name.into());
    told.insert("display_name".into(), name.into());
    told.insert("description".into(), documented["description"].clone());
    told.insert("type".into(), kind.into());
    told.insert("required".into(), required.contains(&name).into());
    for (ours, theirs) in [
        ("default", "default_value"),
        ("enum", "options"),
        ("minimum", "min_value"),
        ("maximum", "max_value"),
    ] {
        if let Some(value) = documented.get(ours) {
            told.insert(theirs.into(), value.clone());
        }
    }
    Value::Object(told)
}

impl RequestQueue {
    /// The record of a job as it was accepted.
    fn describe_accepted<'a>(&self, exchange: &Exchange<'a>, job: &'a JobView<'a>) -> AcceptedBody<'a> {
        let finished = job.phase.is_terminal();
        let first = self.options.first_status;
        // A job that was held cannot be finished, whatever the option says.
        let spoken = finished || first == FirstStatus::Success;
        AcceptedBody {
            request_id: job.id,
            model: &job.model.id,
            status: if spoken { self.word(exchange, job) } else { Cow::Owned(json!(first)) },
            payload: finished.then(|| self.payload(job)),
            outcome: finished.then(|| self.outcome(exchange, job)),
            times: RecordTimes::of(job),
        }
    }

    fn record<'a>(&self, exchange: &Exchange<'a>, job: &'a JobView<'a>) -> RecordBody<'a> {
        let at_top = self.options.failed_error != FailedError::Outcome;
        RecordBody {
            request_id: job.id,
            org_id: job.tenant.map_or_else(|| ids::uuid(job.account).into(), Cow::Borrowed),
            user_id: ids::uuid(job.account.map(|byte| byte ^ 0x5a)),
            model: &job.model.id,
            status: self.word(exchange, job),
            is_public: false,
            payload: self.payload(job),
            outcome: self.outcome(exchange, job),
            error: job.failure.filter(|_| at_top).map(|failure| failure.text(exchange.contract).to_owned()),
            times: RecordTimes::of(job),
        }
    }

    fn records<'a>(&self, exchange: &Exchange<'a>, jobs: &'a [JobView<'a>]) -> RecordsBody<'a> {
        let requests: Vec<RecordBody<'_>> = jobs.iter().map(|job| self.record(exchange, job)).collect();
        RecordsBody { total: requests.len(), requests }
    }

    fn word<'a>(&self, exchange: &Exchange<'a>, job: &JobView<'_>) -> Cow<'a, Value> {
        match job.phase {
            // A request that was dispatched when it was taken is not seen queued again.
            Phase::Queued if self.options.first_status == FirstStatus::Dispatched => {
                Cow::Owned("dispatched".into())
            }
            Phase::Running => Cow::Owned(json!(self.options.running_status)),
            Phase::Queued | Phase::Succeeded | Phase::Failed | Phase::Cancelled => {
                exchange.contract.word_ref(job.phase)
            }
        }
    }

    fn payload<'a>(&self, job: &JobView<'a>) -> Sorted<'a> {
        match self.options.payload_echo {
            PayloadEcho::Full => Sorted(job.echo),
            PayloadEcho::Empty => Sorted::empty(),
        }
    }

    fn outcome(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Value {
        if let Some(failure) = job.failure {
            let inside = self.options.failed_error != FailedError::Top;
            return if inside { json!({"error": failure.text(exchange.contract)}) } else { Value::Null };
        }
        let Some(result) = &job.result else { return Value::Null };
        let urls = json!([{"id": "0", "url": result.video_url}]);
        match self.options.result_shape {
            // The one published sample of 2025 names the video as its own thumbnail.
            ResultShape::VideoUrl => {
                json!({"thumbnail_image_url": result.video_url, "video_url": result.video_url})
            }
            ResultShape::Both => {
                json!({"media_urls": urls, "thumbnail_image_url": result.cover_url, "video_url": result.video_url})
            }
            ResultShape::MediaUrls => json!({"media_urls": urls, "thumbnail_image_url": result.cover_url}),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_with_a_mistake_in_a_schema_is_refused_with_its_place() {
        for (patch, expected) in [
            (
                "[schemas.prompt]\nmaxLength = 'x'",
                "[schemas.prompt]: `maxLength` = \"x\": expected a whole number",
            ),
            (
                "[schemas.prompt]\nmaxLenght = 5",
                "`maxLenght` is no keyword of a schema; did you mean `maxLength`?",
            ),
            (
                "[schemas.promt]\nmaxLength = 5",
                "[schemas.promt] is used by no member; did you mean [schemas.prompt]?",
            ),
            ("[schemas.duration]\nenum = []", "`enum` = []: expected a list with at least one item"),
            ("[problems.unauthorized]\nstatus = 999", "expected an HTTP status from 200 to 599"),
            ("[problems.unauthorized]\nstatus = 99", "expected an HTTP status from 200 to 599"),
        ] {
            let error = crate::vendor::overlaid("mine.toml", &format!("id = 'gmicloud'\n{patch}\n"))
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{patch}: {error}");
        }
        assert!(
            crate::vendor::overlaid("mine.toml", "id = 'gmicloud'\n[schemas.prompt]\nmaxLength = 5\n")
                .is_ok()
        );
    }
}
